//! Many accounts of which the same is said.

use integration_tests::{Generate, Organization};

use crate::bench::Bench;

#[test]
fn the_same_is_said_once() {
    let mut organization = Organization::generated(Generate { accounts: 300, regions: 3, ..Generate::default() });
    organization.config.recorders = vec![integration_tests::Recorder { stopped: true, ..Default::default() }];
    let bench = Bench::new(organization);
    let (status, text) = bench.text(&["--no-progress", "--rule-regions", "us-east-1"]);
    assert_eq!(status, 3, "{text}");
    assert!(text.lines().count() < 60, "{text}");
    assert!(text.contains("the configuration recorder is stopped (300 places)"), "{text}");
    let outcome = bench.run(&["--rule-regions", "us-east-1"]);
    let stopped = outcome.findings().iter().filter(|one| one["check"] == "recorder");
    assert_eq!(stopped.count(), 300);
    // Each with its own commands.
    let starts = outcome.commands().iter().filter(|line| line.starts_with("# in account ")).count();
    assert_eq!(starts, 300);
}
