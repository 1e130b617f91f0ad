//! Puts the findings of a run together: from what was read, the keys, the policy and the run before.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use ecr_encryption_core::{KeyLookup, Status};
use ecr_encryption_rule::aws::AwsLookup;
use jiff::Timestamp;

use crate::account::{Account, AccountId};
use crate::config_source::compare::{Comparer, Comparison};
use crate::coverage::Coverage;
use crate::finding::Finding;
use crate::history::change::ChangeTotals;
use crate::history::compare::ChangeJoin;
use crate::history::targets::AccountTargets;
use crate::journal::{Joined, Step, Target};
use crate::judge::{Unjudged, finding, is_exempt};
use crate::output::Writers;
use crate::pace::PacedLookup;
use crate::read::Read;
use crate::scan::Scan;
use crate::summary::Totals;

/// The findings of a run, on their way to its files.
pub(super) struct Assembly<'a> {
    scan: &'a Scan<PacedLookup<AwsLookup>>,
    started_at: Timestamp,
    writers: Writers,
    /// Compares with what AWS Config recorded, where that is wanted.
    comparer: Option<Comparer>,
    /// Compares with the run before, where there is one.
    changes: Option<ChangeJoin>,
    totals: Totals,
    unjudged: Unjudged,
    unjudged_templates: Unjudged,
    /// The account whose items are coming.
    account: Option<Arc<Account>>,
    /// How many findings it has, by Region.
    counts: BTreeMap<String, u64>,
}

/// What is known once everything was written.
pub(super) struct Assembled {
    pub(super) writers: Writers,
    pub(super) totals: Totals,
    pub(super) coverage: Coverage,
    pub(super) comparison: Option<Comparison>,
    pub(super) changes: Option<ChangeTotals>,
}

impl<'a> Assembly<'a> {
    pub(super) fn new(
        scan: &'a Scan<PacedLookup<AwsLookup>>,
        started_at: Timestamp,
        writers: Writers,
        comparer: Option<Comparer>,
        changes: Option<ChangeJoin>,
    ) -> Self {
        Self {
            scan,
            started_at,
            writers,
            comparer,
            changes,
            totals: Totals::new(scan.registry.is_some()),
            unjudged: Unjudged::of_repositories(),
            unjudged_templates: Unjudged::of_templates(),
            account: None,
            counts: BTreeMap::new(),
        }
    }

    /// Takes everything that was read, in order, until `is_stopped`.
    ///
    /// # Errors
    /// Something cannot be read or written, or it was stopped.
    pub(super) fn take_all(&mut self, is_stopped: &dyn Fn() -> bool) -> io::Result<()> {
        let accounts = self.accounts();
        self.scan.journal.join(&accounts, |step| {
            if is_stopped() {
                return Err(io::Error::other("stopped"));
            }
            match step {
                Step::Item(joined) => self.take(joined),
                Step::Account(account_id) => self.account_ends(account_id),
            }
        })
    }

    /// The accounts that belong into the report.
    fn accounts(&self) -> BTreeSet<AccountId> {
        let Scan { journal, ledger, units_decide, .. } = self.scan;
        let mut accounts = journal.accounts();
        accounts.extend(ledger.planned_accounts());
        // What an account is judged by may hang on its units, which are known of those that were listed.
        accounts.retain(|id| ledger.reports(*id) && (!units_decide || ledger.account(*id).is_some()));
        accounts
    }

    fn known(&self, account_id: AccountId) -> Arc<Account> {
        self.scan.ledger.account(account_id).unwrap_or_else(|| Arc::new(Account::by_id(account_id)))
    }

    fn take(&mut self, joined: Joined<'_>) -> io::Result<()> {
        let Joined { account_id, region, read_at, item, own_keys } = joined;
        let Scan { keys, policy, .. } = self.scan;
        // The repositories of an account come one after the other.
        let account = match self.account.take().filter(|account| account.id == account_id) {
            Some(same) => same,
            None => self.known(account_id),
        };
        let recorded_at = item.recorded_at;
        let read = item.into_read(account_id, region);
        let key = match keys.lookup(read.account_id(), read.key(), own_keys) {
            Err(_) if is_exempt(policy, &read, read_at) => Ok(KeyLookup::NotNeeded),
            key => key,
        };
        let key = match key {
            Ok(key) => key,
            Err(fault) => {
                let target = Target { account_id, region: region.to_owned() };
                match read {
                    Read::Repository(read) => self.unjudged.add(target, read.repository.name, fault),
                    Read::NextRepositories(read) => self.unjudged_templates.add(target, read.next.prefix, fault),
                }
                return Ok(());
            }
        };
        let finding = Finding { recorded_at, ..finding(policy, &account, read, &key, read_at) };
        self.account = Some(account);
        self.write(finding)
    }

    fn write(&mut self, mut finding: Finding) -> io::Result<()> {
        let Self { writers, comparer, changes, totals, counts, .. } = self;
        match changes {
            Some(changes) => drop(changes.finding(&mut finding, &mut |change| writers.change(change))?),
            None if matches!(finding.status, Status::NonCompliant | Status::Undetermined) => {
                finding.open_since = Some(self.started_at);
            }
            None => {}
        }
        totals.add(&finding);
        if let Some(count) = counts.get_mut(&finding.region) {
            *count += 1;
        } else {
            counts.insert(finding.region.clone(), 1);
        }
        writers.finding(&finding)?;
        match comparer {
            Some(comparer) => comparer.finding(&finding, |difference| writers.difference(difference)),
            None => Ok(()),
        }
    }

    fn account_ends(&mut self, account_id: AccountId) -> io::Result<()> {
        let counts = std::mem::take(&mut self.counts);
        let is_judged = |target: &Target| !self.unjudged.has(target) && !self.unjudged_templates.has(target);
        let mut whole = self.scan.ledger.read_whole(account_id);
        whole.retain(|region| is_judged(&Target { account_id, region: region.clone() }));
        if whole.is_empty() {
            return Ok(());
        }
        let count = |region: String| (counts.get(&region).copied().unwrap_or_default(), region);
        let regions = whole.into_iter().map(count).map(|(count, region)| (region, count)).collect();
        let account = self.known(account_id);
        let targets = AccountTargets {
            account_id: account_id.to_string(),
            account_name: account.name.clone(),
            organizational_unit_path: account.units.path.clone(),
            regions,
        };
        let Self { writers, changes, .. } = self;
        if let Some(changes) = changes {
            changes.account(&targets, &mut |change| writers.change(change))?;
        }
        writers.account(&targets)
    }

    /// Closes the books.
    ///
    /// # Errors
    /// Something cannot be read or written, or it was stopped.
    pub(super) fn end(self, interrupted: bool, is_stopped: &dyn Fn() -> bool) -> io::Result<Assembled> {
        let Self { scan, mut writers, comparer, changes, totals, unjudged, unjudged_templates, .. } = self;
        let go_on = || if is_stopped() { Err(io::Error::other("stopped")) } else { Ok(()) };
        let changes = changes
            .map(|changes| {
                changes.finish(&mut |change| {
                    go_on()?;
                    writers.change(change)
                })
            })
            .transpose()?;
        scan.tell_unjudged(unjudged, interrupted);
        scan.tell_unjudged(unjudged_templates, interrupted);
        let coverage = scan.ledger.coverage();
        let comparison = comparer
            .map(|comparer| {
                comparer.finish(&coverage, |id| scan.ledger.is_found(id), |difference| writers.difference(difference))
            })
            .transpose()?;
        Ok(Assembled { writers, totals, coverage, comparison, changes })
    }
}
