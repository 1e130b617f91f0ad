//! Security Hub of each account and Region, through one client.

mod answer;
mod stored;

use aws_sdk_securityhub::types::{
    AwsSecurityFindingFilters, AwsSecurityFindingIdentifier, NoteUpdate, StringFilter, StringFilterComparison,
    WorkflowStatus, WorkflowUpdate as SdkWorkflowUpdate,
};
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use bytes::Bytes;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::Access;
use ecr_encryption_rule::{call_config, shared_client};
use serde::Serialize;
use serde_json::Value;

use crate::pace::{LaneKey, Pacer, Service};
use crate::security_hub::asff::{AsffFinding, PREFIX};
use crate::security_hub::decide::AUTHOR;
use crate::security_hub::hub::{
    FindingsPage, GET_FINDINGS, Hub, IMPORT_FINDINGS, ItemFault, UPDATE_FINDINGS, WorkflowUpdate,
};
use crate::security_hub::partition::product_arn;
use answer::TakesFindings;
use stored::stored;

/// The largest page of `GetFindings`.
const PAGE: i32 = 100;

/// Asks Security Hub at the run's pace; account and Region come with each call.
#[derive(Debug, Clone)]
pub struct AwsSecurityHub {
    client: aws_sdk_securityhub::Client,
    pacer: Pacer,
}

impl AwsSecurityHub {
    /// Builds the client; `counter` counts what it sends.
    pub fn new(sdk_config: &SdkConfig, counter: &CallCounter, pacer: Pacer) -> Self {
        Self { client: shared_client!(aws_sdk_securityhub, sdk_config, counter), pacer }
    }
}

const fn lane(access: &Access, service: Service) -> LaneKey<'_> {
    LaneKey { account_id: access.account_id.as_str(), region: access.region.as_str(), service }
}

impl Hub for AwsSecurityHub {
    async fn findings(&self, access: &Access, next_token: Option<String>) -> Result<FindingsPage, AwsFault> {
        let filters = ours(access);
        let takes = TakesFindings::default();
        self.pacer
            .call(lane(access, Service::SecurityHubFindings), &access.credentials, |credentials| {
                let request = self
                    .client
                    .get_findings()
                    .filters(filters.clone())
                    .max_results(PAGE)
                    .set_next_token(next_token.clone())
                    .customize()
                    .interceptor(takes.clone())
                    .config_override(call_config!(aws_sdk_securityhub, credentials, access.region.clone()));
                async move { request.send().await.map_err(|error| AwsFault::new(GET_FINDINGS, &error)) }
            })
            .await?;
        let answer = takes.taken().unwrap_or_default();
        // A missing list is no empty one.
        let listed = answer.findings.ok_or_else(|| AwsFault::other(GET_FINDINGS, "an answer without findings"))?;
        let following = answer.next_token.filter(|token| !token.is_empty());
        if following.is_some() && following == next_token {
            return Err(AwsFault::repeated_token(GET_FINDINGS));
        }
        // Not every implementation of the service filters; what is not ours is not touched, whoever gives it.
        let findings =
            listed.iter().filter(|finding| is_ours(finding, access)).map(stored).collect::<Result<_, _>>()?;
        Ok(FindingsPage { findings, next_token: following })
    }

    async fn import(&self, access: &Access, findings: &[AsffFinding]) -> Result<Vec<ItemFault>, AwsFault> {
        // As ours, and not as the SDK's: see `answer`.
        let body = serde_json::to_vec(&Import { findings })
            .map_err(|error| AwsFault::other(IMPORT_FINDINGS, error.to_string()))?;
        let body = Bytes::from(body);
        let answer = self
            .pacer
            .call(lane(access, Service::SecurityHubImport), &access.credentials, |credentials| {
                let body = body.clone();
                let request = self
                    .client
                    .batch_import_findings()
                    .customize()
                    .mutate_request(move |request| {
                        request.headers_mut().insert("content-length", body.len().to_string());
                        *request.body_mut() = SdkBody::from(body.clone());
                    })
                    .config_override(call_config!(aws_sdk_securityhub, credentials, access.region.clone()));
                async move { request.send().await.map_err(|error| AwsFault::new(IMPORT_FINDINGS, &error)) }
            })
            .await?;
        let failed = answer.failed_findings.unwrap_or_default();
        let told = answer.failed_count.unwrap_or_default();
        // More failures than are named: nobody could tell which ones are in.
        if usize::try_from(told).is_ok_and(|told| told > failed.len()) {
            let message = format!("{told} findings were not taken, and {} are named", failed.len());
            return Err(AwsFault::other(IMPORT_FINDINGS, message));
        }
        let faults = failed.into_iter();
        Ok(faults.map(|item| item_fault(IMPORT_FINDINGS, item.id, item.error_code, item.error_message)).collect())
    }

    async fn update(&self, access: &Access, update: &WorkflowUpdate) -> Result<Vec<ItemFault>, AwsFault> {
        let identifiers: Vec<AwsSecurityFindingIdentifier> = update
            .ids
            .iter()
            .map(|id| AwsSecurityFindingIdentifier::builder().id(id).product_arn(&update.product_arn).build())
            .collect();
        let status = if update.suppressed { WorkflowStatus::Suppressed } else { WorkflowStatus::New };
        let answer = self
            .pacer
            .call(lane(access, Service::SecurityHubUpdate), &access.credentials, |credentials| {
                let request = self
                    .client
                    .batch_update_findings()
                    .set_finding_identifiers(Some(identifiers.clone()))
                    .workflow(SdkWorkflowUpdate::builder().status(status.clone()).build())
                    .note(NoteUpdate::builder().text(&update.note).updated_by(AUTHOR).build())
                    .customize()
                    .config_override(call_config!(aws_sdk_securityhub, credentials, access.region.clone()));
                async move { request.send().await.map_err(|error| AwsFault::new(UPDATE_FINDINGS, &error)) }
            })
            .await?;
        let unprocessed = answer.unprocessed_findings.unwrap_or_default();
        Ok(unprocessed
            .into_iter()
            .map(|item| {
                let id = item.finding_identifier.and_then(|identifier| identifier.id);
                item_fault(UPDATE_FINDINGS, id, item.error_code, item.error_message)
            })
            .collect())
    }
}

fn item_fault(action: &'static str, id: Option<String>, code: Option<String>, message: Option<String>) -> ItemFault {
    let fault = AwsFault::of_item(action, code.unwrap_or_default(), message.unwrap_or_default());
    ItemFault { id: id.unwrap_or_default(), fault }
}

/// Ours alone, of this account and Region alone: an administrator sees its members' findings too, and the home Region those
/// of all linked ones.
fn ours(access: &Access) -> AwsSecurityFindingFilters {
    let by = |comparison, value: &str| StringFilter::builder().comparison(comparison).value(value).build();
    AwsSecurityFindingFilters::builder()
        .product_arn(by(StringFilterComparison::Equals, &product_arn(&access.account_id, &access.region)))
        .aws_account_id(by(StringFilterComparison::Equals, &access.account_id))
        .generator_id(by(StringFilterComparison::Prefix, PREFIX))
        .build()
}

fn is_ours(finding: &Value, access: &Access) -> bool {
    let text = |name| finding.get(name).and_then(Value::as_str).unwrap_or_default();
    text("ProductArn") == product_arn(&access.account_id, &access.region) && text("GeneratorId").starts_with(PREFIX)
}

/// What `BatchImportFindings` is sent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Import<'a> {
    findings: &'a [AsffFinding],
}
