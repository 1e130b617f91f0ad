//! What an ECR registry is told to do by itself.

use integration_tests::{Organization, PullThroughCacheRule, Simulator};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Client, strings};
use crate::world::{MANAGEMENT, MEMBER, REGION, organization, start};

fn rule(account: &str, prefix: &str) -> PullThroughCacheRule {
    PullThroughCacheRule {
        account: account.to_owned(),
        region: REGION.to_owned(),
        ecr_repository_prefix: prefix.to_owned(),
        upstream_registry_url: "registry-1.docker.io".to_owned(),
        ..PullThroughCacheRule::default()
    }
}

fn with_rules() -> Simulator {
    let elsewhere = PullThroughCacheRule { region: "us-east-1".to_owned(), ..rule(MANAGEMENT, "elsewhere") };
    let of_docker = PullThroughCacheRule {
        upstream_registry: Some("docker-hub".to_owned()),
        credential_arn: Some(
            "arn:aws:secretsmanager:eu-west-1:111111111111:secret:ecr-pullthroughcache/hub".to_owned(),
        ),
        ..rule(MANAGEMENT, "docker-hub")
    };
    start(Organization {
        pull_through_cache_rules: vec![of_docker, rule(MANAGEMENT, "quay"), elsewhere, rule(MEMBER, "other")],
        ..organization()
    })
}

#[test]
fn a_pull_through_cache_rule_has_aws_s_members() {
    let answer = Client::new(&with_rules()).ecr("DescribePullThroughCacheRules", &json!({"maxResults": 1})).ok();
    let expected = json!({
        "ecrRepositoryPrefix": "docker-hub",
        "upstreamRegistryUrl": "registry-1.docker.io",
        "upstreamRegistry": "docker-hub",
        "credentialArn": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:ecr-pullthroughcache/hub",
        "registryId": MANAGEMENT,
        "createdAt": 1_736_933_400.0,
        "updatedAt": 1_736_933_400.0,
    });
    assert_eq!(answer["pullThroughCacheRules"], json!([expected]));
    assert!(answer["nextToken"].is_string());
}

#[rstest]
#[case::all(json!({}), &["docker-hub", "quay"])]
#[case::named(json!({"ecrRepositoryPrefixes": ["quay"]}), &["quay"])]
#[case::in_the_order_of_the_names(json!({"ecrRepositoryPrefixes": ["quay", "docker-hub"]}), &["quay", "docker-hub"])]
fn the_rules_of_the_own_registry_are_told(#[case] input: Value, #[case] expected: &[&str]) {
    let answer = Client::new(&with_rules()).ecr("DescribePullThroughCacheRules", &input).ok();
    assert_eq!(strings(&answer["pullThroughCacheRules"], "ecrRepositoryPrefix"), expected);
    assert_eq!(answer.get("nextToken"), None);
}

#[rstest]
#[case::unknown(json!({"ecrRepositoryPrefixes": ["quay", "other"]}), "PullThroughCacheRuleNotFoundException")]
#[case::none(json!({"ecrRepositoryPrefixes": []}), "InvalidParameterException")]
#[case::page_too_large(json!({"maxResults": 1001}), "InvalidParameterException")]
#[case::token_of_nobody(json!({"nextToken": "x"}), "InvalidParameterException")]
#[case::another_registry(json!({"registryId": MEMBER}), "AccessDeniedException")]
fn wrong_input_is_refused(#[case] input: Value, #[case] code: &str) {
    assert_eq!(Client::new(&with_rules()).ecr("DescribePullThroughCacheRules", &input).code(), code);
}

#[test]
fn a_description_may_have_rules() {
    let organization = Organization::parse(
        r#"
        [[account]]
        id = "111111111111"
        [[pull_through_cache_rule]]
        account = "111111111111"
        region = "eu-west-1"
        ecr_repository_prefix = "quay"
        upstream_registry_url = "quay.io"
        "#,
    )
    .expect("a description");
    assert_eq!(organization.pull_through_cache_rules[0].upstream_registry_url, "quay.io");
}
