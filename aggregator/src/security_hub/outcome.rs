//! What has come of a delivery.

use std::collections::{BTreeMap, BTreeSet};

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use serde::Serialize;

/// So many failures are told one by one; all are counted.
const TOLD: usize = 1_000;

/// What has come of a delivery to Security Hub.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HubOutcome {
    /// How many accounts × Regions have Security Hub, and were compared to the end.
    pub targets: u64,
    /// Findings that were not there.
    pub imported: u64,
    /// Findings that have changed.
    pub updated: u64,
    /// Findings that have not changed, and would have been forgotten.
    pub refreshed: u64,
    /// Findings on what does not exist any more.
    pub archived: u64,
    /// Findings that were suppressed because they are exempt, or whose exemption has another reason now.
    pub suppressed: u64,
    /// Findings that were suppressed so, and are exempt no more.
    pub taken_back: u64,
    /// Findings that Security Hub has already.
    pub unchanged: u64,
    /// By account, the Regions in which Security Hub is not enabled. That is no failure.
    pub off: BTreeMap<String, BTreeSet<String>>,
    /// What was not delivered, and why: the first thousand.
    pub failed: Vec<NotDelivered>,
    /// How many failures there are.
    pub failures: u64,
    /// How many accounts × Regions were left out, because the delivery ended before its time.
    pub left_out: u64,
    /// A later run that was published before this one, by its name: nothing was brought then, as what this one has read is
    /// older than what Security Hub is to have from that one.
    pub overtaken_by: Option<String>,
}

/// What was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotDelivered {
    /// The account; null where it is not one account's matter.
    pub account_id: Option<String>,
    /// The Region; null for the whole account.
    pub region: Option<String>,
    /// The id of the finding; null where it is more than one.
    pub finding_id: Option<String>,
    /// The IAM action that failed; null where it was no call.
    pub action: Option<&'static str>,
    /// AWS's error code.
    pub error_code: Option<String>,
    /// AWS's message.
    pub message: String,
    /// What helps.
    pub hint: String,
}

impl HubOutcome {
    /// Whether everything was delivered, wherever Security Hub is enabled.
    pub fn is_complete(&self) -> bool {
        self.failures == 0 && self.left_out == 0
    }

    /// Of a run that brings nothing, because a later one was published before it.
    pub fn overtaken(by: String) -> Self {
        Self { overtaken_by: Some(by), ..Self::default() }
    }

    /// How many findings were written.
    pub fn written(&self) -> u64 {
        self.imported + self.updated + self.refreshed + self.archived + self.suppressed + self.taken_back
    }

    /// How many accounts × Regions have Security Hub not enabled.
    pub fn off_targets(&self) -> usize {
        self.off.values().map(BTreeSet::len).sum()
    }

    pub(super) fn fail(&mut self, failure: NotDelivered) {
        // An account that cannot be entered, or credentials that are gone, are met in every Region.
        if failure.finding_id.is_none() && self.failed.contains(&failure) {
            return;
        }
        self.failures += 1;
        if self.failed.len() < TOLD {
            self.failed.push(failure);
        }
    }

    /// Adds what has come of a part.
    pub(super) fn add(&mut self, part: Self) {
        self.targets += part.targets;
        self.imported += part.imported;
        self.updated += part.updated;
        self.refreshed += part.refreshed;
        self.archived += part.archived;
        self.suppressed += part.suppressed;
        self.taken_back += part.taken_back;
        self.unchanged += part.unchanged;
        self.left_out += part.left_out;
        for (account, regions) in part.off {
            self.off.entry(account).or_default().extend(regions);
        }
        let told = part.failed.len() as u64;
        for failure in part.failed {
            self.fail(failure);
        }
        self.failures += part.failures.saturating_sub(told);
    }

    /// In the order of accounts, whoever answered first.
    pub(super) fn sort(&mut self) {
        let key = |failure: &NotDelivered| {
            (failure.account_id.clone(), failure.region.clone(), failure.finding_id.clone(), failure.message.clone())
        };
        self.failed.sort_by_cached_key(key);
    }
}

impl NotDelivered {
    /// What `fault` kept from a target, or from one of its findings.
    pub(super) fn of(fault: &AwsFault, target: (&str, &str), finding_id: Option<String>, hint: String) -> Self {
        let of_account = fault.action == "sts:AssumeRole";
        let of_caller = fault.kind == FaultKind::CallerExpired;
        Self {
            account_id: (!of_caller).then(|| target.0.to_owned()),
            region: (!of_account && !of_caller).then(|| target.1.to_owned()),
            finding_id: finding_id.filter(|_| !of_account && !of_caller),
            action: Some(fault.action),
            error_code: fault.code_or_status(),
            message: fault.message.clone(),
            hint,
        }
    }

    /// A file of the run that cannot be read.
    pub(super) fn unreadable(message: String) -> Self {
        Self {
            account_id: None,
            region: None,
            finding_id: None,
            action: None,
            error_code: None,
            message,
            hint: "what was not delivered is delivered by the next run".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(region: &str, finding: Option<&str>) -> NotDelivered {
        let fault = AwsFault::of_item("securityhub:BatchImportFindings", "InvalidInput", "no");
        NotDelivered::of(&fault, ("111111111111", region), finding.map(str::to_owned), String::new())
    }

    #[test]
    fn failures_are_counted_beyond_those_that_are_told() {
        let mut all = HubOutcome::default();
        for part in 0..3 {
            let mut outcome = HubOutcome { imported: 1, ..HubOutcome::default() };
            for number in 0..700 {
                outcome.fail(failure("eu-west-1", Some(&format!("{part}-{number}"))));
            }
            all.add(outcome);
        }
        assert_eq!((all.failed.len(), all.failures, all.imported), (TOLD, 2_100, 3));
        assert!(!all.is_complete());
    }

    #[test]
    fn what_concerns_a_whole_account_is_told_once() {
        let fault = AwsFault { kind: FaultKind::Denied, ..AwsFault::other("sts:AssumeRole", "not authorized") };
        let mut all = HubOutcome::default();
        for region in ["eu-west-1", "us-east-1"] {
            let mut outcome = HubOutcome::default();
            outcome.fail(NotDelivered::of(&fault, ("111111111111", region), None, String::new()));
            all.add(outcome);
        }
        assert_eq!(all.failures, 1);
        assert_eq!(all.failed[0].region, None);
    }
}
