//! Progress for machines: a line of JSON a second, and one at the end.

use std::io::Write;
use std::time::Duration;

use serde::Serialize;

use super::forecast::Forecast;
use super::{Display, Snapshot};

/// A line a second.
#[derive(Debug)]
pub(super) struct Json;

/// One line. Fields are only ever added.
#[derive(Debug, Serialize)]
struct Line<'a> {
    progress: &'a str,
    done: bool,
    elapsed_seconds: u64,
    seconds_left: Option<u64>,
    accounts_found: u64,
    accounts_listed: bool,
    accounts_planned: u64,
    targets_found: u64,
    targets_expected: Option<u64>,
    targets_read: u64,
    targets_per_second: Option<f64>,
    repositories: u64,
    judged: u64,
    non_compliant: u64,
    not_covered: u64,
    api_calls: u64,
    api_retries: u64,
    throttled: u64,
    concurrency: usize,
    in_flight: usize,
}

impl Display for Json {
    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn show(&mut self, now: &Snapshot, forecast: &Forecast) {
        let _closed = writeln!(std::io::stderr(), "{}", line(now, forecast, false));
    }

    fn end(&mut self, now: &Snapshot, forecast: &Forecast) {
        let _closed = writeln!(std::io::stderr(), "{}", line(now, forecast, true));
    }
}

pub(super) fn line(now: &Snapshot, forecast: &Forecast, done: bool) -> String {
    let line = Line {
        progress: now.phase,
        done,
        elapsed_seconds: now.elapsed.as_secs(),
        seconds_left: forecast.left(now).map(|left| left.as_secs()),
        accounts_found: now.accounts_found,
        accounts_listed: now.accounts_listed,
        accounts_planned: now.accounts_planned,
        targets_found: now.targets_found,
        targets_expected: Forecast::targets(now),
        targets_read: now.targets_read,
        targets_per_second: forecast.targets_per_second().map(|rate| (rate * 10.0).round() / 10.0),
        repositories: now.repositories,
        judged: now.judged,
        non_compliant: now.non_compliant,
        not_covered: now.not_covered,
        api_calls: now.calls.attempts,
        api_retries: now.calls.retries,
        throttled: now.calls.throttles,
        concurrency: now.calls.limit,
        in_flight: now.calls.in_flight,
    };
    serde_json::to_string(&line).unwrap_or_default()
}
