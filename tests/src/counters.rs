//! What is counted: calls, targets, outcomes, connections.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

use crate::aws::{ALL_OPERATIONS, Operation};
use crate::world::hash_text;

/// The key of [`Counters::outcomes`] for calls that were answered as asked.
pub const OUTCOME_OK: &str = "ok";

const SHARDS: usize = 64;

/// A snapshot of everything counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Attempts received, `{service: {operation: n}}`; services by their signing name.
    pub calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// Attempts received, `{account of the credentials: {Region: n}}`; unknown credentials: account `unknown`.
    pub targets: BTreeMap<String, BTreeMap<String, u64>>,
    /// Answers by error code; `ok` for success, `reset`, `hang` … for faults without an answer.
    pub outcomes: BTreeMap<String, u64>,
    /// Connections accepted.
    pub connections_opened: u64,
    /// Connections open now.
    pub connections_open: u64,
    /// Most connections open at one time.
    pub max_connections_open: u64,
    /// Calls being answered now.
    pub requests_in_flight: u64,
    /// Most calls being answered at one time.
    pub max_requests_in_flight: u64,
}

impl Counters {
    /// Attempts of one operation, for example `("sts", "AssumeRole")`.
    pub fn calls_of(&self, service: &str, operation: &str) -> u64 {
        self.calls.get(service).and_then(|operations| operations.get(operation)).copied().unwrap_or_default()
    }

    /// Attempts of every operation.
    pub fn total_calls(&self) -> u64 {
        self.calls.values().flat_map(BTreeMap::values).sum()
    }

    /// Attempts with an account's credentials in a Region.
    pub fn calls_in(&self, account: &str, region: &str) -> u64 {
        self.targets.get(account).and_then(|regions| regions.get(region)).copied().unwrap_or_default()
    }

    /// Answers with this error code.
    pub fn outcome(&self, code: &str) -> u64 {
        self.outcomes.get(code).copied().unwrap_or_default()
    }
}

type Targets = HashMap<String, HashMap<String, u64>>;

/// The counters while the server runs.
#[derive(Debug)]
pub struct Tally {
    calls: Vec<AtomicU64>,
    targets: Vec<Mutex<Targets>>,
    ok: AtomicU64,
    outcomes: Mutex<BTreeMap<String, u64>>,
    connections_opened: AtomicU64,
    connections: Gauge,
    requests: Gauge,
}

impl Tally {
    /// All zero.
    pub fn new() -> Self {
        Self {
            calls: ALL_OPERATIONS.iter().map(|_| AtomicU64::new(0)).collect(),
            targets: (0..SHARDS).map(|_| Mutex::default()).collect(),
            ok: AtomicU64::new(0),
            outcomes: Mutex::default(),
            connections_opened: AtomicU64::new(0),
            connections: Gauge::default(),
            requests: Gauge::default(),
        }
    }

    /// Counts an attempt.
    pub fn call(&self, operation: Operation, account: Option<&str>, region: &str) {
        if let Some(counter) = self.calls.get(operation as usize) {
            counter.fetch_add(1, Relaxed);
        }
        let account = account.unwrap_or("unknown");
        let shard = usize::try_from(hash_text(account)).unwrap_or(0) % SHARDS;
        let Some(mut targets) = self.targets.get(shard).and_then(|shard| shard.lock().ok()) else {
            return;
        };
        match targets.get_mut(account).map(|regions| regions.get_mut(region).map(|count| *count += 1)) {
            Some(Some(())) => {}
            _ => {
                *targets.entry(account.to_owned()).or_default().entry(region.to_owned()).or_default() += 1;
            }
        }
    }

    /// Counts an answer as asked for.
    pub fn succeeded(&self) {
        self.ok.fetch_add(1, Relaxed);
    }

    /// Counts another outcome.
    pub fn failed(&self, code: &str) {
        if let Ok(mut outcomes) = self.outcomes.lock() {
            *outcomes.entry(code.to_owned()).or_default() += 1;
        }
    }

    /// Counts a connection until the guard is dropped.
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
        for shard in &self.targets {
            if let Ok(targets) = shard.lock() {
                counters.targets.extend(targets.iter().map(|(account, regions)| {
                    let regions = regions.iter().map(|(region, n)| (region.clone(), *n));
                    (account.clone(), regions.collect())
                }));
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

    /// Back to zero; what is open or in flight stays counted.
    pub fn reset(&self) {
        for counter in self.calls.iter().chain([&self.ok]) {
            counter.store(0, Relaxed);
        }
        for shard in &self.targets {
            if let Ok(mut targets) = shard.lock() {
                targets.clear();
            }
        }
        if let Ok(mut outcomes) = self.outcomes.lock() {
            outcomes.clear();
        }
        self.connections_opened.store(0, Relaxed);
        self.connections.restart();
        self.requests.restart();
    }
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
