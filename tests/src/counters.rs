//! What is counted: calls, targets, outcomes, connections.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aws::Service;

/// The key of [`Counters::outcomes`] for calls that were answered as asked.
pub const OUTCOME_OK: &str = "ok";

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
    /// The most calls within any one second of one account in one Region, `{service: {operation: peak}}`.
    pub peaks: BTreeMap<String, BTreeMap<String, Peak>>,
    /// Credentials that the caller was given to renew its own.
    pub caller_credentials_issued: u64,
    /// CPU time of the process that the server is in, user and system, in microseconds.
    pub cpu_microseconds: u64,
    /// The most memory that was ever resident of this process, in bytes; 0 where that can't be read.
    pub peak_resident_bytes: u64,
}

/// The most calls of one operation within any one second, and whose they were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peak {
    /// Calls within one second.
    pub calls_per_second: u64,
    /// The account of the credentials.
    pub account: String,
    /// The Region that was called.
    pub region: String,
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

    /// The most calls of an operation that one account in one Region got within any one second.
    pub fn peak_of(&self, service: &str, operation: &str) -> u64 {
        let peak = self.peaks.get(service).and_then(|operations| operations.get(operation));
        peak.map_or(0, |peak| peak.calls_per_second)
    }

    /// Answers with this error code.
    pub fn outcome(&self, code: &str) -> u64 {
        self.outcomes.get(code).copied().unwrap_or_default()
    }

    /// The IAM actions that were called with the credentials of roles in other accounts than `caller`'s: all but those on
    /// Organizations and STS. `None` where `caller` called others with its own, which could not be told apart.
    pub fn actions_in_members(&self, caller: &str) -> Option<BTreeSet<String>> {
        let is_callers = |service: &str| ["organizations", "sts"].contains(&service);
        let own: u64 = self.targets.get(caller).into_iter().flat_map(BTreeMap::values).sum();
        let of_callers = self.calls.iter().filter(|(service, _)| is_callers(service));
        if own != of_callers.flat_map(|(_, operations)| operations.values()).sum::<u64>() {
            return None;
        }
        let actions =
            self.calls.iter().filter(|(service, _)| !is_callers(service)).flat_map(|(service, operations)| {
                let prefix =
                    if service == Service::Tagging.signing_name() { Service::Tagging.action_prefix() } else { service };
                operations.keys().map(move |operation| format!("{prefix}:{operation}"))
            });
        Some(actions.collect())
    }
}
