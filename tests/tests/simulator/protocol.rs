//! What is the same for every service: signatures, targets, request ids.

use serde_json::json;

use crate::client::{Client, raw};
use crate::world::{organization, start};

#[test]
fn a_wrong_secret_is_a_signature_that_does_not_match() {
    let simulator = start(organization());
    let client = Client { secret_access_key: "wrong".to_owned(), ..Client::new(&simulator) };
    let answer = client.ecr("DescribeRepositories", &json!({}));
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidSignatureException"));
    let answer = client.sts("GetCallerIdentity", &[]);
    assert_eq!((answer.status, answer.code().as_str()), (403, "SignatureDoesNotMatch"));
}

#[test]
fn signatures_can_be_left_unchecked() {
    let mut organization = organization();
    organization.answers.verify_signatures = false;
    let simulator = start(organization);
    let client = Client { secret_access_key: "wrong".to_owned(), ..Client::new(&simulator) };
    assert_eq!(client.ecr("DescribeRepositories", &json!({})).status, 200);
}

#[test]
fn a_signature_for_another_service_is_refused() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let answer = client.json("ecr", "TrentService.DescribeKey", &json!({"KeyId": "alias/x"}));
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidSignatureException"));
    assert!(answer.message().contains("correct service: 'kms'"), "{}", answer.message());
}

#[test]
fn unknown_keys_and_unsigned_calls_are_refused_in_the_service_s_own_words() {
    let simulator = start(organization());
    let client = Client { access_key_id: "AKIANOBODY".to_owned(), ..Client::new(&simulator) };
    assert_eq!(client.ecr("DescribeRepositories", &json!({})).code(), "UnrecognizedClientException");
    let answer = client.sts("GetCallerIdentity", &[]);
    assert_eq!((answer.status, answer.code().as_str()), (403, "InvalidClientTokenId"));
    let target = ("x-amz-target", "TrentService.DescribeKey");
    let answer = raw(simulator.address(), "POST", "/", &[target], b"{}").expect("an answer");
    assert_eq!(answer.code(), "MissingAuthenticationTokenException");
    assert_eq!(simulator.counters().calls_in("unknown", "unknown"), 1);
}

#[test]
fn unknown_operations_are_refused() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let answer = client.ecr("DeleteEverything", &json!({}));
    assert_eq!((answer.status, answer.code().as_str()), (400, "UnknownOperationException"));
    assert_eq!(client.sts("GetFederationToken", &[]).code(), "InvalidAction");
}

#[test]
fn every_answer_has_a_request_id_of_its_own() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let first = client.ecr("DescribeRepositories", &json!({}));
    let second = client.ecr("DescribeRepositories", &json!({"maxResults": 0}));
    assert_eq!(second.status, 400);
    let ids = [first.header("x-amzn-requestid"), second.header("x-amzn-requestid")];
    assert!(ids[0].is_some() && ids[0] != ids[1], "{ids:?}");
}

#[test]
fn a_body_that_is_not_json_is_a_serialization_error() {
    let simulator = start(organization());
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"),
    ];
    let answer = Client::new(&simulator).send("ecr", "/", &headers, b"[1");
    assert_eq!(answer.code(), "SerializationException");
}

#[test]
fn counters_tell_attempts_targets_and_outcomes() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    client.ecr("DescribeRepositories", &json!({}));
    client.ecr("DescribeRepositories", &json!({"maxResults": 0}));
    let counters = simulator.counters();
    assert_eq!(counters.calls_of("ecr", "DescribeRepositories"), 2);
    assert_eq!(counters.total_calls(), 2);
    assert_eq!(counters.calls_in("111111111111", "eu-west-1"), 2);
    assert_eq!((counters.outcome("ok"), counters.outcome("InvalidParameterException")), (1, 1));
    assert_eq!((counters.connections_opened, counters.max_requests_in_flight), (2, 1));
    simulator.reset();
    assert_eq!(simulator.counters().total_calls(), 0);
}
