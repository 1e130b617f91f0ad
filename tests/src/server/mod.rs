//! The server: connections, and what all calls share.

mod admin;
mod answer;
mod call;
mod connection;
mod faults;
mod limits;

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::aws::{PageTokens, Session, Sessions};
use crate::organization::{Fault, Key};
use crate::services::{ConfigStore, SecurityHubStore};
use crate::tally::Tally;
use crate::world::{World, hash_numbers};
use faults::Faults;
use limits::RateLimits;

/// How long to wait when the operating system has no more descriptors for us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Everything that calls share.
#[derive(Debug)]
pub struct State {
    world: World,
    sessions: Sessions,
    page_tokens: PageTokens,
    faults: Faults,
    limits: RateLimits,
    tally: Tally,
    config: ConfigStore,
    security_hub: SecurityHubStore,
    key_states: Mutex<HashMap<String, String>>,
    /// How often the caller may still renew its credentials.
    renewals: Mutex<Option<u64>>,
    requests: AtomicU64,
}

impl State {
    /// A server of this world that nobody has called yet.
    pub fn new(world: World) -> Self {
        let organization = world.organization();
        Self {
            sessions: Sessions::new(organization.seed, organization.callers()),
            page_tokens: PageTokens::new(organization.seed),
            faults: Faults::new(organization.seed, organization.faults.clone(), organization.chaos.clone()),
            limits: RateLimits::new(organization.rate_limits.clone()),
            tally: Tally::new(),
            config: ConfigStore::new(&organization.config.rules),
            security_hub: SecurityHubStore::default(),
            key_states: Mutex::default(),
            renewals: Mutex::new(organization.caller.renewals),
            requests: AtomicU64::new(0),
            world,
        }
    }

    /// What the organization contains.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The credentials.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Makes and reads page tokens.
    pub fn page_tokens(&self) -> &PageTokens {
        &self.page_tokens
    }

    /// The counters.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What AWS Config was told.
    pub fn config(&self) -> &ConfigStore {
        &self.config
    }

    /// What Security Hub has.
    pub fn security_hub(&self) -> &SecurityHubStore {
        &self.security_hub
    }

    /// The key as it is now: as described, but for a state that was set since.
    pub fn key_now<'a>(&self, mut key: Cow<'a, Key>) -> Cow<'a, Key> {
        if let Ok(states) = self.key_states.lock()
            && !states.is_empty()
            && let Some(state) = states.get(&key.arn())
        {
            key.to_mut().state.clone_from(state);
        }
        key
    }

    /// Sets the state of the key with this ARN.
    pub fn set_key_state(&self, arn: &str, state: &str) {
        if let Ok(mut states) = self.key_states.lock() {
            states.insert(arn.to_owned(), state.to_owned());
        }
    }

    /// Fresh credentials for the caller, with their end in seconds since 1970; absent where it may
    /// renew them no more.
    pub fn renewed_caller(&self) -> Option<(Session, i64)> {
        let mut renewals = self.renewals.lock().ok()?;
        if let Some(left) = renewals.as_mut() {
            *left = left.checked_sub(1)?;
        }
        let lifetime = self.world.organization().caller.lifetime_seconds;
        let expires_at = jiff::Timestamp::now().as_second().saturating_add_unsigned(lifetime);
        let session = self.sessions.renew_caller(&self.world, expires_at)?;
        self.tally.caller_credentials_issued();
        Some((session, expires_at))
    }

    /// Lets the caller renew its credentials so often from now on; absent: always.
    pub fn set_renewals(&self, renewals: Option<u64>) {
        if let Ok(mut left) = self.renewals.lock() {
            *left = renewals;
        }
    }

    /// Forgets what has happened.
    pub fn reset(&self) {
        if let Ok(mut states) = self.key_states.lock() {
            states.clear();
        }
        self.set_renewals(self.world.organization().caller.renewals);
        self.tally.reset();
        self.config.reset();
        self.security_hub.reset();
        self.faults.reset();
        self.limits.reset();
    }

    /// Replaces the faults.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.faults.replace(faults);
    }

    fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Relaxed);
        let high = hash_numbers(&[number]);
        format!("{:08x}-{:04x}-4{:03x}-8000-{number:012x}", high >> 32, high >> 16 & 0xffff, high & 0xfff)
    }
}

/// Accepts connections until told to stop.
pub async fn serve(listener: TcpListener, state: Arc<State>, mut stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection::serve(stream, Arc::clone(&state)));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}
