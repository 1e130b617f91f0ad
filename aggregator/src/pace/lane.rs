//! A lane: one account, Region and service. What AWS says about its rate concerns nobody else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ecr_encryption_rule::aws::fault::AwsFault;
use tokio::time::{Instant, sleep_until};

use super::backoff;
use super::fastest::Fastest;
use super::quota::Quota;

/// No lane is slower than this, in requests per second: its pauses do the rest.
const LEAST_RATE: f64 = 1.0;

/// A lane that was slowed down is as good as new after this long without a request.
const FORGIVEN_AFTER: Duration = Duration::from_mins(1);

/// Over how many answers the share of throttled ones is taken.
const ANSWERS: u32 = 16;

/// A lane.
#[derive(Debug)]
pub(super) struct Lane {
    /// The account, for those who count accounts.
    pub account: u64,
    /// How fast this service can be in this Region.
    pub fastest: Arc<Fastest>,
    quota: Quota,
    /// Whoever holds it is the first in the line and waits for the lane; all others wait for him, in order.
    first: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

/// The right to send one request.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    _first: Option<tokio::sync::MutexGuard<'a, ()>>,
}

#[derive(Debug)]
struct State {
    /// Requests per second, now.
    rate: f64,
    /// How many requests may be sent at once.
    tokens: f64,
    filled_at: Instant,
    paused_until: Option<Instant>,
    slowed_at: Option<Instant>,
    /// How often in a row the lane was slowed down, with nothing but throttled answers.
    streak: u32,
    /// The share of throttled answers among the latest, and how many it stands for.
    share: f64,
    answers: u32,
    throttle: Option<Box<AwsFault>>,
}

impl Lane {
    pub fn new(account: u64, fastest: Arc<Fastest>, quota: Quota, now: Instant) -> Self {
        let state = State {
            rate: quota.rate,
            tokens: quota.burst,
            filled_at: now,
            paused_until: None,
            slowed_at: None,
            streak: 0,
            share: 0.0,
            answers: 0,
            throttle: None,
        };
        Self { account, fastest, quota, first: tokio::sync::Mutex::default(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often in a row the lane was slowed down.
    pub fn streak(&self) -> u32 {
        self.state().streak
    }

    /// Waits until the lane's rate and its pauses allow a request, first come, first served. The turn is to be held until
    /// the request is sent.
    ///
    /// # Errors
    /// The lane was slowed down `most` times in a row: then those who still wait are spared finding out one by one what all
    /// attempts before them have found out.
    pub async fn turn(&self, most: u32) -> Result<Turn<'_>, AwsFault> {
        let first = self.first.lock().await;
        loop {
            let ready_at = {
                let mut state = self.state();
                match &state.throttle {
                    Some(throttle) if state.streak >= most => return Err((**throttle).clone()),
                    _ => {}
                }
                match state.take(&self.quota, Instant::now()) {
                    Ok(()) => return Ok(Turn { _first: self.quota.keeps_line.then_some(first) }),
                    Err(ready_at) => ready_at,
                }
            };
            sleep_until(ready_at).await;
        }
    }

    /// Whether nobody has asked the lane to pause.
    pub fn is_open(&self, now: Instant) -> bool {
        self.state().paused_until.is_none_or(|until| until <= now)
    }

    /// An answer that was not throttled.
    pub fn answered(&self, sent_at: Instant) {
        let mut state = self.state();
        state.count(false);
        if state.is_outdated(sent_at) {
            return;
        }
        state.streak = 0;
        state.throttle = None;
        // In a second of full use: one request per second more, or a tenth, whichever is more.
        state.rate = (state.rate + (1.0 / state.rate).max(0.1)).min(self.quota.rate);
    }

    /// A throttled answer: half the rate, and a pause. The answers to what was sent before that say nothing new.
    pub fn throttled(&self, sent_at: Instant, now: Instant, fault: &AwsFault) {
        let mut state = self.state();
        state.count(true);
        if state.is_outdated(sent_at) || state.share < self.quota.tolerated_throttles {
            return;
        }
        state.streak = state.streak.saturating_add(1);
        state.throttle = Some(Box::new(fault.clone()));
        state.slowed_at = Some(now);
        state.rate = (state.rate / 2.0).max(LEAST_RATE.min(self.quota.rate));
        state.tokens = state.tokens.min(1.0);
        let pause = backoff::pause(state.streak);
        state.pause_until(now + pause);
    }

    /// AWS asks that nothing be sent for so long.
    pub fn pause(&self, now: Instant, pause: Duration) {
        self.state().pause_until(now + pause);
    }

    /// Whether a new lane would be no different.
    pub fn is_as_new(&self, now: Instant) -> bool {
        let state = self.state();
        let idle = now.saturating_duration_since(state.filled_at);
        let is_full = state.tokens + idle.as_secs_f64() * state.rate >= self.quota.burst;
        let is_slowed = state.rate < self.quota.rate && idle < FORGIVEN_AFTER;
        is_full && !is_slowed && state.paused_until.is_none_or(|until| until <= now)
    }

    /// Requests per second, now.
    #[cfg(test)]
    pub fn rate(&self) -> f64 {
        self.state().rate
    }
}

impl State {
    /// Takes a token, or tells when to come again.
    fn take(&mut self, quota: &Quota, now: Instant) -> Result<(), Instant> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Err(until);
        }
        let gained = now.saturating_duration_since(self.filled_at).as_secs_f64() * self.rate;
        // A lane that was slowed down has no burst of a faster one.
        self.tokens = (self.tokens + gained).min(quota.burst.min(self.rate).max(1.0));
        self.filled_at = now;
        // Rounding must not make anybody wait for a thousandth of a token.
        if self.tokens >= 0.999 {
            self.tokens = (self.tokens - 1.0).max(0.0);
            Ok(())
        } else {
            Err(now + Duration::from_secs_f64((1.0 - self.tokens) / self.rate))
        }
    }

    fn count(&mut self, throttled: bool) {
        self.answers = (self.answers + 1).min(ANSWERS);
        self.share += (f64::from(u8::from(throttled)) - self.share) / f64::from(self.answers);
    }

    /// Whether a request was sent before the lane was last slowed down.
    fn is_outdated(&self, sent_at: Instant) -> bool {
        self.slowed_at.is_some_and(|slowed_at| sent_at < slowed_at)
    }

    fn pause_until(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(Some(until));
    }
}

#[cfg(test)]
mod tests;
