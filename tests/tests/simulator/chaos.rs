//! Everything going wrong at once, the same way each time.

use std::collections::BTreeMap;

use integration_tests::{Chaos, Generate, Organization, Simulator};
use serde_json::json;

use crate::client::Client;
use crate::world::start;

const REGIONS: [&str; 2] = ["us-east-1", "us-east-2"];

fn simulator(chaos: Chaos) -> Simulator {
    let sizes = Generate { accounts: 40, regions: 2, ..Generate::default() };
    start(Organization { chaos: Some(chaos), ..Organization::generated(sizes) })
}

/// What each of the first calls in a place came to, by account and Region; several places are called at once.
fn outcomes(simulator: &Simulator, threads: usize) -> BTreeMap<String, Vec<String>> {
    let caller = Client::new(simulator);
    let places: Vec<(usize, &str)> = (0..40).flat_map(|account| REGIONS.map(|region| (account, region))).collect();
    let of_place = |(account, region): (usize, &str)| {
        let client = caller.in_region(region);
        let arn = format!("arn:aws:iam::{}:role/EcrEncryptionAudit", 200_000_000_000_usize + account);
        let told = (0..6).map(|_| {
            let body = format!("Action=AssumeRole&Version=2011-06-15&RoleSessionName=test&RoleArn={arn}");
            let header = [("content-type", "application/x-www-form-urlencoded")];
            match client.try_send("sts", "/", &header, body.as_bytes()) {
                Ok(answer) if answer.status == 200 => "ok".to_owned(),
                Ok(answer) => answer.status.to_string(),
                Err(error) => error.kind().to_string(),
            }
        });
        (format!("{account} {region}"), told.collect())
    };
    std::thread::scope(|scope| {
        let share = places.len().div_ceil(threads);
        let workers: Vec<_> = places
            .chunks(share)
            .map(|places| scope.spawn(move || places.iter().map(|place| of_place(*place)).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    })
}

#[test]
fn chaos_is_the_same_whatever_the_concurrency() {
    let chaos = || Chaos { slow_milliseconds: 1, ..Chaos::default() };
    let one = outcomes(&simulator(chaos()), 1);
    assert_eq!(one, outcomes(&simulator(chaos()), 8));
    assert_ne!(one, outcomes(&simulator(Chaos { seed: 2, ..chaos() }), 8));
    let all: Vec<&String> = one.values().flatten().collect();
    let count = |outcome: &str| all.iter().filter(|known| **known == outcome).count();
    // Of 480: throttles of STS have status 400.
    assert!(count("ok") > 300 && count("400") > 60, "{one:?}");
    assert!(count("500") > 0 && count("503") > 0 && count("connection reset") > 0, "{one:?}");
}

#[test]
fn accounts_that_chaos_denies_are_never_entered() {
    let chaos = Chaos { denied_accounts_per_mille: 200, slow_accounts_per_mille: 0, ..Chaos::default() };
    let simulator = simulator(chaos.clone());
    let mut denied = 0;
    for (place, told) in outcomes(&simulator, 4) {
        let account = 200_000_000_000_usize + place.split(' ').next().expect("a number").parse::<usize>().expect("one");
        if chaos.is_denied(&account.to_string()) {
            denied += 1;
            assert!(told.contains(&"403".to_owned()) && !told.contains(&"ok".to_owned()), "{place}: {told:?}");
        } else {
            assert!(told.contains(&"ok".to_owned()) && !told.contains(&"403".to_owned()), "{place}: {told:?}");
        }
    }
    assert!((4..30).contains(&denied), "{denied} of 80 places");
}

#[test]
fn a_reset_begins_the_same_chaos_again() {
    let simulator = simulator(Chaos { slow_milliseconds: 1, ..Chaos::default() });
    let first = outcomes(&simulator, 1);
    assert_ne!(first, outcomes(&simulator, 1));
    simulator.reset();
    assert_eq!(first, outcomes(&simulator, 1));
}

#[test]
fn a_description_may_ask_for_chaos() {
    let parsed = |text: &str| Organization::parse(&format!("[[account]]\nid = \"111111111111\"\n[chaos]\n{text}"));
    let chaos = parsed("seed = 7\nthrottles_per_mille = 1000\nerrors_per_mille = 0\nresets_per_mille = 0");
    let simulator = start(chaos.expect("a description"));
    let client = Client::new(&simulator);
    let statuses: Vec<u16> = (0..5).map(|_| client.ecr("DescribeRepositories", &json!({})).status).collect();
    assert_eq!(statuses, [400, 400, 400, 400, 200]);
    assert!(parsed("throttles_per_mille = 1001").is_err());
    assert!(parsed("most_in_a_row = 0").is_err());
}
