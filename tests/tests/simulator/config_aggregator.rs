//! AWS Config's aggregators, and what they don't see.

use std::collections::BTreeSet;

use integration_tests::{
    Account, AccountState, AggregatedSource, ConfigService, ConfigurationAggregator, Generate, Organization, Recorder,
    Repository, Simulator, SourceStatus, StaleKey, Unrecorded,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Client, strings};
use crate::world::{MANAGEMENT, MEMBER, OTHER, REGION, key, organization, repository, start};

const NAME: &str = "organization";

fn aggregator() -> ConfigurationAggregator {
    ConfigurationAggregator {
        name: NAME.to_owned(),
        account: MANAGEMENT.to_owned(),
        region: REGION.to_owned(),
        ..ConfigurationAggregator::default()
    }
}

/// Recorders have items of their own, which most of these tests are not about.
fn no_recorder() -> Recorder {
    Recorder { absent: true, ..Recorder::default() }
}

/// A repository in each of three accounts, and a key in the second.
fn with(change: impl FnOnce(&mut ConfigService)) -> Organization {
    let recorders = vec![no_recorder()];
    let mut config = ConfigService { aggregators: vec![aggregator()], recorders, ..ConfigService::default() };
    change(&mut config);
    Organization {
        repositories: vec![repository(MANAGEMENT, "aa"), repository(MEMBER, "bb"), repository(OTHER, "cc")],
        keys: vec![integration_tests::Key { id: Some("key-1".to_owned()), ..key(MEMBER, "images") }],
        config,
        ..organization()
    }
}

fn pages(client: &Client, operation: &str, input: &Value, member: &str) -> Vec<Value> {
    let mut input = input.clone();
    input["ConfigurationAggregatorName"] = NAME.into();
    let mut found = Vec::new();
    loop {
        let answer = client.config(operation, &input).ok();
        found.extend(answer[member].as_array().expect("a list").iter().cloned());
        if answer["NextToken"].is_null() {
            return found;
        }
        input["NextToken"] = answer["NextToken"].clone();
    }
}

fn rows(simulator: &Simulator, expression: &str) -> Vec<Value> {
    let client = Client::new(simulator);
    let input = json!({"Expression": expression, "Limit": 100});
    let rows = pages(&client, "SelectAggregateResourceConfig", &input, "Results");
    rows.iter().map(|row| serde_json::from_str(row.as_str().expect("a text")).expect("JSON")).collect()
}

fn resource_ids(simulator: &Simulator) -> Vec<String> {
    let rows = rows(simulator, "SELECT resourceId");
    rows.iter().map(|row| row["resourceId"].as_str().expect("an id").to_owned()).collect()
}

#[rstest]
#[case::organization(aggregator(), json!({"OrganizationAggregationSource": {"AllAwsRegions": true}}))]
#[case::some_regions(
    ConfigurationAggregator { regions: Some(vec![REGION.to_owned()]), ..aggregator() },
    json!({"OrganizationAggregationSource": {"AllAwsRegions": false, "AwsRegions": [REGION]}}),
)]
#[case::some_accounts(
    ConfigurationAggregator { accounts: Some(vec![MEMBER.to_owned()]), ..aggregator() },
    json!({"AccountAggregationSources": [{"AllAwsRegions": true, "AccountIds": [MEMBER]}]}),
)]
#[case::some_types(
    ConfigurationAggregator { resource_types: Some(vec!["AWS::KMS::Key".to_owned()]), ..aggregator() },
    json!({
        "OrganizationAggregationSource": {"AllAwsRegions": true},
        "AggregatorFilters": {"ResourceType": {"Type": "INCLUDE", "Value": ["AWS::KMS::Key"]}},
    }),
)]
fn aggregators_are_described(#[case] aggregator: ConfigurationAggregator, #[case] expected: Value) {
    let simulator = start(with(|config| config.aggregators = vec![aggregator]));
    let answer = Client::new(&simulator).config("DescribeConfigurationAggregators", &json!({})).ok();
    let mut found = answer["ConfigurationAggregators"][0].clone();
    let members = found.as_object_mut().expect("an object");
    assert_eq!(members.remove("ConfigurationAggregatorName"), Some(json!(NAME)));
    let arn = members.remove("ConfigurationAggregatorArn").expect("an ARN");
    assert!(arn.as_str().expect("a text").contains(":config-aggregator/config-aggregator-"), "{arn}");
    members.retain(|name, _| !name.ends_with("Time"));
    if let Some(source) = found.get_mut("OrganizationAggregationSource").and_then(Value::as_object_mut) {
        assert!(source.remove("RoleArn").is_some());
    }
    assert_eq!(found, expected);
}

