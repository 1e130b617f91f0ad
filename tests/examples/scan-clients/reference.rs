//! The calls that a scan must make, made by the AWS SDK with as little around them as can be: one
//! client a service, credentials once an account, a bounded number of calls at once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use aws_credential_types::Credentials;
use aws_sdk_account::types::RegionOptStatus;
use aws_sdk_organizations::types::Account;
use aws_types::SdkConfig;
use aws_types::region::Region;
use clap::Parser;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How the calls are made.
#[derive(Debug, Parser)]
pub struct Options {
    /// Calls at once
    #[arg(long, value_name = "N", default_value_t = 64)]
    concurrency: usize,

    /// The role in each account but the caller's own
    #[arg(long, value_name = "ROLE", default_value = "EcrEncryptionAudit")]
    role_name: String,
}

/// What all tasks share.
struct Reference {
    role_name: String,
    own_account: String,
    caller: Credentials,
    permits: Semaphore,
    account: aws_sdk_account::Client,
    ecr: aws_sdk_ecr::Client,
    kms: aws_sdk_kms::Client,
    organizations: aws_sdk_organizations::Client,
    sts: aws_sdk_sts::Client,
    keys: Mutex<HashSet<String>>,
    units: Mutex<HashSet<String>>,
}

/// Credentials and a Region for one call.
macro_rules! called_as {
    ($service:ident, $call:expr, $credentials:expr, $region:expr) => {
        $call
            .customize()
            .config_override(
                $service::config::Builder::new().credentials_provider($credentials.clone()).region($region.clone()),
            )
            .send()
    };
}

/// Makes the calls, and tells how many repositories they brought.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let (reference, mut accounts) = (Arc::new(Reference::new(&options).await?), JoinSet::new());
    let mut repositories = 0;
    let mut token = None;
    loop {
        let page = {
            let _permit = reference.permits.acquire().await?;
            reference.organizations.list_accounts().set_next_token(token).send().await?
        };
        for account in page.accounts.unwrap_or_default() {
            // Accounts under way are bounded too, or all of them would wait for a permit in memory.
            while accounts.len() >= options.concurrency {
                repositories += joined(accounts.join_next().await)?;
            }
            accounts.spawn(Arc::clone(&reference).account(account));
        }
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    while let Some(done) = accounts.join_next().await {
        repositories += joined(Some(done))?;
    }
    std::io::Write::write_all(&mut std::io::stdout(), format!("{repositories}\n").as_bytes())?;
    Ok(())
}

type Joined = Option<Result<anyhow::Result<usize>, tokio::task::JoinError>>;

fn joined(done: Joined) -> anyhow::Result<usize> {
    done.context("nothing was under way")??
}

