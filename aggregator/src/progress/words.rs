//! Progress in words.

use std::time::Duration;

use super::Snapshot;
use super::forecast::Forecast;
use crate::report::number;

/// What is said of a snapshot, the most important first: a narrow terminal cuts off the rest.
pub(super) fn parts(now: &Snapshot, forecast: &Forecast) -> Vec<String> {
    let mut parts = Vec::new();
    if now.accounts_found > 0 {
        let more = if now.accounts_listed { "" } else { "+" };
        parts.push(format!("{} of {}{more} accounts", number(now.accounts_planned), number(now.accounts_found)));
    }
    if now.targets_found > 0 {
        let (targets, more) = Forecast::targets(now).map_or((now.targets_found, "+"), |targets| (targets, ""));
        parts.push(format!("{} of {}{more} Regions", number(now.targets_read), number(targets)));
    }
    if let Some(left) = forecast.left(now) {
        parts.push(format!("{} left", duration(left)));
    }
    if now.repositories > 0 {
        parts.push(format!("{} repositories", number(now.repositories)));
    }
    if now.non_compliant > 0 {
        parts.push(format!("{} do not comply", number(now.non_compliant)));
    }
    if now.not_covered > 0 {
        parts.push(format!("{} not covered", number(now.not_covered)));
    }
    if now.calls.throttles > 0 {
        parts.push(format!("{} throttled", number(now.calls.throttles)));
    }
    if let Some(rate) = forecast.targets_per_second().filter(|rate| *rate >= 0.1) {
        parts.push(format!("{rate:.1} Regions/s"));
    }
    parts
}

/// A duration as people say it: `40 s`, `3 min`, `2 h 10 min`.
pub(super) fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..90 => format!("{} s", seconds.max(1)),
        seconds @ 90..5_400 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}
