//! Findings as the SDK has them, and as we do.

use aws_sdk_securityhub::types as sdk;
use ecr_encryption_rule::aws::fault::AwsFault;

use crate::security_hub::asff::{
    AsffFinding, AwsEcrRepository, Compliance, ComplianceStatus, FindingProviderFields, Recommendation, RecordState,
    Remediation, Resource, ResourceDetails, Severity, SeverityLabel, StatusReason,
};
use crate::security_hub::hub::{GET_FINDINGS, HubFinding, Note, Workflow};

/// For the SDK.
pub fn to_sdk(finding: &AsffFinding) -> sdk::AwsSecurityFinding {
    let provider = &finding.finding_provider_fields;
    let of_provider = sdk::FindingProviderSeverity::builder()
        .label(label_to_sdk(provider.severity.label))
        .original(&provider.severity.original)
        .build();
    let recommendation = &finding.remediation.recommendation;
    let severity = finding.severity.as_ref().map(|severity| {
        sdk::Severity::builder().label(label_to_sdk(severity.label)).original(&severity.original).build()
    });
    let reasons = finding.compliance.status_reasons.iter().map(|reason| {
        sdk::StatusReason::builder().reason_code(&reason.reason_code).description(&reason.description).build()
    });
    sdk::AwsSecurityFinding::builder()
        .schema_version(&finding.schema_version)
        .id(&finding.id)
        .product_arn(&finding.product_arn)
        .generator_id(&finding.generator_id)
        .aws_account_id(&finding.aws_account_id)
        .set_types((!finding.types.is_empty()).then(|| finding.types.clone()))
        .first_observed_at(&finding.first_observed_at)
        .last_observed_at(&finding.last_observed_at)
        .created_at(&finding.created_at)
        .updated_at(&finding.updated_at)
        .set_severity(severity)
        .title(&finding.title)
        .description(&finding.description)
        .remediation(
            sdk::Remediation::builder()
                .recommendation(
                    sdk::Recommendation::builder().text(&recommendation.text).url(&recommendation.url).build(),
                )
                .build(),
        )
        .set_product_fields(Some(finding.product_fields.clone().into_iter().collect()))
        .set_resources(Some(finding.resources.iter().map(resource_to_sdk).collect()))
        .compliance(
            sdk::Compliance::builder()
                .status(finding.compliance.status.as_str().into())
                .set_status_reasons(Some(reasons.collect()))
                .build(),
        )
        .record_state(finding.record_state.as_str().into())
        .finding_provider_fields(
            sdk::FindingProviderFields::builder().severity(of_provider).set_types(Some(provider.types.clone())).build(),
        )
        .build()
}

fn label_to_sdk(label: SeverityLabel) -> sdk::SeverityLabel {
    label.as_str().into()
}

fn resource_to_sdk(resource: &Resource) -> sdk::Resource {
    let repository = resource.details.aws_ecr_repository.as_ref().map(|repository| {
        sdk::AwsEcrRepositoryDetails::builder()
            .arn(&repository.arn)
            .repository_name(&repository.repository_name)
            .build()
    });
    sdk::Resource::builder()
        .r#type(&resource.resource_type)
        .id(&resource.id)
        .set_partition(resource.partition.as_deref().map(Into::into))
        .region(&resource.region)
        .details(
            sdk::ResourceDetails::builder()
                .set_aws_ecr_repository(repository)
                .set_other(Some(resource.details.other.clone().into_iter().collect()))
                .build(),
        )
        .build()
}

