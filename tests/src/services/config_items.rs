//! AWS Config's configuration items, made of what the world contains: their history, and the
//! aggregator's view of all accounts.

use serde::Deserialize;
use serde_json::{Value, json};

use super::config::{limit, page, with_next};
use super::{Call, json};
use crate::aws::AwsError;
use crate::organization::{Key, Repository};

const REPOSITORY: &str = "AWS::ECR::Repository";
const KEY: &str = "AWS::KMS::Key";
/// Items on a page of the history that asks for no number; from the API's documentation.
const DEFAULT_ITEMS: usize = 10;
/// Rows on a page of a query that asks for no number; from the API's documentation.
const DEFAULT_ROWS: usize = 25;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    resource_type: Option<String>,
    resource_id: Option<String>,
    later_time: Option<f64>,
    limit: Option<i64>,
    next_token: Option<String>,
}

/// `GetResourceConfigHistory`. Each resource has one item, captured when it was created.
pub fn history(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: History = call.input()?;
    let kind = input.resource_type.as_deref().ok_or_else(|| AwsError::missing("resourceType"))?;
    let id = input.resource_id.as_deref().ok_or_else(|| AwsError::missing("resourceId"))?;
    let (account, region, world) = (call.account(), call.region, call.world());
    let item = match kind {
        REPOSITORY => world.repository(account, region, id).map(|repository| repository_item(call, &repository)),
        KEY => world.key(account, region, id).map(|key| key_item(&call.state.key_now(key))),
        _ => None,
    };
    let item = item.ok_or_else(|| {
        AwsError::bad_request(
            "ResourceNotDiscoveredException",
            format!("Resource {id} of resourceType:{kind} is unknown or has not been discovered"),
        )
    })?;
    let list = ["GetResourceConfigHistory", account, region, id];
    let limit = limit(input.limit, DEFAULT_ITEMS, "InvalidLimitException")?;
    let page = page(call, &list, input.next_token.as_deref(), limit)?;
    let captured = item.get("configurationItemCaptureTime").and_then(Value::as_f64);
    let due = captured.zip(input.later_time).is_none_or(|(captured, later)| captured <= later);
    // The pages before the last one are empty.
    let empty_pages = call.organization().config.empty_history_pages;
    let items: Vec<Value> = std::iter::once(item).filter(|_| due && page.first == empty_pages).collect();
    let next = (page.first < empty_pages).then(|| call.state.page_tokens().issue(&list, page.first as u64 + 1));
    json(&with_next(json!({ "configurationItems": items }), "nextToken", next))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Select {
    expression: Option<String>,
    configuration_aggregator_name: Option<String>,
    limit: Option<i64>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// A `SELECT` that is understood: columns, and conditions that must all hold.
struct Query {
    columns: Vec<String>,
    conditions: Vec<(String, String)>,
}

/// `SelectAggregateResourceConfig`, for `SELECT a, b WHERE c = 'd' AND …` over repositories.
pub fn select(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: Select = call.input()?;
    let expression = input.expression.as_deref().ok_or_else(|| AwsError::missing("expression"))?;
    let name = input
        .configuration_aggregator_name
        .as_deref()
        .ok_or_else(|| AwsError::missing("configurationAggregatorName"))?;
    let known = call
        .organization()
        .config
        .aggregators
        .iter()
        .any(|known| known.name == name && known.account == call.account() && known.region == call.region);
    if !known {
        return Err(AwsError::bad_request(
            "NoSuchConfigurationAggregatorException",
            "The configuration aggregator does not exist. Check the configuration aggregator name and try again.",
        ));
    }
    let query = Query::parse(expression)
        .ok_or_else(|| AwsError::bad_request("InvalidExpressionException", "Syntax error in the expression."))?;
    let limit = limit(input.limit.or(input.max_results), DEFAULT_ROWS, "InvalidLimitException")?;
    let list = ["SelectAggregateResourceConfig", name, expression];
    let page = page(call, &list, input.next_token.as_deref(), limit)?;
    let mut rows: Vec<String> =
        rows(call, &query).skip(page.first).take(page.limit + 1).map(|row| row.to_string()).collect();
    let more = rows.len() > page.limit;
    rows.truncate(page.limit);
    let next = more.then(|| call.state.page_tokens().issue(&list, page.end() as u64));
    let fields: Vec<_> = query.columns.iter().map(|name| json!({"Name": name})).collect();
    let answer = json!({"Results": rows, "QueryInfo": {"SelectFields": fields}});
    json(&with_next(answer, "NextToken", next))
}

fn rows<'a>(call: &'a Call<'_>, query: &'a Query) -> impl Iterator<Item = Value> + 'a {
    let world = call.world();
    world
        .accounts()
        .flat_map(move |account| {
            let regions = world.regions(&account.id).into_iter();
            regions
                .filter(|(_, status)| status.is_usable())
                .flat_map(move |(region, _)| {
                    let repositories = world.repositories(&account.id, &region);
                    let items: Vec<Value> = repositories.map(|repository| repository_item(call, &repository)).collect();
                    items
                })
                .collect::<Vec<_>>()
        })
        .filter_map(|item| query.row(item))
}

