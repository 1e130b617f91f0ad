//! The files: whole, in order, the same each time, and never in the place of a better one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use integration_tests::{AccountState, Effect, Fault, Generate, Organization, RegionStatus};
use rstest::rstest;
use serde_json::Value;

use crate::harness::{BANK, Bench, HOME, SHOP, account, aes256, organization};
use crate::interrupt::{hang, hanging, wait_until_it_hangs};

/// The files of the report, with their content.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    entries
        .filter(|path| path.is_file() && name(path) != ".lock")
        .map(|path| (name(&path), std::fs::read(&path).unwrap()))
        .collect()
}

/// What is in the folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The folder whose name begins so.
pub fn beside(bench: &Bench, prefix: &str) -> PathBuf {
    let name = names(&bench.output()).into_iter().find(|name| name.starts_with(prefix));
    bench.output().join(name.unwrap_or_else(|| panic!("no {prefix}… in {:?}", names(&bench.output()))))
}

/// The files of a whole report, but for what has changed since the one before.
pub const ALL_FILES: [&str; 6] =
    ["findings.csv", "findings.jsonl", "manifest.json", "report.html", "summary.json", "targets.jsonl"];

/// The files of a report, but for what has changed since the one before.
pub fn report_files(folder: &Path) -> Vec<String> {
    names(folder).into_iter().filter(|name| name != "changes.jsonl").collect()
}

/// What is in the folder beside the runs that are kept.
pub fn beside_runs(bench: &Bench) -> Vec<String> {
    names(&bench.output()).into_iter().filter(|name| !["latest", "runs"].contains(&name.as_str())).collect()
}

/// Checks that there is a whole report, and nothing beside it.
pub fn assert_whole(bench: &Bench) {
    assert_eq!(report_files(&bench.report()), ALL_FILES);
    assert!(beside_runs(bench).is_empty(), "{:?}", beside_runs(bench));
}

/// How many runs are kept.
pub fn runs(bench: &Bench) -> usize {
    std::fs::read_dir(bench.output().join("runs")).map_or(0, Iterator::count)
}

fn denied(operation: &str) -> Fault {
    Fault {
        operation: Some(operation.to_owned()),
        effect: Effect::Error,
        code: Some("AccessDeniedException".to_owned()),
        status: Some(403),
        ..Fault::default()
    }
}