impl Reference {
    async fn new(options: &Options) -> anyhow::Result<Self> {
        let variable = |name: &str| std::env::var(name).with_context(|| format!("`{name}` is not set"));
        let (id, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
        let caller = Credentials::new(id, secret, None, None, "environment");
        let config = SdkConfig::builder()
            .behavior_version(aws_sdk_ecr::config::BehaviorVersion::latest())
            .endpoint_url(variable("AWS_ENDPOINT_URL")?)
            .region(Region::new(variable("AWS_REGION")?))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(caller.clone()))
            // Else every call's credentials would be kept, being other ones than the client's.
            .identity_cache(aws_sdk_ecr::config::IdentityCache::no_cache())
            .sleep_impl(aws_sdk_ecr::config::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
            .build();
        let organizations = aws_sdk_organizations::Client::new(&config);
        let sts = aws_sdk_sts::Client::new(&config);
        let identity = sts.get_caller_identity().send().await?;
        organizations.list_roots().send().await?;
        Ok(Self {
            role_name: options.role_name.clone(),
            own_account: identity.account.unwrap_or_default(),
            caller,
            permits: Semaphore::new(options.concurrency),
            account: aws_sdk_account::Client::new(&config),
            ecr: aws_sdk_ecr::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            organizations,
            sts,
            keys: Mutex::default(),
            units: Mutex::default(),
        })
    }

    /// Everything of an account; how many repositories it has.
    async fn account(self: Arc<Self>, listed: Account) -> anyhow::Result<usize> {
        self.names_of_units(&listed).await?;
        let id = listed.id.unwrap_or_default();
        let credentials = if id == self.own_account { self.caller.clone() } else { self.assume(&id).await? };
        let home = Region::new("us-east-1");
        let listed = {
            let _permit = self.permits.acquire().await?;
            let call = self
                .account
                .list_regions()
                .max_results(50)
                .region_opt_status_contains(RegionOptStatus::Enabled)
                .region_opt_status_contains(RegionOptStatus::EnabledByDefault);
            called_as!(aws_sdk_account, call, credentials, home).await?
        };
        let mut targets = JoinSet::new();
        for region in listed.regions.unwrap_or_default() {
            let region = Region::new(region.region_name.unwrap_or_default());
            targets.spawn(Arc::clone(&self).target(id.clone(), credentials.clone(), region));
        }
        let mut repositories = 0;
        while let Some(done) = targets.join_next().await {
            repositories += done??;
        }
        Ok(repositories)
    }

    async fn assume(&self, id: &str) -> anyhow::Result<Credentials> {
        let _permit = self.permits.acquire().await?;
        let arn = format!("arn:aws:iam::{id}:role/{}", self.role_name);
        let answer = self.sts.assume_role().role_arn(arn).role_session_name("reference").send().await?;
        let issued = answer.credentials.context("no credentials")?;
        let (id, secret, token) = (issued.access_key_id, issued.secret_access_key, issued.session_token);
        Ok(Credentials::new(id, secret, Some(token), None, "assumed"))
    }

    /// The names of the units of an account's path that nobody has asked for yet.
    async fn names_of_units(&self, account: &Account) -> anyhow::Result<()> {
        for unit in account.paths().iter().flat_map(|path| path.split('/')).filter(|part| part.starts_with("ou-")) {
            if is_new(&self.units, unit) {
                let _permit = self.permits.acquire().await?;
                self.organizations.describe_organizational_unit().organizational_unit_id(unit).send().await?;
            }
        }
        Ok(())
    }

    /// The repositories of a target, and the keys that nobody has asked for yet.
    async fn target(self: Arc<Self>, id: String, credentials: Credentials, region: Region) -> anyhow::Result<usize> {
        let (mut repositories, mut token) = (0, None);
        loop {
            let page = {
                let _permit = self.permits.acquire().await?;
                let call = self.ecr.describe_repositories().max_results(1000).set_next_token(token);
                called_as!(aws_sdk_ecr, call, credentials, region).await?
            };
            for repository in page.repositories() {
                repositories += 1;
                let Some(encryption) = repository.encryption_configuration() else { continue };
                if encryption.encryption_type().as_str() == "AES256" {
                    continue;
                }
                // An ARN is the same key for everybody; the alias is each account's own in each Region.
                let name = encryption.kms_key().map_or_else(|| format!("{id} {region}"), str::to_owned);
                if is_new(&self.keys, &name) {
                    self.describe(encryption.kms_key().unwrap_or("alias/aws/ecr"), &credentials, &region).await?;
                }
            }
            token = page.next_token;
            if token.is_none() {
                return Ok(repositories);
            }
        }
    }

    async fn describe(&self, key: &str, credentials: &Credentials, region: &Region) -> anyhow::Result<()> {
        let _permit = self.permits.acquire().await?;
        let call = self.kms.describe_key().key_id(key);
        match called_as!(aws_sdk_kms, call, credentials, region).await {
            Err(error) if error.as_service_error().is_none() => Err(error.into()),
            // A key that is gone is an answer too.
            _ => Ok(()),
        }
    }
}

fn is_new(known: &Mutex<HashSet<String>>, name: &str) -> bool {
    known.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned())
}
