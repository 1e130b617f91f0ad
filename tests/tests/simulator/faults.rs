//! Faults, rate limits, latency.

use std::time::{Duration, Instant};

use integration_tests::{Effect, Fault, RateLimit, Simulator};
use rstest::rstest;
use serde_json::json;

use crate::client::{Answer, Client, admin};
use crate::world::{MEMBER, OTHER, organization, start};

fn with_fault(fault: Fault) -> Simulator {
    let mut organization = organization();
    organization.faults = vec![fault];
    start(organization)
}

fn describe(client: &Client) -> Answer {
    client.ecr("DescribeRepositories", &json!({}))
}

#[test]
fn each_service_throttles_in_its_own_words() {
    let simulator = with_fault(Fault { effect: Effect::Throttle, ..Fault::default() });
    let client = Client::new(&simulator);
    let told = |answer: Answer| (answer.status, answer.code());
    assert_eq!(told(describe(&client)), (400, "ThrottlingException".to_owned()));
    assert_eq!(told(client.describe_key("alias/x")), (400, "ThrottlingException".to_owned()));
    assert_eq!(told(client.sts("GetCallerIdentity", &[])), (400, "Throttling".to_owned()));
    let stack_set = [("StackSetName", "EcrEncryptionMemberRole")];
    let cloudformation = client.cloudformation("ListStackInstances", &stack_set);
    assert_eq!(told(cloudformation), (400, "Throttling".to_owned()));
    let config = client.config("DescribeConfigurationRecorders", &json!({}));
    assert_eq!(told(config), (400, "ThrottlingException".to_owned()));
    assert_eq!(told(client.list_regions(&json!({}))), (429, "TooManyRequestsException".to_owned()));
    let organizations = client.organizations("ListAccounts", &json!({}));
    assert_eq!(told(organizations), (429, "TooManyRequestsException".to_owned()));
}

#[test]
fn a_fault_strikes_so_many_times_in_each_account_and_region() {
    let fault = Fault {
        operation: Some("ecr:*".to_owned()),
        effect: Effect::Throttle,
        skip: 1,
        times: Some(2),
        ..Fault::default()
    };
    let simulator = with_fault(fault);
    let client = Client::new(&simulator);
    let places = [client.clone(), client.in_region("us-east-1"), client.assume(MEMBER)];
    for place in &places {
        let statuses: Vec<u16> = (0..5).map(|_| describe(place).status).collect();
        assert_eq!(statuses, [200, 400, 400, 200, 200]);
    }
    assert_eq!(simulator.counters().outcome("ThrottlingException"), 6);
    // After a reset it begins again.
    simulator.reset();
    let statuses: Vec<u16> = (0..3).map(|_| describe(&client).status).collect();
    assert_eq!(statuses, [200, 400, 400]);
}

#[test]
fn a_fault_can_be_for_one_operation_account_and_region() {
    let fault = Fault {
        operation: Some("ecr:DescribeRepositories".to_owned()),
        account: Some(MEMBER.to_owned()),
        region: Some("us-east-1".to_owned()),
        effect: Effect::Expired,
        ..Fault::default()
    };
    let simulator = with_fault(fault);
    let member = Client::new(&simulator).assume(MEMBER);
    assert_eq!(describe(&member).status, 200);
    assert_eq!(describe(&Client::new(&simulator).assume(OTHER).in_region("us-east-1")).status, 200);
    let there = member.in_region("us-east-1");
    assert_eq!(describe(&there).code(), "ExpiredTokenException");
    assert_eq!(there.ecr("DescribeRepositoryCreationTemplates", &json!({})).status, 200);
}

#[test]
fn a_fault_of_assume_role_is_for_the_account_that_is_entered() {
    let fault = Fault {
        operation: Some("sts:AssumeRole".to_owned()),
        account: Some(MEMBER.to_owned()),
        effect: Effect::Throttle,
        ..Fault::default()
    };
    let simulator = with_fault(fault);
    let client = Client::new(&simulator);
    client.assume(OTHER);
    let arn = format!("arn:aws:iam::{MEMBER}:role/EcrEncryptionAudit");
    let answer = client.sts("AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "test")]);
    assert_eq!(answer.code(), "Throttling");
}

#[test]
fn an_error_is_put_as_the_service_puts_it() {
    let fault = Fault {
        effect: Effect::Error,
        status: Some(500),
        code: Some("ServerException".to_owned()),
        message: Some("<broken>".to_owned()),
        ..Fault::default()
    };
    let simulator = with_fault(fault);
    let client = Client::new(&simulator);
    for answer in [describe(&client), client.sts("GetCallerIdentity", &[])] {
        assert_eq!((answer.status, answer.code().as_str()), (500, "ServerException"));
        assert!(answer.message().contains("broken"), "{}", answer.message());
    }
}

#[test]
fn an_http_error_is_not_aws_s() {
    let simulator = with_fault(Fault { effect: Effect::Http, status: Some(502), ..Fault::default() });
    let answer = describe(&Client::new(&simulator));
    assert_eq!((answer.status, answer.header("content-type")), (502, Some("text/html")));
    assert_eq!(simulator.counters().outcome("http 502"), 1);
}

#[rstest]
#[case::before_the_answer(Effect::Reset, None, "reset")]
#[case::in_the_body(Effect::ResetBody, None, "reset_body")]
#[case::after_hanging(Effect::Hang, Some(1), "hang")]
fn a_connection_can_break(#[case] effect: Effect, #[case] milliseconds: Option<u64>, #[case] outcome: &str) {
    let simulator = with_fault(Fault { effect, milliseconds, ..Fault::default() });
    let target = ("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories");
    let error = Client::new(&simulator).try_send("ecr", "/", &[target], b"{}").expect_err("no whole answer");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(simulator.counters().outcome(outcome), 1);
    assert_eq!(simulator.counters().outcome("ok"), 0);
}

#[test]
fn a_call_that_hangs_ends_with_the_simulator() {
    let simulator = with_fault(Fault { effect: Effect::Hang, ..Fault::default() });
    let client = Client::new(&simulator);
    let caller = std::thread::spawn(move || {
        let target = ("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories");
        client.try_send("ecr", "/", &[target], b"{}").is_err()
    });
    while simulator.counters().requests_in_flight == 0 {
        std::thread::yield_now();
    }
    drop(simulator);
    assert!(caller.join().expect("no panic"));
}

#[test]
fn a_malformed_answer_ends_in_the_middle_and_says_it_is_whole() {
    let simulator = with_fault(Fault { effect: Effect::Malformed, ..Fault::default() });
    let answer = describe(&Client::new(&simulator));
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_err(), "{}", answer.text());
}

