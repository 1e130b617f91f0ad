//! AWS Config of each account and Region, through one client.

mod organization;

use std::future::Future;

use aws_sdk_config::config::Builder;
use aws_sdk_config::types::{ConfigurationRecorder, RecorderStatus as SdkRecorderStatus, RecordingMode, ResourceType};
use aws_types::SdkConfig;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::Access;
use ecr_encryption_rule::{call_config, shared_client};
use serde_json::{Value, json};

use crate::doctor::recorder::{Recorder, RecorderStatus, Recording};
use crate::pace::{LaneKey, Pacer, Service};
use crate::recording_group::RecordingGroup;

/// AWS Config's largest page.
const PAGE: i32 = 100;

/// Asks AWS Config at the run's pace; account and Region come with each call.
#[derive(Debug, Clone)]
pub struct AwsConfig {
    client: aws_sdk_config::Client,
    pacer: Pacer,
}

impl AwsConfig {
    /// Builds the client; `counter` counts what it sends.
    pub fn new(sdk_config: &SdkConfig, counter: &CallCounter, pacer: Pacer) -> Self {
        Self { client: shared_client!(aws_sdk_config, sdk_config, counter), pacer }
    }

    async fn call<T, F, R>(&self, access: &Access, send: F) -> Result<T, AwsFault>
    where
        T: Send,
        F: Fn(Builder) -> R + Send + Sync,
        R: Future<Output = Result<T, AwsFault>> + Send,
    {
        let key = LaneKey { account_id: &access.account_id, region: &access.region, service: Service::Config };
        let send = |credentials| send(call_config!(aws_sdk_config, credentials, access.region.clone()));
        self.pacer.call(key, &access.credentials, send).await
    }

    /// The recorders, how they fare, and whether there is a delivery channel.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn recording(&self, access: &Access) -> Result<Recording, AwsFault> {
        const RECORDERS: &str = "config:DescribeConfigurationRecorders";
        const STATUSES: &str = "config:DescribeConfigurationRecorderStatus";
        const CHANNELS: &str = "config:DescribeDeliveryChannels";
        let recorders = self
            .call(access, |with| {
                let request = self.client.describe_configuration_recorders().customize().config_override(with);
                async move { request.send().await.map_err(|error| AwsFault::new(RECORDERS, &error)) }
            })
            .await?;
        let statuses = self
            .call(access, |with| {
                let request = self.client.describe_configuration_recorder_status().customize().config_override(with);
                async move { request.send().await.map_err(|error| AwsFault::new(STATUSES, &error)) }
            })
            .await?;
        let channels = self
            .call(access, |with| {
                let request = self.client.describe_delivery_channels().customize().config_override(with);
                async move { request.send().await.map_err(|error| AwsFault::new(CHANNELS, &error)) }
            })
            .await?;
        // A missing list is no empty one: nobody is to make a recorder where there is one.
        let recorders = recorders
            .configuration_recorders
            .ok_or_else(|| AwsFault::other(RECORDERS, "an answer without its list"))?;
        let statuses = statuses
            .configuration_recorders_status
            .ok_or_else(|| AwsFault::other(STATUSES, "an answer without its list"))?;
        let channels =
            channels.delivery_channels.ok_or_else(|| AwsFault::other(CHANNELS, "an answer without its list"))?;
        let statuses = statuses.into_iter().map(|status| RecorderStatus {
            name: status.name.unwrap_or_default(),
            recording: status.recording,
            last_status: status.last_status.as_ref().map(SdkRecorderStatus::as_str).map(str::to_owned),
            error_code: status.last_error_code.filter(|code| !code.is_empty()),
            error_message: status.last_error_message.filter(|message| !message.is_empty()),
        });
        Ok(Recording {
            recorders: recorders.into_iter().map(recorder).collect(),
            statuses: statuses.collect(),
            has_channel: !channels.is_empty(),
        })
    }
}

fn recorder(described: ConfigurationRecorder) -> Recorder {
    let names = |types: Vec<ResourceType>| types.iter().map(ResourceType::as_str).map(str::to_owned).collect();
    let group = described.recording_group.map(|group| RecordingGroup {
        strategy: group
            .recording_strategy
            .and_then(|strategy| strategy.use_only)
            .map(|strategy| strategy.as_str().to_owned()),
        all_supported: Some(group.all_supported),
        // AWS leaves out a list that is empty.
        resource_types: Some(group.resource_types.map(names).unwrap_or_default()),
        excluded_types: group
            .exclusion_by_resource_types
            .map(|excluded| excluded.resource_types.map(names).unwrap_or_default()),
    });
    Recorder {
        name: described.name.unwrap_or_default(),
        role_arn: described.role_arn,
        group,
        mode: described.recording_mode.map(mode),
        service: described.service_principal.filter(|service| !service.is_empty()),
    }
}

/// As AWS's API has it.
fn mode(mode: RecordingMode) -> Value {
    let overrides = mode.recording_mode_overrides.unwrap_or_default();
    let overrides: Vec<Value> = overrides
        .into_iter()
        .map(|one| {
            let types: Vec<&str> = one.resource_types.iter().map(ResourceType::as_str).collect();
            let frequency = one.recording_frequency.as_str();
            match one.description {
                Some(description) => {
                    json!({"description": description, "resourceTypes": types, "recordingFrequency": frequency})
                }
                None => json!({"resourceTypes": types, "recordingFrequency": frequency}),
            }
        })
        .collect();
    let frequency = mode.recording_frequency;
    if overrides.is_empty() {
        json!({"recordingFrequency": frequency.as_str()})
    } else {
        json!({"recordingFrequency": frequency.as_str(), "recordingModeOverrides": overrides})
    }
}
