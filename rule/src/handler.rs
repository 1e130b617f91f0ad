//! Answers an event of AWS Config.

mod change;
mod judge;
mod put;
mod sweep;

use std::time::Instant;

use aws_types::SdkConfig;
use ecr_encryption_core::{RuleParameters, rule_parameters};
use serde_json::Value;

use crate::accounts::Accounts;
use crate::aws::AwsLookup;
use crate::aws::calls::CallCounter;
use crate::aws::config_service::ConfigService;
use crate::aws::credentials::AccountCredentials;
use crate::aws::fault::{AwsFault, FaultKind};
use crate::cache::KeyCache;
use crate::deadline::Deadline;
use crate::error::RuleError;
use crate::event::{ConfigEvent, Trigger};
use crate::lookup::Access;
use crate::metrics::Metrics;

/// What Lambda tells of an invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The invocation's id.
    pub request_id: String,
    /// When it must be done.
    pub deadline: Deadline,
    /// The function's own ARN, which tells its account and partition.
    pub function_arn: String,
    /// The Region that the function runs in.
    pub region: String,
}

impl Invocation {
    fn arn_section(&self, number: usize) -> Option<&str> {
        self.function_arn.strip_prefix("arn:")?.split(':').nth(number).filter(|section| !section.is_empty())
    }

    /// The function's partition.
    pub fn partition(&self) -> &str {
        self.arn_section(0).unwrap_or("aws")
    }

    /// The function's account; `None` where the function's ARN is none, as under local tools.
    pub fn own_account_id(&self) -> Option<&str> {
        self.arn_section(3)
    }
}

/// The rule: everything that lives longer than one invocation.
#[derive(Debug)]
pub struct Rule {
    lookup: AwsLookup,
    config: ConfigService,
    accounts: Accounts,
    keys: KeyCache,
}

/// One event, with everything that its answer needs.
struct Work<'a> {
    rule: &'a Rule,
    invocation: &'a Invocation,
    event: &'a ConfigEvent,
    parameters: RuleParameters,
    access: Access,
    role_arn: Option<String>,
    /// The rule was deleted meanwhile: nothing is owed any more.
    rule_is_gone: bool,
    metrics: &'a mut Metrics,
}

impl Rule {
    /// Nothing is built before it is used, so that a start costs little.
    pub fn new(own: AccountCredentials, sdk_config: &SdkConfig) -> Self {
        let counter = CallCounter::default();
        Self {
            lookup: AwsLookup::new(sdk_config, &counter),
            config: ConfigService::new(sdk_config.clone(), counter.clone()),
            accounts: Accounts::new(own, sdk_config.clone(), counter),
            keys: KeyCache::default(),
        }
    }

    /// Answers an event: tells AWS Config the results, and gives their number.
    ///
    /// # Errors
    /// The event or a parameter is wrong, or AWS could not be asked or told. What was judged before was told.
    pub async fn handle(
        &self,
        event: Value,
        invocation: &Invocation,
        metrics: &mut Metrics,
    ) -> Result<usize, RuleError> {
        let event = ConfigEvent::parse(event)?;
        let parameters = rule_parameters(&event.rule_parameters)?;
        let (access, role_arn) = self.access(&event, &parameters, invocation)?;
        let mut work =
            Work { rule: self, invocation, event: &event, parameters, access, role_arn, rule_is_gone: false, metrics };
        let began = Instant::now();
        let done = match &event.trigger {
            Trigger::Change(item) => Box::pin(work.change(item)).await,
            Trigger::Oversized(summary) => Box::pin(work.oversized(summary)).await,
            Trigger::Scheduled { created_at } => Box::pin(work.sweep(*created_at)).await,
        };
        done.map_err(|error| work.explained(error)).inspect(|evaluations| {
            tracing::info!(
                request_id = invocation.request_id,
                account_id = event.account_id,
                region = invocation.region,
                config_rule_name = event.config_rule_name,
                evaluations,
                duration_ms = milliseconds(began),
                "AWS Config was told"
            );
        })
    }

    /// Credentials for the event's account: the function's own in its own account, else those of the role there.
    fn access(
        &self,
        event: &ConfigEvent,
        parameters: &RuleParameters,
        invocation: &Invocation,
    ) -> Result<(Access, Option<String>), RuleError> {
        let access = |credentials| Access {
            account_id: event.account_id.clone(),
            credentials,
            region: invocation.region.clone(),
        };
        match (invocation.own_account_id(), &parameters.execution_role_name) {
            (Some(own), _) if event.account_id == own => Ok((access(self.accounts.own()), None)),
            (_, Some(role_name)) => {
                let role_arn = format!("arn:{}:iam::{}:role/{role_name}", invocation.partition(), event.account_id);
                Ok((access(self.accounts.of_role(&role_arn)), Some(role_arn)))
            }
            (Some(own), None) => {
                Err(RuleError::RoleNotNamed { account_id: event.account_id.clone(), own_account_id: own.to_owned() })
            }
            // Outside Lambda, `cargo lambda watch` gives no ARN. AWS Config takes no results from another account.
            (None, None) => Ok((access(self.accounts.own()), None)),
        }
    }
}

impl Work<'_> {
    /// A role that is refused shows itself in whichever call comes first.
    fn explained(&mut self, error: RuleError) -> RuleError {
        if matches!(error, RuleError::Aws(_)) {
            self.metrics.lookup_errors += 1;
        }
        match (error, &self.role_arn) {
            (RuleError::Aws(fault), Some(role_arn)) if is_refused_role(&fault) => {
                self.rule.accounts.forget(role_arn);
                RuleError::Role { role_arn: role_arn.clone(), account_id: self.event.account_id.clone(), fault }
            }
            (error, _) => error,
        }
    }
}

fn is_refused_role(fault: &AwsFault) -> bool {
    fault.action == "sts:AssumeRole" && matches!(fault.kind, FaultKind::Denied | FaultKind::NotFound | FaultKind::Other)
}

fn milliseconds(began: Instant) -> f64 {
    (began.elapsed().as_secs_f64() * 1e6).round() / 1e3
}
