//! Whether an account's configuration recorder records repositories.

use ecr_encryption_rule::configuration::{field, text};
use serde_json::Value;

use super::query::{RECORDER, REPOSITORY};
use crate::recording_group::RecordingGroup;

/// What is known of the recording of repositories in an account and Region, the best first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recording {
    /// Repositories are recorded as they change: what has no item is not there.
    Continuous,
    /// Repositories are recorded once a day: what is younger has no item yet.
    Daily,
    /// The recorder was stopped.
    Stopped,
    /// The recorder leaves repositories out.
    NotInScope,
    /// The recorder's item does not tell; why.
    NotTold(String),
    /// The aggregator has no recorder there.
    NoRecorder,
}

impl Recording {
    /// Reads the `configuration` of an `AWS::Config::ConfigurationRecorder`.
    pub fn of(configuration: &Value) -> Self {
        match field(configuration, "Recording").map(Value::as_bool) {
            Some(Some(true)) => {}
            Some(Some(false)) => return Self::Stopped,
            _ => return Self::NotTold("its item does not say whether it is recording".to_owned()),
        }
        match in_scope(configuration) {
            Ok(true) if is_daily(configuration) => Self::Daily,
            Ok(true) => Self::Continuous,
            Ok(false) => Self::NotInScope,
            Err(why) => Self::NotTold(why),
        }
    }

    /// Whether an account without an item of a repository provably has none, as far as AWS Config goes.
    pub fn is_recorded(&self) -> bool {
        matches!(self, Self::Continuous | Self::Daily)
    }

    /// What keeps the account from being covered, for people; `None` where nothing does.
    pub fn gap(&self) -> Option<String> {
        Some(match self {
            Self::Continuous | Self::Daily => return None,
            Self::Stopped => "the configuration recorder is stopped: what came or changed since has no item".to_owned(),
            Self::NotInScope => format!("the configuration recorder does not record {REPOSITORY}"),
            Self::NotTold(why) => {
                format!("it is not known whether the configuration recorder records {REPOSITORY}: {why}")
            }
            Self::NoRecorder => format!(
                "the aggregator has no item of a configuration recorder ({RECORDER}) there: AWS Config is not set up, or is \
                 not collected, so that having no repository cannot be told from not recording any"
            ),
        })
    }
}

fn in_scope(configuration: &Value) -> Result<bool, String> {
    let Some(group) = field(configuration, "RecordingGroup") else {
        return Err("its item has no recording group".to_owned());
    };
    let strategy = field(group, "RecordingStrategy").and_then(|strategy| text(strategy, "UseOnly"));
    let group = RecordingGroup {
        strategy: strategy.map(str::to_owned),
        all_supported: field(group, "AllSupported").and_then(Value::as_bool),
        resource_types: names(group),
        excluded_types: field(group, "ExclusionByResourceTypes").and_then(names),
    };
    group.records(REPOSITORY)
}

