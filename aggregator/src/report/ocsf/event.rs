//! What a Compliance Finding says of a finding, of what is gone, and of what was not seen.

use std::borrow::Cow;

use ecr_encryption_core::{EncryptionLevel, Status};
use jiff::Timestamp;

use super::form::{
    Account, Cloud, Compliance, Event, FindingInfo, Metadata, Organization, Owner, Parameter, Product, Remediation,
    Resource, Uid, Unmapped,
};
use crate::coverage::NotCovered;
use crate::finding::{Finding, FindingType};
use crate::history::change::Change;
use crate::report::{csv, phrase};
use crate::security_hub::asff::SeverityLabel;
use crate::security_hub::partition;
use crate::security_hub::severity::severity;
use crate::summary::Run;

const VERSION: &str = "1.8.0";
/// Where AWS tells how repositories are encrypted.
const REFERENCES: [&str; 1] = ["https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html"];

/// What all events of a file share.
#[derive(Debug)]
pub(super) struct Context {
    run_id: String,
    started_at: Timestamp,
    tool_version: String,
    organization_id: Option<String>,
}

impl Context {
    /// What the events of `run` share.
    pub(super) fn of(run: &Run) -> Self {
        Self {
            run_id: run.id.clone(),
            started_at: run.started_at,
            tool_version: run.tool_version.clone(),
            organization_id: run.organization_id.clone(),
        }
    }
}

/// An id of OCSF with its caption.
type Coded = (u8, &'static str);

const CREATE: Coded = (1, "Create");
const UPDATE: Coded = (2, "Update");
const CLOSE: Coded = (3, "Close");

const NEW: Coded = (1, "New");
const SUPPRESSED: Coded = (3, "Suppressed");
const RESOLVED: Coded = (4, "Resolved");

/// What the codes of an event say.
#[derive(Clone, Copy)]
struct Codes {
    activity: Coded,
    status: Coded,
    compliance: Coded,
    severity: SeverityLabel,
    /// The reason code, or what stands for it.
    code: &'static str,
}

impl Codes {
    fn of(finding: &Finding, context: &Context) -> Self {
        let is_new = finding.open_since.is_none_or(|since| since >= context.started_at);
        let (activity, status, compliance) = match finding.status {
            Status::Compliant => (CLOSE, RESOLVED, (1, "Pass")),
            Status::NonCompliant => (if is_new { CREATE } else { UPDATE }, NEW, (3, "Fail")),
            Status::Undetermined => (if is_new { CREATE } else { UPDATE }, NEW, (2, "Warning")),
            Status::Exempt => (UPDATE, SUPPRESSED, (99, "Exempt")),
        };
        let severity = severity(finding);
        Self { activity, status, compliance, severity, code: finding.reason_code.as_str() }
    }
}

/// What an event is about.
struct Subject<'a> {
    uid: Uid<'a>,
    account: Option<Account<'a>>,
    organizational_unit_path: Option<&'a str>,
    region: Option<&'a str>,
    resource_type: &'static str,
    resource_name: Option<&'a str>,
    /// Its ARN; of a gap the account.
    resource_uid: Option<&'a str>,
    created_at: Option<Timestamp>,
}

impl<'a> Event<'a> {
    /// The event of a finding.
    pub(super) fn of_finding(finding: &'a Finding, context: &'a Context) -> Self {
        let subject = Subject {
            uid: Uid::Finding(finding.into()),
            account: Some(account(&finding.account_id, finding.account_name.as_deref())),
            organizational_unit_path: finding.organizational_unit_path.as_deref(),
            region: Some(&finding.region),
            resource_type: resource_type(finding.finding_type),
            resource_name: Some(&finding.repository_name),
            resource_uid: finding.repository_arn.as_deref(),
            created_at: finding.created_at,
        };
        let title = finding.reason_code.description();
        let codes = Codes::of(finding, context);
        let mut event = Self::new(subject, codes, title, Cow::Borrowed(&finding.reason), context);
        event.time = finding.evaluated_at;
        event.finding_info.first_seen_time = finding.open_since;
        event.compliance.control_parameters =
            Some([Parameter { name: "desired_encryption_level", value: finding.desired_encryption_level.as_str() }]);
        event.remediation = (!finding.remediation.is_empty())
            .then(|| Remediation { desc: csv::steps(&finding.remediation, "\n"), references: REFERENCES });
        event.unmapped = Some(Unmapped::of(finding));
        event
    }

    /// The event that closes a finding on what is not there any more.
    pub(super) fn of_gone(change: &'a Change, context: &'a Context) -> Self {
        let subject = Subject {
            uid: Uid::Finding(change.into()),
            account: Some(account(&change.account_id, change.account_name.as_deref())),
            organizational_unit_path: change.organizational_unit_path.as_deref(),
            region: Some(&change.region),
            resource_type: resource_type(change.finding_type),
            resource_name: Some(&change.repository_name),
            resource_uid: change.repository_arn.as_deref(),
            created_at: None,
        };
        let codes = Codes {
            activity: CLOSE,
            status: RESOLVED,
            compliance: (99, "Gone"),
            severity: SeverityLabel::Informational,
            code: "gone",
        };
        let message = Cow::Borrowed("its Region was read whole, and it is not there any more");
        let mut event = Self::new(subject, codes, "It is not there any more.", message, context);
        event.finding_info.first_seen_time = change.open_since;
        event
    }

