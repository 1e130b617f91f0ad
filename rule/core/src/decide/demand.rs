//! Each demand, judged by itself.

use super::outcome::Judged;
use crate::encryption::{EncryptionConfiguration, EncryptionType};
use crate::key::{AwsManagedKey, KeyFacts, KeyLookup, KeyManager, KeyOrigin, KeyReference, KeyState};
use crate::level::ProvableLevel;
use crate::policy::{Demands, RequireUsableKey};
use crate::reason::ReasonCode;

/// What is judged, for the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// A repository.
    Repository,
    /// Repositories that ECR is going to create.
    NextRepositories,
}

/// What the outcomes follow from.
pub(super) struct Facts<'a> {
    pub(super) demands: &'a Demands,
    pub(super) configuration: &'a EncryptionConfiguration,
    pub(super) key: &'a KeyLookup,
    pub(super) level: &'a ProvableLevel,
    pub(super) account_id: &'a str,
    pub(super) subject: Subject,
}

impl Facts<'_> {
    /// Judges every demand, in the order in which they decide the reason's code.
    pub(super) fn judge_all(&self) -> Vec<Judged> {
        [self.key_exists(), self.key_state(), self.level(), self.key_arn(), self.key_account(), self.dual_layer()]
            .into_iter()
            .flatten()
            .collect()
    }

    fn uses_kms(&self) -> bool {
        self.configuration.encryption_type.uses_kms()
    }

    /// The key, as far as it has a name: its ARN where that is known.
    fn key_name(&self) -> &str {
        match (self.key, &self.configuration.kms_key) {
            (KeyLookup::Described(facts), _) => &facts.arn,
            (_, Some(name)) => name,
            (_, None) => "alias/aws/ecr",
        }
    }

    fn key_exists(&self) -> Option<Judged> {
        // A key that ECR does not name cannot be missing: it is the AWS-managed one.
        if !self.uses_kms() || self.configuration.kms_key.is_none() {
            return None;
        }
        let key = self.key_name();
        match self.key {
            KeyLookup::NotFound => Some(Judged::failed(
                ReasonCode::KeyNotFound,
                format!(
                    "the key {key} does not exist, so {}",
                    match self.subject {
                        Subject::Repository => "nothing in the repository can be decrypted",
                        Subject::NextRepositories => "no repository can be created with it",
                    }
                ),
            )),
            KeyLookup::NotFoundElsewhere => Some(Judged::unproven(
                ReasonCode::KeyNotFound,
                format!("KMS says that the key {key} does not exist, but its own account could not be asked"),
            )),
            KeyLookup::NotNeeded | KeyLookup::Described(_) | KeyLookup::Denied { .. } => None,
        }
    }

    fn key_state(&self) -> Option<Judged> {
        let required = self.demands.require_usable_key;
        if !self.uses_kms() || required == RequireUsableKey::False {
            return None;
        }
        let key = self.key_name();
        let why_not_read = match self.key {
            KeyLookup::Described(facts) => return state_of(facts, required, self.subject),
            // Told by `key_exists`; an alias that is not there has no state.
            KeyLookup::NotFound | KeyLookup::NotFoundElsewhere if self.configuration.kms_key.is_some() => return None,
            KeyLookup::NotFound | KeyLookup::NotFoundElsewhere => "there is no such alias".to_owned(),
            KeyLookup::Denied { error_code, .. } => format!("kms:DescribeKey: {error_code}"),
            KeyLookup::NotNeeded => "it was not asked for".to_owned(),
        };
        let text = format!("the state of the key {key} could not be read ({why_not_read})");
        Some(if required == RequireUsableKey::Proven {
            Judged::unproven(ReasonCode::KeyStateNotProvable, format!("{text} and must be proved"))
        } else {
            Judged::met(text)
        })
    }

    fn level(&self) -> Option<Judged> {
        let desired = self.demands.desired_encryption_level;
        let encryption_type = &self.configuration.encryption_type;
        match self.level {
            // A key that is not there has no level; `key_exists` has told it.
            _ if self.uses_kms()
                && self.configuration.kms_key.is_some()
                && matches!(self.key, KeyLookup::NotFound | KeyLookup::NotFoundElsewhere) =>
            {
                None
            }
            ProvableLevel::Unknown => Some(Judged::unproven(
                ReasonCode::LevelNotProvable,
                format!(
                    "the encryption type `{encryption_type}` is unknown to this version, so {desired} is not proved"
                ),
            )),
            ProvableLevel::Exactly(level) if *level >= desired => Some(Judged::met(format!(
                "the encryption level is {level} ({}); demanded: {desired}",
                level.description()
            ))),
            ProvableLevel::Exactly(level) => Some(Judged::failed(
                ReasonCode::BelowDesiredLevel,
                format!("the encryption level {level} ({}) is below the demanded {desired}", level.description()),
            )),
            ProvableLevel::AtLeast(bound) => {
                let (code, why) = self.why_only_a_bound();
                Some(if *bound >= desired {
                    Judged::met(format!("the encryption level is at least {bound} ({why}); demanded: {desired}"))
                } else {
                    Judged::unproven(
                        code,
                        format!("the encryption level is at least {bound}, but {desired} is not proved: {why}"),
                    )
                })
            }
        }
    }

    fn why_only_a_bound(&self) -> (ReasonCode, String) {
        let key = self.key_name();
        match self.key {
            KeyLookup::Denied { error_code, aws_managed_key } => {
                let reference = KeyReference::parse(key);
                let owner = reference.owner(self.account_id).filter(|owner| *owner != self.account_id);
                let known = match (owner, aws_managed_key) {
                    (Some(owner), _) => format!("a key of account {owner}, so not AWS-managed"),
                    (None, AwsManagedKey::Described(_)) => "not the key behind alias/aws/ecr".to_owned(),
                    (None, AwsManagedKey::NotFound) => "the account has no alias/aws/ecr".to_owned(),
                    (None, AwsManagedKey::NotReadable) => "alias/aws/ecr may not be described either".to_owned(),
                };
                (
                    ReasonCode::KeyAccessDenied,
                    format!("the key {key} may not be described (kms:DescribeKey: {error_code}); {known}"),
                )
            }
            KeyLookup::Described(KeyFacts { manager: KeyManager::Unknown(manager), .. }) => (
                ReasonCode::LevelNotProvable,
                format!("the key manager `{manager}` of the key {key} is unknown to this version"),
            ),
            KeyLookup::Described(KeyFacts { origin: KeyOrigin::Unknown(origin), .. }) => (
                ReasonCode::LevelNotProvable,
                format!("the origin `{origin}` of the key {key} is unknown to this version"),
            ),
            _ => (ReasonCode::LevelNotProvable, format!("the key {key} was not described")),
        }
    }

    fn key_arn(&self) -> Option<Judged> {
        let allowed = self.demands.kms_key_arns.as_ref()?;
        if let Some(judged) = self.unknown_type_without_key() {
            return Some(judged);
        }
        if self.without_key() {
            return Some(Judged::failed(
                ReasonCode::KeyNotAllowed,
                format!("only certain KMS keys are allowed, and {}", self.not_under_a_key()),
            ));
        }
        let arn = match (self.key, KeyReference::parse(self.key_name())) {
            (KeyLookup::Described(facts), _) => facts.arn.clone(),
            (_, KeyReference::Key(arn)) => arn.to_string(),
            _ => {
                return Some(Judged::unproven(
                    ReasonCode::KeyAccessDenied,
                    format!(
                        "the ARN of the key {} could not be read, so it is not proved to be allowed",
                        self.key_name()
                    ),
                ));
            }
        };
        Some(match allowed.iter().find(|pattern| pattern.matches(&arn)) {
            Some(pattern) => Judged::met(format!("its key is allowed by `{pattern}`")),
            None => Judged::failed(ReasonCode::KeyNotAllowed, format!("the key {arn} is not among the allowed keys")),
        })
    }

    fn key_account(&self) -> Option<Judged> {
        let allowed = self.demands.kms_key_account_ids.as_ref()?;
        if let Some(judged) = self.unknown_type_without_key() {
            return Some(judged);
        }
        if self.without_key() {
            return Some(Judged::failed(
                ReasonCode::KeyAccountNotAllowed,
                format!("only the KMS keys of certain accounts are allowed, and {}", self.not_under_a_key()),
            ));
        }
        let reference = KeyReference::parse(self.key_name());
        Some(match reference.owner(self.account_id) {
            Some(owner) if allowed.contains(owner) => Judged::met(format!("the keys of account {owner} are allowed")),
            Some(owner) => Judged::failed(
                ReasonCode::KeyAccountNotAllowed,
                format!("the key {} belongs to account {owner}, whose keys are not allowed", self.key_name()),
            ),
            None => Judged::unproven(
                ReasonCode::KeyAccessDenied,
                format!("the account of the key {} is not known, so it is not proved to be allowed", self.key_name()),
            ),
        })
    }

    fn dual_layer(&self) -> Option<Judged> {
        if !self.demands.require_dual_layer {
            return None;
        }
        Some(match &self.configuration.encryption_type {
            EncryptionType::KmsDsse => Judged::met("encrypted in two layers (KMS_DSSE)"),
            known @ (EncryptionType::Aes256 | EncryptionType::Kms) => Judged::failed(
                ReasonCode::DualLayerRequired,
                format!("dual-layer encryption (KMS_DSSE) is demanded, and the encryption type is {known}"),
            ),
            EncryptionType::Unknown(text) => Judged::unproven(
                ReasonCode::LevelNotProvable,
                format!(
                    "the encryption type `{text}` is unknown to this version, so dual-layer encryption is not proved"
                ),
            ),
        })
    }

    /// An unknown encryption type may or may not stand for a key that ECR does not name.
    fn unknown_type_without_key(&self) -> Option<Judged> {
        match (&self.configuration.encryption_type, &self.configuration.kms_key) {
            (EncryptionType::Unknown(text), None) => Some(Judged::unproven(
                ReasonCode::LevelNotProvable,
                format!("the encryption type `{text}` is unknown to this version, so an allowed key is not proved"),
            )),
            _ => None,
        }
    }

    fn not_under_a_key(&self) -> &'static str {
        match self.subject {
            Subject::Repository => "the repository is not under a KMS key",
            Subject::NextRepositories => "the repositories are not under a KMS key",
        }
    }

    /// Whether the repository is provably not under a KMS key. Of an unknown type that is not known.
    fn without_key(&self) -> bool {
        self.configuration.encryption_type == EncryptionType::Aes256
    }
}

