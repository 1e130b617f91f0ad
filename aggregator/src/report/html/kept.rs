//! The findings that a page shows: no more than a limit, the worst of all that came.

use std::collections::BTreeMap;

use ecr_encryption_core::Status;

use crate::finding::Finding;

/// The worst findings so far, those of one status in the order in which they came.
#[derive(Debug)]
pub(super) struct Kept {
    limit: usize,
    held: usize,
    by_status: BTreeMap<Status, Vec<Finding>>,
}

impl Kept {
    /// Nothing yet, and never more than `limit`.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, held: 0, by_status: BTreeMap::new() }
    }

    /// Takes `finding`, unless there are enough that are as bad or worse.
    pub(super) fn offer(&mut self, finding: &Finding) {
        if self.held == self.limit && !self.drop_better_than(finding.status) {
            return;
        }
        self.held += 1;
        self.by_status.entry(finding.status).or_default().push(finding.clone());
    }

    fn drop_better_than(&mut self, status: Status) -> bool {
        let Some(mut best) = self.by_status.last_entry().filter(|best| *best.key() > status) else { return false };
        best.get_mut().pop();
        if best.get().is_empty() {
            best.remove();
        }
        self.held -= 1;
        true
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.held
    }

    /// Those of `status`.
    pub(super) fn of(&self, status: Status) -> &[Finding] {
        self.by_status.get(&status).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn kept(limit: usize, findings: &[(Status, &str)]) -> Vec<String> {
        let mut kept = Kept::new(limit);
        for (status, name) in findings {
            let repository_name = (*name).to_owned();
            kept.offer(&Finding { status: *status, repository_name, ..samples::compliant() });
            assert!(kept.len() <= limit);
        }
        let names = |status| kept.of(status).iter().map(|finding| finding.repository_name.clone()).collect::<Vec<_>>();
        let all: Vec<_> = Status::ALL.into_iter().flat_map(names).collect();
        assert_eq!(all.len(), kept.len());
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
        assert_eq!(kept(0, &came), Vec::<String>::new());
    }
}
