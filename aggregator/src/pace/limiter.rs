//! The permits of all calls under way, first come, first served.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::concurrency::Concurrency;
use super::level::{Answer, Level, Sample};

/// Gives out permits, as many as its level allows.
#[derive(Debug)]
pub(super) struct Limiter {
    /// Tokio's semaphore serves those who wait in the order in which they came, and costs the others an atomic operation.
    permits: Semaphore,
    limit: AtomicUsize,
    /// How many permits are to be taken back as soon as they are returned.
    owed: AtomicUsize,
    in_flight: AtomicUsize,
    /// `None` where the user has said how many.
    level: Option<Mutex<Level>>,
}

/// One call under way.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Limiter);

impl Limiter {
    pub fn new(concurrency: Concurrency) -> Self {
        let level = match concurrency {
            Concurrency::Fixed(_) => None,
            Concurrency::Auto => {
                Some(Mutex::new(Level::new(concurrency.least()..=concurrency.most(), concurrency.initial())))
            }
        };
        Self {
            permits: Semaphore::new(concurrency.initial()),
            limit: AtomicUsize::new(concurrency.initial()),
            owed: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            level,
        }
    }

    /// Waits until another call may be under way.
    pub async fn permit(&self) -> Permit<'_> {
        // It is never closed, so this is always a permit; it is returned by hand, as it may be owed by then.
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Permit(self)
    }

    /// How many calls may be under way.
    pub fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// How many calls are under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Learns from a call that has just ended, whose permit is still held.
    pub fn learn(&self, sent_at: Instant, now: Instant, answer: Answer, account: u64) {
        let Some(level) = &self.level else { return };
        let sample = Sample {
            sent_at,
            answer,
            account,
            // What is returned goes straight to those who wait: as long as there are any, none is left over.
            at_level: self.permits.available_permits() == 0,
            is_settled: self.owed.load(Ordering::Relaxed) == 0,
        };
        let mut level = level.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(limit) = level.add(sample, now) {
            self.set(limit);
        }
    }

    /// Only ever called by whoever holds the level.
    fn set(&self, limit: usize) {
        let before = self.limit.swap(limit, Ordering::Relaxed);
        if let Some(fewer) = before.checked_sub(limit) {
            let taken = self.permits.forget_permits(fewer);
            self.owed.fetch_add(fewer - taken, Ordering::Relaxed);
        } else {
            (before..limit).for_each(|_| self.give());
        }
    }

    /// Gives a permit to the next, unless one is owed.
    fn give(&self) {
        let owed = self.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |owed| owed.checked_sub(1));
        if owed.is_err() {
            self.permits.add_permits(1);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.give();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::{JoinSet, yield_now};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_permit_is_lost_or_made() {
        let limiter = Arc::new(Limiter::new(Concurrency::Auto));
        let mut callers = JoinSet::new();
        for _ in 0..100 {
            let limiter = Arc::clone(&limiter);
            callers.spawn(async move {
                for _ in 0..50 {
                    let _permit = limiter.permit().await;
                    yield_now().await;
                }
            });
        }
        for limit in [9, 200, 8, 64, 8, 512, 33].repeat(20) {
            limiter.set(limit);
            yield_now().await;
        }
        // Who waits while the limit is low is served all the same.
        callers.join_all().await;
        let owed = limiter.owed.load(Ordering::Relaxed);
        assert_eq!((limiter.limit(), limiter.in_flight()), (33, 0));
        assert_eq!(limiter.permits.available_permits(), 33 + owed);
    }
}
