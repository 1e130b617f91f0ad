//! Credentials of one account: the caller's own, or an assumed role's, renewed before they expire.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::Mutex;

use crate::aws::fault::{AwsFault, FaultKind};
use crate::aws::roles::RoleSource;

/// Credentials of one account. Clones share what they hold, so that a role is assumed once and not once a use.
#[derive(Debug, Clone)]
pub struct AccountCredentials(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// Used as they are.
    Fixed(Credentials),
    Renewed(Arc<Renewed>),
}

struct Renewed {
    source: Source,
    state: Mutex<State>,
}

#[derive(Debug)]
enum Source {
    Caller(SharedCredentialsProvider),
    Role { roles: Arc<dyn RoleSource>, role_arn: String },
}

#[derive(Default)]
enum State {
    #[default]
    New,
    Valid(Cached),
    /// There were some, which could not be renewed.
    Lost,
    /// A role that was refused is refused to all who come later: it is asked for once, not once a call.
    Refused(AwsFault),
}

#[derive(Clone)]
struct Cached {
    credentials: Credentials,
    renew_at: Option<SystemTime>,
}

impl fmt::Debug for Renewed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Renewed").field("source", &self.source).finish_non_exhaustive()
    }
}

/// Credentials are renewed this long before they expire, or a fifth of their life before, whichever is shorter.
const RENEW_BEFORE: Duration = Duration::from_mins(5);

/// A provider that fails is asked again after this long, while what it gave before has not expired.
const ASK_AGAIN: Duration = Duration::from_secs(15);

impl AccountCredentials {
    /// The caller's own credentials.
    pub fn of_caller(provider: SharedCredentialsProvider) -> Self {
        Self::renewed(Source::Caller(provider))
    }

    /// The credentials of a role, assumed when they are first needed.
    pub fn of_role(roles: Arc<dyn RoleSource>, role_arn: String) -> Self {
        Self::renewed(Source::Role { roles, role_arn })
    }

    /// These credentials and no others: whoever asks with them renews them himself.
    pub fn fixed(credentials: Credentials) -> Self {
        Self(Kind::Fixed(credentials))
    }

    fn renewed(source: Source) -> Self {
        Self(Kind::Renewed(Arc::new(Renewed { source, state: Mutex::default() })))
    }

    /// Credentials that are valid now. Whoever comes while they are being got waits for the same ones.
    ///
    /// # Errors
    /// The role may not be assumed, or the caller has no credentials, or no longer.
    pub async fn get(&self) -> Result<Credentials, AwsFault> {
        match &self.0 {
            Kind::Fixed(credentials) => Ok(credentials.clone()),
            Kind::Renewed(renewed) => renewed.get().await,
        }
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
        match (call(credentials.clone()).await, &self.0) {
            (Err(fault), Kind::Renewed(renewed)) if fault.kind == FaultKind::Expired => {
                call(renewed.get_instead_of(&credentials).await?).await.map_err(|fault| renewed.again(fault))
            }
            (answer, _) => answer,
        }
    }
}

impl Renewed {
    async fn get(&self) -> Result<Credentials, AwsFault> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Refused(fault) => Err(fault.clone()),
            State::Valid(current) if current.renew_at.is_none_or(|renew_at| SystemTime::now() < renew_at) => {
                Ok(current.credentials.clone())
            }
            State::Valid(current) => {
                let current = current.credentials.clone();
                match self.renew(&mut state).await {
                    // A provider may fail for a moment, and the caller's credentials are all that a run has.
                    Err(_) if self.is_callers() && !has_expired(&current) => {
                        let renew_at = Some(SystemTime::now() + ASK_AGAIN);
                        *state = State::Valid(Cached { credentials: current.clone(), renew_at });
                        Ok(current)
                    }
                    renewed => renewed,
                }
            }
            State::New | State::Lost => self.renew(&mut state).await,
        }
    }

    /// New credentials in the place of `rejected`, unless somebody has renewed them meanwhile.
    async fn get_instead_of(&self, rejected: &Credentials) -> Result<Credentials, AwsFault> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Refused(fault) => Err(fault.clone()),
            State::Valid(current) if current.credentials.session_token() != rejected.session_token() => {
                Ok(current.credentials.clone())
            }
            State::Valid(_) | State::New | State::Lost => self.renew(&mut state).await,
        }
    }

    async fn renew(&self, state: &mut State) -> Result<Credentials, AwsFault> {
        // What could not be renewed is not used on.
        let had_some = !matches!(state, State::New);
        *state = if had_some { State::Lost } else { State::New };
        let credentials = match &self.source {
            Source::Caller(provider) => callers(provider, had_some).await?,
            Source::Role { roles, role_arn } => roles.assume(role_arn).await.inspect_err(|fault| {
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

    fn is_callers(&self) -> bool {
        matches!(self.source, Source::Caller(_))
    }

    /// The fault of a call with credentials that were just renewed.
    fn again(&self, mut fault: AwsFault) -> AwsFault {
        if self.is_callers() && fault.kind == FaultKind::Expired {
            fault.kind = FaultKind::CallerExpired;
        }
        fault
    }
}

fn has_expired(credentials: &Credentials) -> bool {
    credentials.expiry().is_some_and(|expiry| expiry <= SystemTime::now())
}

/// What the provider gives. It may well give what it gave before, and then what has expired stays so.
async fn callers(provider: &SharedCredentialsProvider, had_some: bool) -> Result<Credentials, AwsFault> {
    const ACTION: &str = "sts:GetCallerIdentity";
    let expired = |message: String| AwsFault { kind: FaultKind::CallerExpired, ..AwsFault::other(ACTION, message) };
    match provider.provide_credentials().await {
        Ok(credentials) if has_expired(&credentials) => {
            Err(expired("the caller's credentials have expired".to_owned()))
        }
        Ok(credentials) => Ok(credentials),
        Err(error) if had_some => {
            Err(expired(format!("the caller's credentials cannot be renewed: {}", with_sources(&error))))
        }
        Err(error) => Err(AwsFault::other(ACTION, format!("no credentials: {}", with_sources(&error)))),
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

#[cfg(test)]
mod tests;
