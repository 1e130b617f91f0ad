//! How fast a scan is, and how long it will take.

use std::time::Duration;

use super::Snapshot;

/// How much of the speed of the last seconds counts: after this long, what was before is worth half.
const HALF_LIFE: Duration = Duration::from_secs(10);
/// Before that, nothing is said.
const LEAST: Duration = Duration::from_secs(3);

/// Learns from one look at the counts to the next.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Forecast {
    seen: Option<(Duration, u64)>,
    rate: Option<f64>,
}

impl Forecast {
    /// Takes another look.
    pub(super) fn learn(&mut self, now: &Snapshot) {
        let Some((elapsed, read)) = self.seen.replace((now.elapsed, now.targets_read)) else { return };
        let seconds = now.elapsed.saturating_sub(elapsed).as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        let current = float(now.targets_read.saturating_sub(read)) / seconds;
        let weight = 0.5_f64.powf(seconds / HALF_LIFE.as_secs_f64());
        self.rate = Some(self.rate.map_or(current, |before| before * weight + current * (1.0 - weight)));
    }

    /// Targets a second.
    pub(super) fn targets_per_second(&self) -> Option<f64> {
        self.rate
    }

    /// All targets, as far as it can be told: accounts that are not planned yet count as the others on average.
    pub(super) fn targets(now: &Snapshot) -> Option<u64> {
        if !now.accounts_listed || now.accounts_planned == 0 {
            return None;
        }
        let open = u128::from(now.accounts_found.saturating_sub(now.accounts_planned));
        let expected = open * u128::from(now.targets_found) / u128::from(now.accounts_planned);
        Some(now.targets_found + u64::try_from(expected).unwrap_or(u64::MAX))
    }

    /// How long it will still take; `None` where that would be a guess.
    pub(super) fn left(&self, now: &Snapshot) -> Option<Duration> {
        let rate = self.rate.filter(|rate| *rate > 0.0)?;
        let left = Self::targets(now)?.saturating_sub(now.targets_read);
        if now.elapsed < LEAST || left == 0 {
            return None;
        }
        Duration::try_from_secs_f64(float(left) / rate).ok()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a forecast needs no more than 52 bits")]
fn float(count: u64) -> f64 {
    count as f64
}
