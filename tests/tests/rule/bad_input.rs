//! Events that are not what they should be: an error or a right verdict, and the process lives on.

use std::time::Duration;

use integration_tests::Organization;
use rstest::rstest;
use serde_json::{Value, json};

use crate::event::{Event, item, pascal_case};
use crate::harness::{Bench, HOME, Told, assert_names, key, organization, repository, under};

fn contents() -> Organization {
    let mut organization = organization();
    organization.keys.push(key(HOME, "images"));
    organization.repositories = vec![under(HOME, "images/api", "images"), repository(HOME, "images/legacy")];
    organization
}

/// A good event is still dealt with, by the same process.
#[track_caller]
fn assert_alive(bench: &Bench) {
    let told = bench.invoke(&bench.change_of(HOME, "images/legacy"));
    assert_eq!(told.succeeded(), ["images/legacy NON_COMPLIANT"]);
}

/// Nothing is told to Config but what is right.
#[track_caller]
fn assert_no_guess(told: &Told) {
    for verdict in told.verdicts() {
        assert!(
            ["images/legacy NON_COMPLIANT", "images/api COMPLIANT", "images/api NOT_APPLICABLE"]
                .contains(&verdict.as_str()),
            "{told:#?}"
        );
    }
}

#[rstest]
#[case::empty("")]
#[case::no_json("nonsense")]
#[case::half("{\"accountId\": \"2222")]
#[case::null("null")]
#[case::number("1")]
#[case::text("\"text\"")]
#[case::list("[]")]
#[case::object("{}")]
#[case::not_utf8("{\"accountId\": \"\u{0}\"}")]
#[case::another_service("{\"Records\": [{\"eventSource\": \"aws:s3\"}]}")]
fn an_event_that_is_no_event_of_config(#[case] event: &str) {
    let bench = Bench::new(contents());
    let told = bench.tell(|| bench.function.invoke_raw(event, Duration::from_secs(10)));
    told.refused();
    assert_alive(&bench);
}

#[test]
fn bytes_that_are_no_text() {
    let bench = Bench::new(contents());
    bench.tell(|| bench.function.invoke_raw(vec![0xff, 0xfe, 0x00], Duration::from_secs(10))).refused();
    assert_alive(&bench);
}

#[rstest]
fn an_envelope_without_what_is_needed(
    #[values("accountId", "invokingEvent", "resultToken")] field: &str,
    #[values(None, Some(json!(null)), Some(json!("")), Some(json!(1)), Some(json!({})), Some(json!([])))] value: Option<
        Value,
    >,
) {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy").json();
    match value {
        Some(value) => event[field] = value,
        None => {
            event.as_object_mut().unwrap().remove(field);
        }
    }
    let told = bench.invoke_json(&event);
    assert!(!told.refused().is_empty());
    if !event[field].is_number() && !event[field].is_object() && !event[field].is_array() {
        assert_names(told.failed(), &[field]);
    }
    assert_alive(&bench);
}

/// What is not needed may be anything that AWS could send.
#[rstest]
fn an_envelope_without_what_is_not_needed(
    #[values("version", "configRuleArn", "configRuleId", "executionRoleArn", "eventLeftScope", "ruleParameters")] field: &str,
    #[values(false, true)] null: bool,
) {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy").json();
    if null {
        event[field] = Value::Null;
    } else {
        event.as_object_mut().unwrap().remove(field);
    }
    event["somethingNew"] = json!({"a": [1, 2, 3]});
    assert_eq!(bench.invoke_json(&event).succeeded(), ["images/legacy NON_COMPLIANT"]);
}

/// A change needs no rule's name; a sweep does, to ask what the rule has found before.
#[test]
fn an_envelope_without_the_rule_s_name() {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy").json();
    event["configRuleName"] = Value::Null;
    assert_eq!(bench.invoke_json(&event).succeeded(), ["images/legacy NON_COMPLIANT"]);
    let mut event = Event::scheduled().json();
    event["configRuleName"] = Value::Null;
    let told = bench.invoke_json(&event);
    assert_names(told.failed(), &["configRuleName"]);
    assert_alive(&bench);
}

#[test]
fn a_notification_time_that_nobody_needs() {
    let bench = Bench::new(contents());
    for time in [json!(null), json!("whenever"), json!(7)] {
        let mut event = bench.change_of(HOME, "images/legacy");
        event.invoking["notificationCreationTime"] = time;
        let told = bench.invoke(&event);
        assert!(told.invocation.error().is_some() || told.verdicts() == ["images/legacy NON_COMPLIANT"], "{told:?}");
    }
    assert_alive(&bench);
}

