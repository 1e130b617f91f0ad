//! A row that cannot be understood is never one row less.

use rstest::rstest;
use serde_json::json;

use super::*;

fn row(changes: Value) -> Value {
    let mut row = json!({
        "accountId": "111122223333", "awsRegion": "eu-west-1", "resourceId": "app", "resourceName": "app",
        "arn": "arn:aws:ecr:eu-west-1:111122223333:repository/app", "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-11-01T10:00:00.123Z", "resourceCreationTime": "2024-01-01T00:00:00Z",
        "tags": [{"tag": "a=b", "key": "a", "value": "b"}],
        "configuration": {"EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": "arn:k"}},
    });
    let (Some(members), Value::Object(changes)) = (row.as_object_mut(), changes) else { panic!() };
    members.extend(changes);
    row
}

fn read(changes: Value) -> Result<Option<RecordedRepository>, AwsFault> {
    Row::parse(&row(changes).to_string(), "eu-west-1")?.repository()
}

#[test]
fn a_repository_with_all_that_is_known() {
    let read = read(json!({})).unwrap().unwrap();
    assert_eq!(read.recorded_at, "2026-11-01T10:00:00Z".parse().unwrap());
    assert_eq!(read.described.created_at, Some("2024-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(read.described.encryption.known().unwrap().kms_key.as_deref(), Some("arn:k"));
    assert_eq!(read.tags, Tags::Read([("a".to_owned(), "b".to_owned())].into()));
}

/// What is left out, null or of another shape is never `AES256`, and never a key that is not there.
#[rstest]
#[case::absent(json!({"RepositoryName": "app"}))]
#[case::null(json!({"EncryptionConfiguration": null}))]
#[case::empty(json!({"EncryptionConfiguration": {}}))]
#[case::without_type(json!({"EncryptionConfiguration": {"KmsKey": "arn:k"}}))]
#[case::a_type_that_is_no_text(json!({"EncryptionConfiguration": {"EncryptionType": 1}}))]
#[case::a_key_that_is_no_text(json!({"EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": {"Ref": "Key"}}}))]
#[case::no_object(json!([]))]
#[case::nothing(json!(null))]
fn encryption_that_is_not_told(#[case] configuration: Value) {
    let read = read(json!({ "configuration": configuration })).unwrap().unwrap();
    assert_eq!(read.described.encryption, RepositoryEncryption::NotRecorded);
}

#[rstest]
#[case::as_an_object(json!({"encryptionConfiguration": {"encryptionType": "AES256"}}))]
#[case::as_a_text(json!("{\"EncryptionConfiguration\":{\"EncryptionType\":\"AES256\"}}"))]
fn either_way_of_writing(#[case] configuration: Value) {
    let read = read(json!({ "configuration": configuration })).unwrap().unwrap();
    assert_eq!(read.described.encryption.known().unwrap().encryption_type.as_str(), "AES256");
}

#[rstest]
#[case(json!(null), Tags::NotRead)]
#[case(json!([]), Tags::Read(BTreeMap::new()))]
#[case(json!({"a": "b"}), Tags::Read([("a".to_owned(), "b".to_owned())].into()))]
#[case(json!([{"key": "a", "value": null}]), Tags::Read(BTreeMap::new()))]
fn tags_are_read_only_where_they_are_told(#[case] tags: Value, #[case] expected: Tags) {
    assert_eq!(read(json!({ "tags": tags })).unwrap().unwrap().tags, expected);
}

#[rstest]
#[case::another_region(json!({"awsRegion": "us-east-1"}), "a row of us-east-1")]
#[case::no_account(json!({"accountId": "shop"}), "is no account id")]
#[case::no_name(json!({"resourceId": null, "resourceName": null}), "without resourceName")]
#[case::no_arn(json!({"arn": null}), "without arn")]
#[case::no_status(json!({"configurationItemStatus": null}), "without configurationItemStatus")]
#[case::a_new_status(json!({"configurationItemStatus": "ResourceResting"}), "`ResourceResting`")]
#[case::no_time(json!({"configurationItemCaptureTime": "yesterday"}), "configurationItemCaptureTime")]
#[case::odd_tags(json!({"tags": "a=b"}), "a row that is no item")]
fn a_row_that_cannot_be_understood_is_a_fault(#[case] changes: Value, #[case] said: &str) {
    let fault = read(changes).unwrap_err();
    assert!(fault.message.contains(said), "{}", fault.message);
}

#[rstest]
#[case("ResourceDeleted")]
#[case("ResourceDeletedNotRecorded")]
fn what_is_gone_is_no_repository(#[case] status: &str) {
    assert_eq!(read(json!({ "configurationItemStatus": status })).unwrap(), None);
}

const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/11111111-0000-4000-8000-000000000001";

#[test]
fn a_key_with_the_time_when_it_was_recorded() {
    let configuration = json!({"arn": KEY_ARN, "keyManager": "CUSTOMER", "origin": "AWS_KMS", "keyState": "Enabled"});
    let row = row(json!({ "configuration": configuration }));
    let (arn, facts) = Row::parse(&row.to_string(), "eu-west-1").unwrap().key().unwrap().unwrap();
    assert_eq!(arn.to_string(), KEY_ARN);
    assert_eq!(
        (facts.manager, facts.origin, facts.state),
        (KeyManager::Customer, KeyOrigin::AwsKms, KeyState::Enabled)
    );
    assert_eq!(facts.recorded_at, Some("2026-11-01T10:00:00Z".parse().unwrap()));
}

#[test]
fn what_a_keys_item_leaves_out_proves_nothing() {
    let row = row(json!({ "configuration": {"arn": KEY_ARN} }));
    let (_, facts) = Row::parse(&row.to_string(), "eu-west-1").unwrap().key().unwrap().unwrap();
    assert_eq!(facts.manager, KeyManager::from("not recorded"));
    assert_eq!(facts.state, KeyState::from("not recorded"));
}

#[test]
fn a_key_under_another_accounts_name_is_a_fault() {
    let row = row(json!({ "configuration": {"arn": KEY_ARN.replace("111122223333", "222233334444")} }));
    Row::parse(&row.to_string(), "eu-west-1").unwrap().key().unwrap_err();
}
