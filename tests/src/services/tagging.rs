//! Resource Groups Tagging: `GetResources`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::paging::Page;
use super::{Call, json};
use crate::aws::AwsError;
use crate::organization::Repository;

/// The largest page, and the one that a call gets which asks for none.
const MOST_RESULTS: i64 = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    pagination_token: Option<String>,
    tag_filters: Option<Vec<TagFilter>>,
    resources_per_page: Option<i64>,
    resource_type_filters: Option<Vec<String>>,
    #[serde(rename = "ResourceARNList")]
    resource_arn_list: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagFilter {
    key: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

/// `GetResources`. Only ECR repositories are known, and only tagged ones are told, as AWS does.
pub fn get_resources(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: Input = call.input()?;
    let asked = input.resources_per_page.unwrap_or(MOST_RESULTS);
    let limit = usize::try_from(asked)
        .ok()
        .filter(|limit| *limit >= 1 && asked <= MOST_RESULTS)
        .ok_or_else(|| invalid("ResourcesPerPage must be between 1 and 100"))?;
    let filters = input.tag_filters.unwrap_or_default();
    if filters.len() > 50 || filters.iter().any(|filter| filter.key.is_none()) {
        return Err(invalid("TagFilters: at most 50, each with a Key"));
    }
    let types = input.resource_type_filters.unwrap_or_default();
    let ecr = types.is_empty() || types.iter().any(|kind| kind == "ecr:repository" || kind == "ecr");
    let (account, region) = (call.account(), call.region);
    let list = ["GetResources", account, region];
    // An empty token means the first page.
    let token = input.pagination_token.filter(|token| !token.is_empty());
    let tokens = call.state.page_tokens();
    let page = Page::at(tokens, &list, token.as_deref(), limit, || invalid("Invalid PaginationToken"))?;
    let mut found: Vec<Value> = Vec::new();
    let mut next = String::new();
    if ecr {
        let repositories = call.world().repositories_from(account, region, page.first);
        for (position, repository) in (page.first..).zip(repositories) {
            if !matches(&repository, &filters, input.resource_arn_list.as_deref()) {
                continue;
            }
            if found.len() == page.limit {
                next = tokens.issue(&list, position as u64);
                break;
            }
            found.push(mapping(&repository));
        }
    }
    json(&json!({"PaginationToken": next, "ResourceTagMappingList": found}))
}

fn matches(repository: &Repository, filters: &[TagFilter], arns: Option<&[String]>) -> bool {
    !repository.tags.is_empty()
        && arns.is_none_or(|arns| arns.contains(&repository.arn()))
        && filters.iter().all(|filter| {
            let key = filter.key.as_deref().unwrap_or_default();
            repository.tags.get(key).is_some_and(|value| filter.values.is_empty() || filter.values.contains(value))
        })
}

fn mapping(repository: &Repository) -> Value {
    let tags: Vec<_> = repository.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!({"ResourceARN": repository.arn(), "Tags": tags})
}

fn invalid(message: &str) -> AwsError {
    AwsError::bad_request("InvalidParameterException", message)
}