/// Takes out what may differ between two runs over the same organization.
pub fn without_times(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        // Of the run before a second one has been told.
        for name in ["evaluated_at", "started_at", "finished_at", "id", "open_since", "changes"] {
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
    let files = ["findings.csv", "findings.jsonl", "manifest.json", "summary.json", "targets.jsonl"];
    assert_eq!(names(&bench.report()), files);
}

#[test]
fn runs_are_kept_side_by_side() {
    let bench = Bench::new(organization());
    assert_eq!(bench.scan(&[]).status, 0);
    assert_eq!(names(&bench.report()), ALL_FILES);
    let first = (std::fs::canonicalize(bench.report()).unwrap(), files(&bench.report()));
    std::fs::write(bench.output().join("notes.txt"), "mine").unwrap();
    assert_eq!(bench.scan(&["--format", "jsonl"]).status, 0);
    assert_eq!(report_files(&bench.report()), ["findings.jsonl", "manifest.json", "summary.json", "targets.jsonl"]);
    assert!(files(&first.0) == first.1, "the older run was touched");
    assert_eq!((beside_runs(&bench), runs(&bench)), (vec!["notes.txt".to_owned()], 2));
    // And no more of them than wanted.
    assert_eq!(bench.scan(&["--keep-runs", "1"]).status, 0);
    assert_eq!((beside_runs(&bench), runs(&bench)), (vec!["notes.txt".to_owned()], 1));
    assert_eq!(bench.scan(&["--keep-days", "1"]).status, 0);
    assert_eq!(runs(&bench), 2);
}

#[test]
fn the_csv_holds_what_the_jsonl_holds() {
    let mut organization = organization();
    account(&mut organization, SHOP).name = "=cmd|' /C calc'!A0".to_owned();
    let bench = Bench::new(organization);
    let outcome = bench.scan(&[]);
    let text = std::fs::read_to_string(bench.report().join("findings.csv")).unwrap();
    assert!(!text.contains(",=cmd"), "{text}");
    assert!(text.contains("'=cmd|"), "{text}");
    assert_eq!(text.lines().filter(|line| line.contains(":repository/app")).count(), outcome.findings.len());
}

/// An older report is replaced only by a run that saw the organization at least in part beyond the caller's account.
#[rstest]
#[case::everything(&[], &[], None)]
#[case::one_account_of_the_others(&[Fault { account: Some(SHOP.to_owned()), ..denied("sts:AssumeRole") }], &[], None)]
#[case::the_callers_account_because_it_was_asked_for(&[], &["--accounts", HOME], None)]
#[case::a_region_that_the_others_lack(&[], &["--regions", "af-south-1"], None)]
#[case::no_region_list(&[denied("account:ListRegions")], &[], Some("failed-"))]
#[case::no_account_but_the_callers(&[denied("sts:AssumeRole")], &[], Some("failed-"))]
#[case::no_list_of_accounts(&[denied("organizations:ListAccounts")], &[], Some("failed-"))]
#[case::accounts_that_are_not_active(&[], &["--accounts", SUSPENDED], Some("empty-"))]
#[case::a_region_that_is_nowhere_enabled(&[], &["--regions", "ap-east-1"], Some("empty-"))]
fn only_a_run_that_saw_enough_replaces_an_older_report(
    #[case] faults: &[Fault],
    #[case] arguments: &[&str],
    #[case] expected: Option<&str>,
) {
    let bench = Bench::new(with_a_suspended_account_and_a_disabled_region());
    assert_eq!(bench.scan(&["--format", "jsonl,csv"]).status, 0);
    let before = files(&bench.report());
    bench.simulator.set_faults(faults.to_vec());
    let second = bench.scan(arguments);
    let Some(prefix) = expected else {
        assert_whole(&bench);
        assert_ne!(files(&bench.report())["summary.json"], before["summary.json"]);
        assert!(!second.stdout.contains("older"), "{}", second.stdout);
        return;
    };
    assert_eq!(second.status, if prefix == "empty-" { 0 } else { 4 }, "{}", second.stderr);
    assert!(files(&bench.report()) == before, "the older report was touched");
    let folder = beside(&bench, prefix);
    assert_eq!((beside_runs(&bench).len(), runs(&bench)), (1, 1), "{:?}", names(&bench.output()));
    assert_eq!(report_files(&folder), ALL_FILES);
    assert!(second.stdout.contains("The older report was left as it is"), "{}", second.stdout);
    assert!(second.stdout.contains(folder.to_str().unwrap()), "{}", second.stdout);

    // Where there is none to protect, it is a report like any other.
    let first = Bench { directory: tempfile::tempdir().unwrap(), ..bench };
    first.scan(arguments);
    assert_whole(&first);
}

const SUSPENDED: &str = "444444444444";

fn with_a_suspended_account_and_a_disabled_region() -> Organization {
    let mut organization = organization();
    organization.accounts.push(integration_tests::Account {
        id: SUSPENDED.to_owned(),
        state: AccountState::Suspended,
        ..integration_tests::Account::default()
    });
    for id in [HOME, SHOP, BANK] {
        let far = if id == HOME { RegionStatus::Enabled } else { RegionStatus::Disabled };
        account(&mut organization, id).regions =
            [("ap-east-1".to_owned(), RegionStatus::Disabled), ("af-south-1".to_owned(), far)].into();
    }
    organization
}

#[test]
fn two_runs_do_not_write_to_one_folder() {
    let bench = hanging();
    let mut first = bench.start(&[]);
    wait_until_it_hangs(&bench);
    let calls = bench.simulator.counters().calls;
    let second = bench.scan(&[]);
    assert_eq!(second.status, 1);
    let folder = bench.output();
    assert!(second.stderr.contains("another run") && second.stderr.contains(folder.to_str().unwrap()), "{second:?}");
    assert_eq!(bench.simulator.counters().calls, calls, "something was scanned");
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn what_a_killed_run_left_does_not_stay_nor_keep_the_next_one_out() {
    let bench = hanging();
    let mut killed = bench.start(&[]);
    wait_until_it_hangs(&bench);
    killed.kill().unwrap();
    killed.wait().unwrap();
    beside(&bench, ".unfinished-");
    bench.simulator.set_faults(Vec::new());
    assert_eq!(bench.scan(&[]).status, 0);
    assert_whole(&bench);
}

#[test]
fn a_folder_in_the_place_of_the_link_costs_neither_the_folder_nor_what_was_read() {
    let bench = Bench::new(organization());
    bench.simulator.set_faults(vec![hang()]);
    let child = bench.start(&["--attempt-timeout", "2"]);
    wait_until_it_hangs(&bench);
    let folder = bench.report();
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    bench.simulator.set_faults(Vec::new());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("latest"), "{stderr}");
    assert_eq!(names(&folder), ["notes.txt"]);
    assert_eq!(runs(&bench), 0);
    // What was read is not lost.
    let left = beside_runs(&bench);
    assert_eq!((left.len(), names(&bench.output().join(&left[0]))), (1, vec!["journal".to_owned()]));
    assert!(stderr.contains("--resume"), "{stderr}");
    let asked = bench.simulator.counters().calls_of("ecr", "DescribeRepositories");
    let again = bench.scan(&["--resume"]);
    assert!(again.stderr.contains("has a folder `latest`, where a link is to be made"), "{}", again.stderr);
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(bench.scan(&["--resume"]).status, 0);
    assert_eq!(bench.simulator.counters().calls_of("ecr", "DescribeRepositories"), asked);
    assert_whole(&bench);
}

#[test]
fn nothing_is_left_beside_the_report() {
    let bench = Bench::new(organization());
    bench.scan(&[]);
    bench.scan(&[]);
    assert_whole(&bench);
    assert_eq!(runs(&bench), 2);
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
    assert!(bench.report().join("report.html").exists());
}

#[test]
fn quiet_says_nothing() {
    let outcome = crate::harness::scan(organization(), &["--quiet"]);
    assert_eq!((outcome.status, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, "", ""));
}
