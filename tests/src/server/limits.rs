//! Rate limits: token buckets by calling account and Region.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use crate::aws::Operation;
use crate::organization::RateLimit;

/// The limits in force.
#[derive(Debug)]
pub struct RateLimits(Vec<Limited>);

#[derive(Debug)]
struct Limited {
    limit: RateLimit,
    buckets: Mutex<HashMap<(String, String), Bucket>>,
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

    /// Whether the call may pass every limit that concerns it.
    pub fn admit(&self, operation: Operation, account: &str, region: &str) -> bool {
        self.0.iter().all(|limited| !limited.concerns(operation, account, region) || limited.take(account, region))
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
        let now = Instant::now();
        let bucket = buckets
            .entry((account.to_owned(), region.to_owned()))
            .or_insert(Bucket { tokens: self.limit.burst, filled: now });
        let gained = now.duration_since(bucket.filled).as_secs_f64() * self.limit.requests_per_second;
        bucket.tokens = (bucket.tokens + gained).min(self.limit.burst);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}
