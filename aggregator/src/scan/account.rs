//! One account: which of its Regions are read.

use std::collections::HashSet;
use std::sync::Arc;

use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::lookup::Lookup;

use super::{Scan, ScanError, fatal};
use crate::account::{Account, AccountId};
use crate::coverage::{Cause, NotCovered};
use crate::journal::{ReadRegions, Target};
use crate::keys::AccountKeys;
use crate::plan::{Plan, Unscanned, plan};

/// An account that is being read.
pub struct AccountRun {
    pub(super) account: Arc<Account>,
    pub(super) credentials: AccountCredentials,
    /// The keys of its own that it uses.
    pub(super) keys: AccountKeys,
}

/// What to read of an account.
pub struct Planned {
    pub(super) account: Arc<AccountRun>,
    pub(super) regions: Vec<String>,
}

impl<L: Lookup + 'static> Scan<L> {
    /// The credentials of an account, which are got when they are first used.
    pub(super) fn credentials_of(&self, account_id: AccountId) -> AccountCredentials {
        self.sessions.of(account_id, || self.caller.credentials_in(&account_id.to_string()))
    }

    /// Whether an account is not active, which is told.
    pub fn is_inactive(&self, account: &Account) -> bool {
        let Some(state) = &account.inactive_state else { return false };
        self.ledger.account_planned(account.id, &[], Vec::new());
        self.ledger.not_covered(NotCovered {
            message: format!("the account's state is {state}"),
            hint: "nothing to do, unless the account is to be used again".to_owned(),
            ..entry(account, None, Cause::AccountNotActive)
        });
        true
    }

    /// Finds out which Regions of an account are to be read; `None` where there is nothing to read.
    pub(super) async fn plan(&self, account: Arc<Account>) -> Result<Option<Planned>, ScanError> {
        if self.is_inactive(&account) {
            return Ok(None);
        }
        // What an earlier session has done is not asked for again.
        let before = self.done().take(account.id);
        let (plan, done) = match before {
            // Everything was read before, and the list of Regions is as old as that.
            Some((plan, done)) if is_done(&plan, &done) => (Plan::clone(&plan), done),
            before => match self.listed(&account).await? {
                Some(plan) => (plan, before.map(|(_, done)| done).unwrap_or_default()),
                None => return Ok(None),
            },
        };
        let Plan { mut regions, disabled, unscanned } = plan;
        self.ledger.account_planned(account.id, &regions, disabled);
        for unscanned in unscanned {
            self.ledger.not_covered(unscanned_entry(&account, unscanned));
        }
        for (region, repositories) in &done {
            let target = Target { account_id: account.id, region: region.to_string() };
            self.ledger.target_read(&target, *repositories);
        }
        let done: HashSet<&str> = done.iter().map(|(region, _)| &**region).collect();
        regions.retain(|region| !done.contains(region.as_str()));
        let credentials = self.credentials_of(account.id);
        let account = Arc::new(AccountRun { account, credentials, keys: AccountKeys::default() });
        Ok(Some(Planned { account, regions }))
    }

    /// The plan by the account's own list of its Regions; `None` where that could not be had.
    async fn listed(&self, account: &Account) -> Result<Option<Plan>, ScanError> {
        let listed = match &self.own_regions {
            Some(regions) if account.id == self.caller_id => Ok(regions.clone()),
            _ => self.region_lister.regions(&account.id.to_string(), &self.credentials_of(account.id)).await,
        };
        match listed {
            Ok(listed) => {
                let plan = plan(&listed, &self.regions);
                self.journal.plan(account.id, &plan)?;
                Ok(Some(plan))
            }
            Err(fault) => {
                let fault = fatal(fault)?;
                self.ledger.account_planned(account.id, &[], Vec::new());
                self.ledger.not_covered(self.fault_entry(account, None, &fault, fault.message.clone()));
                Ok(None)
            }
        }
    }
}

/// Whether all Regions of a plan were read, and none was just being enabled.
fn is_done(plan: &Plan, done: &ReadRegions) -> bool {
    plan.regions.iter().all(|region| done.iter().any(|(known, _)| **known == **region))
        && plan.disabled.iter().all(|one| one.opt_status == "DISABLED")
}

fn entry(account: &Account, region: Option<String>, cause: Cause) -> NotCovered {
    NotCovered {
        account_id: Some(account.id.to_string()),
        account_name: account.name.as_deref().map(str::to_owned),
        region,
        cause,
        error_code: None,
        message: String::new(),
        hint: String::new(),
    }
}

fn unscanned_entry(account: &Account, unscanned: Unscanned) -> NotCovered {
    match unscanned {
        Unscanned::UnknownStatus { region, opt_status } => NotCovered {
            message: format!("the Region's opt-in status `{opt_status}` is unknown to this version"),
            hint: "look for a newer version of this tool".to_owned(),
            ..entry(account, Some(region), Cause::Failed)
        },
        Unscanned::NotListed { region } => NotCovered {
            message: "the account's list of Regions does not name it".to_owned(),
            hint: "check the spelling, and whether the account's partition has the Region".to_owned(),
            ..entry(account, Some(region), Cause::Failed)
        },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::coverage::DisabledRegion;

    /// A list of Regions is believed later only where everything in it was read, and nothing was about to change.
    #[rstest]
    #[case::all_read(&["a", "b"], "DISABLED", true)]
    #[case::one_is_missing(&["a"], "DISABLED", false)]
    #[case::nothing_read(&[], "DISABLED", false)]
    #[case::one_was_being_enabled(&["a", "b"], "ENABLING", false)]
    #[case::one_was_being_disabled(&["a", "b"], "DISABLING", false)]
    fn an_earlier_list_of_regions(#[case] read: &[&str], #[case] opt_status: &str, #[case] expected: bool) {
        let other = DisabledRegion { region: "c".to_owned(), opt_status: opt_status.to_owned() };
        let plan = Plan { regions: vec!["a".to_owned(), "b".to_owned()], disabled: vec![other], ..Plan::default() };
        let done: ReadRegions = read.iter().map(|region| ((*region).into(), 1)).collect();
        assert_eq!(is_done(&plan, &done), expected);
    }
}
