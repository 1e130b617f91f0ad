//! What an ECR registry is told to do by itself: repository creation templates, pull-through cache rules.

use std::borrow::Cow;

use serde::Serialize;

use super::ecr::{Encryption, Input, invalid, own_registry, page};
use super::{Call, json};
use crate::aws::AwsError;
use crate::organization::{CreationTemplate, PullThroughCacheRule};

/// Most prefixes in one call.
const MOST_PREFIXES: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TemplatesAnswer<'a> {
    registry_id: &'a str,
    repository_creation_templates: Vec<TemplateMember<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `DescribeRepositoryCreationTemplates`.
pub(super) fn describe_creation_templates(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    own_registry(call, input)?;
    let (account, region) = (call.account(), call.region);
    let list = ["DescribeRepositoryCreationTemplates", account, region];
    let page = page(call, input, &list)?;
    let templates: Vec<&CreationTemplate> = call
        .organization()
        .creation_templates
        .iter()
        .filter(|template| template.account == account && template.region == region)
        .filter(|template| {
            let prefixes = input.prefixes.as_deref().unwrap_or_default();
            prefixes.is_empty() || prefixes.contains(&template.prefix)
        })
        .collect();
    json(&TemplatesAnswer {
        registry_id: account,
        next_token: page.next(call.state.page_tokens(), &list, templates.len()),
        repository_creation_templates: templates
            .into_iter()
            .skip(page.first)
            .take(page.limit)
            .map(TemplateMember::new)
            .collect(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TemplateMember<'a> {
    prefix: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_configuration: Option<Encryption<'a>>,
    image_tag_mutability: &'a str,
    applied_for: &'a [String],
}

impl<'a> TemplateMember<'a> {
    fn new(template: &'a CreationTemplate) -> Self {
        let kind = template.encryption_type.as_deref();
        Self {
            prefix: &template.prefix,
            encryption_configuration: kind.map(|encryption_type| Encryption {
                encryption_type: Cow::Borrowed(encryption_type),
                kms_key: template.kms_key.as_deref().map(Cow::Borrowed),
            }),
            image_tag_mutability: "MUTABLE",
            applied_for: &template.applied_for,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RulesAnswer<'a> {
    pull_through_cache_rules: Vec<RuleMember<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `DescribePullThroughCacheRules`. A prefix that is asked for and has no rule is an error.
pub(super) fn describe_pull_through_cache_rules(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    own_registry(call, input)?;
    let (account, region) = (call.account(), call.region);
    let prefixes = input.ecr_repository_prefixes.as_deref();
    if prefixes.is_some_and(|prefixes| !(1..=MOST_PREFIXES).contains(&prefixes.len())) {
        return Err(invalid("ecrRepositoryPrefixes", "Member must have length between 1 and 100"));
    }
    let list = ["DescribePullThroughCacheRules", account, region];
    let page = page(call, input, &list)?;
    let own = || {
        let rules = call.organization().pull_through_cache_rules.iter();
        rules.filter(|rule| rule.account == account && rule.region == region)
    };
    let rules: Vec<&PullThroughCacheRule> = match prefixes {
        None => own().collect(),
        Some(prefixes) => {
            let found = prefixes.iter().map(|prefix| {
                own().find(|rule| rule.ecr_repository_prefix == *prefix).ok_or_else(|| rule_not_found(account, prefix))
            });
            found.collect::<Result<_, _>>()?
        }
    };
    json(&RulesAnswer {
        next_token: page.next(call.state.page_tokens(), &list, rules.len()),
        pull_through_cache_rules: rules.into_iter().skip(page.first).take(page.limit).map(RuleMember::new).collect(),
    })
}

fn rule_not_found(account: &str, prefix: &str) -> AwsError {
    AwsError::bad_request(
        "PullThroughCacheRuleNotFoundException",
        format!(
            "The pull through cache rule with prefix '{prefix}' does not exist in the registry with id '{account}'"
        ),
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleMember<'a> {
    ecr_repository_prefix: &'a str,
    upstream_registry_url: &'a str,
    registry_id: &'a str,
    created_at: f64,
    updated_at: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_registry: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_repository_prefix: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_role_arn: Option<&'a str>,
}

impl<'a> RuleMember<'a> {
    fn new(rule: &'a PullThroughCacheRule) -> Self {
        let created_at = rule.created_at.as_duration().as_secs_f64();
        Self {
            ecr_repository_prefix: &rule.ecr_repository_prefix,
            upstream_registry_url: &rule.upstream_registry_url,
            registry_id: &rule.account,
            created_at,
            updated_at: created_at,
            upstream_registry: rule.upstream_registry.as_deref(),
            upstream_repository_prefix: rule.upstream_repository_prefix.as_deref(),
            credential_arn: rule.credential_arn.as_deref(),
            custom_role_arn: rule.custom_role_arn.as_deref(),
        }
    }
}
