//! The keys of recorded repositories, found out without a role in any account: from the keys that AWS Config recorded, and
//! from KMS as the caller, which the key's policy may let describe it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use ecr_encryption_core::{KeyArn, KeyFacts, KeyReference};
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::keys::{AWS_MANAGED, KeyAnswer, KeyId};
use ecr_encryption_rule::lookup::{Access, Lookup};
use futures_util::{StreamExt, stream};

use super::client::Select;
use super::query;
use super::read::follow;
use super::row::Row;

/// How many keys may be asked for at once; their calls are paced by themselves.
const AT_ONCE: usize = 256;

/// Who asks KMS.
#[derive(Debug)]
pub struct KeyReader<'a, S, L> {
    /// What was recorded.
    pub select: &'a S,
    /// KMS.
    pub lookup: &'a L,
    /// The caller's credentials.
    pub credentials: &'a AccountCredentials,
    /// The caller's account.
    pub account_id: &'a str,
    /// The partition: `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// Whether the policy demands somewhere that a key's state is proved: then KMS is asked for every key, since what was
    /// recorded may have changed.
    pub prove_state: bool,
}

/// What was recorded of keys, and what kept some from being read.
#[derive(Debug, Default)]
struct Recorded {
    facts: BTreeMap<KeyId, KeyFacts>,
    faults: BTreeMap<KeyId, AwsFault>,
}

impl<S: Select, L: Lookup> KeyReader<'_, S, L> {
    /// What is known of `keys`, and of the AWS-managed key of every account that a lower bound hangs on.
    ///
    /// A key that neither AWS Config recorded nor the caller may describe is `Denied`. Its bound needs a proof that it is not
    /// the AWS-managed key: in another account than the caller's there is none, so that `alias/aws/ecr` counts as not
    /// readable.
    pub async fn answers(&self, keys: BTreeSet<KeyId>) -> Vec<(KeyId, KeyAnswer)> {
        let recorded = self.recorded(&keys).await;
        let recorded = &recorded;
        let mut answers: Vec<(KeyId, KeyAnswer)> = stream::iter(keys)
            .map(|key| async move {
                let answer = self.answer(&key, recorded).await;
                (key, answer)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let known: BTreeSet<KeyId> = answers.iter().map(|(key, _)| key.clone()).collect();
        let bounded: BTreeSet<KeyId> = answers
            .iter()
            .filter(|(key, answer)| matches!(answer, KeyAnswer::Denied(_)) && key.name != AWS_MANAGED)
            .map(|(key, _)| KeyId::aws_managed(&key.owner, &key.region))
            .filter(|managed| !known.contains(managed))
            .collect();
        for key in bounded {
            let answer = self.told(&key).await;
            answers.push((key, answer));
        }
        answers
    }

    async fn answer(&self, key: &KeyId, recorded: &Recorded) -> KeyAnswer {
        let facts = recorded.facts.get(key);
        match facts {
            Some(facts) if !self.prove_state => return KeyAnswer::Described(facts.clone()),
            _ => {}
        }
        match (self.told(key).await, facts, recorded.faults.get(key)) {
            // Nobody else than AWS Config tells.
            (KeyAnswer::Denied(_) | KeyAnswer::NotFoundElsewhere, Some(facts), _) => {
                KeyAnswer::Described(facts.clone())
            }
            // It may well have been recorded: from a query that failed nothing follows.
            (KeyAnswer::Denied(_) | KeyAnswer::NotFoundElsewhere, None, Some(fault)) => {
                KeyAnswer::Failed(fault.clone())
            }
            (answer, _, _) => answer,
        }
    }

    /// KMS's answer to the caller.
    async fn told(&self, key: &KeyId) -> KeyAnswer {
        let own = key.owner == self.account_id;
        if !own && key.name == AWS_MANAGED {
            return KeyAnswer::Denied("not asked: only its own account may describe it".to_owned());
        }
        // KMS counts a call against the caller, whoever owns the key.
        let access = Access {
            account_id: self.account_id.to_owned(),
            credentials: self.credentials.clone(),
            region: key.region.clone(),
        };
        if own {
            return KeyAnswer::of_owner(self.lookup.key(&access, &key.name).await);
        }
        // A name without an account is one of the caller's own keys to KMS, and not of the account that uses it.
        let KeyId { owner, region, name } = key;
        let arn = |resource: &str| format!("arn:{}:kms:{region}:{owner}:{resource}", self.partition);
        let name = match KeyReference::parse(name) {
            KeyReference::KeyId(id) => arn(&format!("key/{id}")),
            KeyReference::Alias(alias) => arn(&alias),
            KeyReference::Key(_) | KeyReference::AliasArn { .. } | KeyReference::Unreadable(_) => name.clone(),
        };
        KeyAnswer::of_other(self.lookup.key(&access, &name).await)
    }

    /// What AWS Config recorded of the keys that have an id: those in use and no others, many in a query.
    async fn recorded(&self, keys: &BTreeSet<KeyId>) -> Recorded {
        let mut by_region: BTreeMap<&str, BTreeMap<String, Vec<&KeyId>>> = BTreeMap::new();
        for key in keys {
            if let Some(id) = id_of(key) {
                by_region.entry(&key.region).or_default().entry(id).or_default().push(key);
            }
        }
        let recorded = Mutex::new(Recorded::default());
        let mut batches = Vec::new();
        for (region, by_id) in &by_region {
            let ids: Vec<String> = by_id.keys().cloned().collect();
            batches.extend(ids.chunks(query::KEYS_AT_ONCE).map(|ids| (*region, by_id, ids.to_vec())));
        }
        stream::iter(batches)
            .for_each_concurrent(AT_ONCE, |(region, by_id, ids)| {
                let recorded = &recorded;
                async move {
                    let mut found = Vec::new();
                    let read = follow(self.select, &query::keys(region, &ids), |text| {
                        found.extend(Row::parse(text, region)?.key()?);
                        Ok(())
                    })
                    .await;
                    let mut recorded = recorded.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    recorded.take(by_id, found);
                    if let Err(fault) = read {
                        let asked = ids.iter().filter_map(|id| by_id.get(id)).flatten();
                        recorded.faults.extend(asked.map(|key| ((*key).clone(), fault.clone())));
                    }
                }
            })
            .await;
        recorded.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Recorded {
    /// Keys of several accounts may have one id, as replicas of a multi-Region key have: it is the ARN that counts.
    fn take(&mut self, asked: &BTreeMap<String, Vec<&KeyId>>, found: Vec<(KeyArn, KeyFacts)>) {
        for (arn, facts) in found {
            for key in asked.get(&arn.key_id).into_iter().flatten() {
                let is_it = match KeyReference::parse(&key.name) {
                    KeyReference::Key(named) => named == arn,
                    _ => key.owner == arn.account_id && key.region == arn.region,
                };
                if is_it {
                    self.facts.insert((*key).clone(), facts.clone());
                }
            }
        }
    }
}

/// The id in a key's name; an alias tells none.
fn id_of(key: &KeyId) -> Option<String> {
    match KeyReference::parse(&key.name) {
        KeyReference::Key(arn) => Some(arn.key_id),
        KeyReference::KeyId(id) => Some(id),
        KeyReference::Alias(_) | KeyReference::AliasArn { .. } | KeyReference::Unreadable(_) => None,
    }
}

#[cfg(test)]
mod tests;
