//! What is seen, and how what is not seen is told.

use integration_tests::{AccountState, AccountStateMember, Answers, DenyKind, PathForm, RegionStatus, Role};

use crate::harness::{BANK, HOME, REGIONS, SHOP, account, aes256, deny, empty_organization, organization, scan, unit};

#[test]
fn everything_complies_and_was_covered() {
    let outcome = scan(organization(), &[]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.findings.len(), 6);
    assert_eq!(outcome.targets_scanned(), 6);
    assert_eq!(outcome.summary["coverage"]["accounts_found"], 3);
    assert_eq!(outcome.not_covered(), Vec::<String>::new());
    assert_eq!(outcome.stderr, "");
}

#[test]
fn an_empty_organization_is_covered_too() {
    let outcome = scan(empty_organization(), &[]);
    assert_eq!((outcome.status, outcome.findings.len(), outcome.targets_scanned()), (0, 0, 6));
    assert!(outcome.stdout.contains("No repositories were found"), "{}", outcome.stdout);
}

#[test]
fn one_that_does_not_comply_is_status_3() {
    let mut organization = organization();
    organization.repositories.push(aes256(SHOP, "us-east-1", "old"));
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.status, 3);
    let finding = outcome.finding(SHOP, "us-east-1", "old");
    assert_eq!(finding["reason_code"], "below-desired-level");
    assert_eq!(finding["account_name"], "Shop");
    assert_eq!(finding["organizational_unit_path"], "Root");
    let advice = finding["remediation"].to_string();
    for part in
        ["cannot be changed", "symmetric customer managed key", "new private repository", "docker push", "Delete"]
    {
        assert!(advice.contains(part), "`{part}` is missing in {advice}");
    }
}

#[test]
fn a_role_that_is_not_there_is_told_with_what_to_do() {
    let mut organization = organization();
    account(&mut organization, SHOP).roles = Some(Vec::new());
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.status, 4);
    assert_eq!(outcome.not_covered(), [format!("{SHOP} - assume-role-denied AccessDenied")]);
    let entry = &outcome.entries()[0];
    assert_eq!(entry["account_name"], "Shop");
    assert!(entry["message"].as_str().unwrap().contains("is not authorized to perform: sts:AssumeRole"));
    let hint = entry["hint"].as_str().unwrap();
    assert!(hint.contains("arn:aws:iam::222222222222:role/EcrEncryptionAudit"), "{hint}");
    assert!(hint.contains("arn:aws:iam::111111111111:user/security-auditor"), "{hint}");
    assert_eq!(outcome.targets_scanned(), 4);
    assert_eq!(outcome.findings.len(), 4);
}

#[test]
fn an_external_id_is_asked_for_and_taken() {
    let mut organization = organization();
    account(&mut organization, SHOP).roles =
        Some(vec![Role { external_id: Some("agreed".to_owned()), ..Role::default() }]);
    let without = scan(organization.clone(), &[]);
    assert_eq!(without.not_covered(), [format!("{SHOP} - assume-role-denied AccessDenied")]);
    assert!(without.entries()[0]["hint"].as_str().unwrap().contains("--external-id"));
    let wrong = scan(organization.clone(), &["--external-id", "other"]);
    assert_eq!(wrong.status, 4);
    let right = scan(organization, &["--external-id", "agreed"]);
    assert_eq!((right.status, right.not_covered().len()), (0, 0));
}

#[test]
fn a_role_with_another_name_and_a_path() {
    let mut organization = organization();
    for id in [SHOP, BANK] {
        account(&mut organization, id).roles =
            Some(vec![Role { name: "Audit".to_owned(), path: "/security/".to_owned(), ..Role::default() }]);
    }
    let outcome = scan(organization, &["--role-name", "security/Audit"]);
    assert_eq!((outcome.status, outcome.findings.len()), (0, 6));
}