#[rstest]
#[case::no_json(json!("nonsense"))]
#[case::half(json!("{\"messageType\": "))]
#[case::null(json!("null"))]
#[case::list(json!("[]"))]
#[case::empty_object(json!("{}"))]
#[case::deep(json!("[".repeat(100_000)))]
#[case::null_type(json!("{\"messageType\": null}"))]
#[case::number_type(json!("{\"messageType\": 7}"))]
#[case::no_item(json!("{\"messageType\": \"ConfigurationItemChangeNotification\"}"))]
#[case::null_item(json!("{\"messageType\": \"ConfigurationItemChangeNotification\", \"configurationItem\": null}"))]
#[case::text_item(json!("{\"messageType\": \"ConfigurationItemChangeNotification\", \"configurationItem\": \"x\"}"))]
#[case::no_summary(json!("{\"messageType\": \"OversizedConfigurationItemChangeNotification\"}"))]
#[case::scheduled_never(json!("{\"messageType\": \"ScheduledNotification\"}"))]
#[case::scheduled_whenever(json!("{\"messageType\": \"ScheduledNotification\", \"notificationCreationTime\": \"whenever\"}"))]
fn an_invoking_event_that_is_none(#[case] invoking: Value) {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy").json();
    event["invokingEvent"] = invoking;
    assert!(!bench.invoke_json(&event).refused().is_empty());
    assert_alive(&bench);
}

#[rstest]
fn an_unknown_message_type_is_named(#[values("SomethingNew", "scheduledNotification", "")] message_type: &str) {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy");
    event.invoking["messageType"] = message_type.into();
    assert_names(bench.invoke(&event).refused(), &["messageType", message_type]);
    assert_alive(&bench);
}

/// Every field of an item, null, missing, or of another type.
#[rstest]
fn a_field_of_the_item_that_is_not_what_it_should_be(
    #[values(
        "configurationItemCaptureTime",
        "configurationItemStatus",
        "awsAccountId",
        "awsRegion",
        "resourceType",
        "resourceId",
        "resourceName",
        "ARN",
        "tags",
        "configuration",
        "supplementaryConfiguration",
        "relationships",
        "relatedEvents",
        "configurationStateId",
        "resourceCreationTime",
        "availabilityZone",
        "configurationItemVersion",
        "configurationStateMd5Hash"
    )]
    field: &str,
) {
    let bench = Bench::new(contents());
    for value in [
        None,
        Some(json!(null)),
        Some(json!("")),
        Some(json!("x")),
        Some(json!(-1)),
        Some(json!({"a": null})),
        Some(json!([null])),
    ] {
        for name in ["images/api", "images/legacy"] {
            let mut event = bench.change_of(HOME, name);
            let item = event.invoking["configurationItem"].as_object_mut().unwrap();
            match &value {
                Some(value) => item.insert(field.to_owned(), value.clone()),
                None => item.remove(field),
            };
            let told = bench.invoke(&event);
            assert_no_sentence_about_others(&told, name, field);
        }
    }
    assert_alive(&bench);
}

/// No compliance for a name that was not in the item, and none that is wrong for one that was.
#[track_caller]
fn assert_no_sentence_about_others(told: &Told, name: &str, field: &str) {
    assert!(told.invocation.response().is_some() || told.invocation.error().is_some(), "{:?}", told.invocation);
    for evaluation in &told.evaluations {
        let right = if name == "images/api" { "COMPLIANT" } else { "NON_COMPLIANT" };
        let compliance = evaluation.compliance_type.as_str();
        let resource = (evaluation.compliance_resource_type.as_str(), evaluation.compliance_resource_id.as_str());
        // What Config knows the resource by is the one field that nothing else can confirm.
        if resource == ("AWS::ECR::Repository", name) || field == "resourceId" {
            assert!(compliance == right || compliance == "NOT_APPLICABLE", "{field}: {told:#?}");
        } else {
            assert_eq!(compliance, "NOT_APPLICABLE", "{field}: {told:#?}");
        }
    }
}

#[test]
fn an_item_without_any_name_is_an_error() {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy");
    for name in ["resourceId", "resourceName", "ARN"] {
        event.invoking["configurationItem"][name] = Value::Null;
    }
    assert_names(bench.invoke(&event).refused(), &["resourceId"]);
    assert_alive(&bench);
}

#[rstest]
#[case("yesterday")]
#[case("2026-13-45T00:00:00Z")]
#[case("1763899200123")]
fn a_capture_time_that_can_not_be_read_is_named(#[case] time: &str) {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy");
    event.invoking["configurationItem"]["configurationItemCaptureTime"] = time.into();
    assert_names(bench.invoke(&event).refused(), &["configurationItemCaptureTime", time]);
    assert_alive(&bench);
}

