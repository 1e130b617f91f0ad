//! Stopping a preflight: what was found is told, and that it is not all.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use integration_tests::{Effect, Fault};

use crate::bench::{BANK, BOTH_REGIONS, Bench, Outcome, prepared_but};

fn signal(name: &str, child: &Child) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

fn hanging(operation: &str, account: Option<&str>) -> Bench {
    let mut organization = prepared_but("", "[[config.recorder]]\naccount = \"222222222222\"\nstopped = true\n");
    organization.faults = vec![Fault {
        operation: Some(operation.to_owned()),
        account: account.map(str::to_owned),
        effect: Effect::Hang,
        ..Fault::default()
    }];
    Bench::new(organization)
}

fn start(bench: &Bench, arguments: &[&str]) -> Child {
    bench.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_mins(1), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_was_found_is_told() {
    for name in ["INT", "TERM"] {
        let bench = hanging("account:ListRegions", Some(BANK));
        let child = start(&bench, &[&BOTH_REGIONS[..], &["--summary", "json", "--no-progress"]].concat());
        wait_until("all is asked but what hangs", || {
            let counters = bench.0.counters();
            // A key that does not exist, in both Regions of both accounts that answer, is the last that is asked for.
            counters.calls_of("kms", "DescribeKey") == 4 && counters.requests_in_flight == 1
        });
        std::thread::sleep(Duration::from_millis(300));
        signal(name, &child);
        let outcome = Outcome::of(child.wait_with_output().unwrap());
        assert_eq!(outcome.status, 130, "{}", outcome.stderr);
        assert_eq!(outcome.document["preflight"]["interruption"], "it was stopped");
        assert_eq!(outcome.document["verdict"], "not-ready");
        assert_eq!(
            (&outcome.document["accounts"]["found"], &outcome.document["accounts"]["checked"]),
            (&3.into(), &2.into())
        );
        assert_eq!(outcome.lines().len(), 2, "{:?}", outcome.lines());
    }
}

#[test]
fn stopped_before_anything_was_checked() {
    let bench = hanging("sts:GetCallerIdentity", None);
    let child = start(&bench, &[]);
    wait_until("the caller is asked for", || bench.0.counters().calls_of("sts", "GetCallerIdentity") > 0);
    signal("INT", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(130), 0), "{output:?}");
}

/// The caller's credentials end: what follows would be lost, and is told to be.
#[test]
fn the_caller_s_credentials_expire() {
    let mut organization = prepared_but("", "");
    organization.faults =
        vec![Fault { operation: Some("sts:AssumeRole".to_owned()), effect: Effect::Expired, ..Fault::default() }];
    let outcome = Bench::new(organization).run(&BOTH_REGIONS);
    assert_eq!((outcome.status, &outcome.document["verdict"]), (4, &"unknown".into()), "{:?}", outcome.lines());
    let why = outcome.document["preflight"]["interruption"].as_str().unwrap();
    assert!(why.contains("credentials have expired"), "{why}");
}
