//! Elastic Container Registry.

use integration_tests::{CreationTemplate, Generate, Organization, Repository};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Client, strings};
use crate::world::{MANAGEMENT, REGION, key, organization, repository, start};

#[test]
fn a_repository_has_aws_s_members() {
    let mut organization = organization();
    organization.keys = vec![key(MANAGEMENT, "shop")];
    organization.repositories = vec![Repository {
        encryption_type: Some("KMS_DSSE".to_owned()),
        key: Some("shop".to_owned()),
        ..repository(MANAGEMENT, "team/shop")
    }];
    let simulator = start(organization);
    let arn = simulator.world().keys(MANAGEMENT, REGION)[0].arn();
    let answer = Client::new(&simulator).ecr("DescribeRepositories", &json!({})).ok();
    let expected = json!({"repositories": [{
        "repositoryArn": "arn:aws:ecr:eu-west-1:111111111111:repository/team/shop",
        "registryId": MANAGEMENT,
        "repositoryName": "team/shop",
        "repositoryUri": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/team/shop",
        "createdAt": 1_736_933_400.0,
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": false},
        "encryptionConfiguration": {"encryptionType": "KMS_DSSE", "kmsKey": arn},
    }]});
    assert_eq!(answer, expected);
}

#[rstest]
#[case::aes256(Some("AES256"), None, json!({"encryptionType": "AES256"}))]
#[case::kms_without_key(Some("KMS"), None, json!({"encryptionType": "KMS"}))]
#[case::free_text(Some("KMS_TRIPLE"), Some("alias/anything"), json!({"encryptionType": "KMS_TRIPLE", "kmsKey": "alias/anything"}))]
#[case::absent(None, None, Value::Null)]
fn encryption_is_told_as_described(#[case] kind: Option<&str>, #[case] key: Option<&str>, #[case] expected: Value) {
    let mut organization = organization();
    organization.repositories = vec![Repository {
        encryption_type: kind.map(str::to_owned),
        kms_key: key.map(str::to_owned),
        ..repository(MANAGEMENT, "team/shop")
    }];
    let simulator = start(organization);
    let answer = Client::new(&simulator).ecr("DescribeRepositories", &json!({})).ok();
    assert_eq!(answer["repositories"][0]["encryptionConfiguration"], expected);
}

#[rstest]
#[case::default(json!({}), &[100, 100, 30])]
#[case::largest(json!({"maxResults": 1000}), &[230])]
#[case::seven_less(json!({"maxResults": 223}), &[223, 7])]
#[case::exactly(json!({"maxResults": 115}), &[115, 115])]
fn repositories_come_in_pages(#[case] mut input: Value, #[case] expected: &[usize]) {
    let simulator = start(Organization::generated(Generate { repositories: 230, ..Generate::default() }));
    let client = Client::new(&simulator);
    let (mut sizes, mut names) = (Vec::new(), Vec::new());
    loop {
        let answer = client.ecr("DescribeRepositories", &input).ok();
        let page = strings(&answer["repositories"], "repositoryName");
        sizes.push(page.len());
        names.extend(page);
        match answer.get("nextToken") {
            None => break,
            Some(token) => input["nextToken"] = token.clone(),
        }
    }
    assert_eq!(sizes, expected);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 230);
}

#[rstest]
#[case::zero(json!({"maxResults": 0}))]
#[case::too_many(json!({"maxResults": 1001}))]
#[case::token(json!({"nextToken": "made-up"}))]
#[case::names_and_paging(json!({"repositoryNames": ["aa"], "maxResults": 5}))]
#[case::no_names(json!({"repositoryNames": []}))]
#[case::too_many_names(json!({"repositoryNames": vec!["aa"; 101]}))]
#[case::bad_name(json!({"repositoryNames": ["Upper"]}))]
fn describe_repositories_refuses(#[case] input: Value) {
    let simulator = start(organization());
    let answer = Client::new(&simulator).ecr("DescribeRepositories", &input);
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidParameterException"));
}

#[test]
fn a_token_is_worthless_in_another_account_or_region() {
    let simulator = start(Organization::generated(Generate { repositories: 101, ..Generate::default() }));
    let client = Client::new(&simulator);
    let token = client.ecr("DescribeRepositories", &json!({})).ok()["nextToken"].clone();
    let input = json!({ "nextToken": token });
    assert_eq!(client.ecr("DescribeRepositories", &input).status, 200);
    assert_eq!(client.in_region("us-east-1").ecr("DescribeRepositories", &input).code(), "InvalidParameterException");
    assert_eq!(client.assume("200000000001").ecr("DescribeRepositories", &input).code(), "InvalidParameterException");
}

#[test]
fn repositories_by_name() {
    let mut organization = organization();
    organization.repositories = vec![repository(MANAGEMENT, "team/a"), repository(MANAGEMENT, "team/b")];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let answer = client.ecr("DescribeRepositories", &json!({"repositoryNames": ["team/b"]})).ok();
    assert_eq!(strings(&answer["repositories"], "repositoryName"), ["team/b"]);
    let answer = client.ecr("DescribeRepositories", &json!({"repositoryNames": ["team/b", "team/c"]}));
    assert_eq!(answer.code(), "RepositoryNotFoundException");
    assert_eq!(
        answer.message(),
        "The repository with name 'team/c' does not exist in the registry with id '111111111111'"
    );
}

#[test]
fn another_registry_is_denied() {
    let simulator = start(organization());
    let answer = Client::new(&simulator).ecr("DescribeRepositories", &json!({"registryId": "333333333333"}));
    assert_eq!(answer.code(), "AccessDeniedException");
}

#[test]
fn templates_tell_what_the_next_repositories_get() {
    let mut organization = organization();
    organization.creation_templates = vec![CreationTemplate {
        account: MANAGEMENT.to_owned(),
        region: REGION.to_owned(),
        prefix: "docker-hub".to_owned(),
        encryption_type: Some("AES256".to_owned()),
        kms_key: None,
        applied_for: vec!["PULL_THROUGH_CACHE".to_owned()],
    }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let answer = client.ecr("DescribeRepositoryCreationTemplates", &json!({})).ok();
    assert_eq!(answer["registryId"], MANAGEMENT);
    assert_eq!(
        answer["repositoryCreationTemplates"][0]["encryptionConfiguration"],
        json!({"encryptionType": "AES256"})
    );
    let answer = client.in_region("us-east-1").ecr("DescribeRepositoryCreationTemplates", &json!({})).ok();
    assert_eq!(answer["repositoryCreationTemplates"], json!([]));
}
