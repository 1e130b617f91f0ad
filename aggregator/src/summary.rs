//! The summary of a run: `summary.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecr_encryption_core::{EncryptionLevel, Status};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config_source::Source;
use crate::config_source::compare::Comparison;
use crate::coverage::Coverage;
use crate::finding::{Finding, FindingType};
use crate::history::change::ChangeTotals;
use crate::selected::Selected;

/// The version of `summary.json`'s form; fields are added without a new one.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run found, what it did not see, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The version of this file's form.
    pub schema_version: u32,
    /// The run.
    pub run: Run,
    /// What was found.
    pub totals: Totals,
    /// What was seen and what was not.
    pub coverage: Coverage,
    /// Attempted calls, by service and operation.
    pub api_calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// How many of the attempts were retries.
    pub api_retries: u64,
    /// What AWS Config recorded, compared with ECR; null where that was not asked for.
    pub comparison: Option<Comparison>,
    /// What has changed since the run before; null where there is none.
    #[serde(default)]
    pub changes: Option<ChangeTotals>,
}

/// One run of the scanner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// A UUID, version 7: its order is that of time.
    pub id: String,
    /// When it started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When it was resumed, if it was.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub resumed_at: Vec<Timestamp>,
    /// When it ended.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub finished_at: Timestamp,
    /// Whether it was stopped before it was done; what was not seen then is under `coverage`.
    pub interrupted: bool,
    /// What has interrupted it.
    #[serde(default)]
    pub interruption: Option<String>,
    /// The version of the tool.
    pub tool_version: String,
    /// The account that ran it.
    pub caller_account_id: String,
    /// The organization; null where one account was scanned by itself.
    pub organization_id: Option<String>,
    /// The policy, with everything that was left at its default.
    pub policy: serde_json::Value,
    /// Where the repositories come from.
    pub source: Source,
    /// Whether its findings are brought to Security Hub.
    #[serde(default)]
    pub security_hub: bool,
    /// To what the flags narrowed it: what lies outside was not looked at, and is not among what was not covered.
    #[serde(default)]
    pub selected: Selected,
}

/// How many repositories have which status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusCounts {
    /// Every demand is met.
    pub compliant: u64,
    /// A demand is not met.
    pub non_compliant: u64,
    /// Not proved either way.
    pub undetermined: u64,
    /// Left out by the policy.
    pub exempt: u64,
}

impl StatusCounts {
    /// All repositories.
    pub fn total(&self) -> u64 {
        self.compliant + self.non_compliant + self.undetermined + self.exempt
    }

    /// Those with `status`.
    pub fn of(&self, status: Status) -> u64 {
        match status {
            Status::Compliant => self.compliant,
            Status::NonCompliant => self.non_compliant,
            Status::Undetermined => self.undetermined,
            Status::Exempt => self.exempt,
        }
    }

    /// Counts everything that `other` has too.
    pub(crate) fn add_all(&mut self, other: &Self) {
        self.compliant += other.compliant;
        self.non_compliant += other.non_compliant;
        self.undetermined += other.undetermined;
        self.exempt += other.exempt;
    }

    /// Counts a status.
    pub(crate) fn add(&mut self, status: Status) {
        *match status {
            Status::Compliant => &mut self.compliant,
            Status::NonCompliant => &mut self.non_compliant,
            Status::Undetermined => &mut self.undetermined,
            Status::Exempt => &mut self.exempt,
        } += 1;
    }
}

/// The counts of an account, and where it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountTotals {
    /// The account's name in the organization.
    pub account_name: Option<Arc<str>>,
    /// The names of its organizational units from the root, joined by `/`.
    pub organizational_unit_path: Option<Arc<str>>,
    /// Its repositories.
    #[serde(flatten)]
    pub counts: StatusCounts,
}

/// Counts over all findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// All repositories.
    pub repositories: u64,
    /// By status.
    pub by_status: StatusCounts,
    /// By encryption level; `unknown` where none is proved. A lower bound counts as its level.
    pub by_level: BTreeMap<String, u64>,
    /// By account id.
    pub by_account: BTreeMap<String, AccountTotals>,
    /// By Region.
    pub by_region: BTreeMap<String, StatusCounts>,
    /// By reason code.
    pub by_reason_code: BTreeMap<String, u64>,
    /// What decides how the next repositories are encrypted, which counts nowhere else here; null where it was not asked
    /// for.
    #[serde(default)]
    pub templates: Option<TemplateTotals>,
}

/// Counts of what decides how the next repositories are encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateTotals {
    /// Repository creation templates.
    pub repository_creation_templates: StatusCounts,
    /// Pull-through cache rules.
    pub pull_through_cache_rules: StatusCounts,
}

impl TemplateTotals {
    /// Both together.
    pub fn all(&self) -> StatusCounts {
        let mut all = self.repository_creation_templates.clone();
        all.add_all(&self.pull_through_cache_rules);
        all
    }
}

impl Totals {
    /// Nothing yet, of templates and rules neither where they are asked for.
    pub fn new(with_templates: bool) -> Self {
        Self { templates: with_templates.then(TemplateTotals::default), ..Self::default() }
    }

    /// Counts a finding.
    pub fn add(&mut self, finding: &Finding) {
        match finding.finding_type {
            FindingType::Repository => self.add_repository(finding),
            FindingType::RepositoryCreationTemplate => {
                self.templates.get_or_insert_default().repository_creation_templates.add(finding.status);
            }
            FindingType::PullThroughCacheRule => {
                self.templates.get_or_insert_default().pull_through_cache_rules.add(finding.status);
            }
        }
    }

    fn add_repository(&mut self, finding: &Finding) {
        self.repositories += 1;
        self.by_status.add(finding.status);
        *self
            .by_level
            .entry(finding.encryption_level.map_or("unknown", EncryptionLevel::as_str).to_owned())
            .or_default() += 1;
        *self.by_reason_code.entry(finding.reason_code.as_str().to_owned()).or_default() += 1;
        if let Some(account) = self.by_account.get_mut(&finding.account_id) {
            account.counts.add(finding.status);
        } else {
            let mut account = AccountTotals {
                account_name: finding.account_name.clone(),
                organizational_unit_path: finding.organizational_unit_path.clone(),
                counts: StatusCounts::default(),
            };
            account.counts.add(finding.status);
            self.by_account.insert(finding.account_id.clone(), account);
        }
        if let Some(counts) = self.by_region.get_mut(&finding.region) {
            counts.add(finding.status);
        } else {
            self.by_region.entry(finding.region.clone()).or_default().add(finding.status);
        }
    }
}
