//! The first of each kind of change, and how many more there are: as much as people read, however much has changed.

use std::collections::BinaryHeap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Diffed;
use crate::finding::{Finding, FindingType};
use crate::history::change::{Change, ChangeKind};
use crate::report::change_words::{self, Count};
use crate::report::phrase::{length, number};

/// How many of a kind are named.
const MOST: usize = 20;

/// The first of several, and how many there are.
#[derive(Debug)]
pub(super) struct Few<T> {
    pub(super) first: Vec<T>,
    pub(super) count: u64,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { first: Vec::new(), count: 0 }
    }
}

impl<T> Few<T> {
    fn add(&mut self, one: impl FnOnce() -> T) {
        self.count += 1;
        if self.first.len() < MOST {
            self.first.push(one());
        }
    }

    /// How many are not named.
    pub(super) fn more(&self) -> u64 {
        self.count.saturating_sub(length(&self.first))
    }
}

/// An account's Region of which something was not seen any more.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) account_id: String,
    pub(super) account_name: Option<Arc<str>>,
    pub(super) region: String,
    pub(super) count: u64,
    pub(super) open: u64,
}

/// A finding that is open for the same as before; the order is that of age.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StillOpen {
    pub(super) since: Option<Timestamp>,
    pub(super) account_id: String,
    pub(super) region: String,
    pub(super) finding_type: FindingType,
    pub(super) name: String,
    pub(super) account_name: Option<Arc<str>>,
    pub(super) reason: String,
}

/// What is named.
#[derive(Debug, Default)]
pub(super) struct Digest {
    pub(super) new: Few<Change>,
    pub(super) changed: Few<Change>,
    pub(super) worsened: u64,
    pub(super) fixed: Few<Change>,
    pub(super) exempted: Few<Change>,
    pub(super) gone: Few<Change>,
    pub(super) lost: Few<Lost>,
    /// The last Region of which something was not seen: its changes come one after the other.
    last_lost: Option<(String, String)>,
    oldest: BinaryHeap<StillOpen>,
    still_open: u64,
}

impl Digest {
    pub(super) fn add(&mut self, change: &Change) {
        let few = match change.change {
            ChangeKind::New => &mut self.new,
            ChangeKind::Changed => {
                self.worsened += u64::from(super::is_worsened(change));
                &mut self.changed
            }
            ChangeKind::Fixed => &mut self.fixed,
            ChangeKind::Exempted => &mut self.exempted,
            ChangeKind::Gone => &mut self.gone,
            ChangeKind::NoLongerSeen => return self.lose(change),
        };
        few.add(|| change.clone());
    }

    fn lose(&mut self, change: &Change) {
        let is_last = self
            .last_lost
            .as_ref()
            .is_some_and(|(account_id, region)| *account_id == change.account_id && *region == change.region);
        if !is_last {
            self.last_lost = Some((change.account_id.clone(), change.region.clone()));
            self.lost.add(|| Lost {
                account_id: change.account_id.clone(),
                account_name: change.account_name.clone(),
                region: change.region.clone(),
                count: 0,
                open: 0,
            });
        }
        // Those that are not named are counted in the totals.
        if self.lost.more() == 0
            && let Some(lost) = self.lost.first.last_mut()
        {
            lost.count += 1;
            lost.open += u64::from(change.open_since.is_some());
        }
    }

    pub(super) fn still_open(&mut self, finding: &Finding) {
        self.still_open += 1;
        if self.oldest.len() == MOST && self.oldest.peek().is_some_and(|last| last.since <= finding.open_since) {
            return;
        }
        self.oldest.push(StillOpen {
            since: finding.open_since,
            account_id: finding.account_id.clone(),
            region: finding.region.clone(),
            finding_type: finding.finding_type,
            name: finding.repository_name.clone(),
            account_name: finding.account_name.clone(),
            reason: finding.reason.clone(),
        });
        if self.oldest.len() > MOST {
            self.oldest.pop();
        }
    }

    /// How many there are of each kind.
    pub(super) fn counts(&self, diffed: &Diffed<'_>) -> [Count; 7] {
        let mut counts = change_words::counts(diffed.totals, diffed.newer.started_at);
        for count in counts.iter_mut().filter(|count| count.name == change_words::CHANGED && self.worsened > 0) {
            count.note = format!("{} of them for the worse", number(self.worsened));
        }
        counts
    }

    /// The oldest that are open for the same as before, the oldest first.
    pub(super) fn oldest(&self) -> Few<StillOpen> {
        Few { first: self.oldest.clone().into_sorted_vec(), count: self.still_open }
    }
}
