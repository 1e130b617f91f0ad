//! What AWS Config was told.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};

/// One evaluation of a call to `PutEvaluations`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedEvaluation {
    /// The account of the credentials.
    pub account: String,
    /// The Region that was called.
    pub region: String,
    /// The call's result token.
    pub result_token: String,
    /// The call's `TestMode`.
    pub test_mode: bool,
    /// `ComplianceResourceType`.
    pub compliance_resource_type: String,
    /// `ComplianceResourceId`.
    pub compliance_resource_id: String,
    /// `ComplianceType`.
    pub compliance_type: String,
    /// `Annotation`.
    pub annotation: Option<String>,
    /// `OrderingTimestamp`, seconds since 1970.
    pub ordering_timestamp: f64,
    /// `false` where it was returned in `FailedEvaluations`.
    pub accepted: bool,
}

/// A rule, by account, Region and name.
pub type RuleKey = (String, String, String);
/// A resource, by type and id.
pub type ResourceKey = (String, String);

/// Everything that `PutEvaluations` has brought.
#[derive(Debug, Default)]
pub struct ConfigStore(Mutex<Recorded>);

/// The contents of a [`ConfigStore`].
#[derive(Debug, Default)]
pub struct Recorded {
    /// In the order of arrival.
    pub evaluations: Vec<RecordedEvaluation>,
    /// Resource ids that were returned as failed once.
    pub failed_once: HashSet<String>,
    /// The latest evaluation of each resource, by rule.
    pub results: BTreeMap<RuleKey, BTreeMap<ResourceKey, RecordedEvaluation>>,
}

impl ConfigStore {
    /// Every evaluation, in the order of arrival.
    pub fn evaluations(&self) -> Vec<RecordedEvaluation> {
        self.lock().evaluations.clone()
    }

    /// Forgets everything.
    pub fn reset(&self) {
        *self.lock() = Recorded::default();
    }

    /// The contents. Nothing is left half done where a thread has panicked.
    pub fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
