//! The calls that a scan must make, worked out from what the organization contains and from nothing
//! that the scanner or the simulator has counted.

use std::collections::{BTreeMap, BTreeSet};

use integration_tests::{Counters, World};

/// The largest pages that AWS gives.
const ACCOUNTS_A_PAGE: usize = 20;
const REPOSITORIES_A_PAGE: usize = 1000;

/// Calls by service and operation.
#[derive(Debug)]
pub struct Expected {
    calls: BTreeMap<(&'static str, &'static str), u64>,
    /// Accounts, for the bounds.
    pub accounts: usize,
}

impl Expected {
    /// `⌈A/20⌉` pages of accounts, a role in each but the caller's own, a list of Regions of each,
    /// `⌈N/1000⌉` pages of repositories of each account and Region, one description of each key in use.
    /// And once a run: who asks, and the names of the root and of the units that accounts are in.
    pub fn of(world: &World) -> Self {
        let (mut pages, mut keys, mut units) = (0, BTreeSet::new(), BTreeSet::new());
        for account in world.accounts() {
            units.extend(world.lineage(account.organizational_unit.as_deref()).iter().map(|unit| unit.id.clone()));
            for (region, _) in world.regions(&account.id).iter().filter(|(_, status)| status.is_usable()) {
                pages += world.repository_count(&account.id, region).div_ceil(REPOSITORIES_A_PAGE).max(1);
                for repository in world.repositories(&account.id, region) {
                    if repository.encryption_type.as_deref() != Some("AES256") {
                        // Without a key it is under the AWS-managed one, which the account calls by its alias.
                        let default = || format!("{} {region}", account.id);
                        keys.insert(repository.kms_key.clone().unwrap_or_else(default));
                    }
                }
            }
        }
        let accounts = world.account_count();
        let calls = [
            (("organizations", "ListAccounts"), accounts.div_ceil(ACCOUNTS_A_PAGE)),
            (("sts", "AssumeRole"), accounts.saturating_sub(1)),
            (("account", "ListRegions"), accounts),
            (("ecr", "DescribeRepositories"), pages),
            (("kms", "DescribeKey"), keys.len()),
            (("sts", "GetCallerIdentity"), 1),
            (("organizations", "ListRoots"), 1),
            (("organizations", "DescribeOrganizationalUnit"), units.len()),
        ];
        let calls = calls.into_iter().map(|(operation, count)| (operation, count as u64));
        Self { calls: calls.filter(|(_, count)| *count > 0).collect(), accounts }
    }

    /// All calls.
    pub fn total(&self) -> u64 {
        self.calls.values().sum()
    }

    /// How many calls of an operation.
    pub fn calls_of(&self, service: &'static str, operation: &'static str) -> u64 {
        self.calls.get(&(service, operation)).copied().unwrap_or_default()
    }

    /// What the server counted differently, in words; nothing where all is equal.
    pub fn difference(&self, counters: &Counters) -> Vec<String> {
        let mut differences = Vec::new();
        for (service, operations) in &counters.calls {
            for (operation, count) in operations {
                if !self.calls.contains_key(&(service.as_str(), operation.as_str())) {
                    differences.push(format!("{service}:{operation} {count} times instead of never"));
                }
            }
        }
        for ((service, operation), expected) in &self.calls {
            let count = counters.calls_of(service, operation);
            if count != *expected {
                differences.push(format!("{service}:{operation} {count} times instead of {expected}"));
            }
        }
        differences
    }
}
