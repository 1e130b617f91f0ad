//! The caller's own credentials: renewed where they can be; else the run stops, and is gone on with after a new sign-in.

use std::process::Command;

use integration_tests::{Effect, Fault, Organization};
use rstest::rstest;

use crate::harness::{Bench, HOME, Outcome, SHOP, aes256, organization};
use crate::output::{assert_whole, beside};
use crate::resume::result;

/// The scan as a program in a container: its credentials come from an endpoint, and expire.
pub fn renewing(bench: &Bench, arguments: &[&str]) -> Command {
    let mut command = bench.command(arguments);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command.envs(bench.simulator.renewing_environment());
    command
}

const PAGES: usize = 8;

/// The caller's account has pages that take longer, all together, than the caller's credentials live.
fn organization_that_outlives_the_caller() -> Organization {
    let mut organization = organization();
    organization.caller.lifetime_seconds = 2;
    organization.answers.repositories_per_page = 1;
    for number in 1..PAGES {
        organization.repositories.push(aes256(HOME, "us-east-1", &format!("many/{number}")));
    }
    organization
}

fn slow() -> Fault {
    Fault {
        operation: Some("ecr:DescribeRepositories".to_owned()),
        account: Some(HOME.to_owned()),
        region: Some("us-east-1".to_owned()),
        effect: Effect::Slow,
        milliseconds: Some(600),
        ..Fault::default()
    }
}

#[test]
fn credentials_of_the_caller_are_renewed() {
    let bench = Bench::new(Organization { faults: vec![slow()], ..organization_that_outlives_the_caller() });
    let outcome = Outcome::new(renewing(&bench, &[]).output().unwrap(), &bench.report());
    assert_eq!((outcome.status, outcome.findings.len()), (3, 6 + PAGES - 1), "{} {outcome:?}", outcome.stderr);
    assert_eq!(outcome.not_covered(), Vec::<String>::new());
    // Two before the first call, and at least two more in five seconds of two each.
    assert!(bench.simulator.counters().caller_credentials_issued >= 4, "{:?}", bench.simulator.counters());
}

/// What expires: what a container's endpoint gives, which gives no more; or a session that AWS alone knows the end of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Session {
    Endpoint,
    Fixed,
}

#[rstest]
fn without_new_credentials_the_run_stops_and_is_gone_on_with(
    #[values(Session::Endpoint, Session::Fixed)] kind: Session,
) {
    let bench = Bench::new(organization_that_outlives_the_caller());
    let command = |arguments: &[&str]| match kind {
        Session::Endpoint => renewing(&bench, arguments),
        Session::Fixed => bench.command(arguments),
    };
    let scan = |arguments: &[&str]| command(arguments).output().unwrap();
    let undisturbed = Outcome::new(scan(&[]), &bench.report());
    assert_eq!((undisturbed.status, undisturbed.findings.len()), (3, 6 + PAGES - 1), "{}", undisturbed.stderr);
    std::fs::remove_dir_all(bench.output()).unwrap();
    bench.simulator.reset();

    let expired = Fault { effect: Effect::Expired, milliseconds: None, skip: 3, ..slow() };
    bench.simulator.set_faults(match kind {
        Session::Endpoint => vec![slow()],
        // The pages before are slow, so that everybody else is read by then.
        Session::Fixed => vec![Fault { times: Some(3), ..slow() }, expired],
    });
    // Those before the first call, and no more.
    bench.simulator.set_caller_renewals(Some(2));
    let stopped = Outcome::new(scan(&[]), &beside(&bench, "interrupted-"));
    assert!(matches!(stopped.status, 3 | 4), "{} {}", stopped.status, stopped.stderr);
    assert_eq!(stopped.summary["run"]["interrupted"], true);
    let interruption = stopped.summary["run"]["interruption"].as_str().unwrap();
    assert!(interruption.starts_with("the caller's credentials have expired: "), "{interruption}");
    assert!(stopped.stdout.contains("--resume"), "{}", stopped.stdout);
    assert!(stopped.stdout.contains("the caller's credentials have expired"), "{}", stopped.stdout);
    // One target is lost, and told so; not one that was read, and nobody else's.
    assert_eq!(stopped.not_covered(), [format!("{HOME} us-east-1 interrupted -")]);
    assert_eq!(stopped.targets_scanned(), 5);
    stopped.finding(SHOP, "us-east-1", "app");
    let asked = bench.simulator.counters().calls_of("ecr", "DescribeRepositories");

    // A second try without having signed in changes nothing.
    if kind == Session::Endpoint {
        let output = scan(&["--resume"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(bench.simulator.counters().calls_of("ecr", "DescribeRepositories"), asked);
        beside(&bench, "interrupted-");
    }

    bench.simulator.set_caller_renewals(None);
    bench.simulator.set_faults(Vec::new());
    let resumed = Outcome::new(scan(&["--resume"]), &bench.report());
    assert_eq!(resumed.status, undisturbed.status, "{}", resumed.stderr);
    assert_eq!(result(&resumed), result(&undisturbed));
    assert_eq!(resumed.summary["run"]["interrupted"], false);
    assert_eq!(resumed.summary["run"]["interruption"], serde_json::Value::Null);
    assert_eq!(resumed.summary["run"]["id"], stopped.summary["run"]["id"]);
    // The lost target alone is read.
    assert_eq!(resumed.calls()["ecr:DescribeRepositories"], PAGES as u64);
    assert!(!resumed.calls().contains_key("sts:AssumeRole"), "{:?}", resumed.calls());
    assert_whole(&bench);
}
