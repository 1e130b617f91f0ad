//! The counters while the server runs.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

use crate::aws::{ALL_OPERATIONS, Operation};
use crate::counters::{Counters, OUTCOME_OK};
use crate::places::Places;

/// Counts everything.
#[derive(Debug)]
pub struct Tally {
    began: Instant,
    calls: Vec<AtomicU64>,
    places: Mutex<Places>,
    ok: AtomicU64,
    outcomes: Mutex<BTreeMap<String, u64>>,
    connections_opened: AtomicU64,
    connections: Gauge,
    requests: Gauge,
    caller_credentials: AtomicU64,
}

impl Tally {
    /// All zero.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            calls: ALL_OPERATIONS.iter().map(|_| AtomicU64::new(0)).collect(),
            places: Mutex::default(),
            ok: AtomicU64::new(0),
            outcomes: Mutex::default(),
            connections_opened: AtomicU64::new(0),
            connections: Gauge::default(),
            requests: Gauge::default(),
            caller_credentials: AtomicU64::new(0),
        }
    }

    /// Counts an attempt.
    pub fn call(&self, operation: Operation, account: Option<&str>, region: &str) {
        if let Some(counter) = self.calls.get(operation as usize) {
            counter.fetch_add(1, Relaxed);
        }
        if let Ok(mut places) = self.places.lock() {
            // Read under the lock, so that calls come in the order of their times.
            places.count(operation, account, region, self.began.elapsed());
        }
    }

    /// Counts an answer as asked for.
    pub fn succeeded(&self) {
        self.ok.fetch_add(1, Relaxed);
    }

    /// Counts another outcome.
    pub fn failed(&self, code: &str) {
        if let Ok(mut outcomes) = self.outcomes.lock() {
            match outcomes.get_mut(code) {
                Some(count) => *count += 1,
                None => drop(outcomes.insert(code.to_owned(), 1)),
            }
        }
    }

    /// Counts credentials that the caller was given.
    pub fn caller_credentials_issued(&self) {
        self.caller_credentials.fetch_add(1, Relaxed);
    }

    /// Counts a connection until [`connection_closed`](Self::connection_closed).
    pub fn connection_opened(&self) {
        self.connections_opened.fetch_add(1, Relaxed);
        self.connections.up();
    }

    /// The other end of [`connection_opened`](Self::connection_opened).
    pub fn connection_closed(&self) {
        self.connections.down();
    }

    /// Counts a call in flight until the guard is dropped.
    pub fn in_flight(&self) -> InFlight<'_> {
        self.requests.up();
        InFlight(&self.requests)
    }

    /// A snapshot.
    pub fn counters(&self) -> Counters {
        let mut counters = Counters {
            connections_opened: self.connections_opened.load(Relaxed),
            connections_open: self.connections.now.load(Relaxed),
            max_connections_open: self.connections.most.load(Relaxed),
            requests_in_flight: self.requests.now.load(Relaxed),
            max_requests_in_flight: self.requests.most.load(Relaxed),
            caller_credentials_issued: self.caller_credentials.load(Relaxed),
            cpu_microseconds: cpu_microseconds(),
            peak_resident_bytes: peak_resident_bytes(),
            ..Counters::default()
        };
        for (operation, count) in ALL_OPERATIONS.iter().zip(&self.calls) {
            let count = count.load(Relaxed);
            if count > 0 {
                let service = operation.service().signing_name().to_owned();
                let operations = counters.calls.entry(service).or_default();
                operations.insert(operation.name().to_owned(), count);
            }
        }
        if let Ok(places) = self.places.lock() {
            counters.targets = places.targets();
            for (operation, peak) in places.peaks() {
                let service = operation.service().signing_name().to_owned();
                counters.peaks.entry(service).or_default().insert(operation.name().to_owned(), peak);
            }
        }
        if let Ok(outcomes) = self.outcomes.lock() {
            counters.outcomes.clone_from(&outcomes);
        }
        let ok = self.ok.load(Relaxed);
        if ok > 0 {
            counters.outcomes.insert(OUTCOME_OK.to_owned(), ok);
        }
        counters
    }

    /// Back to zero; what is open or in flight stays counted, and the process's own use of the machine.
    pub fn reset(&self) {
        for counter in self.calls.iter().chain([&self.ok, &self.connections_opened, &self.caller_credentials]) {
            counter.store(0, Relaxed);
        }
        if let Ok(mut places) = self.places.lock() {
            *places = Places::default();
        }
        if let Ok(mut outcomes) = self.outcomes.lock() {
            outcomes.clear();
        }
        self.connections.restart();
        self.requests.restart();
    }
}

fn cpu_microseconds() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    seconds.unwrap_or(0) * 1_000_000 + nanoseconds.unwrap_or(0) / 1000
}

/// From Linux's `/proc`.
fn peak_resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// A number that goes up and down, and the highest that it was.
#[derive(Debug, Default)]
struct Gauge {
    now: AtomicU64,
    most: AtomicU64,
}

impl Gauge {
    fn up(&self) {
        let now = self.now.fetch_add(1, Relaxed) + 1;
        self.most.fetch_max(now, Relaxed);
    }

    fn down(&self) {
        self.now.fetch_sub(1, Relaxed);
    }

    fn restart(&self) {
        self.most.store(self.now.load(Relaxed), Relaxed);
    }
}

/// Counts a call in flight while it lives.
#[derive(Debug)]
pub struct InFlight<'a>(&'a Gauge);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.down();
    }
}
