//! AWS Config: takes the results, and tells what it knew.

use std::sync::OnceLock;

use aws_sdk_config::config::Builder;
use aws_sdk_config::types::{ComplianceType, Evaluation as ConfigEvaluation, ResourceType};
use aws_smithy_types::DateTime;
use aws_types::SdkConfig;

use crate::aws::calls::CallCounter;
use crate::aws::fault::AwsFault;
use crate::evaluations::{Compliance, Evaluation, REPOSITORY};
use crate::event::{ConfigurationItem, RawItem};
use crate::lookup::Access;
use crate::{call_config, shared_client};

/// Asks AWS Config.
#[derive(Debug)]
pub struct ConfigService {
    sdk_config: SdkConfig,
    counter: CallCounter,
    client: OnceLock<aws_sdk_config::Client>,
}

impl ConfigService {
    /// The client is built when it is first used.
    pub fn new(sdk_config: SdkConfig, counter: CallCounter) -> Self {
        Self { sdk_config, counter, client: OnceLock::new() }
    }

    fn client(&self) -> &aws_sdk_config::Client {
        self.client.get_or_init(|| shared_client!(aws_sdk_config, &self.sdk_config, self.counter))
    }

    fn at(credentials: aws_credential_types::Credentials, access: &Access) -> Builder {
        call_config!(aws_sdk_config, credentials, access.region.clone())
    }

    /// Gives at most [`crate::evaluations::BATCH`] results; those that AWS Config did not take come back.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn put_evaluations(
        &self,
        access: &Access,
        result_token: &str,
        test_mode: bool,
        evaluations: &[Evaluation],
    ) -> Result<Vec<Evaluation>, AwsFault> {
        const ACTION: &str = "config:PutEvaluations";
        let converted: Vec<ConfigEvaluation> = evaluations
            .iter()
            .map(converted)
            .collect::<Result<_, _>>()
            .map_err(|error| AwsFault::other(ACTION, error.to_string()))?;
        let answer = access
            .credentials
            .call(|credentials| {
                let request = self
                    .client()
                    .put_evaluations()
                    .set_evaluations(Some(converted.clone()))
                    .result_token(result_token)
                    .test_mode(test_mode)
                    .customize()
                    .config_override(Self::at(credentials, access));
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        let failed = answer.failed_evaluations.unwrap_or_default();
        let is_failed = |evaluation: &&Evaluation| {
            failed.iter().any(|one| {
                one.compliance_resource_id == evaluation.resource_id
                    && one.compliance_resource_type == evaluation.resource_type
            })
        };
        Ok(evaluations.iter().filter(is_failed).cloned().collect())
    }

    /// The item that an oversized notification stands for; `None` where AWS Config has none.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn item(&self, access: &Access, summary: &ConfigurationItem) -> Result<Option<RawItem>, AwsFault> {
        const ACTION: &str = "config:GetResourceConfigHistory";
        let later_time = DateTime::from_nanos(summary.captured_at.as_nanosecond())
            .map_err(|_| AwsFault::other(ACTION, "a capture time out of range"))?;
        let mut token: Option<String> = None;
        loop {
            let answer = access
                .credentials
                .call(|credentials| {
                    let request = self
                        .client()
                        .get_resource_config_history()
                        .resource_type(ResourceType::from(summary.resource_type.as_str()))
                        .resource_id(&summary.resource_id)
                        .later_time(later_time)
                        .limit(1)
                        .set_next_token(token.clone())
                        .customize()
                        .config_override(Self::at(credentials, access));
                    async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
                })
                .await?;
            // A page may be empty and not be the last.
            if let Some(item) = answer.configuration_items.unwrap_or_default().into_iter().next() {
                return Ok(Some(RawItem {
                    configuration_item_capture_time: item
                        .configuration_item_capture_time
                        .and_then(|time| jiff::Timestamp::from_nanosecond(time.as_nanos()).ok())
                        .map(|time| time.to_string()),
                    configuration_item_status: item.configuration_item_status.map(|status| status.as_str().to_owned()),
                    aws_account_id: item.account_id,
                    aws_region: item.aws_region,
                    resource_type: item.resource_type.map(|kind| kind.as_str().to_owned()),
                    resource_id: item.resource_id,
                    resource_name: item.resource_name,
                    arn: item.arn,
                    tags: item.tags.map(|tags| tags.into_iter().map(|(key, value)| (key, Some(value))).collect()),
                    configuration: item.configuration.map(serde_json::Value::String),
                }));
            }
            match answer.next_token.filter(|token| !token.is_empty()) {
                Some(next) => token = Some(next),
                None => return Ok(None),
            }
        }
    }

    /// One page of the repositories that AWS Config has results of this rule for, with the token of the next.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn evaluated(
        &self,
        access: &Access,
        rule_name: &str,
        token: Option<String>,
    ) -> Result<(Vec<String>, Option<String>), AwsFault> {
        let answer = access
            .credentials
            .call(|credentials| {
                let request = self
                    .client()
                    .get_compliance_details_by_config_rule()
                    .config_rule_name(rule_name)
                    .limit(100)
                    .set_next_token(token.clone())
                    .customize()
                    .config_override(Self::at(credentials, access));
                async move {
                    request
                        .send()
                        .await
                        .map_err(|error| AwsFault::new("config:GetComplianceDetailsByConfigRule", &error))
                }
            })
            .await?;
        let names = answer
            .evaluation_results
            .unwrap_or_default()
            .into_iter()
            .filter_map(|result| result.evaluation_result_identifier?.evaluation_result_qualifier)
            .filter(|qualifier| qualifier.resource_type.as_deref() == Some(REPOSITORY))
            .filter_map(|qualifier| qualifier.resource_id)
            .collect();
        Ok((names, answer.next_token.filter(|token| !token.is_empty())))
    }
}

fn converted(evaluation: &Evaluation) -> Result<ConfigEvaluation, Box<dyn std::error::Error + Send + Sync>> {
    let compliance = match evaluation.compliance {
        Compliance::Compliant => ComplianceType::Compliant,
        Compliance::NonCompliant => ComplianceType::NonCompliant,
        Compliance::NotApplicable => ComplianceType::NotApplicable,
    };
    Ok(ConfigEvaluation::builder()
        .compliance_resource_type(&evaluation.resource_type)
        .compliance_resource_id(&evaluation.resource_id)
        .compliance_type(compliance)
        .annotation(&evaluation.annotation)
        .ordering_timestamp(DateTime::from_nanos(evaluation.ordering_timestamp.as_nanosecond())?)
        .build()?)
}
