//! AWS Config's recorders and delivery channels.

use integration_tests::{ConfigService, Organization, Recorder, Unrecorded};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::Client;
use crate::world::{MEMBER, OTHER, organization, start};

const KEY: &str = "AWS::KMS::Key";
const REPOSITORY: &str = "AWS::ECR::Repository";

fn with(recorder: Recorder) -> Organization {
    Organization { config: ConfigService { recorders: vec![recorder], ..ConfigService::default() }, ..organization() }
}

fn types(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn recorder(client: &Client) -> Value {
    client.config("DescribeConfigurationRecorders", &json!({})).ok()["ConfigurationRecorders"][0].clone()
}

#[test]
fn every_account_and_region_records_everything_unless_told_otherwise() {
    let simulator = start(organization());
    let client = Client::new(&simulator).assume(MEMBER).in_region("us-east-1");
    let arn = "arn:aws:config:us-east-1:333333333333:configuration-recorder/default/333333333333-us-east-1";
    let group = json!({
        "allSupported": true,
        "includeGlobalResourceTypes": false,
        "resourceTypes": [],
        "exclusionByResourceTypes": {"resourceTypes": []},
        "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
    });
    let found = recorder(&client);
    assert_eq!((&found["arn"], &found["recordingGroup"]), (&json!(arn), &group));
    assert_eq!(found["recordingMode"]["recordingFrequency"], "CONTINUOUS");
    let status = client.config("DescribeConfigurationRecorderStatus", &json!({})).ok();
    let status = &status["ConfigurationRecordersStatus"][0];
    assert_eq!((&status["recording"], &status["lastStatus"]), (&json!(true), &json!("SUCCESS")));
    assert_eq!((status.get("lastErrorCode"), status.get("lastStopTime")), (None, None));
    let channels = client.config("DescribeDeliveryChannels", &json!({})).ok();
    assert_eq!(channels["DeliveryChannels"][0]["s3BucketName"], "config-bucket-333333333333");
}

#[rstest]
#[case::exclusion(
    Recorder { excluded_types: types(&[KEY]), ..Recorder::default() },
    json!({
        "allSupported": false,
        "includeGlobalResourceTypes": false,
        "resourceTypes": [],
        "exclusionByResourceTypes": {"resourceTypes": [KEY]},
        "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
    })
)]
#[case::inclusion(
    Recorder { resource_types: Some(types(&[KEY, REPOSITORY])), ..Recorder::default() },
    json!({
        "allSupported": false,
        "includeGlobalResourceTypes": false,
        "resourceTypes": [KEY, REPOSITORY],
        "exclusionByResourceTypes": {"resourceTypes": []},
        "recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"},
    })
)]
#[case::inclusion_of_old(
    Recorder { resource_types: Some(types(&[REPOSITORY])), without_strategy: true, ..Recorder::default() },
    json!({"allSupported": false, "includeGlobalResourceTypes": false, "resourceTypes": [REPOSITORY]})
)]
#[case::all_of_old(
    Recorder { without_strategy: true, ..Recorder::default() },
    json!({"allSupported": true, "includeGlobalResourceTypes": false, "resourceTypes": []})
)]
fn the_recording_group_says_what_is_recorded(#[case] described: Recorder, #[case] expected: Value) {
    let simulator = start(with(described));
    assert_eq!(recorder(&Client::new(&simulator))["recordingGroup"], expected);
}

#[test]
fn what_is_not_recorded_is_not_in_the_recording_group() {
    let mut organization = with(Recorder {
        account: Some(OTHER.to_owned()),
        resource_types: Some(types(&[KEY, REPOSITORY])),
        ..Recorder::default()
    });
    organization.config.unrecorded = vec![Unrecorded { resource_type: Some(KEY.to_owned()), ..Unrecorded::default() }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let group = recorder(&client.assume(MEMBER))["recordingGroup"].clone();
    assert_eq!(group["exclusionByResourceTypes"]["resourceTypes"], json!([KEY]));
    let group = recorder(&client.assume(OTHER))["recordingGroup"].clone();
    assert_eq!(group["resourceTypes"], json!([REPOSITORY]));
}

#[test]
fn a_recorder_can_be_stopped_in_trouble_or_have_nowhere_to_deliver_to() {
    let simulator = start(with(Recorder {
        name: Some("team".to_owned()),
        stopped: true,
        daily: true,
        last_status: Some("FAILURE".to_owned()),
        last_error_code: Some("AccessDenied".to_owned()),
        last_error_message: Some("no".to_owned()),
        without_delivery_channel: true,
        ..Recorder::default()
    }));
    let client = Client::new(&simulator);
    let status = client.config("DescribeConfigurationRecorderStatus", &json!({})).ok();
    let status = &status["ConfigurationRecordersStatus"][0];
    let told =
        ["name", "recording", "lastStatus", "lastErrorCode", "lastErrorMessage"].map(|name| status[name].clone());
    assert_eq!(json!(told), json!(["team", false, "FAILURE", "AccessDenied", "no"]));
    assert_eq!(recorder(&client)["recordingMode"]["recordingFrequency"], "DAILY");
    assert_eq!(client.config("DescribeDeliveryChannels", &json!({})).ok(), json!({"DeliveryChannels": []}));
}

#[test]
fn where_there_is_no_recorder_the_lists_are_empty() {
    let simulator = start(with(Recorder { absent: true, ..Recorder::default() }));
    let client = Client::new(&simulator);
    for (operation, member) in [
        ("DescribeConfigurationRecorders", "ConfigurationRecorders"),
        ("DescribeConfigurationRecorderStatus", "ConfigurationRecordersStatus"),
        ("DescribeDeliveryChannels", "DeliveryChannels"),
    ] {
        assert_eq!(client.config(operation, &json!({})).ok(), json!({ member: [] }));
    }
}

#[rstest]
#[case::recorder(
    "DescribeConfigurationRecorders",
    "ConfigurationRecorderNames",
    "NoSuchConfigurationRecorderException"
)]
#[case::status(
    "DescribeConfigurationRecorderStatus",
    "ConfigurationRecorderNames",
    "NoSuchConfigurationRecorderException"
)]
#[case::channel("DescribeDeliveryChannels", "DeliveryChannelNames", "NoSuchDeliveryChannelException")]
fn another_name_is_refused(#[case] operation: &str, #[case] member: &str, #[case] code: &str) {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    assert_eq!(client.config(operation, &json!({ member: ["default"] })).status, 200);
    let answer = client.config(operation, &json!({ member: ["other"] }));
    assert_eq!((answer.status, answer.code().as_str()), (400, code));
}
