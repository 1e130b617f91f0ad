//! What lets another invocation follow: once for each stage, however many have come that far.

use integration_tests::{Fault as OrganizationFault, Organization};
use rstest::rstest;
use serde_json::json;

use super::bench::{Bench, REGIONS, SHOP, organization, result};
use super::continuation::{SHORT, hanging};
use super::late::{Late, follow};
use crate::fake_s3::{Fault, Head};

/// The SDK asks again, and is refused by what it has written itself: that is no other chain.
#[test]
fn an_answer_that_was_lost_lets_one_invocation_follow_and_no_more() {
    let faults = vec![hanging()];
    let late = Late::new("chain-lost", Organization { faults, ..organization() }, |head: &Head| {
        (head.is("PUT", "/continue-1.json") && head.before == 0).then_some(Fault::Lost)
    });
    let invocation = late.bench.invoke_within(&json!({}), SHORT);
    assert_eq!(result(&invocation)["continues"], true);
    let puts = late.server.state().heads.iter().filter(|head| head.is("PUT", "/continue-1.json")).count();
    assert_eq!((puts, late.keys_with("/continue-").len()), (2, 1), "{:?}", late.server.keys());
}

/// Two go on with a run at once, and come as far as each other: one event follows. What this one has heard itself, or has read
/// more than since, is not heard again.
#[rstest]
#[case::of_this_stage("chain-met", 5, false)]
#[case::of_the_stage_before("chain-heard", 4, true)]
fn two_that_have_come_as_far_let_one_invocation_follow(
    #[case] bucket: &str,
    #[case] targets_read: u64,
    #[case] is_put: bool,
) {
    let in_shop = OrganizationFault {
        account: Some(SHOP.to_owned()),
        region: Some(REGIONS[0].to_owned()),
        ..super::bench::hang("ecr:DescribeRepositories")
    };
    let faults = vec![hanging(), in_shop];
    let mut bench = Bench::new(bucket, Organization { faults, ..organization() });
    let first = bench.invoke_within(&json!({}), SHORT);
    let id = result(&first)["run_id"].as_str().unwrap().to_owned();
    let folder = format!("ecr/.unfinished/{id}");
    assert_eq!(bench.object(&format!("{folder}/continue-1.json"))["targets_read"], 4);
    let other = json!({ "run_id": id, "continuation": 2, "targets_read": targets_read });
    bench.put(&format!("{folder}/continue-2.json"), other.to_string().into_bytes());
    bench.simulator.set_faults(vec![hanging()]);
    bench.fresh_instance();
    let second = bench.invoke_within(&follow(), SHORT);
    assert_eq!((&result(&second)["run_id"], &result(&second)["continues"]), (&json!(id), &json!(true)));
    let put = bench.keys().contains(&format!("{folder}/continue-3.json"));
    assert_eq!(put, is_put, "{:?}", bench.keys());
}
