//! What AWS Config was told.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};

use crate::organization::ConfigRule;

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

/// Everything that `PutEvaluations` has brought, and the results from before.
#[derive(Debug)]
pub struct ConfigStore {
    rules: Vec<ConfigRule>,
    recorded: Mutex<Recorded>,
}

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

impl Recorded {
    fn before(rules: &[ConfigRule]) -> Self {
        let results = rules.iter().map(|rule| (rule_key(rule), earlier_results(rule)));
        Self { results: results.collect(), ..Self::default() }
    }
}

/// What the store calls a rule.
pub fn rule_key(rule: &ConfigRule) -> RuleKey {
    (rule.account.clone(), rule.region.clone(), rule.name.clone())
}

fn earlier_results(rule: &ConfigRule) -> BTreeMap<ResourceKey, RecordedEvaluation> {
    let earlier = rule.results.iter().map(|result| RecordedEvaluation {
        account: rule.account.clone(),
        region: rule.region.clone(),
        result_token: rule.result_token.clone(),
        test_mode: false,
        compliance_resource_type: result.resource_type.clone(),
        compliance_resource_id: result.resource_id.clone(),
        compliance_type: result.compliance_type.clone(),
        annotation: None,
        ordering_timestamp: 0.0,
        accepted: true,
    });
    earlier
        .map(|result| ((result.compliance_resource_type.clone(), result.compliance_resource_id.clone()), result))
        .collect()
}

impl ConfigStore {
    /// The store while nothing has been put.
    pub fn new(rules: &[ConfigRule]) -> Self {
        Self { recorded: Mutex::new(Recorded::before(rules)), rules: rules.to_vec() }
    }

    /// The results that a rule has now, by resource.
    pub fn results(&self, account: &str, region: &str, rule: &str) -> Vec<RecordedEvaluation> {
        let key = (account.to_owned(), region.to_owned(), rule.to_owned());
        self.lock().results.get(&key).map(|results| results.values().cloned().collect()).unwrap_or_default()
    }

    /// Every evaluation, in the order of arrival.
    pub fn evaluations(&self) -> Vec<RecordedEvaluation> {
        self.lock().evaluations.clone()
    }

    /// Forgets everything but the results from before.
    pub fn reset(&self) {
        *self.lock() = Recorded::before(&self.rules);
    }

    /// The contents. Nothing is left half done where a thread has panicked.
    pub fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
