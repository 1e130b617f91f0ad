//! The rows of a query: JSON objects in strings. A row that cannot be understood is a fault, never one row less.

use std::collections::BTreeMap;

use ecr_encryption_core::{KeyArn, KeyFacts, KeyManager, KeyOrigin, KeyState, RepositoryEncryption, Tags};
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::configuration::{encryption, field, text};
use ecr_encryption_rule::lookup::RepositoryDescription;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::client::SELECT;
use super::recording::Recording;
use crate::account::AccountId;
use crate::journal::Item;

/// A repository as AWS Config recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRepository {
    /// What ECR tells of it, as far as it was recorded.
    pub described: RepositoryDescription,
    /// Its tags.
    pub tags: Tags,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

impl From<RecordedRepository> for Item {
    fn from(recorded: RecordedRepository) -> Self {
        let RecordedRepository { described, tags, recorded_at } = recorded;
        let mut item = Self::repository(described, tags);
        item.recorded_at = Some(recorded_at);
        item
    }
}

/// What every row has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The account.
    pub account_id: AccountId,
    aws_region: String,
    arn: Option<String>,
    resource_id: Option<String>,
    resource_name: Option<String>,
    resource_creation_time: Option<Value>,
    configuration_item_capture_time: Option<Value>,
    configuration_item_status: Option<String>,
    tags: Option<RecordedTags>,
    configuration: Option<Value>,
}

/// Tags stand as a list in a query's rows, and as a map in items.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RecordedTags {
    List(Vec<RecordedTag>),
    Map(BTreeMap<String, Option<String>>),
}

#[derive(Debug, Deserialize)]
struct RecordedTag {
    key: String,
    value: Option<String>,
}

fn fault(message: impl Into<String>) -> AwsFault {
    AwsFault::other(SELECT, message)
}

impl Row {
    /// Reads a row of a query for one Region.
    ///
    /// # Errors
    /// It is no JSON object with an account and that Region.
    pub fn parse(text: &str, region: &str) -> Result<Self, AwsFault> {
        let row: Self = serde_json::from_str(text).map_err(|error| fault(format!("a row that is no item: {error}")))?;
        if row.aws_region != region {
            return Err(fault(format!("a row of {} where only {region} was asked for", row.aws_region)));
        }
        Ok(row)
    }

    fn missing(&self, what: &str) -> AwsFault {
        fault(format!("a row of account {} without {what}", self.account_id))
    }

    /// Whether the resource is gone.
    fn is_deleted(&self) -> Result<bool, AwsFault> {
        match self.configuration_item_status.as_deref() {
            Some("OK" | "ResourceDiscovered" | "ResourceNotRecorded") => Ok(false),
            Some("ResourceDeleted" | "ResourceDeletedNotRecorded") => Ok(true),
            None => Err(self.missing("configurationItemStatus")),
            Some(other) => Err(fault(format!(
                "a row of account {} with the status `{other}`, which is unknown to this version",
                self.account_id
            ))),
        }
    }

    fn is_no_longer_recorded(&self) -> bool {
        self.configuration_item_status.as_deref() == Some("ResourceNotRecorded")
    }

    fn captured_at(&self) -> Result<Timestamp, AwsFault> {
        let given = self.configuration_item_capture_time.as_ref();
        given.and_then(time).ok_or_else(|| self.missing("a readable configurationItemCaptureTime"))
    }

