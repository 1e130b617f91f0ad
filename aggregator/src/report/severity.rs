//! How bad a finding is, for formats that ask for it.

use ecr_encryption_core::{ReasonCode, Status};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Nothing is to be done.
    Informational,
    /// Images are readable and encrypted, below what is demanded; or nothing is proved.
    Medium,
    /// Images cannot be read, or somebody decides on the key who must not.
    High,
    /// Images will soon be lost for good.
    Critical,
}

impl Severity {
    /// How bad it is that a finding has this status for this reason.
    pub(crate) const fn of(status: Status, reason: ReasonCode) -> Self {
        match (status, reason) {
            (Status::Compliant | Status::Exempt, _) => Self::Informational,
            (Status::NonCompliant, ReasonCode::KeyPendingDeletion) => Self::Critical,
            (
                Status::NonCompliant,
                ReasonCode::KeyDisabled
                | ReasonCode::KeyPendingImport
                | ReasonCode::KeyUnavailable
                | ReasonCode::KeyNotFound
                | ReasonCode::KeyNotAllowed
                | ReasonCode::KeyAccountNotAllowed,
            ) => Self::High,
            // What is not proved may be worse; it is not known to be.
            (Status::Undetermined, _)
            | (
                Status::NonCompliant,
                ReasonCode::BelowDesiredLevel
                | ReasonCode::DualLayerRequired
                | ReasonCode::LevelMet
                | ReasonCode::KeyStateNotProvable
                | ReasonCode::KeyAccessDenied
                | ReasonCode::LevelNotProvable
                | ReasonCode::RepositoryAccessDenied
                | ReasonCode::ExemptByName
                | ReasonCode::ExemptByTag
                | ReasonCode::RepositoryDeleted
                | ReasonCode::LeftScope,
            ) => Self::Medium,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Status::NonCompliant, ReasonCode::KeyPendingDeletion, Severity::Critical)]
    #[case(Status::NonCompliant, ReasonCode::KeyDisabled, Severity::High)]
    #[case(Status::NonCompliant, ReasonCode::KeyAccountNotAllowed, Severity::High)]
    #[case(Status::NonCompliant, ReasonCode::BelowDesiredLevel, Severity::Medium)]
    #[case(Status::Undetermined, ReasonCode::KeyAccessDenied, Severity::Medium)]
    #[case(Status::Exempt, ReasonCode::ExemptByTag, Severity::Informational)]
    #[case(Status::Compliant, ReasonCode::LevelMet, Severity::Informational)]
    fn severities(#[case] status: Status, #[case] reason: ReasonCode, #[case] severity: Severity) {
        assert_eq!(Severity::of(status, reason), severity);
    }

    #[test]
    fn whatever_is_open_is_more_than_information() {
        for status in [Status::NonCompliant, Status::Undetermined] {
            for reason in ReasonCode::ALL {
                assert!(Severity::of(status, *reason) > Severity::Informational, "{reason}");
            }
        }
    }
}
