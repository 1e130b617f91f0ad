//! What was not seen, put together so that thousands of entries can be read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::coverage::{Cause, Coverage, NotCovered};
use crate::report::phrase;

/// How many rows of gaps a page shows; `summary.json` has all.
const ROWS: usize = 500;
/// How many rows of one kind are shown unfolded.
const UNFOLDED: usize = 10;

/// The gaps that share a cause and what helps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group<'a> {
    pub(super) cause: Cause,
    /// What helps; the account's id is `ACCOUNT_ID` where it is several accounts'.
    pub(super) hint: String,
    /// How many entries of the coverage there are.
    pub(super) entries: u64,
    pub(super) rows: Vec<Row<'a>>,
}

/// An account, and its Regions where the same happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) account_id: Option<&'a str>,
    pub(super) account_name: Option<&'a str>,
    pub(super) places: Vec<&'a str>,
    pub(super) error_code: Option<&'a str>,
    /// What AWS said; the Region is `REGION` where it is several Regions'.
    pub(super) message: Cow<'a, str>,
}

/// What the page tells of the coverage.
#[derive(Debug)]
pub(super) struct Unseen<'a> {
    pub(super) groups: Vec<Group<'a>>,
    /// How many rows were left out.
    pub(super) more: u64,
    /// How many gaps each cause has.
    pub(super) causes: Vec<(Cause, u64)>,
    /// The disabled Regions, each with how many accounts did not enable it.
    pub(super) disabled: Vec<(&'a str, u64)>,
    /// The accounts that are not active.
    pub(super) inactive: Vec<&'a NotCovered>,
    /// How many of them were left out.
    pub(super) more_inactive: u64,
}

impl Group<'_> {
    /// Whether there are so many rows that they are folded.
    pub(super) fn is_long(&self) -> bool {
        self.rows.len() > UNFOLDED
    }
}

impl<'a> Unseen<'a> {
    /// Groups `coverage`.
    pub(super) fn of(coverage: &'a Coverage) -> Self {
        let mut causes: BTreeMap<Cause, u64> = BTreeMap::new();
        let mut grouped: BTreeMap<(Cause, String), Vec<&NotCovered>> = BTreeMap::new();
        for gap in coverage.gaps() {
            *causes.entry(gap.cause).or_default() += 1;
            grouped.entry((gap.cause, phrase::general_hint(gap))).or_default().push(gap);
        }
        let mut groups: Vec<_> = grouped
            .into_iter()
            .map(|((cause, general), gaps)| {
                let same = gaps.windows(2).all(|pair| matches!(pair, [one, other] if one.hint == other.hint));
                let hint = gaps.first().filter(|_| same).map_or(general, |gap| gap.hint.clone());
                Group { cause, hint, entries: phrase::length(&gaps), rows: rows(&gaps) }
            })
            .collect();
        let mut left = ROWS;
        let mut more = 0;
        for group in &mut groups {
            more += phrase::length(group.rows.get(left..).unwrap_or_default());
            group.rows.truncate(left);
            left -= group.rows.len();
        }
        groups.retain(|group| !group.rows.is_empty());

        let told = coverage.not_covered.apart_from_disabled_regions();
        let mut inactive: Vec<_> = told.filter(|entry| entry.cause == Cause::AccountNotActive).collect();
        let more_inactive = phrase::length(inactive.get(ROWS..).unwrap_or_default());
        inactive.truncate(ROWS);
        Self {
            groups,
            more,
            causes: causes.into_iter().collect(),
            disabled: coverage.not_covered.disabled_regions().into_iter().collect(),
            inactive,
            more_inactive,
        }
    }

    /// How many accounts are not active.
    pub(super) fn inactive_count(&self) -> u64 {
        phrase::length(&self.inactive) + self.more_inactive
    }
}

/// One row for the Regions of an account where the same happened.
fn rows<'a>(gaps: &[&'a NotCovered]) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    let mut before = String::new();
    for gap in gaps {
        let message = match &gap.region {
            Some(region) if !region.is_empty() => gap.message.replace(region.as_str(), "REGION"),
            _ => gap.message.clone(),
        };
        let (account_id, error_code) = (gap.account_id.as_deref(), gap.error_code.as_deref());
        match rows.last_mut() {
            Some(row) if (row.account_id, row.error_code) == (account_id, error_code) && before == message => {
                row.places.push(phrase::place(gap));
                row.message = Cow::Owned(message);
            }
            _ => {
                rows.push(Row {
                    account_id,
                    account_name: gap.account_name.as_deref(),
                    places: vec![phrase::place(gap)],
                    error_code,
                    message: Cow::Borrowed(&gap.message),
                });
                before = message;
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn gaps_are_grouped_by_cause_and_hint_and_the_regions_of_an_account_share_a_row() {
        let coverage = samples::coverage();
        let unseen = Unseen::of(&coverage);
        let causes: Vec<_> = unseen.groups.iter().map(|group| (group.cause, group.entries, group.rows.len())).collect();
        assert_eq!(
            causes,
            [
                (Cause::AssumeRoleDenied, 2, 2),
                (Cause::AccessDenied, 2, 1),
                (Cause::Throttled, 1, 1),
                (Cause::Failed, 1, 1)
            ]
        );
        assert_eq!(unseen.groups[1].rows[0].places, ["ap-south-1", "ap-southeast-2"]);
        assert!(
            unseen.groups[1].rows[0].message.ends_with("on resource: arn:aws:ecr:REGION:222233334444:repository/*")
        );
        assert!(unseen.groups[0].hint.starts_with("deploy arn:aws:iam::ACCOUNT_ID:role/EcrEncryptionAudit"));
        assert!(unseen.groups[2].rows[0].message.starts_with("Rate exceeded"));
        assert_eq!(unseen.disabled, [("af-south-1", 1), ("me-south-1", 2)]);
        assert_eq!(unseen.inactive.len(), 1);
        assert_eq!(unseen.more, 0);
    }

    #[test]
    fn a_page_holds_a_bounded_number_of_gaps() {
        let one = samples::coverage().gaps().next().unwrap().clone();
        let not_covered =
            (0..1_200).map(|index| NotCovered { account_id: Some(format!("{index:012}")), ..one.clone() });
        let coverage = Coverage { not_covered: not_covered.collect(), ..Coverage::default() };
        let unseen = Unseen::of(&coverage);
        assert_eq!(unseen.groups[0].rows.len(), ROWS);
        assert_eq!(unseen.groups[0].entries, 1_200);
        assert_eq!(unseen.more, 700);
    }
}
