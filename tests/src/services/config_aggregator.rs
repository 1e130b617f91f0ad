//! AWS Config's aggregators: what they are, how their sources fare, how much they see.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::config::{limit, page, with_next};
use super::config_select::select;
use super::paging::Page;
use super::{Call, json};
use crate::aws::{AwsError, Operation};
use crate::organization::{AggregatedSource, ConfigurationAggregator, SourceStatus};
use crate::world::{KEY_TYPE, REPOSITORY_TYPE, hash_text};

/// The largest page, and that of lists which are asked for no number.
const MOST: usize = 100;
/// The largest page of counts, and the one that a call gets which asks for none.
const MOST_COUNTS: usize = 1000;
/// A day in 2025, as the time at which every aggregator was made.
const MADE_AT: f64 = 1_738_000_000.0;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Input {
    configuration_aggregator_name: Option<String>,
    configuration_aggregator_names: Option<Vec<String>>,
    update_status: Option<Vec<String>>,
    /// Of a query.
    pub expression: Option<String>,
    filters: Option<Filters>,
    group_by_key: Option<String>,
    /// The size of the page.
    pub limit: Option<i64>,
    /// Another name of `limit`.
    pub max_results: Option<i64>,
    /// The page.
    pub next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filters {
    resource_type: Option<String>,
    account_id: Option<String>,
    region: Option<String>,
}

/// Performs an operation.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: Input = call.input()?;
    match call.operation {
        Operation::DescribeConfigurationAggregators => describe(call, &input),
        Operation::DescribeConfigurationAggregatorSourcesStatus => sources_status(call, &input),
        Operation::GetAggregateDiscoveredResourceCounts => counts(call, &input),
        _ => select(call, asked(call, &input)?, &input),
    }
}

fn own<'a>(call: &Call<'a>) -> impl Iterator<Item = &'a ConfigurationAggregator> {
    let (account, region) = (call.account(), call.region);
    let aggregators = call.organization().config.aggregators.iter();
    aggregators.filter(move |aggregator| aggregator.account == account && aggregator.region == region)
}

fn named<'a>(call: &Call<'a>, name: &str) -> Result<&'a ConfigurationAggregator, AwsError> {
    own(call).find(|aggregator| aggregator.name == name).ok_or_else(|| {
        AwsError::bad_request(
            "NoSuchConfigurationAggregatorException",
            "The configuration aggregator does not exist. Check the configuration aggregator name and try again.",
        )
    })
}

fn asked<'a>(call: &Call<'a>, input: &Input) -> Result<&'a ConfigurationAggregator, AwsError> {
    let name = input.configuration_aggregator_name.as_deref();
    named(call, name.ok_or_else(|| AwsError::missing("configurationAggregatorName"))?)
}

fn describe(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let found: Vec<_> = match input.configuration_aggregator_names.as_deref() {
        None | Some([]) => own(call).collect(),
        Some(names) => names.iter().map(|name| named(call, name)).collect::<Result<_, _>>()?,
    };
    let list = ["DescribeConfigurationAggregators", call.account(), call.region];
    let limit = limit(input.limit, MOST, "InvalidLimitException")?;
    let page = page(call, &list, input.next_token.as_deref(), limit)?;
    let next = page.next(call.state.page_tokens(), &list, found.len());
    let members: Vec<_> = found.into_iter().skip(page.first).take(page.limit).map(aggregator_member).collect();
    json(&with_next(json!({ "ConfigurationAggregators": members }), "NextToken", next))
}

fn aggregator_member(aggregator: &ConfigurationAggregator) -> Value {
    let ConfigurationAggregator { name, account, region, accounts, regions, resource_types } = aggregator;
    let id = hash_text(&format!("{account}/{region}/{name}")) >> 32;
    let mut source = match regions {
        Some(regions) => json!({"AllAwsRegions": false, "AwsRegions": regions}),
        None => json!({"AllAwsRegions": true}),
    };
    let mut member = json!({
        "ConfigurationAggregatorName": name,
        "ConfigurationAggregatorArn":
            format!("arn:aws:config:{region}:{account}:config-aggregator/config-aggregator-{id:08x}"),
        "CreationTime": MADE_AT,
        "LastUpdatedTime": MADE_AT,
    });
    let (what, value) = match accounts {
        Some(ids) => ("AccountIds", json!(ids)),
        None => ("RoleArn", format!("arn:aws:iam::{account}:role/aws-service-role/organizations").into()),
    };
    if let (Some(members), Some(of_source)) = (member.as_object_mut(), source.as_object_mut()) {
        of_source.insert(what.to_owned(), value);
        match accounts {
            Some(_) => members.insert("AccountAggregationSources".to_owned(), json!([source])),
            None => members.insert("OrganizationAggregationSource".to_owned(), source),
        };
        if let Some(types) = resource_types {
            let filters = json!({"ResourceType": {"Type": "INCLUDE", "Value": types}});
            members.insert("AggregatorFilters".to_owned(), filters);
        }
    }
    member
}

