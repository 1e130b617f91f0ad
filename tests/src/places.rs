//! Calls by account and Region: how many, and how close together.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use crate::aws::{ALL_OPERATIONS, Operation};
use crate::counters::Peak;

/// What calls with unknown credentials are counted under.
const UNKNOWN: &str = "unknown";
/// How far apart calls are that don't count together.
const SECOND: Duration = Duration::from_secs(1);

/// Counts by account and Region. Some 200 bytes an account that has called, however many there are.
#[derive(Debug, Default)]
pub struct Places {
    regions: Vec<String>,
    /// By the account's number, and then by the position in `regions`.
    accounts: HashMap<u64, Vec<u32>>,
    recent: Recent,
    peaks: HashMap<Operation, (u32, u64, usize)>,
}

/// A call as the last second remembers it: the account's number, the Region, the operation.
type Key = (u64, usize, Operation);

/// The calls of the last second, however they fall into seconds of the clock.
#[derive(Debug, Default)]
struct Recent {
    calls: VecDeque<(Duration, Key)>,
    counts: HashMap<Key, u32>,
}

impl Recent {
    /// How many calls of the kind came within the second that ends with this one.
    fn count(&mut self, key: Key, now: Duration) -> u32 {
        while let Some((_, old)) = self.calls.pop_front_if(|(at, _)| now.saturating_sub(*at) >= SECOND) {
            if let Some(count) = self.counts.get_mut(&old) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&old);
                }
            }
        }
        self.calls.push_back((now, key));
        let count = self.counts.entry(key).or_default();
        *count += 1;
        *count
    }
}

impl Places {
    /// Counts a call. `now`: since the server began; never less than at the call before.
    pub fn count(&mut self, operation: Operation, account: Option<&str>, region: &str, now: Duration) {
        let account = number(account);
        let at = self.regions.iter().position(|known| known == region).unwrap_or_else(|| {
            self.regions.push(region.to_owned());
            self.regions.len() - 1
        });
        let counts = self.accounts.entry(account).or_default();
        if counts.len() <= at {
            counts.resize(at + 1, 0);
        }
        if let Some(count) = counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
        let count = self.recent.count((account, at, operation), now);
        let peak = self.peaks.entry(operation).or_default();
        if count > peak.0 {
            *peak = (count, account, at);
        }
    }

    /// All counts, `{account: {Region: n}}`.
    pub fn targets(&self) -> BTreeMap<String, BTreeMap<String, u64>> {
        let of_account = |counts: &Vec<u32>| {
            let named = self.regions.iter().zip(counts).filter(|(_, count)| **count > 0);
            named.map(|(region, count)| (region.clone(), u64::from(*count))).collect()
        };
        self.accounts.iter().map(|(account, counts)| (name(*account), of_account(counts))).collect()
    }

    /// The peak of each operation that was called.
    pub fn peaks(&self) -> impl Iterator<Item = (Operation, Peak)> + '_ {
        ALL_OPERATIONS.iter().filter_map(|operation| {
            let (count, account, region) = *self.peaks.get(operation)?;
            let region = self.regions.get(region).cloned().unwrap_or_default();
            Some((*operation, Peak { calls_per_second: u64::from(count), account: name(account), region }))
        })
    }
}

/// Twelve digits as a number; no account is number `u64::MAX`.
fn number(account: Option<&str>) -> u64 {
    account.and_then(|account| account.parse().ok()).unwrap_or(u64::MAX)
}

fn name(account: u64) -> String {
    if account == u64::MAX { UNKNOWN.to_owned() } else { format!("{account:012}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGION: &str = "eu-west-1";

    fn peak(places: &Places, operation: Operation) -> Option<Peak> {
        places.peaks().find(|(known, _)| *known == operation).map(|(_, peak)| peak)
    }

    #[test]
    fn calls_across_the_turn_of_a_second_count_together() {
        let mut places = Places::default();
        for milliseconds in [0, 900, 950, 999, 1000, 1899, 1901, 2999] {
            let now = Duration::from_millis(milliseconds);
            places.count(Operation::DescribeKey, Some("000000000042"), REGION, now);
        }
        // 900 to 1899; the call at 1901 finds that of 900 gone.
        let expected = Peak { calls_per_second: 5, account: "000000000042".to_owned(), region: REGION.to_owned() };
        assert_eq!(peak(&places, Operation::DescribeKey), Some(expected));
        assert_eq!(places.recent.calls.len(), 1);
        assert_eq!(places.recent.counts.len(), 1);
    }

    #[test]
    fn places_and_operations_are_counted_apart() {
        let mut places = Places::default();
        for account in [Some("111111111111"), Some("222222222222"), None] {
            for region in [REGION, "us-east-1"] {
                places.count(Operation::DescribeKey, account, region, Duration::ZERO);
                places.count(Operation::DescribeRepositories, account, region, Duration::ZERO);
            }
        }
        let targets = places.targets();
        assert_eq!(targets.keys().collect::<Vec<_>>(), ["111111111111", "222222222222", "unknown"]);
        assert!(targets.values().all(|regions| regions.values().all(|count| *count == 2) && regions.len() == 2));
        assert_eq!(peak(&places, Operation::DescribeKey).map(|peak| peak.calls_per_second), Some(1));
        assert_eq!(peak(&places, Operation::AssumeRole), None);
    }
}
