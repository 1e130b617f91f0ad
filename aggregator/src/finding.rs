//! A finding: one repository, or what decides how the next ones are encrypted, with its verdict and what to do. One line of
//! `findings.jsonl`.

use std::sync::Arc;

use ecr_encryption_core::{EncryptionLevel, ReasonCode, Status};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict on one repository, creation template or pull-through cache rule. Fields are only ever added; what is not known is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The account that owns it: 12 digits.
    #[schemars(regex(pattern = "^[0-9]{12}$"))]
    pub account_id: String,
    /// The account's name in the organization.
    pub account_name: Option<Arc<str>>,
    /// The names of the account's organizational units from the root, joined by `/`.
    pub organizational_unit_path: Option<Arc<str>>,
    /// The Region.
    pub region: String,
    /// The repository's name; of a creation template or pull-through cache rule the prefix, `ROOT` for every name.
    pub repository_name: String,
    /// The repository's ARN; null where there is no repository yet.
    pub repository_arn: Option<String>,
    /// When it was created.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub created_at: Option<Timestamp>,
    /// ECR's `encryptionType`: `AES256`, `KMS`, `KMS_DSSE`, or a value this version does not know. Of a creation template or
    /// pull-through cache rule, what the repositories will have.
    pub encryption_type: Option<String>,
    /// The key as ECR gave it.
    pub kms_key: Option<String>,
    /// The ARN of the key as KMS resolved it.
    pub kms_key_arn: Option<String>,
    /// KMS's `KeyManager`.
    pub key_manager: Option<String>,
    /// KMS's `Origin`.
    pub key_origin: Option<String>,
    /// KMS's `KeyState`.
    pub key_state: Option<String>,
    /// The encryption level, or its provable lower bound.
    #[schemars(with = "Option<LevelName>")]
    pub encryption_level: Option<EncryptionLevel>,
    /// Whether the level is a lower bound only.
    pub encryption_level_is_lower_bound: bool,
    /// The level that is demanded here.
    #[schemars(with = "LevelName")]
    pub desired_encryption_level: EncryptionLevel,
    /// The status.
    #[schemars(with = "StatusName")]
    pub status: Status,
    /// The stable code of the reason.
    #[schemars(with = "String", extend("enum" = ReasonCode::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>()))]
    pub reason_code: ReasonCode,
    /// The reason, for people.
    pub reason: String,
    /// The name of the policy's override that applied.
    #[serde(rename = "override")]
    pub override_name: Option<String>,
    /// The last day of the exemption, UTC.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub exempt_until: Option<Date>,
    /// What to do, step by step; empty where nothing is to be done.
    pub remediation: Vec<String>,
    /// When it was read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub evaluated_at: Timestamp,
    /// What the finding is on.
    #[serde(default)]
    pub finding_type: FindingType,
    /// When AWS Config recorded the repository, where the run took it from there; null where ECR told it.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub recorded_at: Option<Timestamp>,
    /// When AWS Config recorded the key, whose state may have changed since; null where KMS told it, or nobody.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub key_recorded_at: Option<Timestamp>,
    /// Since the start of which run it has been `NON_COMPLIANT` or `UNDETERMINED` without a break, as far as the runs that
    /// are kept tell; null for others.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub open_since: Option<Timestamp>,
}

/// What a finding is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingType {
    /// A repository.
    #[default]
    Repository,
    /// A repository creation template: what it creates, once it does.
    RepositoryCreationTemplate,
    /// A pull-through cache rule: what it creates, once it does.
    PullThroughCacheRule,
}

impl FindingType {
    /// The name that reports give.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::RepositoryCreationTemplate => "repository-creation-template",
            Self::PullThroughCacheRule => "pull-through-cache-rule",
        }
    }
}

/// The names of the levels, for the schema: the core has no schemas.
#[derive(JsonSchema)]
#[schemars(rename = "EncryptionLevel", rename_all = "lowercase")]
#[expect(dead_code, reason = "its schema is what is used")]
pub(crate) enum LevelName {
    Sse,
    AwsKms,
    AwsCmk,
    ExternalCmk,
    CloudHsm,
    ExternalKeyStore,
}

/// The names of the statuses, for the schema.
#[derive(JsonSchema)]
#[schemars(rename = "Status", rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(dead_code, reason = "its schema is what is used")]
pub(crate) enum StatusName {
    NonCompliant,
    Undetermined,
    Exempt,
    Compliant,
}