/// An account in a Region, as an aggregator sees it.
pub struct Place {
    /// The account's id.
    pub account: String,
    /// The Region's name.
    pub region: String,
    /// Of the account and of the Region, in the order of the aggregator.
    pub position: (usize, usize),
}

/// The places that an aggregator sees, from a position on, by account and then by Region.
pub fn places<'a>(
    call: &Call<'a>,
    aggregator: &'a ConfigurationAggregator,
    from: (usize, usize),
    wants_account: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = Place> + 'a {
    let world = call.world();
    let accounts = (from.0..).map_while(move |index| world.recorded_account(index).map(|account| (index, account)));
    accounts
        .filter_map(|(index, account)| account.map(|account| (index, account.into_owned().id)))
        .filter(|(_, id)| aggregator.accounts.as_ref().is_none_or(|ids| ids.contains(id)))
        .filter(move |(_, id)| wants_account(id))
        .flat_map(move |(index, account)| {
            let first = if index == from.0 { from.1 } else { 0 };
            let regions = world.regions(&account).into_iter().enumerate().skip(first);
            let usable = regions.filter(|(_, (_, status))| status.is_usable());
            usable.map(move |(at, (region, _))| Place { account: account.clone(), region, position: (index, at) })
        })
        .filter(|place| aggregator.regions.as_ref().is_none_or(|names| names.contains(&place.region)))
}

fn source<'a>(call: &Call<'a>, place: &Place) -> Option<&'a AggregatedSource> {
    let same = |narrowed: &Option<String>, value: &str| narrowed.as_deref().is_none_or(|known| known == value);
    let mut sources = call.organization().config.sources.iter();
    sources.find(|source| same(&source.account, &place.account) && same(&source.region, &place.region))
}

/// Whether the aggregator has nothing of the place.
pub fn is_absent(call: &Call<'_>, place: &Place) -> bool {
    source(call, place).is_some_and(|source| source.status == SourceStatus::Absent)
}

/// Whether the aggregator sees resources of this type.
pub fn sees(aggregator: &ConfigurationAggregator, kind: &str) -> bool {
    aggregator.resource_types.as_ref().is_none_or(|types| types.iter().any(|known| known == kind))
}

fn sources_status(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let aggregator = asked(call, input)?;
    let wanted = input.update_status.as_deref().unwrap_or_default();
    let known = [SourceStatus::Succeeded, SourceStatus::Failed, SourceStatus::Outdated].map(SourceStatus::as_str);
    if let Some(unknown) = wanted.iter().find(|status| !known.contains(&status.as_str())) {
        let constraint = "Member must satisfy enum value set: [FAILED, SUCCEEDED, OUTDATED]";
        return Err(AwsError::validation("updateStatus", unknown, constraint));
    }
    let filter = wanted.join(",");
    let list = ["DescribeConfigurationAggregatorSourcesStatus", &aggregator.name, &filter];
    let limit = limit(input.limit, MOST, "InvalidLimitException")?;
    let page = page(call, &list, input.next_token.as_deref(), limit)?;
    let organization = &call.organization().id;
    let of_organization = aggregator.accounts.is_none().then(|| {
        let now = jiff::Timestamp::now().as_second();
        json!({
            "SourceId": organization,
            "SourceType": "ORGANIZATION",
            "AwsRegion": call.region,
            "LastUpdateStatus": "SUCCEEDED",
            "LastUpdateTime": now,
        })
    });
    let of_accounts = places(call, aggregator, (0, 0), |_| true)
        .filter(|place| !is_absent(call, place))
        .map(|place| status_member(call, &place));
    let asked_for = |member: &Value| {
        let status = member.get("LastUpdateStatus").and_then(Value::as_str).unwrap_or_default();
        wanted.is_empty() || wanted.iter().any(|wanted| wanted == status)
    };
    let all = of_organization.into_iter().chain(of_accounts).filter(asked_for);
    let mut members: Vec<Value> = all.skip(page.first).take(page.limit + 1).collect();
    let next = cut(call, &list, page, &mut members);
    json(&with_next(json!({ "AggregatedSourceStatusList": members }), "NextToken", next))
}

