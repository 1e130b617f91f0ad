//! Everything going wrong at once, the same way each time.

use serde::Deserialize;

use crate::world::{hash_numbers, hash_text};

/// What is drawn for what, so that draws are independent.
const DRAW_CALL: u64 = 1;
const DRAW_SLOW: u64 = 2;
const DRAW_DENIED: u64 = 3;

/// Faults by chance. What strikes the n-th call of an operation in an account and Region depends on the
/// seed and on these alone, so that neither the order of calls nor their number at once changes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Chaos {
    /// Another seed, another chaos.
    pub seed: u64,
    /// Of 1,000 calls, how many are throttled.
    pub throttles_per_mille: u64,
    /// Of 1,000 calls, how many end with status 500, or with 503 and a body that isn't AWS's.
    pub errors_per_mille: u64,
    /// Of 1,000 calls, how many are cut off in the middle of the answer's body.
    pub resets_per_mille: u64,
    /// Calls in a row, of one operation in one account and Region, that are struck at most.
    pub most_in_a_row: u64,
    /// Of 1,000 accounts, how many answer late.
    pub slow_accounts_per_mille: u64,
    /// How much later they answer.
    pub slow_milliseconds: u64,
    /// Of 1,000 accounts, how many can't be entered.
    pub denied_accounts_per_mille: u64,
}

impl Default for Chaos {
    fn default() -> Self {
        Self {
            seed: 1,
            throttles_per_mille: 200,
            errors_per_mille: 50,
            resets_per_mille: 20,
            most_in_a_row: 4,
            slow_accounts_per_mille: 20,
            slow_milliseconds: 200,
            denied_accounts_per_mille: 20,
        }
    }
}

/// What strikes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Struck {
    /// The service throttles.
    Throttle,
    /// Status 500 in the service's form.
    Error,
    /// Status 503 with a body that isn't AWS's.
    Http,
    /// The connection is reset in the middle of the body.
    ResetBody,
}

impl Chaos {
    /// Whether the account's role can't be assumed.
    pub fn is_denied(&self, account: &str) -> bool {
        self.draw(DRAW_DENIED, &[hash_text(account)]) % 1000 < self.denied_accounts_per_mille
    }

    /// Whether the account answers late.
    pub fn is_slow(&self, account: &str) -> bool {
        self.draw(DRAW_SLOW, &[hash_text(account)]) % 1000 < self.slow_accounts_per_mille
    }

    /// What strikes the call with this number, from 0, of those in a place: the hash of the account, the
    /// Region and the operation.
    pub(crate) fn strike(&self, place: u64, number: u64) -> Option<Struck> {
        let struck = self.drawn(place, number)?;
        let before = number.checked_sub(self.most_in_a_row);
        let row = before.is_some_and(|first| (first..number).all(|number| self.drawn(place, number).is_some()));
        (!row).then_some(struck)
    }

    fn drawn(&self, place: u64, number: u64) -> Option<Struck> {
        let draw = self.draw(DRAW_CALL, &[place, number]);
        let mut share = draw % 1000;
        for (per_mille, struck) in [
            (self.throttles_per_mille, Struck::Throttle),
            (self.errors_per_mille, if draw >> 32 & 1 == 0 { Struck::Error } else { Struck::Http }),
            (self.resets_per_mille, Struck::ResetBody),
        ] {
            match share.checked_sub(per_mille) {
                None => return Some(struck),
                Some(rest) => share = rest,
            }
        }
        None
    }

    fn draw(&self, purpose: u64, numbers: &[u64]) -> u64 {
        let seed = hash_numbers(&[self.seed, purpose]);
        hash_numbers(&[seed, hash_numbers(numbers)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_near_what_they_should_be_and_rows_are_short() {
        let chaos = Chaos::default();
        let (mut counts, mut row, mut longest) = ([0; 4], 0, 0);
        for place in 0..200 {
            row = 0;
            for number in 0..100 {
                match chaos.strike(place, number) {
                    Some(struck) => {
                        counts[struck as usize] += 1;
                        row += 1;
                        longest = longest.max(row);
                    }
                    None => row = 0,
                }
            }
        }
        assert!(row <= longest && longest <= 4, "{longest} in a row");
        let [throttles, errors, https, resets] = counts;
        // Of 20,000.
        assert!((3700..4200).contains(&throttles), "{throttles}");
        assert!((800..1100).contains(&(errors + https)) && errors > 300 && https > 300, "{errors} {https}");
        assert!((300..500).contains(&resets), "{resets}");
    }

    #[test]
    fn accounts_are_chosen_by_the_seed() {
        let chosen = |seed| {
            let chaos = Chaos { seed, ..Chaos::default() };
            (0..5000).filter(move |account| chaos.is_denied(&account.to_string())).collect::<Vec<_>>()
        };
        assert_eq!(chosen(1), chosen(1));
        assert_ne!(chosen(1), chosen(2));
        assert!((60..150).contains(&chosen(1).len()), "{}", chosen(1).len());
    }
}
