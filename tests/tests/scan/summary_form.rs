//! What a scan prints when it has ended.

use serde_json::Value;

use crate::harness::{Bench, SHOP, aes256, organization};

#[test]
fn the_summary_is_for_people_or_for_machines_or_not_there() {
    let mut organization = organization();
    organization.repositories.push(aes256(SHOP, "us-east-1", "old"));
    let bench = Bench::new(organization);
    let outcome = bench.scan(&["--summary", "json", "--no-progress"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (3, ""));
    let printed: Value = serde_json::from_str(&outcome.stdout).unwrap();
    for (name, value) in outcome.summary.as_object().unwrap() {
        assert_eq!(printed[name], *value, "{name}");
    }
    assert_eq!(printed["totals"]["by_status"]["non_compliant"], 1);

    let outcome = bench.scan(&["--summary", "none", "--no-progress"]);
    assert_eq!((outcome.status, outcome.stdout.as_str(), outcome.stderr.as_str()), (3, "", ""));

    let outcome = bench.scan(&["--no-progress"]);
    assert!(
        outcome.stdout.contains("\nSince ") && outcome.stdout.contains("  still open                1"),
        "{outcome:?}"
    );

    let outcome = bench.scan(&["--quiet", "--summary", "json"]);
    assert_eq!(outcome.status, 2);
    assert!(outcome.stderr.contains("cannot be used with"), "{}", outcome.stderr);
}
