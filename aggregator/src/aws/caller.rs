//! Who runs the scan, and with what.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use aws_config::BehaviorVersion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::SdkConfig;
use aws_types::region::Region;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::clients;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::aws::http::CappedHttpClient;
use ecr_encryption_rule::aws::roles::{RoleSource, Roles};
use ecr_encryption_rule::{call_config, shared_client};
use tracing::info;

use crate::args::calls::CallArgs;
use crate::args::scope::ScopeArgs;
use crate::pace::{LaneKey, PacedRoles, Pacer, Service, Settings};

/// The caller's identity, and what it takes to become somebody else.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The caller's account.
    pub account_id: String,
    /// The caller's ARN.
    pub arn: String,
    /// The partition: `aws`, `aws-cn`, …
    pub partition: String,
    /// The caller's own credentials.
    pub credentials: AccountCredentials,
    /// The SDK's configuration, with time-outs as the scan wants them, and without retries: those are the pacer's.
    pub sdk_config: SdkConfig,
    /// What paces the caller's calls.
    pub pacer: Pacer,
    roles: Arc<dyn RoleSource>,
    role_name: String,
    external_id: Option<String>,
}

/// Loads the SDK's configuration from the usual places, and how many attempts a call gets. The clients make one attempt:
/// whoever paces them makes the others.
///
/// # Errors
/// There is no Region, or there are no credentials.
pub async fn sdk_config(
    profile: Option<&str>,
    attempt_timeout: Duration,
    http_client: CappedHttpClient,
) -> anyhow::Result<(SdkConfig, u32)> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client.clone())
        .timeout_config(clients::timeout_config(attempt_timeout))
        .stalled_stream_protection(clients::stalled_stream_protection());
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(anyhow!(
            "no AWS Region is configured: set `AWS_REGION`, or a `region` in the profile (calls to STS and Organizations go there)"
        ));
    }
    let attempts = clients::attempts(config.retry_config());
    let mut builder = config.clone().into_builder().retry_config(clients::no_retries());
    if let Some(profile) = profile {
        // Whoever names a profile means it, whatever credentials stand in the environment; the SDK's chain would take those.
        let provider_config =
            ProviderConfig::without_region().with_region(config.region().cloned()).with_http_client(http_client);
        let provider =
            ProfileFileCredentialsProvider::builder().configure(&provider_config).profile_name(profile).build();
        builder = builder.credentials_provider(SharedCredentialsProvider::new(provider));
    }
    Ok((builder.build(), attempts))
}

impl Caller {
    /// Loads the SDK's configuration, and asks AWS who the caller is: as `scope` and `calls` say it. `counter` counts what is
    /// called. Tells how many attempts a call gets, too.
    ///
    /// # Errors
    /// There is no Region, or as [`Self::identify`].
    pub async fn begin(
        scope: &ScopeArgs,
        calls: CallArgs,
        profile: Option<&str>,
        counter: &CallCounter,
    ) -> anyhow::Result<(Self, u32)> {
        let http_client = clients::http_client(calls.concurrency.most());
        let (sdk_config, attempts) =
            sdk_config(profile, Duration::from_secs(calls.attempt_timeout), http_client).await?;
        let settings = Settings { concurrency: calls.concurrency, max_rate: calls.max_rate, attempts };
        let pacer = Pacer::new(settings, counter.clone());
        let (role_name, external_id) = (scope.role_name.clone(), scope.external_id.clone());
        let caller = Self::identify(sdk_config, counter, pacer, profile, role_name, external_id).await?;
        info!(account_id = %caller.account_id, arn = %caller.arn, region = %caller.region(), "the caller is known");
        Ok((caller, attempts))
    }

    /// Asks AWS who the caller is.
    ///
    /// # Errors
    /// There are no credentials, they have expired or are not known to AWS, or AWS cannot be reached.
    pub async fn identify(
        sdk_config: SdkConfig,
        counter: &CallCounter,
        pacer: Pacer,
        profile: Option<&str>,
        role_name: String,
        external_id: Option<String>,
    ) -> anyhow::Result<Self> {
        let provider = sdk_config.credentials_provider().context(NO_CREDENTIALS)?;
        // Before the call: what the SDK says of missing credentials behind a call is hard to read.
        provider.provide_credentials().await.map_err(|error| {
            // The chain tells each of its links on a line of its own.
            let told: Vec<String> =
                format!("{:#}", anyhow!(error)).lines().map(|line| line.trim().to_owned()).collect();
            let what = match profile {
                Some(profile) => format!("the profile `{profile}` is not there, or gives no credentials"),
                None => NO_CREDENTIALS.to_owned(),
            };
            anyhow!("{what}: {}", told.join(" / "))
        })?;
        let credentials = AccountCredentials::of_caller(provider);
        let sts = shared_client!(aws_sdk_sts, &sdk_config, counter);
        let identity = pacer
            .call(LaneKey::of_caller(Service::Sts), &credentials, |credentials| {
                let request =
                    sts.get_caller_identity().customize().config_override(call_config!(aws_sdk_sts, credentials));
                async move { request.send().await.map_err(|error| AwsFault::new("sts:GetCallerIdentity", &error)) }
            })
            .await
            .map_err(explain)?;
        let (Some(account_id), Some(arn)) = (identity.account, identity.arn) else {
            return Err(anyhow!("AWS does not say who the caller is: the answer of sts:GetCallerIdentity is empty"));
        };
        let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
        let roles = Arc::new(PacedRoles::new(
            Roles {
                sts,
                caller: credentials.clone(),
                external_id: external_id.clone(),
                session_name: "ecr-encryption".to_owned(),
            },
            pacer.clone(),
        ));
        Ok(Self { account_id, arn, partition, credentials, sdk_config, pacer, roles, role_name, external_id })
    }

    /// The audit role's ARN in an account.
    pub fn role_arn(&self, account_id: &str) -> String {
        format!("arn:{}:iam::{account_id}:role/{}", self.partition, self.role_name)
    }

    /// Whom a trust policy must name so that the caller may assume a role: of a role's session, the role. What a session's
    /// ARN does not tell is the role's path.
    pub fn principal(&self) -> String {
        let session = self.arn.split_once(":assumed-role/").and_then(|(_, session)| session.split('/').next());
        session.map_or_else(
            || self.arn.clone(),
            |role| {
                format!(
                    "arn:{}:iam::{}:role/{role} (with the role's path, if it has one)",
                    self.partition, self.account_id
                )
            },
        )
    }

    /// The external id that goes with the role.
    pub fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }

    /// Credentials in an account: the caller's own in its own account, else those of the audit role there, which is
    /// assumed when they are first used.
    pub fn credentials_in(&self, account_id: &str) -> AccountCredentials {
        if account_id == self.account_id {
            return self.credentials.clone();
        }
        AccountCredentials::of_role(Arc::clone(&self.roles), self.role_arn(account_id))
    }

    /// The Region that the caller is configured for.
    pub fn region(&self) -> String {
        self.sdk_config.region().map_or_else(String::new, Region::to_string)
    }
}

const NO_CREDENTIALS: &str =
    "no AWS credentials were found: set `AWS_PROFILE` or `--profile`, or sign in (`aws sso login`)";

fn explain(fault: AwsFault) -> anyhow::Error {
    let advice = match fault.kind {
        FaultKind::Expired | FaultKind::CallerExpired => "the caller's credentials have expired: sign in again",
        FaultKind::UnknownCredentials | FaultKind::Denied => "AWS does not accept the caller's credentials",
        _ => "AWS STS does not answer",
    };
    anyhow!(fault).context(advice)
}
