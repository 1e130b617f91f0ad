//! How severe a finding is.
//!
//! By what is at stake for the images, not by how the demand reads: whether they can be read now, whether they soon can no
//! more, and whether somebody else holds the key. A level below the demanded one is as severe as AWS's own control ECR.5 on
//! the same matter (`MEDIUM`), and more where three steps or more are missing.
//!
//! | status | reason code | severity | why |
//! |---|---|---|---|
//! | `NON_COMPLIANT` | `key-pending-deletion` | `CRITICAL` | the images cannot be read, and once the key is deleted never again: the deletion can be cancelled until then |
//! | `NON_COMPLIANT` | `key-not-found` | `HIGH` | the images cannot be read; waiting makes it no worse |
//! | `NON_COMPLIANT` | `key-disabled` | `HIGH` | the images cannot be read until the key is enabled |
//! | `NON_COMPLIANT` | `key-pending-import` | `HIGH` | the images cannot be read until the material is imported |
//! | `NON_COMPLIANT` | `key-unavailable` | `HIGH` | the images cannot be read until the key store answers |
//! | `NON_COMPLIANT` | `key-account-not-allowed` | `HIGH` | an account that is not trusted decides who reads the images |
//! | `NON_COMPLIANT` | `below-desired-level` | `HIGH` | three levels or more are missing, such as `sse` where `cloudhsm` is demanded |
//! | `NON_COMPLIANT` | `below-desired-level` | `MEDIUM` | one or two levels are missing, such as `sse` where `awscmk` is demanded |
//! | `NON_COMPLIANT` | any other | `MEDIUM` | a demand is not met, and the images are safe meanwhile |
//! | `UNDETERMINED` | any | `MEDIUM` | it may hide any of the above, and a permission mostly settles it |
//! | `EXEMPT` | any | `INFORMATIONAL` | it is wanted so |
//! | `COMPLIANT` | any | `INFORMATIONAL` | nothing is to be done |
//!
//! A creation template or pull-through cache rule is `MEDIUM` at most: there is no image yet.

use ecr_encryption_core::{EncryptionLevel, ReasonCode, Status};

use super::asff::SeverityLabel;
use crate::finding::{Finding, FindingType};

/// So many missing levels make a finding `HIGH`.
const FAR_BELOW: usize = 3;

/// How severe a finding is.
pub fn severity(finding: &Finding) -> SeverityLabel {
    let of_images = match finding.status {
        Status::Compliant | Status::Exempt => SeverityLabel::Informational,
        Status::Undetermined => SeverityLabel::Medium,
        Status::NonCompliant => of_failed_demand(finding),
    };
    match finding.finding_type {
        FindingType::Repository => of_images,
        FindingType::RepositoryCreationTemplate | FindingType::PullThroughCacheRule => {
            of_images.min(SeverityLabel::Medium)
        }
    }
}

fn of_failed_demand(finding: &Finding) -> SeverityLabel {
    match finding.reason_code {
        ReasonCode::BelowDesiredLevel if missing(finding) >= FAR_BELOW => SeverityLabel::High,
        code => of_failed_code(code),
    }
}

/// How severe it is at least that a demand on a repository is not met, for this reason.
pub const fn of_failed_code(code: ReasonCode) -> SeverityLabel {
    match code {
        ReasonCode::KeyPendingDeletion => SeverityLabel::Critical,
        ReasonCode::KeyNotFound
        | ReasonCode::KeyDisabled
        | ReasonCode::KeyPendingImport
        | ReasonCode::KeyUnavailable
        | ReasonCode::KeyAccountNotAllowed => SeverityLabel::High,
        ReasonCode::BelowDesiredLevel
        | ReasonCode::DualLayerRequired
        | ReasonCode::KeyNotAllowed
        | ReasonCode::KeyStateNotProvable
        | ReasonCode::KeyAccessDenied
        | ReasonCode::LevelNotProvable
        | ReasonCode::RepositoryAccessDenied
        | ReasonCode::LevelMet
        | ReasonCode::ExemptByName
        | ReasonCode::ExemptByTag
        | ReasonCode::RepositoryDeleted
        | ReasonCode::LeftScope => SeverityLabel::Medium,
    }
}

