//! Asks AWS Config's aggregator, as the caller.

use std::future::Future;

use aws_credential_types::Credentials;
use aws_sdk_config::config::Builder;
use aws_sdk_config::types::{AggregatedSourceStatusType, AggregatedSourceType};
use aws_types::region::Region;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::shared_client;

use super::aggregator::{Aggregator, AggregatorSource};
use crate::account::AccountId;
use crate::aws::caller::Caller;
use crate::pace::{LaneKey, Pacer, Service};

/// The IAM action of a query.
pub const SELECT: &str = "config:SelectAggregateResourceConfig";
/// The IAM action that lists the aggregators.
pub const DESCRIBE: &str = "config:DescribeConfigurationAggregators";
/// The IAM action that tells how the sources fare.
pub const SOURCES: &str = "config:DescribeConfigurationAggregatorSourcesStatus";
/// AWS Config's largest page.
const PAGE: i32 = 100;

/// One page of a query's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows: each a JSON object in a string.
    pub rows: Vec<String>,
    /// What to ask the next page with; `None` at the end.
    pub next_token: Option<String>,
}

/// Answers queries about what was recorded.
pub trait Select: Send + Sync {
    /// One page of the answer to `expression`.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn page(&self, expression: &str, token: Option<String>) -> impl Future<Output = Result<Page, AwsFault>> + Send;
}

/// A source of an aggregator whose data are not those of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingSource {
    /// The account; `None` for the organization.
    pub account_id: Option<AccountId>,
    /// The Region, where told.
    pub region: Option<String>,
    /// `LastUpdateStatus`: `FAILED`, `OUTDATED`, or a value that this version does not know.
    pub status: String,
    /// When its data were last moved, where told.
    pub last_update: Option<String>,
    /// `LastErrorCode`.
    pub error_code: Option<String>,
    /// `LastErrorMessage`.
    pub error_message: Option<String>,
}

/// The client of one Region, where the aggregator is.
#[derive(Debug)]
pub struct ConfigClient {
    client: aws_sdk_config::Client,
    pacer: Pacer,
    credentials: AccountCredentials,
    account_id: String,
    /// The Region of the aggregator.
    pub region: String,
}

/// The queries of one aggregator.
#[derive(Debug)]
pub struct AggregatorQueries<'a> {
    /// The client.
    pub client: &'a ConfigClient,
    /// The aggregator's name.
    pub name: &'a str,
}

impl ConfigClient {
    /// Builds the client of `region`, with the caller's credentials and at its pace; `counter` counts what it sends.
    pub fn new(caller: &Caller, counter: &CallCounter, region: String) -> Self {
        Self::of_account(&caller.account_id, caller, counter, region)
    }

    /// The same of another account, as the role there.
    pub fn of_account(account_id: &str, caller: &Caller, counter: &CallCounter, region: String) -> Self {
        let sdk_config = caller.sdk_config.clone().into_builder().region(Region::new(region.clone())).build();
        Self {
            client: shared_client!(aws_sdk_config, &sdk_config, counter),
            pacer: caller.pacer.clone(),
            credentials: caller.credentials_in(account_id),
            account_id: account_id.to_owned(),
            region,
        }
    }

    /// Calls as the caller; `send` makes one attempt.
    async fn call<T, F, R>(&self, send: F) -> Result<T, AwsFault>
    where
        T: Send,
        F: Fn(Builder) -> R + Send + Sync,
        R: Future<Output = Result<T, AwsFault>> + Send,
    {
        let key = LaneKey { account_id: &self.account_id, region: &self.region, service: Service::Config };
        let with = |credentials: Credentials| send(Builder::new().credentials_provider(credentials));
        self.pacer.call(key, &self.credentials, with).await
    }

