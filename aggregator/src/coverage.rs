//! What was seen, and what was not and why: a lost account that nobody is told of would be a false pass.

pub mod hint;
mod not_covered;

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use not_covered::{DisabledRegion, NotCoveredList};

/// Why something was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The audit role may not be assumed.
    AssumeRoleDenied,
    /// The account has not enabled the Region.
    RegionDisabled,
    /// The account is suspended, pending closure or closed.
    AccountNotActive,
    /// A permission is missing.
    AccessDenied,
    /// AWS throttled every attempt.
    Throttled,
    /// Anything else; AWS's own error stands beside it.
    Failed,
    /// The run was stopped before.
    Interrupted,
    /// AWS Config does not record repositories there, or it is not known whether it does.
    NotRecorded,
    /// What AWS Config's aggregator has of it is not the most recent.
    Outdated,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 9] = [
        Self::AssumeRoleDenied,
        Self::RegionDisabled,
        Self::AccountNotActive,
        Self::AccessDenied,
        Self::Throttled,
        Self::Failed,
        Self::Interrupted,
        Self::NotRecorded,
        Self::Outdated,
    ];

    /// The name that reports give.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AssumeRoleDenied => "assume-role-denied",
            Self::RegionDisabled => "region-disabled",
            Self::AccountNotActive => "account-not-active",
            Self::AccessDenied => "access-denied",
            Self::Throttled => "throttled",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::NotRecorded => "not-recorded",
            Self::Outdated => "outdated",
        }
    }

    /// Whether repositories may be hidden there: a disabled Region and an account that is not active are told, but hold
    /// nothing that can be used.
    pub const fn is_gap(self) -> bool {
        !matches!(self, Self::RegionDisabled | Self::AccountNotActive)
    }

    /// The cause behind a fault of AWS.
    pub fn of(fault: &AwsFault) -> Self {
        match fault.kind {
            FaultKind::Denied if fault.action == "sts:AssumeRole" => Self::AssumeRoleDenied,
            FaultKind::Denied => Self::AccessDenied,
            FaultKind::Throttled => Self::Throttled,
            FaultKind::NotFound
            | FaultKind::Expired
            | FaultKind::CallerExpired
            | FaultKind::UnknownCredentials
            | FaultKind::Unavailable
            | FaultKind::Other => Self::Failed,
        }
    }
}

/// An account, or one of its Regions, that was not seen, or not whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct NotCovered {
    /// The account; null where it is the organization itself that could not be listed, or a Region of any account.
    pub account_id: Option<String>,
    /// Its name, where known.
    pub account_name: Option<String>,
    /// The Region; null for the whole account.
    pub region: Option<String>,
    /// Why.
    pub cause: Cause,
    /// AWS's error code.
    pub error_code: Option<String>,
    /// What AWS said, or what is known without it.
    pub message: String,
    /// What helps.
    pub hint: String,
}

/// What was seen and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The accounts that were to be scanned, those that are not active included.
    pub accounts_found: u64,
    /// Accounts × Regions that were read whole.
    pub targets_scanned: u64,
    /// What was not seen, by account, Region and cause.
    pub not_covered: NotCoveredList,
}

impl Coverage {
    /// What was not seen and may hide repositories.
    pub fn gaps(&self) -> impl Iterator<Item = &NotCovered> {
        self.not_covered.apart_from_disabled_regions().filter(|entry| entry.cause.is_gap())
    }

    /// Whether nothing that may hide repositories was left unseen.
    pub fn is_complete(&self) -> bool {
        self.gaps().next().is_none()
    }
}
