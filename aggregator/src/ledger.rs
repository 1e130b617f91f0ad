//! Keeps the books of a run: what is to be read, what was, and what was not and why.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecr_encryption_rule::aws::fault::AwsFault;

use crate::account::{Account, AccountId};
use crate::aws::caller::Caller;
use crate::coverage::{Cause, Coverage, DisabledRegion, NotCovered, NotCoveredList};
use crate::journal::Target;
use crate::reporter::Reporter;
use crate::scan::listing::{AccountBook, unlisted};

/// The books of a run.
pub struct Ledger {
    state: Mutex<State>,
    reporter: Arc<dyn Reporter>,
}

/// Bounded by the number of accounts, and small for each: there may be fifty thousand.
#[derive(Default)]
struct State {
    /// Every account that the organization lists, to be scanned or not.
    known: BTreeMap<AccountId, Known>,
    /// Accounts of which it is not known yet which Regions are to be read.
    open_accounts: BTreeSet<AccountId>,
    /// What is to be read of the accounts that are being read.
    open_targets: BTreeSet<Target>,
    /// Targets that were not read whole; there are few, where those that were may be a million.
    lost_targets: BTreeSet<Target>,
    /// Targets of which something is told as not covered, be it only their templates.
    gap_targets: BTreeSet<Target>,
    /// Whether nothing is known to be whole, whatever was read.
    doubts_all: bool,
    listing: Listing,
    not_covered: Vec<NotCovered>,
    /// The lists of Regions to be read; most accounts have the same.
    plans: HashSet<Arc<[String]>>,
    /// The lists of disabled Regions; most accounts have the same.
    disabled: HashSet<Arc<[DisabledRegion]>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Listing {
    #[default]
    NotBegun,
    Open,
    Ended,
}

struct Known {
    account: Arc<Account>,
    /// Whether it is to be read.
    found: bool,
    /// How many of its targets were read whole.
    targets_read: u32,
    /// The Regions that are to be read of it.
    planned: Option<Arc<[String]>>,
    /// The Regions that it has not enabled.
    disabled: Option<Arc<[DisabledRegion]>>,
}

impl Ledger {
    /// Empty books.
    pub fn new(reporter: Arc<dyn Reporter>) -> Self {
        Self { state: Mutex::default(), reporter }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The accounts are being listed.
    pub fn listing_begins(&self) {
        self.state().listing = Listing::Open;
    }

    /// It is known which Regions of an account are to be read, and which it has not enabled.
    pub fn account_planned(&self, account_id: AccountId, regions: &[String], disabled: Vec<DisabledRegion>) {
        let mut state = self.state();
        state.open_accounts.remove(&account_id);
        state.open_targets.extend(regions.iter().map(|region| Target { account_id, region: region.clone() }));
        let planned = shared(&mut state.plans, regions.into());
        let disabled = (!disabled.is_empty()).then(|| shared(&mut state.disabled, disabled.into()));
        if let Some(known) = state.known.get_mut(&account_id) {
            known.planned = Some(planned);
            known.disabled = disabled.or(known.disabled.take());
        }
        drop(state);
        self.reporter.account_planned(regions.len());
    }

    /// A target was read whole.
    pub fn target_read(&self, target: &Target, repositories: u64) {
        let mut state = self.state();
        // What ends after the scan was stopped is in the books as interrupted already.
        if !state.open_targets.remove(target) {
            return;
        }
        if let Some(known) = state.known.get_mut(&target.account_id) {
            known.targets_read += 1;
        }
        drop(state);
        self.reporter.target_read(repositories);
    }

    /// A target was not read, or not whole, although `repositories` of it were.
    pub fn target_lost(&self, target: &Target, repositories: u64, entry: NotCovered) {
        let mut state = self.state();
        if !state.open_targets.remove(target) {
            return;
        }
        state.lost_targets.insert(target.clone());
        drop(state);
        self.reporter.target_read(repositories);
        self.not_covered(entry);
    }

    /// A target that was read must be told as not covered after all.
    pub fn target_withdrawn(&self, target: &Target, entry: NotCovered) {
        let mut state = self.state();
        if state.lost_targets.insert(target.clone())
            && let Some(known) = state.known.get_mut(&target.account_id)
        {
            known.targets_read = known.targets_read.saturating_sub(1);
        }
        drop(state);
        self.not_covered(entry);
    }

    /// Something was not read.
    pub fn not_covered(&self, entry: NotCovered) {
        if entry.cause.is_gap() {
            self.reporter.gap();
        }
        let mut state = self.state();
        if entry.cause.is_gap()
            && let (Some(id), Some(region)) = (&entry.account_id, &entry.region)
            && let Some(account_id) = AccountId::parse(id)
        {
            state.gap_targets.insert(Target { account_id, region: region.clone() });
        }
        state.not_covered.push(entry);
    }

    /// Something of a target was not read, although it is not told as lost: its templates, say.
    pub fn target_not_whole(&self, target: &Target) {
        self.state().gap_targets.insert(target.clone());
    }

    /// What the repositories come from may lack some anywhere: no Region is known to be whole.
    pub fn doubt_all(&self) {
        self.state().doubts_all = true;
    }

    /// An account that the organization has.
    pub fn account(&self, account_id: AccountId) -> Option<Arc<Account>> {
        self.state().known.get(&account_id).map(|known| known.account.clone())
    }

    /// Whether what was read of an account belongs into the report: it was found, or it is not known which accounts there
    /// are.
    pub fn reports(&self, account_id: AccountId) -> bool {
        let state = self.state();
        let listed = state.listing == Listing::Ended && !state.not_covered.iter().any(|gap| gap.account_id.is_none());
        state.known.get(&account_id).map_or(!listed, |known| known.found)
    }

    /// The accounts of which it is known which Regions are to be read.
    pub fn planned_accounts(&self) -> BTreeSet<AccountId> {
        let state = self.state();
        state.known.iter().filter(|(_, known)| known.planned.is_some()).map(|(id, _)| *id).collect()
    }

    /// The Regions of an account that were read whole, once nothing is open any more: nothing is told as not covered there.
    pub fn read_whole(&self, account_id: AccountId) -> BTreeSet<String> {
        let state = self.state();
        let planned = state.known.get(&account_id).and_then(|known| known.planned.clone());
        let mut regions: BTreeSet<String> = planned.iter().flat_map(|regions| regions.iter().cloned()).collect();
        if state.doubts_all {
            regions.clear();
        }
        regions.retain(|region| {
            let target = Target { account_id, region: region.clone() };
            !state.lost_targets.contains(&target) && !state.gap_targets.contains(&target)
        });
        regions
    }

    /// Whether an account was to be read.
    pub fn is_found(&self, account_id: AccountId) -> bool {
        self.state().known.get(&account_id).is_some_and(|known| known.found)
    }

    /// Whether a target of another account than this one was read whole.
    pub fn has_read_others(&self, account_id: AccountId) -> bool {
        self.state().known.values().any(|known| known.account.id != account_id && known.targets_read > 0)
    }

    /// Whether the whole organization was listed, and no account of it is to be read.
    pub fn selects_nothing(&self) -> bool {
        let state = self.state();
        !state.known.values().any(|known| known.found) && state.listing != Listing::Open && state.not_covered.is_empty()
    }

    /// Tells everything that is still open as interrupted; `hint` says how to go on.
    pub fn interrupt(&self, hint: &str) {
        let mut state = self.state();
        let State { known, open_accounts, open_targets, lost_targets, listing, not_covered, .. } = &mut *state;
        // Pages of them may have been read, and turn out not to be judged: they don't count as read in any case.
        lost_targets.extend(open_targets.iter().cloned());
        let entry = |account_id: Option<AccountId>, region: Option<String>, message: &str| NotCovered {
            account_name: account_id.and_then(|id| known.get(&id)?.account.name.as_deref().map(str::to_owned)),
            account_id: account_id.map(|id| id.to_string()),
            region,
            cause: Cause::Interrupted,
            error_code: None,
            message: message.to_owned(),
            hint: hint.to_owned(),
        };
        // The wish to stop may be heard before the first account is asked for.
        if *listing != Listing::Ended {
            *listing = Listing::Ended;
            not_covered.push(entry(None, None, "the scan was stopped while the accounts were being listed"));
        }
        not_covered.extend(
            std::mem::take(open_accounts)
                .into_iter()
                .map(|id| entry(Some(id), None, "the scan was stopped before this account was read")),
        );
        not_covered.extend(std::mem::take(open_targets).into_iter().map(|target| {
            entry(Some(target.account_id), Some(target.region), "the scan was stopped before this Region was read")
        }));
    }

    /// The books, closed: what was seen and what was not, in order.
    pub fn coverage(&self) -> Coverage {
        let mut state = self.state();
        let not_covered = std::mem::take(&mut state.not_covered);
        let disabled =
            state.known.values().filter_map(|known| Some((known.account.clone(), known.disabled.clone()?))).collect();
        Coverage {
            accounts_found: state.known.values().filter(|known| known.found).count() as u64,
            targets_scanned: state.known.values().map(|known| u64::from(known.targets_read)).sum(),
            not_covered: NotCoveredList::new(not_covered, disabled),
        }
    }
}

impl AccountBook for Ledger {
    fn account_known(&self, account: Arc<Account>) {
        let known = Known { account, found: false, targets_read: 0, planned: None, disabled: None };
        self.state().known.entry(known.account.id).or_insert(known);
    }