#[test]
fn an_aggregator_is_known_where_it_is() {
    let simulator = start(with(|_| {}));
    let client = Client::new(&simulator);
    let elsewhere = client.in_region("us-east-1");
    let answer = elsewhere.config("DescribeConfigurationAggregators", &json!({})).ok();
    assert_eq!(answer["ConfigurationAggregators"], json!([]));
    let named = json!({"ConfigurationAggregatorNames": [NAME]});
    assert_eq!(client.config("DescribeConfigurationAggregators", &named).status, 200);
    let code = elsewhere.config("DescribeConfigurationAggregators", &named).code();
    assert_eq!(code, "NoSuchConfigurationAggregatorException");
    let name = json!({"ConfigurationAggregatorName": "other"});
    for operation in ["DescribeConfigurationAggregatorSourcesStatus", "GetAggregateDiscoveredResourceCounts"] {
        assert_eq!(client.config(operation, &name).code(), "NoSuchConfigurationAggregatorException", "{operation}");
    }
}

#[test]
fn sources_tell_how_they_fare() {
    let source = |account: &str, region: Option<&str>, status| AggregatedSource {
        account: Some(account.to_owned()),
        region: region.map(str::to_owned),
        status,
        ..AggregatedSource::default()
    };
    let simulator = start(with(|config| {
        config.sources = vec![
            AggregatedSource {
                error_code: Some("AccessDenied".to_owned()),
                error_message: Some("no".to_owned()),
                ..source(MEMBER, Some(REGION), SourceStatus::Failed)
            },
            source(MEMBER, None, SourceStatus::Outdated),
            source(OTHER, None, SourceStatus::Absent),
        ];
    }));
    let client = Client::new(&simulator);
    let told = |input: &Value| -> Vec<String> {
        let operation = "DescribeConfigurationAggregatorSourcesStatus";
        let found = pages(&client, operation, input, "AggregatedSourceStatusList");
        let text = |source: &Value, name: &str| source[name].as_str().expect("a text").to_owned();
        let line =
            |source: &Value| ["SourceId", "AwsRegion", "LastUpdateStatus"].map(|name| text(source, name)).join(" ");
        found.iter().map(line).collect()
    };
    let all = [
        "o-simulator1 eu-west-1 SUCCEEDED",
        "111111111111 eu-west-1 SUCCEEDED",
        "111111111111 us-east-1 SUCCEEDED",
        "333333333333 eu-west-1 FAILED",
        "333333333333 us-east-1 OUTDATED",
    ];
    for limit in [1, 3, 100] {
        assert_eq!(told(&json!({ "Limit": limit })), all);
    }
    assert_eq!(told(&json!({"UpdateStatus": ["FAILED"]})), [all[3]]);
    let input = json!({"ConfigurationAggregatorName": NAME, "UpdateStatus": ["FAILED"]});
    let failed = client.config("DescribeConfigurationAggregatorSourcesStatus", &input).ok();
    assert_eq!(failed["AggregatedSourceStatusList"][0]["LastErrorCode"], "AccessDenied");
    // What was moved before it failed is still there; what is absent is not.
    assert_eq!(resource_ids(&simulator), ["aa", "bb", "key-1"]);
}

#[rstest]
#[case::an_account(Unrecorded { account: Some(MEMBER.to_owned()), ..Unrecorded::default() }, &["aa", "cc"])]
#[case::a_region(Unrecorded { region: Some(REGION.to_owned()), ..Unrecorded::default() }, &[])]
#[case::another_region(Unrecorded { region: Some("us-east-1".to_owned()), ..Unrecorded::default() }, &["aa", "bb", "key-1", "cc"])]
#[case::a_type(Unrecorded { resource_type: Some("AWS::KMS::Key".to_owned()), ..Unrecorded::default() }, &["aa", "bb", "cc"])]
#[case::a_repository(Unrecorded { resource_ids: vec!["bb".to_owned()], ..Unrecorded::default() }, &["aa", "key-1", "cc"])]
fn what_is_not_recorded_is_not_seen(#[case] gap: Unrecorded, #[case] expected: &[&str]) {
    let simulator = start(with(|config| config.unrecorded = vec![gap]));
    assert_eq!(resource_ids(&simulator), expected);
    let counts = json!({"ConfigurationAggregatorName": NAME});
    let counts = Client::new(&simulator).config("GetAggregateDiscoveredResourceCounts", &counts).ok();
    assert_eq!(counts["TotalDiscoveredResources"], expected.len());
    // The source itself is fine: that is what makes it dangerous.
    let statuses = json!({"ConfigurationAggregatorName": NAME, "UpdateStatus": ["FAILED", "OUTDATED"]});
    let statuses = Client::new(&simulator).config("DescribeConfigurationAggregatorSourcesStatus", &statuses).ok();
    assert_eq!(statuses["AggregatedSourceStatusList"], json!([]));
}

