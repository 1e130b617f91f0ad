//! Every trigger, on every level, under every demand.

use integration_tests::{Deny, Effect, Fault, Key, Organization, Repository};
use rstest::rstest;
use serde_json::{Value, json};
use std::borrow::Cow;

use crate::event::{CAPTURED_SECONDS, Event, NOTIFIED, NOTIFIED_SECONDS, camel_case, item, pascal_case};
use crate::harness::{Bench, HOME, REGION, SHORT, assert_names, error, fault, key, organization, repository, under};

/// The levels, lowest first.
const LEVELS: [&str; 6] = ["sse", "awskms", "awscmk", "externalcmk", "cloudhsm", "externalkeystore"];

/// A repository on each level, called like the level, and `awskms-without-key`.
fn levels() -> Organization {
    let mut organization = organization();
    let of = |name: &str, origin: &str| Key { origin: origin.to_owned(), ..key(HOME, name) };
    organization.keys = vec![
        of("awscmk", "AWS_KMS"),
        of("externalcmk", "EXTERNAL"),
        of("cloudhsm", "AWS_CLOUDHSM"),
        of("externalkeystore", "EXTERNAL_KEY_STORE"),
    ];
    organization.repositories = vec![
        repository(HOME, "level/sse"),
        under(HOME, "level/awskms", "aws/ecr"),
        Repository { encryption_type: Some("KMS".to_owned()), ..repository(HOME, "level/awskms-without-key") },
    ];
    for name in &LEVELS[2..] {
        organization.repositories.push(under(HOME, &format!("level/{name}"), name));
    }
    organization
}

/// The level of a repository, from its name.
fn level(repository: &str) -> usize {
    let name = repository.trim_start_matches("level/").trim_end_matches("-without-key");
    LEVELS.iter().position(|level| *level == name).unwrap()
}

/// What each trigger says of a repository.
#[derive(Debug, Clone, Copy)]
enum Form {
    PascalCase,
    CamelCase,
    Discovered,
    /// No `EncryptionConfiguration`.
    Silent,
    /// `configuration` is null.
    Null,
    Oversized,
}

impl Form {
    fn event(self, repository: &Repository) -> Event {
        let (name, kind, key) =
            (&repository.name, repository.encryption_type.as_deref(), repository.kms_key.as_deref());
        let full = item(HOME, name, pascal_case(name, kind, key));
        match self {
            Self::PascalCase => Event::change(full),
            Self::CamelCase => Event::change(item(HOME, name, camel_case(name, kind, key))),
            Self::Discovered => {
                let mut item = full;
                item["configurationItemStatus"] = "ResourceDiscovered".into();
                Event::change(item)
            }
            Self::Silent => Event::change(item(HOME, name, pascal_case(name, None, None))),
            Self::Null => Event::change(item(HOME, name, Value::Null)),
            Self::Oversized => Event::oversized(full),
        }
    }
}

#[rstest]
fn a_change(
    #[values(Form::PascalCase, Form::CamelCase, Form::Discovered, Form::Silent, Form::Null, Form::Oversized)]
    form: Form,
) {
    let bench = Bench::new(levels());
    let repositories: Vec<Repository> =
        bench.simulator.world().repositories(HOME, REGION).map(Cow::into_owned).collect();
    for (desired, name) in LEVELS.iter().enumerate() {
        for repository in &repositories {
            let told = bench.invoke(&form.event(repository).parameter("desiredEncryptionLevel", name));
            let evaluation = told.one();
            let expected = if level(&repository.name) >= desired { "COMPLIANT" } else { "NON_COMPLIANT" };
            assert_eq!(
                evaluation.compliance_type, expected,
                "{} where {name} is demanded: {evaluation:?}",
                repository.name
            );
            assert_eq!(
                (evaluation.compliance_resource_type.as_str(), &evaluation.compliance_resource_id),
                ("AWS::ECR::Repository", &repository.name)
            );
            assert!(
                (evaluation.ordering_timestamp - CAPTURED_SECONDS).abs() < 0.001 || matches!(form, Form::Oversized)
            );
            assert!(!evaluation.test_mode);
        }
    }
    assert_eq!(bench.calls("sts", "AssumeRole"), 0);
}

#[rstest]
#[case::scheduled("ScheduledNotification")]
#[case::snapshot("ConfigurationSnapshotDeliveryCompleted")]
fn a_sweep(#[case] message_type: &str) {
    let bench = Bench::new(levels());
    for (desired, name) in LEVELS.iter().enumerate() {
        let mut event = Event::scheduled().parameter("desiredEncryptionLevel", name);
        event.invoking["messageType"] = message_type.into();
        let told = bench.invoke(&event);
        let mut expected: Vec<String> =
            ["sse", "awskms", "awskms-without-key", "awscmk", "externalcmk", "cloudhsm", "externalkeystore"]
                .iter()
                .map(|name| {
                    let compliance = if level(name) >= desired { "COMPLIANT" } else { "NON_COMPLIANT" };
                    format!("level/{name} {compliance}")
                })
                .collect();
        expected.sort_unstable();
        assert_eq!(told.succeeded(), expected);
        for evaluation in &told.evaluations {
            assert!((evaluation.ordering_timestamp - NOTIFIED_SECONDS).abs() < 0.001, "{evaluation:?}");
        }
    }
}

