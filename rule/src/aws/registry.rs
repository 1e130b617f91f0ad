//! Asks ECR what a registry is set up to create by itself.

use aws_smithy_types::DateTime;
use aws_types::SdkConfig;
use ecr_encryption_core::{AppliedFor, CreationTemplate, EncryptionConfiguration, EncryptionType};
use jiff::Timestamp;

use crate::aws::calls::CallCounter;
use crate::aws::fault::AwsFault;
use crate::lookup::{
    Access, CreationTemplateDescription, Page, PullThroughCacheRuleDescription, RULES_ACTION, RegistryLookup,
    TEMPLATES_ACTION,
};
use crate::{call_config, shared_client};

/// ECR's largest page of either.
const PER_PAGE: i32 = 1_000;

/// Asks AWS through one client; account and Region come with each call.
#[derive(Debug)]
pub struct AwsRegistryLookup(aws_sdk_ecr::Client);

impl AwsRegistryLookup {
    /// `counter` counts what the client sends.
    pub fn new(sdk_config: &SdkConfig, counter: &CallCounter) -> Self {
        Self(shared_client!(aws_sdk_ecr, sdk_config, counter))
    }
}

impl RegistryLookup for AwsRegistryLookup {
    async fn creation_templates_page(
        &self,
        access: &Access,
        next_token: Option<String>,
    ) -> Result<Page<CreationTemplateDescription>, AwsFault> {
        let answer = access
            .credentials
            .call(|credentials| {
                let request = self
                    .0
                    .describe_repository_creation_templates()
                    .max_results(PER_PAGE)
                    .set_next_token(next_token.clone())
                    .customize()
                    .config_override(call_config!(aws_sdk_ecr, credentials, access.region.clone()));
                async move { request.send().await.map_err(|error| AwsFault::new(TEMPLATES_ACTION, &error)) }
            })
            .await?;
        let items = items(TEMPLATES_ACTION, answer.repository_creation_templates, template_description)?;
        Ok((items, answer.next_token.filter(|token| !token.is_empty())))
    }

    async fn pull_through_cache_rules_page(
        &self,
        access: &Access,
        next_token: Option<String>,
    ) -> Result<Page<PullThroughCacheRuleDescription>, AwsFault> {
        let answer = access
            .credentials
            .call(|credentials| {
                let request = self
                    .0
                    .describe_pull_through_cache_rules()
                    .max_results(PER_PAGE)
                    .set_next_token(next_token.clone())
                    .customize()
                    .config_override(call_config!(aws_sdk_ecr, credentials, access.region.clone()));
                async move { request.send().await.map_err(|error| AwsFault::new(RULES_ACTION, &error)) }
            })
            .await?;
        let items = items(RULES_ACTION, answer.pull_through_cache_rules, rule_description)?;
        Ok((items, answer.next_token.filter(|token| !token.is_empty())))
    }
}

/// A missing list is no empty one.
fn items<T, D>(
    action: &'static str,
    listed: Option<Vec<T>>,
    described: impl Fn(T) -> Result<D, AwsFault>,
) -> Result<Vec<D>, AwsFault> {
    let listed = listed.ok_or_else(|| AwsFault::other(action, "an answer without its list"))?;
    listed.into_iter().map(described).collect()
}

fn rule_description(
    rule: aws_sdk_ecr::types::PullThroughCacheRule,
) -> Result<PullThroughCacheRuleDescription, AwsFault> {
    Ok(PullThroughCacheRuleDescription {
        prefix: rule.ecr_repository_prefix.ok_or_else(|| AwsFault::other(RULES_ACTION, "a rule without a prefix"))?,
        created_at: time(rule.created_at),
    })
}

fn time(time: Option<DateTime>) -> Option<Timestamp> {
    Timestamp::new(time?.secs(), 0).ok()
}

fn template_description(
    template: aws_sdk_ecr::types::RepositoryCreationTemplate,
) -> Result<CreationTemplateDescription, AwsFault> {
    let encryption = template.encryption_configuration.map(|configuration| EncryptionConfiguration {
        encryption_type: EncryptionType::from(configuration.encryption_type.as_str()),
        kms_key: configuration.kms_key.filter(|key| !key.is_empty()),
    });
    let applied_for = template.applied_for.unwrap_or_default();
    let tags = template.resource_tags.unwrap_or_default();
    Ok(CreationTemplateDescription {
        template: CreationTemplate {
            prefix: template.prefix.ok_or_else(|| AwsFault::other(TEMPLATES_ACTION, "a template without a prefix"))?,
            applied_for: applied_for.iter().map(|way| AppliedFor::from(way.as_str())).collect(),
            encryption,
            resource_tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            custom_role_arn: template.custom_role_arn.filter(|arn| !arn.is_empty()),
        },
        created_at: time(template.created_at),
    })
}
