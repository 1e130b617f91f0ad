//! What is called in member accounts: the CDK app's role there allows that, and nothing else.

use std::collections::BTreeSet;

use integration_tests::{Organization, SecurityHubPlace, called_operations};

use crate::harness::{Bench, HOME, SHOP, aes256, organization};

/// What scans call in a member account, each with its own arguments.
fn called(organization: Organization, scans: &[&[&str]]) -> BTreeSet<String> {
    let bench = Bench::new(organization);
    for arguments in scans {
        let outcome = bench.scan(&[&["--accounts", SHOP], *arguments].concat());
        assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    }
    bench.simulator.counters().actions_in_members(HOME).unwrap()
}

fn with_hub() -> Organization {
    let mut organization = organization();
    organization.repositories.push(aes256(SHOP, "us-east-1", "old"));
    organization.security_hub.enabled = vec![SecurityHubPlace::default()];
    organization
}

#[test]
fn the_role_in_every_account_allows_what_a_scan_calls() {
    let folder = tempfile::tempdir().unwrap();
    let policy = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let by_tag = policy("tag.toml", "exempt_tag_key = \"encryption-exempt\"\n");
    let by_name = policy("name.toml", "exempt_repository_names = [\"app\"]\n");

    let plain = called(with_hub(), &[&[]]);
    assert_eq!(plain, called_operations("scan").unwrap());
    let more = |scans: &[&[&str]]| -> BTreeSet<String> {
        let all = called(with_hub(), scans);
        assert!(plain.is_subset(&all), "{all:?}");
        all.difference(&plain).cloned().collect()
    };
    assert_eq!(more(&[&["--policy", &by_tag]]), called_operations("scan with exemptTagKey").unwrap());
    assert_eq!(more(&[&["--include", "templates"]]), called_operations("scan --include templates").unwrap());
    // What becomes exempt is suppressed.
    let hub = ["--security-hub"];
    assert_eq!(
        more(&[&hub, &["--security-hub", "--policy", &by_name]]),
        called_operations("scan --security-hub").unwrap()
    );
}
