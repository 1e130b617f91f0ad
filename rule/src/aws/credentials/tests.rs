use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use futures_util::future::BoxFuture;

use super::*;

/// Gives what it is told to give, one after the other, and the last for ever.
#[derive(Debug)]
struct Provider(Mutex<VecDeque<Result<Credentials, &'static str>>>);

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let mut given = self.0.lock().unwrap();
        let next = if given.len() > 1 { given.pop_front() } else { given.front().cloned() };
        future::ProvideCredentials::ready(next.unwrap().map_err(CredentialsError::provider_error))
    }
}

/// A session that expires so many seconds from now.
fn session(token: &str, seconds: i64) -> Credentials {
    let now = SystemTime::now();
    let life = Duration::from_secs(seconds.unsigned_abs());
    let expiry = if seconds < 0 { now - life } else { now + life };
    Credentials::new("AKID", "secret", Some(token.to_owned()), Some(expiry), "test")
}

fn caller<const N: usize>(given: [Result<Credentials, &'static str>; N]) -> AccountCredentials {
    AccountCredentials::of_caller(SharedCredentialsProvider::new(Provider(Mutex::new(given.into()))))
}

/// What AWS says where a session's token is `old`.
async fn answer(credentials: Credentials) -> Result<String, AwsFault> {
    match credentials.session_token() {
        Some("old") => Err(AwsFault { kind: FaultKind::Expired, ..AwsFault::other("sts:AssumeRole", "expired") }),
        token => Ok(token.unwrap_or_default().to_owned()),
    }
}

/// Assumes roles as the caller does.
#[derive(Debug)]
struct Roles(AccountCredentials);

impl RoleSource for Roles {
    fn assume<'a>(&'a self, _role_arn: &'a str) -> BoxFuture<'a, Result<Credentials, AwsFault>> {
        Box::pin(async {
            self.0.call(answer).await?;
            Ok(session("of the role", 3_600))
        })
    }
}

#[tokio::test]
async fn expired_credentials_of_the_caller_are_renewed_once() {
    let caller = caller([Ok(session("old", 3_600)), Ok(session("new", 3_600))]);
    assert_eq!(caller.call(answer).await, Ok("new".to_owned()));
}

#[tokio::test]
async fn what_aws_calls_expired_after_renewal_too_is_the_callers_expiry() {
    let caller = caller([Ok(session("old", 3_600))]);
    let fault = caller.call(answer).await.unwrap_err();
    assert!(fault.is_callers_expiry(), "{fault:?}");
    // It shows through a role in another account, which is not lost for itself.
    let role = AccountCredentials::of_role(Arc::new(Roles(caller)), "arn".to_owned());
    let fault = role.get().await.unwrap_err();
    assert!(fault.is_callers_expiry(), "{fault:?}");
}

#[tokio::test]
async fn a_provider_that_gives_what_has_expired_is_the_callers_expiry() {
    let caller = caller([Ok(session("old", -5))]);
    let fault = caller.get().await.unwrap_err();
    assert!(fault.is_callers_expiry(), "{fault:?}");
}

#[tokio::test]
async fn a_provider_that_fails_later_is_the_callers_expiry() {
    let caller = caller([Ok(session("old", 3_600)), Err("sign in again")]);
    let fault = caller.call(answer).await.unwrap_err();
    assert!(fault.is_callers_expiry(), "{fault:?}");
    assert!(fault.message.contains("sign in again"), "{fault:?}");
    assert!(caller.get().await.unwrap_err().is_callers_expiry());
}

#[tokio::test]
async fn a_provider_that_fails_from_the_start_is_none() {
    let fault = caller([Err("no profile")]).get().await.unwrap_err();
    assert!(!fault.is_callers_expiry(), "{fault:?}");
}

#[tokio::test]
async fn credentials_that_live_on_are_used_while_the_provider_fails() {
    let caller = caller([Ok(session("new", 3_600)), Err("the network is down")]);
    caller.get().await.unwrap();
    let Kind::Renewed(renewed) = &caller.0 else { panic!("{caller:?}") };
    if let State::Valid(current) = &mut *renewed.state.lock().await {
        current.renew_at = Some(SystemTime::now());
    }
    assert_eq!(caller.get().await.unwrap().session_token(), Some("new"));
}

#[tokio::test]
async fn a_session_in_another_account_that_is_always_expired_is_its_own_affair() {
    #[derive(Debug)]
    struct Old;
    impl RoleSource for Old {
        fn assume<'a>(&'a self, _role_arn: &'a str) -> BoxFuture<'a, Result<Credentials, AwsFault>> {
            Box::pin(async { Ok(session("old", 3_600)) })
        }
    }
    let role = AccountCredentials::of_role(Arc::new(Old), "arn".to_owned());
    let fault = role.call(answer).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Expired);
}

#[tokio::test]
async fn fixed_credentials_are_asked_with_once() {
    let asked = Mutex::new(0);
    let fixed = AccountCredentials::fixed(session("old", 3_600));
    let told = fixed
        .call(|credentials| {
            *asked.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            answer(credentials)
        })
        .await;
    assert_eq!((told.unwrap_err().kind, asked.into_inner().unwrap()), (FaultKind::Expired, 1));
}
