//! Makes of a finding one in AWS's format.

use std::collections::BTreeMap;

use ecr_encryption_core::{ReasonCode, Status};

use super::asff::{
    AsffFinding, AwsEcrRepository, Compliance, ComplianceStatus, FINGERPRINT, FindingProviderFields, GONE, PREFIX,
    Recommendation, RecordState, Remediation, Resource, ResourceDetails, SCHEMA_VERSION, Severity, StatusReason,
    asff_time,
};
use super::limits::{self, fitted, named};
use super::partition;
use super::severity::severity;
use crate::finding::{Finding, FindingType};

const FINDING_TYPE: &str = "Software and Configuration Checks/AWS Security Best Practices";
const ABOUT_ENCRYPTION: &str = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html";
const ABOUT_KEY_STATES: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html";
/// In the place of what is not known: a key of `ProductFields` that is left out might keep the value it had.
const NOTHING: &str = "none";

/// The finding in AWS's format, as it is sent for the first time.
pub fn compose(finding: &Finding) -> AsffFinding {
    let severity = Severity { label: severity(finding), original: finding.reason_code.as_str().to_owned() };
    let types = vec![FINDING_TYPE.to_owned()];
    let reason = reason(finding, limits::DESCRIPTION);
    let evaluated_at = asff_time(finding.evaluated_at);
    let known_since = finding.open_since.map_or_else(|| evaluated_at.clone(), asff_time);
    let mut asff = AsffFinding {
        schema_version: SCHEMA_VERSION.to_owned(),
        id: finding_id(finding),
        product_arn: partition::product_arn(&finding.account_id, &finding.region),
        generator_id: generator_id(finding.finding_type),
        aws_account_id: finding.account_id.clone(),
        types: types.clone(),
        first_observed_at: known_since.clone(),
        last_observed_at: evaluated_at.clone(),
        created_at: known_since,
        updated_at: evaluated_at,
        severity: Some(severity.clone()),
        title: title(finding),
        description: reason.clone(),
        remediation: remediation(finding),
        product_fields: product_fields(finding),
        resources: vec![resource(finding)],
        compliance: Compliance {
            status: compliance_status(finding.status),
            status_reasons: vec![StatusReason {
                reason_code: finding.reason_code.as_str().to_owned(),
                description: reason,
            }],
        },
        record_state: RecordState::Active,
        finding_provider_fields: FindingProviderFields { severity, types },
    };
    let fingerprint = asff.fingerprint();
    asff.product_fields.insert(FINGERPRINT.to_owned(), fingerprint);
    asff
}

/// The check that generates findings of this type. It stays when their reasons change, so that whoever filters by it sees
/// the whole life of a finding.
pub(super) fn generator_id(finding_type: FindingType) -> String {
    format!("{PREFIX}{}", finding_type.as_str())
}

/// Names the finding in every run: by account, Region, type and name.
pub(super) fn finding_id(finding: &Finding) -> String {
    let Finding { account_id, region, repository_name, .. } = finding;
    named(format!("{PREFIX}{account_id}/{region}/{}/{repository_name}", finding.finding_type.as_str()), limits::ID)
}

/// The same for all findings with the same reason: Security Hub groups by titles, and names the repository beside them.
fn title(finding: &Finding) -> String {
    let what = match finding.finding_type {
        FindingType::Repository => "ECR repository encryption",
        FindingType::RepositoryCreationTemplate => "ECR repository creation template encryption",
        FindingType::PullThroughCacheRule => "ECR pull-through cache rule encryption",
    };
    let why = finding.reason_code.description();
    fitted(&format!("{what}: {}", why.strip_suffix('.').unwrap_or(why)), limits::TITLE, what)
}

fn reason(finding: &Finding, most: usize) -> String {
    fitted(&finding.reason, most, finding.reason_code.description())
}

/// What is told of an exempt finding where its workflow status is.
pub(super) fn exemption(finding: &Finding) -> Option<String> {
    (finding.status == Status::Exempt).then(|| reason(finding, limits::DESCRIPTION))
}

