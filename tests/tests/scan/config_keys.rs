//! Keys as AWS Config recorded them, and as KMS tells the caller.

use integration_tests::{Organization, StaleKey, Unrecorded};

use crate::config_source::{CONFIG, recorded};
use crate::harness::{BANK, Bench, HOME, SHOP, key, organization, repository, scan};

#[test]
fn a_keys_recorded_state_is_told_with_its_time() {
    let mut organization = recorded(organization());
    let stale = StaleKey { key: format!("{SHOP}-us-east-1"), state: "Disabled".to_owned() };
    organization.config.stale_keys.push(stale);
    let outcome = scan(organization, &CONFIG);
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    assert_eq!(finding["reason_code"], "key-disabled");
    assert!(finding["reason"].as_str().unwrap().contains("as AWS Config recorded it at"), "{finding}");
    assert!(finding["key_recorded_at"].is_string());
    assert_eq!(outcome.status, 3);
}

fn without_recorded_key(change: impl FnOnce(&mut integration_tests::Key)) -> Organization {
    let mut organization = recorded(organization());
    organization
        .config
        .unrecorded
        .push(Unrecorded { resource_type: Some("AWS::KMS::Key".to_owned()), ..Unrecorded::default() });
    let key = organization.keys.iter_mut().find(|key| key.name == format!("{SHOP}-us-east-1")).unwrap();
    change(key);
    organization
}

/// A key of the repository's own account that nobody describes may be the AWS-managed one: no pass.
#[test]
fn a_key_that_nobody_tells_of_is_no_pass() {
    let outcome = scan(without_recorded_key(|_| {}), &CONFIG);
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    assert_eq!((&finding["status"], &finding["reason_code"]), (&"UNDETERMINED".into(), &"key-access-denied".into()));
    assert_eq!(
        (&finding["encryption_level"], &finding["encryption_level_is_lower_bound"]),
        (&"awskms".into(), &true.into())
    );
    // The caller's own account is asked itself.
    assert_eq!(outcome.finding(HOME, "us-east-1", "app")["status"], "COMPLIANT");
    assert_eq!(outcome.status, 4);
}

#[test]
fn a_key_that_config_lacks_is_described_by_the_caller_where_its_policy_lets_it() {
    let organization = without_recorded_key(|key| key.describe_allowed = vec!["everyone".to_owned()]);
    let outcome = scan(organization, &CONFIG);
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    assert_eq!(finding["status"], "COMPLIANT", "{finding}");
    assert!(finding["key_recorded_at"].is_null() && finding["key_state"] == "Enabled");
}

#[test]
fn another_accounts_key_that_nobody_tells_of_has_its_lower_bound() {
    let mut organization = without_recorded_key(|_| {});
    organization.repositories.push(repository(BANK, "us-east-1", "shared", &format!("{SHOP}-us-east-1")));
    let outcome = scan(organization, &CONFIG);
    let finding = outcome.finding(BANK, "us-east-1", "shared");
    assert_eq!(
        (&finding["status"], &finding["encryption_level"]),
        (&"COMPLIANT".into(), &"awscmk".into()),
        "{finding}"
    );
    assert_eq!(finding["encryption_level_is_lower_bound"], true);
}

/// What was recorded may have changed since, so it proves no state; KMS does, where it tells.
#[test]
fn a_state_that_must_be_proved_is_asked_of_kms() {
    let mut organization = recorded(organization());
    let key = organization.keys.iter_mut().find(|key| key.name == format!("{BANK}-us-east-1")).unwrap();
    key.describe_allowed = vec!["everyone".to_owned()];
    let bench = Bench::new(organization);
    let policy = bench.policy("require_usable_key = \"proven\"");
    let outcome = bench.scan(&["--source", "config", "--policy", &policy]);
    assert_eq!(outcome.finding(HOME, "us-east-1", "app")["status"], "COMPLIANT");
    assert_eq!(outcome.finding(BANK, "us-east-1", "app")["status"], "COMPLIANT");
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    let expected = ("UNDETERMINED".into(), "key-state-not-provable".into(), "awscmk".into());
    assert_eq!(
        (&finding["status"], &finding["reason_code"], &finding["encryption_level"]),
        (&expected.0, &expected.1, &expected.2)
    );
    assert!(finding["remediation"][0].as_str().unwrap().contains("kms:DescribeKey"), "{finding}");
}

#[test]
fn a_key_is_asked_for_once_however_many_use_it() {
    let mut organization = recorded(organization());
    organization.keys.push(key("unused", HOME, "us-east-1"));
    for number in 0..30 {
        organization.repositories.push(repository(
            SHOP,
            "us-east-1",
            &format!("app-{number}"),
            &format!("{SHOP}-us-east-1"),
        ));
    }
    let outcome = scan(organization, &CONFIG);
    assert_eq!(outcome.status, 0, "{:?}", outcome.not_covered());
    assert!(!outcome.calls().contains_key("kms:DescribeKey"), "{:?}", outcome.calls());
    // Two Regions, each: recorders, repositories, keys.
    assert_eq!(outcome.calls()["config:SelectAggregateResourceConfig"], 6);
}
