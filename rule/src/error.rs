//! Why an invocation fails. Lambda tries again then, so nothing that may pass is ever answered with a verdict.

use ecr_encryption_core::InvalidSetting;
use thiserror::Error;

use crate::aws::fault::{AwsFault, FaultKind};
use crate::event::EventError;

/// An invocation that could not be finished.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// The event cannot be read.
    #[error("{0}")]
    Event(#[from] EventError),
    /// A parameter of the rule is wrong; nothing was evaluated.
    #[error("{0}; nothing was evaluated")]
    Parameter(Box<InvalidSetting>),
    /// The event is of another account than the function's, and no role is named.
    #[error(
        "the event is of account {account_id}, the function is in account {own_account_id}, and parameter `executionRoleName` \
         does not name the role to assume there; allowed: the name of a role that account {account_id} has"
    )]
    RoleNotNamed {
        /// The event's account.
        account_id: String,
        /// The function's.
        own_account_id: String,
    },
    /// The role in the event's account may not be assumed.
    #[error(
        "the role {role_arn} in account {account_id} cannot be assumed: {fault}; it must exist there, its trust policy must \
         allow sts:AssumeRole to the role of this function, and that role must be allowed sts:AssumeRole on it"
    )]
    Role {
        /// The role's ARN.
        role_arn: String,
        /// The event's account.
        account_id: String,
        /// What AWS said.
        fault: Box<AwsFault>,
    },
    /// AWS could not be asked, or could not be told.
    #[error("{0}")]
    Aws(Box<AwsFault>),
    /// AWS Config did not take some results.
    #[error(
        "AWS Config did not take {count} of the evaluations, the one of {first} among them, after {attempts} attempts"
    )]
    NotTaken {
        /// How many.
        count: usize,
        /// A resource among them.
        first: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// Time ran out.
    #[error("{what}: less than a second is left of the invocation; give the function a longer timeout")]
    Deadline {
        /// What was not done.
        what: String,
    },
}

impl From<AwsFault> for RuleError {
    fn from(fault: AwsFault) -> Self {
        Self::Aws(Box::new(fault))
    }
}

impl From<InvalidSetting> for RuleError {
    fn from(invalid: InvalidSetting) -> Self {
        Self::Parameter(Box::new(invalid))
    }
}

impl RuleError {
    /// A name for the kind of error, as Lambda's `errorType`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Event(_) => "InvalidEvent",
            Self::Parameter(_) => "InvalidParameter",
            Self::RoleNotNamed { .. } => "ExecutionRoleNotNamed",
            Self::Role { .. } => "ExecutionRoleRefused",
            Self::Aws(fault) => match fault.kind {
                FaultKind::Throttled => "Throttled",
                FaultKind::Denied => "AccessDenied",
                FaultKind::Unavailable => "ServiceUnavailable",
                FaultKind::NotFound
                | FaultKind::Expired
                | FaultKind::CallerExpired
                | FaultKind::UnknownCredentials
                | FaultKind::Other => "AwsError",
            },
            Self::NotTaken { .. } => "EvaluationsNotTaken",
            Self::Deadline { .. } => "OutOfTime",
        }
    }
}
