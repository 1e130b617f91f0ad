//! Counts what is really sent: every attempt, by service and operation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// What was sent so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// Attempts, by service (as in IAM actions, such as `ecr`) and operation.
    pub attempts: BTreeMap<String, BTreeMap<String, u64>>,
    /// How many of the attempts were retries.
    pub retries: u64,
}

/// Counts the attempts of every client that it is an interceptor of. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct CallCounter(Arc<Mutex<Calls>>);

impl CallCounter {
    /// What was counted so far.
    pub fn calls(&self) -> Calls {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts an attempt as a retry, where it is not the SDK that retries.
    pub fn retried(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retries += 1;
    }

    fn count(&self, service: &str, operation: &str, retry: bool) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retries += u64::from(retry);
        // Looked up before it is inserted: a `String` is made once an operation, not once a call.
        if let Some(count) = calls.attempts.get_mut(service).and_then(|operations| operations.get_mut(operation)) {
            *count += 1;
        } else {
            calls.attempts.entry(service.to_owned()).or_default().insert(operation.to_owned(), 1);
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for CallCounter {
    fn name(&self) -> &'static str {
        "CallCounter"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _runtime_components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            let retry = config.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() > 1);
            self.count(iam_prefix(metadata.service()), metadata.name(), retry);
        }
        Ok(())
    }
}

/// The prefix of a service's IAM actions, from the SDK's name of the service.
pub(crate) fn iam_prefix(service: &str) -> &str {
    match service {
        "ECR" => "ecr",
        "KMS" => "kms",
        "STS" => "sts",
        "Organizations" => "organizations",
        "Account" => "account",
        "CloudFormation" => "cloudformation",
        "Config Service" => "config",
        "Resource Groups Tagging API" => "tag",
        "S3" => "s3",
        "SNS" => "sns",
        "SecurityHub" => "securityhub",
        other => other,
    }
}
