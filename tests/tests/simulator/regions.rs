//! Account Management's Regions, and calls to Regions that are not enabled.

use integration_tests::{Organization, RegionStatus};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Client, strings};
use crate::world::{MEMBER, OTHER, organization, start};

fn with_opt_in() -> Organization {
    let mut organization = organization();
    organization.accounts[1].regions = [
        ("af-south-1".to_owned(), RegionStatus::Enabled),
        ("eu-south-1".to_owned(), RegionStatus::Enabling),
        ("eu-south-2".to_owned(), RegionStatus::Disabling),
        ("me-south-1".to_owned(), RegionStatus::Disabled),
    ]
    .into();
    organization
}

#[test]
fn a_member_lists_its_own_regions() {
    let simulator = start(with_opt_in());
    let answer = Client::new(&simulator).assume(MEMBER).list_regions(&json!({"MaxResults": 50})).ok();
    let statuses: Vec<_> = answer["Regions"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|region| (region["RegionName"].as_str().unwrap(), region["RegionOptStatus"].as_str().unwrap()))
        .collect();
    assert_eq!(
        statuses,
        [
            ("af-south-1", "ENABLED"),
            ("eu-south-1", "ENABLING"),
            ("eu-south-2", "DISABLING"),
            ("eu-west-1", "ENABLED_BY_DEFAULT"),
            ("me-south-1", "DISABLED"),
            ("us-east-1", "ENABLED_BY_DEFAULT"),
        ]
    );
}

#[test]
fn regions_are_filtered_and_paged() {
    let simulator = start(with_opt_in());
    let client = Client::new(&simulator).assume(MEMBER);
    let mut input = json!({"MaxResults": 2, "RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]});
    let first = client.list_regions(&input).ok();
    assert_eq!(strings(&first["Regions"], "RegionName"), ["af-south-1", "eu-west-1"]);
    input["NextToken"] = first["NextToken"].clone();
    let second = client.list_regions(&input).ok();
    assert_eq!(strings(&second["Regions"], "RegionName"), ["us-east-1"]);
    assert_eq!(second.get("NextToken"), None);
}

#[test]
fn the_default_is_aws_s_seventeen_regions() {
    let simulator = start(Organization { regions: Vec::new(), ..organization() });
    let input = json!({"MaxResults": 50, "RegionOptStatusContains": ["ENABLED_BY_DEFAULT"]});
    let answer = Client::new(&simulator).list_regions(&input).ok();
    assert_eq!(strings(&answer["Regions"], "RegionName").len(), 17);
    let answer = Client::new(&simulator).list_regions(&json!({"MaxResults": 50})).ok();
    assert_eq!(strings(&answer["Regions"], "RegionName").len(), 34);
}

#[rstest]
#[case::zero(json!({"MaxResults": 0}))]
#[case::too_many(json!({"MaxResults": 51}))]
#[case::status(json!({"RegionOptStatusContains": ["SOMETIMES"]}))]
#[case::token(json!({"NextToken": "made-up"}))]
fn list_regions_refuses(#[case] input: Value) {
    let simulator = start(organization());
    let answer = Client::new(&simulator).list_regions(&input);
    assert_eq!((answer.status, answer.code().as_str()), (400, "ValidationException"));
}

#[test]
fn another_account_s_regions_only_from_the_management_account() {
    let simulator = start(with_opt_in());
    let client = Client::new(&simulator);
    let answer = client.list_regions(&json!({"AccountId": MEMBER, "MaxResults": 50})).ok();
    assert_eq!(strings(&answer["Regions"], "RegionName").len(), 6);
    let answer = client.assume(OTHER).list_regions(&json!({ "AccountId": MEMBER }));
    assert_eq!((answer.status, answer.code().as_str()), (403, "AccessDeniedException"));
    // "The management account can't specify its own AccountId."
    assert_eq!(client.list_regions(&json!({"AccountId": "111111111111"})).status, 403);
}

#[rstest]
#[case("af-south-1", true)]
#[case("eu-west-1", true)]
#[case("eu-south-1", false)]
#[case("eu-south-2", false)]
#[case("me-south-1", false)]
#[case("mars-north-1", false)]
fn credentials_are_valid_in_enabled_regions_only(#[case] region: &str, #[case] usable: bool) {
    let simulator = start(with_opt_in());
    let client = Client::new(&simulator).assume(MEMBER).in_region(region);
    let answer = client.ecr("DescribeRepositories", &json!({}));
    if usable {
        assert_eq!(answer.status, 200);
    } else {
        assert_eq!((answer.status, answer.code().as_str()), (400, "UnrecognizedClientException"));
        assert_eq!(answer.message(), "The security token included in the request is invalid.");
    }
}
