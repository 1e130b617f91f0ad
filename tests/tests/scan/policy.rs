//! The policy's effects on a whole scan.

use integration_tests::Organization;

use crate::harness::{BANK, Bench, HOME, SHOP, account, aes256, organization, unit};

fn with_units() -> Organization {
    let mut organization = organization();
    organization.organizational_units = vec![
        unit("ou-root-aaaaaaaa", "Workloads", None),
        unit("ou-root-bbbbbbbb", "Prod", Some("ou-root-aaaaaaaa")),
        unit("ou-root-cccccccc", "Prod", None),
    ];
    account(&mut organization, SHOP).organizational_unit = Some("ou-root-bbbbbbbb".to_owned());
    account(&mut organization, BANK).organizational_unit = Some("ou-root-cccccccc".to_owned());
    organization
}

#[test]
fn overrides_apply_to_nested_units_by_id_and_by_path() {
    for unit in ["ou-root-aaaaaaaa", "Root/Workloads", "Root/Workloads/Prod", "ou-root-bbbbbbbb"] {
        let bench = Bench::new(with_units());
        let policy = bench.policy(&format!(
            "[[override]]\nname = \"hsm\"\norganizational_units = [\"{unit}\"]\ndesired_encryption_level = \"cloudhsm\""
        ));
        let outcome = bench.scan(&["--policy", &policy]);
        assert_eq!(outcome.status, 3, "{}", outcome.stderr);
        let finding = outcome.finding(SHOP, "us-east-1", "app");
        assert_eq!((finding["status"].as_str(), finding["override"].as_str()), (Some("NON_COMPLIANT"), Some("hsm")));
        assert_eq!(finding["desired_encryption_level"], "cloudhsm");
        for other in [HOME, BANK] {
            let finding = outcome.finding(other, "us-east-1", "app");
            assert_eq!((finding["status"].as_str(), finding["override"].as_str()), (Some("COMPLIANT"), None), "{unit}");
        }
    }
}

#[test]
fn the_last_override_that_matches_wins_and_beats_the_flag() {
    let mut organization = organization();
    organization.repositories.push(aes256(SHOP, "us-east-1", "cache/one"));
    let bench = Bench::new(organization);
    let policy = bench.policy(
        r#"
        desired_encryption_level = "sse"
        [[override]]
        name = "shop"
        accounts = ["222222222222"]
        desired_encryption_level = "externalcmk"
        [[override]]
        name = "caches"
        accounts = ["222222222222"]
        repositories = ["cache/*"]
        regions = ["us-east-1"]
        desired_encryption_level = "sse"
        "#,
    );
    let outcome = bench.scan(&["--policy", &policy, "--desired-level", "awscmk"]);
    assert_eq!(
        outcome.verdicts(),
        [
            "111111111111 eu-west-1 app: COMPLIANT level-met",
            "111111111111 us-east-1 app: COMPLIANT level-met",
            "222222222222 eu-west-1 app: NON_COMPLIANT below-desired-level",
            "222222222222 us-east-1 app: NON_COMPLIANT below-desired-level",
            "222222222222 us-east-1 cache/one: COMPLIANT level-met",
            "333333333333 eu-west-1 app: COMPLIANT level-met",
            "333333333333 us-east-1 app: COMPLIANT level-met",
        ]
    );
    assert_eq!(outcome.finding(SHOP, "us-east-1", "cache/one")["override"], "caches");
    assert_eq!(outcome.summary["run"]["policy"]["desired_encryption_level"], "awscmk");
    assert_eq!(outcome.summary["run"]["policy"]["override"][1]["name"], "caches");
}

#[test]
fn exemptions_by_name_and_by_tag() {
    let mut organization = organization();
    for (name, value) in
        [("for-good", ""), ("until", "2099-12-31"), ("ended", "2020-01-01"), ("impossible", "2099-02-30")]
    {
        let mut repository = aes256(SHOP, "us-east-1", name);
        repository.tags = [("exempt".to_owned(), value.to_owned()), ("team".to_owned(), "x".to_owned())].into();
        organization.repositories.push(repository);
    }
    organization.repositories.push(aes256(SHOP, "us-east-1", "sandbox/x"));
    let bench = Bench::new(organization);
    let policy = bench.policy("exempt_tag_key = \"exempt\"\nexempt_repository_names = \"sandbox/*, never-there\"");
    let outcome = bench.scan(&["--policy", &policy, "--accounts", SHOP, "--regions", "us-east-1"]);
    assert_eq!(
        outcome.verdicts(),
        [
            "222222222222 us-east-1 app: COMPLIANT level-met",
            "222222222222 us-east-1 ended: NON_COMPLIANT below-desired-level",
            "222222222222 us-east-1 for-good: EXEMPT exempt-by-tag",
            "222222222222 us-east-1 impossible: NON_COMPLIANT below-desired-level",
            "222222222222 us-east-1 sandbox/x: EXEMPT exempt-by-name",
            "222222222222 us-east-1 until: EXEMPT exempt-by-tag",
        ]
    );
    assert_eq!(outcome.finding(SHOP, "us-east-1", "until")["exempt_until"], "2099-12-31");
    assert_eq!(outcome.status, 3);
}

/// Without the list of accounts nobody knows who is under a unit: the override must not be lost in silence.
#[test]
fn units_that_decide_must_be_readable_where_accounts_are_named() {
    let mut organization = organization();
    organization.organizational_units = vec![unit("ou-root-aaaaaaaa", "Prod", None)];
    account(&mut organization, SHOP).organizational_unit = Some("ou-root-aaaaaaaa".to_owned());
    organization.faults = vec![integration_tests::Fault {
        operation: Some("organizations:ListAccounts".to_owned()),
        effect: integration_tests::Effect::Error,
        code: Some("AccessDeniedException".to_owned()),
        status: Some(400),
        ..integration_tests::Fault::default()
    }];
    let bench = Bench::new(organization);
    let policy = bench.policy(
        "[[override]]\nname = \"prod\"\norganizational_units = [\"Root/Prod\"]\ndesired_encryption_level = \"cloudhsm\"\n",
    );
    for arguments in [
        vec!["--accounts", SHOP, "--policy", &policy],
        vec!["--policy", &policy],
        vec!["--accounts", SHOP, "--exclude-organizational-units", "Root/Prod"],
    ] {
        let output = bench.command(&arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("organizational units") && stderr.contains("AccessDeniedException"), "{stderr}");
    }
    // An account that a policy names is no mistake, only because accounts cannot be listed.
    let policy =
        bench.policy("[[override]]\nname = \"shop\"\naccounts = [\"222222222222\"]\nrequire_dual_layer = true\n");
    let outcome = bench.scan(&["--accounts", SHOP, "--policy", &policy]);
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
}
