//! The scan as a Lambda function, which keeps its reports on S3.

pub mod bench;
mod beside;
mod chains;
mod continuation;
mod late;
mod obstacles;

use std::time::Duration;

use integration_tests::{Fault, Organization};
use rstest::rstest;
use serde_json::json;

use bench::{BANK, Bench, REGIONS, SHOP, hang, metrics, organization, result};

#[test]
fn the_schedulers_event_brings_a_report_to_the_bucket() {
    let bench = Bench::new("function-complete", organization());
    let invocation = bench.invoke(&json!({ "resume": true }));
    let told = result(&invocation);
    let id = told["run_id"].as_str().unwrap();
    let report = told["report"].as_str().unwrap();
    let folder = report.strip_prefix("s3://function-complete/").unwrap();
    assert!(folder.starts_with("ecr/runs/20") && folder.ends_with(id), "{report}");
    assert!(told["duration_seconds"].as_f64().unwrap() > 0.0);
    let expected = json!({
        "run_id": id,
        "status": "complete",
        "continues": false,
        "exit_status": 3,
        "report": report,
        "totals": {
            "repositories": 7, "compliant": 6, "non_compliant": 1, "undetermined": 0, "exempt": 0, "not_covered": 0,
        },
        "duration_seconds": told["duration_seconds"],
    });
    assert_eq!(told, &expected);
    let expected = json!({ "Runs": 1, "Repositories": 7, "NonCompliant": 1, "Undetermined": 0, "NotCovered": 0 });
    assert_eq!(metrics(&invocation), Some(expected));

    let keys = bench.keys();
    for file in ["findings.jsonl", "summary.json", "report.html", "manifest.json"] {
        assert!(keys.contains(&format!("{folder}/{file}")), "{keys:?}");
    }
    let (latest, manifest) = (bench.object("ecr/latest.json"), bench.object(&format!("{folder}/manifest.json")));
    assert_eq!((&latest["run_id"], &latest["files"]), (&told["run_id"], &manifest["files"]));
    let begun = invocation.json_lines().find(|line| line["message"] == "the scan begins").unwrap();
    assert_eq!(begun["request_id"], invocation.request_id);

    // The same instance, and nothing is left of the run before to go on with.
    let again = bench.invoke(&json!({ "resume": true }));
    assert_ne!(result(&again)["run_id"], id);
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 12);
    assert_eq!(bench.object(&format!("{folder}/manifest.json"))["run_id"], id, "the first run stays");
}

