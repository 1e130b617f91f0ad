//! Progress on a terminal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ecr_encryption_core::Status;
use indicatif::{ProgressBar, ProgressStyle};

use crate::reporter::Reporter;

/// A bar of targets, with counts beside it.
#[derive(Debug)]
pub struct TerminalProgress {
    bar: ProgressBar,
    accounts_found: AtomicU64,
    accounts_planned: AtomicU64,
    repositories: AtomicU64,
    gaps: AtomicU64,
}

impl TerminalProgress {
    /// Draws on standard error.
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} targets, {msg} [{elapsed}]") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        let zero = AtomicU64::default;
        Self { bar, accounts_found: zero(), accounts_planned: zero(), repositories: zero(), gaps: zero() }
    }

    fn show(&self) {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.bar.set_message(format!(
            "{}/{} accounts, {} repositories, {} not covered",
            value(&self.accounts_planned),
            value(&self.accounts_found),
            value(&self.repositories),
            value(&self.gaps),
        ));
    }
}

impl Default for TerminalProgress {
    fn default() -> Self {
        Self::new()
    }
}

impl Reporter for TerminalProgress {
    fn account_found(&self) {
        self.accounts_found.fetch_add(1, Ordering::Relaxed);
        self.show();
    }

    fn account_planned(&self, targets: usize) {
        self.accounts_planned.fetch_add(1, Ordering::Relaxed);
        self.bar.inc_length(targets as u64);
        self.show();
    }

    fn accounts_listed(&self) {}

    fn judged(&self, _status: Status) {}

    fn target_read(&self, repositories: u64) {
        self.repositories.fetch_add(repositories, Ordering::Relaxed);
        self.bar.inc(1);
        self.show();
    }

    fn gap(&self) {
        self.gaps.fetch_add(1, Ordering::Relaxed);
        self.show();
    }

    fn phase(&self, text: &'static str) {
        self.bar.set_message(text);
    }

    fn done(&self) {
        self.bar.finish_and_clear();
    }
}
