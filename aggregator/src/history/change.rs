//! What has become of a finding since an earlier run. One line of `changes.jsonl`.

use std::sync::Arc;

use ecr_encryption_core::{EncryptionLevel, ReasonCode, Status};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FindingType, LevelName, StatusName};

/// What has become of one finding. Fields are only ever added; what is not known is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The account that owns it: 12 digits.
    #[schemars(regex(pattern = "^[0-9]{12}$"))]
    pub account_id: String,
    /// The account's name in the organization.
    pub account_name: Option<Arc<str>>,
    /// The names of the account's organizational units from the root, joined by `/`.
    pub organizational_unit_path: Option<Arc<str>>,
    /// The Region.
    pub region: String,
    /// What the finding is on.
    pub finding_type: FindingType,
    /// As in the finding.
    pub repository_name: String,
    /// As in the finding.
    pub repository_arn: Option<String>,
    /// What has become of it.
    pub change: ChangeKind,
    /// What differs; empty where there is nothing to compare.
    pub why: Vec<Aspect>,
    /// Since the start of which run it is, or was, open without a break, as far as the kept runs tell; null where it was
    /// not open.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub open_since: Option<Timestamp>,
    /// What the earlier run told; null where it did not tell of it.
    pub before: Option<Facts>,
    /// What the later run tells; null where it does not tell of it.
    pub after: Option<Facts>,
}

/// What can become of a finding. It is *open* while its status is `NON_COMPLIANT` or `UNDETERMINED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Open now, and not before.
    New,
    /// Open before and now, and not for the same.
    Changed,
    /// Open before, and now it complies.
    Fixed,
    /// Open before, and now the policy leaves it out.
    Exempted,
    /// Open before; its Region was read whole, and it is not there any more.
    Gone,
    /// There before, in whatever status; its Region was not read whole now, or its account was no part of the run. This is
    /// a loss of coverage, and no fix.
    NoLongerSeen,
}

/// What can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// The status.
    Status,
    /// The reason code.
    Reason,
    /// The encryption level, or that it is a lower bound.
    Level,
    /// ECR's `encryptionType`.
    EncryptionType,
    /// The key.
    Key,
    /// The key's state.
    KeyState,
    /// What is demanded: nothing that AWS says differs, and yet the verdict does.
    Policy,
}

/// What a run told of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The status.
    #[schemars(with = "StatusName")]
    pub status: Status,
    /// The stable code of the reason.
    #[schemars(with = "String")]
    pub reason_code: ReasonCode,
    /// The reason, for people.
    pub reason: String,
    /// ECR's `encryptionType`.
    pub encryption_type: Option<String>,
    /// The encryption level, or its provable lower bound.
    #[schemars(with = "Option<LevelName>")]
    pub encryption_level: Option<EncryptionLevel>,
    /// Whether the level is a lower bound only.
    pub encryption_level_is_lower_bound: bool,
    /// The level that was demanded.
    #[schemars(with = "LevelName")]
    pub desired_encryption_level: EncryptionLevel,
    /// The key as ECR gave it.
    pub kms_key: Option<String>,
    /// The ARN of the key as KMS resolved it.
    pub kms_key_arn: Option<String>,
    /// KMS's `KeyState`.
    pub key_state: Option<String>,
    /// The name of the policy's override that applied.
    #[serde(rename = "override")]
    pub override_name: Option<String>,
    /// The last day of the exemption, UTC.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub exempt_until: Option<Date>,
    /// When it was read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub evaluated_at: Timestamp,
}

impl From<&Finding> for Facts {
    fn from(finding: &Finding) -> Self {
        Self {
            status: finding.status,
            reason_code: finding.reason_code,
            reason: finding.reason.clone(),
            encryption_type: finding.encryption_type.clone(),
            encryption_level: finding.encryption_level,
            encryption_level_is_lower_bound: finding.encryption_level_is_lower_bound,
            desired_encryption_level: finding.desired_encryption_level,
            kms_key: finding.kms_key.clone(),
            kms_key_arn: finding.kms_key_arn.clone(),
            key_state: finding.key_state.clone(),
            override_name: finding.override_name.clone(),
            exempt_until: finding.exempt_until,
            evaluated_at: finding.evaluated_at,
        }
    }
}

/// How much has changed since an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeTotals {
    /// The earlier run.
    pub since_run_id: String,
    /// When that had started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since: Timestamp,
    /// How many are open now that were not.
    pub new: u64,
    /// How many are open as before, and not for the same.
    pub changed: u64,
    /// How many comply now.
    pub fixed: u64,
    /// How many the policy leaves out now.
    pub exempted: u64,
    /// How many that were open are not there any more.
    pub gone: u64,
    /// How many that were there were not seen now.
    pub no_longer_seen: u64,
    /// How many of those were open.
    pub no_longer_seen_open: u64,
    /// How many were lost from sight since the earlier run; the others had been lost before.
    #[serde(default)]
    pub newly_lost: u64,
    /// How many are open for the same as before.
    pub still_open: u64,
    /// Since when the oldest that is open now has been so.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub oldest_open_since: Option<Timestamp>,
}
