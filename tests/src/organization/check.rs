//! Checks that a description refers only to what it describes.

use std::collections::HashSet;

use super::{DescriptionError, Effect, Organization, account_index};

impl Organization {
    /// Checks ids, references and numbers.
    ///
    /// # Errors
    ///
    /// The first contradiction.
    pub fn check(&self) -> Result<(), DescriptionError> {
        self.check_ids()?;
        if let Some(sizes) = &self.generate {
            let listed = self.accounts.len() + self.keys.len() + self.repositories.len();
            if listed + self.organizational_units.len() > 0 {
                return Err(contradiction("organization", &self.id, "has `generate` and lists of its own; choose one"));
            }
            self.check_members(|id| account_index(id).is_some_and(|index| index < sizes.accounts))?;
        } else {
            self.check_tree()?;
            self.check_accounts()?;
            self.check_inventory()?;
        }
        self.check_behaviour()
    }

    fn check_ids(&self) -> Result<(), DescriptionError> {
        if !prefixed(&self.id, "o-", 10) {
            return Err(contradiction(
                "organization id",
                &self.id,
                "must be `o-` and 10 to 32 lower-case letters or digits",
            ));
        }
        if !prefixed(&self.root_id, "r-", 4) {
            return Err(contradiction(
                "root id",
                &self.root_id,
                "must be `r-` and 4 to 32 lower-case letters or digits",
            ));
        }
        for caller in self.callers() {
            check_account_id("caller's account", &caller.account)?;
            if caller.access_key_id.starts_with("ASIA") != caller.session_token.is_some() {
                return Err(contradiction(
                    "access key id",
                    &caller.access_key_id,
                    "`ASIA…` and a session token go together",
                ));
            }
        }
        Ok(())
    }

    fn check_tree(&self) -> Result<(), DescriptionError> {
        let mut known: HashSet<&str> = HashSet::from([self.root_id.as_str()]);
        for unit in &self.organizational_units {
            // Parents come first, so there can be no circle.
            if let Some(parent) = &unit.parent
                && !known.contains(parent.as_str())
            {
                return Err(contradiction(
                    "organizational unit",
                    &unit.id,
                    &format!("its parent `{parent}` is not described above it"),
                ));
            }
            if !unit.id.starts_with("ou-") || !known.insert(&unit.id) {
                return Err(contradiction("organizational unit", &unit.id, "must be unique and begin with `ou-`"));
            }
        }
        for stack_set in &self.cloudformation.stack_sets {
            if let Some(unit) = stack_set.organizational_units.iter().find(|unit| !known.contains(unit.as_str())) {
                let problem = format!("its organizational unit `{unit}` is not described");
                return Err(contradiction("stack set", &stack_set.name, &problem));
            }
        }
        for account in &self.accounts {
            if let Some(unit) = &account.organizational_unit
                && !known.contains(unit.as_str())
            {
                return Err(contradiction(
                    "account",
                    &account.id,
                    &format!("its organizational unit `{unit}` is not described"),
                ));
            }
        }
        Ok(())
    }

    fn check_accounts(&self) -> Result<(), DescriptionError> {
        let mut seen = HashSet::new();
        for account in &self.accounts {
            check_account_id("account", &account.id)?;
            if !seen.insert(account.id.as_str()) {
                return Err(contradiction("account", &account.id, "is described twice"));
            }
        }
        self.check_members(|id| seen.contains(id))
    }

    /// Those who have a part to play are accounts of the organization.
    fn check_members(&self, is_known: impl Fn(&str) -> bool) -> Result<(), DescriptionError> {
        let delegated = self.possible_delegates().map(|id| ("delegated administrator", id));
        let callers = self.callers().map(|caller| ("caller's account", &caller.account));
        let mut members =
            std::iter::once(("management account", &self.management_account)).chain(delegated).chain(callers);
        members.find(|(_, id)| !is_known(id)).map_or(Ok(()), |(what, id)| {
            Err(contradiction(what, id, "is not described (generated accounts begin at 200000000000)"))
        })
    }

