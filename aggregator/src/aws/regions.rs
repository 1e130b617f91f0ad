//! Which Regions an account has.

use aws_types::SdkConfig;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::{call_config, shared_client};

use crate::pace::{LaneKey, Pacer, Service};

/// A Region of an account: its name and `RegionOptStatus`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRegion {
    /// The Region's name.
    pub name: String,
    /// `ENABLED`, `ENABLED_BY_DEFAULT`, `ENABLING`, `DISABLING`, `DISABLED`, or a value this version does not know.
    pub opt_status: String,
}

/// Asks `account:ListRegions`.
#[derive(Debug, Clone)]
pub struct RegionLister {
    client: aws_sdk_account::Client,
    pacer: Pacer,
}

impl RegionLister {
    /// Builds the client; `counter` counts what it sends.
    pub fn new(sdk_config: &SdkConfig, counter: &CallCounter, pacer: Pacer) -> Self {
        Self { client: shared_client!(aws_sdk_account, sdk_config, counter), pacer }
    }

    /// All Regions of the account, whose own `credentials` these are, enabled or not. It is the account's own credentials that ask,
    /// because the rate limit is the caller's.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn regions(
        &self,
        account_id: &str,
        credentials: &AccountCredentials,
    ) -> Result<Vec<AccountRegion>, AwsFault> {
        const ACTION: &str = "account:ListRegions";
        let key = LaneKey { account_id, region: "", service: Service::Account };
        let mut regions = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .pacer
                .call(key, credentials, |credentials| {
                    let request = self
                        .client
                        .list_regions()
                        .max_results(50)
                        .set_next_token(token.clone())
                        .customize()
                        .config_override(call_config!(aws_sdk_account, credentials));
                    async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
                })
                .await?;
            // An account without Regions does not exist, so a missing list is no empty one.
            let page = answer.regions.ok_or_else(|| AwsFault::other(ACTION, "an answer without Regions"))?;
            for region in page {
                let (Some(name), Some(status)) = (region.region_name, region.region_opt_status) else {
                    return Err(AwsFault::other(ACTION, "a Region without a name or a status"));
                };
                regions.push(AccountRegion { name, opt_status: status.as_str().to_owned() });
            }
            match answer.next_token.filter(|token| !token.is_empty()) {
                Some(next) if token.as_ref() == Some(&next) => return Err(AwsFault::repeated_token(ACTION)),
                Some(next) => token = Some(next),
                None if regions.is_empty() => return Err(AwsFault::other(ACTION, "the list of Regions is empty")),
                None => return Ok(regions),
            }
        }
    }
}
