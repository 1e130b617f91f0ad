//! SDK clients as `performance` wants them: one HTTP client, one client a service, credentials and Region given call by call.

use std::time::Duration;

use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::{ReconnectMode, RetryConfig};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

use crate::aws::http::CappedHttpClient;

/// How many attempts a call gets at least: throttling at scale outlasts the SDK's default of three.
pub const LEAST_ATTEMPTS: u32 = 6;

/// The first wait before another attempt is at most this long; each further one at most twice as long as the last.
pub const INITIAL_BACKOFF: Duration = Duration::from_millis(250);

/// No wait before another attempt is longer than this, unless AWS asks for it.
pub const MAX_BACKOFF: Duration = Duration::from_secs(20);

/// The HTTP client that all SDK clients share, so that they share connections: one for each of the calls that are under way
/// at once, and a tenth more for those that are to be used again.
pub fn http_client(calls_at_once: usize) -> CappedHttpClient {
    CappedHttpClient::new(calls_at_once + calls_at_once / 10)
}

/// How many attempts a call gets; `configured` is what the user's environment or profile says, and may ask for more.
pub fn attempts(configured: Option<&RetryConfig>) -> u32 {
    configured.map_or(0, RetryConfig::max_attempts).max(LEAST_ATTEMPTS)
}

/// The retries of every call; `configured` is what the user's environment or profile says, and may ask for more.
pub fn retry_config(configured: Option<&RetryConfig>) -> RetryConfig {
    let attempts = attempts(configured);
    let configured = configured.cloned().unwrap_or_else(RetryConfig::standard);
    on_the_same_connection(configured)
        .with_max_attempts(attempts)
        .with_initial_backoff(INITIAL_BACKOFF)
        .with_max_backoff(MAX_BACKOFF)
}

/// `config` with retries of the SDK's own, for what no pacer calls: reports that are uploaded, people who are told.
pub fn with_retries(config: &SdkConfig, attempts: u32) -> SdkConfig {
    let retries = retry_config(Some(&RetryConfig::standard().with_max_attempts(attempts)));
    config.clone().into_builder().retry_config(retries).build()
}

/// No retries at all, for clients whose calls somebody else makes again.
pub fn no_retries() -> RetryConfig {
    on_the_same_connection(RetryConfig::disabled())
}

/// [`CappedHttpClient`] drops connections that broke, and keeps those that brought an answer, be it an error. The SDK would
/// have those closed too, asks the client for the means, and logs an error for every one that it doesn't get.
fn on_the_same_connection(config: RetryConfig) -> RetryConfig {
    config.with_reconnect_mode(ReconnectMode::ReuseAllConnections)
}

/// The time-outs of every call. Clients with other time-outs would get connections of their own.
pub fn timeout_config(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(attempt.min(Duration::from_secs(5)))
        .operation_attempt_timeout(attempt)
        .build()
}

/// Nobody watches how fast bodies come in: they are small, and an attempt's time-out ends those that do not.
pub fn stalled_stream_protection() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}

/// A retry quota that never runs out. The SDK's own is shared by all accounts, so that one throttled account would take
/// the retries of all others; the number of attempts bounds the retries already.
pub fn retry_partition() -> RetryPartition {
    RetryPartition::custom("ecr-encryption").token_bucket(TokenBucket::unlimited()).build()
}

/// Builds a client that calls in many accounts: `shared_client!(aws_sdk_ecr, sdk_config, counter)`.
#[macro_export]
macro_rules! shared_client {
    ($service:ident, $sdk_config:expr, $counter:expr) => {
        $service::Client::from_conf(
            $service::config::Builder::from($sdk_config)
                .retry_partition($crate::aws::clients::retry_partition())
                // Credentials come with each call and are cached by `AccountCredentials`.
                .identity_cache($service::config::IdentityCache::no_cache())
                .interceptor($counter.clone())
                .build(),
        )
    };
}

/// What differs from call to call of a client that [`shared_client!`] built: `call_config!(aws_sdk_ecr, credentials, region)`.
/// Without a Region the call goes to the client's own.
#[macro_export]
macro_rules! call_config {
    ($service:ident, $credentials:expr, $region:expr) => {
        $crate::call_config!($service, $credentials).region($service::config::Region::new($region))
    };
    ($service:ident, $credentials:expr) => {
        $service::config::Builder::new()
            // Else the SDK would make a cache for the credentials of every single call.
            .identity_cache($service::config::IdentityCache::no_cache())
            .credentials_provider($credentials)
    };
}