/// Shortens a page that holds one more than it may; the token of the next.
pub fn cut(call: &Call<'_>, list: &[&str], page: Page, members: &mut Vec<Value>) -> Option<String> {
    let next = page.next(call.state.page_tokens(), list, page.first + members.len());
    members.truncate(page.limit);
    next
}

fn status_member(call: &Call<'_>, place: &Place) -> Value {
    let default = AggregatedSource::default();
    let source = source(call, place).unwrap_or(&default);
    let updated = source.last_update_time.unwrap_or_else(jiff::Timestamp::now).as_second();
    let mut member = json!({
        "SourceId": place.account,
        "SourceType": "ACCOUNT",
        "AwsRegion": place.region,
        "LastUpdateStatus": source.status.as_str(),
        "LastUpdateTime": updated,
    });
    if let Some(members) = member.as_object_mut() {
        for (name, value) in [("LastErrorCode", &source.error_code), ("LastErrorMessage", &source.error_message)] {
            if let Some(value) = value {
                members.insert(name.to_owned(), value.clone().into());
            }
        }
    }
    member
}

fn counts(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let aggregator = asked(call, input)?;
    let default = Filters::default();
    let filters = input.filters.as_ref().unwrap_or(&default);
    let group = input.group_by_key.as_deref();
    if let Some(unknown) = group.filter(|key| !["RESOURCE_TYPE", "ACCOUNT_ID", "AWS_REGION"].contains(key)) {
        let constraint = "Member must satisfy enum value set: [RESOURCE_TYPE, ACCOUNT_ID, AWS_REGION]";
        return Err(AwsError::validation("groupByKey", unknown, constraint));
    }
    let limit = match usize::try_from(input.limit.unwrap_or(0)) {
        Ok(0) => MOST_COUNTS,
        Ok(limit) if limit <= MOST_COUNTS => limit,
        _ => return Err(AwsError::bad_request("InvalidLimitException", "The limit is not between 0 and 1000.")),
    };
    let wants = |narrowed: &Option<String>, value: &str| narrowed.as_deref().is_none_or(|known| known == value);
    let (world, mut total, mut groups) = (call.world(), 0, BTreeMap::<String, usize>::new());
    let account = filters.account_id.clone();
    for place in places(call, aggregator, (0, 0), move |id| wants(&account, id)) {
        if !wants(&filters.region, &place.region) || is_absent(call, &place) {
            continue;
        }
        let Place { account, region, .. } = &place;
        for kind in [REPOSITORY_TYPE, KEY_TYPE] {
            if !wants(&filters.resource_type, kind) || !sees(aggregator, kind) {
                continue;
            }
            let count = match kind {
                KEY_TYPE => world.recorded_key_count(account, region),
                _ => world.recorded_repository_count(account, region),
            };
            let name = match group {
                Some("ACCOUNT_ID") => account,
                Some("AWS_REGION") => region,
                _ => kind,
            };
            total += count;
            if group.is_some() && count > 0 {
                *groups.entry(name.to_owned()).or_default() += count;
            }
        }
    }
    let narrowed = [&filters.resource_type, &filters.account_id, &filters.region].map(|text| text.as_deref());
    let [kind, account, region] = narrowed.map(Option::unwrap_or_default);
    let list = ["GetAggregateDiscoveredResourceCounts", &aggregator.name, kind, account, region, group.unwrap_or("")];
    let page = page(call, &list, input.next_token.as_deref(), limit)?;
    let next = page.next(call.state.page_tokens(), &list, groups.len());
    let groups = groups.iter().skip(page.first).take(page.limit);
    let groups: Vec<_> = groups.map(|(name, count)| json!({"GroupName": name, "ResourceCount": count})).collect();
    let mut answer = json!({ "TotalDiscoveredResources": total });
    if let (Some(key), Some(members)) = (group, answer.as_object_mut()) {
        members.insert("GroupByKey".to_owned(), key.into());
        members.insert("GroupedResourceCounts".to_owned(), groups.into());
    }
    json(&with_next(answer, "NextToken", next))
}
