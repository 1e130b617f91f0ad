//! A sweep that would take longer than it may.

use std::collections::BTreeSet;
use std::time::Duration;

use integration_tests::{Effect, Fault, Organization};

use crate::event::Event;
use crate::harness::{Bench, HOME, Told, fault, key, organization, repository, under};

/// 150 repositories that need no key, and 400 with a key each.
fn large() -> Organization {
    let mut organization = organization();
    for number in 0..150 {
        organization.repositories.push(repository(HOME, &format!("a-plain/{number:03}")));
    }
    for number in 0..400 {
        let name = format!("key-{number:03}");
        organization.keys.push(key(HOME, &name));
        organization.repositories.push(under(HOME, &format!("b-keyed/{number:03}"), &name));
    }
    organization
}

/// What the log says was judged, and what Config was told, are the same repositories.
fn assert_nothing_lost(told: &Told) {
    let judged: BTreeSet<&str> = told
        .invocation
        .json_lines()
        .filter(|line| line["status"].is_string())
        .filter_map(|line| line["repository"].as_str())
        .collect();
    let put: BTreeSet<&str> = told.evaluations.iter().map(|it| it.compliance_resource_id.as_str()).collect();
    assert_eq!(judged, put);
}

#[test]
fn what_was_judged_is_told_before_the_deadline_and_the_rest_is_an_error() {
    // So that what complies is in the log, too.
    let bench = Bench::with(large(), |options| options.variable("AWS_LAMBDA_LOG_LEVEL", "DEBUG"));
    bench.simulator.set_faults(vec![Fault {
        effect: Effect::Slow,
        milliseconds: Some(500),
        ..fault("kms:DescribeKey")
    }]);
    let timeout = Duration::from_secs(5);
    let told = bench.invoke_within(&Event::scheduled(), timeout);
    let message = told.failed();
    assert!(message.contains("deadline") || message.contains("time"), "{message}");
    assert!(told.invocation.duration < timeout, "{:?}", told.invocation.duration);
    let count = told.evaluations.len();
    // At least the first hundred, which need no key.
    assert!((100..550).contains(&count), "{count}");
    assert_nothing_lost(&told);

    // The process goes on, and with its warm cache a second try gets further.
    let again = bench.invoke_within(&Event::scheduled(), timeout);
    assert!(again.evaluations.len() > count, "{count}, then {}", again.evaluations.len());
    // In time, with enough of it.
    bench.simulator.set_faults(Vec::new());
    assert_eq!(bench.invoke(&Event::scheduled()).succeeded().len(), 550);
}

/// Config itself is what is slow.
#[test]
fn batches_that_can_not_be_put_in_time_are_an_error() {
    let bench = Bench::new(large());
    bench.simulator.set_faults(vec![Fault {
        effect: Effect::Slow,
        milliseconds: Some(1200),
        ..fault("config:PutEvaluations")
    }]);
    let timeout = Duration::from_secs(4);
    let told = bench.invoke_within(&Event::scheduled(), timeout);
    told.failed();
    assert!(told.invocation.duration < timeout, "{:?}", told.invocation.duration);
    assert!(told.evaluations.len() >= 100, "{}", told.evaluations.len());
}

/// A deadline that has all but passed: no verdict is guessed, and the process lives.
#[test]
fn hardly_any_time_at_all() {
    let bench = Bench::new(large());
    bench.simulator.set_faults(vec![Fault {
        effect: Effect::Slow,
        milliseconds: Some(300),
        ..fault("kms:DescribeKey")
    }]);
    let told = bench.invoke_within(&bench.change_of(HOME, "b-keyed/000"), Duration::from_millis(1100));
    assert!(told.verdicts().iter().all(|verdict| verdict == "b-keyed/000 COMPLIANT"), "{told:?}");
    assert_eq!(bench.function.exit_status(), None, "{:?}", told.invocation);
    bench.simulator.set_faults(Vec::new());
    assert_eq!(bench.invoke(&bench.change_of(HOME, "b-keyed/000")).succeeded(), ["b-keyed/000 COMPLIANT"]);
}
