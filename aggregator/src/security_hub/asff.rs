//! The AWS Security Finding Format, as far as findings here use it. Names and nesting are AWS's.
//!
//! What a user decides on a finding (`Workflow`, `Note`, `UserDefinedFields`, `VerificationState`) is not part of it: so it
//! cannot be sent by accident.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::history::manifest::hexadecimal;

/// The version of the format.
pub const SCHEMA_VERSION: &str = "2018-10-08";

/// What our keys among `ProductFields` begin with.
pub const PREFIX: &str = "ecr-encryption/";

/// The key under which the fingerprint of a finding is kept.
pub const FINGERPRINT: &str = "ecr-encryption/fingerprint";

/// The key that tells whether the repository does not exist any more: `yes` or `no`.
pub const GONE: &str = "ecr-encryption/gone";

/// A finding in AWS's format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AsffFinding {
    /// [`SCHEMA_VERSION`].
    pub schema_version: String,
    /// Names the finding, in every run the same.
    pub id: String,
    /// The product that generates it: the account's own, `product/ACCOUNT/default`.
    pub product_arn: String,
    /// The check that generates it: `ecr-encryption/` and the type of the finding.
    pub generator_id: String,
    /// The account.
    pub aws_account_id: String,
    /// What kind of finding it is. On an update it is left to `FindingProviderFields`, as users may have changed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Since when it is known.
    pub first_observed_at: String,
    /// When it was last looked at.
    pub last_observed_at: String,
    /// When the finding was made.
    pub created_at: String,
    /// When it was last changed: Security Hub takes nothing that is older than what it has.
    pub updated_at: String,
    /// How severe it is. On an update it is left to `FindingProviderFields`, as users may have changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// At most 256 characters.
    pub title: String,
    /// At most 1,024 characters.
    pub description: String,
    /// What to do.
    pub remediation: Remediation,
    /// What else is known: at most 50 pairs, of at most 128 and 2,048 characters.
    pub product_fields: BTreeMap<String, String>,
    /// What the finding is on.
    pub resources: Vec<Resource>,
    /// Whether the demand is met.
    pub compliance: Compliance,
    /// Whether the finding is current.
    pub record_state: RecordState,
    /// Severity and types as the provider gives them, whatever users make of them.
    pub finding_provider_fields: FindingProviderFields,
}

/// `FindingProviderFields`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FindingProviderFields {
    /// The severity.
    pub severity: Severity,
    /// The types.
    pub types: Vec<String>,
}

/// `Severity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Severity {
    /// The severity in Security Hub's words.
    pub label: SeverityLabel,
    /// What it was made of: the reason code.
    pub original: String,
}

/// `Severity.Label`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SeverityLabel {
    /// No issue.
    Informational,
    /// Needs no action of its own.
    Low,
    /// To be addressed, not urgently.
    Medium,
    /// To be addressed first.
    High,
    /// To be addressed at once, before it gets worse.
    Critical,
}

impl SeverityLabel {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "INFORMATIONAL",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }
}

/// `Remediation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Remediation {
    /// The recommendation.
    pub recommendation: Recommendation,
}

/// `Remediation.Recommendation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Recommendation {
    /// At most 512 characters.
    pub text: String,
    /// A page that tells more.
    pub url: String,
}

/// `Compliance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Compliance {
    /// The status.
    pub status: ComplianceStatus,
    /// Why.
    pub status_reasons: Vec<StatusReason>,
}

/// `Compliance.Status`, as far as it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ComplianceStatus {
    /// `COMPLIANT`.
    Passed,
    /// `UNDETERMINED` and `EXEMPT`.
    Warning,
    /// `NON_COMPLIANT`.
    Failed,
}

impl ComplianceStatus {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Warning => "WARNING",
            Self::Failed => "FAILED",
        }
    }
}

/// `Compliance.StatusReasons[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StatusReason {
    /// The reason code.
    pub reason_code: String,
    /// The reason.
    pub description: String,
}

/// `Resources[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resource {
    /// `AwsEcrRepository`, or `Other` where AWS has no type for it.
    #[serde(rename = "Type")]
    pub resource_type: String,
    /// The ARN, where there is one.
    pub id: String,
    /// The partition, where the format has a word for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The Region.
    pub region: String,
    /// What is known of it.
    pub details: ResourceDetails,
}

/// `Resources[].Details`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceDetails {
    /// What the format has fields for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_ecr_repository: Option<AwsEcrRepository>,
    /// What it has none for: at most 50 pairs, of fewer than 128 and 1,024 characters.
    pub other: BTreeMap<String, String>,
}

/// `Resources[].Details.AwsEcrRepository`, without what is not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AwsEcrRepository {
    /// The ARN.
    pub arn: String,
    /// The name.
    pub repository_name: String,
}

/// `RecordState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordState {
    /// Current.
    Active,
    /// Put away.
    Archived,
}

impl RecordState {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
        }
    }
}

impl AsffFinding {
    /// What tells whether a finding is another than the one that Security Hub has: everything that is ours in it, but for its
    /// times, which change with every run, and for what is decided by what Security Hub has.
    pub(super) fn fingerprint(&self) -> String {
        let mut product_fields: BTreeMap<&str, &str> =
            self.product_fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        product_fields.remove(FINGERPRINT);
        product_fields.remove(GONE);
        let ours = (
            (&self.schema_version, &self.product_arn, &self.generator_id, &self.title, &self.description),
            (&self.remediation, product_fields, &self.resources, &self.compliance, &self.finding_provider_fields),
        );
        // Strings and maps of strings: there is nothing that JSON could not hold.
        let text = serde_json::to_vec(&ours).unwrap_or_default();
        let digest: Vec<u8> = Sha256::digest(text).iter().copied().take(16).collect();
        hexadecimal(&digest)
    }

    /// The fingerprint that it was imported with.
    pub fn kept_fingerprint(&self) -> Option<&str> {
        self.product_fields.get(FINGERPRINT).map(String::as_str)
    }

    /// Whether it was archived because its repository does not exist any more.
    pub fn is_gone(&self) -> bool {
        self.product_fields.get(GONE).is_some_and(|value| value == "yes")
    }

    /// How many bytes it takes on the wire.
    pub fn bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(usize::MAX, |text| text.len())
    }
}

/// A time as the format wants it: RFC 3339 in UTC, with milliseconds.
pub fn asff_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
