//! Key Management Service: `DescribeKey`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, json};
use crate::aws::{AwsError, Service};
use crate::organization::{Key, key_arn};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    key_id: Option<String>,
}

/// `DescribeKey`: by key id, key ARN, alias name or alias ARN; another account's keys by ARN only.
pub fn describe_key(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: Input = call.input()?;
    let asked = input.key_id.ok_or_else(|| AwsError::missing("keyId"))?;
    let length = asked.chars().count();
    if length == 0 || length > 2048 {
        let constraint = if length == 0 {
            "Member must have length greater than or equal to 1"
        } else {
            "Member must have length less than or equal to 2048"
        };
        return Err(AwsError::validation("keyId", &asked, constraint));
    }
    let key = call.state.key_now(find(call, &asked)?);
    if !key.may_be_described_by(call.account()) {
        return Err(denied(call, &key.account, &key.arn()));
    }
    json(&json!({ "KeyMetadata": metadata(&key) }))
}

fn find<'a>(call: &Call<'a>, asked: &str) -> Result<Cow<'a, Key>, AwsError> {
    let Some(rest) = asked.strip_prefix("arn:") else {
        return find_in(call, call.account(), asked);
    };
    // partition:kms:Region:account:key/id
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let &[partition, "kms", region, account, resource] = parts.as_slice() else {
        return Err(invalid_arn(asked));
    };
    let name = match resource.strip_prefix("key/") {
        Some(id) => id,
        None if resource.starts_with("alias/") => resource,
        None => return Err(invalid_arn(asked)),
    };
    if partition != "aws" || region != call.region {
        return Err(not_found(format!("Invalid arn {region}")));
    }
    find_in(call, account, name)
}

fn find_in<'a>(call: &Call<'a>, account: &str, name: &str) -> Result<Cow<'a, Key>, AwsError> {
    let (world, region) = (call.world(), call.region);
    let is_alias = name.starts_with("alias/");
    let found = if is_alias { world.key_by_alias(account, region, name) } else { world.key(account, region, name) };
    let arn = if is_alias { format!("arn:aws:kms:{region}:{account}:{name}") } else { key_arn(region, account, name) };
    found.ok_or_else(|| {
        if account != call.account() {
            // Whether another account's key exists is nobody's business.
            denied(call, account, &arn)
        } else if is_alias {
            not_found(format!("Alias {arn} is not found."))
        } else if is_key_id(name) {
            not_found(format!("Key '{arn}' does not exist"))
        } else {
            not_found(format!("Invalid keyId '{name}'"))
        }
    })
}

/// A UUID, or `mrk-` and 32 hexadecimal digits.
fn is_key_id(name: &str) -> bool {
    let digits = name.strip_prefix("mrk-").unwrap_or(name);
    let hex = digits.bytes().filter(u8::is_ascii_hexdigit).count();
    let hyphens = digits.bytes().filter(|byte| *byte == b'-').count();
    hex == 32 && hex + hyphens == digits.len() && (hyphens == 4 || digits.len() < name.len())
}

fn denied(call: &Call<'_>, owner: &str, arn: &str) -> AwsError {
    let who = &call.session.principal.arn;
    let why = if owner == call.account() {
        "because no resource-based policy allows the kms:DescribeKey action"
    } else {
        "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
    };
    AwsError::denied(
        Service::Kms,
        format!("User: {who} is not authorized to perform: kms:DescribeKey on resource: {arn} {why}"),
    )
}

fn not_found(message: String) -> AwsError {
    AwsError::bad_request("NotFoundException", message)
}

fn invalid_arn(asked: &str) -> AwsError {
    AwsError::bad_request("InvalidArnException", format!("Invalid arn '{asked}'"))
}

fn metadata(key: &Key) -> Value {
    let mut metadata = json!({
        "AWSAccountId": key.account,
        "KeyId": key.key_id(),
        "Arn": key.arn(),
        "CreationDate": key.created_at.as_duration().as_secs_f64(),
        "Enabled": key.state == "Enabled",
        "Description": "",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": key.state,
        "Origin": key.origin,
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.key_spec,
        "KeySpec": key.key_spec,
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": key.multi_region,
    });
    let Some(members) = metadata.as_object_mut() else {
        return metadata;
    };
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    if let Some(date) = key.deletion_date {
        add("DeletionDate", date.as_duration().as_secs_f64().into());
    }
    if key.multi_region {
        let primary = json!({"Arn": key.arn(), "Region": key.region});
        add(
            "MultiRegionConfiguration",
            json!({"MultiRegionKeyType": "PRIMARY", "PrimaryKey": primary, "ReplicaKeys": []}),
        );
    }
    match key.origin.as_str() {
        "EXTERNAL" => {
            add("ExpirationModel", "KEY_MATERIAL_DOES_NOT_EXPIRE".into());
        }
        "AWS_CLOUDHSM" => {
            add("CustomKeyStoreId", "cks-1234567890abcdef0".into());
            add("CloudHsmClusterId", "cluster-1a23b4cdefg".into());
        }
        "EXTERNAL_KEY_STORE" => {
            add("CustomKeyStoreId", "cks-9876543210fedcba9".into());
            add("XksKeyConfiguration", json!({"Id": "xks-key-1"}));
        }
        _ => {}
    }
    metadata
}
