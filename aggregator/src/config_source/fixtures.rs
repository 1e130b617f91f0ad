//! An aggregator without AWS, for tests: rows in pages of any size.

use std::collections::BTreeMap;
use std::sync::Mutex;

use ecr_encryption_rule::aws::fault::AwsFault;
use serde_json::{Value, json};

use super::client::{Page, SELECT, Select};
use crate::account::AccountId;

/// Answers each expression that begins with a text with its rows, in pages; the last page may be a fault.
#[derive(Debug, Default)]
pub(super) struct Pages {
    answers: BTreeMap<&'static str, (Vec<Vec<String>>, bool)>,
    pub(super) asked: Mutex<Vec<String>>,
}

impl Pages {
    /// `kind` is a part of the expression, such as a resource type.
    pub(super) fn with(mut self, kind: &'static str, pages: Vec<Vec<Value>>, fails: bool) -> Self {
        let pages = pages.into_iter().map(|page| page.iter().map(Value::to_string).collect()).collect();
        self.answers.insert(kind, (pages, fails));
        self
    }
}

impl Select for Pages {
    async fn page(&self, expression: &str, token: Option<String>) -> Result<Page, AwsFault> {
        self.asked.lock().unwrap().push(expression.to_owned());
        let index: usize = token.map_or(0, |token| token.parse().unwrap());
        let Some((_, (pages, fails))) = self.answers.iter().find(|(kind, _)| expression.contains(**kind)) else {
            return Ok(Page::default());
        };
        if *fails && index == pages.len() {
            return Err(AwsFault::other(SELECT, "the page is lost"));
        }
        let more = index + 1 < pages.len() + usize::from(*fails);
        Ok(Page {
            rows: pages.get(index).cloned().unwrap_or_default(),
            next_token: more.then(|| (index + 1).to_string()),
        })
    }
}

/// An account's id.
pub(super) fn account_id(number: usize) -> AccountId {
    AccountId::parse(&id(number)).unwrap()
}

/// An account's id, as a text.
pub(super) fn id(number: usize) -> String {
    format!("{number:012}")
}

/// A row of a repository in eu-west-1.
pub(super) fn repository(account: usize, name: &str) -> Value {
    json!({
        "accountId": id(account), "awsRegion": "eu-west-1", "resourceId": name, "resourceName": name,
        "arn": format!("arn:aws:ecr:eu-west-1:{}:repository/{name}", id(account)),
        "configurationItemStatus": "OK", "configurationItemCaptureTime": "2026-11-01T10:00:00Z",
        "configuration": {"EncryptionConfiguration": {"EncryptionType": "AES256"}},
    })
}

/// A row of a recorder in eu-west-1, with `configuration`.
pub(super) fn recorder(account: usize, configuration: &Value) -> Value {
    json!({
        "accountId": id(account), "awsRegion": "eu-west-1", "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-11-01T10:00:00Z", "configuration": configuration,
    })
}

/// A row of a customer-managed key in eu-west-1.
pub(super) fn key(account: usize, key_id: &str, manager: &str) -> Value {
    let arn = key_arn(account, key_id);
    json!({
        "accountId": id(account), "awsRegion": "eu-west-1", "configurationItemStatus": "OK", "arn": arn, "resourceId": key_id,
        "configurationItemCaptureTime": "2026-11-01T10:00:00Z",
        "configuration": {"arn": arn, "keyManager": manager, "origin": "AWS_KMS", "keyState": "Enabled"},
    })
}

/// The ARN of a key in eu-west-1.
pub(super) fn key_arn(account: usize, key_id: &str) -> String {
    format!("arn:aws:kms:eu-west-1:{}:key/{key_id}", id(account))
}
