//! `StackSets` of the organization, in one Region.

use std::future::Future;

use aws_sdk_cloudformation::config::Builder;
use aws_sdk_cloudformation::types::{
    CallAs, Capability, OrganizationStatus, PermissionModels, StackInstanceDetailedStatus, StackInstanceStatus,
    StackSetStatus,
};
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::{call_config, shared_client};

use crate::account::AccountId;
use crate::aws::caller::Caller;
use crate::aws::units::following;
use crate::doctor::stack_set::{Instance, Instances, StackSetDescription};
use crate::pace::{LaneKey, Pacer, Service};

/// `CloudFormation`'s largest page.
const PAGE: i32 = 100;

/// Asks `CloudFormation`, as the caller and in one Region.
#[derive(Debug, Clone)]
pub struct StackSets {
    client: aws_sdk_cloudformation::Client,
    credentials: AccountCredentials,
    pacer: Pacer,
    account_id: String,
    region: String,
    call_as: CallAs,
}

impl StackSets {
    /// Builds the client; `counter` counts what it sends. `call_as`: `SELF` for the management account, else
    /// `DELEGATED_ADMIN`. It asks in the caller's Region.
    pub fn new(caller: &Caller, counter: &CallCounter, call_as: &str) -> Self {
        Self {
            client: shared_client!(aws_sdk_cloudformation, &caller.sdk_config, counter),
            credentials: caller.credentials.clone(),
            pacer: caller.pacer.clone(),
            account_id: caller.account_id.clone(),
            region: caller.region(),
            call_as: CallAs::from(call_as),
        }
    }

    /// The same in another Region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    async fn call<T, F, R>(&self, send: F) -> Result<T, AwsFault>
    where
        T: Send,
        F: Fn(Builder) -> R + Send + Sync,
        R: Future<Output = Result<T, AwsFault>> + Send,
    {
        let key = LaneKey { account_id: &self.account_id, region: &self.region, service: Service::CloudFormation };
        let send = |credentials| send(call_config!(aws_sdk_cloudformation, credentials, self.region.clone()));
        self.pacer.call(key, &self.credentials, send).await
    }

    /// Whether `StackSets` may act in the organization: `ENABLED`, `DISABLED`, `DISABLED_PERMANENTLY`.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn organizations_access(&self) -> Result<Option<String>, AwsFault> {
        const ACTION: &str = "cloudformation:DescribeOrganizationsAccess";
        let answer = self
            .call(|with| {
                let request = self.client.describe_organizations_access().call_as(self.call_as.clone());
                let request = request.customize().config_override(with);
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        Ok(answer.status.as_ref().map(OrganizationStatus::as_str).map(str::to_owned))
    }

    /// A `StackSet`.
    ///
    /// # Errors
    /// What AWS said, after retries; one that does not exist is a fault too.
    pub async fn stack_set(&self, name: &str) -> Result<StackSetDescription, AwsFault> {
        const ACTION: &str = "cloudformation:DescribeStackSet";
        let answer = self
            .call(|with| {
                let request = self.client.describe_stack_set().stack_set_name(name).call_as(self.call_as.clone());
                let request = request.customize().config_override(with);
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        let described = answer.stack_set.ok_or_else(|| AwsFault::other(ACTION, "an answer without the StackSet"))?;
        let capabilities = described.capabilities.unwrap_or_default();
        Ok(StackSetDescription {
            status: described.status.as_ref().map(StackSetStatus::as_str).map(str::to_owned),
            permission_model: described.permission_model.as_ref().map(PermissionModels::as_str).map(str::to_owned),
            auto_deployment: described.auto_deployment.and_then(|auto| auto.enabled),
            capabilities: capabilities.iter().map(Capability::as_str).map(str::to_owned).collect(),
            parameters: described
                .parameters
                .unwrap_or_default()
                .into_iter()
                .filter_map(|parameter| parameter.parameter_key)
                .collect(),
            regions: described.regions.unwrap_or_default(),
        })
    }

    /// What a `StackSet` has done, by account: in a Region, or in any of its Regions, of which the best counts, as the role is the
    /// same in all of them.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn instances(&self, name: &str, region: Option<&str>) -> Result<Instances, AwsFault> {
        const ACTION: &str = "cloudformation:ListStackInstances";
        let mut instances = Instances::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .call(|with| {
                    let request = self
                        .client
                        .list_stack_instances()
                        .stack_set_name(name)
                        .call_as(self.call_as.clone())
                        .max_results(PAGE)
                        .set_stack_instance_region(region.map(str::to_owned))
                        .set_next_token(token.clone())
                        .customize()
                        .config_override(with);
                    async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
                })
                .await?;
            // A missing list is no empty one.
            let page = answer.summaries.ok_or_else(|| AwsFault::other(ACTION, "an answer without its list"))?;
            for summary in page {
                let Some(account_id) = summary.account.as_deref().and_then(AccountId::parse) else { continue };
                let detailed = summary.stack_instance_status.and_then(|status| status.detailed_status);
                let instance = Instance::of(
                    summary.status.as_ref().map(StackInstanceStatus::as_str),
                    detailed.as_ref().map(StackInstanceDetailedStatus::as_str),
                    summary.status_reason,
                );
                let known = instances.entry(account_id).or_insert_with(|| instance.clone());
                if instance < *known {
                    *known = instance;
                }
            }
            token = match following(ACTION, answer.next_token, token.as_deref())? {
                None => return Ok(instances),
                some => some,
            };
        }
    }
}
