//! Reads every account of the run: Regions, repositories, tags and keys.

mod foreign_keys;
pub mod listing;
mod target;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::lookup::Lookup;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::task::JoinSet;

use crate::account::Account;
use crate::args::Regions;
use crate::aws::caller::Caller;
use crate::aws::regions::{AccountRegion, RegionLister};
use crate::coverage::hint::hint;
use crate::coverage::{Cause, NotCovered};
use crate::judge::Unjudged;
use crate::keys::KeyBook;
use crate::ledger::Ledger;
use crate::plan::{Unscanned, plan};
use crate::spool::{Spool, Target};

/// What ends a scan: not AWS, but this machine.
#[derive(Debug, Error)]
pub enum ScanError {
    /// What was read cannot be kept.
    #[error("what was read cannot be written: {0}")]
    Spool(#[from] io::Error),
    /// A part of the scan ended before its time.
    #[error("a part of the scan ended before its time: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Everything that the parts of a scan share.
pub struct Scan<L> {
    /// Repositories, keys and tags.
    pub lookup: L,
    /// Regions.
    pub region_lister: RegionLister,
    /// The caller.
    pub caller: Caller,
    /// Which Regions are wanted.
    pub regions: Regions,
    /// The tag that the policy needs.
    pub tag_key: Option<String>,
    /// The caller's own Regions, where they are known already.
    pub own_regions: Option<Vec<AccountRegion>>,
    /// Bounds the calls under way.
    pub calls: Semaphore,
    /// The bound.
    pub concurrency: usize,
    /// The keys.
    pub keys: KeyBook,
    /// The books.
    pub ledger: Ledger,
    /// What was read.
    pub spool: Spool,
    /// The credentials of each account, got once.
    pub credentials: Mutex<HashMap<String, AccountCredentials>>,
}

impl<L: Lookup + 'static> Scan<L> {
    /// Reads the accounts that come through `accounts`, and afterwards the keys that belong to other accounts than their
    /// users. What AWS refuses is in the books; `may_ask` tells which accounts may be asked for their keys.
    ///
    /// The accounts are read by `tasks`: whoever stops the scan waits for them to end, as they outlive this future.
    ///
    /// # Errors
    /// What was read cannot be kept.
    pub async fn run(
        self: &Arc<Self>,
        tasks: &mut JoinSet<Result<(), ScanError>>,
        mut accounts: mpsc::Receiver<Arc<Account>>,
        may_ask: impl Fn(&Account) -> bool + Send,
    ) -> Result<(), ScanError> {
        while let Some(account) = accounts.recv().await {
            // An account under way holds little but its credentials; its calls are bounded by themselves.
            while tasks.len() >= self.concurrency {
                if let Some(done) = tasks.join_next().await {
                    done??;
                }
            }
            let scan = Arc::clone(self);
            tasks.spawn(async move { scan.account(&account).await });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        self.foreign_keys(may_ask).await
    }

    /// Waits until another call may begin.
    async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed, so this is always a permit.
        self.calls.acquire().await.ok()
    }

    fn credentials_of(&self, account_id: &str) -> AccountCredentials {
        let mut known = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = known.get(account_id) {
            return credentials.clone();
        }
        known.entry(account_id.to_owned()).or_insert_with(|| self.caller.credentials_in(account_id)).clone()
    }

    /// Reads an account; of one that is not active it only tells.
    ///
    /// # Errors
    /// What was read cannot be kept.
    pub async fn account(&self, account: &Account) -> Result<(), ScanError> {
        let not_covered = |region: Option<String>, cause, error_code, message: String, hint: String| NotCovered {
            account_id: Some(account.id.clone()),
            account_name: account.name.clone(),
            region,
            cause,
            error_code,
            message,
            hint,
        };
        if let Some(state) = &account.inactive_state {
            self.ledger.account_planned(&account.id, &[]);
            self.ledger.not_covered(not_covered(
                None,
                Cause::AccountNotActive,
                None,
                format!("the account's state is {state}"),
                "nothing to do, unless the account is to be used again".to_owned(),
            ));
            return Ok(());
        }
        let listed = match &self.own_regions {
            Some(regions) if account.id == self.caller.account_id => Ok(regions.clone()),
            _ => {
                let _permit = self.permit().await;
                self.region_lister.regions(&self.credentials_of(&account.id)).await
            }
        };
        let plan = match listed {
            Ok(listed) => plan(&listed, &self.regions),
            Err(fault) => {
                self.ledger.account_planned(&account.id, &[]);
                self.ledger.not_covered(self.fault_entry(account, None, &fault, fault.message.clone()));
                return Ok(());
            }
        };
        self.ledger.account_planned(&account.id, &plan.regions);
        for unscanned in plan.unscanned {
            self.ledger.not_covered(match unscanned {
                Unscanned::NotEnabled { region, opt_status } => not_covered(
                    Some(region),
                    Cause::RegionDisabled,
                    None,
                    format!("the Region's opt-in status is {opt_status}"),
                    if opt_status == "DISABLED" {
                        "nothing to do, unless the Region is to be used".to_owned()
                    } else {
                        "scan again when its status has settled".to_owned()
                    },
                ),
                Unscanned::UnknownStatus { region, opt_status } => not_covered(
                    Some(region),
                    Cause::Failed,
                    None,
                    format!("the Region's opt-in status `{opt_status}` is unknown to this version"),
                    "look for a newer version of this tool".to_owned(),
                ),
                Unscanned::NotListed { region } => not_covered(
                    Some(region),
                    Cause::Failed,
                    None,
                    "the account's list of Regions does not name it".to_owned(),
                    "check the spelling, and whether the account's partition has the Region".to_owned(),
                ),
            });
        }
        let mut targets: FuturesUnordered<_> = plan
            .regions
            .into_iter()
            .map(|region| self.target(account, Target { account_id: account.id.clone(), region }))
            .collect();
        while let Some(done) = targets.next().await {
            done?;
        }
        Ok(())
    }

    /// What is told of a fault; `message` is AWS's, or has more around it.
    pub fn fault_entry(
        &self,
        account: &Account,
        region: Option<String>,
        fault: &AwsFault,
        message: String,
    ) -> NotCovered {
        // Without credentials the account is lost, whichever call met it first.
        let whole_account = fault.action == "sts:AssumeRole" && fault.kind == FaultKind::Denied;
        NotCovered {
            account_id: Some(account.id.clone()),
            account_name: account.name.clone(),
            region: if whole_account { None } else { region },
            cause: Cause::of(fault),
            error_code: fault.code_or_status(),
            message,
            hint: hint(fault, &self.caller, Some(&account.id)),
        }
    }

    /// Tells of repositories that were read and could not be judged.
    pub fn tell_unjudged(&self, unjudged: Unjudged, interrupted: bool) {
        for (target, message, fault) in unjudged.into_messages() {
            let account = self.ledger.account(&target.account_id);
            let account = account.unwrap_or_else(|| Arc::new(Account::by_id(&target.account_id)));
            let mut entry = self.fault_entry(&account, Some(target.region.clone()), &fault, message);
            // It may be the key's own account that cannot be entered: then its role is told there, and not here.
            if entry.cause == Cause::AssumeRoleDenied {
                entry.cause = Cause::Failed;
                entry.region = Some(target.region.clone());
                "see what is told of the key's own account".clone_into(&mut entry.hint);
            }
            if interrupted {
                entry.cause = Cause::Interrupted;
            }
            self.ledger.target_withdrawn(&target, entry);
        }
    }
}
