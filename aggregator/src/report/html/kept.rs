//! The worst of what comes: no more than a limit.

use std::collections::BTreeMap;

use ecr_encryption_core::{ReasonCode, Status};

use crate::finding::Finding;

/// How bad a finding is; the lowest is the worst.
pub(super) type Rank = (Status, u8);

/// How bad `finding` is.
pub(super) const fn rank(finding: &Finding) -> Rank {
    rank_of(finding.status, finding.reason_code)
}

/// How bad a finding is: by its status, then by how soon something is lost.
pub(super) const fn rank_of(status: Status, code: ReasonCode) -> Rank {
    (status, urgency(code))
}

/// What loses images comes before what exposes them, and that before what is only not known.
const fn urgency(code: ReasonCode) -> u8 {
    match code {
        ReasonCode::KeyPendingDeletion => 0,
        ReasonCode::KeyNotFound => 1,
        ReasonCode::KeyDisabled | ReasonCode::KeyPendingImport | ReasonCode::KeyUnavailable => 2,
        ReasonCode::BelowDesiredLevel => 3,
        ReasonCode::KeyNotAllowed | ReasonCode::KeyAccountNotAllowed => 4,
        ReasonCode::DualLayerRequired => 5,
        ReasonCode::KeyStateNotProvable
        | ReasonCode::KeyAccessDenied
        | ReasonCode::LevelNotProvable
        | ReasonCode::RepositoryAccessDenied
        | ReasonCode::ExemptByName
        | ReasonCode::ExemptByTag
        | ReasonCode::LevelMet
        | ReasonCode::RepositoryDeleted
        | ReasonCode::LeftScope => 6,
    }
}

/// The worst so far, those of one rank in the order in which they came.
#[derive(Debug)]
pub(super) struct Kept<T> {
    limit: usize,
    held: usize,
    by_rank: BTreeMap<Rank, Vec<T>>,
}

impl<T> Kept<T> {
    /// Nothing yet, and never more than `limit`.
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, held: 0, by_rank: BTreeMap::new() }
    }

    /// Whether one of `rank` would be kept.
    pub(super) fn wants(&self, rank: Rank) -> bool {
        self.held < self.limit || self.by_rank.last_key_value().is_some_and(|(best, _)| *best > rank)
    }

    /// Takes one that is wanted, and gives back the one that has to go for it.
    pub(super) fn take(&mut self, rank: Rank, one: T) -> Option<T> {
        let gone = if self.held < self.limit {
            self.held += 1;
            None
        } else {
            let Some(mut best) = self.by_rank.last_entry() else { return Some(one) };
            let gone = best.get_mut().pop();
            if best.get().is_empty() {
                best.remove();
            }
            gone
        };
        self.by_rank.entry(rank).or_default().push(one);
        gone
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.held
    }

    /// All of them, the worst first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.by_rank.values().flatten()
    }

    /// Those of `rank`, to be marked, the newest first.
    pub(super) fn newest_of(&mut self, rank: Rank) -> impl Iterator<Item = &mut T> {
        self.by_rank.get_mut(&rank).into_iter().flat_map(|all| all.iter_mut().rev())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn kept(limit: usize, came: &[(Status, &'static str)]) -> Vec<&'static str> {
        let mut kept = Kept::new(limit);
        let mut gone = 0;
        for (status, name) in came {
            let rank = (*status, 6);
            if kept.wants(rank) {
                gone += usize::from(kept.take(rank, *name).is_some());
            } else {
                gone += 1;
            }
            assert!(kept.len() <= limit);
        }
        let all: Vec<_> = kept.iter().copied().collect();
        assert_eq!((all.len(), all.len() + gone), (kept.len(), came.len()));
        all
    }

    #[test]
    fn the_worst_are_kept_in_their_order() {
        use Status::{Compliant, Exempt, NonCompliant, Undetermined};
        let came = [
            (Compliant, "c1"),
            (Compliant, "c2"),
            (NonCompliant, "n1"),
            (Exempt, "e1"),
            (Undetermined, "u1"),
            (NonCompliant, "n2"),
            (Compliant, "c3"),
            (Undetermined, "u2"),
        ];
        assert_eq!(kept(9, &came), ["n1", "n2", "u1", "u2", "e1", "c1", "c2", "c3"]);
        assert_eq!(kept(5, &came), ["n1", "n2", "u1", "u2", "e1"]);
        assert_eq!(kept(3, &came), ["n1", "n2", "u1"]);
        assert_eq!(kept(1, &came), ["n1"]);
        assert_eq!(kept(0, &came), Vec::<&str>::new());
    }

    #[test]
    fn a_key_that_is_about_to_go_is_worse_than_a_low_level() {
        let low = samples::non_compliant();
        let lost = Finding { reason_code: ReasonCode::KeyPendingDeletion, ..low.clone() };
        assert!(rank(&lost) < rank(&low));
        assert!(rank(&low) < rank(&samples::hostile()));
    }
}
