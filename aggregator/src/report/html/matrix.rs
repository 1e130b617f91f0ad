//! Accounts × Regions: where what is wrong is, and where nobody could look.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::coverage::{Cause, Coverage};
use crate::finding::{Finding, FindingType};
use crate::history::targets::AccountTargets;
use crate::report::phrase;
use crate::summary::StatusCounts;

/// How many accounts are shown.
const ACCOUNTS: usize = 25;
/// How many accounts of which nothing was seen are shown besides.
const UNSEEN_ACCOUNTS: usize = 10;
/// How many Regions are shown.
const REGIONS: usize = 20;

/// The accounts with most to do, as they come.
#[derive(Debug, Default)]
pub(super) struct Matrix {
    worst: Vec<Line>,
    current: Option<Line>,
}

/// What an account has in each of its Regions.
#[derive(Debug, Default)]
struct Line {
    account_id: String,
    account_name: Option<Arc<str>>,
    organizational_unit_path: Option<Arc<str>>,
    /// Of the Regions with repositories.
    counts: BTreeMap<String, StatusCounts>,
    /// The Regions that were read whole.
    read: BTreeSet<String>,
}

impl Line {
    fn shortfalls(&self) -> (u64, u64) {
        let all = self.counts.values();
        all.fold((0, 0), |(fails, doubts), counts| (fails + counts.non_compliant, doubts + counts.undetermined))
    }
}

impl Matrix {
    /// Counts a finding; those of an account come one after the other.
    pub(super) fn add(&mut self, finding: &Finding) {
        let line =
            self.of(&finding.account_id, finding.account_name.as_ref(), finding.organizational_unit_path.as_ref());
        if finding.finding_type == FindingType::Repository {
            match line.counts.get_mut(&finding.region) {
                Some(counts) => counts.add(finding.status),
                None => line.counts.entry(finding.region.clone()).or_default().add(finding.status),
            }
        }
    }

    /// Takes what was read whole of an account.
    pub(super) fn read(&mut self, targets: &AccountTargets) {
        let line =
            self.of(&targets.account_id, targets.account_name.as_ref(), targets.organizational_unit_path.as_ref());
        line.read.extend(targets.regions.keys().cloned());
    }

    fn of(&mut self, account_id: &str, name: Option<&Arc<str>>, path: Option<&Arc<str>>) -> &mut Line {
        match self.current.take() {
            Some(line) if line.account_id == account_id => self.current.insert(line),
            before => {
                self.end(before);
                self.current.insert(Line {
                    account_id: account_id.to_owned(),
                    account_name: name.cloned(),
                    organizational_unit_path: path.cloned(),
                    ..Line::default()
                })
            }
        }
    }

    fn end(&mut self, line: Option<Line>) {
        self.worst.extend(line);
        if self.worst.len() >= 4 * ACCOUNTS {
            self.forget_the_better();
        }
    }

    fn forget_the_better(&mut self) {
        self.worst.sort_by_key(|line| Reverse(line.shortfalls()));
        self.worst.truncate(ACCOUNTS);
    }

    /// What the page shows.
    pub(super) fn finish(&mut self, coverage: &Coverage, by_region: &BTreeMap<String, StatusCounts>) -> HeatMap {
        let current = self.current.take();
        self.end(current);
        self.forget_the_better();
        let unseen = Unseen::of(coverage);
        let mut rows: Vec<_> = self.worst.drain(..).collect();
        let shown: BTreeSet<String> = rows.iter().map(|line| line.account_id.clone()).collect();
        let lost = unseen.accounts.iter().filter(|(id, _)| !shown.contains(*id));
        let lost: Vec<_> = lost.take(UNSEEN_ACCOUNTS).map(|(id, name)| (id.clone(), name.clone())).collect();
        for (account_id, name) in lost {
            rows.push(Line { account_id, account_name: name.map(Arc::from), ..Line::default() });
        }

        let mut regions: BTreeSet<&str> = by_region.keys().map(String::as_str).collect();
        regions.extend(unseen.regions.keys().map(|(_, region)| region.as_str()));
        regions.extend(rows.iter().flat_map(|line| line.read.iter().map(String::as_str)));
        let mut regions: Vec<_> = regions.into_iter().collect();
        let all_regions = phrase::length(&regions);
        let gaps = unseen.gaps_by_region();
        let weight = |region: &&str| {
            let counts = by_region.get(*region);
            let gaps = gaps.get(*region).copied().unwrap_or_default();
            Reverse((
                counts.map_or(0, |c| c.non_compliant),
                counts.map_or(0, |c| c.undetermined) + gaps,
                counts.map_or(0, StatusCounts::total),
            ))
        };
        regions.sort_by_key(weight);
        regions.truncate(REGIONS);
        regions.sort_unstable();
        let regions: Vec<String> = regions.into_iter().map(str::to_owned).collect();

        let rows = rows.into_iter().map(|line| HeatRow {
            cells: regions.iter().map(|region| (region.clone(), unseen.cell(&line, region))).collect(),
            account_id: line.account_id,
            account_name: line.account_name,
            organizational_unit_path: line.organizational_unit_path,
        });
        HeatMap { rows: rows.collect(), regions, all_regions }
    }
}

