//! Which fault strikes a call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use crate::aws::Operation;
use crate::organization::Fault;
use crate::world::{hash_numbers, hash_text};

/// The faults in force.
#[derive(Debug)]
pub struct Faults {
    seed: u64,
    active: RwLock<Arc<Vec<ActiveFault>>>,
}

/// A fault and how many calls it has seen of each account, Region and operation, by a hash of these.
#[derive(Debug)]
struct ActiveFault {
    fault: Fault,
    seen: Mutex<HashMap<u64, u32>>,
}

impl Faults {
    /// Faults that have not struck yet.
    pub fn new(seed: u64, faults: Vec<Fault>) -> Self {
        Self { seed, active: RwLock::new(activated(faults)) }
    }

    /// Replaces the faults.
    pub fn replace(&self, faults: Vec<Fault>) {
        if let Ok(mut active) = self.active.write() {
            *active = activated(faults);
        }
    }

    /// Forgets how often they have struck.
    pub fn reset(&self) {
        let faults = self.current();
        self.replace(faults.iter().map(|active| active.fault.clone()).collect());
    }

    /// The fault that strikes this call.
    pub fn strike(&self, operation: Operation, account: &str, region: &str) -> Option<Fault> {
        let active = self.current();
        active.iter().enumerate().find_map(|(index, active)| {
            let draw = |number| {
                hash_numbers(&[
                    self.seed,
                    index as u64,
                    operation as u64,
                    hash_text(account),
                    hash_text(region),
                    number,
                ])
            };
            active.strikes(operation, account, region, draw).then(|| active.fault.clone())
        })
    }

    fn current(&self) -> Arc<Vec<ActiveFault>> {
        self.active.read().map(|active| Arc::clone(&active)).unwrap_or_default()
    }
}

fn activated(faults: Vec<Fault>) -> Arc<Vec<ActiveFault>> {
    let active = faults.into_iter().map(|fault| ActiveFault { fault, seen: Mutex::default() });
    Arc::new(active.collect())
}

impl ActiveFault {
    fn strikes(&self, operation: Operation, account: &str, region: &str, draw: impl Fn(u64) -> u64) -> bool {
        let fault = &self.fault;
        let concerns = fault.operation.as_deref().is_none_or(|pattern| operation.matches(pattern))
            && fault.account.as_deref().is_none_or(|known| known == account)
            && fault.region.as_deref().is_none_or(|known| known == region);
        if !concerns {
            return false;
        }
        if fault.times.is_none() && fault.skip == 0 && fault.probability.is_none() {
            return true;
        }
        let Ok(mut seen) = self.seen.lock() else {
            return false;
        };
        let place = hash_numbers(&[hash_text(account), hash_text(region), operation as u64]);
        let count = seen.entry(place).or_default();
        let number = u64::from(*count);
        *count = count.saturating_add(1);
        let due = number >= fault.skip && fault.times.is_none_or(|times| number - fault.skip < times);
        due && fault.probability.is_none_or(|share| unit_interval(draw(number)) < share)
    }
}

/// A draw as a number from 0 to 1.
fn unit_interval(draw: u64) -> f64 {
    f64::from(u32::try_from(draw >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}
