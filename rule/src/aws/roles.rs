//! Sessions of roles in other accounts.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use futures_util::future::BoxFuture;

use crate::aws::credentials::AccountCredentials;
use crate::aws::fault::AwsFault;
use crate::call_config;

/// Assumes roles. What it takes besides the role is its own: a client, the caller, an external id, a pace.
pub trait RoleSource: fmt::Debug + Send + Sync {
    /// A new session of a role.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn assume<'a>(&'a self, role_arn: &'a str) -> BoxFuture<'a, Result<Credentials, AwsFault>>;
}

/// Assumes roles as a caller, with nothing but the SDK's own retries.
#[derive(Debug, Clone)]
pub struct Roles {
    /// The STS client: one whose credentials come with each call.
    pub sts: aws_sdk_sts::Client,
    /// Who assumes the roles.
    pub caller: AccountCredentials,
    /// What the roles' trust policies may ask for.
    pub external_id: Option<String>,
    /// The name of the sessions, which `CloudTrail` shows.
    pub session_name: String,
}

impl Roles {
    /// Assumes a role with these credentials of the caller's.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn assume_with(&self, caller: Credentials, role_arn: &str) -> Result<Credentials, AwsFault> {
        const ACTION: &str = "sts:AssumeRole";
        let answer = self
            .sts
            .assume_role()
            .role_arn(role_arn)
            .role_session_name(&self.session_name)
            .set_external_id(self.external_id.clone())
            .customize()
            .config_override(call_config!(aws_sdk_sts, caller))
            .send()
            .await
            .map_err(|error| AwsFault::new(ACTION, &error))?;
        let session = answer.credentials.ok_or_else(|| AwsFault::other(ACTION, "an answer without credentials"))?;
        let expiry = SystemTime::try_from(session.expiration)
            .map_err(|_| AwsFault::other(ACTION, "an expiration that is no time"))?;
        Ok(Credentials::new(
            session.access_key_id,
            session.secret_access_key,
            Some(session.session_token),
            Some(expiry),
            "AssumeRole",
        ))
    }
}

impl RoleSource for Roles {
    fn assume<'a>(&'a self, role_arn: &'a str) -> BoxFuture<'a, Result<Credentials, AwsFault>> {
        Box::pin(self.caller.call(move |caller| self.assume_with(caller, role_arn)))
    }
}
