//! One account: its role, its Regions, and what is in them.

use std::sync::Arc;

use ecr_encryption_core::RepositoryEncryption;
use ecr_encryption_rule::aws::AwsRegistryLookup;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::{Access, Lookup, RegistryLookup, RepositoryPage};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::access::{self, Entered, Refused};
use super::book::Place;
use super::check::Check;
use super::groundwork::Groundwork;
use super::problem::Problem;
use super::recorder::{RecorderPlace, recorder};
use super::regions::Wanted;
use super::rights::{self, Asker, NO_KEY, Whose};
use super::stack_set::{Progress, stack_instance};
use super::survey::Survey;
use crate::account::Account;
use crate::coverage::hint::who_asks;
use crate::pace::PacedLookup;
use crate::scan::{ScanError, fatal};
use crate::security_hub::hub::Hub;

/// How many Regions of an account are looked at at once.
const REGIONS_AT_ONCE: usize = 8;

/// An account that can be entered.
struct Visited<'a> {
    account: &'a Account,
    account_id: String,
    credentials: AccountCredentials,
    who: String,
    role_name: Option<&'a str>,
    rights: Whose<'a>,
    regions: Wanted,
}

impl Survey {
    /// Looks at one account.
    ///
    /// # Errors
    /// The caller's credentials have expired.
    pub async fn visit(&self, account: Arc<Account>, groundwork: &Groundwork) -> Result<(), ScanError> {
        let account = &*account;
        let account_id = account.id.to_string();
        let place = Place { account: Some(account), region: None };
        let is_management_account = groundwork.is_management_account(&account_id);
        let instances = groundwork.instances.as_ref();
        if let Some(instances) = instances.filter(|_| is_management_account != Some(true)) {
            let is_member = is_management_account == Some(false);
            let problems = stack_instance(instances.get(&account.id), account, is_member, &groundwork.address);
            self.book.tell(Check::StackInstances, place, problems);
        }
        for (region, rule) in &groundwork.rules {
            let place = Place { account: Some(account), region: Some(region) };
            if let Some(problems) = rule.problems(account, is_management_account) {
                self.book.tell(Check::OrganizationRule, place, problems);
            }
        }
        let credentials = self.caller.credentials_in(&account_id);
        let is_own = account_id == self.caller.account_id;
        let listed = match &self.own_regions {
            Some(regions) if is_own => Ok(regions.clone()),
            _ => self.region_lister.regions(&account_id, &credentials).await,
        };
        let listed = match listed {
            Err(fault) if fault.action == "sts:AssumeRole" => {
                let fault = fatal(fault)?;
                let role_arn = self.caller.role_arn(&account_id);
                let refused = Refused {
                    account_id: &account_id,
                    is_deployed_role: self.role_name == self.deployed_role,
                    role_arn: &role_arn,
                    principal: &self.caller.principal(),
                    is_management_account,
                    of_units: self.used.units,
                    stack_set: groundwork.stack_set,
                    instance: Progress::of(instances, account.id),
                };
                self.book.tell(Check::Role, place, [access::refused_role(&fault, refused)]);
                // The role may come with the deployment; what it would show is there, or missing, already.
                self.tell_unseen(account, &access::unseen(&role_arn));
                return Ok(());
            }
            listed => listed,
        };
        self.tell_role(account, &account_id, groundwork);
        let who = who_asks(&self.caller, Some(&account_id));
        let deployed_role = self.used.role.then(|| self.deployed_role_arn(&account_id));
        let role_name = (!is_own).then_some(self.role_name.as_str());
        let rights = if is_own || (self.used.role && self.role_name == self.deployed_role) {
            Whose::TheirOwn
        } else {
            Whose::OfALooker(deployed_role.as_deref())
        };
        match listed {
            Err(fault) => {
                let fault = fatal(fault)?;
                let asker = Asker { account_id: &account_id, who: &who, role_name, rights };
                self.book.tell(Check::Regions, place, rights::rights(&[fault], asker));
                self.tell_unseen(account, &access::without_regions());
            }
            Ok(listed) => {
                let regions = self.regions_of(account, &account_id, &listed, groundwork);
                let visited = Visited { account, account_id, credentials, who, role_name, rights, regions };
                self.regions(&visited).await?;
                self.book.checked(account);
            }
        }
        Ok(())
    }

    /// Tells that nothing was seen in an account, of each check that would have been made there.
    fn tell_unseen(&self, account: &Account, problem: &Problem) {
        let place = Place { account: Some(account), region: None };
        let unseen = [
            (Check::Recorder, self.used.records()),
            (Check::EcrRights, self.used.reads_repositories()),
            (Check::SecurityHub, self.hub.is_some()),
        ];
        for (check, _) in unseen.into_iter().filter(|(_, applies)| *applies) {
            self.book.tell(check, place, [problem.clone()]);
        }
        self.reporter.account_planned(0);
        self.book.checked(account);
    }

