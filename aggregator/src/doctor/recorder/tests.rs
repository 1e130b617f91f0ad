use rstest::rstest;

use super::*;
use crate::doctor::check::State;

const PLACE: RecorderPlace<'static> =
    RecorderPlace { partition: "aws", account_id: "333333333333", region: "eu-central-1" };

fn group(group: &Value) -> RecordingGroup {
    let names = |value: &Value| -> Option<Vec<String>> { serde_json::from_value(value.clone()).ok() };
    RecordingGroup {
        strategy: group["strategy"].as_str().map(str::to_owned),
        all_supported: group["all"].as_bool(),
        resource_types: names(&group["types"]),
        excluded_types: names(&group["excluded"]),
    }
}

fn all() -> RecordingGroup {
    group(&json!({"strategy": "ALL_SUPPORTED_RESOURCE_TYPES", "all": true}))
}

fn recording(with: RecordingGroup, status: RecorderStatus, has_channel: bool) -> Recording {
    let recorder = Recorder { name: "default".to_owned(), group: Some(with), ..Recorder::default() };
    let status = RecorderStatus { name: "default".to_owned(), ..status };
    Recording { recorders: vec![recorder], statuses: vec![status], has_channel }
}

fn fine() -> RecorderStatus {
    RecorderStatus { recording: true, last_status: Some("SUCCESS".to_owned()), ..RecorderStatus::default() }
}

fn shown(recording: &Recording) -> Vec<(State, String)> {
    recorder(recording, PLACE).into_iter().map(|problem| (problem.state, problem.cause)).collect()
}

#[rstest]
#[case::all(json!({"strategy": "ALL_SUPPORTED_RESOURCE_TYPES"}), &[], "")]
#[case::all_without_strategy(json!({"all": true}), &[], "")]
#[case::both_listed(json!({"all": false, "types": TYPES}), &[], "")]
#[case::others_left_out(
    json!({"strategy": "EXCLUSION_BY_RESOURCE_TYPES", "excluded": ["AWS::S3::Bucket"]}), &[], "")]
#[case::one_listed(
    json!({"strategy": "INCLUSION_BY_RESOURCE_TYPES", "types": ["AWS::ECR::Repository"]}), &[State::Missing], "AWS::KMS::Key")]
#[case::none_listed(json!({"all": false, "types": []}), &[State::Missing], "AWS::ECR::Repository and AWS::KMS::Key")]
#[case::one_left_out(
    json!({"strategy": "EXCLUSION_BY_RESOURCE_TYPES", "excluded": ["AWS::KMS::Key", "AWS::S3::Bucket"]}),
    &[State::Missing], "AWS::KMS::Key")]
#[case::a_new_strategy(json!({"strategy": "SOME"}), &[State::Unknown, State::Unknown], "`SOME`")]
#[case::nothing_told(json!({}), &[State::Unknown, State::Unknown], "does not tell")]
fn groups(#[case] given: Value, #[case] expected: &[State], #[case] cause: &str) {
    let found = shown(&recording(group(&given), fine(), true));
    assert_eq!(found.iter().map(|(state, _)| *state).collect::<Vec<_>>(), expected);
    assert!(found.iter().all(|(_, found)| found.contains(cause)), "{found:?}");
}

/// Its controls forbid it, and where they do not, its next update takes it back.
#[rstest]
#[case("aws-controltower-BaselineConfigRecorder", "arn:aws:iam::333333333333:role/Recorder", true)]
#[case("default", "arn:aws:iam::333333333333:role/aws-controltower-ConfigRecorderRole", true)]
#[case("default", "arn:aws:iam::333333333333:role/Recorder", false)]
fn recorders_of_control_tower_are_left_to_it(#[case] name: &str, #[case] role: &str, #[case] expected: bool) {
    let mut stopped = recording(group(&json!({"all": false, "types": []})), fine(), false);
    stopped.recorders[0].name = name.to_owned();
    stopped.recorders[0].role_arn = Some(role.to_owned());
    stopped.statuses[0].name = name.to_owned();
    let problems = recorder(&stopped, PLACE);
    assert_eq!(problems.len(), 2);
    for problem in problems {
        assert_eq!(problem.commands.is_empty(), expected, "{problem:?}");
        assert_eq!(problem.hint.is_some_and(|hint| hint.contains("a control of its own")), expected);
    }
}

