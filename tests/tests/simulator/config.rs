//! AWS Config.

use integration_tests::{
    ConfigRule, ConfigurationAggregator, EarlierResult, Organization, RecordedEvaluation, Repository, Simulator,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Client, admin, strings};
use crate::world::{MANAGEMENT, MEMBER, REGION, organization, repository, start};

const TOKEN: &str = "result-token-of-the-rule";

fn with_rule() -> Organization {
    let mut organization = organization();
    organization.config.rules = vec![ConfigRule {
        name: "ecr-encryption".to_owned(),
        account: MANAGEMENT.to_owned(),
        region: REGION.to_owned(),
        result_token: TOKEN.to_owned(),
        results: Vec::new(),
    }];
    organization
}

fn evaluation(resource: &str, compliance: &str) -> Value {
    json!({
        "ComplianceResourceType": "AWS::ECR::Repository",
        "ComplianceResourceId": resource,
        "ComplianceType": compliance,
        "Annotation": "because",
        "OrderingTimestamp": 1_736_933_400.5,
    })
}

fn with(member: &str, value: impl Into<Value>) -> Value {
    let mut evaluation = evaluation("aa", "COMPLIANT");
    evaluation[member] = value.into();
    evaluation
}

#[test]
fn evaluations_are_recorded() {
    let simulator = start(with_rule());
    let input = json!({"ResultToken": TOKEN, "Evaluations": [evaluation("aa", "NON_COMPLIANT")]});
    let answer = Client::new(&simulator).config("PutEvaluations", &input).ok();
    assert_eq!(answer, json!({"FailedEvaluations": []}));
    let expected = RecordedEvaluation {
        account: MANAGEMENT.to_owned(),
        region: REGION.to_owned(),
        result_token: TOKEN.to_owned(),
        test_mode: false,
        compliance_resource_type: "AWS::ECR::Repository".to_owned(),
        compliance_resource_id: "aa".to_owned(),
        compliance_type: "NON_COMPLIANT".to_owned(),
        annotation: Some("because".to_owned()),
        ordering_timestamp: 1_736_933_400.5,
        accepted: true,
    };
    assert_eq!(simulator.evaluations(), [expected]);
    let recorded = admin(&simulator, "GET", "evaluations", "").ok();
    assert_eq!(recorded[0]["compliance_resource_id"], "aa");
}

#[rstest]
#[case::too_many(vec![evaluation("aa", "COMPLIANT"); 101], TOKEN, "ValidationException")]
#[case::empty_annotation(vec![with("Annotation", "")], TOKEN, "ValidationException")]
#[case::long_annotation(vec![with("Annotation", "x".repeat(257))], TOKEN, "ValidationException")]
#[case::no_timestamp(vec![with("OrderingTimestamp", Value::Null)], TOKEN, "ValidationException")]
#[case::no_id(vec![with("ComplianceResourceId", Value::Null)], TOKEN, "ValidationException")]
#[case::unknown_type(vec![evaluation("aa", "FINE")], TOKEN, "ValidationException")]
#[case::insufficient_data(vec![evaluation("aa", "INSUFFICIENT_DATA")], TOKEN, "InvalidParameterValueException")]
#[case::wrong_token(vec![evaluation("aa", "COMPLIANT")], "another", "InvalidResultTokenException")]
fn put_evaluations_refuses(#[case] evaluations: Vec<Value>, #[case] token: &str, #[case] code: &str) {
    let simulator = start(with_rule());
    let input = json!({"ResultToken": token, "Evaluations": evaluations});
    let answer = Client::new(&simulator).config("PutEvaluations", &input);
    assert_eq!((answer.status, answer.code().as_str()), (400, code));
    assert_eq!(simulator.evaluations(), []);
}

#[test]
fn the_longest_annotation_and_the_largest_batch_are_accepted() {
    let simulator = start(with_rule());
    let evaluations = vec![with("Annotation", "ä".repeat(256)); 100];
    let input = json!({"ResultToken": TOKEN, "Evaluations": evaluations});
    assert_eq!(Client::new(&simulator).config("PutEvaluations", &input).status, 200);
}

#[test]
fn a_rule_of_another_account_has_another_token() {
    let simulator = start(with_rule());
    let input = json!({"ResultToken": TOKEN, "Evaluations": [evaluation("aa", "COMPLIANT")]});
    let answer = Client::new(&simulator).assume(MEMBER).config("PutEvaluations", &input);
    assert_eq!(answer.code(), "InvalidResultTokenException");
}

#[test]
fn test_mode_takes_any_token_and_changes_nothing() {
    let simulator = start(with_rule());
    let client = Client::new(&simulator);
    let input = json!({"ResultToken": "TESTMODE", "TestMode": true, "Evaluations": [evaluation("aa", "COMPLIANT")]});
    assert_eq!(client.config("PutEvaluations", &input).status, 200);
    assert_eq!(simulator.evaluations().len(), 1);
    let details = json!({"ConfigRuleName": "ecr-encryption"});
    let answer = client.config("GetComplianceDetailsByConfigRule", &details).ok();
    assert_eq!(answer["EvaluationResults"], json!([]));
}