#[test]
fn a_denied_region_loses_that_region_only() {
    let mut organization = organization();
    account(&mut organization, SHOP).deny = vec![deny("ecr:*", &["us-east-1"], DenyKind::Scp)];
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.status, 4);
    assert_eq!(outcome.not_covered(), [format!("{SHOP} us-east-1 access-denied AccessDeniedException")]);
    let hint = outcome.entries()[0]["hint"].as_str().unwrap();
    assert!(hint.contains("service control policy") && hint.contains("ecr:DescribeRepositories"), "{hint}");
    assert_eq!((outcome.targets_scanned(), outcome.findings.len()), (5, 5));
}

#[test]
fn a_missing_permission_is_named_with_its_role() {
    let mut organization = organization();
    let denied = vec![deny("ecr:DescribeRepositories", &[], DenyKind::Identity)];
    account(&mut organization, SHOP).roles = Some(vec![Role { deny: denied, ..Role::default() }]);
    let outcome = scan(organization, &[]);
    let expected = REGIONS.map(|region| format!("{SHOP} {region} access-denied AccessDeniedException"));
    assert_eq!((outcome.status, outcome.not_covered()), (4, expected.to_vec()));
    assert_eq!(
        outcome.entries()[0]["hint"],
        "allow ecr:DescribeRepositories to the role arn:aws:iam::222222222222:role/EcrEncryptionAudit"
    );
}

#[test]
fn regions_that_may_not_be_listed_lose_the_account() {
    let mut organization = organization();
    let denied = vec![deny("account:ListRegions", &[], DenyKind::Identity)];
    account(&mut organization, SHOP).roles = Some(vec![Role { deny: denied, ..Role::default() }]);
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.status, 4);
    assert_eq!(outcome.not_covered(), [format!("{SHOP} - access-denied AccessDeniedException")]);
    assert!(outcome.entries()[0]["hint"].as_str().unwrap().contains("account:ListRegions"));
}

#[test]
fn accounts_that_are_not_active_are_told_and_are_no_gap() {
    for (state, member) in [
        (AccountState::Suspended, AccountStateMember::State),
        (AccountState::Suspended, AccountStateMember::Status),
        (AccountState::PendingClosure, AccountStateMember::Both),
        (AccountState::Closed, AccountStateMember::State),
        (AccountState::PendingActivation, AccountStateMember::State),
    ] {
        let mut organization = organization();
        organization.answers.account_state = member;
        let message = format!("the account's state is {}", state.as_str());
        account(&mut organization, SHOP).state = state;
        let outcome = scan(organization, &[]);
        assert_eq!(outcome.status, 0);
        assert_eq!(outcome.not_covered(), [format!("{SHOP} - account-not-active -")]);
        assert_eq!(outcome.entries()[0]["message"], message);
        assert_eq!(outcome.summary["coverage"]["accounts_found"], 3);
    }
}

#[test]
fn regions_that_are_not_enabled_are_told_and_are_no_gap() {
    let mut organization = organization();
    account(&mut organization, SHOP).regions = [
        ("af-south-1".to_owned(), RegionStatus::Disabled),
        ("eu-south-1".to_owned(), RegionStatus::Enabling),
        ("me-south-1".to_owned(), RegionStatus::Enabled),
    ]
    .into();
    organization.repositories.push(aes256(SHOP, "me-south-1", "opted-in"));
    let outcome = scan(organization.clone(), &[]);
    assert_eq!(outcome.status, 3);
    let told = [format!("{SHOP} af-south-1 region-disabled -"), format!("{SHOP} eu-south-1 region-disabled -")];
    assert_eq!(outcome.not_covered(), told);
    assert!(outcome.entries()[1]["message"].as_str().unwrap().contains("ENABLING"));
    assert_eq!(outcome.targets_scanned(), 7);
    outcome.finding(SHOP, "me-south-1", "opted-in");

    let named = scan(organization, &["--regions", "eu-west-1", "--accounts", SHOP]);
    assert_eq!((named.status, named.targets_scanned(), named.not_covered().len()), (0, 1, 0));
}

