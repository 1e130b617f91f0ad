//! What can be asked about repositories and keys, whoever answers.

use std::collections::BTreeMap;
use std::future::Future;

use ecr_encryption_core::{CreationTemplate, KeyFacts, RepositoryEncryption};
use jiff::Timestamp;

use crate::aws::credentials::AccountCredentials;
use crate::aws::fault::AwsFault;

/// An account in a Region, with credentials of that account.
#[derive(Debug, Clone)]
pub struct Access {
    /// The account whose credentials these are.
    pub account_id: String,
    /// Credentials of the account that is asked.
    pub credentials: AccountCredentials,
    /// The Region that is asked.
    pub region: String,
}

impl Access {
    /// The same account and Region, asked with other credentials of that account.
    #[must_use]
    pub fn with(&self, credentials: AccountCredentials) -> Self {
        Self { account_id: self.account_id.clone(), credentials, region: self.region.clone() }
    }
}

/// A repository as `ecr:DescribeRepositories` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryDescription {
    /// `repositoryName`.
    pub name: String,
    /// `repositoryArn`.
    pub arn: String,
    /// `repositoryUri`.
    pub uri: Option<String>,
    /// `createdAt`.
    pub created_at: Option<Timestamp>,
    /// `encryptionConfiguration`.
    pub encryption: RepositoryEncryption,
}

/// One page of repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryPage {
    /// The repositories, in ECR's order.
    pub repositories: Vec<RepositoryDescription>,
    /// What to ask the next page with; `None` at the end.
    pub next_token: Option<String>,
}

/// Tags by the ARN of the resource that has them.
pub type TagsByArn = BTreeMap<String, BTreeMap<String, String>>;

/// The IAM action behind [`RegistryLookup::creation_templates`].
pub const TEMPLATES_ACTION: &str = "ecr:DescribeRepositoryCreationTemplates";

/// The IAM action behind [`RegistryLookup::pull_through_cache_rules`].
pub const RULES_ACTION: &str = "ecr:DescribePullThroughCacheRules";

/// The IAM action behind [`Lookup::tags`].
pub const TAGS_ACTION: &str = "tag:GetResources";

/// The look-ups. Passing faults were retried before an answer is a fault.
pub trait Lookup: Send + Sync {
    /// One page of at most 1,000 private repositories.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn repositories(
        &self,
        access: &Access,
        next_token: Option<String>,
    ) -> impl Future<Output = Result<RepositoryPage, AwsFault>> + Send;

    /// One repository, by its name.
    ///
    /// # Errors
    /// What AWS said, after retries; a repository that does not exist is a fault too.
    fn repository(
        &self,
        access: &Access,
        name: &str,
    ) -> impl Future<Output = Result<RepositoryDescription, AwsFault>> + Send;

    /// What KMS tells about a key, named by ARN, id, alias or alias ARN.
    ///
    /// # Errors
    /// What AWS said, after retries; a key that does not exist and one that may not be described are faults too.
    fn key(&self, access: &Access, key_id: &str) -> impl Future<Output = Result<KeyFacts, AwsFault>> + Send;

    /// One page of the tags of the repositories that have a tag with the key `tag_key`, with the token of the next page.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn tags_page(
        &self,
        access: &Access,
        tag_key: &str,
        next_token: Option<String>,
    ) -> impl Future<Output = Result<(TagsByArn, Option<String>), AwsFault>> + Send;

    /// All tags of the repositories that have a tag with the key `tag_key`.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn tags(&self, access: &Access, tag_key: &str) -> impl Future<Output = Result<TagsByArn, AwsFault>> + Send {
        async move {
            let mut tags = TagsByArn::new();
            let mut token = None;
            loop {
                let (page, next) = self.tags_page(access, tag_key, token.clone()).await?;
                tags.extend(page);
                match next {
                    Some(next) if token.as_ref() == Some(&next) => return Err(AwsFault::repeated_token(TAGS_ACTION)),
                    Some(next) => token = Some(next),
                    None => return Ok(tags),
                }
            }
        }
    }
}

/// A repository creation template as `ecr:DescribeRepositoryCreationTemplates` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationTemplateDescription {
    /// What a verdict depends on.
    pub template: CreationTemplate,
    /// `createdAt`.
    pub created_at: Option<Timestamp>,
}

/// A pull-through cache rule as `ecr:DescribePullThroughCacheRules` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullThroughCacheRuleDescription {
    /// `ecrRepositoryPrefix`.
    pub prefix: String,
    /// `createdAt`.
    pub created_at: Option<Timestamp>,
}

/// One page of a list, and the token of the next one; `None` at the end.
pub type Page<T> = (Vec<T>, Option<String>);

/// What an account's registry in a Region is set up to create by itself. Passing faults were retried before an answer is a
/// fault.
pub trait RegistryLookup: Send + Sync {
    /// One page of at most 1,000 repository creation templates.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn creation_templates_page(
        &self,
        access: &Access,
        next_token: Option<String>,
    ) -> impl Future<Output = Result<Page<CreationTemplateDescription>, AwsFault>> + Send;

    /// One page of at most 1,000 pull-through cache rules.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn pull_through_cache_rules_page(
        &self,
        access: &Access,
        next_token: Option<String>,
    ) -> impl Future<Output = Result<Page<PullThroughCacheRuleDescription>, AwsFault>> + Send;

    /// All repository creation templates.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn creation_templates(
        &self,
        access: &Access,
    ) -> impl Future<Output = Result<Vec<CreationTemplateDescription>, AwsFault>> + Send {
        all_pages(TEMPLATES_ACTION, |token| self.creation_templates_page(access, token))
    }

    /// All pull-through cache rules.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn pull_through_cache_rules(
        &self,
        access: &Access,
    ) -> impl Future<Output = Result<Vec<PullThroughCacheRuleDescription>, AwsFault>> + Send {
        all_pages(RULES_ACTION, |token| self.pull_through_cache_rules_page(access, token))
    }
}

/// The items of all pages; `page` asks for the one that a token stands for.
async fn all_pages<T, R>(
    action: &'static str,
    page: impl Fn(Option<String>) -> R + Send + Sync,
) -> Result<Vec<T>, AwsFault>
where
    T: Send,
    R: Future<Output = Result<Page<T>, AwsFault>> + Send,
{
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let (items, next) = page(token.clone()).await?;
        all.extend(items);
        match next {
            Some(next) if token.as_ref() == Some(&next) => return Err(AwsFault::repeated_token(action)),
            Some(next) => token = Some(next),
            None => return Ok(all),
        }
    }
}
