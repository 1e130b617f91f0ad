//! Credentials in the account that an event is about.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use aws_types::SdkConfig;

use crate::aws::calls::CallCounter;
use crate::aws::credentials::{AccountCredentials, AssumedRole};
use crate::caller_client;

/// How many accounts' sessions are kept.
const CAPACITY: usize = 10_000;

/// The function's own credentials, and those of the roles that it has assumed.
#[derive(Debug)]
pub struct Accounts {
    own: AccountCredentials,
    sdk_config: SdkConfig,
    counter: CallCounter,
    sts: OnceLock<aws_sdk_sts::Client>,
    roles: Mutex<HashMap<String, AccountCredentials>>,
}

impl Accounts {
    /// `own` are the function's own credentials.
    pub fn new(own: AccountCredentials, sdk_config: SdkConfig, counter: CallCounter) -> Self {
        Self { own, sdk_config, counter, sts: OnceLock::new(), roles: Mutex::default() }
    }

    /// The function's own credentials.
    pub fn own(&self) -> AccountCredentials {
        self.own.clone()
    }

    /// The credentials of a role. It is assumed when they are first used, and again shortly before they expire.
    pub fn of_role(&self, role_arn: &str) -> AccountCredentials {
        let mut roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = roles.get(role_arn) {
            return credentials.clone();
        }
        if roles.len() >= CAPACITY {
            roles.clear();
        }
        let credentials = AccountCredentials::of_role(AssumedRole {
            sts: self.sts().clone(),
            role_arn: role_arn.to_owned(),
            external_id: None,
            session_name: "ecr-encryption-rule".to_owned(),
        });
        roles.insert(role_arn.to_owned(), credentials.clone());
        credentials
    }

    /// Forgets a role that was refused, so that the next event finds out whether it was put right.
    pub fn forget(&self, role_arn: &str) {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner).remove(role_arn);
    }

    fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| caller_client!(aws_sdk_sts, &self.sdk_config, self.counter))
    }
}
