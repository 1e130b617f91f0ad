//! Which key a repository is under, and what KMS's answer about it means.

use ecr_encryption_core::{EncryptionConfiguration, KeyFacts, KeyReference, Repository};
use serde::{Deserialize, Serialize};

use crate::aws::fault::{AwsFault, FaultKind};

/// The alias of the AWS-managed key for ECR.
pub const AWS_MANAGED: &str = "alias/aws/ecr";

/// A key that is to be described.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyId {
    /// The account that owns it.
    pub owner: String,
    /// The Region to ask in.
    pub region: String,
    /// What to ask for: an ARN, an id or an alias.
    pub name: String,
}

impl KeyId {
    /// The key of a repository; `None` where there is none, or nothing that could be asked for.
    pub fn of(repository: &Repository) -> Option<Self> {
        Self::of_configuration(&repository.account_id, &repository.region, repository.encryption.known()?)
    }

    /// The key of repositories of the account `account_id` in `region` that are encrypted so.
    pub fn of_configuration(account_id: &str, region: &str, configuration: &EncryptionConfiguration) -> Option<Self> {
        let own = |name: &str| Self { owner: account_id.to_owned(), region: region.to_owned(), name: name.to_owned() };
        match &configuration.kms_key {
            None => configuration.encryption_type.uses_kms().then(|| own(AWS_MANAGED)),
            Some(name) => match KeyReference::parse(name) {
                KeyReference::Key(arn) => Some(Self { owner: arn.account_id, region: arn.region, name: name.clone() }),
                KeyReference::AliasArn { account_id, region, .. } => {
                    Some(Self { owner: account_id, region, name: name.clone() })
                }
                KeyReference::Alias(_) | KeyReference::KeyId(_) => Some(own(name)),
                KeyReference::Unreadable(_) => None,
            },
        }
    }

    /// The AWS-managed key for ECR of an account in a Region.
    pub fn aws_managed(account_id: &str, region: &str) -> Self {
        Self { owner: account_id.to_owned(), region: region.to_owned(), name: AWS_MANAGED.to_owned() }
    }
}

/// What came of describing a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyAnswer {
    /// Its facts.
    Described(KeyFacts),
    /// Its own account was told that it does not exist.
    NotFound,
    /// Another account was told so.
    NotFoundElsewhere,
    /// Nobody who was asked may describe it; AWS's error code.
    Denied(String),
    /// It could not be asked for, which says nothing about the key.
    Failed(AwsFault),
}

impl KeyAnswer {
    /// What an answer of KMS to the key's own account means.
    pub fn of_owner(answer: Result<KeyFacts, AwsFault>) -> Self {
        match answer {
            Ok(facts) => Self::Described(facts),
            Err(fault) if fault.action != "kms:DescribeKey" => Self::Failed(fault),
            Err(fault) => match fault.kind {
                FaultKind::NotFound => Self::NotFound,
                FaultKind::Denied => Self::Denied(fault.code_or_status().unwrap_or_else(|| fault.message.clone())),
                // Only a refusal says that there is something to be refused: from an answer that is odd in any other way
                // nothing follows, least of all a lower bound.
                FaultKind::Throttled
                | FaultKind::Unavailable
                | FaultKind::Expired
                | FaultKind::CallerExpired
                | FaultKind::UnknownCredentials
                | FaultKind::Other => Self::Failed(fault),
            },
        }
    }

    /// What an answer of KMS to another account means: only the key's own account is told for certain that it is gone.
    pub fn of_other(answer: Result<KeyFacts, AwsFault>) -> Self {
        match Self::of_owner(answer) {
            Self::NotFound => Self::NotFoundElsewhere,
            answer => answer,
        }
    }

    /// Whether nobody else needs to be asked.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Described(_) | Self::NotFound)
    }
    /// The answer to go by, of all that were asked, in the order of asking.
    pub fn best(answers: Vec<Self>) -> Self {
        let rank = |answer: &Self| match answer {
            Self::Described(_) => 0,
            Self::NotFound => 1,
            // A fault that passes could hide an answer.
            Self::Failed(fault)
                if fault.kind.is_passing() || matches!(fault.kind, FaultKind::Expired | FaultKind::CallerExpired) =>
            {
                2
            }
            Self::NotFoundElsewhere => 3,
            Self::Denied(_) => 4,
            Self::Failed(_) => 5,
        };
        answers.into_iter().min_by_key(rank).unwrap_or_else(|| {
            Self::Failed(AwsFault::other("kms:DescribeKey", "the scan was stopped before the key was asked for"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind) -> AwsFault {
        AwsFault { kind, code: Some("SomeCode".to_owned()), ..AwsFault::other("kms:DescribeKey", "a message") }
    }

    #[test]
    fn only_a_refusal_is_a_refusal() {
        assert_eq!(KeyAnswer::of_owner(Err(fault(FaultKind::Denied))), KeyAnswer::Denied("SomeCode".to_owned()));
        assert_eq!(KeyAnswer::of_owner(Err(fault(FaultKind::NotFound))), KeyAnswer::NotFound);
        assert_eq!(KeyAnswer::of_other(Err(fault(FaultKind::NotFound))), KeyAnswer::NotFoundElsewhere);
        for kind in [
            FaultKind::Other,
            FaultKind::Throttled,
            FaultKind::Unavailable,
            FaultKind::Expired,
            FaultKind::CallerExpired,
            FaultKind::UnknownCredentials,
        ] {
            assert_eq!(KeyAnswer::of_owner(Err(fault(kind))), KeyAnswer::Failed(fault(kind)));
            assert_eq!(KeyAnswer::of_other(Err(fault(kind))), KeyAnswer::Failed(fault(kind)));
        }
        // The role's refusal says nothing about the key.
        let role = AwsFault { action: "sts:AssumeRole", ..fault(FaultKind::Denied) };
        assert_eq!(KeyAnswer::of_owner(Err(role.clone())), KeyAnswer::Failed(role));
    }

    #[test]
    fn the_best_answer_is_the_one_that_proves_most() {
        let passing = KeyAnswer::Failed(fault(FaultKind::Throttled));
        let denied = KeyAnswer::Denied("SomeCode".to_owned());
        let lost = KeyAnswer::Failed(fault(FaultKind::UnknownCredentials));
        let best = |answers: &[&KeyAnswer]| KeyAnswer::best(answers.iter().map(|&answer| answer.clone()).collect());
        assert_eq!(best(&[&denied, &passing]), passing);
        assert_eq!(best(&[&denied, &KeyAnswer::NotFound, &passing]), KeyAnswer::NotFound);
        assert_eq!(best(&[&lost, &denied]), denied);
        assert_eq!(best(&[&denied, &KeyAnswer::NotFoundElsewhere]), KeyAnswer::NotFoundElsewhere);
        assert!(matches!(best(&[]), KeyAnswer::Failed(_)));
    }
}
