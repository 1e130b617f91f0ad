//! Which connections there are, and who may use one.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use http::uri::{Authority, Scheme};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Connection;

/// A connection that was not used for so long is not trusted any more, as with hyper's own pool.
const LONGEST_IDLE: Duration = Duration::from_secs(90);

/// How often those who wait for another host may be passed over before the first of them gets its turn.
const PATIENCE: usize = 64;

/// Where a connection leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub scheme: Scheme,
    pub authority: Authority,
}

/// The connections of a [`CappedHttpClient`](super::CappedHttpClient), in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connections {
    /// How many there are: in use, kept for later, and being opened.
    pub open: usize,
    /// The most that there ever were at once.
    pub most_open: usize,
    /// How many were opened since the start.
    pub opened: u64,
}

/// At most `limit` connections, whatever they lead to.
#[derive(Debug)]
pub struct Pool {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connections: Connections,
    /// Longest unused first.
    kept: VecDeque<Kept>,
    waiting: VecDeque<Waiting>,
    /// How often the first of `waiting` was passed over.
    passed_over: usize,
}

struct Kept {
    since: Instant,
    leased: Leased,
}

struct Waiting {
    origin: Origin,
    granted: oneshot::Sender<Grant>,
}

/// What somebody who wants to call gets.
pub enum Grant {
    /// A connection to the host, kept from an earlier call.
    Kept(Leased),
    /// The right to open one.
    Slot(Slot),
}

/// The right to have one connection; given back when it is dropped.
///
/// The pool holds slots with the connections it keeps, so a slot must not hold the pool.
pub struct Slot(Weak<Pool>);

/// A connection for one user. Dropped, it is closed.
pub struct Leased {
    origin: Origin,
    // Before the slot: a slot is free when the socket is closed.
    pub connection: Connection,
    slot: Slot,
}

impl Pool {
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), state: Mutex::default() }
    }

    pub fn connections(&self) -> Connections {
        self.state().connections
    }

    /// A kept connection to `origin`, else the right to open one, at the cost of the one that was not used for longest.
    pub async fn lease(self: &Arc<Self>, origin: &Origin) -> Grant {
        loop {
            let waiting = {
                let mut state = self.state();
                if let Some(grant) = state.take(origin) {
                    return grant;
                }
                if state.connections.open < self.limit {
                    state.connections.open += 1;
                    state.connections.most_open = state.connections.most_open.max(state.connections.open);
                    return Grant::Slot(Slot(Arc::downgrade(self)));
                }
                if let Some(longest_unused) = state.kept.pop_front() {
                    return Grant::Slot(longest_unused.leased.slot);
                }
                let (granted, waiting) = oneshot::channel();
                state.waiting.push_back(Waiting { origin: origin.clone(), granted });
                waiting
            };
            if let Ok(grant) = waiting.await {
                return grant;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The connection to `origin` that was used last: the likeliest to be open still.
    fn take(&mut self, origin: &Origin) -> Option<Grant> {
        let position = self.kept.iter().rposition(|kept| kept.leased.origin == *origin)?;
        let Kept { since, leased } = self.kept.remove(position)?;
        Some(if since.elapsed() < LONGEST_IDLE { Grant::Kept(leased) } else { Grant::Slot(leased.slot) })
    }

    /// Who may have a connection to `origin` next. It is worth passing over others for, but not for ever.
    fn next_for(&mut self, origin: &Origin) -> Option<Waiting> {
        self.waiting.retain(|waiting| !waiting.granted.is_closed());
        let reach = if self.passed_over < PATIENCE { self.waiting.len() } else { 1 };
        let position = self.waiting.iter().take(reach).position(|waiting| waiting.origin == *origin)?;
        self.passed_over = if position == 0 { 0 } else { self.passed_over + 1 };
        self.waiting.remove(position)
    }
}

impl Slot {
    /// A new connection to `origin` in this slot.
    pub fn lease(self, origin: Origin, connection: Connection) -> Leased {
        if let Some(pool) = self.0.upgrade() {
            pool.state().connections.opened += 1;
        }
        Leased { origin, connection, slot: self }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(pool) = self.0.upgrade() else { return };
        let mut state = pool.state();
        state.waiting.retain(|waiting| !waiting.granted.is_closed());
        if let Some(waiting) = state.waiting.pop_front() {
            state.passed_over = 0;
            drop(state);
            // Who goes away in this very moment drops the slot, which passes it on.
            let _ = waiting.granted.send(Grant::Slot(Self(self.0.clone())));
        } else {
            state.connections.open -= 1;
        }
    }
}

impl Leased {
    /// Keeps the connection for the next call to the same host, or lets somebody else have its slot.
    pub fn keep(self) {
        let Some(pool) = self.slot.0.upgrade() else { return };
        let mut state = pool.state();
        if let Some(waiting) = state.next_for(&self.origin) {
            drop(state);
            let _ = waiting.granted.send(Grant::Kept(self));
        } else if state.waiting.is_empty() {
            state.kept.push_back(Kept { since: Instant::now(), leased: self });
        } else {
            // Closed once nobody holds the lock: its slot takes it.
            drop(state);
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("State").field("connections", &self.connections).finish_non_exhaustive()
    }
}
