//! Keys that belong to other accounts than their users: asked for after everything was read.

use std::collections::BTreeSet;

use ecr_encryption_rule::keys::{KeyAnswer, KeyId};
use ecr_encryption_rule::lookup::Lookup;
use futures_util::{StreamExt, stream};

use super::{Scan, ScanError};
use crate::account::Account;

impl<L: Lookup + 'static> Scan<L> {
    pub(super) async fn foreign_keys(&self, may_ask: impl Fn(&Account) -> bool + Send) -> Result<(), ScanError> {
        let keys: Vec<(KeyId, BTreeSet<String>, bool)> = self
            .keys
            .foreign()
            .into_iter()
            .map(|(key, users)| {
                let ask_owner = key.owner == self.caller.account_id
                    || self
                        .ledger
                        .account(&key.owner)
                        .is_some_and(|owner| owner.inactive_state.is_none() && may_ask(&owner));
                (key, users, ask_owner)
            })
            .collect();
        stream::iter(keys)
            .for_each_concurrent(self.concurrency, |(key, users, ask_owner)| async move {
                if ask_owner {
                    self.describe_own(key.clone()).await;
                }
                if self.keys.is_open(&key) {
                    self.ask_users(&key, users).await;
                }
            })
            .await;
        // What nobody may describe has a lower bound by what the AWS-managed key is.
        stream::iter(self.keys.denied_to_their_own())
            .for_each_concurrent(self.concurrency, |(account_id, region)| async move {
                self.describe_own(KeyId::aws_managed(&account_id, &region)).await;
            })
            .await;
        Ok(())
    }

    /// Asks the accounts that use a key, in order, until one may describe it.
    async fn ask_users(&self, key: &KeyId, users: BTreeSet<String>) {
        let mut answers = Vec::new();
        for account_id in users {
            let access = self.access(&account_id, &key.region);
            let answer = KeyAnswer::of_other(self.lookup.key(&access, &key.name).await);
            let described = matches!(answer, KeyAnswer::Described(_));
            answers.push(answer);
            if described {
                break;
            }
        }
        self.keys.settle(key, answers);
    }
}
