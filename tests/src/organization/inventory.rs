//! What accounts hold: KMS keys, ECR repositories, creation templates.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

/// 2025-01-15T09:30:00Z, in seconds.
const DEFAULT_CREATION_SECONDS: i64 = 1_736_933_400;

fn default_creation() -> Timestamp {
    Timestamp::from_second(DEFAULT_CREATION_SECONDS).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A KMS key. Values that AWS doesn't know yet are allowed everywhere.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Key {
    /// What repositories of the description call it (`key = "…"`); unique.
    pub name: String,
    /// Its key id; absent: made up from name, account and Region.
    pub id: Option<String>,
    /// Its owner; need not be in the organization.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// `KeyManager`: `AWS` or `CUSTOMER`.
    pub manager: String,
    /// `Origin`: `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM` or `EXTERNAL_KEY_STORE`.
    pub origin: String,
    /// `KeyState`.
    pub state: String,
    /// `KeySpec`.
    pub key_spec: String,
    /// `MultiRegion`.
    pub multi_region: bool,
    /// `CreationDate`.
    pub created_at: Timestamp,
    /// `DeletionDate`, for the states that have one.
    pub deletion_date: Option<Timestamp>,
    /// `alias/…`, each.
    pub aliases: Vec<String>,
    /// Who may describe it: account ids, `own` (the owner's account), `nobody`, `everyone`.
    pub describe_allowed: Vec<String>,
}

impl Default for Key {
    fn default() -> Self {
        Self {
            name: String::new(),
            id: None,
            account: String::new(),
            region: String::new(),
            manager: "CUSTOMER".to_owned(),
            origin: "AWS_KMS".to_owned(),
            state: "Enabled".to_owned(),
            key_spec: "SYMMETRIC_DEFAULT".to_owned(),
            multi_region: false,
            created_at: default_creation(),
            deletion_date: None,
            aliases: Vec::new(),
            describe_allowed: vec!["own".to_owned()],
        }
    }
}

impl Key {
    /// Its key id; empty until the world has given it one.
    pub fn key_id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        key_arn(&self.region, &self.account, self.key_id())
    }

    /// Whether `account` may describe it.
    pub fn may_be_described_by(&self, account: &str) -> bool {
        self.describe_allowed.iter().any(|who| match who.as_str() {
            "own" => account == self.account,
            "everyone" => true,
            "nobody" => false,
            id => id == account,
        })
    }
}

/// The ARN of a key.
pub fn key_arn(region: &str, account: &str, id: &str) -> String {
    format!("arn:aws:kms:{region}:{account}:key/{id}")
}

/// An ECR repository.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repository {
    /// Its registry, twelve digits.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its name, which may contain `/`.
    pub name: String,
    /// `encryptionType`; absent: the answer has no `encryptionConfiguration` at all.
    pub encryption_type: Option<String>,
    /// `kmsKey`, word for word: an ARN, an id, an alias, anything.
    pub kms_key: Option<String>,
    /// The name of a described key whose ARN ECR gives, or `aws/ecr` for the AWS-managed key.
    pub key: Option<String>,
    /// `createdAt`.
    pub created_at: Timestamp,
    /// `imageTagMutability`.
    pub image_tag_mutability: String,
    /// `imageScanningConfiguration.scanOnPush`.
    pub scan_on_push: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Default for Repository {
    fn default() -> Self {
        Self {
            account: String::new(),
            region: String::new(),
            name: String::new(),
            encryption_type: None,
            kms_key: None,
            key: None,
            created_at: default_creation(),
            image_tag_mutability: "MUTABLE".to_owned(),
            scan_on_push: false,
            tags: BTreeMap::new(),
        }
    }
}

impl Repository {
    /// Its ARN.
    pub fn arn(&self) -> String {
        let Self { account, region, name, .. } = self;
        format!("arn:aws:ecr:{region}:{account}:repository/{name}")
    }
}

/// A repository creation template of ECR.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CreationTemplate {
    /// Its registry.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// The prefix of the repositories that it is for, or `ROOT`.
    pub prefix: String,
    /// `encryptionType`; absent: the answer has no `encryptionConfiguration`.
    pub encryption_type: Option<String>,
    /// `kmsKey`, word for word.
    pub kms_key: Option<String>,
    /// `appliedFor`: `REPLICATION`, `PULL_THROUGH_CACHE`, `CREATE_ON_PUSH`.
    pub applied_for: Vec<String>,
}

/// A pull-through cache rule of ECR.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PullThroughCacheRule {
    /// Its registry.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// `ecrRepositoryPrefix`: of the repositories that it makes, or `ROOT`.
    pub ecr_repository_prefix: String,
    /// `upstreamRegistryUrl`.
    pub upstream_registry_url: String,
    /// `upstreamRegistry`: `docker-hub`, say.
    pub upstream_registry: Option<String>,
    /// `upstreamRepositoryPrefix`.
    pub upstream_repository_prefix: Option<String>,
    /// `credentialArn`.
    pub credential_arn: Option<String>,
    /// `customRoleArn`.
    pub custom_role_arn: Option<String>,
    /// `createdAt` and `updatedAt`.
    pub created_at: Timestamp,
}

impl Default for PullThroughCacheRule {
    fn default() -> Self {
        Self {
            account: String::new(),
            region: String::new(),
            ecr_repository_prefix: String::new(),
            upstream_registry_url: String::new(),
            upstream_registry: None,
            upstream_repository_prefix: None,
            credential_arn: None,
            custom_role_arn: None,
            created_at: default_creation(),
        }
    }
}
