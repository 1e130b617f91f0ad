//! The rules: a reason code is one.

use ecr_encryption_core::{ReasonCode, Status};

use super::form::{Configuration, Driver, Help, Message, NotificationDescriptor, Rule, RuleProperties};
use crate::coverage::Cause;
use crate::report::phrase;
use crate::security_hub::asff::SeverityLabel;
use crate::security_hub::severity;

const HELP_URI: &str = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html";

/// The tool, with every rule and every kind of notification.
pub(super) fn driver(version: &str) -> Driver<'_> {
    let gaps = Cause::ALL.into_iter().filter(|cause| cause.is_gap());
    Driver {
        name: "ecr-encryption",
        version,
        semantic_version: version,
        rules: ReasonCode::ALL.iter().copied().map(rule).collect(),
        notifications: gaps
            .map(|cause| NotificationDescriptor {
                id: cause.as_str(),
                short_description: Message { text: format!("{}.", phrase::cause(cause)) },
            })
            .collect(),
    }
}

/// Which rule it is.
pub(super) fn index(code: ReasonCode) -> Option<usize> {
    ReasonCode::ALL.iter().position(|one| *one == code)
}

fn rule(code: ReasonCode) -> Rule {
    let description = code.description();
    let (level, status) = match code {
        ReasonCode::ExemptByName | ReasonCode::ExemptByTag => ("note", Status::Exempt),
        ReasonCode::LevelMet | ReasonCode::RepositoryDeleted | ReasonCode::LeftScope => ("none", Status::Compliant),
        ReasonCode::KeyStateNotProvable
        | ReasonCode::KeyAccessDenied
        | ReasonCode::LevelNotProvable
        | ReasonCode::RepositoryAccessDenied => ("warning", Status::Undetermined),
        ReasonCode::BelowDesiredLevel
        | ReasonCode::DualLayerRequired
        | ReasonCode::KeyDisabled
        | ReasonCode::KeyPendingDeletion
        | ReasonCode::KeyPendingImport
        | ReasonCode::KeyUnavailable
        | ReasonCode::KeyNotFound
        | ReasonCode::KeyNotAllowed
        | ReasonCode::KeyAccountNotAllowed => ("error", Status::NonCompliant),
    };
    let what = match status {
        Status::NonCompliant => {
            "A demand of the policy is provably not met. The encryption of a repository cannot be changed after its creation; \
             each result tells the steps that help, in order."
        }
        Status::Undetermined => {
            "It is not proved either way, and never counted as a pass. Each result tells what must be allowed, or looked at, \
             before it can be."
        }
        Status::Exempt => "The policy leaves it out: each result is suppressed, with the reason as justification.",
        Status::Compliant => "Nothing is to be done.",
    };
    Rule {
        id: code.as_str(),
        name: code.as_str().split('-').map(capitalized).collect(),
        short_description: Message { text: description.to_owned() },
        full_description: Message { text: format!("{description} {what}") },
        help: Help {
            text: format!("{description}\n\n{what}\n\n{HELP_URI}"),
            markdown: format!("{description}\n\n{what}\n\n[Encryption at rest in Amazon ECR]({HELP_URI})"),
        },
        help_uri: HELP_URI,
        default_configuration: Configuration { level },
        properties: RuleProperties {
            tags: ["security", "encryption", "aws", "ecr"],
            precision: "very-high",
            security_severity: security_severity(match status {
                Status::NonCompliant => severity::of_failed_code(code),
                Status::Undetermined => SeverityLabel::Medium,
                Status::Exempt | Status::Compliant => SeverityLabel::Informational,
            }),
        },
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// As code scanning reads it: over 9.0 is critical, from 7.0 high, from 4.0 medium, 0.0 none.
const fn security_severity(severity: SeverityLabel) -> &'static str {
    match severity {
        SeverityLabel::Informational => "0.0",
        SeverityLabel::Low => "3.0",
        SeverityLabel::Medium => "5.5",
        SeverityLabel::High => "8.0",
        SeverityLabel::Critical => "9.5",
    }
}
