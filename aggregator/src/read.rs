//! What was read of a target, and is to be judged.

use ecr_encryption_core::{NextRepositories, Origin, Repository};
use ecr_encryption_rule::keys::KeyId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::FindingType;

/// A repository as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRepository {
    /// What the verdict depends on.
    pub repository: Repository,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

/// Repositories that ECR is going to create, as far as that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadNextRepositories {
    /// What the verdict depends on.
    pub next: NextRepositories,
    /// When the template or rule was created.
    pub created_at: Option<Timestamp>,
}

impl ReadNextRepositories {
    /// What the finding is on.
    pub fn finding_type(&self) -> FindingType {
        match self.next.origin {
            Origin::Template { .. } => FindingType::RepositoryCreationTemplate,
            Origin::PullThroughCacheRule { .. } => FindingType::PullThroughCacheRule,
        }
    }
}

/// Something that was read of a target, and is to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A repository.
    Repository(ReadRepository),
    /// A creation template or pull-through cache rule.
    NextRepositories(ReadNextRepositories),
}

impl Read {
    /// The account whose it is.
    pub fn account_id(&self) -> &str {
        match self {
            Self::Repository(read) => &read.repository.account_id,
            Self::NextRepositories(read) => &read.next.account_id,
        }
    }

    /// The key that its verdict depends on; `None` where there is none, or nothing that could be asked for.
    pub fn key(&self) -> Option<KeyId> {
        match self {
            Self::Repository(read) => KeyId::of(&read.repository),
            Self::NextRepositories(ReadNextRepositories { next, .. }) => {
                KeyId::of_configuration(&next.account_id, &next.region, &next.encryption)
            }
        }
    }
}
