//! AWS Config's configuration recorders: what they record, how they fare, where they deliver to.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, json};
use crate::aws::{AwsError, Operation};
use crate::organization::Recorder;

/// A day in 2025, as the time at which every recorder was set up.
pub const MADE_AT: i64 = 1_738_000_000;
/// An hour later, as the time at which those that are stopped were stopped.
const STOPPED_AT: i64 = MADE_AT + 3600;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(default)]
    configuration_recorder_names: Vec<String>,
    #[serde(default)]
    delivery_channel_names: Vec<String>,
    service_principal: Option<String>,
    arn: Option<String>,
}

/// The recorder of an account and Region, with what it records.
#[derive(Debug)]
pub struct PlacedRecorder {
    recorder: Recorder,
    /// `INCLUSION_BY_RESOURCE_TYPES`, say.
    strategy: &'static str,
    /// The types that the strategy includes or excludes.
    types: Vec<String>,
    account: String,
    region: String,
}

impl PlacedRecorder {
    /// The recorder there, if there is one.
    pub fn of(call: &Call<'_>, account: &str, region: &str) -> Option<Self> {
        let recorder = call.world().recorder(account, region).cloned().unwrap_or_default();
        if recorder.absent {
            return None;
        }
        let mut excluded = recorder.excluded_types.clone();
        excluded.extend(call.world().unrecorded_types(account, region).into_iter().map(str::to_owned));
        let (strategy, types) = match recorder.resource_types.clone() {
            Some(mut included) => {
                included.retain(|kind| !excluded.contains(kind));
                ("INCLUSION_BY_RESOURCE_TYPES", included)
            }
            None if excluded.is_empty() => ("ALL_SUPPORTED_RESOURCE_TYPES", Vec::new()),
            None => ("EXCLUSION_BY_RESOURCE_TYPES", excluded),
        };
        Some(Self { recorder, strategy, types, account: account.to_owned(), region: region.to_owned() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.recorder.name.as_deref().unwrap_or("default")
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        let Self { account, region, .. } = self;
        format!("arn:aws:config:{region}:{account}:configuration-recorder/{}/{account}-{region}", self.name())
    }

    fn role_arn(&self) -> String {
        let account = &self.account;
        format!("arn:aws:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig")
    }

    fn frequency(&self) -> &'static str {
        if self.recorder.daily { "DAILY" } else { "CONTINUOUS" }
    }

    fn records_all(&self) -> bool {
        self.strategy == "ALL_SUPPORTED_RESOURCE_TYPES"
    }

    /// The types, where the strategy is `strategy`.
    fn types_by(&self, strategy: &str) -> &[String] {
        if self.strategy == strategy { &self.types } else { &[] }
    }

    /// The configuration in its configuration item, which is written as `CloudFormation` does.
    pub fn item_configuration(&self) -> Value {
        let mut group = json!({"AllSupported": self.records_all(), "RecordingStrategy": {"UseOnly": self.strategy}});
        if let Some(members) = group.as_object_mut() {
            match self.strategy {
                "INCLUSION_BY_RESOURCE_TYPES" => members.insert("ResourceTypes".to_owned(), json!(self.types)),
                "EXCLUSION_BY_RESOURCE_TYPES" => {
                    members.insert("ExclusionByResourceTypes".to_owned(), json!({ "ResourceTypes": self.types }))
                }
                _ => None,
            };
        }
        json!({
            "Id": format!("{}-{}", self.account, self.region),
            "Name": self.name(),
            "Recording": !self.recorder.stopped,
            "RecordingGroup": group,
            "RecordingMode": {"RecordingFrequency": self.frequency()},
            "RoleARN": self.role_arn(),
        })
    }

    /// The recorder as `DescribeConfigurationRecorders` tells it.
    fn member(&self) -> Value {
        let mut group = json!({
            "allSupported": self.records_all(),
            "includeGlobalResourceTypes": false,
            "resourceTypes": self.types_by("INCLUSION_BY_RESOURCE_TYPES"),
        });
        // What is excluded was never told without a strategy.
        let has_strategy = !self.recorder.without_strategy || self.strategy == "EXCLUSION_BY_RESOURCE_TYPES";
        if let Some(members) = group.as_object_mut().filter(|_| has_strategy) {
            let excluded = self.types_by("EXCLUSION_BY_RESOURCE_TYPES");
            members.insert("exclusionByResourceTypes".to_owned(), json!({ "resourceTypes": excluded }));
            members.insert("recordingStrategy".to_owned(), json!({ "useOnly": self.strategy }));
        }
        json!({
            "arn": self.arn(),
            "name": self.name(),
            "roleARN": self.role_arn(),
            "recordingGroup": group,
            "recordingMode": {"recordingFrequency": self.frequency(), "recordingModeOverrides": []},
            "recordingScope": "PAID",
        })
    }

    /// How it fares, as `DescribeConfigurationRecorderStatus` tells it.
    fn status(&self) -> Value {
        let recorder = &self.recorder;
        let mut status = json!({
            "arn": self.arn(),
            "name": self.name(),
            "lastStartTime": MADE_AT,
            "recording": !recorder.stopped,
            "lastStatus": recorder.last_status.as_deref().unwrap_or("SUCCESS"),
            "lastStatusChangeTime": MADE_AT,
        });
        if let Some(members) = status.as_object_mut() {
            let mut add =
                |name: &str, value: Option<Value>| value.and_then(|value| members.insert(name.to_owned(), value));
            add("lastStopTime", recorder.stopped.then(|| STOPPED_AT.into()));
            add("lastErrorCode", recorder.last_error_code.clone().map(Value::from));
            add("lastErrorMessage", recorder.last_error_message.clone().map(Value::from));
        }
        status
    }

    /// Where it delivers to; absent where there is no delivery channel.
    fn delivery_channel(&self) -> Option<Value> {
        (!self.recorder.without_delivery_channel).then(|| {
            json!({
                "name": self.name(),
                "s3BucketName": format!("config-bucket-{}", self.account),
                "configSnapshotDeliveryProperties": {"deliveryFrequency": "TwentyFour_Hours"},
            })
        })
    }
}

/// Performs an operation. An account has one recorder in a Region at most, and one channel where it has a recorder.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: Input = call.input()?;
    let recorder = PlacedRecorder::of(call, call.account(), call.region);
    if call.operation == Operation::DescribeDeliveryChannels {
        let channel = recorder.as_ref().and_then(PlacedRecorder::delivery_channel);
        let name = recorder.as_ref().filter(|_| channel.is_some()).map(PlacedRecorder::name);
        if let Some(unknown) = input.delivery_channel_names.iter().find(|asked| name != Some(asked.as_str())) {
            let message = format!("Cannot find delivery channel with specified name '{unknown}'.");
            return Err(AwsError::bad_request("NoSuchDeliveryChannelException", message));
        }
        return json(&json!({ "DeliveryChannels": channel.into_iter().collect::<Vec<_>>() }));
    }
    check_asked(&input, recorder.as_ref())?;
    let (list, member): (_, fn(&PlacedRecorder) -> Value) = match call.operation {
        Operation::DescribeConfigurationRecorderStatus => ("ConfigurationRecordersStatus", PlacedRecorder::status),
        _ => ("ConfigurationRecorders", PlacedRecorder::member),
    };
    json(&json!({ list: recorder.iter().map(member).collect::<Vec<_>>() }))
}

/// Refuses what asks for another recorder than the one that is there. No AWS service has a recorder of its own here.
fn check_asked(input: &Input, recorder: Option<&PlacedRecorder>) -> Result<(), AwsError> {
    if input.configuration_recorder_names.len() > 1 {
        let message = "Only one configuration recorder can be specified.";
        return Err(AwsError::bad_request("ValidationException", message));
    }
    let (name, arn) = (recorder.map(PlacedRecorder::name), recorder.map(PlacedRecorder::arn));
    let other_name = input.configuration_recorder_names.iter().find(|asked| name != Some(asked.as_str()));
    let other_arn = input.arn.as_ref().filter(|asked| arn.as_ref() != Some(*asked));
    other_name.or(other_arn).or(input.service_principal.as_ref()).map_or(Ok(()), |unknown| {
        let message = format!("Cannot find configuration recorder with the specified name '{unknown}'.");
        Err(AwsError::bad_request("NoSuchConfigurationRecorderException", message))
    })
}
