//! Key Management Service.

use integration_tests::{Deny, Key, Organization, Repository, Role};
use rstest::rstest;
use serde_json::json;

use crate::client::Client;
use crate::world::{MANAGEMENT, MEMBER, OTHER, REGION, key, organization, repository, start};

const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

fn with_key(change: impl FnOnce(Key) -> Key) -> Organization {
    let key = Key { id: Some(ID.to_owned()), aliases: vec!["alias/shop".to_owned()], ..key(MEMBER, "shop") };
    Organization { keys: vec![change(key)], ..organization() }
}

fn arn(region: &str, account: &str, resource: &str) -> String {
    format!("arn:aws:kms:{region}:{account}:{resource}")
}

#[test]
fn a_key_can_be_named_in_four_ways() {
    let simulator = start(with_key(|key| key));
    let client = Client::new(&simulator).assume(MEMBER);
    let key_arn = arn(REGION, MEMBER, &format!("key/{ID}"));
    for name in [ID.to_owned(), key_arn.clone(), "alias/shop".to_owned(), arn(REGION, MEMBER, "alias/shop")] {
        let metadata = client.describe_key(&name).ok()["KeyMetadata"].clone();
        assert_eq!(metadata["Arn"], key_arn);
        assert_eq!((&metadata["KeyManager"], &metadata["Origin"]), (&json!("CUSTOMER"), &json!("AWS_KMS")));
        assert_eq!((&metadata["KeyState"], &metadata["Enabled"]), (&json!("Enabled"), &json!(true)));
    }
}

#[test]
fn values_that_nobody_knows_are_told_as_described() {
    let simulator = start(with_key(|key| Key {
        manager: "MARTIAN".to_owned(),
        origin: "QUANTUM".to_owned(),
        state: "Sleeping".to_owned(),
        multi_region: true,
        ..key
    }));
    let metadata = Client::new(&simulator).assume(MEMBER).describe_key(ID).ok()["KeyMetadata"].clone();
    assert_eq!(metadata["KeyManager"], "MARTIAN");
    assert_eq!(metadata["Origin"], "QUANTUM");
    assert_eq!((&metadata["KeyState"], &metadata["Enabled"]), (&json!("Sleeping"), &json!(false)));
    assert_eq!(metadata["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY");
}

#[rstest]
#[case::id(
    "00000000-0000-4000-8000-000000000000",
    "NotFoundException",
    "Key 'arn:aws:kms:eu-west-1:333333333333:key/00000000-0000-4000-8000-000000000000' does not exist"
)]
#[case::alias("alias/none", "NotFoundException", "Alias arn:aws:kms:eu-west-1:333333333333:alias/none is not found.")]
#[case::free_text("some key", "NotFoundException", "Invalid keyId 'some key'")]
#[case::other_region(
    "arn:aws:kms:us-east-1:333333333333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "NotFoundException",
    "Invalid arn us-east-1"
)]
#[case::other_service(
    "arn:aws:ecr:eu-west-1:333333333333:key/x",
    "InvalidArnException",
    "Invalid arn 'arn:aws:ecr:eu-west-1:333333333333:key/x'"
)]
#[case::empty(
    "",
    "ValidationException",
    "1 validation error detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1"
)]
fn what_is_not_a_key_is_refused(#[case] name: &str, #[case] code: &str, #[case] message: &str) {
    let simulator = start(with_key(|key| key));
    let answer = Client::new(&simulator).assume(MEMBER).describe_key(name);
    assert_eq!((answer.status, answer.code().as_str()), (400, code));
    assert_eq!(answer.message(), message);
}

#[rstest]
#[case::with_the_right(&[], "NotFoundException")]
#[case::without(&["kms:DescribeKey"], "AccessDeniedException")]
#[case::with_another(&["ecr:DescribeRepositories"], "NotFoundException")]
fn a_key_that_is_none_tells_whether_keys_may_be_described(#[case] denied: &[&str], #[case] code: &str) {
    let deny = |action: &&str| Deny { action: (*action).to_owned(), regions: Vec::new(), kind: None };
    let role = Role { deny: denied.iter().map(deny).collect(), ..Role::default() };
    let mut organization = organization();
    organization.accounts[1].roles = Some(vec![role]);
    let simulator = start(organization);
    let answer = Client::new(&simulator).assume(MEMBER).describe_key("00000000-0000-0000-0000-000000000000");
    assert_eq!((answer.status, answer.code().as_str()), (400, code));
}

#[test]
fn a_key_id_is_required() {
    let simulator = start(organization());
    let answer = Client::new(&simulator).json("kms", "TrentService.DescribeKey", &json!({}));
    assert_eq!(answer.code(), "ValidationException");
}

#[test]
fn another_account_s_key_needs_its_arn_and_consent() {
    let simulator = start(with_key(|key| Key { describe_allowed: vec!["own".to_owned(), OTHER.to_owned()], ..key }));
    let (management, other) = (Client::new(&simulator), Client::new(&simulator).assume(OTHER));
    let key_arn = arn(REGION, MEMBER, &format!("key/{ID}"));
    assert_eq!(other.describe_key(&key_arn).status, 200);
    assert_eq!(other.describe_key(&arn(REGION, MEMBER, "alias/shop")).status, 200);
    // By id or alias name it is looked for in the caller's own account.
    assert_eq!(other.describe_key(ID).code(), "NotFoundException");
    assert_eq!(other.describe_key("alias/shop").code(), "NotFoundException");
    let denied = management.describe_key(&key_arn);
    assert_eq!((denied.status, denied.code().as_str()), (400, "AccessDeniedException"));
    // A key that doesn't exist sounds the same.
    let none = management.describe_key(&arn(REGION, MEMBER, "key/00000000-0000-4000-8000-000000000000"));
    assert_eq!(none.code(), "AccessDeniedException");
}

#[test]
fn a_key_policy_can_shut_out_its_own_account() {
    let simulator = start(with_key(|key| Key { describe_allowed: vec!["nobody".to_owned()], ..key }));
    let answer = Client::new(&simulator).assume(MEMBER).describe_key(ID);
    assert_eq!(answer.code(), "AccessDeniedException");
    assert!(answer.message().contains("no resource-based policy allows the kms:DescribeKey action"));
}

#[rstest]
#[case::not_used("AES256", None, None, false)]
#[case::used_without_a_key("KMS", None, None, true)]
#[case::used_by_arn("KMS", Some("aws/ecr"), None, true)]
#[case::told_to("AES256", None, Some(true), true)]
#[case::told_not_to("KMS", None, Some(false), false)]
fn the_aws_managed_key_exists_where_it_is_used(
    #[case] kind: &str,
    #[case] key: Option<&str>,
    #[case] told: Option<bool>,
    #[case] exists: bool,
) {
    let mut organization = organization();
    organization.accounts[0].aws_managed_ecr_key = told;
    organization.repositories = vec![Repository {
        encryption_type: Some(kind.to_owned()),
        key: key.map(str::to_owned),
        ..repository(MANAGEMENT, "team/shop")
    }];
    let simulator = start(organization);
    let answer = Client::new(&simulator).describe_key("alias/aws/ecr");
    if exists {
        assert_eq!(answer.ok()["KeyMetadata"]["KeyManager"], "AWS");
    } else {
        assert_eq!(answer.code(), "NotFoundException");
    }
}