/// From the SDK.
///
/// # Errors
/// What names the finding is missing.
pub fn from_sdk(finding: sdk::AwsSecurityFinding) -> Result<HubFinding, AwsFault> {
    let missing = |what: &str| AwsFault::other(GET_FINDINGS, format!("a finding without {what}"));
    let severity = match (finding.finding_provider_fields.as_ref(), finding.severity.as_ref()) {
        (Some(sdk::FindingProviderFields { severity: Some(severity), .. }), _) => {
            severity_from_sdk(severity.label.as_ref(), severity.original.as_deref())
        }
        (_, severity) => severity_from_sdk(
            severity.and_then(|severity| severity.label.as_ref()),
            severity.and_then(|severity| severity.original.as_deref()),
        ),
    };
    let types = finding
        .finding_provider_fields
        .and_then(|fields| fields.types)
        .or_else(|| finding.types.clone())
        .unwrap_or_default();
    let created_at = finding.created_at.ok_or_else(|| missing("CreatedAt"))?;
    let recommendation = finding.remediation.and_then(|remediation| remediation.recommendation);
    let (text, url) = recommendation.map_or((None, None), |one| (one.text, one.url));
    let asff = AsffFinding {
        schema_version: finding.schema_version.unwrap_or_default(),
        id: finding.id.ok_or_else(|| missing("Id"))?,
        product_arn: finding.product_arn.unwrap_or_default(),
        generator_id: finding.generator_id.unwrap_or_default(),
        aws_account_id: finding.aws_account_id.unwrap_or_default(),
        types: finding.types.unwrap_or_default(),
        first_observed_at: finding.first_observed_at.unwrap_or_else(|| created_at.clone()),
        last_observed_at: finding.last_observed_at.unwrap_or_else(|| created_at.clone()),
        updated_at: finding.updated_at.unwrap_or_else(|| created_at.clone()),
        created_at,
        severity: None,
        title: finding.title.unwrap_or_default(),
        description: finding.description.unwrap_or_default(),
        remediation: Remediation {
            recommendation: Recommendation { text: text.unwrap_or_default(), url: url.unwrap_or_default() },
        },
        product_fields: finding.product_fields.unwrap_or_default().into_iter().collect(),
        resources: finding.resources.unwrap_or_default().into_iter().map(resource_from_sdk).collect(),
        compliance: compliance_from_sdk(finding.compliance),
        record_state: match finding.record_state {
            Some(sdk::RecordState::Archived) => RecordState::Archived,
            _ => RecordState::Active,
        },
        finding_provider_fields: FindingProviderFields { severity, types },
    };
    let workflow = match finding.workflow.and_then(|workflow| workflow.status) {
        None | Some(sdk::WorkflowStatus::New) => Workflow::New,
        Some(sdk::WorkflowStatus::Notified) => Workflow::Notified,
        Some(sdk::WorkflowStatus::Resolved) => Workflow::Resolved,
        Some(sdk::WorkflowStatus::Suppressed) => Workflow::Suppressed,
        Some(_) => Workflow::Unknown,
    };
    let note = finding
        .note
        .map(|note| Note { text: note.text.unwrap_or_default(), updated_by: note.updated_by.unwrap_or_default() });
    Ok(HubFinding { finding: asff, workflow, note })
}

fn severity_from_sdk(label: Option<&sdk::SeverityLabel>, original: Option<&str>) -> Severity {
    let label = match label {
        Some(sdk::SeverityLabel::Low) => SeverityLabel::Low,
        Some(sdk::SeverityLabel::Medium) => SeverityLabel::Medium,
        Some(sdk::SeverityLabel::High) => SeverityLabel::High,
        Some(sdk::SeverityLabel::Critical) => SeverityLabel::Critical,
        _ => SeverityLabel::Informational,
    };
    Severity { label, original: original.unwrap_or("unknown").to_owned() }
}

fn compliance_from_sdk(compliance: Option<sdk::Compliance>) -> Compliance {
    let (status, reasons) = compliance.map_or((None, None), |one| (one.status, one.status_reasons));
    let status = match status {
        Some(sdk::ComplianceStatus::Passed) => ComplianceStatus::Passed,
        Some(sdk::ComplianceStatus::Failed) => ComplianceStatus::Failed,
        _ => ComplianceStatus::Warning,
    };
    let status_reasons = reasons.unwrap_or_default().into_iter().map(|reason| StatusReason {
        reason_code: reason.reason_code.unwrap_or_default(),
        description: reason.description.unwrap_or_default(),
    });
    Compliance { status, status_reasons: status_reasons.collect() }
}

fn resource_from_sdk(resource: sdk::Resource) -> Resource {
    let (repository, other) =
        resource.details.map_or((None, None), |details| (details.aws_ecr_repository, details.other));
    Resource {
        resource_type: resource.r#type.unwrap_or_default(),
        id: resource.id.unwrap_or_default(),
        partition: resource.partition.map(|partition| partition.as_str().to_owned()),
        region: resource.region.unwrap_or_default(),
        details: ResourceDetails {
            aws_ecr_repository: repository.map(|repository| AwsEcrRepository {
                arn: repository.arn.unwrap_or_default(),
                repository_name: repository.repository_name.unwrap_or_default(),
            }),
            other: other.unwrap_or_default().into_iter().collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::security_hub::compose::compose;

    /// What is archived is what Security Hub gave back: nothing of it may be lost on the way.
    #[test]
    fn findings_come_back_as_they_were_sent() {
        for finding in samples::findings_with_templates() {
            let sent = compose(&finding);
            let back = from_sdk(to_sdk(&sent)).unwrap();
            assert_eq!(back.finding, AsffFinding { severity: None, ..sent });
            assert_eq!((back.workflow, back.note), (Workflow::New, None));
        }
    }

    #[test]
    fn what_users_decide_on_is_never_brought() {
        for finding in samples::findings_with_templates() {
            let sent = to_sdk(&compose(&finding));
            assert!(sent.workflow.is_none() && sent.note.is_none());
            assert!(sent.user_defined_fields.is_none() && sent.verification_state.is_none());
        }
    }
}
