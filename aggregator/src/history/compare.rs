//! The join of an earlier run with a later one, both in the order of their findings. Whatever their size, it holds one
//! finding of each, and the changes of one account.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use ecr_encryption_core::Status;
use jiff::Timestamp;

use super::aspects::{aspects, is_open};
use super::change::{Change, ChangeKind, ChangeTotals, Facts};
use super::earlier::{Earlier, Known};
use super::pending::Pending;
use super::place::{LastPlace, Place};
use super::targets::AccountTargets;
use crate::finding::{Finding, FindingType};

/// A run that others are compared with.
pub struct EarlierRun {
    /// Its id.
    pub id: String,
    /// When it had started.
    pub started_at: Timestamp,
    /// Its findings, in order.
    pub findings: Box<dyn Iterator<Item = io::Result<Finding>> + Send>,
    /// What it had not seen of what was there before it, in order. Lines that tell of another change are passed over.
    pub unseen: Box<dyn Iterator<Item = io::Result<Change>> + Send>,
}

/// The run that is compared with it.
#[derive(Debug, Clone)]
pub struct LaterRun {
    /// When it started.
    pub started_at: Timestamp,
    /// Whether creation templates and pull-through cache rules were read: where they were not, none of them is gone.
    pub with_templates: bool,
    /// Where a large account's changes may be until they can be told.
    pub folder: PathBuf,
}

/// What takes the changes.
pub type Emit<'a> = &'a mut dyn FnMut(&Change) -> io::Result<()>;

/// Finds out what has changed. Of each account of the later run it takes the findings in order, and then what was read
/// whole of it; it gives the changes of an account after its findings, and all of them in order: account, Region, finding
/// type, name. Where something was deleted and created anew, what is gone comes before what is new.
pub struct ChangeJoin {
    earlier: Earlier,
    later: LaterRun,
    /// The account whose findings are coming.
    account: Option<String>,
    /// The account and the finding that came last.
    last: Last,
    pending: Pending,
    totals: ChangeTotals,
}

/// What came last, to notice what is out of order.
#[derive(Default)]
struct Last {
    place: LastPlace,
    account_is_closed: bool,
}

impl Last {
    fn follows(&mut self, place: Place<'_>) -> io::Result<()> {
        let last = self.place.get();
        if place <= last || (self.account_is_closed && last.account_id == place.account_id) {
            let Place { account_id, region, name, .. } = place;
            return Err(invalid(&format!("the finding on `{name}` in {account_id}, {region}, is out of order")));
        }
        self.place.set(place);
        self.account_is_closed = false;
        Ok(())
    }

    fn closes(&mut self, account_id: &str) -> io::Result<()> {
        let last = self.place.get().account_id;
        if account_id < last || (self.account_is_closed && account_id == last) {
            return Err(invalid(&format!("the targets of account {account_id} are out of order")));
        }
        self.place.set(Place { account_id, ..Place::default() });
        self.account_is_closed = true;
        Ok(())
    }
}

