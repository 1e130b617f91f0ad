//! Rate limits: token buckets by calling account and Region.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use crate::aws::Operation;
use crate::organization::RateLimit;
use crate::world::{hash_numbers, hash_text};

/// The limits in force.
#[derive(Debug)]
pub struct RateLimits(Vec<Limited>);

#[derive(Debug)]
struct Limited {
    limit: RateLimit,
    /// By a hash of the account and the Region.
    buckets: Mutex<HashMap<u64, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl RateLimits {
    /// Limits with full buckets.
    pub fn new(limits: Vec<RateLimit>) -> Self {
        let limited = limits.into_iter().map(|limit| Limited { limit, buckets: Mutex::default() });
        Self(limited.collect())
    }

    /// Fills every bucket.
    pub fn reset(&self) {
        for limited in &self.0 {
            if let Ok(mut buckets) = limited.buckets.lock() {
                buckets.clear();
            }
        }
    }

    /// Takes the call's token from every bucket that concerns it.
    ///
    /// # Errors
    ///
    /// The first bucket is empty: the `Retry-After` of its description.
    pub fn admit(&self, operation: Operation, account: &str, region: &str) -> Result<(), Option<u64>> {
        let refusal = self
            .0
            .iter()
            .find(|limited| limited.concerns(operation, account, region) && !limited.take(account, region));
        refusal.map_or(Ok(()), |limited| Err(limited.limit.retry_after_seconds))
    }
}

impl Limited {
    fn concerns(&self, operation: Operation, account: &str, region: &str) -> bool {
        let limit = &self.limit;
        operation.matches(&limit.operation)
            && limit.account.as_deref().is_none_or(|known| known == account)
            && limit.region.as_deref().is_none_or(|known| known == region)
    }

    fn take(&self, account: &str, region: &str) -> bool {
        let Ok(mut buckets) = self.buckets.lock() else {
            return true;
        };
        let (now, burst, rate) = (Instant::now(), self.limit.burst, self.limit.requests_per_second);
        let full = |bucket: &Bucket| bucket.filled_at(now, rate) >= burst;
        if buckets.len() == buckets.capacity() {
            // A full bucket is as good as none; so only accounts that call now have one.
            buckets.retain(|_, bucket| !full(bucket));
        }
        let place = hash_numbers(&[hash_text(account), hash_text(region)]);
        let bucket = buckets.entry(place).or_insert(Bucket { tokens: burst, filled: now });
        bucket.tokens = bucket.filled_at(now, rate).min(burst);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

impl Bucket {
    fn filled_at(&self, now: Instant, rate: f64) -> f64 {
        self.tokens + now.duration_since(self.filled).as_secs_f64() * rate
    }
}