#[test]
fn items_may_be_old_or_of_what_is_gone() {
    let older = Repository {
        encryption_type: Some("KMS".to_owned()),
        key: Some("images".to_owned()),
        ..repository(MEMBER, "bb")
    };
    let simulator = start(with(|config| {
        config.repositories = vec![older, repository(MEMBER, "gone")];
        config.stale_keys = vec![StaleKey { key: "images".to_owned(), state: "Enabled".to_owned() }];
    }));
    let key_arn = simulator.world().keys(MEMBER, REGION)[0].arn();
    simulator.set_key_state(&key_arn, "Disabled");
    assert_eq!(resource_ids(&simulator), ["aa", "bb", "gone", "key-1", "cc"]);
    let rows = rows(&simulator, "SELECT configuration WHERE accountId = '333333333333'");
    let encryption = json!({"EncryptionType": "KMS", "KmsKey": key_arn});
    assert_eq!(rows[0]["configuration"]["EncryptionConfiguration"], encryption);
    assert_eq!(rows[2]["configuration"]["keyState"], "Enabled");
    // ECR and KMS know better.
    let member = Client::new(&simulator).assume(MEMBER);
    let repositories = member.ecr("DescribeRepositories", &json!({})).ok();
    assert_eq!(strings(&repositories["repositories"], "repositoryName"), ["bb"]);
    assert_eq!(repositories["repositories"][0]["encryptionConfiguration"], json!({"encryptionType": "AES256"}));
    assert_eq!(member.describe_key(&key_arn).ok()["KeyMetadata"]["KeyState"], "Disabled");
}

#[test]
fn suspended_accounts_are_not_seen() {
    let mut organization = with(|_| {});
    let suspended = organization.accounts.iter_mut().find(|account| account.id == MEMBER).expect("the member");
    *suspended = Account { state: AccountState::Suspended, ..suspended.clone() };
    assert_eq!(resource_ids(&start(organization)), ["aa", "cc"]);
}

#[rstest]
#[case::accounts(ConfigurationAggregator { accounts: Some(vec![OTHER.to_owned()]), ..aggregator() }, &["cc"])]
#[case::regions(ConfigurationAggregator { regions: Some(vec!["us-east-1".to_owned()]), ..aggregator() }, &[])]
#[case::types(ConfigurationAggregator { resource_types: Some(vec!["AWS::KMS::Key".to_owned()]), ..aggregator() }, &["key-1"])]
fn an_aggregator_sees_what_it_was_made_for(#[case] aggregator: ConfigurationAggregator, #[case] expected: &[&str]) {
    assert_eq!(resource_ids(&start(with(|config| config.aggregators = vec![aggregator]))), expected);
}

#[rstest]
#[case::no_group(json!({}), Value::Null)]
#[case::types(json!({"GroupByKey": "RESOURCE_TYPE"}), json!([["AWS::ECR::Repository", 3], ["AWS::KMS::Key", 1]]))]
#[case::accounts(json!({"GroupByKey": "ACCOUNT_ID"}), json!([["111111111111", 1], ["333333333333", 2], ["444444444444", 1]]))]
#[case::regions(json!({"GroupByKey": "AWS_REGION"}), json!([["eu-west-1", 4]]))]
#[case::one_account(
    json!({"GroupByKey": "RESOURCE_TYPE", "Filters": {"AccountId": MEMBER, "Region": REGION, "ResourceType": "AWS::ECR::Repository"}}),
    json!([["AWS::ECR::Repository", 1]]),
)]
fn resources_are_counted(#[case] mut input: Value, #[case] expected: Value) {
    let simulator = start(with(|_| {}));
    let client = Client::new(&simulator);
    if expected.is_null() {
        input["ConfigurationAggregatorName"] = NAME.into();
        let answer = client.config("GetAggregateDiscoveredResourceCounts", &input).ok();
        assert_eq!(answer, json!({"TotalDiscoveredResources": 4}));
        return;
    }
    for limit in [1, 0] {
        input["Limit"] = limit.into();
        let groups = pages(&client, "GetAggregateDiscoveredResourceCounts", &input, "GroupedResourceCounts");
        let found: Vec<_> = groups.iter().map(|group| json!([group["GroupName"], group["ResourceCount"]])).collect();
        assert_eq!(json!(found), expected);
    }
}

