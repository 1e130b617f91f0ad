//! Resource Groups Tagging.

use integration_tests::{Generate, Organization, Repository};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Client, strings};
use crate::world::{MANAGEMENT, organization, repository, start};

fn tagged() -> Organization {
    let with = |name: &str, tags: &[(&str, &str)]| Repository {
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        ..repository(MANAGEMENT, name)
    };
    let mut organization = organization();
    organization.repositories = vec![
        with("aa", &[("exempt", "2030-12-31"), ("team", "x")]),
        with("bb", &[]),
        with("cc", &[("team", "y")]),
        with("dd", &[("exempt", "")]),
    ];
    organization
}

#[rstest]
#[case::all(json!({"ResourceTypeFilters": ["ecr:repository"]}), &["aa", "cc", "dd"])]
#[case::key(json!({"ResourceTypeFilters": ["ecr:repository"], "TagFilters": [{"Key": "exempt"}]}), &["aa", "dd"])]
#[case::value(json!({"TagFilters": [{"Key": "team", "Values": ["y", "z"]}]}), &["cc"])]
#[case::both(json!({"TagFilters": [{"Key": "team"}, {"Key": "exempt"}]}), &["aa"])]
#[case::other_type(json!({"ResourceTypeFilters": ["s3"]}), &[])]
fn resources_are_filtered(#[case] input: Value, #[case] expected: &[&str]) {
    let simulator = start(tagged());
    let answer = Client::new(&simulator).get_resources(&input).ok();
    let names: Vec<String> = strings(&answer["ResourceTagMappingList"], "ResourceARN")
        .iter()
        .map(|arn| arn.rsplit('/').next().expect("a name").to_owned())
        .collect();
    assert_eq!(names, expected);
    assert_eq!(answer["PaginationToken"], "");
}

#[test]
fn tags_are_told() {
    let simulator = start(tagged());
    let answer = Client::new(&simulator).get_resources(&json!({})).ok();
    let tags = &answer["ResourceTagMappingList"][0]["Tags"];
    assert_eq!(*tags, json!([{"Key": "exempt", "Value": "2030-12-31"}, {"Key": "team", "Value": "x"}]));
}

#[test]
fn pages_end_with_an_empty_token() {
    let sizes = Generate { repositories: 250, exempt_per_mille: 1000, ..Generate::default() };
    let simulator = start(Organization::generated(sizes));
    let client = Client::new(&simulator);
    let (mut sizes, mut token) = (Vec::new(), json!(""));
    loop {
        let answer = client.get_resources(&json!({"PaginationToken": token, "ResourcesPerPage": 100})).ok();
        sizes.push(strings(&answer["ResourceTagMappingList"], "ResourceARN").len());
        token = answer["PaginationToken"].clone();
        if token == "" {
            break;
        }
    }
    assert_eq!(sizes, [100, 100, 50]);
}

#[rstest]
#[case::zero(json!({"ResourcesPerPage": 0}))]
#[case::too_many(json!({"ResourcesPerPage": 101}))]
#[case::token(json!({"PaginationToken": "made-up"}))]
#[case::filter_without_key(json!({"TagFilters": [{"Values": ["x"]}]}))]
fn get_resources_refuses(#[case] input: Value) {
    let simulator = start(organization());
    let answer = Client::new(&simulator).get_resources(&input);
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidParameterException"));
}