#[test]
fn a_named_region_that_an_account_has_disabled_is_told() {
    let mut organization = organization();
    for id in [HOME, SHOP] {
        account(&mut organization, id).regions = [("af-south-1".to_owned(), RegionStatus::Disabled)].into();
    }
    let outcome = scan(organization, &["--regions", "af-south-1,us-east-1"]);
    // The third account's list does not name the Region at all, which is not the same.
    let told = [
        format!("{HOME} af-south-1 region-disabled -"),
        format!("{SHOP} af-south-1 region-disabled -"),
        format!("{BANK} af-south-1 failed -"),
    ];
    assert_eq!((outcome.status, outcome.not_covered()), (4, told.to_vec()));
    assert_eq!(outcome.targets_scanned(), 3);
}

#[test]
fn every_page_of_accounts_is_read_empty_ones_too() {
    let mut organization = organization();
    organization.answers = Answers { empty_page_every: 1, accounts_per_page: 1, ..Answers::default() };
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, outcome.targets_scanned()), (0, 6));
    assert!(outcome.calls()["organizations:ListAccounts"] >= 6, "{:?}", outcome.calls());
}

#[test]
fn every_page_of_repositories_is_read() {
    let mut organization = organization();
    organization.answers.repositories_per_page = 7;
    for number in 0..50 {
        organization.repositories.push(aes256(BANK, "us-east-1", &format!("many/{number:02}")));
    }
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, outcome.findings.len()), (3, 56));
    // 51 repositories by 7, and one page for each of the five other targets.
    assert_eq!(outcome.calls()["ecr:DescribeRepositories"], 8 + 5);
}

#[test]
fn paths_of_units_are_found_out_where_the_list_does_not_tell_them() {
    for form in [PathForm::OrganizationalUnits, PathForm::WithAccount, PathForm::Absent] {
        let mut organization = organization();
        organization.answers.account_paths = form;
        organization.organizational_units = vec![
            unit("ou-root-aaaaaaaa", "Workloads", None),
            unit("ou-root-bbbbbbbb", "Prod", Some("ou-root-aaaaaaaa")),
        ];
        account(&mut organization, SHOP).organizational_unit = Some("ou-root-bbbbbbbb".to_owned());
        let outcome = scan(organization, &[]);
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        let path = |id: &str| outcome.finding(id, "us-east-1", "app")["organizational_unit_path"].clone();
        assert_eq!((path(HOME), path(SHOP)), ("Root".into(), "Root/Workloads/Prod".into()), "{form:?}");
    }
}

#[test]
fn without_an_organization_the_callers_account_is_scanned_alone() {
    let mut organization = organization();
    organization.in_use = false;
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, outcome.targets_scanned()), (0, 2));
    assert!(
        outcome.stderr.contains("not in use: looking at the caller's account 111111111111 alone"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.summary["run"]["organization_id"].is_null());
    assert!(outcome.finding(HOME, "us-east-1", "app")["account_name"].is_null());
}

#[test]
fn an_organization_that_may_not_be_read_is_a_gap() {
    let mut organization = organization();
    organization.caller.account = SHOP.to_owned();
    let outcome = scan(organization.clone(), &[]);
    assert_eq!((outcome.status, outcome.targets_scanned()), (4, 2));
    assert_eq!(outcome.not_covered(), ["- - access-denied AccessDeniedException"]);
    let hint = outcome.entries()[0]["hint"].as_str().unwrap();
    assert!(hint.contains("delegated administrator") && hint.contains("--accounts"), "{hint}");

    // Named accounts need no list.
    let named = scan(organization, &["--accounts", &format!("{SHOP},{BANK}")]);
    assert_eq!((named.status, named.targets_scanned(), named.not_covered().len()), (0, 4, 0));
    assert!(named.stderr.contains("looking at the accounts that were named"), "{}", named.stderr);
}

#[test]
fn fail_on_narrows_the_status() {
    let mut organization = organization();
    organization.repositories.push(aes256(HOME, "us-east-1", "old"));
    account(&mut organization, SHOP).roles = Some(Vec::new());
    for (fail_on, status) in [
        ("non-compliant,undetermined,incomplete", 3),
        ("non-compliant", 3),
        ("undetermined", 0),
        ("incomplete", 4),
        ("undetermined,incomplete", 4),
        ("never", 0),
    ] {
        assert_eq!(scan(organization.clone(), &["--fail-on", fail_on]).status, status, "{fail_on}");
    }
}
