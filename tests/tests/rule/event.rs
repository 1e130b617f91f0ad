//! Events as AWS Config sends them, one field at a time.

use serde_json::{Value, json};

use crate::harness::{HOME, REGION, rule_name, token};

/// When the items were captured. To the millisecond, as Config tells it.
pub const CAPTURED: &str = "2026-11-23T12:00:00.123Z";
/// The same, in seconds since 1970.
pub const CAPTURED_SECONDS: f64 = 1_795_435_200.123;
/// When the notifications were made.
pub const NOTIFIED: &str = "2026-11-23T12:00:04.567Z";
/// The same, in seconds since 1970.
pub const NOTIFIED_SECONDS: f64 = 1_795_435_204.567;

/// An event of the rule in an account.
#[derive(Debug, Clone)]
pub struct Event {
    pub account: String,
    pub token: String,
    pub left_scope: bool,
    pub parameters: Value,
    pub invoking: Value,
}

impl Event {
    /// With an invoking event of its own; in the function's own account.
    pub fn new(invoking: Value) -> Self {
        Self { account: HOME.to_owned(), token: token(HOME), left_scope: false, parameters: json!({}), invoking }
    }

    /// A change of a resource.
    pub fn change(item: Value) -> Self {
        Self::new(json!({
            "configurationItemDiff": null,
            "configurationItem": item,
            "notificationCreationTime": NOTIFIED,
            "messageType": "ConfigurationItemChangeNotification",
            "recordVersion": "1.3",
        }))
    }

    /// A change of a resource whose configuration is too large.
    pub fn oversized(mut summary: Value) -> Self {
        for name in ["configuration", "supplementaryConfiguration", "tags", "relationships"] {
            summary.as_object_mut().unwrap().remove(name);
        }
        Self::new(json!({
            "configurationItemSummary": summary,
            "s3DeliverySummary": {"s3BucketLocation": "bucket/key", "errorCode": null, "errorMessage": null},
            "notificationCreationTime": NOTIFIED,
            "messageType": "OversizedConfigurationItemChangeNotification",
            "recordVersion": "1.0",
        }))
    }

    /// The periodic trigger.
    pub fn scheduled() -> Self {
        Self::new(json!({
            "awsAccountId": HOME,
            "notificationCreationTime": NOTIFIED,
            "messageType": "ScheduledNotification",
            "recordVersion": "1.0",
        }))
    }

    /// The same for the rule of another account.
    pub fn of(mut self, account: &str) -> Self {
        account.clone_into(&mut self.account);
        self.token = token(account);
        self
    }

    /// With one more parameter.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters[name] = value.into();
        self
    }

    /// With these parameters.
    pub fn parameters(mut self, parameters: &[(&str, &str)]) -> Self {
        for (name, value) in parameters {
            self.parameters[name] = (*value).into();
        }
        self
    }

    /// With another result token.
    pub fn token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        self
    }

    /// The resource has left the rule's scope.
    pub fn left_scope(mut self) -> Self {
        self.left_scope = true;
        self
    }

    /// As Config sends it.
    pub fn json(&self) -> Value {
        let account = &self.account;
        json!({
            "version": "1.0",
            "invokingEvent": self.invoking.to_string(),
            "ruleParameters": self.parameters.to_string(),
            "resultToken": self.token,
            "eventLeftScope": self.left_scope,
            "executionRoleArn": format!("arn:aws:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"),
            "configRuleArn": format!("arn:aws:config:{REGION}:{account}:config-rule/config-rule-0a1b2c"),
            "configRuleName": rule_name(account),
            "configRuleId": "config-rule-0a1b2c",
            "accountId": account,
        })
    }
}

/// A repository's item with a configuration of its own.
pub fn item(account: &str, name: &str, configuration: Value) -> Value {
    json!({
        "relatedEvents": [],
        "relationships": [],
        "configuration": configuration,
        "supplementaryConfiguration": {},
        "tags": {},
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": CAPTURED,
        "configurationStateId": 1_763_899_200_123_u64,
        "awsAccountId": account,
        "configurationItemStatus": "OK",
        "resourceType": "AWS::ECR::Repository",
        "resourceId": name,
        "resourceName": name,
        "ARN": format!("arn:aws:ecr:{REGION}:{account}:repository/{name}"),
        "awsRegion": REGION,
        "availabilityZone": "Regional",
        "configurationStateMd5Hash": "",
        "resourceCreationTime": "2025-01-15T09:30:00.000Z",
    })
}

/// A configuration as `CloudFormation` writes it.
pub fn pascal_case(name: &str, encryption_type: Option<&str>, kms_key: Option<&str>) -> Value {
    let mut configuration = json!({
        "ImageScanningConfiguration": {"ScanOnPush": false},
        "RepositoryPolicyText": {},
        "LifecyclePolicy": {},
        "RepositoryName": name,
        "ImageTagMutability": "MUTABLE",
        "Tags": [],
    });
    if let Some(kind) = encryption_type {
        configuration["EncryptionConfiguration"] = json!({ "EncryptionType": kind });
        if let Some(key) = kms_key {
            configuration["EncryptionConfiguration"]["KmsKey"] = key.into();
        }
    }
    configuration
}

/// A configuration as ECR's API writes it.
pub fn camel_case(name: &str, encryption_type: Option<&str>, kms_key: Option<&str>) -> Value {
    let mut configuration = json!({"repositoryName": name, "imageTagMutability": "MUTABLE"});
    if let Some(kind) = encryption_type {
        configuration["encryptionConfiguration"] = json!({ "encryptionType": kind });
        if let Some(key) = kms_key {
            configuration["encryptionConfiguration"]["kmsKey"] = key.into();
        }
    }
    configuration
}

/// The item of a repository in the function's own account that is encrypted like this.
pub fn repository_item(name: &str, encryption_type: &str, kms_key: Option<&str>) -> Value {
    item(HOME, name, pascal_case(name, Some(encryption_type), kms_key))
}

/// A key's item.
pub fn key_item(arn: &str, state: &str) -> Value {
    let account = arn.split(':').nth(4).unwrap();
    let id = arn.rsplit('/').next().unwrap();
    let mut item = item(
        account,
        id,
        json!({
            "keyId": id, "arn": arn, "enabled": state == "Enabled", "keyState": state, "origin": "AWS_KMS",
            "keyManager": "CUSTOMER", "keySpec": "SYMMETRIC_DEFAULT", "multiRegion": false, "awsaccountId": account,
        }),
    );
    item["resourceType"] = "AWS::KMS::Key".into();
    item["ARN"] = arn.into();
    item
}
