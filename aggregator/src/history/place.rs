//! Where a line of a run stands among others.

use super::change::Change;
use super::targets::AccountTargets;
use crate::finding::{Finding, FindingType};

/// The order of findings, and of all that is told of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    /// The account: 12 digits.
    pub account_id: &'a str,
    /// The Region.
    pub region: &'a str,
    /// What the finding is on.
    pub finding_type: FindingType,
    /// The repository's name, or the prefix.
    pub name: &'a str,
}

impl<'a> From<&'a Finding> for Place<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding { account_id, region, finding_type, repository_name: name, .. } = finding;
        Self { account_id, region, finding_type: *finding_type, name }
    }
}

impl<'a> From<&'a Change> for Place<'a> {
    fn from(change: &'a Change) -> Self {
        let Change { account_id, region, finding_type, repository_name: name, .. } = change;
        Self { account_id, region, finding_type: *finding_type, name }
    }
}

impl<'a> From<&'a AccountTargets> for Place<'a> {
    fn from(targets: &'a AccountTargets) -> Self {
        Self { account_id: &targets.account_id, ..Self::default() }
    }
}

/// A place that is remembered, without memory of its own for each.
#[derive(Debug, Clone, Default)]
pub(super) struct LastPlace {
    account_id: String,
    region: String,
    finding_type: FindingType,
    name: String,
}

impl LastPlace {
    pub(super) fn get(&self) -> Place<'_> {
        Place { account_id: &self.account_id, region: &self.region, finding_type: self.finding_type, name: &self.name }
    }

    pub(super) fn set(&mut self, place: Place<'_>) {
        place.account_id.clone_into(&mut self.account_id);
        place.region.clone_into(&mut self.region);
        place.name.clone_into(&mut self.name);
        self.finding_type = place.finding_type;
    }
}