/// How many levels are missing; none where the level is not known.
fn missing(finding: &Finding) -> usize {
    let place = |level: EncryptionLevel| EncryptionLevel::ALL.iter().position(|known| *known == level);
    match (finding.encryption_level.and_then(place), place(finding.desired_encryption_level)) {
        (Some(has), Some(wanted)) => wanted.saturating_sub(has),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rstest::rstest;

    use super::*;
    use crate::report::samples;

    fn finding(status: Status, reason_code: ReasonCode) -> Finding {
        Finding { status, reason_code, desired_encryption_level: EncryptionLevel::AwsCmk, ..samples::non_compliant() }
    }

    #[rstest]
    #[case(EncryptionLevel::Sse, EncryptionLevel::AwsKms, SeverityLabel::Medium)]
    #[case(EncryptionLevel::Sse, EncryptionLevel::AwsCmk, SeverityLabel::Medium)]
    #[case(EncryptionLevel::Sse, EncryptionLevel::ExternalCmk, SeverityLabel::High)]
    #[case(EncryptionLevel::Sse, EncryptionLevel::CloudHsm, SeverityLabel::High)]
    #[case(EncryptionLevel::AwsKms, EncryptionLevel::AwsCmk, SeverityLabel::Medium)]
    #[case(EncryptionLevel::AwsKms, EncryptionLevel::CloudHsm, SeverityLabel::High)]
    #[case(EncryptionLevel::AwsCmk, EncryptionLevel::CloudHsm, SeverityLabel::Medium)]
    #[case(EncryptionLevel::AwsCmk, EncryptionLevel::ExternalKeyStore, SeverityLabel::High)]
    fn levels(#[case] has: EncryptionLevel, #[case] wanted: EncryptionLevel, #[case] expected: SeverityLabel) {
        let finding = Finding {
            encryption_level: Some(has),
            desired_encryption_level: wanted,
            ..finding(Status::NonCompliant, ReasonCode::BelowDesiredLevel)
        };
        assert_eq!(severity(&finding), expected);
    }

    #[test]
    fn what_has_no_image_yet_is_medium_at_most() {
        for finding_type in [FindingType::RepositoryCreationTemplate, FindingType::PullThroughCacheRule] {
            for code in ReasonCode::ALL {
                let finding = Finding { finding_type, ..finding(Status::NonCompliant, *code) };
                assert_eq!(severity(&finding), SeverityLabel::Medium);
            }
        }
    }

    /// The rows of a table as above: severities by status and reason code.
    fn rows(text: &str) -> BTreeMap<(String, String), Vec<String>> {
        let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for line in text.lines() {
            let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            if let [_, status, code, severity, _, _] = cells.as_slice()
                && Status::ALL.iter().any(|known| known.as_str() == *status)
            {
                rows.entry(((*status).to_owned(), (*code).to_owned())).or_default().push((*severity).to_owned());
            }
        }
        rows
    }

    /// Every code of every status stands in the table with the severity that it gets.
    #[test]
    fn the_table_tells_what_is_done() {
        let table = rows(include_str!("severity.rs"));
        assert_eq!(table.values().map(Vec::len).sum::<usize>(), 12);
        assert_eq!(table, rows(include_str!("../../../README.md")), "the README tells something else");
        for status in Status::ALL {
            for code in ReasonCode::ALL {
                let key = |code: &str| (status.as_str().to_owned(), code.to_owned());
                let told = table
                    .get(&key(code.as_str()))
                    .or_else(|| table.get(&key("any other")))
                    .or_else(|| table.get(&key("any")))
                    .unwrap();
                let got = severity(&finding(status, *code)).as_str().to_owned();
                assert!(told.contains(&got), "{status:?} {code}: {got} is not among {told:?}");
                if *code != ReasonCode::BelowDesiredLevel {
                    assert_eq!(told.len(), 1, "{status:?} {code}");
                }
            }
        }
    }
}
