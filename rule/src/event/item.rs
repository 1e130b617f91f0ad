//! A configuration item: what AWS Config knows of a resource.

use std::collections::BTreeMap;

use ecr_encryption_core::{RepositoryEncryption, Tags};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{EventError, present, timestamp};
use crate::configuration::encryption;

/// The item as it stands in an event; every field may be null.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RawItem {
    /// `configurationItemCaptureTime`.
    pub configuration_item_capture_time: Option<String>,
    /// `configurationItemStatus`.
    pub configuration_item_status: Option<String>,
    /// `awsAccountId`.
    pub aws_account_id: Option<String>,
    /// `awsRegion`.
    pub aws_region: Option<String>,
    /// `resourceType`.
    pub resource_type: Option<String>,
    /// `resourceId`.
    pub resource_id: Option<String>,
    /// `resourceName`.
    pub resource_name: Option<String>,
    /// `ARN`.
    #[serde(rename = "ARN")]
    pub arn: Option<String>,
    /// `tags`; a value may be null.
    pub tags: Option<BTreeMap<String, Option<String>>>,
    /// `configuration`: an object, or a string with one in it, as the API gives it.
    pub configuration: Option<Value>,
}

/// What happened to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemStatus {
    /// It is there.
    Present,
    /// It was deleted.
    Deleted,
    /// It is no longer recorded.
    NotRecorded,
    /// A status that this version does not know.
    Unknown(String),
}

/// A configuration item with what every evaluation needs.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationItem {
    /// When AWS Config captured it; where that is missing, when the notification was made.
    pub captured_at: Timestamp,
    /// What happened.
    pub status: ItemStatus,
    /// The account that has the resource.
    pub account_id: Option<String>,
    /// The resource's Region.
    pub region: Option<String>,
    /// Such as `AWS::ECR::Repository`.
    pub resource_type: String,
    /// What AWS Config calls the resource.
    pub resource_id: String,
    /// The resource's name, where it has one.
    pub resource_name: Option<String>,
    /// The resource's ARN.
    pub arn: Option<String>,
    tags: Option<BTreeMap<String, Option<String>>>,
    configuration: Option<Value>,
}

impl ConfigurationItem {
    /// Takes an item from an event; `notification_time` stands in for a missing capture time.
    ///
    /// # Errors
    /// A field that every evaluation needs is missing or unreadable.
    pub fn new(raw: RawItem, notification_time: Option<&str>) -> Result<Self, EventError> {
        const CAPTURE_TIME: &str = "configurationItem.configurationItemCaptureTime";
        let captured_at = match timestamp(raw.configuration_item_capture_time.as_deref(), CAPTURE_TIME)? {
            Some(time) => time,
            None => timestamp(notification_time, "invokingEvent.notificationCreationTime")?
                .ok_or(EventError::Missing { field: CAPTURE_TIME })?,
        };
        let resource_name = raw.resource_name.filter(|name| !name.is_empty());
        let resource_id = present(raw.resource_id.or_else(|| resource_name.clone()), "configurationItem.resourceId")?;
        let status = match raw.configuration_item_status.as_deref() {
            Some("OK" | "ResourceDiscovered") => ItemStatus::Present,
            Some("ResourceDeleted" | "ResourceDeletedNotRecorded") => ItemStatus::Deleted,
            Some("ResourceNotRecorded") => ItemStatus::NotRecorded,
            other => ItemStatus::Unknown(other.unwrap_or_default().to_owned()),
        };
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Self {
            captured_at,
            status,
            account_id: given(raw.aws_account_id),
            region: given(raw.aws_region),
            resource_type: present(raw.resource_type, "configurationItem.resourceType")?,
            resource_id,
            resource_name,
            arn: given(raw.arn),
            tags: raw.tags,
            configuration: raw.configuration.and_then(object),
        })
    }

    /// The repository's name: it is what AWS Config calls the repository, too.
    pub fn repository_name(&self) -> &str {
        self.resource_name.as_deref().unwrap_or(&self.resource_id)
    }

    /// The encryption, where the item tells it for certain; `None` where ECR must be asked. An item without it is not one
    /// with `AES256`, and `KMS` without a key is confirmed by ECR.
    pub fn encryption(&self) -> Option<RepositoryEncryption> {
        let known = encryption(self.configuration.as_ref()?)?;
        if known.encryption_type.uses_kms() && known.kms_key.is_none() {
            return None;
        }
        Some(RepositoryEncryption::Known(known))
    }

    /// The tags, where the item tells them. A tag whose value is null proves nothing, so it counts as absent.
    pub fn tags(&self) -> Option<Tags> {
        let tags = self.tags.as_ref()?;
        Some(Tags::Read(tags.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()))
    }
}

/// The API gives a configuration as a string with JSON in it.
fn object(configuration: Value) -> Option<Value> {
    match configuration {
        Value::Object(_) => Some(configuration),
        Value::String(text) => serde_json::from_str(&text).ok().filter(Value::is_object),
        _ => None,
    }
}