/// What was not seen, to be looked up.
struct Unseen {
    /// Whole accounts, with their names.
    accounts: BTreeMap<String, Option<String>>,
    regions: BTreeMap<(String, String), bool>,
}

impl Unseen {
    fn of(coverage: &Coverage) -> Self {
        let (mut accounts, mut regions) = (BTreeMap::new(), BTreeMap::new());
        for gap in coverage.not_covered.iter() {
            match (&gap.account_id, &gap.region) {
                (Some(id), Some(region)) => {
                    let is_gap = regions.entry((id.clone(), region.clone())).or_default();
                    *is_gap |= gap.cause != Cause::RegionDisabled;
                }
                (Some(id), None) if gap.cause.is_gap() => {
                    accounts.insert(id.clone(), gap.account_name.clone());
                }
                _ => {}
            }
        }
        Self { accounts, regions }
    }

    fn gaps_by_region(&self) -> BTreeMap<String, u64> {
        let mut gaps = BTreeMap::new();
        for ((_, region), is_gap) in &self.regions {
            if *is_gap {
                *gaps.entry(region.clone()).or_default() += 1;
            }
        }
        gaps
    }

    fn cell(&self, line: &Line, region: &str) -> Cell {
        let key = (line.account_id.clone(), region.to_owned());
        let gap = self.regions.get(&key).copied();
        let is_unseen = gap == Some(true) || self.accounts.contains_key(&line.account_id);
        match line.counts.get(region) {
            Some(counts) => Cell::Found { counts: counts.clone(), is_whole: !is_unseen },
            None if is_unseen => Cell::Unseen,
            None if gap == Some(false) => Cell::Disabled,
            None if line.read.contains(region) => Cell::Empty,
            None => Cell::Unknown,
        }
    }
}

/// The map.
#[derive(Debug)]
pub(super) struct HeatMap {
    pub(super) rows: Vec<HeatRow>,
    pub(super) regions: Vec<String>,
    pub(super) all_regions: u64,
}

/// An account of the map.
#[derive(Debug)]
pub(super) struct HeatRow {
    pub(super) account_id: String,
    pub(super) account_name: Option<Arc<str>>,
    pub(super) organizational_unit_path: Option<Arc<str>>,
    /// By Region, in the order of the map's Regions.
    pub(super) cells: Vec<(String, Cell)>,
}

/// An account in a Region.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// There are repositories.
    Found { counts: StatusCounts, is_whole: bool },
    /// It was read whole, and there are none.
    Empty,
    /// It was not read, or not whole.
    Unseen,
    /// The account has not enabled the Region.
    Disabled,
    /// Nobody asked, or nobody tells.
    Unknown,
}

impl Cell {
    /// How dark the cell is: the fifths of its judged repositories that do not provably comply, and at least one where
    /// any does not.
    pub(super) fn heat(counts: &StatusCounts) -> u64 {
        let short = counts.non_compliant + counts.undetermined;
        let judged = phrase::judged(counts).max(1);
        if short == 0 { 0 } else { (short.saturating_mul(5) / judged).clamp(1, 5) }
    }

    /// What a cell says to those who do not see it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Found { counts, is_whole } => {
                let all = phrase::number(counts.total());
                let mut words = vec![format!("{} of {all} do not comply", phrase::number(counts.non_compliant))];
                if counts.undetermined > 0 {
                    words.push(format!("{} undetermined", phrase::number(counts.undetermined)));
                }
                if !is_whole {
                    words.push("not seen whole".to_owned());
                }
                words.join(", ")
            }
            Self::Empty => "no repositories".to_owned(),
            Self::Unseen => "not seen".to_owned(),
            Self::Disabled => "Region not enabled".to_owned(),
            Self::Unknown => "nothing told".to_owned(),
        }
    }
}
