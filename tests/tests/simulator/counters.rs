//! What is counted.

use integration_tests::Generate;
use integration_tests::Organization;
use serde_json::json;

use crate::client::{Client, admin};
use crate::world::{MANAGEMENT, MEMBER, REGION, organization, start};

#[test]
fn calls_are_counted_by_account_region_and_operation() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let member = client.assume(MEMBER);
    for _ in 0..3 {
        member.ecr("DescribeRepositories", &json!({})).ok();
    }
    member.in_region("us-east-1").ecr("DescribeRepositories", &json!({})).ok();
    let stranger = Client { access_key_id: "AKIANOBODY".to_owned(), ..client };
    stranger.ecr("DescribeRepositories", &json!({}));
    let counters = simulator.counters();
    assert_eq!(counters.calls_of("ecr", "DescribeRepositories"), 5);
    assert_eq!(counters.calls_in(MEMBER, REGION), 3);
    assert_eq!(counters.calls_in(MEMBER, "us-east-1"), 1);
    assert_eq!(counters.calls_in(MANAGEMENT, REGION), 1);
    assert_eq!(counters.calls_in("unknown", REGION), 1);
    assert_eq!(counters.calls_in("unknown", "us-east-1"), 0);
    // Calls may come more slowly than they were meant to; how they are counted is tested beside `Places`.
    assert!((1..=3).contains(&counters.peak_of("ecr", "DescribeRepositories")), "{:?}", counters.peaks);
    assert_eq!(counters.peak_of("sts", "AssumeRole"), 1);
    assert_eq!(counters.peaks["sts"]["AssumeRole"].account, MANAGEMENT);
    assert_eq!(counters.peak_of("kms", "DescribeKey"), 0);
    simulator.reset();
    assert_eq!(simulator.counters().peak_of("ecr", "DescribeRepositories"), 0);
    assert_eq!(simulator.counters().calls_in(MEMBER, REGION), 0);
}

#[test]
fn the_server_tells_its_own_use_of_the_machine() {
    let simulator = start(Organization::generated(Generate::default()));
    let told = || admin(&simulator, "GET", "counters", "").ok();
    let first = told();
    let client = Client::new(&simulator);
    client.ecr("DescribeRepositories", &json!({})).ok();
    let second = told();
    let of = |counters: &serde_json::Value, name: &str| counters[name].as_u64().expect("a number");
    assert!(of(&second, "cpu_microseconds") > of(&first, "cpu_microseconds"), "{first} {second}");
    assert!(of(&first, "peak_resident_bytes") > 1_000_000, "{first}");
    // One connection each: two of the interface, one of the call.
    assert_eq!(of(&second, "connections_opened"), 3);
}
