//! The form of SARIF 2.1.0, as far as it is used here.

use std::borrow::Cow;

use ecr_encryption_core::EncryptionLevel;
use jiff::Timestamp;
use serde::Serialize;

use crate::finding::Finding;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'a> {
    pub(super) name: &'static str,
    pub(super) version: &'a str,
    pub(super) semantic_version: &'a str,
    pub(super) rules: Vec<Rule>,
    pub(super) notifications: Vec<NotificationDescriptor>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) name: String,
    pub(super) short_description: Message,
    pub(super) full_description: Message,
    pub(super) help: Help,
    pub(super) help_uri: &'static str,
    pub(super) default_configuration: Configuration,
    pub(super) properties: RuleProperties,
}

#[derive(Debug, Serialize)]
pub(super) struct Help {
    pub(super) text: String,
    pub(super) markdown: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    pub(super) level: &'static str,
}

/// What code scanning sorts by.
#[derive(Debug, Serialize)]
pub(super) struct RuleProperties {
    pub(super) tags: [&'static str; 4],
    pub(super) precision: &'static str,
    #[serde(rename = "security-severity")]
    pub(super) security_severity: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotificationDescriptor {
    pub(super) id: &'static str,
    pub(super) short_description: Message,
}

#[derive(Debug, Serialize)]
pub(super) struct Message {
    pub(super) text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult<'a> {
    pub(super) rule_id: &'static str,
    pub(super) rule_index: usize,
    pub(super) level: &'static str,
    pub(super) message: Message,
    pub(super) locations: [Location<'a>; 1],
    pub(super) partial_fingerprints: PartialFingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suppressions: Option<[Suppression<'a>; 1]>,
    pub(super) properties: Properties<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    pub(super) physical_location: PhysicalLocation,
    pub(super) logical_locations: [LogicalLocation<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: ArtifactLocation,
    pub(super) region: Region,
}

#[derive(Debug, Serialize)]
pub(super) struct ArtifactLocation {
    pub(super) uri: String,
}

/// Of a file; code scanning asks for one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation<'a> {
    pub(super) name: &'a str,
    pub(super) fully_qualified_name: Cow<'a, str>,
    pub(super) kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct PartialFingerprints {
    #[serde(rename = "ecrEncryptionFinding/v1")]
    pub(super) finding: String,
    /// The only one that GitHub reads.
    #[serde(rename = "primaryLocationLineHash")]
    pub(super) primary_location_line_hash: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Suppression<'a> {
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) justification: &'a str,
}

/// The fields of `findings.jsonl` that who sorts results asks for.
#[derive(Debug, Serialize)]
pub(super) struct Properties<'a> {
    account_id: &'a str,
    account_name: Option<&'a str>,
    organizational_unit_path: Option<&'a str>,
    region: &'a str,
    finding_type: &'static str,
    status: &'static str,
    encryption_level: Option<&'static str>,
    encryption_level_is_lower_bound: bool,
    desired_encryption_level: &'static str,
    kms_key_arn: Option<&'a str>,
    key_state: Option<&'a str>,
    open_since: Option<Timestamp>,
}

impl<'a> Properties<'a> {
    pub(super) fn of(finding: &'a Finding) -> Self {
        Self {
            account_id: &finding.account_id,
            account_name: finding.account_name.as_deref(),
            organizational_unit_path: finding.organizational_unit_path.as_deref(),
            region: &finding.region,
            finding_type: finding.finding_type.as_str(),
            status: finding.status.as_str(),
            encryption_level: finding.encryption_level.map(EncryptionLevel::as_str),
            encryption_level_is_lower_bound: finding.encryption_level_is_lower_bound,
            desired_encryption_level: finding.desired_encryption_level.as_str(),
            kms_key_arn: finding.kms_key_arn.as_deref(),
            key_state: finding.key_state.as_deref(),
            open_since: finding.open_since,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Notification<'a> {
    pub(super) descriptor: Descriptor<'a>,
    pub(super) level: &'static str,
    pub(super) message: Message,
}

#[derive(Debug, Serialize)]
pub(super) struct Descriptor<'a> {
    pub(super) id: &'a str,
}
