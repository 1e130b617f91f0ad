//! The Regions of an account: whether it has those that are needed, and what is needed in which.

use std::collections::BTreeSet;

use super::access;
use super::aggregator::collects;
use super::book::Place;
use super::check::{Check, State};
use super::groundwork::Groundwork;
use super::stack_set::Standing;
use super::survey::Survey;
use crate::account::Account;
use crate::args::Regions;
use crate::aws::regions::AccountRegion;
use crate::plan::{Unscanned, plan};

/// The Regions of an account in which something is needed, of those that it has enabled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Where a scan goes.
    pub scanned: BTreeSet<String>,
    /// Where repositories and keys are read: by a scan, and where the rule judges.
    pub judged: BTreeSet<String>,
    /// Where AWS Config must record: where the rule judges, and where a scan takes what was recorded.
    pub recorded: BTreeSet<String>,
}

impl Wanted {
    /// Where anything is needed.
    pub fn all(&self) -> BTreeSet<String> {
        [&self.scanned, &self.judged, &self.recorded].into_iter().flatten().cloned().collect()
    }
}

impl Survey {
    /// Checks the Regions that were named and those of the role's stack, and tells in which of those that are enabled something
    /// is needed.
    pub fn regions_of(
        &self,
        account: &Account,
        account_id: &str,
        listed: &[AccountRegion],
        groundwork: &Groundwork,
    ) -> Wanted {
        // The management account gets no stack of the StackSet.
        let has_stack = self.used.role
            && groundwork.stack_set != Standing::NoOrganization
            && groundwork.is_management_account(account_id) != Some(true);
        let home_regions = if has_stack { groundwork.address.regions.as_slice() } else { &[] };
        let mut named: BTreeSet<&String> = self.rule_regions.iter().chain(home_regions).collect();
        if let Regions::Named(regions) = &self.regions {
            named.extend(regions);
        }
        let plan_of_scan = plan(listed, &self.regions);
        // Of all Regions, those of which nobody knows whether they are in use.
        named.extend(plan_of_scan.unscanned.iter().map(|unscanned| match unscanned {
            Unscanned::UnknownStatus { region, .. } | Unscanned::NotListed { region } => region,
        }));
        let scans = |region: &String| match &self.regions {
            Regions::All => true,
            Regions::Named(regions) => regions.contains(region),
        };
        for region in named {
            let problems = access::region(listed, region, account_id);
            let place = Place { account: Some(account), region: Some(region) };
            let is_recorded = self.rule_regions.contains(region) || (self.used.reads_records() && scans(region));
            // The Region comes by itself; a recorder there does not.
            if is_recorded && problems.iter().any(|problem| problem.state == State::ToCome) {
                self.book.tell(Check::Recorder, place, [access::not_enabled_yet()]);
            }
            self.book.tell(Check::Regions, place, problems);
        }
        let governed = plan(listed, &Regions::Named(self.rule_regions.clone())).regions;
        let governed: BTreeSet<String> = governed.into_iter().collect();
        let mut wanted = Wanted {
            scanned: plan_of_scan.regions.into_iter().collect(),
            judged: governed.clone(),
            recorded: governed,
        };
        if self.used.scan_reads_repositories() {
            wanted.judged.extend(wanted.scanned.iter().cloned());
        }
        if self.used.reads_records() {
            wanted.recorded.extend(wanted.scanned.iter().cloned());
        }
        for region in &wanted.scanned {
            let gap = groundwork.aggregator.as_ref().and_then(|one| collects(one, account.id, region));
            if let Some(problem) = gap {
                self.book.tell(Check::Aggregator, Place { account: Some(account), region: Some(region) }, [problem]);
            }
        }
        wanted
    }
}
