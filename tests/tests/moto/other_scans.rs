//! Scans after the first: of the same, of a part, of what isn't there.

use crate::organization;
use crate::scan::{Scan, text};

#[test]
fn the_same_organization_gives_the_same_report() {
    let organization = organization();
    let comparable = |scan: &Scan| {
        let mut summary = scan.summary();
        let run = summary["run"].as_object_mut().expect("the run");
        let id = ["id", "started_at", "finished_at"].map(|field| run.remove(field).expect("a field"));
        (summary, id[0].clone())
    };
    let (first, first_id) = comparable(&organization.full);
    // With one call at a time, accounts, Regions and keys come in quite another order.
    for flags in [&[][..], &["--concurrency", "1"]] {
        let scan = organization.scan(flags);
        assert_eq!(scan.status, Some(3), "{}", scan.stderr);
        assert!(scan.lines() == organization.full.lines(), "{flags:?}: other findings");
        let (second, second_id) = comparable(&scan);
        assert_eq!(second, first, "{flags:?}");
        assert_ne!(second_id, first_id);
    }
}

#[test]
fn a_nested_organizational_unit_is_scanned_with_those_in_it() {
    let organization = organization();
    let scan = organization.scan(&["--organizational-units", "Root/Workloads/Prod"]);
    assert_eq!(scan.status, Some(3), "{}", scan.stderr);
    assert_eq!(scan.accounts(), ["ledger-prod", "payments-prod", "search-prod"]);
    // The verdicts are the same, on keys of an account outside the unit too: that account is asked for them.
    assert_eq!(scan.lines(), organization.lines_of(&["ledger-prod", "payments-prod", "search-prod"]));
    let summary = scan.summary();
    assert_eq!(summary["coverage"]["accounts_found"], 3);
    assert_eq!(summary["coverage"]["targets_scanned"], 6);
    assert_eq!(summary["api_calls"]["sts"]["AssumeRole"], 4);
}

#[test]
fn a_single_account_is_scanned_alone() {
    let organization = organization();
    let build = organization.facts.id_of("build");
    let scan = organization.scan(&["--accounts", build]);
    assert_eq!(scan.status, Some(3), "{}", scan.stderr);
    assert_eq!(scan.lines(), organization.lines_of(&["build"]));
    let summary = scan.summary();
    assert_eq!(summary["coverage"]["accounts_found"], 1);
    assert_eq!(summary["coverage"]["targets_scanned"], 2);

    // An account that is left out isn't even asked for its keys. AWS would deny them to `build`; moto says that they
    // don't exist, which only their own account is told for certain.
    let scan = organization.scan(&["--accounts", build, "--exclude-accounts", organization.facts.id_of("shared-keys")]);
    let findings = scan.findings();
    let shared = findings.iter().find(|finding| finding["repository_name"] == "service/shared-key").expect("a finding");
    assert_eq!([text(shared, "status"), text(shared, "reason_code")], ["UNDETERMINED", "key-not-found"]);
    assert_eq!(scan.summary()["api_calls"]["sts"]["AssumeRole"], 1);
}

#[test]
fn what_the_organization_does_not_have_is_a_usage_error_and_no_report() {
    let organization = organization();
    let endpoint = &organization.moto.endpoint;
    let folder = tempfile::tempdir().expect("a folder");
    let older = Scan::run_in(folder.path(), endpoint, &["--accounts", organization.facts.id_of("build")]);
    assert_eq!(older.status, Some(3), "{}", older.stderr);
    for (flag, value) in [("--accounts", "999999999999"), ("--organizational-units", "Root/Workloads/Test")] {
        let scan = Scan::run_in(folder.path(), endpoint, &[flag, value]);
        assert_eq!(scan.status, Some(2), "{}", scan.stderr);
        assert!(scan.stderr.contains(flag) && scan.stderr.contains(value), "{}", scan.stderr);
        assert!(scan.files == older.files, "{flag}: the older report was touched");
    }
}
