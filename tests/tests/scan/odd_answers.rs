//! Answers that AWS should not give: nothing follows from them, least of all a pass.

use integration_tests::{AccountState, Effect, Fault, Key};

use crate::harness::{
    BANK, Bench, HOME, Outcome, REGIONS, SHOP, account, aes256, empty_organization, fault, key, organization,
    repository, scan, unit,
};

/// Status 200 and this body.
fn answer(operation: &str, body: &str) -> Fault {
    Fault { effect: Effect::Http, status: Some(200), message: Some(body.to_owned()), ..fault(operation) }
}

fn error(operation: &str, status: u16, code: &str) -> Fault {
    Fault { effect: Effect::Error, status: Some(status), code: Some(code.to_owned()), ..fault(operation) }
}

fn with(odd: Fault) -> Outcome {
    // The truth is a finding: a key that is disabled.
    let mut organization = organization();
    for key in organization.keys.iter_mut().filter(|key| key.account == SHOP) {
        "Disabled".clone_into(&mut key.state);
    }
    organization.faults = vec![odd];
    scan(organization, &[])
}

#[test]
fn an_odd_answer_about_a_key_is_no_refusal() {
    for odd in [
        answer("kms:DescribeKey", "{}"),
        answer("kms:DescribeKey", r#"{"KeyMetadata":{"KeyId":"x"}}"#),
        answer("kms:DescribeKey", r#"{"KeyMetadata":null}"#),
        error("kms:DescribeKey", 400, "SomethingNew"),
        error("kms:DescribeKey", 400, "ValidationException"),
        error("kms:DescribeKey", 400, "InvalidSignatureException"),
        Fault {
            effect: Effect::Http,
            status: Some(403),
            message: Some("<html>".to_owned()),
            ..fault("kms:DescribeKey")
        },
        Fault {
            effect: Effect::Http,
            status: Some(404),
            message: Some("<html>".to_owned()),
            ..fault("kms:DescribeKey")
        },
    ] {
        let outcome = with(odd.clone());
        assert_eq!(outcome.status, 4, "{odd:?}: {:?}", outcome.verdicts());
        let lost: Vec<String> =
            outcome.not_covered().iter().map(|entry| entry.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lost, REGIONS.map(|region| format!("{SHOP} {region} failed")), "{odd:?}");
        assert_eq!((outcome.findings.len(), outcome.targets_scanned()), (4, 4), "{odd:?}");
    }
}

#[test]
fn key_facts_that_are_left_out_prove_nothing() {
    let body = r#"{"KeyMetadata":{"KeyId":"x","Arn":"arn:aws:kms:us-east-1:222222222222:key/0a1b2c3d-0000-4000-8000-000000000001"}}"#;
    let outcome = with(answer("kms:DescribeKey", body));
    assert_eq!(outcome.status, 4);
    let finding = outcome.finding(SHOP, "us-east-1", "app");
    assert_eq!(finding["status"], "UNDETERMINED");
    assert!(finding["reason"].as_str().unwrap().contains("`not reported`"), "{finding}");
}

#[test]
fn a_list_that_is_missing_is_not_an_empty_one() {
    for (operation, body, regions) in [
        ("ecr:DescribeRepositories", "{}", 2),
        ("ecr:DescribeRepositories", r#"{"repositories":null}"#, 2),
        ("account:ListRegions", "{}", 0),
        ("account:ListRegions", r#"{"Regions":[]}"#, 0),
        ("account:ListRegions", r#"{"Regions":[{"RegionName":"us-east-1"}]}"#, 0),
    ] {
        let outcome = with(answer(operation, body));
        assert_eq!(outcome.status, 4, "{operation} {body}: {:?}", outcome.verdicts());
        assert_eq!(outcome.not_covered().len(), regions.max(1), "{operation} {body}");
        assert!(outcome.not_covered().iter().all(|entry| entry.starts_with(SHOP)), "{operation} {body}");
        assert_eq!(outcome.findings.len(), 4);
    }
    let organizations = Fault { account: None, ..answer("organizations:ListAccounts", "{}") };
    assert_eq!(with(organizations).status, 4);
}

#[test]
fn an_unknown_region_status_is_a_gap() {
    let body = r#"{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_POLICY"},
        {"RegionName":"eu-west-1","RegionOptStatus":"DISABLED"}]}"#;
    let outcome = with(answer("account:ListRegions", body));
    assert_eq!(outcome.status, 4);
    assert_eq!(
        outcome.not_covered(),
        [format!("{SHOP} eu-west-1 region-disabled -"), format!("{SHOP} us-east-1 failed -")]
    );
    assert!(outcome.entries()[1]["message"].as_str().unwrap().contains("`ENABLED_BY_POLICY`"));
}

#[test]
fn an_unknown_account_state_is_scanned() {
    let mut organization = organization();
    account(&mut organization, SHOP).state = AccountState::Other("RESTRICTED".to_owned());
    let outcome = scan(organization, &[]);
    // The simulator lets nobody into an account that is not active, which is then told.
    assert_eq!(outcome.status, 4);
    assert_eq!(outcome.not_covered(), [format!("{SHOP} - assume-role-denied AccessDenied")]);
}

#[test]
fn a_list_without_an_end_is_told_and_not_read_for_ever() {
    for (operation, body, everywhere) in [
        ("ecr:DescribeRepositories", r#"{"repositories":[],"nextToken":"again"}"#, false),
        (
            "account:ListRegions",
            r#"{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED"}],"NextToken":"again"}"#,
            false,
        ),
        ("organizations:ListAccounts", r#"{"Accounts":[],"NextToken":"again"}"#, true),
    ] {
        let mut odd = answer(operation, body);
        if everywhere {
            odd.account = None;
        }
        let outcome = with(odd);
        assert_eq!(outcome.status, 4, "{operation}");
        let messages: Vec<&str> = outcome.entries().iter().map(|entry| entry["message"].as_str().unwrap()).collect();
        assert!(
            messages.iter().any(|message| message.contains("the same page token twice")),
            "{operation}: {messages:?}"
        );
    }
}

#[test]
fn a_repository_that_is_listed_twice_is_one_finding() {
    let one = r#"{"repositoryName":"twice","repositoryArn":"arn:aws:ecr:us-east-1:222222222222:repository/twice",
        "encryptionConfiguration":{"encryptionType":"AES256"}}"#;
    let outcome = with(answer("ecr:DescribeRepositories", &format!(r#"{{"repositories":[{one},{one}]}}"#)));
    let shop: Vec<String> = outcome.verdicts().into_iter().filter(|verdict| verdict.starts_with(SHOP)).collect();
    assert_eq!(shop, REGIONS.map(|region| format!("{SHOP} {region} twice: NON_COMPLIANT below-desired-level")));
}

#[test]
fn units_whose_names_hold_a_slash_are_not_mistaken() {
    let mut organization = organization();
    organization.organizational_units =
        vec![unit("ou-root-aaaaaaaa", "Sandbox", None), unit("ou-root-bbbbbbbb", "Sandbox/Prod", None)];
    account(&mut organization, SHOP).organizational_unit = Some("ou-root-aaaaaaaa".to_owned());
    account(&mut organization, BANK).organizational_unit = Some("ou-root-bbbbbbbb".to_owned());
    for id in [SHOP, BANK] {
        organization.repositories.push(aes256(id, "us-east-1", "old"));
    }
    let bench = Bench::new(organization);
    let policy = bench.policy(
        "[[override]]\nname = \"sandbox\"\norganizational_units = [\"Root/Sandbox\"]\ndesired_encryption_level = \"sse\"",
    );
    let outcome = bench.scan(&["--policy", &policy]);
    assert_eq!(outcome.finding(SHOP, "us-east-1", "old")["status"], "COMPLIANT");
    assert_eq!(outcome.finding(BANK, "us-east-1", "old")["status"], "NON_COMPLIANT");
    // The policy is kept as it was written.
    assert_eq!(outcome.summary["run"]["policy"]["override"][0]["organizational_units"][0], "Root/Sandbox");
}

#[test]
fn an_override_for_an_account_that_is_not_scanned_is_an_error_without_an_organization_too() {
    let mut organization = organization();
    organization.in_use = false;
    let bench = Bench::new(organization);
    let policy = bench.policy("[[override]]\naccounts = [\"111111111112\"]\ndesired_encryption_level = \"cloudhsm\"");
    let outcome = bench.scan(&["--policy", &policy]);
    assert_eq!(outcome.status, 2, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("111111111112") && outcome.stderr.contains("allowed: 111111111111"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_role_that_is_refused_is_asked_for_once() {
    let mut organization = empty_organization();
    account(&mut organization, BANK).roles = Some(Vec::new());
    for number in 0..20 {
        let name = format!("central-{number}");
        organization.keys.push(Key { describe_allowed: vec![SHOP.to_owned()], ..key(&name, BANK, "us-east-1") });
        organization.repositories.push(repository(SHOP, "us-east-1", &format!("app-{number:02}"), &name));
    }
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.calls()["sts:AssumeRole"], 2, "one for each account but the caller's");
    assert_eq!(outcome.findings.len(), 20);
    assert!(
        outcome.findings.iter().all(|finding| finding["status"] == "COMPLIANT" && finding["key_state"] == "Enabled")
    );
}

#[test]
fn an_owner_that_cannot_be_entered_is_not_blamed_on_the_user() {
    let mut organization = empty_organization();
    account(&mut organization, BANK).roles = Some(Vec::new());
    organization.keys.push(key("central", BANK, "us-east-1"));
    organization.repositories.push(repository(SHOP, "us-east-1", "app", "central"));
    organization.faults = vec![error("kms:DescribeKey", 400, "UnrecognizedClientException")];
    let outcome = scan(organization, &[]);
    assert_eq!(
        outcome.not_covered(),
        [
            format!("{SHOP} us-east-1 failed UnrecognizedClientException"),
            format!("{BANK} - assume-role-denied AccessDenied"),
        ]
    );
}

#[test]
fn what_is_exempt_needs_no_key() {
    let mut organization = organization();
    organization.faults = vec![Fault { effect: Effect::Throttle, ..fault("kms:DescribeKey") }];
    let bench = Bench::new(organization);
    let policy = bench.policy("exempt_repository_names = [\"app\"]");
    let outcome = bench.scan(&["--policy", &policy]);
    assert_eq!((outcome.status, outcome.findings.len(), outcome.not_covered().len()), (0, 6, 0));
    assert_eq!(outcome.finding(SHOP, "us-east-1", "app")["status"], "EXEMPT");
}

#[test]
fn tags_that_cannot_be_asked_for_are_no_verdict() {
    let mut organization = organization();
    let mut exempt = aes256(SHOP, "us-east-1", "exempt");
    exempt.tags = [("exempt".to_owned(), String::new())].into();
    organization.repositories.push(exempt);
    organization.faults =
        vec![Fault { region: Some("us-east-1".to_owned()), effect: Effect::Throttle, ..fault("tag:GetResources") }];
    let bench = Bench::new(organization);
    let policy = bench.policy("exempt_tag_key = \"exempt\"");
    let outcome = bench.scan(&["--policy", &policy]);
    assert_eq!(outcome.status, 4, "{:?}", outcome.verdicts());
    assert_eq!(outcome.not_covered(), [format!("{SHOP} us-east-1 throttled ThrottlingException")]);
    assert_eq!(outcome.findings.len(), 5);
}

#[test]
fn a_session_is_told_by_its_role_where_trust_is_at_stake() {
    let mut organization = organization();
    organization.caller = integration_tests::Caller {
        access_key_id: "ASIASIMULATOREXAMPLE".to_owned(),
        session_token: Some("a-session-token".to_owned()),
        account: HOME.to_owned(),
        role: Some("Auditor".to_owned()),
        ..integration_tests::Caller::default()
    };
    account(&mut organization, SHOP).roles = Some(Vec::new());
    let outcome = scan(organization, &[]);
    let hint = outcome.entries()[0]["hint"].as_str().unwrap();
    assert!(hint.contains("arn:aws:iam::111111111111:role/Auditor") && !hint.contains("assumed-role"), "{hint}");
}
