//! The SDK's configuration inside Lambda, which gives everything in environment variables. The SDK's own loader, with its
//! chain of profiles, SSO and metadata services, would cost start-up time and megabytes for nothing.

use std::env;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use thiserror::Error;

use crate::aws::clients;
use crate::aws::credentials::AccountCredentials;

/// How long one attempt of a call may take: an invocation is short.
const ATTEMPT: Duration = Duration::from_secs(10);

/// More than an invocation has under way at once.
const CALLS_AT_ONCE: usize = 16;

/// Something that Lambda sets is missing.
#[derive(Debug, Error)]
#[error("the environment variable `{0}` is missing, which AWS Lambda sets")]
pub struct MissingVariable(&'static str);

/// The function's own credentials, and the configuration of all SDK clients.
///
/// # Errors
/// A variable is missing.
pub fn load() -> Result<(AccountCredentials, SdkConfig), MissingVariable> {
    let variable = |name: &'static str| env::var(name).ok().filter(|value| !value.is_empty());
    let needed = |name: &'static str| variable(name).ok_or(MissingVariable(name));
    let credentials = Credentials::new(
        needed("AWS_ACCESS_KEY_ID")?,
        needed("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN"),
        None,
        "Lambda",
    );
    let is_true = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let provider = SharedCredentialsProvider::new(credentials);
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(needed("AWS_REGION")?))
        .credentials_provider(provider.clone())
        .http_client(clients::http_client(CALLS_AT_ONCE))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .retry_config(clients::retry_config(None))
        .timeout_config(clients::timeout_config(ATTEMPT))
        .stalled_stream_protection(clients::stalled_stream_protection())
        .use_fips(is_true("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"));
    builder.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    Ok((AccountCredentials::of_caller(provider), builder.build()))
}
