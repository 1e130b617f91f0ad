//! What a scan costs: the number of calls is a formula, and the tool's own count is the server's.

use integration_tests::{Generate, Organization};

use crate::harness::{Bench, HOME, aes256, organization};

/// `⌈A/20⌉` + one role an account + one list of Regions an account + `⌈N/1000⌉` a target + the keys in use; and to know who
/// asks, and the names of the units: one call for each.
#[test]
fn calls_are_those_of_the_formula() {
    let sizes = Generate { accounts: 45, regions: 3, repositories: 7, organizational_units: 6, ..Generate::default() };
    let bench = Bench::new(Organization::generated(sizes));
    let outcome = bench.scan(&[]);
    assert!([0, 3, 4].contains(&outcome.status), "{}", outcome.stderr);
    assert_eq!(outcome.findings.len(), 45 * 3 * 7);

    let world = bench.simulator.world();
    let mut keys = std::collections::BTreeSet::new();
    let mut units = std::collections::BTreeSet::new();
    for account in world.accounts() {
        units.extend(world.lineage(account.organizational_unit.as_deref()).iter().map(|unit| unit.id.clone()));
        for (region, _) in world.regions(&account.id).iter().filter(|(_, status)| status.is_usable()) {
            for finding in
                outcome.findings.iter().filter(|one| one["account_id"] == *account.id && one["region"] == **region)
            {
                if finding["encryption_type"] != "AES256" {
                    let name = finding["kms_key"]
                        .as_str()
                        .map_or_else(|| format!("{}{region} default", account.id), str::to_owned);
                    keys.insert(name);
                }
            }
        }
    }
    let calls = outcome.calls();
    let expected = [
        ("organizations:ListAccounts", 3),
        ("organizations:ListRoots", 1),
        ("organizations:DescribeOrganizationalUnit", units.len()),
        ("sts:GetCallerIdentity", 1),
        ("sts:AssumeRole", 44),
        ("account:ListRegions", 45),
        ("ecr:DescribeRepositories", 45 * 3),
    ];
    for (operation, count) in expected {
        assert_eq!(calls.get(operation).copied(), Some(count as u64), "{operation} in {calls:?}");
    }
    // One call a key in use, and none for any other.
    assert_eq!(calls["kms:DescribeKey"], keys.len() as u64, "{calls:?}");
    assert_eq!(calls.len(), expected.len() + 1, "{calls:?}");

    // The server counted the same.
    let counters = bench.simulator.counters();
    assert_eq!(counters.total_calls(), calls.values().sum::<u64>());
    assert_eq!(counters.calls_of("kms", "DescribeKey"), calls["kms:DescribeKey"]);
    assert_eq!(outcome.summary["api_retries"], 0);
}

#[test]
fn keys_in_use_are_described_once_and_no_others() {
    let mut organization = organization();
    // Keys that nobody uses.
    for number in 0..30 {
        organization.keys.push(crate::harness::key(&format!("unused-{number}"), HOME, "us-east-1"));
    }
    let bench = Bench::new(organization);
    let outcome = bench.scan(&[]);
    assert_eq!(outcome.calls()["kms:DescribeKey"], 6);
    assert_eq!(bench.simulator.counters().calls_of("kms", "DescribeKey"), 6);
}

#[test]
fn tags_are_read_only_where_the_policy_needs_them() {
    let mut organization = organization();
    organization.repositories.push(aes256(HOME, "us-east-1", "old"));
    let bench = Bench::new(organization);
    let without = bench.scan(&[]);
    assert!(!without.calls().contains_key("tag:GetResources"), "{:?}", without.calls());
    let policy = bench.policy("exempt_tag_key = \"exempt\"");
    let with = bench.scan(&["--policy", &policy]);
    assert_eq!(with.calls()["tag:GetResources"], 6);
}

#[test]
fn concurrency_is_bounded() {
    let sizes = Generate { accounts: 30, regions: 17, repositories: 1, ..Generate::default() };
    let mut organization = Organization::generated(sizes);
    organization.latency_ms = 5;
    let bench = Bench::new(organization);
    let outcome = bench.scan(&["--concurrency", "8"]);
    assert_eq!(outcome.findings.len(), 30 * 17);
    let counters = bench.simulator.counters();
    // The list of accounts goes on beside the scan.
    assert!(counters.max_requests_in_flight <= 8 + 2, "{}", counters.max_requests_in_flight);
}
