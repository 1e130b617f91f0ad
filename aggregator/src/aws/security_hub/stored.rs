//! A finding as Security Hub gives it back.

use ecr_encryption_rule::aws::fault::AwsFault;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::security_hub::asff::{
    AsffFinding, Compliance, ComplianceStatus, FindingProviderFields, Recommendation, RecordState, Remediation,
    Severity, SeverityLabel,
};
use crate::security_hub::hub::{GET_FINDINGS, HubFinding, Note, Workflow};

/// A finding, with what users have decided on it. What is not as it was sent is taken as it comes: then its fingerprint is
/// another, and it is sent again.
///
/// # Errors
/// What names the finding is missing.
pub(super) fn stored(finding: &Value) -> Result<HubFinding, AwsFault> {
    let text = |path: &str| finding.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let needed =
        |path: &str| text(path).ok_or_else(|| AwsFault::other(GET_FINDINGS, format!("a finding without `{path}`")));
    let created_at = needed("/CreatedAt")?;
    let asff = AsffFinding {
        schema_version: text("/SchemaVersion").unwrap_or_default(),
        id: needed("/Id")?,
        product_arn: text("/ProductArn").unwrap_or_default(),
        generator_id: text("/GeneratorId").unwrap_or_default(),
        aws_account_id: text("/AwsAccountId").unwrap_or_default(),
        types: Vec::new(),
        first_observed_at: text("/FirstObservedAt").unwrap_or_else(|| created_at.clone()),
        last_observed_at: text("/LastObservedAt").unwrap_or_else(|| created_at.clone()),
        updated_at: text("/UpdatedAt").unwrap_or_else(|| created_at.clone()),
        created_at,
        severity: None,
        title: text("/Title").unwrap_or_default(),
        description: text("/Description").unwrap_or_default(),
        remediation: Remediation {
            recommendation: Recommendation {
                text: text("/Remediation/Recommendation/Text").unwrap_or_default(),
                url: text("/Remediation/Recommendation/Url").unwrap_or_default(),
            },
        },
        product_fields: read(finding, "/ProductFields").unwrap_or_default(),
        resources: read(finding, "/Resources").unwrap_or_default(),
        compliance: read(finding, "/Compliance")
            .unwrap_or(Compliance { status: ComplianceStatus::Warning, status_reasons: Vec::new() }),
        record_state: read(finding, "/RecordState").unwrap_or(RecordState::Active),
        finding_provider_fields: FindingProviderFields {
            severity: read(finding, "/FindingProviderFields/Severity")
                .unwrap_or_else(|| Severity { label: SeverityLabel::Informational, original: "unknown".to_owned() }),
            types: read(finding, "/FindingProviderFields/Types").unwrap_or_default(),
        },
    };
    let workflow = match finding.pointer("/Workflow/Status").and_then(Value::as_str) {
        None | Some("NEW") => Workflow::New,
        Some("NOTIFIED") => Workflow::Notified,
        Some("RESOLVED") => Workflow::Resolved,
        Some("SUPPRESSED") => Workflow::Suppressed,
        Some(_) => Workflow::Unknown,
    };
    let note =
        text("/Note/Text").map(|note| Note { text: note, updated_by: text("/Note/UpdatedBy").unwrap_or_default() });
    Ok(HubFinding { finding: asff, workflow, note })
}

fn read<T: DeserializeOwned>(finding: &Value, path: &str) -> Option<T> {
    T::deserialize(finding.pointer(path)?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::samples;
    use crate::security_hub::compose::compose;

    /// What is archived is what Security Hub gave back: nothing of it may be lost on the way.
    #[test]
    fn findings_come_back_as_they_were_sent() {
        for finding in samples::findings_with_templates() {
            let sent = compose(&finding);
            let mut value = serde_json::to_value(&sent).unwrap();
            // What AWS adds, and what users change.
            value["Severity"] = json!({"Label": "LOW", "Normalized": 1});
            value["Types"] = json!(["TTPs"]);
            value["WorkflowState"] = json!("NEW");
            let back = stored(&value).unwrap();
            assert_eq!(back.finding, AsffFinding { severity: None, types: Vec::new(), ..sent });
            assert_eq!((back.workflow, back.note), (Workflow::New, None));
        }
    }

    #[test]
    fn what_users_have_decided() {
        let mut value = serde_json::to_value(compose(&samples::exempt())).unwrap();
        value["Workflow"] = json!({"Status": "SUPPRESSED"});
        value["Note"] = json!({"Text": "mine", "UpdatedBy": "alice", "UpdatedAt": "2026-11-23T10:00:00Z"});
        value["RecordState"] = json!("ARCHIVED");
        let back = stored(&value).unwrap();
        assert_eq!(back.workflow, Workflow::Suppressed);
        assert_eq!(back.note, Some(Note { text: "mine".to_owned(), updated_by: "alice".to_owned() }));
        assert_eq!(back.finding.record_state, RecordState::Archived);
    }

    #[test]
    fn what_is_not_as_it_was_sent_is_no_error_but_for_its_name() {
        let odd = json!({"Id": "a", "CreatedAt": "yesterday", "Compliance": {"Status": "NOT_AVAILABLE"}, "Resources": 1,
            "Workflow": {"Status": "NEWER"}});
        let back = stored(&odd).unwrap();
        assert_eq!((back.workflow, back.finding.kept_fingerprint()), (Workflow::Unknown, None));
        assert_eq!(back.finding.compliance.status, ComplianceStatus::Warning);
        for name in ["Id", "CreatedAt"] {
            let mut odd = odd.clone();
            odd.as_object_mut().unwrap().remove(name);
            assert!(stored(&odd).unwrap_err().message.contains(name));
        }
    }
}