    /// Tells how the role of an account stands that is seen from inside, or could be entered.
    fn tell_role(&self, account: &Account, account_id: &str, groundwork: &Groundwork) {
        let place = Place { account: Some(account), region: None };
        let entered = if account_id == self.caller.account_id {
            Some(Entered::FromInside)
        } else {
            (self.role_name != self.deployed_role).then_some(Entered::ByAnotherRole)
        };
        // Only there does nothing else tell whether the deployed role has come.
        let needs_its_own = self.used.role
            && groundwork.is_management_account(account_id) == Some(true)
            && self.home_account != account_id;
        match entered {
            Some(entered) if needs_its_own => {
                let problem = if self.used.units {
                    access::no_management_role()
                } else {
                    access::unseen_management_role(groundwork.stack_set, account_id, entered)
                };
                self.book.tell(Check::Role, place, [problem]);
            }
            // Whoever is inside assumes none.
            Some(Entered::FromInside) => {}
            Some(Entered::ByAnotherRole) | None => self.book.tell(Check::Role, place, []),
        }
    }

    async fn regions(&self, visited: &Visited<'_>) -> Result<(), ScanError> {
        let regions = visited.regions.all();
        self.reporter.account_planned(regions.len());
        stream::iter(regions)
            .map(|region| async move {
                self.region(visited, &region).await?;
                self.reporter.target_read(0);
                Ok(())
            })
            .buffer_unordered(REGIONS_AT_ONCE)
            .try_collect()
            .await
    }

    async fn region(&self, visited: &Visited<'_>, region: &str) -> Result<(), ScanError> {
        let Visited { account, account_id, credentials, who, role_name, rights, regions } = visited;
        let place = Place { account: Some(account), region: Some(region) };
        let access =
            Access { account_id: account_id.clone(), credentials: credentials.clone(), region: region.to_owned() };
        let asker = Asker { account_id, who, role_name: *role_name, rights: *rights };
        if regions.recorded.contains(region) {
            let problems = match self.config.recording(&access).await {
                Ok(recording) => {
                    recorder(&recording, RecorderPlace { partition: &self.caller.partition, account_id, region })
                }
                Err(fault) => vec![Problem::unread(&fatal(fault)?, who)],
            };
            self.book.tell(Check::Recorder, place, problems);
        }
        let is_scanned = regions.scanned.contains(region);
        if regions.judged.contains(region) {
            let repositories = self.lookup.repositories(&access, None).await;
            let key = repositories.as_ref().ok().and_then(|page| key_in_use(page, account_id, region));
            // Templates are judged by a scan alone.
            let registry = self.registry.as_ref().filter(|_| is_scanned);
            self.tell_ecr(place, &access, asker, repositories.map(|_| ()), registry).await?;
            self.tell_keys(place, &access, asker, key).await?;
            if let Some(tag_key) = &self.exempt_tag_key {
                let said = surviving(self.lookup.tags_page(&access, tag_key, None).await.map(|_| ()))?;
                let faults: Vec<AwsFault> = said.err().into_iter().collect();
                self.book.tell(Check::TagRights, place, rights::rights(&faults, asker));
            }
        }
        if let Some(hub) = self.hub.as_ref().filter(|_| is_scanned) {
            let said = surviving(hub.findings(&access, None).await.map(|_| ()))?;
            self.book.tell(Check::SecurityHub, place, rights::security_hub(&said, region, asker));
        }
        Ok(())
    }

    async fn tell_ecr(
        &self,
        place: Place<'_>,
        access: &Access,
        asker: Asker<'_>,
        repositories: Result<(), AwsFault>,
        registry: Option<&PacedLookup<AwsRegistryLookup>>,
    ) -> Result<(), ScanError> {
        let mut faults: Vec<AwsFault> = surviving(repositories)?.err().into_iter().collect();
        if let Some(registry) = registry {
            let templates = registry.creation_templates_page(access, None).await.map(|_| ());
            faults.extend(surviving(templates)?.err());
            let rules = registry.pull_through_cache_rules_page(access, None).await.map(|_| ());
            faults.extend(surviving(rules)?.err());
        }
        self.book.tell(Check::EcrRights, place, rights::rights(&faults, asker));
        Ok(())
    }

    async fn tell_keys(
        &self,
        place: Place<'_>,
        access: &Access,
        asker: Asker<'_>,
        key: Option<String>,
    ) -> Result<(), ScanError> {
        let in_use = match &key {
            Some(key) => Some((key.as_str(), surviving(self.lookup.key(access, key).await.map(|_| ()))?)),
            None => None,
        };
        let no_key = match &in_use {
            Some((_, Ok(()))) => None,
            _ => Some(surviving(self.lookup.key(access, NO_KEY).await.map(|_| ()))?),
        };
        let in_use = in_use.as_ref().map(|(key, said)| (*key, said));
        self.book.tell(Check::KmsRights, place, rights::keys(in_use, no_key.as_ref(), asker));
        Ok(())
    }
}

/// What was said, unless nothing that follows could be asked any more.
fn surviving(said: Result<(), AwsFault>) -> Result<Result<(), AwsFault>, ScanError> {
    match said {
        Ok(()) => Ok(Ok(())),
        Err(fault) => fatal(fault).map(Err),
    }
}

/// A key of this account and Region that a repository uses. What another account's key says depends on its policy.
fn key_in_use(page: &RepositoryPage, account_id: &str, region: &str) -> Option<String> {
    let keys = page.repositories.iter().filter_map(|repository| match &repository.encryption {
        RepositoryEncryption::Known(encryption) => encryption.kms_key.as_deref(),
        _ => None,
    });
    let place = format!(":kms:{region}:{account_id}:key/");
    keys.into_iter().find(|key| key.contains(&place)).map(str::to_owned)
}
