//! Keeps the books of a run: what is to be read, what was, and what was not and why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::account::Account;
use crate::coverage::{Cause, Coverage, NotCovered};
use crate::reporter::Reporter;
use crate::spool::Target;

/// The books of a run.
pub struct Ledger {
    state: Mutex<State>,
    reporter: Arc<dyn Reporter>,
}

#[derive(Default)]
struct State {
    /// Every account that the organization lists, to be scanned or not.
    known: BTreeMap<String, Arc<Account>>,
    /// Those that are to be read.
    found: BTreeSet<String>,
    open_accounts: BTreeSet<String>,
    open_targets: BTreeSet<Target>,
    /// How many targets of each account were read whole.
    targets_read: BTreeMap<String, u64>,
    /// Targets that were not read whole; there are few, where those that were may be a million.
    lost_targets: BTreeSet<Target>,
    listing_open: bool,
    not_covered: Vec<NotCovered>,
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
        self.state().listing_open = true;
    }

    /// The accounts were listed, or their list could not be read on.
    pub fn listing_ends(&self) {
        self.state().listing_open = false;
    }

    /// The organization has this account.
    pub fn account_known(&self, account: Arc<Account>) {
        self.state().known.insert(account.id.clone(), account);
    }

    /// An account is to be read. `false` where it was found before: a list may show an account on two pages.
    pub fn account_found(&self, account: &Arc<Account>) -> bool {
        let mut state = self.state();
        state.known.insert(account.id.clone(), account.clone());
        let new = state.found.insert(account.id.clone());
        if new {
            state.open_accounts.insert(account.id.clone());
            drop(state);
            self.reporter.account_found();
        }
        new
    }

    /// It is known which Regions of an account are to be read.
    pub fn account_planned(&self, account_id: &str, regions: &[String]) {
        let mut state = self.state();
        state.open_accounts.remove(account_id);
        state
            .open_targets
            .extend(regions.iter().map(|region| Target { account_id: account_id.to_owned(), region: region.clone() }));
        drop(state);
        self.reporter.account_planned(regions.len());
    }

    /// A target was read whole.
    pub fn target_read(&self, target: &Target, repositories: usize) {
        let mut state = self.state();
        // What ends after the scan was stopped is in the books as interrupted already.
        if !state.open_targets.remove(target) {
            return;
        }
        *state.targets_read.entry(target.account_id.clone()).or_default() += 1;
        drop(state);
        self.reporter.target_read(repositories);
    }

    /// A target was not read, or not whole, although `repositories` of it were.
    pub fn target_lost(&self, target: &Target, repositories: usize, entry: NotCovered) {
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
            && let Some(count) = state.targets_read.get_mut(&target.account_id)
        {
            *count = count.saturating_sub(1);
        }
        drop(state);
        self.not_covered(entry);
    }

    /// Something was not read.
    pub fn not_covered(&self, entry: NotCovered) {
        if entry.cause.is_gap() {
            self.reporter.gap();
        }
        self.state().not_covered.push(entry);
    }

    /// An account that the organization has.
    pub fn account(&self, account_id: &str) -> Option<Arc<Account>> {
        self.state().known.get(account_id).cloned()
    }

    /// Whether an account was to be read.
    pub fn is_found(&self, account_id: &str) -> bool {
        self.state().found.contains(account_id)
    }

    /// Whether a target of another account than this one was read whole.
    pub fn has_read_others(&self, account_id: &str) -> bool {
        self.state().targets_read.iter().any(|(id, count)| id != account_id && *count > 0)
    }

    /// Whether the whole organization was listed, and no account of it is to be read.
    pub fn selects_nothing(&self) -> bool {
        let state = self.state();
        state.found.is_empty() && !state.listing_open && state.not_covered.is_empty()
    }

    /// Tells everything that is still open as interrupted.
    pub fn interrupt(&self) {
        let mut state = self.state();
        let State { known, open_accounts, open_targets, listing_open, .. } = &mut *state;
        let entry = |account_id: Option<String>, region: Option<String>, message: &str| NotCovered {
            account_name: account_id.as_ref().and_then(|id| known.get(id)?.name.clone()),
            account_id,
            region,
            cause: Cause::Interrupted,
            error_code: None,
            message: message.to_owned(),
            hint: "scan again".to_owned(),
        };
        let mut entries = Vec::new();
        if std::mem::take(listing_open) {
            entries.push(entry(None, None, "the scan was stopped while the accounts were being listed"));
        }
        entries.extend(
            std::mem::take(open_accounts)
                .into_iter()
                .map(|id| entry(Some(id), None, "the scan was stopped before this account was read")),
        );
        entries.extend(std::mem::take(open_targets).into_iter().map(|target| {
            entry(Some(target.account_id), Some(target.region), "the scan was stopped before this Region was read")
        }));
        state.not_covered.extend(entries);
    }

    /// The books, closed: what was seen and what was not, in order.
    pub fn coverage(&self) -> Coverage {
        let state = self.state();
        let mut not_covered = state.not_covered.clone();
        not_covered.sort();
        // A lost account may have been met in each of its Regions.
        not_covered.dedup();
        Coverage {
            accounts_found: state.found.len() as u64,
            targets_scanned: state.targets_read.values().sum(),
            not_covered,
        }
    }
}
