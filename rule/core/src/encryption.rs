//! How a repository is encrypted, in ECR's words and in ours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::policy::InvalidValue;

open_enum! {
    /// ECR's `encryptionType`.
    EncryptionType {
        /// Server-side encryption with keys that Amazon S3 manages.
        Aes256 = "AES256",
        /// Server-side encryption under a KMS key.
        Kms = "KMS",
        /// Two independent layers of server-side encryption under a KMS key.
        KmsDsse = "KMS_DSSE",
    }
}

impl EncryptionType {
    /// Whether a KMS key protects the images.
    pub fn uses_kms(&self) -> bool {
        matches!(self, Self::Kms | Self::KmsDsse)
    }
}

/// ECR's `encryptionConfiguration`, which cannot be changed after the repository was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptionConfiguration {
    /// `encryptionType`.
    pub encryption_type: EncryptionType,
    /// `kmsKey` as ECR gave it: normally a key ARN; absent for `AES256`, and possible for `KMS` under `alias/aws/ecr`.
    pub kms_key: Option<String>,
}

/// How strong the custody of the encryption key is; ordered, lowest first. Names as CloudSploit's users know them, plus
/// `externalkeystore`, which CloudSploit lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EncryptionLevel {
    /// `AES256`: keys that Amazon S3 manages.
    Sse,
    /// `KMS` or `KMS_DSSE` under the AWS-managed key `alias/aws/ecr`.
    AwsKms,
    /// A customer-managed key whose material KMS made (origin `AWS_KMS`).
    AwsCmk,
    /// A customer-managed key with imported material (origin `EXTERNAL`).
    ExternalCmk,
    /// A customer-managed key in a CloudHSM cluster (origin `AWS_CLOUDHSM`).
    CloudHsm,
    /// A customer-managed key outside AWS (origin `EXTERNAL_KEY_STORE`).
    ExternalKeyStore,
}

impl EncryptionLevel {
    /// Every level, lowest first.
    pub const ALL: [Self; 6] =
        [Self::Sse, Self::AwsKms, Self::AwsCmk, Self::ExternalCmk, Self::CloudHsm, Self::ExternalKeyStore];

    /// The name that policies and reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::AwsKms => "awskms",
            Self::AwsCmk => "awscmk",
            Self::ExternalCmk => "externalcmk",
            Self::CloudHsm => "cloudhsm",
            Self::ExternalKeyStore => "externalkeystore",
        }
    }

    /// What the level means, in a few words for people.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Sse => "AES-256 with keys managed by Amazon S3",
            Self::AwsKms => "KMS under the AWS-managed key alias/aws/ecr",
            Self::AwsCmk => "customer-managed KMS key",
            Self::ExternalCmk => "customer-managed KMS key with imported material",
            Self::CloudHsm => "customer-managed KMS key in CloudHSM",
            Self::ExternalKeyStore => "customer-managed KMS key in an external key store",
        }
    }
}

impl fmt::Display for EncryptionLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for EncryptionLevel {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or_else(|| {
            InvalidValue::new(
                text,
                "is not an encryption level",
                format!("one of {}", Self::ALL.map(Self::as_str).join(", ")),
            )
        })
    }
}
