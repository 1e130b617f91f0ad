//! What AWS Config recorded, beside what ECR tells.

use integration_tests::{CreationTemplate, Organization, Repository, Unrecorded};
use serde_json::Value;

use crate::config_source::{AGGREGATOR, recorded};
use crate::harness::{Bench, HOME, Outcome, SHOP, account, aes256, organization, repository};

pub const BOTH: [&str; 2] = ["--source", "both"];

fn differences(bench: &Bench) -> Vec<Value> {
    let text = std::fs::read_to_string(bench.report().join("differences.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `kind account region name fields`, of each difference.
pub fn told(bench: &Bench) -> Vec<String> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let fields = |one: &Value| {
        one["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join("+")
    };
    differences(bench)
        .iter()
        .map(|one| {
            let names = ["kind", "account_id", "region", "repository_name"].map(|name| text(one, name));
            format!("{} {}", names.join(" "), fields(one)).trim_end().to_owned()
        })
        .collect()
}

pub fn counts(outcome: &Outcome) -> [u64; 4] {
    ["compared", "not_recorded", "stale", "missing"].map(|name| outcome.summary["comparison"][name].as_u64().unwrap())
}

#[test]
fn a_fully_recorded_organization_has_no_differences() {
    let bench = Bench::new(recorded(organization()));
    let outcome = bench.scan(&BOTH);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(counts(&outcome), [6, 0, 0, 0]);
    assert_eq!(told(&bench), Vec::<String>::new());
    assert_eq!(outcome.summary["run"]["source"], "both");
    assert_eq!(outcome.summary["comparison"]["aggregator"], AGGREGATOR);
    // The verdicts are ECR's.
    assert!(
        outcome.findings.iter().all(|finding| finding["recorded_at"].is_null() && finding["status"] == "COMPLIANT")
    );
}

pub fn differing() -> Organization {
    let mut organization = recorded(organization());
    organization.config.unrecorded.push(Unrecorded {
        account: Some(HOME.to_owned()),
        resource_ids: vec!["app".to_owned()],
        ..Unrecorded::default()
    });
    let older = Repository { created_at: "2020-01-01T00:00:00Z".parse().unwrap(), ..aes256(SHOP, "us-east-1", "app") };
    organization.config.repositories.push(older);
    organization.config.repositories.push(aes256(SHOP, "eu-west-1", "gone"));
    organization
}

#[test]
fn differences_are_told_and_counted() {
    let bench = Bench::new(differing());
    let outcome = bench.scan(&BOTH);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let expected = [
        "not-recorded 111111111111 eu-west-1 app",
        "not-recorded 111111111111 us-east-1 app",
        "stale 222222222222 us-east-1 app encryption_type+kms_key+created_at",
        "missing 222222222222 eu-west-1 gone",
    ];
    assert_eq!(told(&bench), expected);
    assert_eq!(counts(&outcome), [4, 2, 1, 1]);
    let stale = &differences(&bench)[2];
    assert_eq!(
        (&stale["ecr"]["encryption_type"], &stale["config"]["encryption_type"]),
        (&"KMS".into(), &"AES256".into())
    );
    assert!(stale["config"]["recorded_at"].is_string() && stale["ecr"]["recorded_at"].is_null());
}

/// What ECR could not be asked about is not missing from it.
#[test]
fn a_target_that_was_lost_misses_nothing() {
    let mut organization = differing();
    account(&mut organization, SHOP).roles = Some(Vec::new());
    let bench = Bench::new(organization);
    let outcome = bench.scan(&BOTH);
    assert_eq!(outcome.status, 4);
    assert_eq!(counts(&outcome), [2, 2, 0, 0], "{:?}", told(&bench));
}

#[test]
fn accounts_and_regions_that_were_not_asked_for_are_not_compared() {
    let bench = Bench::new(differing());
    let outcome = bench.scan(&["--source", "both", "--regions", "us-east-1", "--exclude-accounts", HOME]);
    assert_eq!(told(&bench), ["stale 222222222222 us-east-1 app encryption_type+kms_key+created_at"]);
    assert_eq!(counts(&outcome), [2, 0, 1, 0]);
}

/// A Region whose records could not be read has no differences, but says so.
#[test]
fn what_config_does_not_tell_is_not_compared() {
    let mut organization = differing();
    let action = "config:SelectAggregateResourceConfig";
    organization.caller.deny.push(crate::harness::deny(action, &[], integration_tests::DenyKind::Identity));
    let bench = Bench::new(organization);
    let outcome = bench.scan(&BOTH);
    // ECR was read whole: nothing is hidden.
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(counts(&outcome), [0, 0, 0, 0]);
    let not_compared = outcome.summary["comparison"]["not_compared"].as_array().unwrap();
    let regions: Vec<&str> = not_compared.iter().map(|entry| entry["region"].as_str().unwrap()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1"]);
}

/// An older report's differences go with the report.
#[test]
fn a_later_run_leaves_no_older_differences() {
    let bench = Bench::new(differing());
    bench.scan(&BOTH);
    let outcome = bench.scan(&[]);
    assert!(!bench.report().join("differences.jsonl").exists());
    assert!(outcome.summary["comparison"].is_null());
}

#[test]
fn repositories_of_another_accounts_key_are_the_same_in_both() {
    let mut organization = recorded(organization());
    organization.repositories.push(repository(HOME, "us-east-1", "shared", &format!("{SHOP}-us-east-1")));
    let bench = Bench::new(organization);
    assert_eq!(counts(&bench.scan(&BOTH)), [7, 0, 0, 0], "{:?}", told(&bench));
}

/// AWS Config is asked for repositories alone.
#[test]
fn what_decides_the_next_repositories_is_not_compared() {
    let mut organization = recorded(organization());
    organization.creation_templates = vec![CreationTemplate {
        account: SHOP.to_owned(),
        region: "us-east-1".to_owned(),
        prefix: "app".to_owned(),
        encryption_type: Some("AES256".to_owned()),
        kms_key: None,
        applied_for: vec!["CREATE_ON_PUSH".to_owned()],
    }];
    let bench = Bench::new(organization);
    let outcome = bench.scan(&["--source", "both", "--include", "templates"]);
    assert_eq!(outcome.findings.len(), 7, "{}", outcome.stderr);
    assert_eq!(counts(&outcome), [6, 0, 0, 0], "{:?}", told(&bench));
    assert_eq!(told(&bench), Vec::<String>::new());
}
