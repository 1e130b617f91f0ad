//! KMS keys: how they are named, and what could be learned about one.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

open_enum! {
    /// KMS's `KeyManager`.
    KeyManager {
        /// A key that AWS made and manages, such as the one behind `alias/aws/ecr`.
        Aws = "AWS",
        /// A key that a customer made.
        Customer = "CUSTOMER",
    }
}

open_enum! {
    /// KMS's `Origin`: where the key material comes from.
    KeyOrigin {
        /// KMS made the material.
        AwsKms = "AWS_KMS",
        /// The customer imported the material.
        External = "EXTERNAL",
        /// The material lives in a CloudHSM cluster.
        AwsCloudHsm = "AWS_CLOUDHSM",
        /// The material lives outside AWS.
        ExternalKeyStore = "EXTERNAL_KEY_STORE",
    }
}

open_enum! {
    /// KMS's `KeyState`.
    KeyState {
        /// Being created in a custom key store.
        Creating = "Creating",
        /// Usable.
        Enabled = "Enabled",
        /// Disabled by its owner.
        Disabled = "Disabled",
        /// Scheduled for deletion.
        PendingDeletion = "PendingDeletion",
        /// Waiting for its material.
        PendingImport = "PendingImport",
        /// A primary whose deletion waits for its replicas.
        PendingReplicaDeletion = "PendingReplicaDeletion",
        /// Its custom key store cannot be reached.
        Unavailable = "Unavailable",
        /// Usable while its primary Region changes.
        Updating = "Updating",
    }
}

/// The ARN of a KMS key: `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyArn {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// The key's Region.
    pub region: String,
    /// The account that owns the key: 12 digits.
    pub account_id: String,
    /// The key id: a UUID, or `mrk-` and 32 hexadecimal digits.
    pub key_id: String,
}

impl KeyArn {
    /// Reads a key ARN; `None` for anything else, an alias's ARN included.
    pub fn parse(text: &str) -> Option<Self> {
        match KeyReference::parse(text) {
            KeyReference::Key(arn) => Some(arn),
            _ => None,
        }
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account_id, key_id } = self;
        write!(formatter, "arn:{partition}:kms:{region}:{account_id}:key/{key_id}")
    }
}

/// The ways in which ECR may name a key. That it always gives a key ARN is what to expect, but nobody promises it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyReference {
    /// A key's ARN.
    Key(KeyArn),
    /// An alias's ARN: account and Region are known, the key is not.
    AliasArn {
        /// The alias's Region.
        region: String,
        /// The account that owns the alias, and so the key.
        account_id: String,
        /// `alias/…`.
        alias: String,
    },
    /// `alias/…`: of the repository's own account and Region, since only an ARN can name another.
    Alias(String),
    /// A bare key id, of the repository's own account and Region.
    KeyId(String),
    /// Nothing that names a key.
    Unreadable(String),
}

impl KeyReference {
    /// Reads ECR's `kmsKey`.
    pub fn parse(text: &str) -> Self {
        let unreadable = || Self::Unreadable(text.to_owned());
        if !text.starts_with("arn:") {
            return if text.starts_with("alias/") {
                Self::Alias(text.to_owned())
            } else if is_key_id(text) {
                Self::KeyId(text.to_owned())
            } else {
                unreadable()
            };
        }
        let sections: Vec<&str> = text.splitn(6, ':').collect();
        let &[_, partition, "kms", region, account_id, resource] = sections.as_slice() else { return unreadable() };
        if partition.is_empty() || region.is_empty() || !is_account_id(account_id) {
            return unreadable();
        }
        match resource.split_once('/') {
            Some(("key", key_id)) if is_key_id(key_id) => Self::Key(KeyArn {
                partition: partition.to_owned(),
                region: region.to_owned(),
                account_id: account_id.to_owned(),
                key_id: key_id.to_owned(),
            }),
            Some(("alias", name)) if !name.is_empty() => Self::AliasArn {
                region: region.to_owned(),
                account_id: account_id.to_owned(),
                alias: resource.to_owned(),
            },
            _ => unreadable(),
        }
    }

    /// The account that owns the key, where the reference or the repository's own account tells.
    pub fn owner<'a>(&'a self, repository_account_id: &'a str) -> Option<&'a str> {
        match self {
            Self::Key(KeyArn { account_id, .. }) | Self::AliasArn { account_id, .. } => Some(account_id),
            Self::Alias(_) | Self::KeyId(_) => Some(repository_account_id),
            Self::Unreadable(_) => None,
        }
    }
}

/// Whether `text` is an AWS account id: 12 digits.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_key_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What is known about a key: `kms:DescribeKey` told it, or AWS Config recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFacts {
    /// The key's ARN.
    pub arn: String,
    /// `KeyManager`.
    pub manager: KeyManager,
    /// `Origin`.
    pub origin: KeyOrigin,
    /// `KeyState`.
    pub state: KeyState,
    /// When AWS Config recorded it; `None` where KMS told it. All but the state holds for good; the state may have changed
    /// since.
    #[serde(default)]
    pub recorded_at: Option<Timestamp>,
}

/// What is known of `alias/aws/ecr` in the repository's account and Region. Its key policy lets the account read it, so
/// it tells whether a key that may not be described is the AWS-managed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AwsManagedKey {
    /// It stands for this key.
    Described(KeyFacts),
    /// There is no such alias, so no repository can be under it.
    NotFound,
    /// It may not be described either, or was not asked for.
    NotReadable,
}

/// What is known of a repository's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyLookup {
    /// There is no key to ask for.
    NotNeeded,
    /// KMS described it.
    Described(KeyFacts),
    /// KMS told the key's own account that it does not exist.
    NotFound,
    /// KMS told another account that it does not exist; its own account could not be asked.
    NotFoundElsewhere,
    /// Nobody who was asked may describe it.
    Denied {
        /// AWS's error code, for the reason.
        error_code: String,
        /// What `alias/aws/ecr` tells, which gives a key of the same account a lower bound.
        aws_managed_key: AwsManagedKey,
    },
}