    /// The configuration: an object, or a string with one in it, as other answers of AWS Config have it.
    fn configuration(&self) -> Option<Value> {
        match self.configuration.as_ref()? {
            object @ Value::Object(_) => Some(object.clone()),
            Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object),
            _ => None,
        }
    }

    /// The repository; `None` where it is gone.
    ///
    /// # Errors
    /// A name, an ARN, a status or the time of capture is missing.
    pub fn repository(self) -> Result<Option<RecordedRepository>, AwsFault> {
        if self.is_deleted()? {
            return Ok(None);
        }
        let recorded_at = self.captured_at()?;
        let configuration = self.configuration();
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let named = given(&self.resource_name).or_else(|| given(&self.resource_id));
        let name = named.ok_or_else(|| self.missing("resourceName"))?;
        let arn = given(&self.arn).ok_or_else(|| self.missing("arn"))?;
        let uri = configuration.as_ref().and_then(|one| text(one, "RepositoryUri")).map(str::to_owned);
        let described = RepositoryDescription {
            name,
            arn,
            uri,
            created_at: self.resource_creation_time.as_ref().and_then(time),
            encryption: recorded_encryption(configuration.as_ref()),
        };
        let tags = self.tags.map_or(Tags::NotRead, tags);
        Ok(Some(RecordedRepository { described, tags, recorded_at }))
    }

    /// What the account's recorder records; `None` where the recorder is gone.
    ///
    /// # Errors
    /// The status is missing or unknown.
    pub fn recording(&self) -> Result<Option<Recording>, AwsFault> {
        if self.is_deleted()? {
            return Ok(None);
        }
        Ok(Some(match self.configuration() {
            _ if self.is_no_longer_recorded() => Recording::NotTold("its own item is no longer recorded".to_owned()),
            Some(configuration) => Recording::of(&configuration),
            None => Recording::NotTold("its item has no configuration".to_owned()),
        }))
    }

    /// The key's facts, with the time when they were recorded; `None` where the item says that the key is gone or no longer
    /// recorded, which KMS must be asked about.
    ///
    /// # Errors
    /// The ARN is missing or is another key's, or the status or the time of capture is missing.
    pub fn key(&self) -> Result<Option<(KeyArn, KeyFacts)>, AwsFault> {
        if self.is_deleted()? || self.is_no_longer_recorded() {
            return Ok(None);
        }
        let recorded_at = Some(self.captured_at()?);
        let configuration = self.configuration().ok_or_else(|| self.missing("configuration"))?;
        let named = text(&configuration, "Arn").or(self.arn.as_deref()).ok_or_else(|| self.missing("arn"))?;
        let arn = KeyArn::parse(named).ok_or_else(|| fault(format!("a key with the ARN `{named}`")))?;
        if AccountId::parse(&arn.account_id) != Some(self.account_id) || arn.region != self.aws_region {
            return Err(fault(format!("the key {named} in a row of account {}", self.account_id)));
        }
        // What was left out is a value of its own, which no demand is proved by.
        let given = |name: &str| text(&configuration, name).unwrap_or("not recorded").to_owned();
        let facts = KeyFacts {
            arn: named.to_owned(),
            manager: KeyManager::from(given("KeyManager")),
            origin: KeyOrigin::from(given("Origin")),
            state: KeyState::from(given("KeyState")),
            recorded_at,
        };
        Ok(Some((arn, facts)))
    }
}

fn recorded_encryption(configuration: Option<&Value>) -> RepositoryEncryption {
    let Some(configuration) = configuration else { return RepositoryEncryption::NotRecorded };
    let Some(known) = encryption(configuration) else { return RepositoryEncryption::NotRecorded };
    // A key that is there and cannot be read is not the same as no key.
    let key = field(configuration, "EncryptionConfiguration").and_then(|given| field(given, "KmsKey"));
    if known.kms_key.is_none() && key.is_some() {
        return RepositoryEncryption::NotRecorded;
    }
    RepositoryEncryption::Known(known)
}

/// A tag without a value proves nothing, so it counts as absent.
fn tags(recorded: RecordedTags) -> Tags {
    Tags::Read(match recorded {
        RecordedTags::List(list) => list.into_iter().filter_map(|tag| Some((tag.key, tag.value?))).collect(),
        RecordedTags::Map(map) => map.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
    })
}

/// Times stand as texts in rows, and as seconds in other answers of AWS Config. Seconds are enough, and read better.
fn time(value: &Value) -> Option<Timestamp> {
    let seconds = match value {
        Value::String(text) => text.parse::<Timestamp>().ok()?.as_second(),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fractions of a second are not wanted; the range is checked"
        )]
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))?,
        _ => return None,
    };
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests;
