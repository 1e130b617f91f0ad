//! Stopping a scan: what was found is kept, marked, and never in the place of a finished report.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use integration_tests::{Effect, Fault, Generate, Organization};
use serde_json::Value;

use crate::harness::{BANK, Bench, HOME, Outcome, SHOP, organization};
use crate::output::{beside, files, names};

fn signal(name: &str, id: u32) {
    assert!(Command::new("kill").args(["-s", name, &id.to_string()]).status().unwrap().success());
}

/// Hangs in the Bank's us-east-1, until the scan is stopped.
pub fn hang() -> Fault {
    Fault {
        operation: Some("ecr:DescribeRepositories".to_owned()),
        account: Some(BANK.to_owned()),
        region: Some("us-east-1".to_owned()),
        effect: Effect::Hang,
        ..Fault::default()
    }
}

/// A bench on which a scan hangs there.
pub fn hanging() -> Bench {
    Bench::new(Organization { faults: vec![hang()], ..organization() })
}

/// Waits until all targets but the one that hangs have been asked and answered.
pub fn wait_until_it_hangs(bench: &Bench) {
    let began = Instant::now();
    loop {
        let counters = bench.simulator.counters();
        // Six lists of repositories, and the keys of the five that answer.
        if counters.calls_of("ecr", "DescribeRepositories") == 6
            && counters.calls_of("kms", "DescribeKey") == 5
            && counters.requests_in_flight == 1
        {
            // What was answered is also read.
            std::thread::sleep(Duration::from_millis(300));
            return;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "the scan does not get to the call that hangs: {counters:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn ctrl_c_keeps_what_was_found_and_the_older_report() {
    for name in ["INT", "TERM"] {
        let bench = hanging();
        let faults = bench.simulator.world().organization().faults.clone();
        bench.simulator.set_faults(Vec::new());
        assert_eq!(bench.scan(&[]).status, 0);
        let before: Vec<_> = ["summary.json", "findings.jsonl", "report.html"]
            .map(|file| std::fs::read(bench.report().join(file)).unwrap())
            .into();

        bench.simulator.reset();
        bench.simulator.set_faults(faults);
        let child = bench.start(&[]);
        wait_until_it_hangs(&bench);
        signal(name, child.id());
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8(output.stdout.clone()).unwrap();
        let outcome = Outcome::new(output, &beside(&bench, "interrupted-"));

        assert_eq!(outcome.status, 4, "{}", outcome.stderr);
        assert_eq!(outcome.summary["run"]["interrupted"], true);
        assert_eq!(outcome.not_covered(), [format!("{BANK} us-east-1 interrupted -")]);
        assert_eq!((outcome.targets_scanned(), outcome.findings.len()), (5, 5));
        assert!(stdout.to_lowercase().contains("interrupted"), "{stdout}");
        let after: Vec<_> = ["summary.json", "findings.jsonl", "report.html"]
            .map(|file| std::fs::read(bench.report().join(file)).unwrap())
            .into();
        assert!(before == after, "the older report was touched");
    }
}

#[test]
fn accounts_that_were_not_reached_are_named() {
    let mut organization = organization();
    // Nobody gets further than the Regions of the caller's own account.
    organization.faults =
        vec![Fault { operation: Some("sts:AssumeRole".to_owned()), effect: Effect::Hang, ..Fault::default() }];
    let bench = Bench::new(organization);
    let child = bench.start(&[]);
    let began = Instant::now();
    while bench.simulator.counters().calls_of("sts", "AssumeRole") < 2
        || bench.simulator.counters().calls_of("kms", "DescribeKey") < 2
        || bench.simulator.counters().requests_in_flight > 2
    {
        assert!(began.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    signal("INT", child.id());
    let outcome = Outcome::new(child.wait_with_output().unwrap(), &beside(&bench, "interrupted-"));
    assert_eq!(outcome.not_covered(), [format!("{SHOP} - interrupted -"), format!("{BANK} - interrupted -")]);
    assert_eq!(outcome.verdicts().len(), 2);
    assert!(outcome.verdicts().iter().all(|verdict| verdict.starts_with(HOME)));
    let html = std::fs::read_to_string(beside(&bench, "interrupted-").join("report.html")).unwrap();
    assert!(html.to_lowercase().contains("interrupted"));
}

#[test]
fn a_second_signal_ends_at_once() {
    let bench = hanging();
    let mut child = bench.start(&["--format", "jsonl"]);
    wait_until_it_hangs(&bench);
    signal("INT", child.id());
    signal("INT", child.id());
    // Either the report was written meanwhile, or the process ended at the second signal; never anything else.
    let status = child.wait().unwrap();
    assert!(matches!(status.code(), Some(4 | 130)), "{status}");
    if let Ok(text) = std::fs::read(bench.report().join("summary.json")) {
        let summary: Value = serde_json::from_slice(&text).unwrap();
        panic!("an interrupted run stands in the place of a finished one: {summary}");
    }
}

#[test]
fn stopped_before_the_scan_begins() {
    let mut organization = organization();
    organization.faults =
        vec![Fault { operation: Some("sts:GetCallerIdentity".to_owned()), effect: Effect::Hang, ..Fault::default() }];
    let bench = Bench::new(organization);
    let child = bench.start(&[]);
    wait_until("the caller is asked for", || bench.simulator.counters().calls_of("sts", "GetCallerIdentity") > 0);
    signal("TERM", child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(names(&bench.output()), Vec::<String>::new());
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_mins(2), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// So many findings that writing them takes a while.
fn with_much_to_write() -> Bench {
    let sizes = Generate { accounts: 4, regions: 5, repositories: 2_000, ..Generate::default() };
    Bench::new(Organization::generated(sizes))
}

/// Puts an older report there, gives `act` the process while it writes its files, and checks that the process was stopped
/// and has left nothing but the older report.
fn stop_while_writing(bench: &Bench, act: impl FnOnce(&Child)) -> Output {
    let older = "2026-01-01-00000000-0000-7000-8000-000000000000";
    let folder = bench.output().join("runs").join(older);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("summary.json"), "older").unwrap();
    std::os::unix::fs::symlink(Path::new("runs").join(older), bench.report()).unwrap();
    let before = files(&bench.report());
    let child = bench.start(&[]);
    wait_until("something is staged", || names(&bench.output()).iter().any(|name| name.starts_with(".unfinished-")));
    let staged = beside(bench, ".unfinished-").join("report/findings.jsonl");
    act(&child);
    wait_until("the files are written", || staged.exists());
    // Whatever comes now comes in the middle of it, however fast the machine.
    signal("STOP", child.id());
    signal("INT", child.id());
    signal("CONT", child.id());
    let began = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "it did not stop at once");
    assert!(files(&bench.report()) == before, "the older report was touched");
    // And what it takes to go on.
    let left = names(&bench.output());
    assert!(left[0].starts_with(".unfinished-"), "{left:?}");
    assert_eq!(left[1..], ["latest", "runs"]);
    assert_eq!(names(&bench.output().join(&left[0])), ["journal"]);
    output
}

#[test]
fn a_signal_while_the_report_is_written_stops_that() {
    let bench = with_much_to_write();
    let output = stop_while_writing(&bench, |_| {});
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert!(String::from_utf8(output.stderr).unwrap().contains("stopped"));
}

#[test]
fn a_second_signal_while_what_was_found_is_written_leaves_nothing_behind() {
    let bench = with_much_to_write();
    // The last account that is asked hangs in one Region.
    bench.simulator.set_faults(vec![Fault {
        operation: Some("ecr:DescribeRepositories".to_owned()),
        account: Some("200000000003".to_owned()),
        region: Some("us-east-1".to_owned()),
        effect: Effect::Hang,
        ..Fault::default()
    }]);
    stop_while_writing(&bench, |child| {
        wait_until("all but one target is read", || {
            let counters = bench.simulator.counters();
            counters.calls_of("ecr", "DescribeRepositories") > 19 * 2 && counters.requests_in_flight == 1
        });
        std::thread::sleep(Duration::from_millis(500));
        signal("INT", child.id());
    });
}

/// Whenever it is stopped: a target is either read and in the findings, or told as interrupted, and never both.
#[test]
fn the_books_of_a_stopped_run_balance() {
    let sizes = Generate { accounts: 40, regions: 5, repositories: 3, ..Generate::default() };
    let bench = Bench::new(Organization::generated(sizes));
    for round in 1..=8_u64 {
        bench.simulator.reset();
        let child = bench.start(&["--format", "jsonl"]);
        let counters = || bench.simulator.counters();
        wait_until("some Regions are read", || counters().calls_of("ecr", "DescribeRepositories") >= round * 20);
        signal("INT", child.id());
        let output = child.wait_with_output().unwrap();
        let names = names(&bench.output());
        let Some(name) = names.iter().find(|name| name.starts_with("interrupted-")) else { continue };
        let folder = bench.output().join(name);
        let outcome = Outcome::new(output, &folder);
        let place = |value: &Value| (value["account_id"].clone().to_string(), value["region"].clone().to_string());
        // Some keys are asked for after everything was read: what lacks one is read, and not judged.
        let is_unjudged = |entry: &&Value| entry["message"].as_str().unwrap().contains("not judged");
        let unjudged: BTreeSet<_> = outcome.entries().iter().filter(is_unjudged).map(place).collect();
        let lost: BTreeSet<_> = outcome.entries().iter().filter(|entry| !is_unjudged(entry)).map(place).collect();
        let judged = outcome.findings.iter().map(place);
        let read: BTreeSet<_> = judged.filter(|target| !unjudged.contains(target)).collect();
        assert_eq!(read.len() as u64, outcome.targets_scanned(), "round {round}");
        assert!(read.is_disjoint(&lost), "round {round}: {:?}", read.intersection(&lost).collect::<Vec<_>>());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