#[test]
fn a_status_that_nobody_knows_is_not_guessed() {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy");
    event.invoking["configurationItem"]["configurationItemStatus"] = "ResourceMelted".into();
    let told = bench.invoke(&event);
    assert!(!told.verdicts().iter().any(|verdict| verdict.ends_with(" COMPLIANT")), "{told:?}");
    assert_alive(&bench);
}

#[rstest]
#[case("arn:aws-cn:ecr:cn-north-1:222222222222:repository/images/legacy")]
#[case("arn:aws-us-gov:ecr:us-gov-west-1:222222222222:repository/images/legacy")]
#[case("arn:aws")]
#[case("not an ARN")]
fn an_arn_of_another_partition(#[case] arn: &str) {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy");
    event.invoking["configurationItem"]["ARN"] = arn.into();
    let told = bench.invoke(&event);
    assert_no_guess(&told);
    assert_alive(&bench);
}

#[rstest]
#[case("arn:aws-cn:kms:cn-north-1:222222222222:key/11111111-0000-4000-8000-000000000001")]
#[case("arn:aws:kms")]
#[case("")]
#[case("\u{1F512}")]
fn a_key_that_can_not_be(#[case] kms_key: &str) {
    let bench = Bench::new(contents());
    let told =
        bench.invoke(&Event::change(item(HOME, "images/api", pascal_case("images/api", Some("KMS"), Some(kms_key)))));
    // ECR may be asked instead, and knows a key that is good.
    assert!(
        !told.verdicts().contains(&"images/api COMPLIANT".to_owned()) || bench.calls("ecr", "DescribeRepositories") > 0
    );
    assert_alive(&bench);
}

#[test]
fn tags_that_are_null() {
    let bench = Bench::new(contents());
    for tags in [json!({"encryption-exempt": null}), json!({"team": null, "encryption-exempt": null})] {
        let mut event = bench.change_of(HOME, "images/legacy").parameter("exemptTagKey", "encryption-exempt");
        event.invoking["configurationItem"]["tags"] = tags;
        let told = bench.invoke(&event);
        // Null proves no exemption.
        assert!(told.verdicts().iter().all(|verdict| verdict == "images/legacy NON_COMPLIANT"), "{told:?}");
    }
    assert_alive(&bench);
}

#[test]
fn ten_megabytes_of_configuration() {
    let bench = Bench::new(contents());
    let before = bench.function.usage().unwrap().resident_bytes;
    let mut event = bench.change_of(HOME, "images/legacy");
    event.invoking["configurationItem"]["configuration"]["RepositoryPolicyText"] = "x\"\\é".repeat(2_000_000).into();
    let event = event.json();
    assert!(event.to_string().len() > 10_000_000);
    assert_eq!(bench.invoke_json(&event).succeeded(), ["images/legacy NON_COMPLIANT"]);
    assert_alive(&bench);
    // It is not kept.
    let after = bench.function.usage().unwrap();
    assert!(after.peak_resident_bytes < before + 128 * 1024 * 1024, "{after:?}");
}

/// The configuration says one thing in both spellings, or something that is neither.
#[rstest]
#[case(json!({"EncryptionConfiguration": null}))]
#[case(json!({"EncryptionConfiguration": {}}))]
#[case(json!({"EncryptionConfiguration": "KMS"}))]
#[case(json!({"EncryptionConfiguration": []}))]
#[case(json!({"EncryptionConfiguration": {"EncryptionType": null}}))]
#[case(json!({"EncryptionConfiguration": {"EncryptionType": 7}}))]
#[case(json!({"EncryptionConfiguration": {"EncryptionType": ""}}))]
#[case(json!({"EncryptionConfiguration": {"KmsKey": "x"}}))]
#[case(json!({"EncryptionConfiguration": null, "encryptionConfiguration": null}))]
#[case(json!("nonsense"))]
#[case(json!([1, 2]))]
fn an_encryption_configuration_that_says_nothing_is_looked_up(#[case] configuration: Value) {
    let bench = Bench::new(contents());
    for (name, verdict) in [("images/api", "COMPLIANT"), ("images/legacy", "NON_COMPLIANT")] {
        let told = bench.invoke(&Event::change(item(HOME, name, configuration.clone())));
        assert_eq!(told.succeeded(), [format!("{name} {verdict}")]);
    }
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 2);
}

/// The result is the item's account's; an event of one account about another's item is not trusted.
#[test]
fn an_item_of_another_account_than_the_event_s() {
    let bench = Bench::new(contents());
    let mut event = bench.change_of(HOME, "images/legacy");
    event.invoking["configurationItem"]["awsAccountId"] = "999999999999".into();
    assert_no_guess(&bench.invoke(&event));
    assert_alive(&bench);
}