#[test]
fn a_run_that_has_no_more_time_is_gone_on_with() {
    let mut organization = organization();
    organization.faults = vec![Fault {
        account: Some(BANK.to_owned()),
        region: Some(REGIONS[1].to_owned()),
        ..hang("ecr:DescribeRepositories")
    }];
    let bench = Bench::new("function-interrupted", organization);
    // Half of that is for reading.
    let invocation = bench.invoke_within(&json!({}), Duration::from_secs(24));
    let first = result(&invocation).clone();
    let id = first["run_id"].as_str().unwrap();
    assert_eq!((&first["status"], &first["exit_status"]), (&json!("interrupted"), &json!(3)));
    assert_eq!(first["report"], format!("s3://function-interrupted/ecr/interrupted-{id}"));
    assert_eq!((&first["totals"]["repositories"], &first["totals"]["not_covered"]), (&json!(6), &json!(1)));
    assert_eq!((&first["continues"], metrics(&invocation)), (&json!(true), None));
    let summary = bench.object(&format!("ecr/interrupted-{id}/summary.json"));
    assert_eq!(summary["run"]["interruption"], "the time that the run has was over");
    assert!(!bench.keys().contains(&"ecr/latest.json".to_owned()));
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 6);

    bench.simulator.reset();
    bench.simulator.set_faults(Vec::new());
    let invocation = bench.invoke(&json!({ "resume": true }));
    let second = result(&invocation);
    assert_eq!((&second["status"], &second["run_id"]), (&json!("complete"), &first["run_id"]));
    assert_eq!((&second["totals"]["repositories"], &second["totals"]["not_covered"]), (&json!(7), &json!(0)));
    assert_eq!(metrics(&invocation).unwrap()["Runs"], 1);
    let calls = [("ecr", "DescribeRepositories"), ("kms", "DescribeKey"), ("sts", "AssumeRole")];
    assert_eq!(calls.map(|(service, operation)| bench.calls(service, operation)), [1, 1, 1], "only the rest");
    assert_eq!(bench.object("ecr/latest.json")["run_id"], id);
    let is_left = |key: &String| key.contains("interrupted-") || key.contains(".unfinished");
    let left: Vec<_> = bench.keys().into_iter().filter(is_left).collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn without_resume_an_interrupted_run_is_begun_anew() {
    let mut organization = organization();
    organization.faults = vec![Fault { account: Some(BANK.to_owned()), ..hang("ecr:DescribeRepositories") }];
    let bench = Bench::new("function-anew", organization);
    let first = bench.invoke_within(&json!({}), Duration::from_secs(16));
    assert_eq!(result(&first)["status"], "interrupted");
    bench.simulator.reset();
    bench.simulator.set_faults(Vec::new());
    let second = bench.invoke(&json!({ "resume": false }));
    assert_eq!(result(&second)["status"], "complete");
    assert_ne!(result(&second)["run_id"], result(&first)["run_id"]);
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 6);
}

#[test]
fn time_that_is_over_before_the_scan_begins_is_an_error() {
    let faults = vec![hang("sts:GetCallerIdentity")];
    let bench = Bench::new("function-too-late", Organization { faults, ..organization() });
    let invocation = bench.invoke_within(&json!({}), Duration::from_secs(5));
    let (kind, message) = invocation.error().unwrap();
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains("before the scan began"), "{message}");
    assert_eq!(metrics(&invocation), None);
}

#[test]
fn what_was_not_covered_is_an_error_with_a_report() {
    let mut organization = organization();
    let bank = organization.accounts.iter_mut().find(|account| account.id == BANK).unwrap();
    bank.roles = Some(Vec::new());
    let bench = Bench::new("function-incomplete", organization);
    let invocation = bench.invoke(&json!({}));
    let (kind, message) = invocation.error().unwrap();
    let id = bench.object("ecr/latest.json")["run_id"].as_str().unwrap().to_owned();
    assert_eq!(kind, "Incomplete");
    let place = "1 not covered; the report is in s3://function-incomplete/ecr/runs/";
    assert!(message.starts_with(place) && message.ends_with(&id), "{message}");
    let expected = json!({ "Runs": 1, "Repositories": 5, "NonCompliant": 1, "Undetermined": 0, "NotCovered": 1 });
    assert_eq!(metrics(&invocation), Some(expected));
    let errors: Vec<_> = invocation.json_lines().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((&errors[0]["error_type"], &errors[0]["error"]), (&json!("Incomplete"), &json!(message)));
}

#[test]
fn a_topic_that_was_not_reached_is_an_error_with_a_report() {
    let topic = "sns:arn:aws:sns:eu-central-1:123456789012:no-such-topic";
    let settings = [("ECR_ENCRYPTION_NOTIFY", topic), ("ECR_ENCRYPTION_NOTIFY_ON", "always")];
    let bench = Bench::with("function-undelivered", organization(), &settings);
    let invocation = bench.invoke(&json!({}));
    let (kind, message) = invocation.error().unwrap();
    assert_eq!(kind, "Undelivered");
    let place = "; the report is in s3://function-undelivered/ecr/runs/";
    assert!(message.starts_with(topic) && message.contains("NotFound") && message.contains(place), "{message}");
    assert_eq!(metrics(&invocation).unwrap()["Runs"], 1);
}