/// The default is `awscmk`; parameters that are missing, empty or null are the default policy.
#[rstest]
#[case::missing(None)]
#[case::null(Some(Value::Null))]
#[case::empty(Some(json!("")))]
#[case::null_in_a_string(Some(json!("null")))]
#[case::no_parameters(Some(json!("{}")))]
#[case::blank(Some(json!("{\"desiredEncryptionLevel\": \" \"}")))]
fn the_default_policy(#[case] parameters: Option<Value>) {
    let bench = Bench::new(levels());
    for (name, expected) in [("level/awskms", "NON_COMPLIANT"), ("level/awscmk", "COMPLIANT")] {
        let mut event = bench.change_of(HOME, name).json();
        match &parameters {
            Some(parameters) => event["ruleParameters"] = parameters.clone(),
            None => {
                event.as_object_mut().unwrap().remove("ruleParameters");
            }
        }
        assert_eq!(bench.invoke_json(&event).one().compliance_type, expected);
    }
}

#[rstest]
#[case("ResourceDeleted")]
#[case("ResourceDeletedNotRecorded")]
#[case("ResourceNotRecorded")]
fn what_is_gone_is_not_applicable(#[case] status: &str) {
    let bench = Bench::new(levels());
    let mut item = item(HOME, "level/gone", Value::Null);
    item["configurationItemStatus"] = status.into();
    for event in [Event::change(item.clone()), Event::oversized(item)] {
        let told = bench.invoke(&event);
        assert_eq!(told.succeeded(), ["level/gone NOT_APPLICABLE"]);
        assert!((told.one().ordering_timestamp - CAPTURED_SECONDS).abs() < 0.001);
    }
    // Nothing needs to be looked up for that.
    let calls = bench.simulator.counters().calls;
    assert_eq!(calls.keys().collect::<Vec<_>>(), ["config"], "{calls:?}");
}

#[test]
fn what_left_the_scope_is_not_applicable() {
    let bench = Bench::new(levels());
    let told = bench.invoke(&bench.change_of(HOME, "level/sse").left_scope());
    assert_eq!(told.succeeded(), ["level/sse NOT_APPLICABLE"]);
    // Absent and null are `false`.
    let mut event = bench.change_of(HOME, "level/sse").json();
    event["eventLeftScope"] = Value::Null;
    assert_eq!(bench.invoke_json(&event).succeeded(), ["level/sse NON_COMPLIANT"]);
    event.as_object_mut().unwrap().remove("eventLeftScope");
    assert_eq!(bench.invoke_json(&event).succeeded(), ["level/sse NON_COMPLIANT"]);
}

#[test]
fn another_kind_of_resource_is_not_applicable() {
    let bench = Bench::new(levels());
    let mut bucket = item(HOME, "some-bucket", json!({"name": "some-bucket"}));
    bucket["resourceType"] = "AWS::S3::Bucket".into();
    bucket["ARN"] = "arn:aws:s3:::some-bucket".into();
    let told = bench.invoke(&Event::change(bucket));
    let evaluation = told.one();
    assert_eq!(
        (evaluation.compliance_resource_type.as_str(), evaluation.compliance_resource_id.as_str()),
        ("AWS::S3::Bucket", "some-bucket")
    );
    assert_eq!(evaluation.compliance_type, "NOT_APPLICABLE");
}

#[test]
fn the_development_kit_s_token_is_test_mode() {
    let bench = Bench::new(levels());
    let told = bench.invoke(&bench.change_of(HOME, "level/sse").token("TESTMODE"));
    assert!(told.one().test_mode);
    assert_eq!(told.one().compliance_type, "NON_COMPLIANT");
    assert_eq!(bench.simulator.results(HOME, REGION, "ecr-encryption"), []);
}

#[test]
fn a_history_may_begin_with_empty_pages() {
    let mut organization = levels();
    organization.config.empty_history_pages = 3;
    let bench = Bench::new(organization);
    let event = Form::Oversized.event(&bench.simulator.world().repository(HOME, REGION, "level/awscmk").unwrap());
    assert_eq!(bench.invoke(&event).succeeded(), ["level/awscmk COMPLIANT"]);
    assert_eq!(bench.calls("config", "GetResourceConfigHistory"), 4);
}

/// An item that the history doesn't have any more: a failure or a look-up, but no guess.
#[test]
fn an_oversized_item_without_history_is_not_guessed() {
    let bench = Bench::new(levels());
    bench.simulator.set_faults(vec![error("config:GetResourceConfigHistory", "ResourceNotDiscoveredException")]);
    let event = Form::Oversized.event(&bench.simulator.world().repository(HOME, REGION, "level/sse").unwrap());
    let told = bench.invoke(&event);
    assert!(told.verdicts().iter().all(|verdict| verdict == "level/sse NON_COMPLIANT"), "{told:?}");
}

