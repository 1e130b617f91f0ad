//! What KMS told lately. A Lambda instance serves many events; the same few keys are behind most of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::keys::{KeyAnswer, KeyId};

/// How long an answer is believed. Minutes, not hours: a key that was disabled must show soon, even where no event tells.
pub const LIFETIME: Duration = Duration::from_mins(5);
/// How many answers are kept.
pub const CAPACITY: usize = 10_000;

/// Who asked for which key: what one account may describe, another may not.
type Asked = (String, KeyId);

/// Answers about keys, with a bound and a lifetime.
#[derive(Debug, Default)]
pub struct KeyCache(Mutex<HashMap<Asked, (KeyAnswer, Instant)>>);

impl KeyCache {
    fn entries(&self) -> MutexGuard<'_, HashMap<Asked, (KeyAnswer, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer that `account_id` got about `key`, if it is not older than [`LIFETIME`] at `now`.
    pub fn get(&self, account_id: &str, key: &KeyId, now: Instant) -> Option<KeyAnswer> {
        let entries = self.entries();
        let (answer, at) = entries.get(&(account_id.to_owned(), key.clone()))?;
        (now.saturating_duration_since(*at) < LIFETIME).then(|| answer.clone())
    }

    /// Keeps an answer, unless it is a fault: that says nothing about the key.
    pub fn put(&self, account_id: &str, key: KeyId, answer: &KeyAnswer, now: Instant) {
        if matches!(answer, KeyAnswer::Failed(_)) {
            return;
        }
        let mut entries = self.entries();
        if entries.len() >= CAPACITY {
            entries.retain(|_, (_, at)| now.saturating_duration_since(*at) < LIFETIME);
        }
        if entries.len() >= CAPACITY {
            let oldest = entries.iter().min_by_key(|(_, (_, at))| *at).map(|(asked, _)| asked.clone());
            if let Some(oldest) = oldest {
                entries.remove(&oldest);
            }
        }
        entries.insert((account_id.to_owned(), key), (answer.clone(), now));
    }

    /// Forgets what `account_id` knows about the key with this id in `region`, which has changed. An alias may stand for it
    /// without that being known, so aliases are forgotten too.
    pub fn forget(&self, account_id: &str, region: &str, key_id: &str) {
        let is_it = |name: &str| name.rsplit('/').next() == Some(key_id);
        self.entries().retain(|(asker, key), (answer, _)| {
            asker != account_id
                || key.region != region
                || !(is_it(&key.name)
                    || key.name.contains("alias/")
                    || matches!(answer, KeyAnswer::Described(facts) if is_it(&facts.arn)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize, region: &str) -> KeyId {
        KeyId { owner: "111122223333".to_owned(), region: region.to_owned(), name: format!("key-{number}") }
    }

    #[test]
    fn answers_live_for_minutes_and_for_the_account_that_asked() {
        let cache = KeyCache::default();
        let now = Instant::now();
        cache.put("111122223333", key(1, "eu-west-1"), &KeyAnswer::NotFound, now);
        let get = |account: &str, at| cache.get(account, &key(1, "eu-west-1"), at);
        assert_eq!(get("111122223333", now), Some(KeyAnswer::NotFound));
        assert_eq!(get("444455556666", now), None);
        assert_eq!(get("111122223333", now + LIFETIME), None);
    }

    #[test]
    fn faults_are_not_kept() {
        let cache = KeyCache::default();
        let now = Instant::now();
        let fault = KeyAnswer::Failed(crate::aws::fault::AwsFault::other("kms:DescribeKey", "throttled"));
        cache.put("111122223333", key(1, "eu-west-1"), &fault, now);
        assert_eq!(cache.get("111122223333", &key(1, "eu-west-1"), now), None);
    }

    #[test]
    fn a_changed_key_drops_what_is_known_of_it() {
        let cache = KeyCache::default();
        let now = Instant::now();
        for region in ["eu-west-1", "us-east-1"] {
            cache.put("111122223333", key(1, region), &KeyAnswer::NotFound, now);
        }
        cache.put("111122223333", key(2, "eu-west-1"), &KeyAnswer::NotFound, now);
        cache.forget("111122223333", "eu-west-1", "key-1");
        assert_eq!(cache.get("111122223333", &key(2, "eu-west-1"), now), Some(KeyAnswer::NotFound));
        assert_eq!(cache.get("111122223333", &key(1, "eu-west-1"), now), None);
        assert_eq!(cache.get("111122223333", &key(1, "us-east-1"), now), Some(KeyAnswer::NotFound));
    }

    #[test]
    fn there_is_a_bound_and_the_oldest_goes_first() {
        let cache = KeyCache::default();
        let now = Instant::now();
        for number in 0..=CAPACITY {
            cache.put(
                "111122223333",
                key(number, "eu-west-1"),
                &KeyAnswer::NotFound,
                now + Duration::from_micros(number as u64),
            );
        }
        assert_eq!(cache.entries().len(), CAPACITY);
        assert_eq!(cache.get("111122223333", &key(0, "eu-west-1"), now), None);
        assert!(cache.get("111122223333", &key(CAPACITY, "eu-west-1"), now).is_some());
    }
}