fn state_of(facts: &KeyFacts, required: RequireUsableKey, subject: Subject) -> Option<Judged> {
    let KeyFacts { arn, state, recorded_at, .. } = facts;
    let recorded = recorded_at.map(|at| format!(", as AWS Config recorded it at {at}")).unwrap_or_default();
    let unusable = |code, consequence: &str| {
        let consequence = match subject {
            Subject::Repository => consequence,
            Subject::NextRepositories => "nothing can be stored under it",
        };
        Some(Judged::failed(code, format!("the key {arn} is unusable (state {state}{recorded}): {consequence}")))
    };
    match state {
        KeyState::Enabled | KeyState::Updating if recorded_at.is_some() && required == RequireUsableKey::Proven => {
            Some(Judged::unproven(
                ReasonCode::KeyStateNotProvable,
                format!("the state of the key {arn} ({state}{recorded}) may have changed since and must be proved"),
            ))
        }
        KeyState::Enabled | KeyState::Updating => None,
        KeyState::Disabled => unusable(ReasonCode::KeyDisabled, "its images cannot be read"),
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => {
            unusable(ReasonCode::KeyPendingDeletion, "its images cannot be read, and never again once it is deleted")
        }
        KeyState::PendingImport => unusable(ReasonCode::KeyPendingImport, "its key material was not imported"),
        KeyState::Creating | KeyState::Unavailable => {
            unusable(ReasonCode::KeyUnavailable, "its key store does not serve it")
        }
        KeyState::Unknown(text) => Some(Judged::unproven(
            ReasonCode::KeyStateNotProvable,
            format!("the state `{text}` of the key {arn} is unknown to this version"),
        )),
    }
}