#[test]
fn a_generated_organization_has_an_aggregator_too() {
    let sizes = Generate { accounts: 12, regions: 3, repositories: 7, keys: 2, ..Generate::default() };
    let mut organization = Organization::generated(sizes);
    let account = organization.management_account.clone();
    organization.config.aggregators = vec![ConfigurationAggregator { account, ..aggregator() }];
    organization.config.recorders = vec![no_recorder()];
    organization.regions = vec![REGION.to_owned(), "us-east-1".to_owned(), "us-east-2".to_owned()];
    let simulator = start(organization);
    let rows = rows(&simulator, "SELECT accountId, awsRegion, resourceType, resourceId, configuration");
    // Two keys of its own and the AWS-managed one.
    assert_eq!(rows.len(), 12 * 3 * (7 + 3));
    let identity = |row: &Value| ["accountId", "awsRegion", "resourceId"].map(|name| row[name].to_string());
    assert_eq!(rows.iter().map(identity).collect::<BTreeSet<_>>().len(), rows.len());
    let text = |value: &Value| value.as_str().map(str::to_owned);
    for row in rows.iter().filter(|row| row["resourceType"] == "AWS::ECR::Repository") {
        let (account, region) = (text(&row["accountId"]).expect("a text"), text(&row["awsRegion"]).expect("a text"));
        let id = text(&row["resourceId"]).expect("a text");
        let repository = simulator.world().repository(&account, &region, &id).expect("the repository");
        let encryption = &row["configuration"]["EncryptionConfiguration"];
        assert_eq!(text(&encryption["EncryptionType"]), repository.encryption_type);
        assert_eq!(text(&encryption["KmsKey"]), repository.kms_key);
    }
    let input = json!({"ConfigurationAggregatorName": NAME, "GroupByKey": "RESOURCE_TYPE"});
    let counts = Client::new(&simulator).config("GetAggregateDiscoveredResourceCounts", &input).ok();
    assert_eq!(counts["TotalDiscoveredResources"], 12 * 3 * (7 + 3));
}

#[rstest]
#[case::by_default(Recorder::default(), true, "ALL_SUPPORTED_RESOURCE_TYPES", "CONTINUOUS")]
#[case::stopped(Recorder { stopped: true, ..Recorder::default() }, false, "ALL_SUPPORTED_RESOURCE_TYPES", "CONTINUOUS")]
#[case::daily(Recorder { daily: true, ..Recorder::default() }, true, "ALL_SUPPORTED_RESOURCE_TYPES", "DAILY")]
#[case::without_a_type(
    Recorder { excluded_types: vec!["AWS::S3::Bucket".to_owned()], ..Recorder::default() },
    true, "EXCLUSION_BY_RESOURCE_TYPES", "CONTINUOUS")]
fn a_recorder_has_an_item(
    #[case] recorder: Recorder,
    #[case] recording: bool,
    #[case] strategy: &str,
    #[case] frequency: &str,
) {
    let simulator = start(with(|config| config.recorders = vec![recorder]));
    let expression = "SELECT accountId, configuration WHERE resourceType = 'AWS::Config::ConfigurationRecorder'";
    let rows = rows(&simulator, &format!("{expression} AND awsRegion = '{REGION}'"));
    assert_eq!(rows.len(), 3);
    for row in rows {
        let configuration = &row["configuration"];
        assert_eq!(configuration["Recording"], recording);
        assert_eq!(configuration["RecordingGroup"]["RecordingStrategy"]["UseOnly"], strategy);
        assert_eq!(configuration["RecordingMode"]["RecordingFrequency"], frequency);
    }
}

#[test]
fn a_recorder_leaves_out_what_is_not_recorded() {
    let kind = "AWS::ECR::Repository";
    let simulator = start(with(|config| {
        config.recorders = Vec::new();
        let (account, resource_type) = (Some(MEMBER.to_owned()), Some(kind.to_owned()));
        config.unrecorded = vec![Unrecorded { account, resource_type, ..Unrecorded::default() }];
    }));
    let rows =
        rows(&simulator, "SELECT accountId, configuration WHERE resourceType = 'AWS::Config::ConfigurationRecorder'");
    for row in rows {
        let excluded = &row["configuration"]["RecordingGroup"]["ExclusionByResourceTypes"]["ResourceTypes"];
        let expected = if row["accountId"] == MEMBER { json!([kind]) } else { Value::Null };
        assert_eq!(*excluded, expected, "{row}");
    }
}
