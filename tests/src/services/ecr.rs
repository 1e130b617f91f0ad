//! Elastic Container Registry.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::ecr_registry::{describe_creation_templates, describe_pull_through_cache_rules};
use super::paging::Page;
use super::{Call, json};
use crate::aws::{AwsError, Operation, Service};
use crate::organization::Repository;

/// Repositories on a page that asks for no number; from the API's documentation.
const DEFAULT_PAGE: usize = 100;
/// The largest page that may be asked for.
const MOST_RESULTS: usize = 1000;
/// Most names in one call.
const MOST_NAMES: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    registry_id: Option<String>,
    repository_names: Option<Vec<String>>,
    /// Of creation templates.
    pub prefixes: Option<Vec<String>>,
    /// Of pull-through cache rules.
    pub ecr_repository_prefixes: Option<Vec<String>>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

/// Performs an operation.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: Input = call.input()?;
    match call.operation {
        Operation::DescribeRepositories => describe_repositories(call, &input),
        Operation::DescribePullThroughCacheRules => describe_pull_through_cache_rules(call, &input),
        _ => describe_creation_templates(call, &input),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RepositoriesAnswer<'a> {
    repositories: Vec<RepositoryMember<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

fn describe_repositories(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    own_registry(call, input)?;
    if let Some(names) = &input.repository_names {
        return describe_named(call, input, names);
    }
    let (account, region) = (call.account(), call.region);
    let list = ["DescribeRepositories", account, region];
    let page = page(call, input, &list)?;
    let count = call.world().repository_count(account, region);
    json(&RepositoriesAnswer {
        repositories: call
            .world()
            .repositories_from(account, region, page.first)
            .take(page.limit)
            .map(RepositoryMember::new)
            .collect(),
        next_token: page.next(call.state.page_tokens(), &list, count),
    })
}

fn describe_named(call: &Call<'_>, input: &Input, names: &[String]) -> Result<Vec<u8>, AwsError> {
    if input.max_results.is_some() || input.next_token.is_some() {
        return Err(invalid("repositoryNames", "repositoryNames cannot be used with maxResults or nextToken"));
    }
    if names.is_empty() || names.len() > MOST_NAMES {
        return Err(invalid("repositoryNames", "Member must have length between 1 and 100"));
    }
    let (account, region) = (call.account(), call.region);
    let mut repositories = Vec::with_capacity(names.len());
    for name in names {
        if !is_repository_name(name) {
            return Err(invalid(
                "repositoryNames",
                "must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'",
            ));
        }
        let found = call.world().repository(account, region, name);
        let repository = found.ok_or_else(|| {
            AwsError::bad_request(
                "RepositoryNotFoundException",
                format!("The repository with name '{name}' does not exist in the registry with id '{account}'"),
            )
        })?;
        repositories.push(RepositoryMember::new(repository));
    }
    json(&RepositoriesAnswer { repositories, next_token: None })
}

/// Two to 256 characters, lower-case words between `.`, `_`, `-` and `/`.
fn is_repository_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (2..=256).contains(&name.len())
        && name.bytes().all(|byte| word(byte) || b"._-/".contains(&byte))
        && name
            .split('/')
            .all(|part| part.bytes().next().is_some_and(word) && part.bytes().next_back().is_some_and(word))
}

/// The page of a list that the input asks for.
pub(super) fn page(call: &Call<'_>, input: &Input, list: &[&str]) -> Result<Page, AwsError> {
    let limit = match input.max_results {
        None => DEFAULT_PAGE,
        Some(asked) => {
            let problem = if asked < 1 {
                "Member must have value greater than or equal to 1"
            } else {
                "Member must have value less than or equal to 1000"
            };
            usize::try_from(asked)
                .ok()
                .filter(|limit| (1..=MOST_RESULTS).contains(limit))
                .ok_or_else(|| invalid("maxResults", problem))?
        }
    };
    let limit = limit.min(call.organization().answers.repositories_per_page);
    let tokens = call.state.page_tokens();
    Page::at(tokens, list, input.next_token.as_deref(), limit, || invalid("nextToken", "Invalid token"))
}

/// Another account's registry needs its policy's consent, which nobody has given here.
pub(super) fn own_registry(call: &Call<'_>, input: &Input) -> Result<(), AwsError> {
    let Some(registry) = input.registry_id.as_deref() else {
        return Ok(());
    };
    if registry == call.account() {
        return Ok(());
    }
    let (who, action) = (&call.session.principal.arn, call.operation.action());
    let resource = format!("arn:aws:ecr:{}:{registry}:repository/*", call.region);
    Err(AwsError::denied(
        Service::Ecr,
        format!(
            "User: {who} is not authorized to perform: {action} on resource: {resource} because no resource-based policy allows the {action} action"
        ),
    ))
}

/// A member that breaks its constraint, in the words of ECR.
pub(super) fn invalid(member: &str, problem: &str) -> AwsError {
    AwsError::bad_request(
        "InvalidParameterException",
        format!("Invalid parameter at '{member}' failed to satisfy constraint: '{problem}'"),
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryMember<'a> {
    repository_arn: String,
    registry_id: Cow<'a, str>,
    repository_name: Cow<'a, str>,
    repository_uri: String,
    created_at: f64,
    image_tag_mutability: Cow<'a, str>,
    image_scanning_configuration: Scanning,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_configuration: Option<Encryption<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scanning {
    scan_on_push: bool,
}

/// `encryptionConfiguration`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Encryption<'a> {
    pub encryption_type: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Cow<'a, str>>,
}

impl<'a> RepositoryMember<'a> {
    fn new(repository: Cow<'a, Repository>) -> Self {
        let arn = repository.arn();
        let uri = format!("{}.dkr.ecr.{}.amazonaws.com/{}", repository.account, repository.region, repository.name);
        let created_at = repository.created_at.as_duration().as_secs_f64();
        let scan_on_push = repository.scan_on_push;
        let (account, name, mutability, kind, key) = match repository {
            Cow::Borrowed(it) => (
                Cow::Borrowed(it.account.as_str()),
                Cow::Borrowed(it.name.as_str()),
                Cow::Borrowed(it.image_tag_mutability.as_str()),
                it.encryption_type.as_deref().map(Cow::Borrowed),
                it.kms_key.as_deref().map(Cow::Borrowed),
            ),
            Cow::Owned(it) => (
                Cow::Owned(it.account),
                Cow::Owned(it.name),
                Cow::Owned(it.image_tag_mutability),
                it.encryption_type.map(Cow::Owned),
                it.kms_key.map(Cow::Owned),
            ),
        };
        Self {
            repository_arn: arn,
            registry_id: account,
            repository_name: name,
            repository_uri: uri,
            created_at,
            image_tag_mutability: mutability,
            image_scanning_configuration: Scanning { scan_on_push },
            encryption_configuration: kind.map(|encryption_type| Encryption { encryption_type, kms_key: key }),
        }
    }
}