/// The texts of `ResourceTypes`; `None` where they are not a list of texts.
fn names(holder: &Value) -> Option<Vec<String>> {
    let types = field(holder, "ResourceTypes")?.as_array()?;
    types.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

/// A daily recorder may record single types continuously, and the other way round. What is not told is taken for daily
/// nowhere: the difference is told, not judged.
fn is_daily(configuration: &Value) -> bool {
    let Some(mode) = field(configuration, "RecordingMode") else { return false };
    let of_this_type = field(mode, "RecordingModeOverrides").and_then(Value::as_array).and_then(|overrides| {
        overrides.iter().find(|one| names(one).is_some_and(|types| types.iter().any(|name| name == REPOSITORY)))
    });
    text(of_this_type.unwrap_or(mode), "RecordingFrequency") == Some("DAILY")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn group(group: &Value) -> Value {
        json!({"Name": "default", "Recording": true, "RecordingGroup": group})
    }

    #[rstest]
    #[case::all(json!({"AllSupported": true}), Recording::Continuous)]
    #[case::all_by_strategy(
        json!({"AllSupported": true, "RecordingStrategy": {"UseOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}}), Recording::Continuous)]
    #[case::listed(json!({"AllSupported": false, "ResourceTypes": ["AWS::S3::Bucket", REPOSITORY]}), Recording::Continuous)]
    #[case::not_listed(json!({"AllSupported": false, "ResourceTypes": ["AWS::S3::Bucket"]}), Recording::NotInScope)]
    #[case::listed_by_strategy(
        json!({"RecordingStrategy": {"UseOnly": "INCLUSION_BY_RESOURCE_TYPES"}, "ResourceTypes": [REPOSITORY]}),
        Recording::Continuous)]
    #[case::left_out(
        json!({"AllSupported": false, "RecordingStrategy": {"UseOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
            "ExclusionByResourceTypes": {"ResourceTypes": [REPOSITORY]}}), Recording::NotInScope)]
    #[case::others_left_out(
        json!({"AllSupported": false, "RecordingStrategy": {"UseOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
            "ExclusionByResourceTypes": {"ResourceTypes": ["AWS::S3::Bucket"]}}), Recording::Continuous)]
    #[case::camel_case(json!({"allSupported": true}), Recording::Continuous)]
    fn scopes(#[case] given: Value, #[case] expected: Recording) {
        assert_eq!(Recording::of(&group(&given)), expected);
    }

    #[rstest]
    #[case::nothing(json!({}))]
    #[case::no_group(json!({"Recording": true}))]
    #[case::no_recording(json!({"RecordingGroup": {"AllSupported": true}}))]
    #[case::recording_is_no_truth(json!({"Recording": "yes", "RecordingGroup": {"AllSupported": true}}))]
    #[case::no_types(group(&json!({"AllSupported": false})))]
    #[case::types_of_another_shape(group(&json!({"AllSupported": false, "ResourceTypes": [1]})))]
    #[case::a_new_strategy(group(&json!({"AllSupported": true, "RecordingStrategy": {"UseOnly": "SOME"}})))]
    #[case::exclusions_not_told(group(&json!({"RecordingStrategy": {"UseOnly": "EXCLUSION_BY_RESOURCE_TYPES"}})))]
    fn what_is_not_told_is_not_recorded(#[case] configuration: Value) {
        let recording = Recording::of(&configuration);
        assert!(matches!(recording, Recording::NotTold(_)), "{recording:?}");
        assert!(!recording.is_recorded() && recording.gap().is_some());
    }

    #[rstest]
    #[case(json!({"RecordingFrequency": "DAILY"}), Recording::Daily)]
    #[case(json!({"RecordingFrequency": "CONTINUOUS"}), Recording::Continuous)]
    #[case(
        json!({"RecordingFrequency": "DAILY",
            "RecordingModeOverrides": [{"RecordingFrequency": "CONTINUOUS", "ResourceTypes": [REPOSITORY]}]}),
        Recording::Continuous)]
    #[case(
        json!({"RecordingFrequency": "CONTINUOUS",
            "RecordingModeOverrides": [{"RecordingFrequency": "DAILY", "ResourceTypes": [REPOSITORY]}]}),
        Recording::Daily)]
    fn frequencies(#[case] mode: Value, #[case] expected: Recording) {
        let mut configuration = group(&json!({"AllSupported": true}));
        configuration["RecordingMode"] = mode;
        assert_eq!(Recording::of(&configuration), expected);
    }

    #[test]
    fn a_stopped_recorder_records_nothing_whatever_its_group() {
        let stopped = json!({"Recording": false, "RecordingGroup": {"AllSupported": true}});
        assert_eq!(Recording::of(&stopped), Recording::Stopped);
    }

    /// Of several recorders the best counts: an account may have those of AWS's services beside its own.
    #[test]
    fn the_best_comes_first() {
        let mut all = [Recording::NoRecorder, Recording::NotInScope, Recording::Daily, Recording::Continuous];
        all.sort();
        assert_eq!(all[0], Recording::Continuous);
        assert_eq!(all[3], Recording::NoRecorder);
    }
}
