//! The files: whole, in order, the same each time, and never in the place of a better one.

use integration_tests::{Generate, Organization};
use serde_json::Value;

use crate::harness::{BANK, Bench, HOME, SHOP, account, aes256, organization};

/// Takes out what may differ between two runs over the same organization.
fn without_times(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        for name in ["evaluated_at", "started_at", "finished_at", "id"] {
            fields.remove(name);
        }
        for field in fields.values_mut() {
            *field = without_times(field.take());
        }
    }
    value
}

#[test]
fn two_runs_differ_only_in_times_and_ids() {
    let sizes = Generate {
        accounts: 30,
        regions: 5,
        repositories: 4,
        without_role_per_mille: 100,
        suspended_per_mille: 100,
        ..Generate::default()
    };
    let bench = Bench::new(Organization::generated(sizes));
    let first = bench.scan(&["--concurrency", "100"]);
    let second = bench.scan(&["--concurrency", "3"]);
    assert!(first.findings.len() > 300);
    assert_eq!(
        first.findings.into_iter().map(without_times).collect::<Vec<_>>(),
        second.findings.into_iter().map(without_times).collect::<Vec<_>>()
    );
    assert_eq!(without_times(first.summary), without_times(second.summary));
}

#[test]
fn findings_are_in_order() {
    let mut organization = organization();
    organization.accounts.reverse();
    for name in ["zebra", "a/b", "a", "b.c", "a-b"] {
        organization.repositories.push(aes256(SHOP, "us-east-1", name));
    }
    let outcome = crate::harness::scan(organization, &[]);
    let places: Vec<(String, String, String)> = outcome
        .findings
        .iter()
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            (text("account_id"), text("region"), text("repository_name"))
        })
        .collect();
    let mut sorted = places.clone();
    sorted.sort();
    assert_eq!(places, sorted);
    assert_eq!(places.len(), 11);
}

#[test]
fn only_the_formats_that_are_wanted_are_written() {
    let bench = Bench::new(organization());
    assert_eq!(bench.scan(&["--format", "csv"]).status, 0);
    let mut names: Vec<_> = std::fs::read_dir(bench.output())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["findings.csv", "summary.json"]);
}

#[test]
fn the_csv_holds_what_the_jsonl_holds() {
    let mut organization = organization();
    account(&mut organization, SHOP).name = "=cmd|' /C calc'!A0".to_owned();
    let bench = Bench::new(organization);
    let outcome = bench.scan(&[]);
    let text = std::fs::read_to_string(bench.output().join("findings.csv")).unwrap();
    assert!(!text.contains(",=cmd"), "{text}");
    assert!(text.contains("'=cmd|"), "{text}");
    assert_eq!(text.lines().filter(|line| line.contains(":repository/app")).count(), outcome.findings.len());
}

#[test]
fn a_run_that_saw_nothing_stands_beside_the_older_report() {
    let bench = Bench::new(organization());
    let first = bench.scan(&[]);
    assert_eq!(first.status, 0);
    let before = std::fs::read(bench.output().join("summary.json")).unwrap();

    bench.simulator.set_faults(vec![integration_tests::Fault {
        operation: Some("account:ListRegions".to_owned()),
        effect: integration_tests::Effect::Error,
        code: Some("AccessDeniedException".to_owned()),
        status: Some(403),
        ..integration_tests::Fault::default()
    }]);
    let second = bench.scan(&[]);
    assert_eq!(second.status, 4);
    assert_eq!(std::fs::read(bench.output().join("summary.json")).unwrap(), before);
    let beside = std::fs::read_dir(bench.output())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("failed-"))
        .expect("a folder of its own");
    let summary: Value = serde_json::from_slice(&std::fs::read(beside.join("summary.json")).unwrap()).unwrap();
    let lost: Vec<_> =
        summary["coverage"]["not_covered"].as_array().unwrap().iter().map(|entry| &entry["account_id"]).collect();
    assert_eq!(lost, [HOME, SHOP, BANK]);
    assert!(second.stdout.contains("older"), "{}", second.stdout);
}

#[test]
fn nothing_is_left_beside_the_report() {
    let bench = Bench::new(organization());
    bench.scan(&[]);
    bench.scan(&[]);
    let mut names: Vec<_> = std::fs::read_dir(bench.output())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["findings.csv", "findings.jsonl", "report.html", "summary.json"]);
}

#[test]
fn no_secret_is_in_any_log_or_file() {
    let bench = Bench::new(organization());
    let outcome = bench.scan(&["-vv"]);
    assert!(outcome.stderr.len() > 10_000, "the log is meant to be long");
    let environment = bench.simulator.environment();
    let secret = &environment.iter().find(|(name, _)| name == "AWS_SECRET_ACCESS_KEY").unwrap().1;
    for (what, text) in [("log", outcome.stderr.as_str()), ("summary", &outcome.summary.to_string())] {
        assert!(!text.contains(secret.as_str()), "the secret is in the {what}");
        for word in ["SessionToken>", "SecretAccessKey>", "x-amz-security-token\": \"", "Signature="] {
            assert!(!text.contains(word), "`{word}` is in the {what}");
        }
    }
}

#[test]
fn stdout_closed_early_is_no_failure() {
    let bench = Bench::new(organization());
    let mut child = bench.start(&[]);
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(bench.output().join("report.html").exists());
}

#[test]
fn quiet_says_nothing() {
    let outcome = crate::harness::scan(organization(), &["--quiet"]);
    assert_eq!((outcome.status, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, "", ""));
}
