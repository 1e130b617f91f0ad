//! Asks AWS.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aws_types::SdkConfig;
use ecr_encryption_core::{
    EncryptionConfiguration, EncryptionType, KeyFacts, KeyManager, KeyOrigin, KeyState, RepositoryEncryption,
};
use jiff::Timestamp;

use crate::aws::calls::CallCounter;
use crate::aws::fault::AwsFault;
use crate::lookup::{Access, Lookup, RepositoryDescription, RepositoryPage, TAGS_ACTION, TagsByArn};
use crate::{call_config, shared_client};

/// ECR's largest page.
const REPOSITORIES_PER_PAGE: i32 = 1_000;
/// The Resource Groups Tagging API's largest page.
const RESOURCES_PER_PAGE: i32 = 100;

/// Asks AWS through one shared client a service; account and Region come with each call.
///
/// A client is built when it is first used: that costs a third of a millisecond each, and a Lambda that only reads a key
/// needs one of the three.
#[derive(Debug)]
pub struct AwsLookup {
    sdk_config: SdkConfig,
    counter: CallCounter,
    ecr: OnceLock<aws_sdk_ecr::Client>,
    kms: OnceLock<aws_sdk_kms::Client>,
    tagging: OnceLock<aws_sdk_resourcegroupstagging::Client>,
}

impl AwsLookup {
    /// `counter` counts what the clients send.
    pub fn new(sdk_config: &SdkConfig, counter: &CallCounter) -> Self {
        Self {
            sdk_config: sdk_config.clone(),
            counter: counter.clone(),
            ecr: OnceLock::new(),
            kms: OnceLock::new(),
            tagging: OnceLock::new(),
        }
    }

    fn ecr(&self) -> &aws_sdk_ecr::Client {
        self.ecr.get_or_init(|| shared_client!(aws_sdk_ecr, &self.sdk_config, self.counter))
    }

    fn kms(&self) -> &aws_sdk_kms::Client {
        self.kms.get_or_init(|| shared_client!(aws_sdk_kms, &self.sdk_config, self.counter))
    }

    fn tagging(&self) -> &aws_sdk_resourcegroupstagging::Client {
        self.tagging.get_or_init(|| shared_client!(aws_sdk_resourcegroupstagging, &self.sdk_config, self.counter))
    }
}

impl Lookup for AwsLookup {
    async fn repositories(&self, access: &Access, next_token: Option<String>) -> Result<RepositoryPage, AwsFault> {
        const ACTION: &str = "ecr:DescribeRepositories";
        let answer = access
            .credentials
            .call(|credentials| {
                let request = self
                    .ecr()
                    .describe_repositories()
                    .max_results(REPOSITORIES_PER_PAGE)
                    .set_next_token(next_token.clone())
                    .customize()
                    .config_override(call_config!(aws_sdk_ecr, credentials, access.region.clone()));
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        // A missing list is no empty one.
        let page = answer.repositories.ok_or_else(|| AwsFault::other(ACTION, "an answer without repositories"))?;
        let repositories = page.into_iter().map(description).collect::<Result<_, _>>()?;
        let following = answer.next_token.filter(|token| !token.is_empty());
        if following.is_some() && following == next_token {
            return Err(AwsFault::repeated_token(ACTION));
        }
        Ok(RepositoryPage { repositories, next_token: following })
    }

    async fn repository(&self, access: &Access, name: &str) -> Result<RepositoryDescription, AwsFault> {
        const ACTION: &str = "ecr:DescribeRepositories";
        let answer = access
            .credentials
            .call(|credentials| {
                let request = self
                    .ecr()
                    .describe_repositories()
                    .repository_names(name)
                    .customize()
                    .config_override(call_config!(aws_sdk_ecr, credentials, access.region.clone()));
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        let described = answer.repositories.unwrap_or_default().into_iter().next();
        described.map_or_else(|| Err(AwsFault::other(ACTION, "an answer without the repository")), description)
    }

    async fn key(&self, access: &Access, key_id: &str) -> Result<KeyFacts, AwsFault> {
        use aws_sdk_kms::types::{KeyManagerType, OriginType};

        const ACTION: &str = "kms:DescribeKey";
        let answer = access
            .credentials
            .call(|credentials| {
                let request = self.kms().describe_key().key_id(key_id).customize().config_override(call_config!(
                    aws_sdk_kms,
                    credentials,
                    access.region.clone()
                ));
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        let metadata = answer.key_metadata.ok_or_else(|| AwsFault::other(ACTION, "an answer without key metadata"))?;
        // What KMS left out is a value of its own, which no demand is proved by.
        let given = |value: Option<&str>| value.unwrap_or("not reported").to_owned();
        Ok(KeyFacts {
            arn: metadata.arn.ok_or_else(|| AwsFault::other(ACTION, "an answer without the key's ARN"))?,
            manager: KeyManager::from(given(metadata.key_manager.as_ref().map(KeyManagerType::as_str))),
            origin: KeyOrigin::from(given(metadata.origin.as_ref().map(OriginType::as_str))),
            state: KeyState::from(given(metadata.key_state.as_ref().map(aws_sdk_kms::types::KeyState::as_str))),
            recorded_at: None,
        })
    }

    async fn tags_page(
        &self,
        access: &Access,
        tag_key: &str,
        next_token: Option<String>,
    ) -> Result<(TagsByArn, Option<String>), AwsFault> {
        use aws_sdk_resourcegroupstagging::types::TagFilter;

        let answer = access
            .credentials
            .call(|credentials| {
                let request = self
                    .tagging()
                    .get_resources()
                    .resource_type_filters("ecr:repository")
                    .tag_filters(TagFilter::builder().key(tag_key).build())
                    .resources_per_page(RESOURCES_PER_PAGE)
                    .set_pagination_token(next_token.clone())
                    .customize()
                    .config_override(call_config!(aws_sdk_resourcegroupstagging, credentials, access.region.clone()));
                async move { request.send().await.map_err(|error| AwsFault::new(TAGS_ACTION, &error)) }
            })
            .await?;
        let tags = answer
            .resource_tag_mapping_list
            .ok_or_else(|| AwsFault::other(TAGS_ACTION, "an answer without resources"))?
            .into_iter()
            .filter_map(|mapping| {
                let tags: BTreeMap<_, _> =
                    mapping.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
                Some((mapping.resource_arn?, tags))
            })
            .collect();
        Ok((tags, answer.pagination_token.filter(|token| !token.is_empty())))
    }
}

fn description(repository: aws_sdk_ecr::types::Repository) -> Result<RepositoryDescription, AwsFault> {
    let missing = |what: &str| AwsFault::other("ecr:DescribeRepositories", format!("a repository without {what}"));
    let encryption = match repository.encryption_configuration {
        Some(configuration) => RepositoryEncryption::Known(EncryptionConfiguration {
            encryption_type: EncryptionType::from(configuration.encryption_type.as_str()),
            kms_key: configuration.kms_key.filter(|key| !key.is_empty()),
        }),
        None => RepositoryEncryption::NotReported,
    };
    Ok(RepositoryDescription {
        name: repository.repository_name.ok_or_else(|| missing("a name"))?,
        arn: repository.repository_arn.ok_or_else(|| missing("an ARN"))?,
        uri: repository.repository_uri,
        created_at: repository.created_at.and_then(|time| Timestamp::new(time.secs(), 0).ok()),
        encryption,
    })
}