    /// All aggregators of the caller's account in this Region.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn aggregators(&self) -> Result<Vec<Aggregator>, AwsFault> {
        let mut aggregators = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .call(|with| {
                    let request = self.client.describe_configuration_aggregators().set_next_token(token.clone());
                    let request = request.customize().config_override(with);
                    async move { request.send().await.map_err(|error| AwsFault::new(DESCRIBE, &error)) }
                })
                .await?;
            for described in answer.configuration_aggregators.unwrap_or_default() {
                aggregators.push(aggregator(described)?);
            }
            token = match following(DESCRIBE, token.as_ref(), answer.next_token)? {
                None => return Ok(aggregators),
                some => some,
            };
        }
    }

    /// The sources of an aggregator whose data could not be moved, or are not the most recent. Only those are asked for:
    /// that a source is read at all is proved by its recorder's item.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn failing_sources(&self, aggregator: &str) -> Result<Vec<FailingSource>, AwsFault> {
        let mut sources = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .call(|with| {
                    let request = self
                        .client
                        .describe_configuration_aggregator_sources_status()
                        .configuration_aggregator_name(aggregator)
                        .update_status(AggregatedSourceStatusType::Failed)
                        .update_status(AggregatedSourceStatusType::Outdated)
                        .limit(PAGE)
                        .set_next_token(token.clone())
                        .customize()
                        .config_override(with);
                    async move { request.send().await.map_err(|error| AwsFault::new(SOURCES, &error)) }
                })
                .await?;
            for one in answer.aggregated_source_status_list.unwrap_or_default() {
                let status = one.last_update_status.as_ref().map_or("not told", AggregatedSourceStatusType::as_str);
                if status == AggregatedSourceStatusType::Succeeded.as_str() {
                    continue;
                }
                let is_account = one.source_type == Some(AggregatedSourceType::Account);
                let account_id = one.source_id.as_deref().filter(|_| is_account).and_then(AccountId::parse);
                if is_account && account_id.is_none() {
                    return Err(AwsFault::other(SOURCES, "an account's status without the account"));
                }
                sources.push(FailingSource {
                    account_id,
                    region: one.aws_region,
                    status: status.to_owned(),
                    last_update: one
                        .last_update_time
                        .and_then(|time| jiff::Timestamp::from_second(time.secs()).ok())
                        .map(|time| time.to_string()),
                    error_code: one.last_error_code.filter(|code| !code.is_empty()),
                    error_message: one.last_error_message.filter(|message| !message.is_empty()),
                });
            }
            token = match following(SOURCES, token.as_ref(), answer.next_token)? {
                None => return Ok(sources),
                some => some,
            };
        }
    }
}

impl Select for AggregatorQueries<'_> {
    async fn page(&self, expression: &str, token: Option<String>) -> Result<Page, AwsFault> {
        let answer = self
            .client
            .call(|with| {
                let request = self
                    .client
                    .client
                    .select_aggregate_resource_config()
                    .configuration_aggregator_name(self.name)
                    .expression(expression)
                    .limit(PAGE)
                    .set_next_token(token.clone())
                    .customize()
                    .config_override(with);
                async move { request.send().await.map_err(|error| AwsFault::new(SELECT, &error)) }
            })
            .await?;
        // A missing list is no empty one.
        let rows = answer.results.ok_or_else(|| AwsFault::other(SELECT, "an answer without results"))?;
        Ok(Page { rows, next_token: following(SELECT, token.as_ref(), answer.next_token)? })
    }
}

/// The token of the next page. Only a missing one ends the list: pages may be empty.
fn following(action: &'static str, asked: Option<&String>, given: Option<String>) -> Result<Option<String>, AwsFault> {
    let given = given.filter(|token| !token.is_empty());
    if given.is_some() && given.as_ref() == asked { Err(AwsFault::repeated_token(action)) } else { Ok(given) }
}

fn aggregator(described: aws_sdk_config::types::ConfigurationAggregator) -> Result<Aggregator, AwsFault> {
    let regions = |all: bool, named: Option<Vec<String>>| {
        if all { None } else { Some(named.unwrap_or_default().into_iter().collect()) }
    };
    let name = described
        .configuration_aggregator_name
        .ok_or_else(|| AwsFault::other(DESCRIBE, "an aggregator without a name"))?;
    let mut sources = Vec::new();
    let of_organization = described.organization_aggregation_source.is_some();
    if let Some(source) = described.organization_aggregation_source {
        sources.push(AggregatorSource { accounts: None, regions: regions(source.all_aws_regions, source.aws_regions) });
    }
    for source in described.account_aggregation_sources.unwrap_or_default() {
        sources.push(AggregatorSource {
            // An id that is none would be that of no account.
            accounts: Some(source.account_ids.iter().filter_map(|id| AccountId::parse(id)).collect()),
            regions: regions(source.all_aws_regions, source.aws_regions),
        });
    }
    let types = described.aggregator_filters.and_then(|filters| filters.resource_type);
    let resource_types = types.map(|filter| filter.value.unwrap_or_default().into_iter().collect());
    Ok(Aggregator { name, of_organization, sources, resource_types })
}
