//! How fast a service can be in a Region.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Nothing is taken for faster than this: below, it is the machine that is measured and not AWS.
const LEAST: Duration = Duration::from_millis(2);

/// The shortest time to an answer so far.
#[derive(Debug)]
pub(super) struct Fastest(AtomicU64);

impl Default for Fastest {
    fn default() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }
}

impl Fastest {
    /// How many times longer than the fastest answer this one took; the fastest may be this one.
    pub fn times(&self, took: Duration) -> f64 {
        let took = took.max(LEAST);
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let fastest = self.0.fetch_min(microseconds, Ordering::Relaxed).min(microseconds);
        took.as_secs_f64() / Duration::from_micros(fastest).as_secs_f64()
    }
}
