//! The keys in use, each described once for the whole run.
//!
//! A key is described with the credentials of its own account, at once where that account uses it; the answers of an
//! account go to the journal with its repositories ([`AccountKeys`]). Keys of other accounts wait until everything was
//! read: then their own account is asked, where the run can assume its role, and else the accounts that use them, in
//! order. So what is asked, and what comes of it, does not depend on who came first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecr_encryption_core::{AwsManagedKey, KeyLookup};
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::keys::{AWS_MANAGED, KeyAnswer, KeyId};
use tokio::sync::OnceCell;

use crate::account::AccountId;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The keys of one account that it uses itself, as long as it is being read.
#[derive(Debug, Default)]
pub struct AccountKeys(Mutex<HashMap<KeyId, Arc<OnceCell<KeyAnswer>>>>);

impl AccountKeys {
    /// The cell for the answer: whoever comes first asks, all others wait for the answer.
    pub fn cell(&self, key: &KeyId) -> Arc<OnceCell<KeyAnswer>> {
        let mut cells = lock(&self.0);
        if let Some(cell) = cells.get(key) {
            return cell.clone();
        }
        cells.entry(key.clone()).or_default().clone()
    }
}

/// What is known of keys beyond the accounts that own and use them.
#[derive(Debug, Default)]
pub struct KeyBook {
    /// The keys of other accounts, with the accounts that use them.
    users: Mutex<BTreeMap<KeyId, BTreeSet<AccountId>>>,
    /// Accounts and Regions where a key of the account's own may not be described.
    denied: Mutex<BTreeSet<(AccountId, String)>>,
    /// Answers to a key's own account, of keys that others use or that could not be asked for.
    owners: Mutex<HashMap<KeyId, KeyAnswer>>,
    /// What came of asking the accounts that use a key.
    others: Mutex<HashMap<KeyId, KeyAnswer>>,
}

impl KeyBook {
    /// Notes that an account uses another account's key.
    pub fn used_by(&self, key: &KeyId, account_id: AccountId) {
        let mut users = lock(&self.users);
        if let Some(accounts) = users.get_mut(key) {
            accounts.insert(account_id);
        } else {
            users.insert(key.clone(), [account_id].into());
        }
    }

    /// The keys that accounts other than their own use, with those accounts.
    pub fn take_foreign(&self) -> BTreeMap<KeyId, BTreeSet<AccountId>> {
        std::mem::take(&mut *lock(&self.users))
    }

    /// Notes that a key of the account's own may not be described there.
    pub fn denied_to_its_own(&self, account_id: AccountId, region: &str) {
        lock(&self.denied).insert((account_id, region.to_owned()));
    }

    /// Where keys may not be described by their own account, in order.
    pub fn denied(&self) -> Vec<(AccountId, String)> {
        lock(&self.denied).iter().cloned().collect()
    }

    /// Notes what a key's own account was told.
    pub fn told_owner(&self, key: KeyId, answer: KeyAnswer) {
        lock(&self.owners).insert(key, answer);
    }

    /// Whether the key's own account was asked, whatever came of it.
    pub fn was_told_owner(&self, key: &KeyId) -> bool {
        lock(&self.owners).contains_key(key)
    }

    /// Whether somebody else must be asked for this key, after its own account was or could not be.
    pub fn is_open(&self, key: &KeyId) -> bool {
        !lock(&self.owners).get(key).is_some_and(KeyAnswer::is_final)
    }

    /// Notes what the other accounts were told, in the order of asking.
    pub fn told_users(&self, key: &KeyId, answers: Vec<KeyAnswer>) {
        if !answers.is_empty() {
            lock(&self.others).insert(key.clone(), KeyAnswer::best(answers));
        }
    }

    /// Whether an account that uses the key, and is not its own, may describe it.
    pub fn is_described_to_others(&self, key: &KeyId) -> bool {
        matches!(lock(&self.others).get(key), Some(KeyAnswer::Described(_)))
    }

    /// What is known of a key, as something of the account `account_id` has it; `own` are the answers to that account about
    /// its own keys.
    ///
    /// # Errors
    /// The fault that keeps the key from being known; it says nothing about the key.
    pub fn lookup(
        &self,
        account_id: &str,
        key: Option<KeyId>,
        own: &HashMap<KeyId, KeyAnswer>,
    ) -> Result<KeyLookup, AwsFault> {
        let Some(key) = key else { return Ok(KeyLookup::NotNeeded) };
        let owner = self.owner_answer(&key, own);
        let others = lock(&self.others).get(&key).cloned();
        let answers = match (owner, others) {
            // An owner that cannot be entered is told as an account; of the key, the others know more.
            (Some(KeyAnswer::Failed(fault)), Some(others)) if !fault.kind.is_passing() => vec![others],
            (owner, others) => owner.into_iter().chain(others).collect(),
        };
        match KeyAnswer::best(answers) {
            KeyAnswer::Described(facts) => Ok(KeyLookup::Described(facts)),
            KeyAnswer::NotFound => Ok(KeyLookup::NotFound),
            KeyAnswer::NotFoundElsewhere => Ok(KeyLookup::NotFoundElsewhere),
            KeyAnswer::Failed(fault) => Err(fault),
            KeyAnswer::Denied(error_code) => {
                let aws_managed_key = if key.owner == account_id && key.name != AWS_MANAGED {
                    self.aws_managed(&KeyId::aws_managed(&key.owner, &key.region), own)?
                } else {
                    AwsManagedKey::NotReadable
                };
                Ok(KeyLookup::Denied { error_code, aws_managed_key })
            }
        }
    }

    fn owner_answer(&self, key: &KeyId, own: &HashMap<KeyId, KeyAnswer>) -> Option<KeyAnswer> {
        own.get(key).cloned().or_else(|| lock(&self.owners).get(key).cloned())
    }

    fn aws_managed(&self, key: &KeyId, own: &HashMap<KeyId, KeyAnswer>) -> Result<AwsManagedKey, AwsFault> {
        match self.owner_answer(key, own) {
            Some(KeyAnswer::Described(facts)) => Ok(AwsManagedKey::Described(facts)),
            Some(KeyAnswer::NotFound) => Ok(AwsManagedKey::NotFound),
            Some(KeyAnswer::Failed(fault)) => Err(fault),
            Some(KeyAnswer::Denied(_) | KeyAnswer::NotFoundElsewhere) => Ok(AwsManagedKey::NotReadable),
            None => Err(AwsFault::other("kms:DescribeKey", "the scan was stopped before alias/aws/ecr was asked for")),
        }
    }
}
