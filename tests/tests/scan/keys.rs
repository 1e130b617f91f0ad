//! Keys: each asked for once, by whoever may.

use integration_tests::{Key, Organization, Repository};

use crate::harness::{BANK, HOME, SHOP, aes256, empty_organization, key, organization, repository, scan};

const CENTRAL: &str = "central";

/// A key of the Bank, used by the Shop and by Home.
fn central(describe_allowed: &[&str]) -> Organization {
    let mut organization = empty_organization();
    organization.keys.push(Key {
        describe_allowed: describe_allowed.iter().map(|&who| who.to_owned()).collect(),
        ..key(CENTRAL, BANK, "us-east-1")
    });
    for account in [HOME, SHOP] {
        organization.repositories.push(repository(account, "us-east-1", "app", CENTRAL));
    }
    organization
}

#[test]
fn a_key_that_many_use_is_described_once() {
    let mut organization = organization();
    for number in 0..20 {
        let name = format!("{SHOP}-us-east-1");
        organization.repositories.push(repository(SHOP, "us-east-1", &format!("more/{number}"), &name));
    }
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, outcome.findings.len()), (0, 26));
    assert_eq!(outcome.calls()["kms:DescribeKey"], 6);
}

#[test]
fn another_accounts_key_is_asked_for_in_its_own_account() {
    let outcome = scan(central(&["own"]), &["--desired-level", "awscmk"]);
    assert_eq!(outcome.status, 0);
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    assert_eq!(finding["key_state"], "Enabled");
    assert_eq!(finding["encryption_level_is_lower_bound"], false);
    assert_eq!(outcome.calls()["kms:DescribeKey"], 1);
    assert_eq!(outcome.calls()["sts:AssumeRole"], 2);
}

#[test]
fn its_own_account_is_asked_even_where_it_is_not_scanned() {
    let outcome = scan(central(&["own"]), &["--accounts", SHOP]);
    assert_eq!(outcome.finding(SHOP, "us-east-1", "app")["encryption_level_is_lower_bound"], false);
    assert_eq!(outcome.summary["coverage"]["accounts_found"], 1);

    // But not where the user wants it left alone.
    let excluded = scan(central(&["own"]), &["--exclude-accounts", BANK]);
    let finding = excluded.finding(SHOP, "us-east-1", "app");
    assert_eq!(
        (finding["status"].as_str(), finding["encryption_level_is_lower_bound"].as_bool()),
        (Some("COMPLIANT"), Some(true))
    );
    assert!(finding["reason"].as_str().unwrap().contains("at least awscmk"), "{finding}");
}

#[test]
fn what_one_account_may_describe_decides_for_all_that_use_it() {
    // Neither the owner nor Home may, the Shop may.
    let outcome = scan(central(&[SHOP]), &[]);
    for account in [HOME, SHOP] {
        let finding = outcome.finding(account, "us-east-1", "app");
        assert_eq!(finding["key_state"], "Enabled", "{account}");
    }
    // The owner and Home were refused before.
    assert_eq!(outcome.calls()["kms:DescribeKey"], 3);
}

#[test]
fn a_key_that_nobody_may_describe_has_a_lower_bound() {
    let enough = scan(central(&["nobody"]), &[]);
    assert_eq!(enough.status, 0);
    let finding = enough.finding(SHOP, "us-east-1", "app");
    assert_eq!(
        (finding["encryption_level"].as_str(), finding["reason_code"].as_str()),
        (Some("awscmk"), Some("level-met"))
    );
    assert_eq!(finding["encryption_level_is_lower_bound"], true);

    let more = scan(central(&["nobody"]), &["--desired-level", "cloudhsm"]);
    assert_eq!(more.status, 4);
    let finding = more.finding(SHOP, "us-east-1", "app");
    assert_eq!(
        (finding["status"].as_str(), finding["reason_code"].as_str()),
        (Some("UNDETERMINED"), Some("key-access-denied"))
    );
    assert!(finding["remediation"].to_string().contains("kms:DescribeKey"));
}

#[test]
fn an_owner_that_cannot_be_entered_is_not_the_end() {
    let mut organization = central(&["own", SHOP]);
    crate::harness::account(&mut organization, BANK).roles = Some(Vec::new());
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.finding(HOME, "us-east-1", "app")["key_state"], "Enabled");
    assert_eq!(outcome.not_covered(), [format!("{BANK} - assume-role-denied AccessDenied")]);
}

