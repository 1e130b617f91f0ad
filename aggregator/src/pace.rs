//! The pace of all calls: how many at once, how many per second, and what becomes of those that AWS throws back.
//!
//! Every attempt of every call goes the same way: it waits for its own lane (account, Region and service), which has a rate
//! and rests when AWS asks for fewer requests; then for one of the permits of the whole run; and then it is sent. The
//! permit is held for as long as AWS takes to answer and no longer: neither the wait for another attempt nor that for
//! credentials keeps anybody from calling. So an account that is throttled slows down nothing but itself.

mod backoff;
mod concurrency;
mod fastest;
mod lane;
mod lanes;
mod level;
mod limiter;
mod lookup;
mod quota;
mod roles;
#[cfg(test)]
mod simulated;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use tokio::time::{Instant, sleep};

pub(crate) use backoff::wait as backoff;
pub use concurrency::Concurrency;
pub use lanes::LaneKey;
pub use lookup::PacedLookup;
pub use quota::Service;
pub use roles::PacedRoles;

use lane::Lane;
use lanes::Lanes;
use level::Answer;
use limiter::Limiter;

/// How calls are paced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// How many calls may be under way at once.
    pub concurrency: Concurrency,
    /// Requests per second to one service in one Region of one account; `None` for a careful share of each quota.
    pub max_rate: Option<u32>,
    /// How many attempts a call gets while it meets passing faults; at least one.
    pub attempts: u32,
}

/// Paces calls. Clones pace together.
#[derive(Debug, Clone)]
pub struct Pacer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    lanes: Lanes,
    limiter: Limiter,
    counter: CallCounter,
    attempts: AtomicU64,
    throttles: AtomicU64,
    retries: AtomicU64,
    resting: AtomicUsize,
}

/// How it goes, for whoever shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaceStats {
    /// Attempts so far, those under way included.
    pub attempts: u64,
    /// How many of them were throttled.
    pub throttles: u64,
    /// How many of them were retries.
    pub retries: u64,
    /// How many calls may be under way now.
    pub limit: usize,
    /// How many are.
    pub in_flight: usize,
    /// How many wait for their lane, and not for a permit.
    pub resting: usize,
}

impl Pacer {
    /// A pacer of calls that count in `counter`: their clients count the attempts, and the pacer which of them are retries.
    /// The clients must not retry by themselves.
    pub fn new(settings: Settings, counter: CallCounter) -> Self {
        Self(Arc::new(Inner {
            settings,
            lanes: Lanes::new(settings.max_rate),
            limiter: Limiter::new(settings.concurrency),
            counter,
            attempts: AtomicU64::new(0),
            throttles: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            resting: AtomicUsize::new(0),
        }))
    }

    /// How it goes. This reads a few atomics.
    pub fn stats(&self) -> PaceStats {
        let Inner { limiter, attempts, throttles, retries, resting, .. } = &*self.0;
        PaceStats {
            attempts: attempts.load(Ordering::Relaxed),
            throttles: throttles.load(Ordering::Relaxed),
            retries: retries.load(Ordering::Relaxed),
            limit: limiter.limit(),
            in_flight: limiter.in_flight(),
            resting: resting.load(Ordering::Relaxed),
        }
    }

    /// Calls with valid credentials, again where it meets passing faults, and again with new credentials where AWS says
    /// that they have expired. `send` makes one attempt, and is asked for another as often as there is one.
    ///
    /// # Errors
    /// Those of the credentials, and those of the call: passing faults after the last attempt, others at once.
    pub async fn call<T, F, R>(
        &self,
        key: LaneKey<'_>,
        credentials: &AccountCredentials,
        send: F,
    ) -> Result<T, AwsFault>
    where
        T: Send,
        F: Fn(Credentials) -> R + Send + Sync,
        R: Future<Output = Result<T, AwsFault>> + Send,
    {
        // Credentials are got before anything is waited for: an `AssumeRole` is a paced call of its own.
        let send = &send;
        credentials.call(move |credentials| self.attempts(key, send, credentials)).await
    }

    async fn attempts<T, F, R>(&self, key: LaneKey<'_>, send: &F, credentials: Credentials) -> Result<T, AwsFault>
    where
        F: Fn(Credentials) -> R + Sync,
        R: Future<Output = Result<T, AwsFault>> + Send,
    {
        let most = self.0.settings.attempts.max(1);
        let lane = self.0.lanes.lane(key);
        // A lane that throws back twice as many in a row as a call may try is given up by all who wait for it. Without that,
        // a thousand calls in one lane would each have to find out for themselves, at the pace of a lane at rest.
        let patience = lane.streak().saturating_add(most.saturating_mul(2));
        let mut number = 1;
        loop {
            let turn = self.at_rest(lane.turn(patience)).await?;
            let permit = self.0.limiter.permit().await;
            let sent_at = Instant::now();
            // The lane may have been asked to rest meanwhile.
            if !lane.is_open(sent_at) {
                continue;
            }
            drop(turn);
            self.0.attempts.fetch_add(1, Ordering::Relaxed);
            if number > 1 {
                self.0.retries.fetch_add(1, Ordering::Relaxed);
                self.0.counter.retried();
            }
            // The SDK's futures are large, and most calls wait: boxed, only those under way have one.
            let answer = Box::pin(send(credentials.clone())).await;
            self.learn(&lane, sent_at, answer.as_ref().err());
            drop(permit);
            match answer {
                Err(fault) if fault.kind.is_passing() && number < most => {
                    self.at_rest(sleep(backoff::wait(&fault, number))).await;
                }
                answer => return answer,
            }
            number += 1;
        }
    }

    /// Waits for what keeps nobody else from calling, and counts as waiting.
    async fn at_rest<T>(&self, wait: impl Future<Output = T>) -> T {
        struct Resting<'a>(&'a AtomicUsize);
        impl Drop for Resting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.0.resting.fetch_add(1, Ordering::Relaxed);
        let _until_then = Resting(&self.0.resting);
        wait.await
    }

    fn learn(&self, lane: &Lane, sent_at: Instant, fault: Option<&AwsFault>) {
        let now = Instant::now();
        let answer = match fault {
            None => Answer::Timed(lane.fastest.times(now.saturating_duration_since(sent_at))),
            Some(fault) if fault.kind == FaultKind::Throttled => Answer::Throttled,
            Some(_) => Answer::Other,
        };
        match fault {
            Some(fault) if fault.kind == FaultKind::Throttled => {
                self.0.throttles.fetch_add(1, Ordering::Relaxed);
                lane.throttled(sent_at, now, fault);
            }
            Some(fault) if fault.kind == FaultKind::Unavailable => {}
            _ => lane.answered(sent_at),
        }
        if let Some(pause) = fault.and_then(|fault| fault.retry_after) {
            lane.pause(now, pause);
        }
        self.0.limiter.learn(sent_at, now, answer, lane.account);
    }
}