    fn check_inventory(&self) -> Result<(), DescriptionError> {
        let mut names = HashSet::new();
        for key in &self.keys {
            check_account_id("key's account", &key.account)?;
            if key.name.is_empty() || !names.insert(key.name.as_str()) {
                return Err(contradiction("key", &key.name, "needs a name of its own"));
            }
            for alias in &key.aliases {
                if !alias.starts_with("alias/") {
                    return Err(contradiction("alias", alias, "must begin with `alias/`"));
                }
            }
        }
        let mut seen = HashSet::new();
        for repository in &self.repositories {
            let place = (&repository.account, &repository.region, &repository.name);
            if !seen.insert(place) {
                return Err(contradiction("repository", &repository.arn(), "is described twice"));
            }
            if !self.accounts.iter().any(|account| account.id == repository.account) {
                return Err(contradiction(
                    "repository",
                    &repository.name,
                    &format!("its account `{}` is not described", repository.account),
                ));
            }
            if let Some(key) = &repository.key
                && key != "aws/ecr"
                && !names.contains(key.as_str())
            {
                return Err(contradiction(
                    "repository",
                    &repository.name,
                    &format!("its key `{key}` is not described"),
                ));
            }
            let keyed = repository.key.is_some() || repository.kms_key.is_some();
            if keyed && repository.encryption_type.is_none() {
                return Err(contradiction("repository", &repository.name, "has a key and no `encryption_type`"));
            }
            if repository.key.is_some() && repository.kms_key.is_some() {
                return Err(contradiction("repository", &repository.name, "has both `key` and `kms_key`"));
            }
        }
        Ok(())
    }

    fn check_behaviour(&self) -> Result<(), DescriptionError> {
        if !(1..=20).contains(&self.answers.accounts_per_page) {
            return Err(contradiction(
                "accounts_per_page",
                &self.answers.accounts_per_page.to_string(),
                "must be 1 to 20",
            ));
        }
        if !(1..=100).contains(&self.answers.results_per_page) {
            let number = self.answers.results_per_page.to_string();
            return Err(contradiction("results_per_page", &number, "must be 1 to 100"));
        }
        if !(1..=1000).contains(&self.answers.repositories_per_page) {
            return Err(contradiction(
                "repositories_per_page",
                &self.answers.repositories_per_page.to_string(),
                "must be 1 to 1000",
            ));
        }
        if let Some(chaos) = &self.chaos {
            let share = chaos.throttles_per_mille + chaos.errors_per_mille + chaos.resets_per_mille;
            if share > 1000 || chaos.most_in_a_row == 0 {
                let problem = "needs shares of at most 1000 together, and at least one strike in a row";
                return Err(contradiction("chaos", &chaos.seed.to_string(), problem));
            }
        }
        for limit in &self.rate_limits {
            if limit.requests_per_second <= 0.0 || limit.burst < 1.0 {
                return Err(contradiction(
                    "rate limit",
                    &limit.operation,
                    "needs a positive rate and a burst of at least 1",
                ));
            }
        }
        for fault in &self.faults {
            let share = fault.probability.unwrap_or(1.0);
            if !(0.0..=1.0).contains(&share) {
                return Err(contradiction("probability", &share.to_string(), "must be 0 to 1"));
            }
            if fault.status.is_some() && !matches!(fault.effect, Effect::Error | Effect::Http) {
                return Err(contradiction(
                    "fault",
                    fault.operation.as_deref().unwrap_or("*"),
                    "only `error` and `http` have a status",
                ));
            }
        }
        Ok(())
    }
}

fn check_account_id(what: &'static str, id: &str) -> Result<(), DescriptionError> {
    if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(contradiction(what, id, "must be twelve digits"))
}

fn prefixed(id: &str, prefix: &str, least: usize) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| {
        (least..=32).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

fn contradiction(what: &'static str, value: &str, problem: &str) -> DescriptionError {
    DescriptionError::Contradiction { what, value: value.to_owned(), problem: problem.to_owned() }
}
