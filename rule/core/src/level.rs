//! Which level can be proved from what could be read.

use crate::encryption::{EncryptionConfiguration, EncryptionLevel, EncryptionType};
use crate::key::{AwsManagedKey, KeyArn, KeyFacts, KeyLookup, KeyManager, KeyOrigin, KeyReference};
use crate::repository::Repository;

/// What is proved about a repository's level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvableLevel {
    /// This level.
    Exactly(EncryptionLevel),
    /// This level or a higher one.
    AtLeast(EncryptionLevel),
    /// Nothing.
    Unknown,
}

impl ProvableLevel {
    /// The level or its lower bound.
    pub fn level(&self) -> Option<EncryptionLevel> {
        match self {
            Self::Exactly(level) | Self::AtLeast(level) => Some(*level),
            Self::Unknown => None,
        }
    }

    /// The level of `repository`, whose key is known as far as `key` says.
    pub fn of(repository: &Repository, key: &KeyLookup) -> Self {
        match repository.encryption.known() {
            Some(configuration) => Self::of_configuration(configuration, key, &repository.account_id),
            None => Self::Unknown,
        }
    }

    /// The level of a repository of the account `account_id` that is encrypted so.
    pub(crate) fn of_configuration(configuration: &EncryptionConfiguration, key: &KeyLookup, account_id: &str) -> Self {
        match (&configuration.encryption_type, &configuration.kms_key) {
            (EncryptionType::Unknown(_), _) => Self::Unknown,
            (EncryptionType::Aes256, _) => Self::Exactly(EncryptionLevel::Sse),
            (EncryptionType::Kms | EncryptionType::KmsDsse, None) => Self::Exactly(EncryptionLevel::AwsKms),
            (EncryptionType::Kms | EncryptionType::KmsDsse, Some(name)) => {
                of_key(&KeyReference::parse(name), key, account_id)
            }
        }
    }
}

fn of_key(reference: &KeyReference, key: &KeyLookup, account_id: &str) -> ProvableLevel {
    use ProvableLevel::{AtLeast, Exactly};

    match key {
        KeyLookup::Described(facts) => of_described(facts, account_id),
        // AWS-managed keys cannot be shared, so another account's key is customer managed.
        KeyLookup::Denied { aws_managed_key, .. } => match (reference.owner(account_id), aws_managed_key) {
            (Some(owner), _) if owner != account_id => match reference {
                KeyReference::AliasArn { alias, .. } if alias.starts_with("alias/aws/") => {
                    AtLeast(EncryptionLevel::AwsKms)
                }
                _ => AtLeast(EncryptionLevel::AwsCmk),
            },
            (_, AwsManagedKey::Described(managed)) if managed.manager == KeyManager::Aws => {
                match same_key(reference, &managed.arn) {
                    Some(true) => Exactly(EncryptionLevel::AwsKms),
                    Some(false) => AtLeast(EncryptionLevel::AwsCmk),
                    None => AtLeast(EncryptionLevel::AwsKms),
                }
            }
            (_, AwsManagedKey::NotFound) => match reference {
                KeyReference::Key(_) | KeyReference::KeyId(_) => AtLeast(EncryptionLevel::AwsCmk),
                KeyReference::AliasArn { .. } | KeyReference::Alias(_) | KeyReference::Unreadable(_) => {
                    AtLeast(EncryptionLevel::AwsKms)
                }
            },
            (_, AwsManagedKey::Described(_) | AwsManagedKey::NotReadable) => AtLeast(EncryptionLevel::AwsKms),
        },
        KeyLookup::NotNeeded | KeyLookup::NotFound | KeyLookup::NotFoundElsewhere => AtLeast(EncryptionLevel::AwsKms),
    }
}

fn of_described(facts: &KeyFacts, account_id: &str) -> ProvableLevel {
    use ProvableLevel::{AtLeast, Exactly};

    match (&facts.manager, &facts.origin) {
        (KeyManager::Aws, _) => Exactly(EncryptionLevel::AwsKms),
        (KeyManager::Customer, KeyOrigin::AwsKms) => Exactly(EncryptionLevel::AwsCmk),
        (KeyManager::Customer, KeyOrigin::External) => Exactly(EncryptionLevel::ExternalCmk),
        (KeyManager::Customer, KeyOrigin::AwsCloudHsm) => Exactly(EncryptionLevel::CloudHsm),
        (KeyManager::Customer, KeyOrigin::ExternalKeyStore) => Exactly(EncryptionLevel::ExternalKeyStore),
        (KeyManager::Customer, KeyOrigin::Unknown(_)) => AtLeast(EncryptionLevel::AwsCmk),
        (KeyManager::Unknown(_), _) => match KeyArn::parse(&facts.arn) {
            Some(arn) if arn.account_id != account_id => AtLeast(EncryptionLevel::AwsCmk),
            _ => AtLeast(EncryptionLevel::AwsKms),
        },
    }
}

/// Whether `reference` names the key with the ARN `arn`; `None` where the reference does not tell.
fn same_key(reference: &KeyReference, arn: &str) -> Option<bool> {
    match reference {
        KeyReference::Key(key) => KeyArn::parse(arn).map(|managed| managed == *key),
        KeyReference::KeyId(id) => KeyArn::parse(arn).map(|managed| managed.key_id == *id),
        KeyReference::Alias(alias) | KeyReference::AliasArn { alias, .. } => (alias == "alias/aws/ecr").then_some(true),
        KeyReference::Unreadable(_) => None,
    }
}
