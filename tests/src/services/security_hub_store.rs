//! What Security Hub has.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// A hub: an account and a Region.
pub type HubKey = (String, String);

/// The findings of every hub.
#[derive(Debug, Default)]
pub struct SecurityHubStore(Mutex<Hubs>);

/// The contents of a [`SecurityHubStore`].
#[derive(Debug, Default)]
pub struct Hubs {
    /// By hub and id.
    pub findings: BTreeMap<HubKey, BTreeMap<String, Value>>,
    /// What was refused once: operation and id.
    pub failed_once: HashSet<(&'static str, String)>,
}

impl SecurityHubStore {
    /// The findings of a hub, by id.
    pub fn findings(&self, account: &str, region: &str) -> Vec<Value> {
        let key = (account.to_owned(), region.to_owned());
        self.lock().findings.get(&key).map(|findings| findings.values().cloned().collect()).unwrap_or_default()
    }

    /// Puts a finding into a hub, as it is.
    pub fn put(&self, account: &str, region: &str, finding: Value) {
        let id = finding.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = (account.to_owned(), region.to_owned());
        self.lock().findings.entry(key).or_default().insert(id, finding);
    }

    /// Forgets everything.
    pub fn reset(&self) {
        *self.lock() = Hubs::default();
    }

    /// The contents. Nothing is left half done where a thread has panicked.
    pub fn lock(&self) -> MutexGuard<'_, Hubs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
