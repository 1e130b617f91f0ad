//! The queries that an aggregator understands.

use integration_tests::{ConfigurationAggregator, Organization, Repository, Simulator};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::Client;
use crate::world::{MANAGEMENT, MEMBER, OTHER, REGION, key, organization, repository, start};

fn simulator() -> Simulator {
    let tagged = Repository {
        tags: [("team".to_owned(), "shop".to_owned())].into(),
        encryption_type: Some("KMS".to_owned()),
        kms_key: Some("some-key".to_owned()),
        ..repository(MEMBER, "team/shop")
    };
    let elsewhere = Repository { region: "us-east-1".to_owned(), ..repository(MEMBER, "dd") };
    start(Organization {
        // Not in the order of the accounts' ids.
        repositories: vec![repository(OTHER, "cc"), tagged, repository(MANAGEMENT, "aa"), elsewhere],
        keys: vec![integration_tests::Key { id: Some("key-1".to_owned()), ..key(MEMBER, "images") }],
        config: integration_tests::ConfigService {
            aggregators: vec![ConfigurationAggregator {
                name: "organization".to_owned(),
                account: MANAGEMENT.to_owned(),
                region: REGION.to_owned(),
                ..ConfigurationAggregator::default()
            }],
            recorders: vec![integration_tests::Recorder { absent: true, ..integration_tests::Recorder::default() }],
            ..integration_tests::ConfigService::default()
        },
        ..organization()
    })
}

fn ask(client: &Client, expression: &str, limit: usize) -> Vec<Value> {
    let mut input = json!({"Expression": expression, "ConfigurationAggregatorName": "organization", "Limit": limit});
    let mut rows = Vec::new();
    loop {
        let answer = client.config("SelectAggregateResourceConfig", &input).ok();
        let page = answer["Results"].as_array().expect("rows");
        assert!(page.len() <= limit, "{} rows on a page of {limit}", page.len());
        rows.extend(page.iter().map(|row| serde_json::from_str(row.as_str().expect("a text")).expect("JSON")));
        if answer["NextToken"].is_null() {
            return rows;
        }
        input["NextToken"] = answer["NextToken"].clone();
    }
}

#[rstest]
#[case::everything("", &["aa", "team/shop", "key-1", "dd", "cc"])]
#[case::equal("WHERE resourceType = 'AWS::KMS::Key'", &["key-1"])]
#[case::equal_without_spaces("WHERE resourceType='AWS::KMS::Key'", &["key-1"])]
#[case::a_list("WHERE resourceType IN ('AWS::ECR::Repository', 'AWS::KMS::Key') AND accountId = '333333333333'", &["team/shop", "key-1", "dd"])]
#[case::not_in_a_list("WHERE accountId NOT IN ('333333333333')", &["aa", "cc"])]
#[case::not("WHERE NOT accountId = '333333333333' AND resourceType = 'AWS::ECR::Repository'", &["aa", "cc"])]
#[case::either("WHERE resourceId = 'aa' OR resourceId = 'dd'", &["aa", "dd"])]
#[case::brackets("WHERE (resourceId = 'aa' OR resourceId = 'dd') AND awsRegion = 'us-east-1'", &["dd"])]
#[case::and_binds_before_or("WHERE resourceId = 'aa' OR resourceId = 'dd' AND awsRegion = 'eu-west-1'", &["aa"])]
#[case::like_a_beginning("WHERE resourceName LIKE 'team/%'", &["team/shop"])]
#[case::like_one_character("WHERE resourceName LIKE 'a_'", &["aa"])]
#[case::like_nothing("WHERE resourceName LIKE 'team'", &[])]
#[case::between("WHERE accountId BETWEEN '111111111111' AND '222222222222'", &["aa"])]
#[case::a_nested_property("WHERE configuration.EncryptionConfiguration.EncryptionType = 'KMS'", &["team/shop"])]
#[case::a_flag("WHERE configuration.enabled = true", &["key-1"])]
#[case::a_tag("WHERE tags.tag = 'team=shop'", &["team/shop"])]
#[case::lower_case("where accountId = '333333333333' and awsRegion = 'us-east-1'", &["dd"])]
#[case::natural_order("ORDER BY accountId, awsRegion", &["aa", "team/shop", "key-1", "dd", "cc"])]
#[case::another_order("ORDER BY resourceId DESC", &["team/shop", "key-1", "dd", "cc", "aa"])]
#[case::two_orders("ORDER BY awsRegion DESC, resourceId ASC", &["dd", "aa", "cc", "key-1", "team/shop"])]
fn rows_are_those_that_are_asked_for(#[case] rest: &str, #[case] expected: &[&str], #[values(1, 2, 100)] limit: usize) {
    let simulator = simulator();
    let rows = ask(&Client::new(&simulator), &format!("SELECT resourceId {rest}"), limit);
    let found: Vec<_> = rows.iter().map(|row| row["resourceId"].as_str().expect("an id")).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_row_has_the_columns_that_are_asked_for() {
    let simulator = simulator();
    let client = Client::new(&simulator);
    let only = "WHERE resourceId = 'team/shop'";
    let row = |columns: &str| ask(&client, &format!("SELECT {columns} {only}"), 100).remove(0);
    let expected = json!({
        "accountId": MEMBER,
        "configuration": {"EncryptionConfiguration": {"KmsKey": "some-key"}},
        "tags": [{"tag": "team=shop", "key": "team", "value": "shop"}],
        "configurationItemCaptureTime": "2025-01-15T09:30:00Z",
    });
    let columns = "accountId, configuration.EncryptionConfiguration.KmsKey, tags, configurationItemCaptureTime";
    assert_eq!(row(columns), expected);
    let whole = row("configuration");
    assert_eq!(whole["configuration"]["RepositoryName"], "team/shop");
    let scalars = row("*");
    assert_eq!(scalars["resourceId"], "team/shop");
    assert_eq!((scalars.get("configuration"), scalars.get("tags")), (None, None));
}

#[rstest]
#[case::other_verb("DELETE everything")]
#[case::no_column("SELECT WHERE resourceId = 'aa'")]
#[case::a_comma_too_many("SELECT resourceId, WHERE resourceId = 'aa'")]
#[case::from("SELECT resourceId FROM repositories")]
#[case::no_value("SELECT resourceId WHERE resourceId =")]
#[case::no_quotation_marks("SELECT resourceId WHERE resourceId = aa")]
#[case::an_open_quotation("SELECT resourceId WHERE resourceId = 'aa")]
#[case::an_open_bracket("SELECT resourceId WHERE (resourceId = 'aa'")]
#[case::an_empty_list("SELECT resourceId WHERE resourceId IN ()")]
#[case::an_order_of_nothing("SELECT resourceId ORDER BY")]
#[case::groups("SELECT accountId, COUNT(*) GROUP BY accountId")]
fn what_is_no_query_is_refused(#[case] expression: &str) {
    let simulator = simulator();
    let input = json!({"Expression": expression, "ConfigurationAggregatorName": "organization"});
    let answer = Client::new(&simulator).config("SelectAggregateResourceConfig", &input);
    assert_eq!(answer.code(), "InvalidExpressionException");
}
