//! The keys in use, each described once for the whole run.
//!
//! A key is described with the credentials of its own account, at once where that account uses it. Keys of other accounts
//! wait until everything was read: then their own account is asked, where the run can assume its role, and else the
//! accounts that use them, in order. So what is asked, and what comes of it, does not depend on who came first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecr_encryption_core::{AwsManagedKey, KeyFacts, KeyLookup, KeyReference, Repository};
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use tokio::sync::OnceCell;

/// The alias of the AWS-managed key for ECR.
pub const AWS_MANAGED: &str = "alias/aws/ecr";

/// A key that is to be described.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
        let configuration = repository.encryption.known()?;
        let own = |name: &str| Self {
            owner: repository.account_id.clone(),
            region: repository.region.clone(),
            name: name.to_owned(),
        };
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
                FaultKind::Denied | FaultKind::Other => {
                    Self::Denied(fault.code_or_status().unwrap_or_else(|| fault.message.clone()))
                }
                FaultKind::Throttled | FaultKind::Unavailable | FaultKind::Expired | FaultKind::UnknownCredentials => {
                    Self::Failed(fault)
                }
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

    fn is_final(&self) -> bool {
        matches!(self, Self::Described(_) | Self::NotFound)
    }

    /// The answer to go by, of all that were asked, in the order of asking.
    fn best(answers: Vec<Self>) -> Self {
        let rank = |answer: &Self| match answer {
            Self::Described(_) => 0,
            Self::NotFound => 1,
            // A fault that passes could hide an answer.
            Self::Failed(fault) if fault.kind.is_passing() || fault.kind == FaultKind::Expired => 2,
            Self::NotFoundElsewhere => 3,
            Self::Denied(_) => 4,
            Self::Failed(_) => 5,
        };
        answers.into_iter().min_by_key(rank).unwrap_or_else(|| {
            Self::Failed(AwsFault::other("kms:DescribeKey", "the scan was stopped before the key was asked for"))
        })
    }
}

/// All keys of a run.
#[derive(Debug, Default)]
pub struct KeyBook {
    own: Mutex<HashMap<KeyId, Arc<OnceCell<KeyAnswer>>>>,
    users: Mutex<BTreeMap<KeyId, BTreeSet<String>>>,
    others: Mutex<HashMap<KeyId, KeyAnswer>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KeyBook {
    /// The cell for the answer to the key's own account: whoever comes first asks, all others wait for the answer.
    pub fn own(&self, key: &KeyId) -> Arc<OnceCell<KeyAnswer>> {
        let mut own = lock(&self.own);
        if let Some(cell) = own.get(key) {
            return cell.clone();
        }
        own.entry(key.clone()).or_default().clone()
    }

    /// Notes that an account uses another account's key.
    pub fn used_by(&self, key: &KeyId, account_id: &str) {
        let mut users = lock(&self.users);
        if let Some(accounts) = users.get_mut(key) {
            if !accounts.contains(account_id) {
                accounts.insert(account_id.to_owned());
            }
        } else {
            users.insert(key.clone(), [account_id.to_owned()].into());
        }
    }

    /// The keys that accounts other than their own use, with those accounts.
    pub fn foreign(&self) -> Vec<(KeyId, BTreeSet<String>)> {
        lock(&self.users).iter().map(|(key, users)| (key.clone(), users.clone())).collect()
    }

    /// The answer to the key's own account, where there is one.
    fn own_answer(&self, key: &KeyId) -> Option<KeyAnswer> {
        lock(&self.own).get(key).and_then(|cell| cell.get().cloned())
    }

    /// Whether somebody else must be asked for this key, after its own account was or could not be.
    pub fn is_open(&self, key: &KeyId) -> bool {
        !self.own_answer(key).is_some_and(|answer| answer.is_final())
    }

    /// Notes what the other accounts were told, in the order of asking.
    pub fn settle(&self, key: &KeyId, answers: Vec<KeyAnswer>) {
        if !answers.is_empty() {
            lock(&self.others).insert(key.clone(), KeyAnswer::best(answers));
        }
    }

    /// The keys of which their own account, and nobody else, could be told more: for them `alias/aws/ecr` is asked.
    pub fn denied_to_their_own(&self) -> BTreeSet<(String, String)> {
        let own = lock(&self.own);
        own.iter()
            .filter(|(key, _)| key.name != AWS_MANAGED)
            .filter(|(_, cell)| matches!(cell.get(), Some(KeyAnswer::Denied(_))))
            .filter(|(key, _)| !matches!(lock(&self.others).get(*key), Some(KeyAnswer::Described(_))))
            .map(|(key, _)| (key.owner.clone(), key.region.clone()))
            .collect()
    }

    /// What is known of a repository's key, after everybody was asked.
    ///
    /// # Errors
    /// The fault that keeps the key from being known; it says nothing about the key.
    pub fn lookup(&self, repository: &Repository) -> Result<KeyLookup, AwsFault> {
        let Some(key) = KeyId::of(repository) else { return Ok(KeyLookup::NotNeeded) };
        let answers = self.own_answer(&key).into_iter().chain(lock(&self.others).get(&key).cloned()).collect();
        match KeyAnswer::best(answers) {
            KeyAnswer::Described(facts) => Ok(KeyLookup::Described(facts)),
            KeyAnswer::NotFound => Ok(KeyLookup::NotFound),
            KeyAnswer::NotFoundElsewhere => Ok(KeyLookup::NotFoundElsewhere),
            KeyAnswer::Failed(fault) => Err(fault),
            KeyAnswer::Denied(error_code) => {
                let aws_managed_key = if key.owner == repository.account_id && key.name != AWS_MANAGED {
                    self.aws_managed(&KeyId::aws_managed(&key.owner, &key.region))?
                } else {
                    AwsManagedKey::NotReadable
                };
                Ok(KeyLookup::Denied { error_code, aws_managed_key })
            }
        }
    }

    fn aws_managed(&self, key: &KeyId) -> Result<AwsManagedKey, AwsFault> {
        match self.own_answer(key) {
            Some(KeyAnswer::Described(facts)) => Ok(AwsManagedKey::Described(facts)),
            Some(KeyAnswer::NotFound) => Ok(AwsManagedKey::NotFound),
            Some(KeyAnswer::Failed(fault)) => Err(fault),
            Some(KeyAnswer::Denied(_) | KeyAnswer::NotFoundElsewhere) => Ok(AwsManagedKey::NotReadable),
            None => Err(AwsFault::other("kms:DescribeKey", "the scan was stopped before alias/aws/ecr was asked for")),
        }
    }
}
