use ecr_encryption_core::{EncryptionLevel, ReasonCode, Status};
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::report::samples;
use crate::security_hub::limits::FINDING_BYTES;

fn value(finding: &Finding) -> serde_json::Value {
    serde_json::to_value(compose(finding)).unwrap()
}

#[rstest]
#[case(Status::Compliant, "PASSED")]
#[case(Status::NonCompliant, "FAILED")]
#[case(Status::Undetermined, "WARNING")]
#[case(Status::Exempt, "WARNING")]
fn compliance(#[case] status: Status, #[case] expected: &str) {
    let finding = Finding { status, ..samples::compliant() };
    assert_eq!(value(&finding)["Compliance"]["Status"], expected);
}

#[test]
fn the_fields_that_others_filter_by() {
    let asff = value(&samples::non_compliant());
    assert_eq!(asff["SchemaVersion"], "2018-10-08");
    assert_eq!(asff["Id"], "ecr-encryption/111122223333/eu-central-1/repository/team-a/web");
    assert_eq!(asff["ProductArn"], "arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default");
    assert_eq!(asff["GeneratorId"], "ecr-encryption/repository");
    assert_eq!(asff["AwsAccountId"], "111122223333");
    assert_eq!(asff["Resources"][0]["Type"], "AwsEcrRepository");
    assert_eq!(asff["Resources"][0]["Id"], "arn:aws:ecr:eu-central-1:111122223333:repository/team-a/web");
    assert_eq!(asff["Severity"], asff["FindingProviderFields"]["Severity"]);
    assert_eq!(asff["Severity"]["Label"], "HIGH");
    assert_eq!(asff["Severity"]["Original"], "below-desired-level");
    assert_eq!(asff["Compliance"]["StatusReasons"][0]["ReasonCode"], "below-desired-level");
    assert_eq!(asff["ProductFields"]["ecr-encryption/override"], "production");
    assert_eq!(asff["ProductFields"]["ecr-encryption/kms_key"], "none");
    assert_eq!(asff["RecordState"], "ACTIVE");
    assert_eq!(asff["UpdatedAt"], "2026-11-23T13:02:05.000Z");
}

#[test]
fn what_has_no_arn_is_no_repository() {
    let asff = value(&samples::creation_template());
    assert_eq!(asff["GeneratorId"], "ecr-encryption/repository-creation-template");
    assert_eq!(asff["Resources"][0]["Type"], "Other");
    assert_eq!(asff["Resources"][0]["Id"], asff["Id"]);
    // A repository of the same name is another finding.
    let repository = Finding {
        finding_type: FindingType::Repository,
        ..Finding { repository_arn: Some("arn".to_owned()), ..samples::creation_template() }
    };
    assert_ne!(compose(&repository).id, compose(&samples::creation_template()).id);
}

#[test]
fn it_is_known_since_it_is_open() {
    let finding = Finding { open_since: Some("2026-01-02T03:04:05Z".parse().unwrap()), ..samples::non_compliant() };
    let asff = compose(&finding);
    assert_eq!([&asff.created_at, &asff.first_observed_at], ["2026-01-02T03:04:05.000Z"; 2]);
    let asff = compose(&Finding { open_since: None, ..finding });
    assert_eq!([&asff.created_at, &asff.last_observed_at], ["2026-11-23T13:02:05.000Z"; 2]);
}

#[test]
fn every_field_but_the_times_is_in_the_fingerprint() {
    let finding = samples::non_compliant();
    let kept = |finding: &Finding| compose(finding).kept_fingerprint().unwrap().to_owned();
    let same = [
        Finding { evaluated_at: "2027-01-01T00:00:00Z".parse().unwrap(), ..finding.clone() },
        Finding { open_since: Some("2026-01-01T00:00:00Z".parse().unwrap()), ..finding.clone() },
    ];
    assert!(same.iter().all(|other| kept(other) == kept(&finding)));
    let others = [
        Finding { status: Status::Undetermined, ..finding.clone() },
        Finding { reason_code: ReasonCode::KeyNotAllowed, ..finding.clone() },
        Finding { reason: "another".to_owned(), ..finding.clone() },
        Finding { account_name: None, ..finding.clone() },
        Finding { organizational_unit_path: None, ..finding.clone() },
        Finding { encryption_level: Some(EncryptionLevel::AwsKms), ..finding.clone() },
        Finding { encryption_level_is_lower_bound: true, ..finding.clone() },
        Finding { desired_encryption_level: EncryptionLevel::AwsCmk, ..finding.clone() },
        Finding { override_name: None, ..finding.clone() },
        Finding { kms_key: Some("key".to_owned()), ..finding.clone() },
        Finding { key_state: Some("Disabled".to_owned()), ..finding.clone() },
        Finding { key_origin: Some("EXTERNAL".to_owned()), ..finding.clone() },
        Finding { remediation: vec!["another".to_owned()], ..finding.clone() },
        Finding { exempt_until: Some("2027-01-31".parse().unwrap()), ..finding.clone() },
    ];
    let mut fingerprints: Vec<String> = others.iter().map(kept).collect();
    fingerprints.push(kept(&finding));
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), others.len() + 1);
}

proptest! {
    /// Whatever a run has found fits the format.
    #[test]
    fn everything_fits(
        text in prop_oneof!["[\u{0}-\u{1f}]{0,3000}", "(🔐|é|x| ){0,3000}", "\\PC{0,200}"],
        name in "[a-z0-9./_-]{1,700}",
    ) {
        let finding = Finding {
            account_name: Some(text.as_str().into()),
            organizational_unit_path: Some(text.as_str().into()),
            repository_arn: Some(format!("arn:aws:ecr:eu-central-1:111122223333:repository/{name}")),
            repository_name: name,
            kms_key: Some(text.clone()),
            kms_key_arn: Some(text.clone()),
            key_state: Some(text.clone()),
            key_origin: Some(text.clone()),
            key_manager: Some(text.clone()),
            encryption_type: Some(text.clone()),
            override_name: Some(text.clone()),
            reason: text.clone(),
            remediation: vec![text; 3],
            ..samples::non_compliant()
        };
        let asff = compose(&finding);
        prop_assert!(asff.bytes() <= FINDING_BYTES, "{}", asff.bytes());
        let within = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
        prop_assert!(within(&asff.id, 512) && within(&asff.title, 256) && within(&asff.description, 1_024));
        prop_assert!(within(&asff.remediation.recommendation.text, 512));
        prop_assert!(asff.product_fields.len() <= 50);
        prop_assert!(asff.product_fields.iter().all(|(key, value)| within(key, 128) && within(value, 2_048)));
        let resource = &asff.resources[0];
        prop_assert!(within(&resource.id, 512) && resource.details.other.len() <= 50);
        prop_assert!(resource.details.other.iter().all(|(key, value)| within(key, 127) && within(value, 1_023)));
        prop_assert!(within(&asff.finding_provider_fields.severity.original, 64));
    }
}
