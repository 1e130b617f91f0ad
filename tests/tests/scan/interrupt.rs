//! Stopping a scan: what was found is kept, marked, and never in the place of a finished report.

use std::process::Command;
use std::time::{Duration, Instant};

use integration_tests::{Effect, Fault};
use serde_json::Value;

use crate::harness::{BANK, Bench, HOME, Outcome, SHOP, organization};

fn signal(name: &str, id: u32) {
    assert!(Command::new("kill").args(["-s", name, &id.to_string()]).status().unwrap().success());
}

/// Hangs in the Bank's us-east-1, until the scan is stopped.
fn hanging() -> Bench {
    let mut organization = organization();
    organization.faults = vec![Fault {
        operation: Some("ecr:DescribeRepositories".to_owned()),
        account: Some(BANK.to_owned()),
        region: Some("us-east-1".to_owned()),
        effect: Effect::Hang,
        ..Fault::default()
    }];
    Bench::new(organization)
}

/// Waits until all targets but the one that hangs have been asked and answered.
fn wait_until_it_hangs(bench: &Bench) {
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

fn interrupted_folder(bench: &Bench) -> std::path::PathBuf {
    std::fs::read_dir(bench.output())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("interrupted-"))
        .expect("a folder of its own")
}

#[test]
fn ctrl_c_keeps_what_was_found_and_the_older_report() {
    for name in ["INT", "TERM"] {
        let bench = hanging();
        let faults = bench.simulator.world().organization().faults.clone();
        bench.simulator.set_faults(Vec::new());
        assert_eq!(bench.scan(&[]).status, 0);
        let before: Vec<_> = ["summary.json", "findings.jsonl", "report.html"]
            .map(|file| std::fs::read(bench.output().join(file)).unwrap())
            .into();

        bench.simulator.reset();
        bench.simulator.set_faults(faults);
        let child = bench.start(&[]);
        wait_until_it_hangs(&bench);
        signal(name, child.id());
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8(output.stdout.clone()).unwrap();
        let outcome = Outcome::new(output, &interrupted_folder(&bench));

        assert_eq!(outcome.status, 4, "{}", outcome.stderr);
        assert_eq!(outcome.summary["run"]["interrupted"], true);
        assert_eq!(outcome.not_covered(), [format!("{BANK} us-east-1 interrupted -")]);
        assert_eq!((outcome.targets_scanned(), outcome.findings.len()), (5, 5));
        assert!(stdout.to_lowercase().contains("interrupted"), "{stdout}");
        let after: Vec<_> = ["summary.json", "findings.jsonl", "report.html"]
            .map(|file| std::fs::read(bench.output().join(file)).unwrap())
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
    let outcome = Outcome::new(child.wait_with_output().unwrap(), &interrupted_folder(&bench));
    assert_eq!(outcome.not_covered(), [format!("{SHOP} - interrupted -"), format!("{BANK} - interrupted -")]);
    assert_eq!(outcome.verdicts().len(), 2);
    assert!(outcome.verdicts().iter().all(|verdict| verdict.starts_with(HOME)));
    let html = std::fs::read_to_string(interrupted_folder(&bench).join("report.html")).unwrap();
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
    if let Ok(text) = std::fs::read(bench.output().join("summary.json")) {
        let summary: Value = serde_json::from_slice(&text).unwrap();
        panic!("an interrupted run stands in the place of a finished one: {summary}");
    }
}