    fn account_found(&self, account: &Arc<Account>) -> bool {
        self.account_known(account.clone());
        let mut state = self.state();
        let State { known, open_accounts, .. } = &mut *state;
        let new = known.get_mut(&account.id).is_some_and(|known| !std::mem::replace(&mut known.found, true));
        if new {
            open_accounts.insert(account.id);
            drop(state);
            self.reporter.account_found();
        }
        new
    }

    fn not_listed(&self, what: &str, fault: &AwsFault, caller: &Caller) {
        self.not_covered(unlisted(what, fault, caller));
    }

    fn listing_ends(&self) {
        self.state().listing = Listing::Ended;
        self.reporter.accounts_listed();
    }
}

/// The one of its kind that all hold.
fn shared<T: Eq + Hash>(all: &mut HashSet<Arc<[T]>>, one: Arc<[T]>) -> Arc<[T]> {
    all.get(&one).cloned().unwrap_or_else(|| {
        all.insert(one.clone());
        one
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporter::Silent;

    fn entry(target: &Target) -> NotCovered {
        NotCovered {
            account_id: Some(target.account_id.to_string()),
            account_name: None,
            region: Some(target.region.clone()),
            cause: Cause::Interrupted,
            error_code: None,
            message: "not judged".to_owned(),
            hint: String::new(),
        }
    }

    /// One Region is read whole, of another a page whose key was not asked for before the scan was stopped.
    #[test]
    fn what_was_not_read_is_not_taken_from_what_was() {
        let ledger = Ledger::new(Arc::new(Silent));
        let account_id = AccountId::parse("111122223333").unwrap();
        ledger.account_found(&Arc::new(Account::by_id(account_id)));
        let [whole, part] = ["eu-west-1", "us-east-1"].map(|region| Target { account_id, region: region.to_owned() });
        ledger.account_planned(account_id, &[whole.region.clone(), part.region.clone()], Vec::new());
        ledger.target_read(&whole, 3);
        ledger.interrupt("");
        ledger.target_withdrawn(&part, entry(&part));
        assert_eq!(ledger.coverage().targets_scanned, 1);

        // What was read whole and not judged is no longer scanned.
        ledger.target_withdrawn(&whole, entry(&whole));
        ledger.target_withdrawn(&whole, entry(&whole));
        assert_eq!(ledger.coverage().targets_scanned, 0);
    }

    /// History and Security Hub take what is not there for gone only in Regions that were read whole.
    #[test]
    fn what_is_doubted_was_not_read_whole() {
        let ledger = Ledger::new(Arc::new(Silent));
        let account_id = AccountId::parse("111122223333").unwrap();
        ledger.account_found(&Arc::new(Account::by_id(account_id)));
        let [whole, part, gap, lost] =
            ["a-1", "b-1", "c-1", "d-1"].map(|region| Target { account_id, region: region.to_owned() });
        let regions: Vec<String> = [&whole, &part, &gap, &lost].map(|target| target.region.clone()).to_vec();
        ledger.account_planned(account_id, &regions, Vec::new());
        for target in [&whole, &part, &gap] {
            ledger.target_read(target, 1);
        }
        ledger.target_lost(&lost, 0, entry(&lost));
        ledger.target_not_whole(&part);
        ledger.not_covered(entry(&gap));
        assert_eq!(ledger.read_whole(account_id), [whole.region].into());
        assert_eq!(ledger.planned_accounts(), [account_id].into());
        ledger.doubt_all();
        assert!(ledger.read_whole(account_id).is_empty());
    }

    #[test]
    fn stopped_before_the_list_began_is_no_choice_of_nothing() {
        let ledger = Ledger::new(Arc::new(Silent));
        ledger.interrupt("");
        assert!(!ledger.selects_nothing());
        assert!(!ledger.coverage().is_complete());
    }
}
