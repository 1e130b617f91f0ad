//! A preflight changes nothing: what it calls is on a list of what lists, describes and gets.

use std::collections::BTreeSet;

use ecr_encryption_aggregator::doctor::Check;
use integration_tests::Counters;

use crate::bench::{BOTH_REGIONS, Bench, prepared_but};
use crate::organization::cases;

/// The IAM actions that were called.
fn called(counters: &Counters) -> BTreeSet<String> {
    let actions = counters.calls.iter().flat_map(|(service, operations)| {
        // Its signing name is not the prefix of its actions.
        let prefix = if service == "tagging" { "tag" } else { service };
        operations.keys().map(move |operation| format!("{prefix}:{operation}"))
    });
    actions.collect()
}

/// The IAM actions that the checks say they take.
pub fn all_actions() -> BTreeSet<String> {
    let of_both = |check: Check| [check.callers_actions(), check.actions_in_account()].concat();
    Check::ALL.into_iter().flat_map(of_both).map(str::to_owned).collect()
}

#[test]
fn what_is_called_is_what_the_checks_say_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "exempt_tag_key = \"encryption-exempt\"\n").unwrap();
    let everything = [
        "--include",
        "templates",
        "--security-hub",
        "--policy",
        policy.to_str().unwrap(),
        "--home-account",
        "222222222222",
    ];
    let everything = [&BOTH_REGIONS[..], &everything].concat();
    // Units that the accounts do not tell, and a delegation that is to be looked at.
    let mut organization = prepared_but("delegated_administrators = [\"222222222222\"]", "");
    organization.answers.account_paths = integration_tests::PathForm::Absent;
    let mut all = BTreeSet::new();
    let bench = Bench::new(organization);
    let outcome = bench.run(&everything);
    // The one thing that nobody can read: the role of the management account, from inside it.
    assert_eq!((outcome.status, outcome.lines().len()), (4, 1), "{:?}", outcome.lines());
    assert!(outcome.lines()[0].starts_with("role unknown 111111111111"), "{:?}", outcome.lines());
    all.extend(called(&bench.0.counters()));
    // A unit by the path of its name.
    assert_eq!(bench.run(&["--organizational-units", "Root/Workloads"]).status, 0);
    all.extend(called(&bench.0.counters()));
    // The rule as it may get into the accounts otherwise, and what was recorded.
    let pack = vec![integration_tests::OrganizationRule::default()];
    let mut organization = prepared_but("", "");
    organization.config.organization_conformance_packs = pack;
    let bench = Bench::new(organization);
    assert_eq!(bench.run(&["--rule-as", "conformance-pack", "--source", "both"]).status, 0);
    all.extend(called(&bench.0.counters()));
    for case in cases() {
        let bench = Bench::new(case.organization);
        bench.run(&[&everything[..4], case.arguments].concat());
        all.extend(called(&bench.0.counters()));
    }

    assert_eq!(all, all_actions());
    for action in &all {
        let (_, operation) = action.split_once(':').unwrap();
        let reads = ["Describe", "List", "Get"].iter().any(|verb| operation.starts_with(verb));
        assert!(reads || operation == "AssumeRole", "{action}");
    }
}

/// The document tells each attempt, as the simulator has counted them.
#[test]
fn the_calls_are_told() {
    let bench = Bench::new(prepared_but("", ""));
    let outcome = bench.run(&BOTH_REGIONS);
    let counters = bench.0.counters();
    let told: u64 = outcome.document["api_calls"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|operations| operations.as_object().unwrap().values())
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(told, counters.total_calls());
    // One AssumeRole an account, whatever there is to be looked at in it.
    assert_eq!(counters.calls_of("sts", "AssumeRole"), 2);
}
