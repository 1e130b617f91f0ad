//! The organizational units as a tree, with what each has beneath it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::summary::{AccountTotals, StatusCounts};

/// How many units are shown.
const UNITS: usize = 30;
/// How many indents the style sheet has.
const DEPTHS: usize = 6;

/// A unit, and everything beneath it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// The names from the root.
    pub(super) path: String,
    /// Its own name.
    pub(super) name: String,
    /// How deep it is, as far as the style sheet has indents; the root is 0.
    pub(super) depth: usize,
    pub(super) counts: StatusCounts,
    pub(super) accounts: u64,
}

/// The worst units in the order of the tree, and how many there are.
pub(super) fn tree(by_account: &BTreeMap<String, AccountTotals>) -> (Vec<Unit>, usize) {
    let mut units: BTreeMap<&str, (StatusCounts, u64)> = BTreeMap::new();
    for account in by_account.values() {
        let Some(path) = account.organizational_unit_path.as_deref() else { continue };
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        for above in ends.filter_map(|end| path.get(..end)) {
            let (counts, accounts) = units.entry(above).or_default();
            counts.add_all(&account.counts);
            *accounts += 1;
        }
    }
    let all = units.len();
    let rank = |counts: &StatusCounts| Reverse((counts.non_compliant, counts.undetermined));
    let mut worst: Vec<_> = units.into_iter().collect();
    // A unit has at least what those beneath it have, and comes before them where it has no more: none is shown without
    // those above it.
    worst.sort_by_key(|(path, (counts, _))| (rank(counts), path.len()));
    worst.truncate(UNITS);
    let ranks: BTreeMap<&str, _> = worst.iter().map(|(path, (counts, _))| (*path, rank(counts))).collect();
    worst.sort_by_cached_key(|(path, _)| {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        let above = ends.filter_map(|end| path.get(..end));
        above.map(|path| (ranks.get(path).copied(), path)).collect::<Vec<_>>()
    });
    let unit = |(path, (counts, accounts)): (&str, (StatusCounts, u64))| Unit {
        name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        depth: path.matches('/').count().min(DEPTHS),
        path: path.to_owned(),
        counts,
        accounts,
    };
    (worst.into_iter().map(unit).collect(), all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_what_is_beneath_it_and_the_worst_come_first() {
        let account = |path: &str, non_compliant| AccountTotals {
            organizational_unit_path: Some(path.into()),
            counts: StatusCounts { non_compliant, compliant: 1, ..StatusCounts::default() },
            ..AccountTotals::default()
        };
        let accounts = [
            ("1", account("Root", 0)),
            ("2", account("Root/Workloads/Prod", 2)),
            ("3", account("Root/Workloads/Dev", 5)),
            ("4", account("Root/Security", 0)),
            ("5", account("Root/Sandbox", 9)),
        ];
        let by_account = accounts.into_iter().map(|(id, account)| (id.to_owned(), account)).collect();
        let (units, all) = tree(&by_account);
        let shown: Vec<_> = units
            .iter()
            .map(|unit| (unit.depth, unit.name.as_str(), unit.counts.non_compliant, unit.accounts))
            .collect();
        assert_eq!(
            shown,
            [
                (0, "Root", 16, 5),
                (1, "Sandbox", 9, 1),
                (1, "Workloads", 7, 2),
                (2, "Dev", 5, 1),
                (2, "Prod", 2, 1),
                (1, "Security", 0, 1),
            ]
        );
        assert_eq!(all, 6);
    }
}
