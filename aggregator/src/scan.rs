//! Reads every account of the run: Regions, repositories, tags and keys. Everything goes to the journal as soon as it was
//! read, and memory holds what is under way.

mod account;
mod foreign_keys;
pub mod listing;
mod sessions;
mod target;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecr_encryption_core::Policy;
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::lookup::Lookup;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::account::{Account, AccountId};
use crate::args::Regions;
use crate::aws::caller::Caller;
use crate::aws::regions::{AccountRegion, RegionLister};
use crate::coverage::hint::hint;
use crate::coverage::{Cause, NotCovered};
use crate::journal::{Done, Journal};
use crate::judge::Unjudged;
use crate::keys::KeyBook;
use crate::ledger::Ledger;
use crate::reporter::Reporter;
use account::{AccountRun, Planned};
pub use sessions::Sessions;

/// What ends a scan: not AWS, but this machine or the caller.
#[derive(Debug, Error)]
pub enum ScanError {
    /// What was read cannot be kept.
    #[error("what was read cannot be written: {0}")]
    Journal(#[from] io::Error),
    /// A part of the scan ended before its time.
    #[error("a part of the scan ended before its time: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// The caller's own credentials have expired, and there are no new ones: every account that follows would be lost.
    #[error("the caller's credentials have expired: {0}")]
    CallerExpired(AwsFault),
}

/// How many accounts may be asked for their Regions at once. Those that wait for a call hold little.
const ACCOUNTS_UNDER_WAY: usize = 256;
/// How many targets may be read at once: far more than there are calls, so that those of a throttled account, which wait,
/// do not keep others from being read.
const TARGETS_UNDER_WAY: usize = 1_024;

/// Everything that the parts of a scan share.
pub struct Scan<L> {
    /// Repositories, keys and tags.
    pub lookup: L,
    /// Regions.
    pub region_lister: RegionLister,
    /// The caller.
    pub caller: Caller,
    /// The caller's account.
    pub caller_id: AccountId,
    /// Which Regions are wanted.
    pub regions: Regions,
    /// What is demanded.
    pub policy: Policy,
    /// The caller's own Regions, where they are known already.
    pub own_regions: Option<Vec<AccountRegion>>,
    /// The keys.
    pub keys: KeyBook,
    /// The books.
    pub ledger: Ledger,
    /// What was read.
    pub journal: Journal,
    /// What was read before the run was resumed.
    pub done: Mutex<Done>,
    /// The credentials of each account.
    pub sessions: Sessions,
    /// Hears what is found.
    pub reporter: Arc<dyn Reporter>,
}

/// What a task of the scan has done.
pub enum Step {
    /// It is known what to read of an account.
    Planned(Option<Planned>),
    /// A target was read, or lost.
    Read,
}

/// The tasks of a scan.
pub type Tasks = JoinSet<Result<Step, ScanError>>;

/// A target that waits to be read.
struct Waiting {
    account: Arc<AccountRun>,
    region: String,
}

impl<L: Lookup + 'static> Scan<L> {
    /// Reads the accounts that come through `accounts`, and afterwards the keys that belong to other accounts than their
    /// users. What AWS refuses is in the books; `may_ask` tells which accounts may be asked for their keys.
    ///
    /// The accounts are read by `tasks`: whoever stops the scan waits for them to end, as they outlive this future.
    ///
    /// # Errors
    /// What was read cannot be kept, or the caller's credentials have expired.
    pub async fn run(
        self: &Arc<Self>,
        tasks: &mut Tasks,
        mut accounts: mpsc::UnboundedReceiver<Arc<Account>>,
        may_ask: impl Fn(&Account) -> bool + Send,
    ) -> Result<(), ScanError> {
        let mut waiting: VecDeque<Waiting> = VecDeque::new();
        let (mut accounts_under_way, mut targets_under_way) = (0, 0);
        let mut listing = true;
        loop {
            while targets_under_way < TARGETS_UNDER_WAY
                && let Some(Waiting { account, region }) = waiting.pop_front()
            {
                targets_under_way += 1;
                let scan = Arc::clone(self);
                tasks.spawn(async move { scan.target(&account, region).await.map(|()| Step::Read) });
            }
            // As long as targets wait, no further account is begun: what waits is bounded too.
            let may_begin = listing && accounts_under_way < ACCOUNTS_UNDER_WAY && waiting.is_empty();
            if !may_begin && tasks.is_empty() {
                break;
            }
            tokio::select! {
                Some(done) = tasks.join_next() => match done?? {
                    Step::Read => targets_under_way -= 1,
                    Step::Planned(planned) => {
                        accounts_under_way -= 1;
                        waiting.extend(planned.into_iter().flat_map(|Planned { account, regions }| {
                            regions.into_iter().map(move |region| Waiting { account: account.clone(), region })
                        }));
                    }
                },
                account = accounts.recv(), if may_begin => match account {
                    Some(account) => {
                        accounts_under_way += 1;
                        let scan = Arc::clone(self);
                        tasks.spawn(async move { scan.plan(account).await.map(Step::Planned) });
                    }
                    None => listing = false,
                },
            }
        }
        self.foreign_keys(may_ask).await
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
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
            account_id: Some(account.id.to_string()),
            account_name: account.name.as_deref().map(str::to_owned),
            region: if whole_account { None } else { region },
            cause: Cause::of(fault),
            error_code: fault.code_or_status(),
            message,
            hint: hint(fault, &self.caller, Some(&account.id.to_string())),
        }
    }

    /// Tells of repositories that were read and could not be judged.
    pub fn tell_unjudged(&self, unjudged: Unjudged, interrupted: bool) {
        for (target, message, fault) in unjudged.into_messages() {
            let account = self.ledger.account(target.account_id);
            let account = account.unwrap_or_else(|| Arc::new(Account::by_id(target.account_id)));
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

/// Gives a fault back after which there is going on.
///
/// # Errors
/// The caller's credentials have expired.
pub fn fatal(fault: AwsFault) -> Result<AwsFault, ScanError> {
    if fault.kind == FaultKind::CallerExpired { Err(ScanError::CallerExpired(fault)) } else { Ok(fault) }
}
