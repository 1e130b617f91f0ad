//! What AWS Config is told.

use ecr_encryption_core::{Decision, ReasonCode, Status, UndeterminedCompliance};
use jiff::Timestamp;

/// Config's type of an ECR repository.
pub const REPOSITORY: &str = "AWS::ECR::Repository";
/// Config's type of a KMS key.
pub const KEY: &str = "AWS::KMS::Key";
/// The most evaluations in a call of `PutEvaluations`.
pub const BATCH: usize = 100;
/// The longest annotation, in characters; an empty one is refused too.
const LONGEST_ANNOTATION: usize = 256;

/// The compliance that a custom rule may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compliance {
    /// `COMPLIANT`.
    Compliant,
    /// `NON_COMPLIANT`.
    NonCompliant,
    /// `NOT_APPLICABLE`: AWS Config drops what it knew.
    NotApplicable,
}

impl Compliance {
    /// AWS's own spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "COMPLIANT",
            Self::NonCompliant => "NON_COMPLIANT",
            Self::NotApplicable => "NOT_APPLICABLE",
        }
    }
}

/// One result, as AWS Config takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The resource's type.
    pub resource_type: String,
    /// What AWS Config calls the resource.
    pub resource_id: String,
    /// The result.
    pub compliance: Compliance,
    /// Why; 1–256 characters.
    pub annotation: String,
    /// The item's capture time, or when a scheduled notification was made.
    pub ordering_timestamp: Timestamp,
}

impl Evaluation {
    /// The result for a repository.
    pub fn of(
        decision: &Decision,
        undetermined: UndeterminedCompliance,
        resource_id: impl Into<String>,
        ordering_timestamp: Timestamp,
    ) -> Self {
        let (compliance, text) = match decision.status {
            Status::Compliant => (Compliance::Compliant, decision.reason.clone()),
            Status::NonCompliant => (Compliance::NonCompliant, decision.reason.clone()),
            Status::Exempt => (Compliance::NotApplicable, decision.reason.clone()),
            Status::Undetermined => (
                match undetermined {
                    UndeterminedCompliance::NonCompliant => Compliance::NonCompliant,
                    UndeterminedCompliance::NotApplicable => Compliance::NotApplicable,
                },
                format!("Undetermined: {}", decision.reason),
            ),
        };
        Self {
            resource_type: REPOSITORY.to_owned(),
            resource_id: resource_id.into(),
            compliance,
            annotation: annotation(decision.reason_code, &text),
            ordering_timestamp,
        }
    }

    /// The result for a repository that is not there any more, or not for this rule.
    pub fn withdrawn(resource_id: impl Into<String>, code: ReasonCode, ordering_timestamp: Timestamp) -> Self {
        let text = match code {
            ReasonCode::RepositoryDeleted => "the repository was deleted",
            _ => "the repository is not in the rule's scope any more, or is not recorded",
        };
        Self::not_applicable(REPOSITORY, resource_id, &annotation(code, text), ordering_timestamp)
    }

    /// The result for something that the rule does not judge.
    pub fn not_applicable(
        resource_type: impl Into<String>,
        resource_id: impl Into<String>,
        text: &str,
        ordering_timestamp: Timestamp,
    ) -> Self {
        Self {
            resource_type: resource_type.into(),
            resource_id: resource_id.into(),
            compliance: Compliance::NotApplicable,
            annotation: cut(text.to_owned()),
            ordering_timestamp,
        }
    }
}

/// The reason, with its code at the end: the code survives where the reason must be cut, so that one can search for it.
fn annotation(code: ReasonCode, text: &str) -> String {
    let code = format!(" [{code}]");
    let room = LONGEST_ANNOTATION.saturating_sub(code.chars().count());
    if text.chars().count() <= room {
        return format!("{text}{code}");
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…{code}", kept.trim_end())
}

fn cut(text: String) -> String {
    if text.chars().count() <= LONGEST_ANNOTATION {
        return text;
    }
    text.chars().take(LONGEST_ANNOTATION - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use ecr_encryption_core::{EncryptionLevel, ProvableLevel};

    use super::*;

    fn decision(status: Status, reason: String) -> Decision {
        Decision {
            status,
            reason_code: ReasonCode::KeyAccessDenied,
            reason,
            level: ProvableLevel::Unknown,
            desired_level: EncryptionLevel::AwsCmk,
            failed: Vec::new(),
            requires_dual_layer: false,
            allowed_keys: None,
            override_name: None,
            exempt_until: None,
        }
    }

    #[test]
    fn annotations_are_cut_between_characters_and_keep_the_code() {
        for length in [1, 100, 230, 240, 256, 257, 5_000] {
            let decision = decision(Status::Undetermined, "é".repeat(length));
            let told = Evaluation::of(&decision, UndeterminedCompliance::NonCompliant, "app", Timestamp::UNIX_EPOCH);
            assert!(told.annotation.starts_with("Undetermined: é"), "{}", told.annotation);
            assert!(told.annotation.ends_with(" [key-access-denied]"), "{}", told.annotation);
            assert!(told.annotation.chars().count() <= 256);
            assert_eq!(told.annotation.contains('…'), told.annotation.chars().count() == 256 && length > 222);
        }
    }

    #[test]
    fn undetermined_is_told_as_the_parameter_says() {
        let decision = decision(Status::Undetermined, "why".to_owned());
        let told = |how| Evaluation::of(&decision, how, "app", Timestamp::UNIX_EPOCH).compliance;
        assert_eq!(told(UndeterminedCompliance::NonCompliant), Compliance::NonCompliant);
        assert_eq!(told(UndeterminedCompliance::NotApplicable), Compliance::NotApplicable);
    }
}
