//! All lanes in use.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::fastest::Fastest;
use super::lane::Lane;
use super::quota::Service;

/// Which lane a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LaneKey<'a> {
    /// The account whose quota the call counts against.
    pub account_id: &'a str,
    /// The Region; empty for a service that has none.
    pub region: &'a str,
    /// The service.
    pub service: Service,
}

/// Fewer lanes are not worth tidying.
const LEAST_TO_TIDY: usize = 1_024;

/// All lanes in use.
///
/// They are known by the hashes of their keys: looking one up allocates nothing, and two lanes that ever had the same hash
/// would share a pace and nothing else.
#[derive(Debug)]
pub(super) struct Lanes {
    max_rate: Option<u32>,
    hasher: RandomState,
    known: Mutex<Known>,
    fastest: Mutex<HashMap<u64, Arc<Fastest>>>,
}

#[derive(Debug)]
struct Known {
    lanes: HashMap<u64, Arc<Lane>>,
    /// With so many lanes they are tidied.
    tidy_at: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lanes {
    pub fn new(max_rate: Option<u32>) -> Self {
        let known = Known { lanes: HashMap::new(), tidy_at: LEAST_TO_TIDY };
        Self { max_rate, hasher: RandomState::new(), known: Mutex::new(known), fastest: Mutex::default() }
    }

    /// The lane with this key. Lanes are dropped after a while if nobody holds them and a new one would be no different,
    /// so that their number follows the calls under way and not the accounts of the organization.
    pub fn lane(&self, key: LaneKey<'_>) -> Arc<Lane> {
        let hash = self.hasher.hash_one(key);
        let now = Instant::now();
        let mut known = lock(&self.known);
        if let Some(lane) = known.lanes.get(&hash) {
            return Arc::clone(lane);
        }
        if known.lanes.len() >= known.tidy_at {
            known.lanes.retain(|_, lane| Arc::strong_count(lane) > 1 || !lane.is_as_new(now));
            // What a tidying costs is so borne by as many new lanes as it looks at.
            known.tidy_at = LEAST_TO_TIDY.max(2 * known.lanes.len());
        }
        let account = self.hasher.hash_one(key.account_id);
        let lane = Arc::new(Lane::new(account, self.fastest(key), key.service.quota(self.max_rate), now));
        known.lanes.insert(hash, Arc::clone(&lane));
        lane
    }

    fn fastest(&self, key: LaneKey<'_>) -> Arc<Fastest> {
        let hash = self.hasher.hash_one((key.region, key.service));
        Arc::clone(lock(&self.fastest).entry(hash).or_default())
    }

    /// How many there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        lock(&self.known).lanes.len()
    }
}
