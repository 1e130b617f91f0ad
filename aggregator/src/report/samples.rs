//! Findings and summaries for the tests of the report.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;

use ecr_encryption_core::{EncryptionLevel, Policy, ReasonCode, Status};
use jiff::Timestamp;

use super::{Ending, Format};
use crate::config_source::Source;
use crate::coverage::{Cause, Coverage, NotCovered, NotCoveredList};
use crate::finding::{Finding, FindingType};
use crate::history::manifest::Manifest;
use crate::selected::Selected;
use crate::summary::{Run, SCHEMA_VERSION, Summary, Totals};

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A repository that complies.
pub(crate) fn compliant() -> Finding {
    Finding {
        account_id: "111122223333".to_owned(),
        account_name: Some("Payments".into()),
        organizational_unit_path: Some("Root/Workloads/Prod".into()),
        region: "eu-central-1".to_owned(),
        repository_name: "team-a/api".to_owned(),
        repository_arn: Some("arn:aws:ecr:eu-central-1:111122223333:repository/team-a/api".to_owned()),
        created_at: Some(at("2024-03-05T10:11:12Z")),
        encryption_type: Some("KMS".to_owned()),
        kms_key: Some(KEY.to_owned()),
        kms_key_arn: Some(KEY.to_owned()),
        key_manager: Some("CUSTOMER".to_owned()),
        key_origin: Some("AWS_KMS".to_owned()),
        key_state: Some("Enabled".to_owned()),
        encryption_level: Some(EncryptionLevel::AwsCmk),
        encryption_level_is_lower_bound: false,
        desired_encryption_level: EncryptionLevel::AwsCmk,
        status: Status::Compliant,
        reason_code: ReasonCode::LevelMet,
        reason: "encryption level awscmk meets the demanded awscmk".to_owned(),
        override_name: None,
        exempt_until: None,
        remediation: Vec::new(),
        evaluated_at: at("2026-11-23T13:02:05Z"),
        recorded_at: None,
        key_recorded_at: None,
        open_since: None,
        finding_type: FindingType::Repository,
    }
}

/// A repository below the demanded level.
pub(crate) fn non_compliant() -> Finding {
    Finding {
        repository_name: "team-a/web".to_owned(),
        repository_arn: Some("arn:aws:ecr:eu-central-1:111122223333:repository/team-a/web".to_owned()),
        encryption_type: Some("AES256".to_owned()),
        kms_key: None,
        kms_key_arn: None,
        key_manager: None,
        key_origin: None,
        key_state: None,
        encryption_level: Some(EncryptionLevel::Sse),
        desired_encryption_level: EncryptionLevel::CloudHsm,
        status: Status::NonCompliant,
        reason_code: ReasonCode::BelowDesiredLevel,
        reason: "encryption level sse is below the demanded cloudhsm".to_owned(),
        override_name: Some("production".to_owned()),
        remediation: vec![
            "The encryption of team-a/web cannot be changed after its creation: it takes a new repository.".to_owned(),
            "Create a symmetric customer managed key: aws kms create-key --region eu-central-1 --origin AWS_CLOUDHSM \
             --custom-key-store-id KEY_STORE_ID"
                .to_owned(),
            "Create a new private repository: aws ecr create-repository --region eu-central-1 --repository-name NEW_NAME \
             --encryption-configuration encryptionType=KMS,kmsKey=KEY_ARN"
                .to_owned(),
            "Copy every image: docker pull 111122223333.dkr.ecr.eu-central-1.amazonaws.com/team-a/web:TAG && docker tag \
             111122223333.dkr.ecr.eu-central-1.amazonaws.com/team-a/web:TAG \
             111122223333.dkr.ecr.eu-central-1.amazonaws.com/NEW_NAME:TAG"
                .to_owned(),
        ],
        ..compliant()
    }
}

