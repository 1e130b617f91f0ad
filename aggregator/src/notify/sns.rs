//! A digest to an SNS topic: text for people who get mail, JSON for everything else.

use aws_config::{Region, SdkConfig};
use aws_sdk_sns::Client;
use aws_sdk_sns::config::Builder;
use aws_sdk_sns::types::MessageAttributeValue;
use ecr_encryption_rule::aws::clients;
use ecr_encryption_rule::aws::fault::AwsFault;
use serde_json::json;

use super::digest::Digest;
use super::target::TopicArn;
use super::{NotifyError, text};

const ACTION: &str = "sns:Publish";

/// Publishes in the topic's Region.
pub(super) async fn publish(config: &SdkConfig, topic: &TopicArn, digest: &Digest) -> Result<(), NotifyError> {
    let config = Builder::from(config).region(Region::new(topic.region.clone()));
    let client = Client::from_conf(config.retry_partition(clients::retry_partition()).build());
    let mut request = client
        .publish()
        .topic_arn(&topic.arn)
        .subject(subject(digest))
        .message_structure("json")
        .message(message(digest)?);
    // For subscriptions with a filter.
    for (name, value) in
        [("outcome", digest.outcome.as_str()), ("changed", if digest.changed { "true" } else { "false" })]
    {
        let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
        let value = value.map_err(|error| NotifyError::Sns(AwsFault::other(ACTION, error.to_string())))?;
        request = request.message_attributes(name, value);
    }
    if topic.is_fifo() {
        let id = digest.run.as_ref().map_or_else(
            || uuid::Uuid::now_v7().to_string(),
            |run| format!("{}-{}", run.id, run.finished_at.as_second()),
        );
        request = request.message_group_id("ecr-encryption").message_deduplication_id(id);
    }
    request.send().await.map(drop).map_err(|error| NotifyError::Sns(AwsFault::new(ACTION, &error)))
}

/// SNS takes at most 100 characters, all of them ASCII.
fn subject(digest: &Digest) -> String {
    let headline = text::headline(digest).replace('…', "...");
    let printable = |letter: char| letter.is_ascii_graphic() || letter == ' ';
    headline.chars().map(|letter| if printable(letter) { letter } else { '?' }).take(100).collect()
}

/// What each kind of subscription gets.
fn message(digest: &Digest) -> Result<String, NotifyError> {
    let plain = text::plain(digest);
    let json = serde_json::to_string(digest).map_err(|error| NotifyError::Unwritable(error.to_string()))?;
    Ok(json!({ "default": json, "email": plain, "sms": subject(digest) }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::digest::tests as digests;

    #[test]
    fn a_subject_is_what_sns_takes() {
        for digest in digests::all() {
            let subject = subject(&digest);
            assert!(subject.len() <= 100 && subject.is_ascii() && !subject.is_empty(), "{subject}");
        }
    }

    #[test]
    fn a_message_is_small_and_has_what_sns_demands() {
        for digest in digests::all() {
            let message = message(&digest).unwrap();
            assert!(message.len() < 64 << 10, "{}", message.len());
            let message: serde_json::Value = serde_json::from_str(&message).unwrap();
            assert!(message.as_object().unwrap().values().all(serde_json::Value::is_string));
            let digest: serde_json::Value = serde_json::from_str(message["default"].as_str().unwrap()).unwrap();
            assert_eq!(digest["schema_version"], 1);
        }
    }
}
