//! Keys that belong to other accounts than their users: asked for after everything was read.

use std::collections::{BTreeMap, BTreeSet};

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::keys::{AWS_MANAGED, KeyAnswer, KeyId};
use ecr_encryption_rule::lookup::{Access, Lookup};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{Scan, ScanError, fatal};
use crate::account::{Account, AccountId};
use crate::journal::{Block, StoredAnswer, now};

/// How many keys may be asked for at once; their calls are bounded by themselves.
const AT_ONCE: usize = 512;

/// How many of the accounts that use a key are asked one after the other.
const ASKED_FIRST: usize = 4;
/// How many of the others are asked at once.
const USERS_AT_ONCE: usize = 64;
const KEY_ACTION: &str = "kms:DescribeKey";

/// A key with the accounts that use it.
type Used = (KeyId, BTreeSet<AccountId>);

impl<L: Lookup + 'static> Scan<L> {
    pub(super) async fn foreign_keys(&self, may_ask: impl Fn(&Account) -> bool + Send) -> Result<(), ScanError> {
        let mut by_owner: BTreeMap<String, Vec<Used>> = BTreeMap::new();
        for (key, users) in self.keys.take_foreign() {
            by_owner.entry(key.owner.clone()).or_default().push((key, users));
        }
        let may_ask = |owner: AccountId| {
            owner == self.caller_id
                || self
                    .ledger
                    .account(owner)
                    .is_some_and(|account| account.inactive_state.is_none() && may_ask(&account))
        };
        let owners: Vec<_> = by_owner
            .into_iter()
            .map(|(owner, keys)| {
                let owner = AccountId::parse(&owner);
                (owner, owner.is_some_and(may_ask), keys)
            })
            .collect();
        stream::iter(owners.into_iter().map(Ok::<_, ScanError>))
            .try_for_each_concurrent(AT_ONCE, |(owner, may_ask, keys)| self.keys_of(owner, may_ask, keys))
            .await?;
        // What nobody may describe has a lower bound by what the AWS-managed key is.
        stream::iter(self.keys.denied().into_iter().map(Ok::<_, ScanError>))
            .try_for_each_concurrent(AT_ONCE, |(account_id, region)| self.aws_managed(account_id, region))
            .await
    }

    /// Asks for keys of one account that others use.
    async fn keys_of(&self, owner: Option<AccountId>, may_ask: bool, keys: Vec<Used>) -> Result<(), ScanError> {
        // The owner may use them itself, and was asked then.
        let known = match owner {
            Some(owner) => self.journal.own_answers_of_session(owner)?,
            None => std::collections::HashMap::new(),
        };
        let open = keys.into_iter().map(|(key, users)| {
            let known = known.get(&key).cloned();
            async move {
                match (known, owner) {
                    (Some(answer), _) => self.keys.told_owner(key.clone(), answer),
                    (None, Some(owner)) if may_ask && !self.keys.was_told_owner(&key) => {
                        let answer =
                            KeyAnswer::of_owner(self.lookup.key(&self.access(owner, &key.region), &key.name).await);
                        end_if_fatal(&answer)?;
                        self.remember(owner, &key, &answer)?;
                        self.keys.told_owner(key.clone(), answer);
                    }
                    (None, _) => {}
                }
                if self.keys.is_open(&key) { self.ask_users(&key, users).await } else { Ok(()) }
            }
        });
        stream::iter(open).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Asks the accounts that use a key, in order, until one may describe it.
    async fn ask_users(&self, key: &KeyId, users: BTreeSet<AccountId>) -> Result<(), ScanError> {
        // Where the scan is stopped meanwhile, nothing follows from what the owner was told.
        self.keys.told_users(
            key,
            vec![KeyAnswer::Failed(AwsFault {
                kind: FaultKind::Unavailable,
                ..AwsFault::other(KEY_ACTION, "the scan was stopped before the accounts that use the key were asked")
            })],
        );
        // The first ones one after the other, as one that may is enough; if they may not, fifty thousand take long.
        let (first, rest): (Vec<_>, Vec<_>) =
            users.into_iter().enumerate().partition(|(index, _)| *index < ASKED_FIRST);
        let ask = |(_, account_id): (usize, AccountId)| async move {
            KeyAnswer::of_other(self.lookup.key(&self.access(account_id, &key.region), &key.name).await)
        };
        let mut asked =
            stream::iter(first).then(ask).chain(stream::iter(rest).map(ask).buffered(USERS_AT_ONCE)).boxed();
        let mut answers = Vec::new();
        while let Some(answer) = asked.next().await {
            end_if_fatal(&answer)?;
            let described = matches!(answer, KeyAnswer::Described(_));
            answers.push(answer);
            if described {
                break;
            }
        }
        drop(asked);
        self.keys.told_users(key, answers);
        Ok(())
    }

    /// Asks for `alias/aws/ecr`, where a key of the account may be described neither by the account nor by another.
    async fn aws_managed(&self, account_id: AccountId, region: String) -> Result<(), ScanError> {
        let own = self.journal.own_answers(account_id)?;
        let alias = KeyId::aws_managed(&account_id.to_string(), &region);
        let is_hidden = |(key, answer): (&KeyId, &KeyAnswer)| {
            key.region == region
                && key.name != AWS_MANAGED
                && matches!(answer, KeyAnswer::Denied(_))
                && !self.keys.is_described_to_others(key)
        };
        if own.contains_key(&alias) || !own.iter().any(is_hidden) {
            return Ok(());
        }
        let answer = KeyAnswer::of_owner(self.lookup.key(&self.access(account_id, &region), AWS_MANAGED).await);
        end_if_fatal(&answer)?;
        self.remember(account_id, &alias, &answer)?;
        if matches!(answer, KeyAnswer::Failed(_)) {
            self.keys.told_owner(alias, answer);
        }
        Ok(())
    }

    /// Keeps what an account was told about its own key, so that a later session need not ask.
    fn remember(&self, account_id: AccountId, key: &KeyId, answer: &KeyAnswer) -> Result<(), ScanError> {
        if let Some(stored) = StoredAnswer::of(answer) {
            let mut block = Block::new(account_id, key.region.clone(), now());
            block.own_keys.push((key.clone(), stored));
            self.journal.add(block, &[])?;
        }
        Ok(())
    }

    fn access(&self, account_id: AccountId, region: &str) -> Access {
        let credentials = self.credentials_of(account_id);
        Access { account_id: account_id.to_string(), credentials, region: region.to_owned() }
    }
}

fn end_if_fatal(answer: &KeyAnswer) -> Result<(), ScanError> {
    match answer {
        KeyAnswer::Failed(fault) => fatal(fault.clone()).map(drop),
        _ => Ok(()),
    }
}
