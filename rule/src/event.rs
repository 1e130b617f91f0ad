//! What AWS Config sends: an envelope with JSON in strings, and any of its fields null.

mod item;

use std::collections::BTreeMap;

use ecr_encryption_core::value;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

pub use item::{ConfigurationItem, ItemStatus, RawItem};

/// An event that cannot be evaluated. It says which field, what stands there and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EventError {
    /// A field that is needed is missing or null.
    #[error("the event has no `{field}`")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A field has a value that it cannot have.
    #[error("the event's `{field}` {problem}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong, the value included where it is short.
        problem: String,
    },
}

impl EventError {
    fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid { field, problem: problem.into() }
    }
}

/// An event for a custom rule.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigEvent {
    /// The account that owns the rule, and the results: for an organization's rule a member account.
    pub account_id: String,
    /// The rule's name.
    pub config_rule_name: String,
    /// The resource is no longer in the rule's scope.
    pub event_left_scope: bool,
    /// Why the rule was invoked.
    pub trigger: Trigger,
    /// The rule's parameters, as they were given.
    pub rule_parameters: BTreeMap<String, String>,
    /// Goes back to AWS Config with the results.
    pub result_token: String,
}

/// Why a rule is invoked.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// A resource changed.
    Change(Box<ConfigurationItem>),
    /// A resource changed, and its configuration is too large for a notification.
    Oversized(Box<ConfigurationItem>),
    /// It is time: on a schedule, or because a snapshot was delivered.
    Scheduled {
        /// When the notification was made.
        created_at: Timestamp,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    account_id: Option<String>,
    config_rule_name: Option<String>,
    event_left_scope: Option<bool>,
    invoking_event: Option<String>,
    rule_parameters: Option<String>,
    result_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InvokingEvent {
    message_type: Option<String>,
    configuration_item: Option<RawItem>,
    configuration_item_summary: Option<RawItem>,
    notification_creation_time: Option<String>,
}

/// The token that AWS's rule development kit sends: the results are checked by AWS Config and not kept.
pub const TEST_MODE: &str = "TESTMODE";

impl ConfigEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// What is needed is missing, or is not what it must be.
    pub fn parse(event: Value) -> Result<Self, EventError> {
        let envelope: Envelope = serde_json::from_value(event)
            .map_err(|error| EventError::invalid("envelope", format!("is unreadable: {error}")))?;
        let result_token = present(envelope.result_token, "resultToken")?;
        let account_id = present(envelope.account_id, "accountId")?;
        let account_id =
            value::account_id(&account_id).map_err(|invalid| EventError::invalid("accountId", invalid.to_string()))?;
        let invoking_event = present(envelope.invoking_event, "invokingEvent")?;
        let invoking_event: InvokingEvent = serde_json::from_str(&invoking_event)
            .map_err(|error| EventError::invalid("invokingEvent", format!("is unreadable: {error}")))?;
        Ok(Self {
            account_id,
            config_rule_name: envelope.config_rule_name.unwrap_or_default(),
            event_left_scope: envelope.event_left_scope.unwrap_or(false),
            trigger: invoking_event.trigger()?,
            rule_parameters: rule_parameters(envelope.rule_parameters.as_deref())?,
            result_token,
        })
    }

    /// Whether the results are only checked.
    pub fn is_test(&self) -> bool {
        self.result_token == TEST_MODE
    }
}

impl InvokingEvent {
    fn trigger(self) -> Result<Trigger, EventError> {
        let message_type = present(self.message_type, "invokingEvent.messageType")?;
        let created_at = self.notification_creation_time.as_deref();
        match message_type.as_str() {
            "ConfigurationItemChangeNotification" => {
                let item =
                    self.configuration_item.ok_or(EventError::Missing { field: "invokingEvent.configurationItem" })?;
                Ok(Trigger::Change(Box::new(ConfigurationItem::new(item, created_at)?)))
            }
            "OversizedConfigurationItemChangeNotification" => {
                let item = self
                    .configuration_item_summary
                    .ok_or(EventError::Missing { field: "invokingEvent.configurationItemSummary" })?;
                Ok(Trigger::Oversized(Box::new(ConfigurationItem::new(item, created_at)?)))
            }
            "ScheduledNotification" | "ConfigurationSnapshotDeliveryCompleted" => Ok(Trigger::Scheduled {
                created_at: timestamp(created_at, "invokingEvent.notificationCreationTime")?
                    .ok_or(EventError::Missing { field: "invokingEvent.notificationCreationTime" })?,
            }),
            other => Err(EventError::invalid(
                "invokingEvent.messageType",
                format!(
                    "`{}` is unknown; allowed: ConfigurationItemChangeNotification, \
                     OversizedConfigurationItemChangeNotification, ScheduledNotification, \
                     ConfigurationSnapshotDeliveryCompleted",
                    short(other)
                ),
            )),
        }
    }
}

fn present(text: Option<String>, field: &'static str) -> Result<String, EventError> {
    text.filter(|text| !text.trim().is_empty()).ok_or(EventError::Missing { field })
}

fn timestamp(text: Option<&str>, field: &'static str) -> Result<Option<Timestamp>, EventError> {
    text.map(|text| {
        text.parse().map_err(|_| {
            EventError::invalid(
                field,
                format!("`{}` is no time; allowed: times such as 2026-11-23T12:00:00Z", short(text)),
            )
        })
    })
    .transpose()
}

/// Missing, null and empty parameters are no parameters.
fn rule_parameters(text: Option<&str>) -> Result<BTreeMap<String, String>, EventError> {
    const FIELD: &str = "ruleParameters";
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(BTreeMap::new()) };
    let given: Option<BTreeMap<String, Value>> = serde_json::from_str(text)
        .map_err(|error| EventError::invalid(FIELD, format!("is no JSON object of texts: {error}")))?;
    let mut parameters = BTreeMap::new();
    for (name, value) in given.unwrap_or_default() {
        let text = match value {
            Value::String(text) => text,
            // CloudFormation lets people write `true`.
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => {
                return Err(EventError::invalid(
                    FIELD,
                    format!(
                        "parameter `{name}`: `{}` is no text; allowed: a text, lists with commas",
                        short(&value.to_string())
                    ),
                ));
            }
        };
        parameters.insert(name, text);
    }
    Ok(parameters)
}

/// The beginning of a text that somebody else wrote, for a message.
fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