#[test]
fn a_history_that_may_not_be_read_is_an_error_that_names_the_permission() {
    let mut organization = levels();
    organization.caller.deny.push(Deny {
        action: "config:GetResourceConfigHistory".to_owned(),
        regions: Vec::new(),
        kind: None,
    });
    let bench = Bench::new(organization);
    let event = Form::Oversized.event(&bench.simulator.world().repository(HOME, REGION, "level/sse").unwrap());
    assert_names(bench.invoke(&event).refused(), &["config:GetResourceConfigHistory"]);
}

/// What the item says is not asked again; what it leaves out is.
#[test]
fn an_item_that_says_everything_costs_one_call_for_the_key() {
    let bench = Bench::new(levels());
    bench.simulator.set_faults(vec![error("ecr:*", "AccessDeniedException")]);
    bench.invoke(&bench.change_of(HOME, "level/sse")).one();
    assert_eq!(bench.simulator.counters().total_calls(), 1, "only Config is told");
    bench.invoke(&bench.change_of(HOME, "level/awscmk")).one();
    let calls = bench.simulator.counters().calls;
    assert_eq!(bench.simulator.counters().total_calls(), 3, "{calls:?}");
}

#[test]
fn a_repository_that_is_gone_before_it_was_looked_at_is_not_applicable() {
    let bench = Bench::new(levels());
    let told = bench.invoke(&Event::change(item(HOME, "level/gone", Value::Null)));
    assert_eq!(told.succeeded(), ["level/gone NOT_APPLICABLE"]);
}

/// Another Region's repository is not looked for in this one.
#[test]
fn an_item_of_another_region_is_not_judged_by_this_one() {
    let bench = Bench::new(levels());
    for name in ["level/sse", "level/awscmk", "level/gone"] {
        let mut elsewhere = item(HOME, name, Value::Null);
        elsewhere["awsRegion"] = "us-east-1".into();
        elsewhere["ARN"] = format!("arn:aws:ecr:us-east-1:{HOME}:repository/{name}").into();
        let told = bench.invoke(&Event::change(elsewhere));
        assert_eq!(told.verdicts(), Vec::<String>::new(), "{:?}", told.invocation.outcome);
    }
}

#[test]
fn a_capture_time_that_is_missing_is_the_notification_s() {
    let bench = Bench::new(levels());
    let mut event = bench.change_of(HOME, "level/sse");
    event.invoking["configurationItem"]["configurationItemCaptureTime"] = Value::Null;
    assert_eq!(event.invoking["notificationCreationTime"], NOTIFIED);
    let told = bench.invoke(&event);
    assert!((told.one().ordering_timestamp - NOTIFIED_SECONDS).abs() < 0.001);
}

/// What passes is an invocation error, so that Lambda invokes again.
#[rstest]
#[case::throttled("ecr:DescribeRepositories", Effect::Throttle)]
#[case::broken("ecr:DescribeRepositories", Effect::Http)]
#[case::key_throttled("kms:DescribeKey", Effect::Throttle)]
#[case::key_reset("kms:DescribeKey", Effect::Reset)]
#[case::key_hangs("kms:DescribeKey", Effect::Hang)]
fn a_look_up_that_fails_for_now_is_an_error_before_the_deadline(#[case] operation: &str, #[case] effect: Effect) {
    let bench = Bench::new(levels());
    bench.simulator.set_faults(vec![Fault { effect, ..fault(operation) }]);
    let event = Form::Silent.event(&bench.simulator.world().repository(HOME, REGION, "level/awscmk").unwrap());
    let told = bench.invoke_within(&event, SHORT);
    told.refused();
    // And it was not the process that failed.
    bench.simulator.set_faults(Vec::new());
    assert_eq!(bench.invoke(&event).succeeded(), ["level/awscmk COMPLIANT"]);
}

#[test]
fn aws_is_not_there() {
    let bench = Bench::with(levels(), |options| options.variable("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    let told = bench.invoke_within(&bench.change_of(HOME, "level/sse"), SHORT);
    assert_names(told.refused(), &["PutEvaluations"]);
    assert_eq!(bench.function.exit_status(), None);
}

#[rstest]
fn a_fault_that_passes_is_overcome(
    #[values("ecr:DescribeRepositories", "kms:DescribeKey", "config:PutEvaluations")] operation: &str,
    #[values(Effect::Throttle, Effect::Http, Effect::Reset, Effect::ResetBody)] effect: Effect,
) {
    let bench = Bench::new(levels());
    bench.simulator.set_faults(vec![Fault { effect, times: Some(1), ..fault(operation) }]);
    let event = Form::Silent.event(&bench.simulator.world().repository(HOME, REGION, "level/awscmk").unwrap());
    let told = bench.invoke(&event);
    assert!(told.invocation.response().is_some(), "{:?}", told.invocation);
    // Config may have taken what it could not acknowledge.
    assert_eq!(told.verdicts().last().unwrap(), "level/awscmk COMPLIANT");
}
