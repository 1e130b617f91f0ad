//! Reads every account of the run: Regions, repositories, tags and keys. Everything goes to the journal as soon as it was
//! read, and memory holds what is under way.

mod account;
mod foreign_keys;
pub mod listing;
mod queue;
mod registry;
mod security_hub;
mod sessions;
mod target;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ecr_encryption_core::Policy;
use ecr_encryption_rule::aws::AwsRegistryLookup;
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::lookup::Lookup;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

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
use crate::pace::{PaceStats, PacedLookup};
use crate::reporter::Reporter;
use account::Planned;
use queue::Queue;
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

/// How many accounts are asked for their Regions at once, at least.
const ACCOUNTS_UNDER_WAY: usize = 16;
/// How many targets are read at once, at most: far more than there are calls, so that those of a throttled account, which
/// wait, do not keep others from being read.
const TARGETS_UNDER_WAY: usize = 1_024;
/// How many targets wait to be read, before no further account is begun: enough to choose from.
const TARGETS_WAITING: usize = 1_024;
/// How often it is looked at whether those under way wait, so that others can be begun.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Everything that the parts of a scan share.
pub struct Scan<L> {
    /// Repositories, keys and tags.
    pub lookup: L,
    /// Creation templates and pull-through cache rules, where they are asked for.
    pub registry: Option<PacedLookup<AwsRegistryLookup>>,
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
    /// Whether organizational units decide what is scanned or demanded.
    pub units_decide: bool,
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
    /// A target was read, or lost, in this Region.
    Read(Arc<str>),
}

/// The tasks of a scan.
pub type Tasks = JoinSet<Result<Step, ScanError>>;

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
        let mut queue = Queue::default();
        // Where a target was read, the next one is read: connections there are open.
        let mut region_of_last: Option<Arc<str>> = None;
        let (mut accounts_under_way, mut targets_under_way) = (0_usize, 0_usize);
        let mut listing = true;
        loop {
            let PaceStats { limit, resting, .. } = self.caller.pacer.stats();
            // A few more than there are calls; those that wait for a throttled account do not count.
            let wanted = (limit + limit / 4 + 1).saturating_add(resting).min(TARGETS_UNDER_WAY);
            while targets_under_way < wanted
                && let Some((account, region)) = queue.next(region_of_last.as_deref())
            {
                targets_under_way += 1;
                let scan = Arc::clone(self);
                tasks.spawn(async move {
                    scan.target(&account, &region).await?;
                    Ok(Step::Read(region))
                });
            }
            let may_begin =
                listing && accounts_under_way < limit.max(ACCOUNTS_UNDER_WAY) && queue.len() < TARGETS_WAITING;
            if !may_begin && tasks.is_empty() {
                break;
            }
            tokio::select! {
                Some(done) = tasks.join_next() => match done?? {
                    Step::Read(region) => {
                        targets_under_way -= 1;
                        region_of_last = Some(region);
                    }
                    Step::Planned(planned) => {
                        accounts_under_way -= 1;
                        if let Some(Planned { account, regions }) = planned {
                            queue.add(&account, regions);
                        }
                    }
                },
                () = sleep(LOOK_AGAIN), if queue.len() > 0 => {}
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

    /// Tells of what was read and could not be judged. A target whose repositories were not judged was not covered; of one
    /// whose templates were not, that is told beside it.
    pub fn tell_unjudged(&self, unjudged: Unjudged, interrupted: bool) {
        let is_of_repositories = unjudged.is_of_repositories();
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
            if is_of_repositories {
                self.ledger.target_withdrawn(&target, entry);
            } else {
                self.ledger.not_covered(entry);
            }
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