impl ChangeJoin {
    /// Begins at the first finding of the earlier run.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(earlier: EarlierRun, later: LaterRun) -> io::Result<Self> {
        let totals = ChangeTotals {
            since_run_id: earlier.id.clone(),
            since: earlier.started_at,
            new: 0,
            changed: 0,
            fixed: 0,
            exempted: 0,
            gone: 0,
            no_longer_seen: 0,
            no_longer_seen_open: 0,
            newly_lost: 0,
            still_open: 0,
            oldest_open_since: None,
        };
        let pending = Pending::new(later.folder.clone());
        Ok(Self { earlier: Earlier::begin(earlier)?, later, account: None, last: Last::default(), pending, totals })
    }

    /// The run with which is compared: its id, and when it had started.
    pub fn since(&self) -> (&str, Timestamp) {
        (self.earlier.run_id(), self.earlier.started_at())
    }

    /// Takes the next finding, says since when it is open where it does not say so itself, and tells what has become of it:
    /// `None` where it is as it was, open or not. To `emit` go changes of the accounts before.
    ///
    /// # Errors
    /// The earlier run cannot be read, the finding is out of order, or `emit` fails.
    pub fn finding(&mut self, finding: &mut Finding, emit: Emit<'_>) -> io::Result<Option<ChangeKind>> {
        self.last.follows(Place::from(&*finding))?;
        self.turn_to(&finding.account_id, emit)?;
        let place = Place::from(&*finding);
        while self.earlier.place().is_some_and(|earlier| earlier < place) {
            self.next_is_missing()?;
        }
        let known = if self.earlier.place() == Some(place) { self.earlier.next()? } else { None };
        self.compare(known, finding)
    }

    /// Takes what was read whole of an account, after its findings: now it is known what is gone and what was not seen.
    ///
    /// # Errors
    /// The earlier run cannot be read, the account is out of order, or `emit` fails.
    pub fn account(&mut self, targets: &AccountTargets, emit: Emit<'_>) -> io::Result<()> {
        self.last.closes(&targets.account_id)?;
        self.turn_to(&targets.account_id, emit)?;
        self.account = None;
        self.settle(&targets.account_id, &targets.regions, emit)
    }

    /// Ends both runs, and counts.
    ///
    /// # Errors
    /// The earlier run cannot be read, or `emit` fails.
    pub fn finish(mut self, emit: Emit<'_>) -> io::Result<ChangeTotals> {
        self.leave(emit)?;
        while let Some(known) = self.earlier.next()? {
            self.tell(&known.into_missing(ChangeKind::NoLongerSeen), emit)?;
        }
        Ok(self.totals)
    }

    /// Goes on to an account. Those between it and the one before have no finding now, and nothing of them was read whole.
    fn turn_to(&mut self, account_id: &str, emit: Emit<'_>) -> io::Result<()> {
        if self.account.as_deref() == Some(account_id) {
            return Ok(());
        }
        self.leave(emit)?;
        while self.earlier.place().is_some_and(|earlier| earlier.account_id < account_id) {
            if let Some(known) = self.earlier.next()? {
                self.tell(&known.into_missing(ChangeKind::NoLongerSeen), emit)?;
            }
        }
        self.account = Some(account_id.to_owned());
        Ok(())
    }

    /// Leaves an account of which nothing was read whole.
    fn leave(&mut self, emit: Emit<'_>) -> io::Result<()> {
        match self.account.take() {
            Some(account_id) => self.settle(&account_id, &BTreeMap::new(), emit),
            None => Ok(()),
        }
    }

    /// Tells what was pending of an account, `whole` being what was read whole of it.
    fn settle(&mut self, account_id: &str, whole: &BTreeMap<String, u64>, emit: Emit<'_>) -> io::Result<()> {
        while self.earlier.place().is_some_and(|earlier| earlier.account_id == account_id) {
            self.next_is_missing()?;
        }
        let Self { pending, totals, later, .. } = self;
        pending.drain(|mut change| {
            let is_template = change.finding_type != FindingType::Repository;
            let was_looked_for = whole.contains_key(&change.region) && (later.with_templates || !is_template);
            if change.change == ChangeKind::NoLongerSeen && was_looked_for {
                // What was not open, and is not there any more, is nobody's concern.
                if change.open_since.is_none() {
                    return Ok(());
                }
                change.change = ChangeKind::Gone;
            }
            count(totals, &change);
            emit(&change)
        })
    }

    fn tell(&mut self, change: &Change, emit: Emit<'_>) -> io::Result<()> {
        count(&mut self.totals, change);
        emit(change)
    }

    /// Whether the earlier run's next one is gone, or was not seen, is known once the account is.
    fn next_is_missing(&mut self) -> io::Result<()> {
        match self.earlier.next()? {
            Some(known) => self.pending.push(known.into_missing(ChangeKind::NoLongerSeen)),
            None => Ok(()),
        }
    }

    fn compare(&mut self, known: Option<Known>, finding: &mut Finding) -> io::Result<Option<ChangeKind>> {
        let is_open_now = is_open(finding.status);
        // One that is fixed by creating it anew is fixed: the encryption of a repository cannot be changed otherwise.
        let known = match known {
            Some(known) if is_open_now && known.open_since.is_some() && known.is_replaced_by(finding) => {
                self.pending.push(known.into_missing(ChangeKind::Gone))?;
                None
            }
            known => known,
        };
        let open_before = known.as_ref().and_then(|known| known.open_since);
        if is_open_now {
            let since = finding.open_since.or(open_before).unwrap_or(self.later.started_at);
            finding.open_since = Some(since);
            let oldest = &mut self.totals.oldest_open_since;
            *oldest = Some(oldest.map_or(since, |oldest| oldest.min(since)));
        } else {
            finding.open_since = None;
            if open_before.is_none() {
                return Ok(None);
            }
        }
        let after = Facts::from(&*finding);
        let why = known.as_ref().map(|known| aspects(&known.facts, &after)).unwrap_or_default();
        let kind = match (open_before.is_some(), finding.status) {
            (true, Status::Compliant) => ChangeKind::Fixed,
            (true, Status::Exempt) => ChangeKind::Exempted,
            (true, Status::NonCompliant | Status::Undetermined) if why.is_empty() => {
                self.totals.still_open += 1;
                return Ok(None);
            }
            (true, Status::NonCompliant | Status::Undetermined) => ChangeKind::Changed,
            (false, _) => ChangeKind::New,
        };
        self.pending.push(Change {
            account_id: finding.account_id.clone(),
            account_name: finding.account_name.clone(),
            organizational_unit_path: finding.organizational_unit_path.clone(),
            region: finding.region.clone(),
            finding_type: finding.finding_type,
            repository_name: finding.repository_name.clone(),
            repository_arn: finding.repository_arn.clone(),
            change: kind,
            why,
            open_since: finding.open_since.or(open_before),
            before: known.map(|known| known.facts),
            after: Some(after),
        })?;
        Ok(Some(kind))
    }
}

fn count(totals: &mut ChangeTotals, change: &Change) {
    *match change.change {
        ChangeKind::New => &mut totals.new,
        ChangeKind::Changed => &mut totals.changed,
        ChangeKind::Fixed => &mut totals.fixed,
        ChangeKind::Exempted => &mut totals.exempted,
        ChangeKind::Gone => &mut totals.gone,
        ChangeKind::NoLongerSeen => &mut totals.no_longer_seen,
    } += 1;
    if change.change == ChangeKind::NoLongerSeen {
        totals.no_longer_seen_open += u64::from(change.open_since.is_some());
        // What the earlier run had not seen itself was read before that.
        let was_seen = change.before.as_ref().is_some_and(|before| before.evaluated_at >= totals.since);
        totals.newly_lost += u64::from(was_seen);
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests;
