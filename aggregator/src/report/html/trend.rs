//! The runs that are kept, as figures.

use crate::history::manifest::Manifest;
use crate::report::phrase;

/// How many runs are shown as figures.
const RUNS: usize = 30;

/// A run of the trend.
pub(super) struct Point<'a> {
    pub(super) at: String,
    pub(super) share: String,
    pub(super) manifest: &'a Manifest,
}

/// The newest runs, the newest first; none where there is nothing to compare.
pub(super) fn points(trend: &[Manifest]) -> Vec<Point<'_>> {
    if trend.len() < 2 {
        return Vec::new();
    }
    trend
        .iter()
        .rev()
        .take(RUNS)
        .map(|manifest| Point {
            at: phrase::time(manifest.started_at),
            share: phrase::share(&manifest.by_status).unwrap_or_else(|| "none judged".to_owned()),
            manifest,
        })
        .collect()
}
