//! Progress as a bar on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::forecast::Forecast;
use super::{Display, Snapshot, words};

/// A bar of targets, with counts beside it; it goes when the scan is over.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Draws on standard error.
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(1);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:20} {wide_msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Display for Bar {
    fn interval(&self) -> Duration {
        Duration::from_millis(250)
    }

    fn show(&mut self, now: &Snapshot, forecast: &Forecast) {
        // Of nothing, nothing is done: else the bar would begin full.
        self.0.set_length(Forecast::targets(now).unwrap_or(now.targets_found).max(1));
        self.0.set_position(now.targets_read);
        let is_scanning = now.accounts_found > 0 && (!now.accounts_listed || now.targets_read < now.targets_found);
        let message = if is_scanning { words::parts(now, forecast).join(", ") } else { now.phase.to_owned() };
        self.0.set_message(message);
        self.0.tick();
    }

    fn end(&mut self, _now: &Snapshot, _forecast: &Forecast) {
        self.0.finish_and_clear();
    }
}
