//! `SelectAggregateResourceConfig`: what an aggregator sees of all accounts, as rows.

use serde_json::{Value, json};

use super::config::{limit, page, with_next};
use super::config_aggregator::{Input, Place, cut, is_absent, places, sees};
use super::config_items::{key_item, recorder_item, repository_item};
use super::config_query::Query;
use super::{Call, json};
use crate::aws::{AwsError, timestamp_text};
use crate::organization::ConfigurationAggregator;
use crate::world::{KEY_TYPE, RECORDER_TYPE, REPOSITORY_TYPE};

/// Rows on a page that asks for no number; from the API's documentation.
const DEFAULT_ROWS: usize = 25;
/// The longest expression.
const LONGEST_EXPRESSION: usize = 4096;

/// `SelectAggregateResourceConfig`.
pub fn select(call: &Call<'_>, aggregator: &ConfigurationAggregator, input: &Input) -> Result<Vec<u8>, AwsError> {
    let expression = input.expression.as_deref().ok_or_else(|| AwsError::missing("expression"))?;
    if expression.len() > LONGEST_EXPRESSION {
        let constraint = "Member must have length less than or equal to 4096";
        return Err(AwsError::validation("expression", expression, constraint));
    }
    let query = Query::parse(expression)
        .ok_or_else(|| AwsError::bad_request("InvalidExpressionException", "Syntax error in the expression."))?;
    let limit = limit(input.limit.or(input.max_results), DEFAULT_ROWS, "InvalidLimitException")?;
    let list = ["SelectAggregateResourceConfig", &aggregator.name, expression];
    let page = page(call, &list, input.next_token.as_deref(), limit)?;
    let (rows, next) = if query.reorders() {
        let mut rows: Vec<Value> = rows(call, aggregator, &query, 0).map(|(_, row)| row).collect();
        rows.sort_by(|one, other| query.compare(one, other));
        let mut rows: Vec<Value> = rows.into_iter().skip(page.first).take(page.limit + 1).collect();
        let next = cut(call, &list, page, &mut rows);
        (rows, next)
    } else {
        let first = page.first as u64;
        let mut rows: Vec<(u64, Value)> = rows(call, aggregator, &query, first).take(page.limit + 1).collect();
        let more = if rows.len() > page.limit { rows.pop() } else { None };
        let next = more.map(|(position, _)| call.state.page_tokens().issue(&list, position));
        (rows.into_iter().map(|(_, row)| row).collect(), next)
    };
    let rows: Vec<String> = rows.iter().map(|row| query.pick(row).to_string()).collect();
    let fields: Vec<_> = query.columns.iter().map(|name| json!({"Name": name})).collect();
    let answer = json!({"Results": rows, "QueryInfo": {"SelectFields": fields}});
    json(&with_next(answer, "NextToken", next))
}

/// The rows of a query from a position on, each with its own. A position holds the account, the
/// Region and the item, so that no page costs more than what is on it.
fn rows<'a>(
    call: &'a Call<'a>,
    aggregator: &'a ConfigurationAggregator,
    query: &'a Query,
    first: u64,
) -> impl Iterator<Item = (u64, Value)> + 'a {
    let part = |shift: u32, bits: u32| usize::try_from(first >> shift & ((1 << bits) - 1)).unwrap_or(usize::MAX);
    let (from, skip) = ((part(40, 24), part(32, 8)), part(0, 32));
    let wants_account = |id: &str| !query.excludes(&[("accountId", id)]);
    places(call, aggregator, from, wants_account)
        .filter(move |place| !is_absent(call, place))
        .flat_map(move |place| {
            let skip = if place.position == from { skip } else { 0 };
            let position = (place.position.0 as u64) << 40 | (place.position.1 as u64) << 32;
            let items: Vec<_> = (0..).zip(items(call, aggregator, query, &place)).skip(skip).collect();
            items.into_iter().map(move |(index, row)| (position + index, row))
        })
        .filter(|(_, row)| query.includes(row))
}

/// The items of a place as rows.
fn items(call: &Call<'_>, aggregator: &ConfigurationAggregator, query: &Query, place: &Place) -> Vec<Value> {
    let Place { account, region, .. } = place;
    let wants = |kind: &str| {
        let known = [("accountId", account.as_str()), ("awsRegion", region), ("resourceType", kind)];
        sees(aggregator, kind) && !query.excludes(&known)
    };
    let mut items = Vec::new();
    if wants(REPOSITORY_TYPE) {
        let repositories = call.world().recorded_repositories(account, region);
        items.extend(repositories.map(|repository| row(repository_item(call, &repository))));
    }
    if wants(KEY_TYPE) {
        let keys = call.world().recorded_keys(account, region).into_iter();
        items.extend(keys.map(|key| row(key_item(call, key))));
    }
    if wants(RECORDER_TYPE) {
        items.extend(recorder_item(call, account, region).map(row));
    }
    items
}

/// An item as a query tells it: an object for the configuration, texts for times, a list of tags.
fn row(mut item: Value) -> Value {
    let Some(members) = item.as_object_mut() else {
        return item;
    };
    let text = members.get("configuration").and_then(Value::as_str);
    if let Some(object) = text.and_then(|text| serde_json::from_str(text).ok()) {
        members.insert("configuration".to_owned(), object);
    }
    for name in ["configurationItemCaptureTime", "resourceCreationTime"] {
        if let Some(seconds) = members.get(name).and_then(Value::as_i64) {
            members.insert(name.to_owned(), timestamp_text(seconds).into());
        }
    }
    if let Some(tags) = members.get("tags").and_then(Value::as_object) {
        let tags = tags.iter().map(|(key, value)| {
            let value = value.as_str().unwrap_or_default();
            json!({"tag": format!("{key}={value}"), "key": key, "value": value})
        });
        let tags: Vec<_> = tags.collect();
        members.insert("tags".to_owned(), tags.into());
    }
    item
}
