//! Runs that take something from AWS Config, stopped or killed and gone on with.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use integration_tests::{Effect, Fault, Organization};
use rstest::rstest;

use crate::config_compare::{BOTH, counts, differing, told};
use crate::config_source::{AGGREGATOR, CONFIG, recorded};
use crate::harness::{Bench, Outcome, organization};
use crate::interrupt::{hang, wait_until_it_hangs};
use crate::output::{ALL_FILES, assert_whole, beside, report_files};

const SELECT: &str = "config:SelectAggregateResourceConfig";

fn signal(name: &str, child: &Child) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

/// Of the first run nothing is kept that a later one would take for read.
#[rstest]
fn what_was_recorded_is_read_from_the_beginning(#[values("INT", "KILL")] name: &str) {
    // The recorders of two Regions and the repositories of one are read, and not those of the other.
    let hanging = Fault { operation: Some(SELECT.to_owned()), skip: 3, effect: Effect::Hang, ..Fault::default() };
    let bench = Bench::new(Organization { faults: vec![hanging], ..recorded(organization()) });
    let child = bench.start(&CONFIG);
    let began = Instant::now();
    while bench.simulator.counters().calls_of("config", "SelectAggregateResourceConfig") < 4 {
        assert!(began.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(20));
    }
    // What was answered is also read.
    std::thread::sleep(Duration::from_millis(300));
    signal(name, &child);
    let stopped = child.wait_with_output().unwrap();
    let first = (name == "INT").then(|| Outcome::new(stopped, &beside(&bench, "interrupted-")));
    if let Some(first) = &first {
        // Without its key no repository is judged, and none is hidden.
        assert_eq!((first.status, first.findings.len(), first.targets_scanned()), (4, 0, 0));
        assert_eq!(first.not_covered().len(), 6, "{:?}", first.entries());
        assert!(first.entries().iter().all(|entry| entry["cause"] == "interrupted"), "{:?}", first.entries());
    }

    bench.simulator.set_faults(Vec::new());
    let other = bench.scan(&["--resume"]);
    assert_eq!(other.status, 2);
    assert!(other.stderr.contains("the flag --source was `config`, and is `api` now"), "{}", other.stderr);
    let named = bench.scan(&[&CONFIG[..], &["--resume", "--config-aggregator", AGGREGATOR]].concat());
    assert_eq!(named.status, 2);
    assert!(named.stderr.contains("--config-aggregator was `not given`"), "{}", named.stderr);

    bench.simulator.reset();
    let outcome = bench.scan(&[&CONFIG[..], &["--resume"]].concat());
    assert_eq!((outcome.status, outcome.findings.len(), outcome.targets_scanned()), (0, 6, 6), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("what AWS Config recorded is read from the beginning"), "{}", outcome.stderr);
    assert_eq!(outcome.calls()[SELECT], 6);
    assert!(!outcome.summary["run"]["resumed_at"].as_array().unwrap().is_empty());
    if let Some(first) = &first {
        assert_eq!(outcome.summary["run"]["id"], first.summary["run"]["id"]);
    }
    assert_whole(&bench);
}

/// The comparison is that of a run that nobody disturbed, also with what an earlier session read of ECR.
#[rstest]
fn a_comparison_is_made_whole_by_the_run_that_ends(#[values("INT", "KILL")] name: &str) {
    let bench = Bench::new(differing());
    let undisturbed = (bench.scan(&BOTH), told(&bench));
    std::fs::remove_dir_all(bench.output()).unwrap();
    bench.simulator.reset();
    bench.simulator.set_faults(vec![hang()]);
    let child = bench.start(&BOTH);
    wait_until_it_hangs(&bench);
    signal(name, &child);
    child.wait_with_output().unwrap();

    bench.simulator.reset();
    bench.simulator.set_faults(Vec::new());
    let outcome = bench.scan(&[&BOTH[..], &["--resume"]].concat());
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.calls()["ecr:DescribeRepositories"], 1, "{:?}", outcome.calls());
    assert_eq!(told(&bench), undisturbed.1);
    assert_eq!(counts(&outcome), counts(&undisturbed.0));
    assert_eq!(outcome.verdicts(), undisturbed.0.verdicts());
    assert_eq!(report_files(&bench.report()), [&["differences.jsonl"], &ALL_FILES[..]].concat());
}
