//! What one account does to the others: nothing. And what the scan does to each of them: no more than it may.

use std::collections::BTreeMap;

use integration_tests::{Counters, Effect, Fault, Generate, Organization};
use rstest::rstest;

use crate::harness::{Bench, HOME, Outcome, aes256, empty_organization, key, repository};

const THROTTLED: &str = "200000000003";
const CALLER: &str = "200000000000";
const REGIONS: usize = 4;

fn twelve_accounts() -> Organization {
    let sizes = Generate { accounts: 12, regions: REGIONS, repositories: 3, ..Generate::default() };
    Organization::generated(sizes)
}

/// The calls with the credentials of each account but the throttled one, by Region.
fn calls_of_the_others(counters: Counters) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut targets = counters.targets;
    targets.remove(THROTTLED);
    targets
}

fn findings_of_the_others(outcome: &Outcome) -> Vec<String> {
    outcome.verdicts().into_iter().filter(|verdict| !verdict.starts_with(THROTTLED)).collect()
}

/// An account of which every call of a kind is throttled, for ever.
#[rstest]
#[case::lists("ecr:DescribeRepositories", REGIONS)]
#[case::keys("kms:DescribeKey", REGIONS)]
#[case::regions("account:ListRegions", 1)]
#[case::roles("sts:AssumeRole", 1)]
fn a_throttled_account_costs_the_others_no_call(#[case] operation: &str, #[case] most_gaps: usize) {
    let bench = Bench::new(twelve_accounts());
    let undisturbed = bench.scan(&[]);
    let undisturbed_counters = bench.simulator.counters();
    bench.simulator.reset();
    bench.simulator.set_faults(vec![Fault {
        operation: Some(operation.to_owned()),
        account: Some(THROTTLED.to_owned()),
        effect: Effect::Throttle,
        ..Fault::default()
    }]);
    let outcome = bench.scan(&[]);
    let counters = bench.simulator.counters();
    assert_eq!(findings_of_the_others(&outcome), findings_of_the_others(&undisturbed), "{operation}");
    let gaps: Vec<String> = outcome.not_covered().into_iter().filter(|gap| !gap.contains("region-disabled")).collect();
    let told = |gap: &String| gap.starts_with(THROTTLED) && gap.contains(" throttled ");
    assert!((1..=most_gaps).contains(&gaps.len()) && gaps.iter().all(told), "{operation}: {gaps:?}");

    let mut calls = calls_of_the_others(counters.clone());
    // It is the caller who assumes the role, again and again.
    let retries = counters.calls_of("sts", "AssumeRole") - undisturbed_counters.calls_of("sts", "AssumeRole");
    assert_eq!(retries > 0, operation == "sts:AssumeRole");
    let of_caller = calls.get_mut(CALLER).and_then(|regions| regions.get_mut("us-east-1"));
    *of_caller.unwrap() -= retries;
    assert_eq!(calls, calls_of_the_others(undisturbed_counters), "{operation}");
    // Six attempts a call, and a lane that is given up is not asked by all who wait.
    assert!(throttles(&counters) <= 12 * most_gaps as u64, "{:?}", counters.outcomes);
}

fn throttles(counters: &Counters) -> u64 {
    ["Throttling", "ThrottlingException", "TooManyRequestsException"].iter().map(|code| counters.outcome(code)).sum()
}

const MAX_RATE: u64 = 3;
/// What a lane may send at once after a silence, with that rate.
const BURST: u64 = 1;
/// How many calls that were sent side by side, each in time, may come late to a server on a busy machine, and so closer to
/// the next. A lane that saved its turns up sent nine in a second.
const DELAYED: u64 = 2;

/// One account and Region with many pages, and many keys on each.
fn a_busy_target() -> Organization {
    let mut organization = empty_organization();
    for number in 0..15 {
        let name = format!("key-{number:02}");
        organization.keys.push(key(&name, HOME, "us-east-1"));
        organization.repositories.push(repository(HOME, "us-east-1", &name, &name));
        organization.repositories.push(aes256(HOME, "us-east-1", &format!("plain-{number:02}")));
    }
    organization.answers.repositories_per_page = 5;
    organization
}

/// The most calls that anybody got within one second. Were it exceeded, then because a call was sent for which the lane had
/// nothing left: pages are asked for one after the other, so that no delay on the way brings them closer together.
#[test]
fn no_lane_is_faster_than_the_rate_that_was_asked_for() {
    let bench = Bench::new(a_busy_target());
    let outcome = bench.scan(&["--max-rate", &MAX_RATE.to_string(), "--accounts", HOME, "--regions", "us-east-1"]);
    assert_eq!((outcome.status, outcome.findings.len()), (3, 30), "{}", outcome.stderr);
    let counters = bench.simulator.counters();
    assert!(counters.calls_of("ecr", "DescribeRepositories") > MAX_RATE + BURST);
    assert!(counters.peak_of("ecr", "DescribeRepositories") <= MAX_RATE + BURST, "{:?}", counters.peaks);
    assert!(counters.calls_of("kms", "DescribeKey") > MAX_RATE + BURST);
    assert!(counters.peak_of("kms", "DescribeKey") <= MAX_RATE + BURST + DELAYED, "{:?}", counters.peaks);
}

/// Calls that had to wait for their turn among all calls must not be sent all at once when it comes.
#[test]
fn no_lane_is_faster_than_its_rate_after_a_wait_for_the_others() {
    let mut organization = a_busy_target();
    organization.answers.repositories_per_page = 30;
    // Beside it are pages that take as long as many calls of the lane would; and only one call may be under way.
    organization.repositories.extend((0..70).map(|number| aes256(HOME, "eu-west-1", &format!("slow-{number:02}"))));
    organization.faults = vec![Fault {
        operation: Some("ecr:DescribeRepositories".to_owned()),
        region: Some("eu-west-1".to_owned()),
        effect: Effect::Slow,
        milliseconds: Some(3000),
        ..Fault::default()
    }];
    let bench = Bench::new(organization);
    let outcome = bench.scan(&["--max-rate", &MAX_RATE.to_string(), "--accounts", HOME, "--concurrency", "1"]);
    assert_eq!((outcome.status, outcome.findings.len()), (3, 100), "{}", outcome.stderr);
    let counters = bench.simulator.counters();
    assert!(counters.peak_of("kms", "DescribeKey") <= MAX_RATE + BURST + DELAYED, "{:?}", counters.peaks);
}