#[test]
fn an_evaluation_may_fail_the_first_time() {
    let mut organization = with_rule();
    organization.config.fail_first = vec!["bb".to_owned()];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let evaluations = [evaluation("aa", "COMPLIANT"), evaluation("bb", "COMPLIANT")];
    let input = json!({"ResultToken": TOKEN, "Evaluations": evaluations});
    let first = client.config("PutEvaluations", &input).ok();
    assert_eq!(first["FailedEvaluations"], json!([evaluations[1]]));
    let second = client.config("PutEvaluations", &input).ok();
    assert_eq!(second["FailedEvaluations"], json!([]));
    let accepted: Vec<bool> = simulator.evaluations().iter().map(|evaluation| evaluation.accepted).collect();
    assert_eq!(accepted, [true, false, true, true]);
}

#[test]
fn compliance_details_are_the_latest_results_in_pages() {
    let simulator = start(with_rule());
    let client = Client::new(&simulator);
    let evaluations = ["aa", "bb", "cc"].map(|name| evaluation(name, "NON_COMPLIANT"));
    client.config("PutEvaluations", &json!({"ResultToken": TOKEN, "Evaluations": evaluations})).ok();
    // Not applicable makes Config drop the result.
    let evaluations = [evaluation("aa", "COMPLIANT"), evaluation("bb", "NOT_APPLICABLE")];
    client.config("PutEvaluations", &json!({"ResultToken": TOKEN, "Evaluations": evaluations})).ok();
    let mut input = json!({"ConfigRuleName": "ecr-encryption", "Limit": 1});
    let first = client.config("GetComplianceDetailsByConfigRule", &input).ok();
    input["NextToken"] = first["NextToken"].clone();
    let second = client.config("GetComplianceDetailsByConfigRule", &input).ok();
    assert_eq!(second.get("NextToken"), None);
    let result = |page: &Value| {
        let result = page["EvaluationResults"][0].clone();
        let id = result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"].clone();
        (id, result["ComplianceType"].clone())
    };
    assert_eq!(result(&first), (json!("aa"), json!("COMPLIANT")));
    assert_eq!(result(&second), (json!("cc"), json!("NON_COMPLIANT")));
    let unknown = client.config("GetComplianceDetailsByConfigRule", &json!({"ConfigRuleName": "other"}));
    assert_eq!(unknown.code(), "NoSuchConfigRuleException");
}

#[test]
fn an_evaluation_may_fail_every_time() {
    let mut organization = with_rule();
    organization.config.fail_always = vec!["bb".to_owned()];
    let simulator = start(organization);
    let input =
        json!({"ResultToken": TOKEN, "Evaluations": [evaluation("aa", "COMPLIANT"), evaluation("bb", "COMPLIANT")]});
    for _ in 0..3 {
        let answer = Client::new(&simulator).config("PutEvaluations", &input).ok();
        assert_eq!(answer["FailedEvaluations"][0]["ComplianceResourceId"], "bb");
    }
    let ids: Vec<String> = resources(&simulator);
    assert_eq!(ids, ["aa"]);
}

fn resources(simulator: &Simulator) -> Vec<String> {
    let results = simulator.results(MANAGEMENT, REGION, "ecr-encryption");
    results.into_iter().map(|result| result.compliance_resource_id).collect()
}