#[test]
fn latency_and_slowness_add_up() {
    let mut organization = organization();
    organization.latency_ms = 30;
    organization.faults =
        vec![Fault { effect: Effect::Slow, milliseconds: Some(20), times: Some(1), ..Fault::default() }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    for least in [50, 30] {
        let begin = Instant::now();
        assert_eq!(describe(&client).status, 200);
        assert!(begin.elapsed() >= Duration::from_millis(least), "{:?}", begin.elapsed());
    }
    assert_eq!(simulator.counters().outcome("ok"), 2);
}

#[test]
fn chance_is_the_same_each_time_and_near_its_probability() {
    let strikes = || {
        let simulator = with_fault(Fault { effect: Effect::Throttle, probability: Some(0.3), ..Fault::default() });
        let client = Client::new(&simulator);
        (0..200).map(|_| describe(&client).status == 400).collect::<Vec<bool>>()
    };
    let first = strikes();
    assert_eq!(first, strikes());
    let count = first.iter().filter(|struck| **struck).count();
    assert!((30..=90).contains(&count), "{count} of 200");
}

#[test]
fn faults_can_be_replaced_while_the_server_runs() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let faults = r#"{"faults": [{"operation": "ecr:*", "effect": "throttle", "times": 1}]}"#;
    assert_eq!(admin(&simulator, "POST", "faults", faults).status, 204);
    assert_eq!(describe(&client).status, 400);
    assert_eq!(describe(&client).status, 200);
    simulator.set_faults(vec![Fault { effect: Effect::Expired, ..Fault::default() }]);
    assert_eq!(describe(&client).code(), "ExpiredTokenException");
    let unknown = admin(&simulator, "POST", "faults", r#"{"faults": [{"efect": "throttle"}]}"#);
    assert_eq!(unknown.status, 400);
    assert!(unknown.text().contains("unknown field `efect`"), "{}", unknown.text());
}

#[test]
fn a_bucket_for_each_account_and_region() {
    let mut organization = organization();
    organization.rate_limits = vec![RateLimit {
        operation: "ecr:DescribeRepositories".to_owned(),
        // Too slow to fill again while the test runs.
        requests_per_second: 0.001,
        burst: 2.0,
        account: None,
        region: None,
        ..RateLimit::default()
    }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    for place in [client.clone(), client.in_region("us-east-1"), client.assume(MEMBER)] {
        let statuses: Vec<u16> = (0..3).map(|_| describe(&place).status).collect();
        assert_eq!(statuses, [200, 200, 400]);
    }
    assert_eq!(simulator.counters().outcome("ThrottlingException"), 3);
}

#[test]
fn the_admin_interface_tells_and_resets_the_counters() {
    let simulator = start(organization());
    describe(&Client::new(&simulator));
    let counters = admin(&simulator, "GET", "counters", "").ok();
    assert_eq!(counters["calls"], json!({"ecr": {"DescribeRepositories": 1}}));
    assert_eq!(admin(&simulator, "POST", "reset", "").status, 204);
    let counters = admin(&simulator, "GET", "counters", "").ok();
    assert_eq!(counters["calls"], json!({}));
    assert_eq!(admin(&simulator, "GET", "nothing", "").status, 404);
}

#[rstest]
#[case::a_throttle(Effect::Throttle, 400)]
#[case::an_error(Effect::Error, 500)]
#[case::not_aws_s(Effect::Http, 503)]
fn a_fault_may_tell_when_to_come_back(#[case] effect: Effect, #[case] status: u16) {
    for retry_after_seconds in [None, Some(0), Some(7)] {
        let simulator = with_fault(Fault { effect, retry_after_seconds, ..Fault::default() });
        let answer = describe(&Client::new(&simulator));
        let expected = retry_after_seconds.map(|seconds| seconds.to_string());
        assert_eq!((answer.status, answer.header("retry-after")), (status, expected.as_deref()));
    }
}

#[test]
fn a_rate_limit_may_tell_when_to_come_back() {
    let mut organization = organization();
    organization.rate_limits = vec![RateLimit {
        operation: "ecr:*".to_owned(),
        requests_per_second: 0.001,
        burst: 1.0,
        retry_after_seconds: Some(3),
        ..RateLimit::default()
    }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    assert_eq!(describe(&client).header("retry-after"), None);
    let refused = describe(&client);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("ThrottlingException", Some("3")));
}
