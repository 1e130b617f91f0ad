//! Asks ECR what a registry is set up to create by itself.

use aws_sdk_ecr::config::Builder;
use aws_smithy_types::DateTime;
use aws_types::SdkConfig;
use aws_types::region::Region;
use ecr_encryption_core::{AppliedFor, CreationTemplate, EncryptionConfiguration, EncryptionType};
use jiff::Timestamp;

use crate::aws::calls::CallCounter;
use crate::aws::fault::AwsFault;
use crate::lookup::{Access, CreationTemplateDescription, PullThroughCacheRuleDescription, RegistryLookup};
use crate::shared_client;

const TEMPLATES_ACTION: &str = "ecr:DescribeRepositoryCreationTemplates";
const RULES_ACTION: &str = "ecr:DescribePullThroughCacheRules";
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

/// The items of a page, and the token of the next one.
type PageOf<T> = (Option<Vec<T>>, Option<String>);

/// The items of all pages; `page` asks for the one that a token stands for.
async fn all_pages<T, R>(
    action: &'static str,
    access: &Access,
    page: impl Fn(Builder, Option<String>) -> R + Send + Sync,
) -> Result<Vec<T>, AwsFault>
where
    T: Send,
    R: Future<Output = Result<PageOf<T>, AwsFault>> + Send,
{
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let as_account = |credentials| {
            let region = Region::new(access.region.clone());
            page(Builder::new().credentials_provider(credentials).region(region), token.clone())
        };
        let (items, next) = access.credentials.call(as_account).await?;
        // A missing list is no empty one.
        all.extend(items.ok_or_else(|| AwsFault::other(action, "an answer without its list"))?);
        match next.filter(|next| !next.is_empty()) {
            Some(next) if token.as_ref() == Some(&next) => return Err(AwsFault::repeated_token(action)),
            Some(next) => token = Some(next),
            None => return Ok(all),
        }
    }
}

impl RegistryLookup for AwsRegistryLookup {
    async fn creation_templates(&self, access: &Access) -> Result<Vec<CreationTemplateDescription>, AwsFault> {
        let templates = all_pages(TEMPLATES_ACTION, access, |config, token| async {
            let request = self.0.describe_repository_creation_templates().max_results(PER_PAGE).set_next_token(token);
            let answer = request.customize().config_override(config).send().await;
            let answer = answer.map_err(|error| AwsFault::new(TEMPLATES_ACTION, &error))?;
            Ok((answer.repository_creation_templates, answer.next_token))
        });
        templates.await?.into_iter().map(template_description).collect()
    }

    async fn pull_through_cache_rules(
        &self,
        access: &Access,
    ) -> Result<Vec<PullThroughCacheRuleDescription>, AwsFault> {
        let rules = all_pages(RULES_ACTION, access, |config, token| async {
            let request = self.0.describe_pull_through_cache_rules().max_results(PER_PAGE).set_next_token(token);
            let answer = request.customize().config_override(config).send().await;
            let answer = answer.map_err(|error| AwsFault::new(RULES_ACTION, &error))?;
            Ok((answer.pull_through_cache_rules, answer.next_token))
        });
        rules.await?.into_iter().map(rule_description).collect()
    }
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
