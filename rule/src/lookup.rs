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
    /// Credentials of the account that is asked.
    pub credentials: AccountCredentials,
    /// The Region that is asked.
    pub region: String,
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

    /// All tags of the repositories that have a tag with the key `tag_key`.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn tags(&self, access: &Access, tag_key: &str) -> impl Future<Output = Result<TagsByArn, AwsFault>> + Send;
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

/// What an account's registry in a Region is set up to create by itself. Passing faults were retried before an answer is a
/// fault.
pub trait RegistryLookup: Send + Sync {
    /// All repository creation templates.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn creation_templates(
        &self,
        access: &Access,
    ) -> impl Future<Output = Result<Vec<CreationTemplateDescription>, AwsFault>> + Send;

    /// All pull-through cache rules.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn pull_through_cache_rules(
        &self,
        access: &Access,
    ) -> impl Future<Output = Result<Vec<PullThroughCacheRuleDescription>, AwsFault>> + Send;
}