impl Query {
    fn parse(expression: &str) -> Option<Self> {
        let text = expression.split_whitespace().collect::<Vec<_>>().join(" ");
        let upper = text.to_ascii_uppercase();
        let rest = text.get("SELECT ".len()..).filter(|_| upper.starts_with("SELECT "))?;
        let (columns, conditions) = match upper.find(" WHERE ") {
            Some(at) => (text.get("SELECT ".len()..at)?, text.get(at + " WHERE ".len()..)?),
            None => (rest, ""),
        };
        let columns: Vec<String> = columns.split(',').map(|column| column.trim().to_owned()).collect();
        let is_name = |name: &String| !name.is_empty() && name.chars().all(char::is_alphanumeric);
        if !columns.iter().all(is_name) {
            return None;
        }
        let conditions = conditions
            .split(" AND ")
            .flat_map(|part| part.split(" and "))
            .filter(|condition| !condition.is_empty())
            .map(|condition| {
                let (name, value) = condition.split_once('=')?;
                let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
                Some((name.trim().to_owned(), value.to_owned()))
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self { columns, conditions })
    }

    /// The columns of an item for which every condition holds. `configuration` is an object here.
    fn row(&self, mut item: Value) -> Option<Value> {
        let holds = self
            .conditions
            .iter()
            .all(|(name, expected)| item.get(name).and_then(Value::as_str) == Some(expected.as_str()));
        if !holds {
            return None;
        }
        let members = item.as_object_mut()?;
        if let Some(text) = members.get("configuration").and_then(Value::as_str)
            && let Ok(object) = serde_json::from_str(text)
        {
            members.insert("configuration".to_owned(), object);
        }
        members.retain(|name, _| self.columns.contains(name));
        Some(item)
    }
}

/// A repository's item in the API's form; its configuration is written as `CloudFormation` does.
fn repository_item(call: &Call<'_>, repository: &Repository) -> Value {
    let (account, region, name) = (&repository.account, &repository.region, &repository.name);
    let tags: Vec<_> = repository.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let mut configuration = json!({
        "ImageScanningConfiguration": {"ScanOnPush": repository.scan_on_push},
        "RepositoryName": name,
        "RepositoryUri": format!("{account}.dkr.ecr.{region}.amazonaws.com/{name}"),
        "Arn": repository.arn(),
        "ImageTagMutability": repository.image_tag_mutability,
        "Tags": tags,
    });
    if let Some(kind) = &repository.encryption_type
        && !call.organization().config.omit_encryption_configuration
        && let Some(members) = configuration.as_object_mut()
    {
        let mut encryption = json!({ "EncryptionType": kind });
        if let (Some(key), Some(members)) = (&repository.kms_key, encryption.as_object_mut()) {
            members.insert("KmsKey".to_owned(), key.clone().into());
        }
        members.insert("EncryptionConfiguration".to_owned(), encryption);
    }
    let mut item = item(account, region, REPOSITORY, name, &repository.arn());
    complete(&mut item, repository.created_at, &configuration, json!(repository.tags));
    item
}

/// A key's item in the API's form.
fn key_item(key: &Key) -> Value {
    let configuration = json!({
        "keyId": key.key_id(),
        "arn": key.arn(),
        "awsaccountId": key.account,
        "keyManager": key.manager,
        "keyState": key.state,
        "origin": key.origin,
        "keySpec": key.key_spec,
        "enabled": key.state == "Enabled",
        "multiRegion": key.multi_region,
    });
    let mut item = item(&key.account, &key.region, KEY, key.key_id(), &key.arn());
    complete(&mut item, key.created_at, &configuration, json!({}));
    item
}

fn item(account: &str, region: &str, kind: &str, id: &str, arn: &str) -> Value {
    json!({
        "version": "1.3",
        "accountId": account,
        "configurationItemStatus": "OK",
        "configurationStateId": "1736933400000",
        "configurationItemMD5Hash": "",
        "arn": arn,
        "resourceType": kind,
        "resourceId": id,
        "resourceName": id,
        "awsRegion": region,
        "availabilityZone": "Not Applicable",
        "relatedEvents": [],
        "relationships": [],
        "supplementaryConfiguration": {},
    })
}

fn complete(item: &mut Value, created: jiff::Timestamp, configuration: &Value, tags: Value) {
    let Some(members) = item.as_object_mut() else {
        return;
    };
    let seconds = created.as_second();
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    add("configurationItemCaptureTime", seconds.into());
    add("resourceCreationTime", seconds.into());
    // API form: JSON in a string.
    add("configuration", configuration.to_string().into());
    add("tags", tags);
}
