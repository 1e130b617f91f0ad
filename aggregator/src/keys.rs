//! The keys in use, each described once for the whole run.
//!
//! A key is described with the credentials of its own account, at once where that account uses it. Keys of other accounts
//! wait until everything was read: then their own account is asked, where the run can assume its role, and else the
//! accounts that use them, in order. So what is asked, and what comes of it, does not depend on who came first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecr_encryption_core::{AwsManagedKey, KeyLookup};
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::keys::{AWS_MANAGED, KeyAnswer, KeyId};
use tokio::sync::OnceCell;

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

    /// What is known of a key, as something of the account `account_id` has it, after everybody was asked.
    ///
    /// # Errors
    /// The fault that keeps the key from being known; it says nothing about the key.
    pub fn lookup(&self, account_id: &str, key: Option<KeyId>) -> Result<KeyLookup, AwsFault> {
        let Some(key) = key else { return Ok(KeyLookup::NotNeeded) };
        let (own, others) = (self.own_answer(&key), lock(&self.others).get(&key).cloned());
        let answers = match (own, others) {
            // An owner that cannot be entered is told as an account; of the key, the others know more.
            (Some(KeyAnswer::Failed(fault)), Some(others)) if !fault.kind.is_passing() => vec![others],
            (own, others) => own.into_iter().chain(others).collect(),
        };
        match KeyAnswer::best(answers) {
            KeyAnswer::Described(facts) => Ok(KeyLookup::Described(facts)),
            KeyAnswer::NotFound => Ok(KeyLookup::NotFound),
            KeyAnswer::NotFoundElsewhere => Ok(KeyLookup::NotFoundElsewhere),
            KeyAnswer::Failed(fault) => Err(fault),
            KeyAnswer::Denied(error_code) => {
                let aws_managed_key = if key.owner == account_id && key.name != AWS_MANAGED {
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
