//! Credentials of one account: the caller's own, or an assumed role's, renewed before they expire.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::Mutex;

use crate::aws::fault::{AwsFault, FaultKind};

/// How a session in another account is got.
#[derive(Debug, Clone)]
pub struct AssumedRole {
    /// The STS client, with the caller's own credentials.
    pub sts: aws_sdk_sts::Client,
    /// The role's ARN.
    pub role_arn: String,
    /// What the role's trust policy may ask for.
    pub external_id: Option<String>,
    /// The name of the session, which `CloudTrail` shows.
    pub session_name: String,
}

#[derive(Debug)]
enum Source {
    Caller(SharedCredentialsProvider),
    Role(Box<AssumedRole>),
}

#[derive(Clone)]
struct Cached {
    credentials: Credentials,
    renew_at: Option<SystemTime>,
}

/// Credentials of one account. Clones share what they hold, so that a role is assumed once and not once a use.
#[derive(Clone)]
pub struct AccountCredentials {
    source: Arc<Source>,
    cached: Arc<Mutex<State>>,
}

#[derive(Default)]
enum State {
    #[default]
    Nothing,
    Valid(Cached),
    /// A role that was refused is refused to all who come later: it is asked for once, not once a call.
    Refused(AwsFault),
}

impl fmt::Debug for AccountCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AccountCredentials").field("source", &self.source).finish_non_exhaustive()
    }
}

/// Credentials are renewed this long before they expire, or a fifth of their life before, whichever is shorter.
const RENEW_BEFORE: Duration = Duration::from_mins(5);

impl AccountCredentials {
    /// The caller's own credentials.
    pub fn of_caller(provider: SharedCredentialsProvider) -> Self {
        Self::new(Source::Caller(provider))
    }

    /// The credentials of a role, assumed when they are first needed.
    pub fn of_role(role: AssumedRole) -> Self {
        Self::new(Source::Role(Box::new(role)))
    }

    fn new(source: Source) -> Self {
        Self { source: Arc::new(source), cached: Arc::default() }
    }

    /// Credentials that are valid now. Whoever comes while they are being got waits for the same ones.
    ///
    /// # Errors
    /// The role may not be assumed, or the caller has no credentials.
    pub async fn get(&self) -> Result<Credentials, AwsFault> {
        let mut state = self.cached.lock().await;
        match &*state {
            State::Refused(fault) => Err(fault.clone()),
            State::Valid(current) if current.renew_at.is_none_or(|renew_at| SystemTime::now() < renew_at) => {
                Ok(current.credentials.clone())
            }
            State::Valid(_) | State::Nothing => self.renew(&mut state).await,
        }
    }

    /// New credentials in the place of `rejected`, unless somebody has renewed them meanwhile.
    async fn get_instead_of(&self, rejected: &Credentials) -> Result<Credentials, AwsFault> {
        let mut state = self.cached.lock().await;
        match &*state {
            State::Refused(fault) => Err(fault.clone()),
            State::Valid(current) if current.credentials.session_token() != rejected.session_token() => {
                Ok(current.credentials.clone())
            }
            State::Valid(_) | State::Nothing => self.renew(&mut state).await,
        }
    }

    async fn renew(&self, state: &mut State) -> Result<Credentials, AwsFault> {
        // What could not be renewed is not used on.
        *state = State::Nothing;
        let credentials = match self.source.as_ref() {
            Source::Caller(provider) => provider.provide_credentials().await.map_err(|error| {
                AwsFault::other("sts:GetCallerIdentity", format!("no credentials: {}", with_sources(&error)))
            })?,
            Source::Role(role) => role.assume().await.inspect_err(|fault| {
                if fault.kind == FaultKind::Denied {
                    *state = State::Refused(fault.clone());
                }
            })?,
        };
        let renew_at = credentials.expiry().map(|expiry| {
            let life = expiry.duration_since(SystemTime::now()).unwrap_or_default();
            expiry - RENEW_BEFORE.min(life / 5)
        });
        *state = State::Valid(Cached { credentials: credentials.clone(), renew_at });
        Ok(credentials)
    }

    /// Calls with valid credentials, and once more with new ones where AWS says that they have expired.
    ///
    /// # Errors
    /// As [`Self::get`], and those of the call.
    pub async fn call<T, F, R>(&self, call: F) -> Result<T, AwsFault>
    where
        F: Fn(Credentials) -> R + Send,
        R: Future<Output = Result<T, AwsFault>> + Send,
    {
        let credentials = self.get().await?;
        match call(credentials.clone()).await {
            Err(fault) if fault.kind == FaultKind::Expired => call(self.get_instead_of(&credentials).await?).await,
            answer => answer,
        }
    }
}

impl AssumedRole {
    async fn assume(&self) -> Result<Credentials, AwsFault> {
        const ACTION: &str = "sts:AssumeRole";
        let answer = self
            .sts
            .assume_role()
            .role_arn(&self.role_arn)
            .role_session_name(&self.session_name)
            .set_external_id(self.external_id.clone())
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

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        source = error.source();
    }
    text
}