const fn compliance_status(status: Status) -> ComplianceStatus {
    match status {
        Status::Compliant => ComplianceStatus::Passed,
        Status::NonCompliant => ComplianceStatus::Failed,
        Status::Undetermined | Status::Exempt => ComplianceStatus::Warning,
    }
}

fn remediation(finding: &Finding) -> Remediation {
    let url = match finding.reason_code {
        ReasonCode::KeyDisabled
        | ReasonCode::KeyPendingDeletion
        | ReasonCode::KeyPendingImport
        | ReasonCode::KeyUnavailable
        | ReasonCode::KeyStateNotProvable
        | ReasonCode::KeyNotFound => ABOUT_KEY_STATES,
        _ => ABOUT_ENCRYPTION,
    };
    let text = fitted(&finding.remediation.join("\n"), limits::RECOMMENDATION, "Nothing is to be done.");
    Remediation { recommendation: Recommendation { text, url: url.to_owned() } }
}

/// Every key, whether its value is known or not.
fn product_fields(finding: &Finding) -> BTreeMap<String, String> {
    let level = finding.encryption_level.map(|level| {
        if finding.encryption_level_is_lower_bound { format!("at least {level}") } else { level.to_string() }
    });
    let key = finding.kms_key_arn.as_deref().or(finding.kms_key.as_deref());
    let until = finding.exempt_until.map(|date| date.to_string());
    let steps = finding.remediation.join("\n");
    let fields = [
        ("account_name", finding.account_name.as_deref()),
        ("desired_encryption_level", Some(finding.desired_encryption_level.as_str())),
        ("encryption_level", level.as_deref()),
        ("encryption_type", finding.encryption_type.as_deref()),
        ("exempt_until", until.as_deref()),
        ("finding_type", Some(finding.finding_type.as_str())),
        ("key_state", finding.key_state.as_deref()),
        ("kms_key", key),
        ("organizational_unit_path", finding.organizational_unit_path.as_deref()),
        ("override", finding.override_name.as_deref()),
        ("reason_code", Some(finding.reason_code.as_str())),
        ("remediation", Some(steps.as_str())),
        ("status", Some(finding.status.as_str())),
    ];
    let fields = fields.into_iter().map(|(key, value)| {
        (format!("{PREFIX}{key}"), fitted(value.unwrap_or(NOTHING), limits::PRODUCT_FIELD, NOTHING))
    });
    fields.chain([(GONE.to_owned(), "no".to_owned())]).collect()
}

fn resource(finding: &Finding) -> Resource {
    let created_at = finding.created_at.map(asff_time);
    let details = [
        ("CreatedAt", created_at.as_deref()),
        ("EncryptionType", finding.encryption_type.as_deref()),
        ("KeyManager", finding.key_manager.as_deref()),
        ("KeyOrigin", finding.key_origin.as_deref()),
        ("KeyState", finding.key_state.as_deref()),
        ("KmsKey", finding.kms_key.as_deref()),
        ("KmsKeyArn", finding.kms_key_arn.as_deref()),
        ("Name", Some(finding.repository_name.as_str())),
    ];
    let other = details
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), fitted(value?, limits::OTHER_DETAIL, NOTHING))));
    let (resource_type, id, aws_ecr_repository) = match &finding.repository_arn {
        Some(arn) => {
            let details = AwsEcrRepository { arn: arn.clone(), repository_name: finding.repository_name.clone() };
            ("AwsEcrRepository", arn.clone(), Some(details))
        }
        // There is no repository yet, and AWS has no ARN for what will make it.
        None => ("Other", finding_id(finding), None),
    };
    Resource {
        resource_type: resource_type.to_owned(),
        id: named(id, limits::RESOURCE_ID),
        partition: partition::in_asff(partition::of_region(&finding.region)).map(str::to_owned),
        region: finding.region.clone(),
        details: ResourceDetails { aws_ecr_repository, other: other.collect() },
    }
}

#[cfg(test)]
mod tests;
