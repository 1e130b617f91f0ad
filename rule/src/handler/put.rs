//! Tells AWS Config the results.

use std::time::Duration;

use super::Work;
use crate::aws::fault::FaultKind;
use crate::error::RuleError;
use crate::evaluations::{BATCH, Compliance, Evaluation};

/// How often results that AWS Config did not take are given again.
const ATTEMPTS: u32 = 5;

impl Work<'_> {
    /// Gives `evaluations` to AWS Config, in batches; those that it does not take are given again.
    ///
    /// A rule that was deleted meanwhile is owed nothing.
    pub(super) async fn put(&mut self, evaluations: Vec<Evaluation>) -> Result<usize, RuleError> {
        let mut told = 0;
        for batch in evaluations.chunks(BATCH) {
            if self.rule_is_gone {
                break;
            }
            if !self.put_batch(batch).await? {
                self.rule_is_gone = true;
                tracing::warn!(
                    request_id = self.invocation.request_id,
                    account_id = self.event.account_id,
                    config_rule_name = self.event.config_rule_name,
                    "the rule is gone: nothing is owed"
                );
                break;
            }
            told += batch.len();
            let withdrawn = batch.iter().filter(|one| one.compliance == Compliance::NotApplicable).count();
            self.metrics.not_applicable += withdrawn as u64;
        }
        Ok(told)
    }

    /// `false` where the rule is gone.
    async fn put_batch(&self, batch: &[Evaluation]) -> Result<bool, RuleError> {
        let deadline = self.invocation.deadline;
        let mut left = batch.to_vec();
        for attempt in 1..=ATTEMPTS {
            let put =
                self.rule.config.put_evaluations(&self.access, &self.event.result_token, self.event.is_test(), &left);
            left = match deadline.for_work("config:PutEvaluations", put).await {
                Ok(left) => left,
                Err(RuleError::Aws(fault)) if fault.code.as_deref() == Some("NoSuchConfigRuleException") => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            };
            let Some(first) = left.first() else { return Ok(true) };
            tracing::warn!(
                request_id = self.invocation.request_id,
                account_id = self.event.account_id,
                failed = left.len(),
                attempt,
                resource_id = first.resource_id,
                "AWS Config did not take every evaluation"
            );
            if attempt < ATTEMPTS {
                // Each time twice as long, and not all instances at once.
                let longest = Duration::from_millis(100) * 2_u32.pow(attempt);
                let pause = longest.mul_f64(0.5 + fastrand::f64() / 2.0);
                deadline.for_work("config:PutEvaluations", pause_for(pause)).await?;
            }
        }
        let first = left.first().map(|one| one.resource_id.clone()).unwrap_or_default();
        Err(RuleError::NotTaken { count: left.len(), first, attempts: ATTEMPTS })
    }

    /// Whether a fault tells that what was asked for is not there.
    pub(super) fn is_not_found(error: &RuleError) -> bool {
        matches!(error, RuleError::Aws(fault) if fault.kind == FaultKind::NotFound)
    }

    /// Whether a fault tells that it may not be asked for, in the account itself.
    pub(super) fn denied_code(error: &RuleError) -> Option<String> {
        match error {
            RuleError::Aws(fault) if fault.kind == FaultKind::Denied && fault.action != "sts:AssumeRole" => {
                fault.code_or_status()
            }
            _ => None,
        }
    }
}

async fn pause_for(pause: Duration) -> Result<(), RuleError> {
    tokio::time::sleep(pause).await;
    Ok(())
}