/// A repository whose key may not be described, in an account that tries to get out of its cell.
pub(crate) fn hostile() -> Finding {
    Finding {
        account_id: "222233334444".to_owned(),
        account_name: Some(r#"=HYPERLINK("x") <b>Dev</b><script>alert(1)</script>"#.into()),
        organizational_unit_path: Some("Root/<i>Sandbox</i>".into()),
        repository_name: "team-b/a-rather-long-name/that-goes-on/and-on/and-on/until-no-column-can-hold-it".to_owned(),
        repository_arn: Some(
            "arn:aws:ecr:eu-central-1:222233334444:repository/team-b/a-rather-long-name/that-goes-on/and-on/\
                         and-on/until-no-column-can-hold-it"
                .to_owned(),
        ),
        encryption_type: Some("KMS_DSSE".to_owned()),
        key_manager: None,
        key_origin: None,
        key_state: None,
        kms_key_arn: None,
        encryption_level: Some(EncryptionLevel::AwsKms),
        encryption_level_is_lower_bound: true,
        status: Status::Undetermined,
        reason_code: ReasonCode::KeyAccessDenied,
        reason: "the key may not be described (AccessDeniedException); it is at least awskms</table></details>"
            .to_owned(),
        remediation: vec!["Allow kms:DescribeKey on the key to the audit role <img src=x onerror=alert(1)>".to_owned()],
        ..compliant()
    }
}

/// A repository of which nothing is known but its name.
pub(crate) fn unreadable() -> Finding {
    Finding {
        account_id: "333344445555".to_owned(),
        account_name: None,
        organizational_unit_path: None,
        region: "us-east-1".to_owned(),
        repository_name: "legacy".to_owned(),
        repository_arn: Some("arn:aws:ecr:us-east-1:333344445555:repository/legacy".to_owned()),
        created_at: None,
        encryption_type: None,
        kms_key: None,
        encryption_level: None,
        encryption_level_is_lower_bound: false,
        reason_code: ReasonCode::RepositoryAccessDenied,
        reason: "the repository may not be described: ecr:DescribeRepositories is denied".to_owned(),
        remediation: vec!["Allow ecr:DescribeRepositories to the audit role".to_owned()],
        ..hostile()
    }
}

/// A repository that the policy leaves out for a while.
pub(crate) fn exempt() -> Finding {
    Finding {
        repository_name: "team-a/cache".to_owned(),
        repository_arn: Some("arn:aws:ecr:eu-central-1:111122223333:repository/team-a/cache".to_owned()),
        status: Status::Exempt,
        reason_code: ReasonCode::ExemptByTag,
        reason: "exempt by the tag `encryption-exempt` until 2027-01-31".to_owned(),
        exempt_until: Some("2027-01-31".parse().unwrap()),
        override_name: None,
        remediation: Vec::new(),
        ..non_compliant()
    }
}

/// A creation template that gives the next repositories less than is demanded.
pub(crate) fn creation_template() -> Finding {
    Finding {
        repository_name: "docker-hub".to_owned(),
        repository_arn: None,
        desired_encryption_level: EncryptionLevel::AwsCmk,
        reason:
            "repositories that this template creates: the encryption level sse (AES-256 with keys managed by Amazon \
                 S3) is below the demanded awscmk"
                .to_owned(),
        override_name: None,
        remediation: vec![
            "Give the template that key, in account 111122223333: aws ecr update-repository-creation-template --region \
             eu-central-1 --prefix docker-hub --applied-for PULL_THROUGH_CACHE --encryption-configuration \
             encryptionType=KMS,kmsKey=KEY_ARN --custom-role-arn ROLE_ARN"
                .to_owned(),
        ],
        finding_type: FindingType::RepositoryCreationTemplate,
        ..non_compliant()
    }
}

/// A pull-through cache rule of which it is not known which template applies.
pub(crate) fn pull_through_cache_rule() -> Finding {
    Finding {
        repository_name: "quay".to_owned(),
        encryption_type: None,
        encryption_level_is_lower_bound: true,
        status: Status::Undetermined,
        reason_code: ReasonCode::LevelNotProvable,
        reason: "some names under `quay` are under a creation template that does not say that it applies for \
                 PULL_THROUGH_CACHE (`quay/coreos`): AWS does not say which template applies then, so nothing is proved"
            .to_owned(),
        finding_type: FindingType::PullThroughCacheRule,
        ..creation_template()
    }
}

/// [`findings`], and what decides how the next repositories are encrypted: one that complies among it.
pub(crate) fn findings_with_templates() -> Vec<Finding> {
    let complies = Finding {
        repository_name: "ROOT".to_owned(),
        repository_arn: None,
        finding_type: FindingType::RepositoryCreationTemplate,
        ..compliant()
    };
    let mut findings = findings();
    findings.splice(3..3, [complies, creation_template(), pull_through_cache_rule()]);
    findings
}

/// One finding of each kind, in the order in which a run gives them.
pub(crate) fn findings() -> Vec<Finding> {
    vec![compliant(), exempt(), non_compliant(), hostile(), unreadable()]
}

fn not_covered(
    account: (&str, &str),
    region: Option<&str>,
    cause: Cause,
    code: &str,
    text: (&str, &str),
) -> NotCovered {
    NotCovered {
        account_id: Some(account.0.to_owned()),
        account_name: (!account.1.is_empty()).then(|| account.1.to_owned()),
        region: region.map(str::to_owned),
        cause,
        error_code: (!code.is_empty()).then(|| code.to_owned()),
        message: text.0.to_owned(),
        hint: text.1.to_owned(),
    }
}

/// Gaps of several causes, disabled Regions and an account that is not active.
pub(crate) fn coverage() -> Coverage {
    let (payments, dev) = (("111122223333", "Payments"), ("222233334444", "Dev"));
    let role = |account: &str| {
        format!(
            "deploy arn:aws:iam::{account}:role/EcrEncryptionAudit with a trust policy that allows sts:AssumeRole to \
             arn:aws:sts::999900001111:assumed-role/Scanner/run; the caller needs sts:AssumeRole on it"
        )
    };
    let assume = |account: &str| {
        format!(
            "User: arn:aws:sts::999900001111:assumed-role/Scanner/run is not authorized to perform: sts:AssumeRole on \
             resource: arn:aws:iam::{account}:role/EcrEncryptionAudit"
        )
    };
    let denied = |region: &str| {
        let message = format!(
            "User: arn:aws:sts::222233334444:assumed-role/EcrEncryptionAudit/run is not authorized to perform: \
             ecr:DescribeRepositories on resource: arn:aws:ecr:{region}:222233334444:repository/*"
        );
        let hint = "allow ecr:DescribeRepositories to the role arn:aws:iam::222233334444:role/EcrEncryptionAudit";
        not_covered(dev, Some(region), Cause::AccessDenied, "AccessDeniedException", (&message, hint))
    };
    let role_denied = |account: (&str, &str)| {
        let text = (assume(account.0), role(account.0));
        not_covered(account, None, Cause::AssumeRoleDenied, "AccessDenied", (&text.0, &text.1))
    };
    let disabled = |account, region| {
        not_covered(account, Some(region), Cause::RegionDisabled, "", ("the Region is not enabled", "nothing to do"))
    };
    let failed = ("no answer within 30 s", "scan again; if it persists, check the network path to the endpoint");
    let slow = ("Rate exceeded", "scan again, or with a lower --max-rate");
    let suspended = ("the account is SUSPENDED", "nothing to do");
    Coverage {
        accounts_found: 7,
        targets_scanned: 61,
        not_covered: [
            role_denied(("444455556666", "Data <lake>")),
            role_denied(("555566667777", "")),
            denied("ap-south-1"),
            denied("ap-southeast-2"),
            not_covered(payments, Some("sa-east-1"), Cause::Throttled, "ThrottlingException", slow),
            not_covered(payments, Some("us-west-1"), Cause::Failed, "", failed),
            disabled(payments, "me-south-1"),
            disabled(dev, "me-south-1"),
            disabled(payments, "af-south-1"),
            not_covered(("666677778888", "Old shop"), None, Cause::AccountNotActive, "", suspended),
        ]
        .into_iter()
        .collect(),
    }
}

/// The summary of a finished run of an organization that saw everything and found `findings`.
pub(crate) fn summary(findings: &[Finding]) -> Summary {
    let mut totals = Totals::default();
    for finding in findings {
        totals.add(finding);
    }
    let calls = |calls: &[(&str, u64)]| calls.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    Summary {
        schema_version: SCHEMA_VERSION,
        run: Run {
            id: "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071".to_owned(),
            started_at: at("2026-11-23T13:02:00Z"),
            finished_at: at("2026-11-23T13:05:12Z"),
            resumed_at: Vec::new(),
            interrupted: false,
            interruption: None,
            tool_version: "0.1.0".to_owned(),
            caller_account_id: "999900001111".to_owned(),
            organization_id: Some("o-exampleorg".to_owned()),
            policy: serde_json::to_value(Policy::default()).unwrap(),
            source: Source::Api,
            security_hub: false,
            selected: Selected::default(),
        },
        totals,
        coverage: Coverage { accounts_found: 7, targets_scanned: 119, not_covered: NotCoveredList::default() },
        api_calls: BTreeMap::from([
            ("ecr".to_owned(), calls(&[("DescribeRepositories", 1_119)])),
            ("kms".to_owned(), calls(&[("DescribeKey", 12)])),
            ("sts".to_owned(), calls(&[("AssumeRole", 7), ("GetCallerIdentity", 1)])),
        ]),
        api_retries: 3,
        comparison: None,
        changes: None,
    }
}

/// The same of a run that did not see everything.
pub(crate) fn summary_with_gaps(findings: &[Finding]) -> Summary {
    Summary { coverage: coverage(), ..summary(findings) }
}

/// The same of a run that was stopped.
pub(crate) fn summary_interrupted(findings: &[Finding]) -> Summary {
    let mut summary = summary_with_gaps(findings);
    summary.run.interrupted = true;
    let stopped = ("the run was interrupted before", "scan again");
    let account = ("777788889999", "Shop");
    let stopped = not_covered(account, None, Cause::Interrupted, "", stopped);
    let told = summary.coverage.not_covered.iter().map(Cow::into_owned).chain([stopped]);
    summary.coverage.not_covered = told.collect();
    summary
}

/// What a file of `format` holds for `findings`.
pub(crate) fn written(format: Format, findings: &[Finding]) -> String {
    written_of(format, findings, &summary(findings))
}

/// The same of a run with another summary.
pub(crate) fn written_of(format: Format, findings: &[Finding], summary: &Summary) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format.file_name());
    let mut writer = format.writer(&path, &summary.run).unwrap();
    for finding in findings {
        writer.finding(finding).unwrap();
    }
    writer.finish(&Ending { summary, trend: &[Manifest::of(summary)] }).unwrap();
    fs::read_to_string(path).unwrap()
}
