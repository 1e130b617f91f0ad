//! Brings what a run has written to Security Hub, with the sessions that it has.

use std::collections::HashSet;
use std::path::Path;

use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::lookup::Lookup;

use super::Scan;
use crate::account::AccountId;
use crate::aws::security_hub::AwsSecurityHub;
use crate::coverage::Coverage;
use crate::coverage::hint::hint;
use crate::journal::now;
use crate::security_hub::{Delivery, HubOutcome, deliver};
use crate::stop::Stop;
use crate::summary::Summary;

impl<L: Lookup + 'static> Scan<L> {
    /// Brings the run whose `findings.jsonl` and `targets.jsonl` are in `folder` to Security Hub. What goes wrong is told in
    /// the outcome.
    pub async fn bring_to_security_hub(
        &self,
        counter: &CallCounter,
        folder: &Path,
        summary: &Summary,
        stop: &Stop,
    ) -> HubOutcome {
        let hub = AwsSecurityHub::new(&self.caller.sdk_config, counter, self.caller.pacer.clone());
        let gaps = gaps(&summary.coverage);
        let included = summary.totals.templates.is_some();
        let templates_read = |account_id: AccountId, region: &str| {
            included && ![Some(region), None].iter().any(|place| gaps.contains(&(account_id, *place)))
        };
        let delivery = Delivery {
            findings: &folder.join("findings.jsonl"),
            targets: &folder.join("targets.jsonl"),
            credentials: &|account_id| self.credentials_of(account_id),
            templates_read: &templates_read,
            hint: &|fault, account_id| hint(fault, &self.caller, Some(account_id)),
            now: now(),
            stop,
        };
        deliver(&hub, &delivery).await
    }
}

/// The accounts and Regions of which something was not read, be it the templates alone.
fn gaps(coverage: &Coverage) -> HashSet<(AccountId, Option<&str>)> {
    let gaps = coverage.gaps();
    gaps.filter_map(|gap| Some((AccountId::parse(gap.account_id.as_deref()?)?, gap.region.as_deref()))).collect()
}