#[rstest]
#[case::fine(true, Some("Success"), true, None)]
#[case::as_in_the_examples(true, Some("SUCCESS"), true, None)]
#[case::nothing_to_tell(true, Some("NotApplicable"), true, None)]
#[case::just_started(true, Some("Pending"), true, Some(State::ToCome))]
#[case::failing(true, Some("Failure"), true, Some(State::Missing))]
#[case::a_new_status(true, Some("Odd"), true, Some(State::Unknown))]
#[case::not_told(true, None, true, Some(State::Unknown))]
#[case::stopped(false, Some("SUCCESS"), true, Some(State::Missing))]
#[case::no_channel(true, Some("SUCCESS"), false, Some(State::Missing))]
#[case::neither(false, None, false, Some(State::Missing))]
fn states(
    #[case] is_recording: bool,
    #[case] last_status: Option<&str>,
    #[case] has_channel: bool,
    #[case] expected: Option<State>,
) {
    let last_status = last_status.map(str::to_owned);
    let status = RecorderStatus { recording: is_recording, last_status, ..RecorderStatus::default() };
    let problems = recorder(&recording(all(), status, has_channel), PLACE);
    assert_eq!(problems.first().map(|problem| problem.state), expected);
    let has = |operation: &str| problems.iter().flat_map(|one| &one.commands).any(|line| line.contains(operation));
    assert_eq!(has("start-configuration-recorder"), !is_recording);
    assert_eq!(has("put-delivery-channel"), !has_channel);
}

#[test]
fn a_failing_recorder_tells_why() {
    let status = RecorderStatus {
        recording: true,
        last_status: Some("FAILURE".to_owned()),
        error_code: Some("InsufficientDeliveryPolicyException".to_owned()),
        error_message: Some("no s3:PutObject".to_owned()),
        ..RecorderStatus::default()
    };
    let problems = recorder(&recording(all(), status, true), PLACE);
    assert_eq!(problems[0].cause, "the configuration recorder fails: InsufficientDeliveryPolicyException");
    assert_eq!(problems[0].message.as_deref(), Some("InsufficientDeliveryPolicyException: no s3:PutObject"));
}

#[test]
fn no_recorder_but_that_of_a_service() {
    let mut none = recording(all(), fine(), true);
    none.recorders[0].service = Some("observabilityadmin.amazonaws.com".to_owned());
    let problems = recorder(&none, PLACE);
    assert_eq!((problems[0].state, problems[0].cause.as_str()), (State::Missing, "there is no configuration recorder"));
    assert!(problems[0].message.as_deref().unwrap().contains("observabilityadmin"));
    assert!(!problems[0].commands.iter().any(|line| line.contains("put-delivery-channel")), "there is one");
    let problems = recorder(&Recording::default(), PLACE);
    assert!(problems[0].commands.iter().any(|line| line.contains("put-delivery-channel")));
}

#[test]
fn a_recorder_of_which_nothing_is_told() {
    let mut odd = recording(all(), fine(), true);
    odd.statuses.clear();
    odd.recorders[0].group = None;
    assert_eq!(shown(&odd).iter().map(|(state, _)| *state).collect::<Vec<_>>(), [State::Unknown; 3]);
}

/// Whatever is recorded, and recorded as the command says, is recorded whole, and with it all that was recorded before.
#[rstest]
#[case(json!({"all": false, "types": ["AWS::S3::Bucket", "AWS::KMS::Key"]}))]
#[case(json!({"strategy": "INCLUSION_BY_RESOURCE_TYPES", "types": []}))]
#[case(json!({"strategy": "EXCLUSION_BY_RESOURCE_TYPES", "excluded": ["AWS::KMS::Key", "AWS::IAM::Role"]}))]
#[case(json!({"strategy": "EXCLUSION_BY_RESOURCE_TYPES", "excluded": ["AWS::KMS::Key"]}))]
fn a_widened_group(#[case] given: Value) {
    let before = group(&given);
    let widened = Recorder { group: Some(before.clone()), ..Recorder::default() }.widened_group();
    let after = RecordingGroup {
        strategy: widened["recordingStrategy"]["useOnly"].as_str().map(str::to_owned),
        all_supported: widened["allSupported"].as_bool(),
        resource_types: serde_json::from_value(widened["resourceTypes"].clone()).ok(),
        excluded_types: serde_json::from_value(widened["exclusionByResourceTypes"]["resourceTypes"].clone()).ok(),
    };
    for name in TYPES {
        assert_eq!(after.records(name), Ok(true), "{widened}");
    }
    for name in ["AWS::S3::Bucket", "AWS::IAM::Role", "AWS::EC2::VPC"] {
        assert_eq!(after.records(name), before.records(name), "{name}: {widened}");
    }
}
