//! The credentials of the accounts, each got once. Those of an account that was read are kept for a while, because its keys
//! may be asked for again after everything was read; but not those of fifty thousand accounts.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use ecr_encryption_rule::aws::credentials::AccountCredentials;

use crate::account::AccountId;

/// How many accounts' credentials are kept beyond their use.
const KEPT: usize = 1_024;

/// The credentials that are at hand.
#[derive(Debug)]
pub struct Sessions {
    state: Mutex<State>,
    kept: usize,
}

#[derive(Debug, Default)]
struct State {
    credentials: HashMap<AccountId, AccountCredentials>,
    /// In the order in which they were made.
    order: VecDeque<AccountId>,
    /// Accounts whose keys others use: they will be asked again.
    needed: HashSet<AccountId>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { state: Mutex::default(), kept: KEPT }
    }
}

impl Sessions {
    /// The credentials of an account, made by `make` where they are not at hand.
    pub fn of(&self, account_id: AccountId, make: impl FnOnce() -> AccountCredentials) -> AccountCredentials {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = state.credentials.get(&account_id) {
            return credentials.clone();
        }
        let credentials = make();
        state.credentials.insert(account_id, credentials.clone());
        state.order.push_back(account_id);
        // Those that are needed get a second round each; where there are too many of them, a role is assumed once more.
        for _ in 0..self.kept {
            if state.order.len() <= self.kept {
                break;
            }
            let Some(oldest) = state.order.pop_front() else { break };
            if state.needed.contains(&oldest) {
                state.order.push_back(oldest);
            } else {
                state.credentials.remove(&oldest);
            }
        }
        credentials
    }

    /// The account will be asked for its keys after everything was read.
    pub fn needs(&self, account_id: AccountId) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.needed.len() < self.kept / 2 {
            state.needed.insert(account_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;

    use super::*;

    fn id(number: usize) -> AccountId {
        AccountId::parse(&format!("{number:012}")).unwrap()
    }

    fn make() -> AccountCredentials {
        let credentials = Credentials::new("AKID", "secret", None, None, "test");
        AccountCredentials::of_caller(SharedCredentialsProvider::new(credentials))
    }

    #[test]
    fn a_bounded_number_is_kept_and_those_that_are_needed_among_them() {
        let sessions = Sessions { state: Mutex::default(), kept: 10 };
        sessions.needs(id(3));
        for number in 0..1_000 {
            sessions.of(id(number), make);
            assert!(sessions.state.lock().unwrap().credentials.len() <= 11);
        }
        let at_hand = |number| {
            let mut made = false;
            sessions.of(id(number), || {
                made = true;
                make()
            });
            !made
        };
        assert!(at_hand(3));
        assert!(at_hand(999));
        assert!(!at_hand(4));
    }
}
