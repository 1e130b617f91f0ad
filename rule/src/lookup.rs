//! What can be asked about repositories and keys, whoever answers.

use std::collections::BTreeMap;
use std::future::Future;

use ecr_encryption_core::{KeyFacts, RepositoryEncryption};
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
