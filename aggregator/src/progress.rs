//! Progress of a scan: it is counted as it happens, which costs next to nothing, and shown now and then by a thread of its
//! own.

mod bar;
mod forecast;
mod json;
mod lines;
mod words;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use ecr_encryption_core::Status;

use crate::pace::PaceStats;
use crate::reporter::{Reporter, Watch};
use forecast::Forecast;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shown {
    /// A bar on a terminal, else a line now and then.
    Auto,
    /// A bar.
    Bar,
    /// A line every half minute.
    Lines,
    /// A line of JSON a second, for machines.
    Json,
    /// Not at all.
    None,
}

/// What has happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Snapshot {
    /// What is being done, in words.
    pub phase: &'static str,
    /// Since the scan began.
    pub elapsed: Duration,
    /// Accounts that are to be scanned.
    pub accounts_found: u64,
    /// Whether there will be no more of them.
    pub accounts_listed: bool,
    /// Accounts of which it is known which Regions are read, or that are lost.
    pub accounts_planned: u64,
    /// The targets of these.
    pub targets_found: u64,
    /// Those that were read, or lost.
    pub targets_read: u64,
    /// The repositories in them.
    pub repositories: u64,
    /// Those that are judged for good; the rest hangs on keys that are asked for at the end.
    pub judged: u64,
    /// Of these, those that are `NON_COMPLIANT`.
    pub non_compliant: u64,
    /// What could not be read and may hide repositories.
    pub not_covered: u64,
    /// What the calls are doing.
    pub calls: PaceStats,
}

/// Counts what happens.
#[derive(Default)]
struct Counts {
    phase: Mutex<&'static str>,
    accounts_found: AtomicU64,
    accounts_listed: AtomicBool,
    accounts_planned: AtomicU64,
    targets_found: AtomicU64,
    targets_read: AtomicU64,
    repositories: AtomicU64,
    judged: AtomicU64,
    non_compliant: AtomicU64,
    not_covered: AtomicU64,
    watch: OnceLock<Watch>,
}

impl Counts {
    fn snapshot(&self, elapsed: Duration) -> Snapshot {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Snapshot {
            phase: *self.phase.lock().unwrap_or_else(PoisonError::into_inner),
            elapsed,
            accounts_found: value(&self.accounts_found),
            accounts_listed: self.accounts_listed.load(Ordering::Relaxed),
            accounts_planned: value(&self.accounts_planned),
            targets_found: value(&self.targets_found),
            targets_read: value(&self.targets_read),
            repositories: value(&self.repositories),
            judged: value(&self.judged),
            non_compliant: value(&self.non_compliant),
            not_covered: value(&self.not_covered),
            calls: self.watch.get().map(|watch| watch()).unwrap_or_default(),
        }
    }
}

/// Shows what has happened so far.
trait Display: Send {
    /// How often it wants to show something.
    fn interval(&self) -> Duration;
    /// Shows it; `seconds_left` and `targets_per_second` where they can be told.
    fn show(&mut self, now: &Snapshot, forecast: &Forecast);
    /// The scan is over.
    fn end(&mut self, now: &Snapshot, forecast: &Forecast);
}

/// Progress that is being shown.
pub struct Progress {
    counts: Arc<Counts>,
    showing: Mutex<Option<(SyncSender<()>, JoinHandle<()>)>>,
}

impl Progress {
    /// Begins to show progress on standard error; `None` where nothing is to be shown. `Auto` is a bar on a terminal.
    pub fn begin(shown: Shown, is_terminal: bool) -> Option<Self> {
        let display: Box<dyn Display> = match shown {
            Shown::Bar => Box::new(bar::Bar::new()),
            Shown::Auto if is_terminal => Box::new(bar::Bar::new()),
            Shown::Auto | Shown::Lines => Box::new(lines::Lines),
            Shown::Json => Box::new(json::Json),
            Shown::None => return None,
        };
        Some(Self::with(display))
    }

    fn with(mut display: Box<dyn Display>) -> Self {
        let counts = Arc::new(Counts::default());
        let (sender, ended) = mpsc::sync_channel(1);
        let shown = Arc::clone(&counts);
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut forecast = Forecast::default();
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(display.interval()) {
                let now = shown.snapshot(began.elapsed());
                forecast.learn(&now);
                display.show(&now, &forecast);
            }
            display.end(&shown.snapshot(began.elapsed()), &forecast);
        });
        Self { counts, showing: Mutex::new(Some((sender, thread))) }
    }
}

impl Reporter for Progress {
    fn watches(&self, watch: Watch) {
        // There is one scan a process.
        let _first_one_stays = self.counts.watch.set(watch);
    }

    fn account_found(&self) {
        self.counts.accounts_found.fetch_add(1, Ordering::Relaxed);
    }

    fn accounts_listed(&self) {
        self.counts.accounts_listed.store(true, Ordering::Relaxed);
    }

    fn account_planned(&self, targets: usize) {
        self.counts.accounts_planned.fetch_add(1, Ordering::Relaxed);
        self.counts.targets_found.fetch_add(targets as u64, Ordering::Relaxed);
    }

    fn target_read(&self, repositories: u64) {
        self.counts.targets_read.fetch_add(1, Ordering::Relaxed);
        self.counts.repositories.fetch_add(repositories, Ordering::Relaxed);
    }

    fn judged(&self, status: Status, count: u64) {
        self.counts.judged.fetch_add(count, Ordering::Relaxed);
        if status == Status::NonCompliant {
            self.counts.non_compliant.fetch_add(count, Ordering::Relaxed);
        }
    }

    fn gap(&self) {
        self.counts.not_covered.fetch_add(1, Ordering::Relaxed);
    }

    fn phase(&self, text: &'static str) {
        *self.counts.phase.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    fn done(&self) {
        let showing = self.showing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sender, thread)) = showing {
            drop(sender);
            // What is shown last is shown before anything else is said.
            let _ended = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
