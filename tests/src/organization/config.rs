//! What AWS Config knows.

use jiff::Timestamp;
use serde::Deserialize;

use super::{OrganizationRule, Repository};

/// AWS Config's rules, aggregators and habits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigService {
    /// The rules. While there is none, every result token is accepted.
    #[serde(rename = "rule")]
    pub rules: Vec<ConfigRule>,
    /// The rules of the whole organization; by default one, see [`OrganizationRule::default`].
    #[serde(rename = "organization_rule")]
    pub organization_rules: Vec<OrganizationRule>,
    /// The conformance packs of the whole organization, described as its rules are.
    #[serde(rename = "organization_conformance_pack")]
    pub organization_conformance_packs: Vec<OrganizationRule>,
    /// The aggregators.
    #[serde(rename = "aggregator")]
    pub aggregators: Vec<ConfigurationAggregator>,
    /// How single sources of the aggregators fare; the first that matches counts. Others: `SUCCEEDED`.
    #[serde(rename = "source")]
    pub sources: Vec<AggregatedSource>,
    /// What Config doesn't record; everything else it does.
    pub unrecorded: Vec<Unrecorded>,
    /// The configuration recorders that differ; the first that matches counts. Others record everything.
    #[serde(rename = "recorder")]
    pub recorders: Vec<Recorder>,
    /// Repositories as Config has them, in place of what ECR has: with an older encryption, say, or
    /// long deleted. `key` is understood as in a described repository.
    #[serde(rename = "repository")]
    pub repositories: Vec<Repository>,
    /// Keys whose recorded state is not the one that KMS tells.
    #[serde(rename = "stale_key")]
    pub stale_keys: Vec<StaleKey>,
    /// Resource ids that `PutEvaluations` returns in `FailedEvaluations` the first time.
    pub fail_first: Vec<String>,
    /// Resource ids that it returns every time.
    pub fail_always: Vec<String>,
    /// Configuration items of repositories lack `EncryptionConfiguration`.
    pub omit_encryption_configuration: bool,
    /// `GetResourceConfigHistory` gives so many empty pages with a `nextToken` before the item.
    pub empty_history_pages: usize,
}

impl Default for ConfigService {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            organization_rules: vec![OrganizationRule::default()],
            organization_conformance_packs: Vec::new(),
            aggregators: Vec::new(),
            sources: Vec::new(),
            unrecorded: Vec::new(),
            recorders: Vec::new(),
            repositories: Vec::new(),
            stale_keys: Vec::new(),
            fail_first: Vec::new(),
            fail_always: Vec::new(),
            omit_encryption_configuration: false,
            empty_history_pages: 0,
        }
    }
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

/// A configuration aggregator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigurationAggregator {
    /// Its name.
    pub name: String,
    /// The account that it is in.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// The accounts that it sees; absent: the whole organization.
    pub accounts: Option<Vec<String>>,
    /// The Regions that it sees; absent: all.
    pub regions: Option<Vec<String>>,
    /// The resource types that it sees; absent: all.
    pub resource_types: Option<Vec<String>>,
}

/// How an aggregator fares with an account, in one Region or in all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AggregatedSource {
    /// The account; absent: all.
    pub account: Option<String>,
    /// The Region; absent: all.
    pub region: Option<String>,
    /// How it fares.
    pub status: SourceStatus,
    /// `LastUpdateTime`; absent: just before the query.
    pub last_update_time: Option<Timestamp>,
    /// `LastErrorCode`.
    pub error_code: Option<String>,
    /// `LastErrorMessage`.
    pub error_message: Option<String>,
}

/// `LastUpdateStatus`, and that there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SourceStatus {
    /// The data were moved.
    #[default]
    Succeeded,
    /// They could not be moved. What was moved before is still there.
    Failed,
    /// They are not the most recent.
    Outdated,
    /// The aggregator doesn't have the source: no status, and no items.
    Absent,
}

impl SourceStatus {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Outdated => "OUTDATED",
            Self::Absent => "ABSENT",
        }
    }
}

/// Resources that Config doesn't record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Unrecorded {
    /// The account; absent: all.
    pub account: Option<String>,
    /// The Region; absent: all.
    pub region: Option<String>,
    /// `AWS::ECR::Repository` or `AWS::KMS::Key`; absent: both.
    pub resource_type: Option<String>,
    /// Names of repositories or ids of keys; empty: all.
    pub resource_ids: Vec<String>,
}

/// A key whose recorded state is not the one that KMS tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaleKey {
    /// The ARN of the key, or the name of a described one.
    pub key: String,
    /// The state that Config tells.
    pub state: String,
}

/// A configuration recorder, whose item an aggregator has too. What is `unrecorded` it leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of its own in a description")]
pub struct Recorder {
    /// The account; absent: all.
    pub account: Option<String>,
    /// The Region; absent: all.
    pub region: Option<String>,
    /// There is none. Items that Config has all the same are of earlier days.
    pub absent: bool,
    /// It was stopped.
    pub stopped: bool,
    /// It records once a day.
    pub daily: bool,
    /// The types that it leaves out.
    pub excluded_types: Vec<String>,
    /// The only types that it records; absent: all, but for `excluded_types`.
    pub resource_types: Option<Vec<String>>,
    /// `recordingGroup` has no `recordingStrategy`, as before there were strategies.
    pub without_strategy: bool,
    /// Its name; absent: `default`.
    pub name: Option<String>,
    /// `lastStatus`; absent: `SUCCESS`, which AWS writes otherwise than its model.
    pub last_status: Option<String>,
    /// `lastErrorCode`.
    pub last_error_code: Option<String>,
    /// `lastErrorMessage`.
    pub last_error_message: Option<String>,
    /// It has no delivery channel. Where there is no recorder there is none either.
    pub without_delivery_channel: bool,
}