#[test]
fn an_event_of_another_kind_scans_nothing() {
    let bench = Bench::new("function-event", organization());
    for (event, expected) in [
        (json!({ "resume": "yes" }), "the event's field `resume` is `\"yes\"`; it may be true or false"),
        (
            json!({ "detail": 1 }),
            "the event has a field `detail`, which is `1`; it may have the fields `resume` and `begin`",
        ),
        (json!(null), "the event is `null`; it may be an object, {} or {\"resume\": true}"),
    ] {
        let invocation = bench.invoke(&event);
        assert_eq!(invocation.error(), Some(("InvalidEvent", expected)));
        assert_eq!(metrics(&invocation), None);
    }
    assert_eq!(bench.simulator.counters().total_calls(), 0);
    // And the instance serves on.
    assert_eq!(result(&bench.invoke(&json!({})))["status"], "complete");
}

#[rstest]
#[case::value("ECR_ENCRYPTION_MAX_RATE", "many", "ECR_ENCRYPTION_MAX_RATE: invalid value 'many' for '--max-rate <N>'")]
#[case::flag(
    "ECR_ENCRYPTION_SECURITY_HUB",
    "on",
    "ECR_ENCRYPTION_SECURITY_HUB: invalid value 'on' for '--security-hub'"
)]
#[case::empty("ECR_ENCRYPTION_ACCOUNTS", "", "ECR_ENCRYPTION_ACCOUNTS: ")]
#[case::name("ECR_ENCRYPTION_DESIRED_LEVL", "sse", "there is no setting `ECR_ENCRYPTION_DESIRED_LEVL`; allowed: ")]
#[case::policy(
    "ECR_ENCRYPTION_POLICY",
    "/nonexistent/policy.toml",
    "policy file `/nonexistent/policy.toml` cannot be read"
)]
#[case::region("ECR_ENCRYPTION_REGIONS", "eu-nowhere-1", "--regions: no such Region: eu-nowhere-1; allowed: ")]
fn wrong_settings_scan_nothing(#[case] variable: &str, #[case] value: &str, #[case] expected: &str) {
    let name = format!("function-{}", variable.to_lowercase().replace('_', "-"));
    let bench = Bench::with(&name, organization(), &[(variable, value)]);
    let invocation = bench.invoke(&json!({}));
    let (kind, message) = invocation.error().unwrap_or_else(|| panic!("{invocation:#?}"));
    assert_eq!(kind, "InvalidSettings");
    assert!(message.starts_with(expected), "{message}");
    assert_eq!(metrics(&invocation), None);
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 0);
    assert!(bench.keys().iter().all(|key| key == "ecr/.write-check"), "{:?}", bench.keys());
}

#[test]
fn settings_do_what_the_flags_do() {
    let settings = [
        ("ECR_ENCRYPTION_ACCOUNTS", SHOP),
        ("ECR_ENCRYPTION_REGIONS", "us-east-1"),
        ("ECR_ENCRYPTION_DESIRED_LEVEL", "cloudhsm"),
        ("ECR_ENCRYPTION_SECURITY_HUB", "false"),
    ];
    let bench = Bench::with("function-settings", organization(), &settings);
    let told = bench.invoke(&json!({}));
    let totals = &result(&told)["totals"];
    assert_eq!((&totals["repositories"], &totals["non_compliant"]), (&json!(1), &json!(1)));
}

#[test]
fn a_bucket_that_is_not_there_is_told_before_anything_is_read() {
    let settings = [("ECR_ENCRYPTION_OUTPUT", "s3://function-no-such-bucket/ecr")];
    let bench = Bench::with("function-another-bucket", organization(), &settings);
    let invocation = bench.invoke(&json!({}));
    let (kind, message) = invocation.error().unwrap();
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains("function-no-such-bucket") && message.contains("NoSuchBucket"), "{message}");
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 0);
    assert_eq!(metrics(&invocation), None);
}