    /// The event of what was not seen.
    pub(super) fn of_gap(gap: &'a NotCovered, context: &'a Context) -> Self {
        let (account_id, region) = (gap.account_id.as_deref(), gap.region.as_deref());
        let subject = Subject {
            uid: Uid::Gap { account_id, region },
            account: account_id.map(|id| account(id, gap.account_name.as_deref())),
            organizational_unit_path: None,
            region,
            resource_type: "AWS::::Account",
            resource_name: gap.account_name.as_deref(),
            resource_uid: Some(account_id.unwrap_or("every account")),
            created_at: None,
        };
        let codes = Codes {
            activity: CREATE,
            status: NEW,
            compliance: (0, "Unknown"),
            severity: SeverityLabel::Medium,
            code: gap.cause.as_str(),
        };
        let title = "Repositories were not seen, or not all of them.";
        let message = format!("{}: {}", phrase::cause(gap.cause), gap.message);
        let mut event = Self::new(subject, codes, title, Cow::Owned(message), context);
        event.finding_info.types = ["coverage"];
        event.remediation = Some(Remediation { desc: Cow::Borrowed(&gap.hint), references: REFERENCES });
        event
    }

    fn new(
        subject: Subject<'a>,
        codes: Codes,
        title: &'static str,
        message: Cow<'a, str>,
        context: &'a Context,
    ) -> Self {
        let Codes { activity, status, compliance, severity, code } = codes;
        let Subject { uid, account, organizational_unit_path, region, .. } = subject;
        let cloud_partition = region.map(partition::of_region);
        let resource_uid = subject.resource_uid.map_or_else(|| Cow::Owned(uid.to_string()), Cow::Borrowed);
        Self {
            activity_id: activity.0,
            activity_name: activity.1,
            category_uid: 2,
            category_name: "Findings",
            class_uid: 2003,
            class_name: "Compliance Finding",
            type_uid: 200_300 + u32::from(activity.0),
            type_name: match activity.0 {
                1 => "Compliance Finding: Create",
                2 => "Compliance Finding: Update",
                _ => "Compliance Finding: Close",
            },
            time: context.started_at,
            severity_id: severity_id(severity).0,
            severity: severity_id(severity).1,
            status_id: status.0,
            status: status.1,
            status_code: code,
            metadata: Metadata {
                version: VERSION,
                profiles: ["cloud"],
                product: Product {
                    name: "ecr-encryption",
                    vendor_name: "ecr-encryption",
                    version: &context.tool_version,
                },
                correlation_uid: &context.run_id,
            },
            cloud: Cloud {
                provider: "AWS",
                cloud_partition,
                region,
                account,
                org: context
                    .organization_id
                    .as_deref()
                    .map(|uid| Organization { uid, ou_name: organizational_unit_path }),
            },
            finding_info: FindingInfo { uid, title, types: ["encryption"], first_seen_time: None },
            compliance: Compliance {
                control: "ECR repositories are encrypted at the demanded level or higher",
                status_id: compliance.0,
                status: compliance.1,
                status_code: code,
                status_details: [message.clone()],
                control_parameters: None,
            },
            message,
            resources: [Resource {
                uid: resource_uid,
                name: subject.resource_name,
                r#type: subject.resource_type,
                region,
                cloud_partition,
                created_time: subject.created_at,
                owner: account.map(|account| Owner { account }),
            }],
            remediation: None,
            unmapped: None,
        }
    }
}

impl<'a> Unmapped<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            finding_type: finding.finding_type.as_str(),
            organizational_unit_path: finding.organizational_unit_path.as_deref(),
            encryption_type: finding.encryption_type.as_deref(),
            encryption_level: finding.encryption_level.map(EncryptionLevel::as_str),
            encryption_level_is_lower_bound: finding.encryption_level_is_lower_bound,
            desired_encryption_level: finding.desired_encryption_level.as_str(),
            kms_key: finding.kms_key.as_deref(),
            kms_key_arn: finding.kms_key_arn.as_deref(),
            key_manager: finding.key_manager.as_deref(),
            key_origin: finding.key_origin.as_deref(),
            key_state: finding.key_state.as_deref(),
            r#override: finding.override_name.as_deref(),
            exempt_until: finding.exempt_until,
            recorded_at: finding.recorded_at,
            key_recorded_at: finding.key_recorded_at,
        }
    }
}

fn account<'a>(uid: &'a str, name: Option<&'a str>) -> Account<'a> {
    Account { uid, name, r#type: "AWS Account", type_id: 10 }
}

/// As `CloudFormation` calls it.
const fn resource_type(finding_type: FindingType) -> &'static str {
    match finding_type {
        FindingType::Repository => "AWS::ECR::Repository",
        FindingType::RepositoryCreationTemplate => "AWS::ECR::RepositoryCreationTemplate",
        FindingType::PullThroughCacheRule => "AWS::ECR::PullThroughCacheRule",
    }
}

const fn severity_id(severity: SeverityLabel) -> Coded {
    match severity {
        SeverityLabel::Informational => (1, "Informational"),
        SeverityLabel::Low => (2, "Low"),
        SeverityLabel::Medium => (3, "Medium"),
        SeverityLabel::High => (4, "High"),
        SeverityLabel::Critical => (5, "Critical"),
    }
}