/// Its own account may not describe it: `alias/aws/ecr` tells whether it is the AWS-managed key.
#[test]
fn an_own_key_that_may_not_be_described_is_compared_with_the_aws_managed_one() {
    for (managed, status, code) in [(Some(false), "COMPLIANT", "level-met"), (Some(true), "COMPLIANT", "level-met")] {
        let mut organization = empty_organization();
        organization
            .keys
            .push(Key { describe_allowed: vec!["nobody".to_owned()], ..key("secretive", SHOP, "us-east-1") });
        organization.repositories.push(repository(SHOP, "us-east-1", "app", "secretive"));
        crate::harness::account(&mut organization, SHOP).aws_managed_ecr_key = managed;
        let outcome = scan(organization, &[]);
        let finding = outcome.finding(SHOP, "us-east-1", "app");
        assert_eq!(
            (finding["status"].as_str(), finding["reason_code"].as_str()),
            (Some(status), Some(code)),
            "{finding}"
        );
        assert_eq!(finding["encryption_level_is_lower_bound"], true);
        assert_eq!(outcome.calls()["kms:DescribeKey"], 2);
    }
}

#[test]
fn keys_by_every_name_and_none() {
    let mut organization = empty_organization();
    let mut shop = key("shop", SHOP, "us-east-1");
    shop.aliases = vec!["alias/shop".to_owned()];
    shop.id = Some("0a1b2c3d-0000-4000-8000-000000000001".to_owned());
    organization.keys.push(shop);
    let by = |name: &str, kms_key: Option<&str>| Repository {
        encryption_type: Some("KMS".to_owned()),
        kms_key: kms_key.map(str::to_owned),
        ..aes256(SHOP, "us-east-1", name)
    };
    organization.repositories = vec![
        by("by-id", Some("0a1b2c3d-0000-4000-8000-000000000001")),
        by("by-alias", Some("alias/shop")),
        by("by-alias-arn", Some("arn:aws:kms:us-east-1:222222222222:alias/shop")),
        by("by-nothing", None),
        by("by-nonsense", Some("not a key at all")),
        by("by-a-dead-name", Some("arn:aws:kms:us-east-1:222222222222:key/0a1b2c3d-0000-4000-8000-00000000dead")),
    ];
    let outcome = scan(organization, &[]);
    assert_eq!(
        outcome.verdicts(),
        [
            "222222222222 us-east-1 by-a-dead-name: NON_COMPLIANT key-not-found",
            "222222222222 us-east-1 by-alias: COMPLIANT level-met",
            "222222222222 us-east-1 by-alias-arn: COMPLIANT level-met",
            "222222222222 us-east-1 by-id: COMPLIANT level-met",
            "222222222222 us-east-1 by-nonsense: UNDETERMINED level-not-provable",
            "222222222222 us-east-1 by-nothing: NON_COMPLIANT below-desired-level",
        ]
    );
    let resolved = "arn:aws:kms:us-east-1:222222222222:key/0a1b2c3d-0000-4000-8000-000000000001";
    assert_eq!(outcome.finding(SHOP, "us-east-1", "by-alias")["kms_key_arn"], resolved);
}

/// The owner may not describe its key, and the scan is stopped before the accounts that use it have answered: nothing follows
/// from the owner's refusal, least of all a pass.
#[test]
fn a_key_whose_users_were_not_heard_is_no_pass() {
    let mut organization = central(&[SHOP]);
    organization.faults = vec![integration_tests::Fault {
        operation: Some("kms:DescribeKey".to_owned()),
        account: Some(HOME.to_owned()),
        effect: integration_tests::Effect::Hang,
        ..integration_tests::Fault::default()
    }];
    let bench = crate::harness::Bench::new(organization);
    let child = bench.start(&[]);
    let began = std::time::Instant::now();
    // The owner's answer, and Home's that does not come.
    while bench.simulator.counters().calls_of("kms", "DescribeKey") < 2 {
        assert!(began.elapsed() < std::time::Duration::from_mins(1));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let status = std::process::Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    let output = child.wait_with_output().unwrap();
    let outcome = crate::harness::Outcome::new(output, &crate::output::beside(&bench, "interrupted-"));
    assert_eq!((outcome.status, outcome.findings.len()), (4, 0), "{:?}", outcome.verdicts());
    assert_eq!(outcome.not_covered().len(), 2);
}
