//! What AWS Config knows.

use serde::Deserialize;

/// AWS Config's rules, aggregators and habits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigService {
    /// The rules. While there is none, every result token is accepted.
    #[serde(rename = "rule")]
    pub rules: Vec<ConfigRule>,
    /// The aggregators.
    #[serde(rename = "aggregator")]
    pub aggregators: Vec<ConfigurationAggregator>,
    /// Resource ids that `PutEvaluations` returns in `FailedEvaluations` the first time.
    pub fail_first: Vec<String>,
    /// Resource ids that it returns every time.
    pub fail_always: Vec<String>,
    /// Configuration items of repositories lack `EncryptionConfiguration`.
    pub omit_encryption_configuration: bool,
    /// `GetResourceConfigHistory` gives so many empty pages with a `nextToken` before the item.
    pub empty_history_pages: usize,
}

/// A rule of AWS Config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigRule {
    /// Its name.
    pub name: String,
    /// The account that it is in.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// The result token that Config hands to the function.
    pub result_token: String,
    /// What the rule has found before.
    #[serde(rename = "result", default)]
    pub results: Vec<EarlierResult>,
}

/// A result that a rule has from the start.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierResult {
    /// `AWS::ECR::Repository`, say.
    pub resource_type: String,
    /// The resource, as Config knows it.
    pub resource_id: String,
    /// `COMPLIANT` or `NON_COMPLIANT`.
    pub compliance_type: String,
}

/// A configuration aggregator that sees the whole organization.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationAggregator {
    /// Its name.
    pub name: String,
    /// The account that it is in.
    pub account: String,
    /// Its Region.
    pub region: String,
}
