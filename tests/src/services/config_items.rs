//! AWS Config's configuration items, made of what the world contains, and their history.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use super::config::{limit, page, with_next};
use super::config_recorder::{MADE_AT, PlacedRecorder};
use super::{Call, json};
use crate::aws::AwsError;
use crate::organization::{Key, Repository};
use crate::world::{KEY_TYPE, RECORDER_TYPE, REPOSITORY_TYPE};

/// Items on a page of the history that asks for no number; from the API's documentation.
const DEFAULT_ITEMS: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    resource_type: Option<String>,
    resource_id: Option<String>,
    later_time: Option<f64>,
    limit: Option<i64>,
    next_token: Option<String>,
}

/// `GetResourceConfigHistory`. Each resource has one item, captured when it was created.
pub fn history(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: History = call.input()?;
    let kind = input.resource_type.as_deref().ok_or_else(|| AwsError::missing("resourceType"))?;
    let id = input.resource_id.as_deref().ok_or_else(|| AwsError::missing("resourceId"))?;
    let (account, region, world) = (call.account(), call.region, call.world());
    let item = match kind {
        REPOSITORY_TYPE => {
            world.recorded_repository(account, region, id).map(|repository| repository_item(call, &repository))
        }
        KEY_TYPE => world.recorded_key(account, region, id).map(|key| key_item(call, key)),
        _ => None,
    };
    let item = item.ok_or_else(|| {
        AwsError::bad_request(
            "ResourceNotDiscoveredException",
            format!("Resource {id} of resourceType:{kind} is unknown or has not been discovered"),
        )
    })?;
    let list = ["GetResourceConfigHistory", account, region, id];
    let limit = limit(input.limit, DEFAULT_ITEMS, "InvalidLimitException")?;
    let page = page(call, &list, input.next_token.as_deref(), limit)?;
    let captured = item.get("configurationItemCaptureTime").and_then(Value::as_f64);
    let due = captured.zip(input.later_time).is_none_or(|(captured, later)| captured <= later);
    // The pages before the last one are empty.
    let empty_pages = call.organization().config.empty_history_pages;
    let items: Vec<Value> = std::iter::once(item).filter(|_| due && page.first == empty_pages).collect();
    let next = (page.first < empty_pages).then(|| call.state.page_tokens().issue(&list, page.first as u64 + 1));
    json(&with_next(json!({ "configurationItems": items }), "nextToken", next))
}

/// A repository's item in the API's form; its configuration is written as `CloudFormation` does.
pub fn repository_item(call: &Call<'_>, repository: &Repository) -> Value {
    let (account, region, name) = (&repository.account, &repository.region, &repository.name);
    let tags: Vec<_> = repository.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let mut configuration = json!({
        "ImageScanningConfiguration": {"ScanOnPush": repository.scan_on_push},
        "RepositoryName": name,
        "RepositoryUri": format!("{account}.dkr.ecr.{region}.amazonaws.com/{name}"),
        "Arn": repository.arn(),
        "ImageTagMutability": repository.image_tag_mutability,
        "Tags": tags,
    });
    if let Some(kind) = &repository.encryption_type
        && !call.organization().config.omit_encryption_configuration
        && let Some(members) = configuration.as_object_mut()
    {
        let mut encryption = json!({ "EncryptionType": kind });
        if let (Some(key), Some(members)) = (&repository.kms_key, encryption.as_object_mut()) {
            members.insert("KmsKey".to_owned(), key.clone().into());
        }
        members.insert("EncryptionConfiguration".to_owned(), encryption);
    }
    let mut item = item(account, region, REPOSITORY_TYPE, name, &repository.arn());
    complete(&mut item, repository.created_at, &configuration, json!(repository.tags));
    item
}

/// A key's item in the API's form.
pub fn key_item(call: &Call<'_>, key: Cow<'_, Key>) -> Value {
    let key = call.state.key_now(key);
    let state = call.world().stale_key_state(&key).unwrap_or(&key.state);
    let configuration = json!({
        "keyId": key.key_id(),
        "arn": key.arn(),
        "awsaccountId": key.account,
        "keyManager": key.manager,
        "keyState": state,
        "origin": key.origin,
        "keySpec": key.key_spec,
        "enabled": state == "Enabled",
        "multiRegion": key.multi_region,
    });
    let mut item = item(&key.account, &key.region, KEY_TYPE, key.key_id(), &key.arn());
    complete(&mut item, key.created_at, &configuration, json!({}));
    item
}

/// The item of an account's configuration recorder in the API's form; absent where there is none.
pub fn recorder_item(call: &Call<'_>, account: &str, region: &str) -> Option<Value> {
    let recorder = PlacedRecorder::of(call, account, region)?;
    let mut item = item(account, region, RECORDER_TYPE, recorder.name(), &recorder.arn());
    let configuration = recorder.item_configuration();
    complete(&mut item, jiff::Timestamp::constant(MADE_AT, 0), &configuration, json!({}));
    Some(item)
}

fn item(account: &str, region: &str, kind: &str, id: &str, arn: &str) -> Value {
    json!({
        "version": "1.3",
        "accountId": account,
        "configurationItemStatus": "OK",
        "configurationStateId": "1736933400000",
        "configurationItemMD5Hash": "",
        "arn": arn,
        "resourceType": kind,
        "resourceId": id,
        "resourceName": id,
        "awsRegion": region,
        "availabilityZone": "Not Applicable",
        "relatedEvents": [],
        "relationships": [],
        "supplementaryConfiguration": {},
    })
}

fn complete(item: &mut Value, created: jiff::Timestamp, configuration: &Value, tags: Value) {
    let Some(members) = item.as_object_mut() else {
        return;
    };
    let seconds = created.as_second();
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    add("configurationItemCaptureTime", seconds.into());
    add("resourceCreationTime", seconds.into());
    // API form: JSON in a string.
    add("configuration", configuration.to_string().into());
    add("tags", tags);
}
