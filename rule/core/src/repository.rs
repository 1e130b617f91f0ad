//! What is known of a repository.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::encryption::EncryptionConfiguration;

/// The encryption of a repository, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RepositoryEncryption {
    /// ECR told it.
    Known(EncryptionConfiguration),
    /// ECR described the repository and left the encryption out. That is not `AES256`.
    NotReported,
    /// AWS Config's item of the repository leaves the encryption out, and ECR was not asked. That is not `AES256` either.
    NotRecorded,
    /// `ecr:DescribeRepositories` was refused.
    Denied {
        /// AWS's error code.
        error_code: String,
    },
}

impl RepositoryEncryption {
    /// The configuration, where it is known.
    pub fn known(&self) -> Option<&EncryptionConfiguration> {
        match self {
            Self::Known(configuration) => Some(configuration),
            Self::NotReported | Self::NotRecorded | Self::Denied { .. } => None,
        }
    }
}

/// The tags of a repository, as far as they were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tags {
    /// The policy does not need them.
    NotRead,
    /// All of them.
    Read(BTreeMap<String, String>),
    /// The policy needs them and they could not be read.
    Denied {
        /// AWS's error code.
        error_code: String,
    },
}

/// A private ECR repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// The account that owns it: 12 digits.
    pub account_id: String,
    /// Its Region.
    pub region: String,
    /// Its name, which may contain `/`.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Where images are pulled from and pushed to: registry and name; `None` where ECR was not asked.
    pub uri: Option<String>,
    /// How it is encrypted.
    pub encryption: RepositoryEncryption,
    /// Its tags.
    pub tags: Tags,
}
