//! Which accounts are scanned.

use std::collections::BTreeSet;

use integration_tests::Organization;

use crate::harness::{BANK, HOME, SHOP, account, organization, scan, unit};

fn with_units() -> Organization {
    let mut organization = organization();
    organization.organizational_units =
        vec![unit("ou-root-aaaaaaaa", "Workloads", None), unit("ou-root-bbbbbbbb", "Prod", Some("ou-root-aaaaaaaa"))];
    account(&mut organization, SHOP).organizational_unit = Some("ou-root-aaaaaaaa".to_owned());
    account(&mut organization, BANK).organizational_unit = Some("ou-root-bbbbbbbb".to_owned());
    organization
}

fn scanned(arguments: &[&str]) -> Vec<String> {
    let outcome = scan(with_units(), arguments);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let accounts: BTreeSet<String> =
        outcome.findings.iter().map(|finding| finding["account_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(outcome.summary["coverage"]["accounts_found"], accounts.len());
    accounts.into_iter().collect()
}

#[test]
fn by_account() {
    assert_eq!(scanned(&["--accounts", SHOP]), [SHOP]);
    assert_eq!(scanned(&["--accounts", &format!(" {SHOP} , {HOME} ")]), [HOME, SHOP]);
    assert_eq!(scanned(&["--exclude-accounts", HOME]), [SHOP, BANK]);
    assert_eq!(scanned(&["--accounts", &format!("{SHOP},{BANK}"), "--exclude-accounts", SHOP]), [BANK]);
}

#[test]
fn a_list_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("left out.txt");
    std::fs::write(&path, format!("# not ours\n{HOME}\n{SHOP}\n")).unwrap();
    let file = format!("@{}", path.display());
    assert_eq!(scanned(&["--exclude-accounts", &file]), [BANK]);
    assert_eq!(scanned(&["--accounts", &file]), [HOME, SHOP]);
    std::fs::write(&path, "Root/Workloads/Prod\n").unwrap();
    assert_eq!(scanned(&["--organizational-units", &file]), [BANK]);
    assert_eq!(scanned(&["--exclude-organizational-units", &file]), [HOME, SHOP]);
}

/// An account that was closed is forgotten some day, and a scan that runs by itself goes on.
#[test]
fn an_account_that_is_left_out_may_have_gone() {
    let gone = "999999999999";
    let outcome = scan(with_units(), &["--exclude-accounts", &format!("{SHOP},{gone}")]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.summary["coverage"]["accounts_found"], 2);
    assert!(
        outcome.stderr.contains(&format!(
            "--exclude-accounts: not in the organization, so there is nothing to leave out: {gone}"
        )),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains(&format!("leave out: {SHOP}")), "{}", outcome.stderr);
}

#[test]
fn by_organizational_unit_nested_ones_included() {
    assert_eq!(scanned(&["--organizational-units", "ou-root-aaaaaaaa"]), [SHOP, BANK]);
    assert_eq!(scanned(&["--organizational-units", "Root/Workloads"]), [SHOP, BANK]);
    assert_eq!(scanned(&["--organizational-units", "Root/Workloads/Prod"]), [BANK]);
    assert_eq!(scanned(&["--organizational-units", "Root"]), [HOME, SHOP, BANK]);
    assert_eq!(scanned(&["--organizational-units", "r-root"]), [HOME, SHOP, BANK]);
    assert_eq!(scanned(&["--exclude-organizational-units", "ou-root-bbbbbbbb"]), [HOME, SHOP]);
    assert_eq!(
        scanned(&["--organizational-units", "Root/Workloads", "--exclude-organizational-units", "Root/Workloads/Prod"]),
        [SHOP]
    );
}

#[test]
fn flags_that_leave_no_account_are_an_error_and_no_empty_report() {
    for arguments in [
        ["--accounts", SHOP, "--exclude-accounts", SHOP],
        ["--accounts", HOME, "--organizational-units", "Root/Workloads"],
        ["--organizational-units", "Root/Workloads/Prod", "--exclude-organizational-units", "Root/Workloads"],
    ] {
        let outcome = scan(with_units(), &arguments);
        assert_eq!(outcome.status, 2, "{arguments:?}: {}", outcome.stdout);
        assert!(outcome.stderr.contains("leave no account to scan"), "{}", outcome.stderr);
        assert!(outcome.summary.is_null());
    }
}

#[test]
fn by_region() {
    let outcome = scan(with_units(), &["--regions", "us-east-1"]);
    assert_eq!((outcome.status, outcome.targets_scanned(), outcome.findings.len()), (0, 3, 3));
    assert!(outcome.findings.iter().all(|finding| finding["region"] == "us-east-1"));
}
