//! Why a repository has its status.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! reason_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)+) => {
        /// A stable code for the reason of a status. Codes are only ever added.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ReasonCode {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $variant,)+
        }

        impl ReasonCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code as reports give it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What the code means: one sentence for people.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc,)+).trim_ascii_start(),)+
                }
            }
        }
    };
}

reason_codes! {
    /// Every demand is met.
    LevelMet = "level-met",
    /// The encryption level is provably lower than demanded.
    BelowDesiredLevel = "below-desired-level",
    /// `KMS_DSSE` is demanded and the repository is not encrypted in two layers.
    DualLayerRequired = "dual-layer-required",
    /// The key is disabled: images cannot be read.
    KeyDisabled = "key-disabled",
    /// The key is scheduled for deletion: images cannot be read, and soon never again.
    KeyPendingDeletion = "key-pending-deletion",
    /// The key has no material: images cannot be read until it is imported.
    KeyPendingImport = "key-pending-import",
    /// The key is being created, or its custom key store cannot be reached.
    KeyUnavailable = "key-unavailable",
    /// The state of the key had to be read and could not be, or is one this version does not know.
    KeyStateNotProvable = "key-state-not-provable",
    /// The key does not exist.
    KeyNotFound = "key-not-found",
    /// The key is not among the allowed key ARNs.
    KeyNotAllowed = "key-not-allowed",
    /// The key belongs to an account whose keys are not allowed.
    KeyAccountNotAllowed = "key-account-not-allowed",
    /// The key may not be described, and what is known without that does not prove the demand.
    KeyAccessDenied = "key-access-denied",
    /// AWS gave a value this version does not know, or left something open, so the demand is not proved.
    LevelNotProvable = "level-not-provable",
    /// The repository may not be described.
    RepositoryAccessDenied = "repository-access-denied",
    /// The policy leaves the repository out by its name.
    ExemptByName = "exempt-by-name",
    /// The policy leaves the repository out by a tag.
    ExemptByTag = "exempt-by-tag",
    /// The repository was deleted.
    RepositoryDeleted = "repository-deleted",
    /// The repository left the rule's scope, or is no longer recorded.
    LeftScope = "left-scope",
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