#[test]
fn a_rule_may_have_results_from_the_start() {
    let mut organization = with_rule();
    organization.config.rules[0].results = vec![EarlierResult {
        resource_type: "AWS::ECR::Repository".to_owned(),
        resource_id: "gone".to_owned(),
        compliance_type: "NON_COMPLIANT".to_owned(),
    }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let details = client.config("GetComplianceDetailsByConfigRule", &json!({"ConfigRuleName": "ecr-encryption"})).ok();
    assert_eq!(details["EvaluationResults"][0]["ComplianceType"], "NON_COMPLIANT");
    let input = json!({"ResultToken": TOKEN, "Evaluations": [evaluation("gone", "NOT_APPLICABLE")]});
    client.config("PutEvaluations", &input).ok();
    assert_eq!(resources(&simulator), Vec::<String>::new());
    simulator.reset();
    assert_eq!(resources(&simulator), ["gone"]);
}

#[test]
fn a_result_is_not_replaced_by_an_older_one() {
    let simulator = start(with_rule());
    let client = Client::new(&simulator);
    for (compliance, time, expected) in [
        ("COMPLIANT", 2000.0, "COMPLIANT"),
        ("NON_COMPLIANT", 1000.0, "COMPLIANT"),
        ("NON_COMPLIANT", 2000.0, "NON_COMPLIANT"),
    ] {
        let mut evaluation = evaluation("aa", compliance);
        evaluation["OrderingTimestamp"] = time.into();
        client.config("PutEvaluations", &json!({"ResultToken": TOKEN, "Evaluations": [evaluation]})).ok();
        assert_eq!(simulator.results(MANAGEMENT, REGION, "ecr-encryption")[0].compliance_type, expected);
    }
}

#[test]
fn a_history_may_begin_with_empty_pages() {
    let mut organization = organization();
    organization.repositories = vec![repository(MANAGEMENT, "aa")];
    organization.config.empty_history_pages = 2;
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let mut input = json!({"resourceType": "AWS::ECR::Repository", "resourceId": "aa", "limit": 1});
    for page in 0..3 {
        let answer = client.config("GetResourceConfigHistory", &input).ok();
        assert_eq!(answer["configurationItems"].as_array().expect("items").len(), usize::from(page == 2));
        assert_eq!(answer["nextToken"].is_string(), page < 2);
        input["nextToken"] = answer["nextToken"].clone();
    }
}

#[test]
fn a_key_may_change_its_state() {
    let mut organization = organization();
    organization.keys = vec![crate::world::key(MANAGEMENT, "images")];
    let simulator = start(organization);
    let arn = simulator.world().keys(MANAGEMENT, REGION)[0].arn();
    let state = || Client::new(&simulator).describe_key(&arn).ok()["KeyMetadata"]["KeyState"].clone();
    assert_eq!(state(), "Enabled");
    simulator.set_key_state(&arn, "Disabled");
    assert_eq!(state(), "Disabled");
    simulator.reset();
    assert_eq!(state(), "Enabled");
}

#[test]
fn a_resource_s_history_is_one_item_in_the_api_s_form() {
    let mut organization = organization();
    organization.repositories = vec![Repository {
        encryption_type: Some("KMS".to_owned()),
        kms_key: Some("some-key".to_owned()),
        ..repository(MANAGEMENT, "team/shop")
    }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let mut input = json!({"resourceType": "AWS::ECR::Repository", "resourceId": "team/shop", "laterTime": 1_736_933_400, "limit": 1});
    let item = client.config("GetResourceConfigHistory", &input).ok()["configurationItems"][0].clone();
    assert_eq!((&item["accountId"], &item["resourceId"]), (&json!(MANAGEMENT), &json!("team/shop")));
    let configuration: Value = serde_json::from_str(item["configuration"].as_str().expect("a string")).expect("JSON");
    assert_eq!(configuration["EncryptionConfiguration"], json!({"EncryptionType": "KMS", "KmsKey": "some-key"}));
    input["laterTime"] = json!(1_736_933_399);
    let before = client.config("GetResourceConfigHistory", &input).ok();
    assert_eq!(before["configurationItems"], json!([]));
    input["resourceId"] = json!("team/other");
    let unknown = client.config("GetResourceConfigHistory", &input);
    assert_eq!(unknown.code(), "ResourceNotDiscoveredException");
    input["limit"] = json!(101);
    input["resourceId"] = json!("team/shop");
    assert_eq!(client.config("GetResourceConfigHistory", &input).code(), "InvalidLimitException");
}

#[test]
fn an_aggregator_sees_every_account() {
    let mut organization = organization();
    organization.repositories = vec![repository(MANAGEMENT, "aa"), repository(MEMBER, "bb")];
    organization.config.aggregators = vec![ConfigurationAggregator {
        name: "organization".to_owned(),
        account: MANAGEMENT.to_owned(),
        region: REGION.to_owned(),
        ..ConfigurationAggregator::default()
    }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let expression = "SELECT accountId, resourceName, configuration WHERE resourceType = 'AWS::ECR::Repository'";
    let mut input = json!({"Expression": expression, "ConfigurationAggregatorName": "organization", "Limit": 1});
    let first = client.config("SelectAggregateResourceConfig", &input).ok();
    assert_eq!(strings(&first["QueryInfo"]["SelectFields"], "Name"), ["accountId", "resourceName", "configuration"]);
    input["NextToken"] = first["NextToken"].clone();
    let second = client.config("SelectAggregateResourceConfig", &input).ok();
    assert_eq!(second.get("NextToken"), None);
    let row = |page: &Value| -> Value {
        serde_json::from_str(page["Results"][0].as_str().expect("a row is a string")).expect("JSON")
    };
    assert_eq!((&row(&first)["accountId"], &row(&second)["accountId"]), (&json!(MANAGEMENT), &json!(MEMBER)));
    assert_eq!(row(&second)["configuration"]["EncryptionConfiguration"], json!({"EncryptionType": "AES256"}));
    for (change, code) in [
        (json!({"Limit": 101}), "InvalidLimitException"),
        (json!({"Expression": "DELETE everything"}), "InvalidExpressionException"),
        (json!({"ConfigurationAggregatorName": "other"}), "NoSuchConfigurationAggregatorException"),
    ] {
        let mut input = json!({"Expression": expression, "ConfigurationAggregatorName": "organization"});
        input.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        assert_eq!(client.config("SelectAggregateResourceConfig", &input).code(), code);
    }
}
