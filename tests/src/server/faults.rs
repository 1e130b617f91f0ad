//! Which fault strikes a call: the first of the description's, else what chaos has for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use crate::aws::Operation;
use crate::organization::{Chaos, Effect, Fault, Struck};
use crate::world::{hash_numbers, hash_text};

/// The faults in force.
#[derive(Debug)]
pub struct Faults {
    seed: u64,
    active: RwLock<Arc<Vec<ActiveFault>>>,
    chaos: Option<ActiveChaos>,
}

/// Chaos, and how many calls it has seen of each account, Region and operation, by a hash of these.
#[derive(Debug)]
struct ActiveChaos {
    chaos: Chaos,
    seen: Mutex<HashMap<u64, u32>>,
}

/// A fault and how many calls it has seen of each account, Region and operation, by a hash of these.
#[derive(Debug)]
struct ActiveFault {
    fault: Fault,
    seen: Mutex<HashMap<u64, u32>>,
}

impl Faults {
    /// Faults that have not struck yet.
    pub fn new(seed: u64, faults: Vec<Fault>, chaos: Option<Chaos>) -> Self {
        let chaos = chaos.map(|chaos| ActiveChaos { chaos, seen: Mutex::default() });
        Self { seed, active: RwLock::new(activated(faults)), chaos }
    }

    /// Replaces the faults.
    pub fn replace(&self, faults: Vec<Fault>) {
        if let Ok(mut active) = self.active.write() {
            *active = activated(faults);
        }
    }

    /// Forgets how often they have struck.
    pub fn reset(&self) {
        if let Some(mut seen) = self.chaos.as_ref().and_then(|active| active.seen.lock().ok()) {
            seen.clear();
        }
        let faults = self.current();
        self.replace(faults.iter().map(|active| active.fault.clone()).collect());
    }

    /// The fault that strikes this call.
    pub fn strike(&self, operation: Operation, account: &str, region: &str) -> Option<Fault> {
        let active = self.current();
        let described = active.iter().enumerate().find_map(|(index, active)| {
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
        });
        described.or_else(|| self.chaos.as_ref()?.strike(operation, account, region))
    }

    fn current(&self) -> Arc<Vec<ActiveFault>> {
        self.active.read().map(|active| Arc::clone(&active)).unwrap_or_default()
    }
}

fn activated(faults: Vec<Fault>) -> Arc<Vec<ActiveFault>> {
    let active = faults.into_iter().map(|fault| ActiveFault { fault, seen: Mutex::default() });
    Arc::new(active.collect())
}

impl ActiveChaos {
    fn strike(&self, operation: Operation, account: &str, region: &str) -> Option<Fault> {
        let chaos = &self.chaos;
        let place = place(operation, account, region);
        let struck = chaos.strike(place, next_number(&self.seen, place)?);
        let effect = match struck {
            Some(Struck::Throttle) => Effect::Throttle,
            Some(Struck::Error) => Effect::Error,
            Some(Struck::Http) => Effect::Http,
            Some(Struck::ResetBody) => Effect::ResetBody,
            None if operation == Operation::AssumeRole && chaos.is_denied(account) => Effect::Deny,
            None if chaos.is_slow(account) => Effect::Slow,
            None => return None,
        };
        let milliseconds = (effect == Effect::Slow).then_some(chaos.slow_milliseconds);
        Some(Fault { effect, milliseconds, ..Fault::default() })
    }
}

fn place(operation: Operation, account: &str, region: &str) -> u64 {
    hash_numbers(&[hash_text(account), hash_text(region), operation as u64])
}

/// The number of a call among those of its place, from 0.
fn next_number(seen: &Mutex<HashMap<u64, u32>>, place: u64) -> Option<u64> {
    let mut seen = seen.lock().ok()?;
    let count = seen.entry(place).or_default();
    let number = u64::from(*count);
    *count = count.saturating_add(1);
    Some(number)
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
        let Some(number) = next_number(&self.seen, place(operation, account, region)) else {
            return false;
        };
        let due = number >= fault.skip && fault.times.is_none_or(|times| number - fault.skip < times);
        due && fault.probability.is_none_or(|share| unit_interval(draw(number)) < share)
    }
}

/// A draw as a number from 0 to 1.
fn unit_interval(draw: u64) -> f64 {
    f64::from(u32::try_from(draw >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}
