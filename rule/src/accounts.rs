//! Credentials in the account that an event is about.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_types::SdkConfig;

use crate::aws::calls::CallCounter;
use crate::aws::credentials::AccountCredentials;
use crate::aws::roles::Roles;
use crate::shared_client;

/// How many accounts' sessions are kept.
const CAPACITY: usize = 10_000;

/// The function's own credentials, and those of the roles that it has assumed.
#[derive(Debug)]
pub struct Accounts {
    own: AccountCredentials,
    sdk_config: SdkConfig,
    counter: CallCounter,
    roles: OnceLock<Arc<Roles>>,
    sessions: Mutex<HashMap<String, AccountCredentials>>,
}

impl Accounts {
    /// `own` are the function's own credentials.
    pub fn new(own: AccountCredentials, sdk_config: SdkConfig, counter: CallCounter) -> Self {
        Self { own, sdk_config, counter, roles: OnceLock::new(), sessions: Mutex::default() }
    }

    /// The function's own credentials.
    pub fn own(&self) -> AccountCredentials {
        self.own.clone()
    }

    /// The credentials of a role. It is assumed when they are first used, and again shortly before they expire.
    pub fn of_role(&self, role_arn: &str) -> AccountCredentials {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = sessions.get(role_arn) {
            return credentials.clone();
        }
        if sessions.len() >= CAPACITY {
            sessions.clear();
        }
        let credentials = AccountCredentials::of_role(self.roles(), role_arn.to_owned());
        sessions.insert(role_arn.to_owned(), credentials.clone());
        credentials
    }

    /// Forgets a role that was refused, so that the next event finds out whether it was put right.
    pub fn forget(&self, role_arn: &str) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(role_arn);
    }

    fn roles(&self) -> Arc<Roles> {
        let roles = self.roles.get_or_init(|| {
            Arc::new(Roles {
                sts: shared_client!(aws_sdk_sts, &self.sdk_config, self.counter),
                caller: self.own.clone(),
                external_id: None,
                session_name: "ecr-encryption-rule".to_owned(),
            })
        });
        Arc::clone(roles)
    }
}
