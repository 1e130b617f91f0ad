//! `PutEvaluations`: batches, failures that pass and that don't.

use std::time::Duration;

use integration_tests::{Effect, Fault, Organization};
use rstest::rstest;
use serde_json::Value;

use crate::event::Event;
use crate::harness::{Bench, HOME, REGION, SHORT, assert_names, error, fault, key, organization, repository, under};

fn many(count: usize) -> Organization {
    let mut organization = organization();
    organization.keys.push(key(HOME, "images"));
    organization.repositories = (0..count)
        .map(|number| {
            let name = format!("many/{number:03}");
            if number % 2 == 0 { under(HOME, &name, "images") } else { repository(HOME, &name) }
        })
        .collect();
    organization
}

#[rstest]
#[case(0, 0)]
#[case(1, 1)]
#[case(100, 1)]
#[case(101, 2)]
#[case(250, 3)]
fn a_sweep_is_put_in_batches_of_a_hundred(#[case] repositories: usize, #[case] calls: u64) {
    let bench = Bench::new(many(repositories));
    let told = bench.invoke(&Event::scheduled());
    let expected: Vec<String> = (0..repositories)
        .map(|number| format!("many/{number:03} {}", if number % 2 == 0 { "COMPLIANT" } else { "NON_COMPLIANT" }))
        .collect();
    assert_eq!(told.succeeded(), expected);
    assert_eq!(bench.calls("config", "PutEvaluations"), calls);
    assert_eq!(bench.calls("kms", "DescribeKey"), u64::from(repositories > 0), "once a key");
    assert_eq!(bench.simulator.results(HOME, REGION, "ecr-encryption").len(), repositories);
}

#[test]
fn repositories_come_on_pages() {
    let mut organization = many(250);
    organization.answers.repositories_per_page = 7;
    let bench = Bench::new(organization);
    assert_eq!(bench.invoke(&Event::scheduled()).succeeded().len(), 250);
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 36);
    assert_eq!(bench.calls("kms", "DescribeKey"), 1);
}

#[test]
fn evaluations_that_come_back_are_put_again() {
    let mut organization = many(250);
    organization.config.fail_first = vec!["many/003".to_owned(), "many/150".to_owned(), "many/151".to_owned()];
    let bench = Bench::new(organization);
    let told = bench.invoke(&Event::scheduled());
    assert_eq!(told.succeeded().len(), 250);
    assert_eq!(told.evaluations.len(), 253, "those that came back, and no others");
    assert_eq!(bench.simulator.results(HOME, REGION, "ecr-encryption").len(), 250);
}

#[test]
fn evaluations_that_always_come_back_are_an_error() {
    let mut organization = many(3);
    organization.config.fail_always = vec!["many/001".to_owned()];
    let bench = Bench::new(organization);
    let told = bench.invoke_within(&Event::scheduled(), Duration::from_secs(5));
    assert_names(told.failed(), &["many/001"]);
    assert_eq!(told.verdicts(), ["many/000 COMPLIANT", "many/002 COMPLIANT"], "the others are not lost");
}

/// Every failure that passes, for good: an error, before the deadline.
#[rstest]
#[case::throttled(Effect::Throttle)]
#[case::broken(Effect::Http)]
#[case::reset(Effect::Reset)]
#[case::silent(Effect::Hang)]
#[case::nonsense(Effect::Malformed)]
fn config_can_not_be_told(#[case] effect: Effect) {
    let bench = Bench::new(many(2));
    bench.simulator.set_faults(vec![Fault { effect, ..fault("config:PutEvaluations") }]);
    let told = bench.invoke_within(&bench.change_of(HOME, "many/000"), SHORT);
    assert_names(told.failed(), &["PutEvaluations"]);
    assert!(told.invocation.duration < SHORT);
    bench.simulator.set_faults(Vec::new());
    assert_eq!(bench.invoke(&bench.change_of(HOME, "many/000")).succeeded(), ["many/000 COMPLIANT"]);
}

#[rstest]
#[case(Event::scheduled())]
#[case(Event::change(crate::event::repository_item("many/001", "AES256", None)))]
fn a_rule_that_is_gone_is_owed_nothing(#[case] event: Event) {
    let bench = Bench::new(many(2));
    // Gone at the first call that names it.
    bench.simulator.set_faults(vec![
        error("config:PutEvaluations", "NoSuchConfigRuleException"),
        error("config:GetComplianceDetailsByConfigRule", "NoSuchConfigRuleException"),
    ]);
    let told = bench.invoke(&event);
    assert_eq!(told.succeeded(), Vec::<String>::new());
    let is_told = |line: &Value| line["level"] == "WARN" && line["config_rule_name"] == "ecr-encryption";
    assert!(told.invocation.json_lines().any(is_told), "{:#?}", told.invocation.log_lines);
}

#[test]
fn a_token_that_config_does_not_know_is_an_error() {
    let bench = Bench::new(many(2));
    let told = bench.invoke(&bench.change_of(HOME, "many/001").token("another"));
    assert_names(told.refused(), &["InvalidResultTokenException"]);
    assert!(!told.failed().contains("another"), "a token is no message");
}

#[test]
fn a_refusal_names_the_permission() {
    let mut organization = many(2);
    organization.caller.deny.push(integration_tests::Deny {
        action: "config:PutEvaluations".to_owned(),
        regions: Vec::new(),
        kind: None,
    });
    let bench = Bench::new(organization);
    assert_names(bench.invoke(&Event::scheduled()).refused(), &["config:PutEvaluations", "AccessDenied"]);
}

/// A later batch fails, the earlier ones stay, and the invocation says so.
#[test]
fn a_batch_that_fails_is_an_error_and_loses_no_other() {
    let bench = Bench::new(many(250));
    bench.simulator.set_faults(vec![Fault { effect: Effect::Throttle, skip: 1, ..fault("config:PutEvaluations") }]);
    let told = bench.invoke_within(&Event::scheduled(), Duration::from_secs(5));
    assert_names(told.failed(), &["PutEvaluations"]);
    assert_eq!(told.verdicts().len(), 100);
}
