use rstest::rstest;

use super::*;
use crate::config_source::aggregator::AggregatorSource;
use crate::doctor::check::State;

fn one(name: &str, resource_types: Option<&str>) -> Aggregator {
    Aggregator {
        name: name.to_owned(),
        of_organization: true,
        sources: vec![AggregatorSource { accounts: None, regions: Some(["eu-central-1".to_owned()].into()) }],
        resource_types: resource_types.map(|name| [name.to_owned()].into()),
    }
}

/// What a scan would end for is missing, unless the deployment brings it.
#[rstest]
#[case::none(Ok(vec![]), None, Some((State::ToCome, "no configuration aggregator")))]
#[case::the_only_one(Ok(vec![one("a", None)]), None, None)]
#[case::the_named_one(Ok(vec![one("a", None), one("b", None)]), Some("b"), None)]
#[case::not_the_named_one(Ok(vec![one("a", None)]), Some("b"), Some((State::Missing, "aggregator `b`")))]
#[case::not_the_deployed_one(Ok(vec![one("a", None)]), Some(DEPLOYED), Some((State::ToCome, "aggregator `ecr-encryption`")))]
#[case::none_of_that_name(Ok(vec![]), Some("b"), Some((State::Missing, "no configuration aggregator")))]
#[case::several(Ok(vec![one("a", None), one("b", None)]), None, Some((State::Missing, "cannot tell which")))]
#[case::of_buckets(Ok(vec![one("a", Some("AWS::S3::Bucket"))]), None, Some((State::Missing, "`a` collects no")))]
#[case::denied(Err("AccessDeniedException"), None, Some((State::Unknown, "is denied")))]
#[case::throttled(Err("ThrottlingException"), None, Some((State::Unknown, "failed")))]
fn aggregators(
    #[case] read: Result<Vec<Aggregator>, &str>,
    #[case] wanted: Option<&str>,
    #[case] expected: Option<(State, &str)>,
) {
    let read = read.map_err(|code| AwsFault::of_item("config:DescribeConfigurationAggregators", code, "no"));
    let problem =
        standing(read, wanted, wanted.is_none_or(|name| name == DEPLOYED), "the caller x", "account 1 in eu-central-1")
            .err();
    assert_eq!(problem.as_ref().map(|problem| problem.state), expected.map(|(state, _)| state));
    if let (Some(problem), Some((state, cause))) = (problem, expected) {
        assert!(problem.cause.contains(cause), "{problem:?}");
        assert_eq!(problem.commands.len(), if state == State::ToCome { 2 } else { 0 });
        assert!(problem.hint.is_some());
    }
}

#[test]
fn what_is_not_collected_is_missing() {
    let account = AccountId::parse("111122223333").unwrap();
    assert_eq!(collects(&one("a", None), account, "eu-central-1"), None);
    let problem = collects(&one("a", None), account, "us-east-1").unwrap();
    assert_eq!(problem.state, State::Missing);
}
