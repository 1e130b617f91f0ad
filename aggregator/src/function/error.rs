//! Errors of an invocation: Lambda counts them, and each has a type.

use jiff::Timestamp;
use thiserror::Error;

use super::event::InvalidEvent;
use crate::error::RunError;

/// What an invocation fails with.
#[derive(Debug, Error)]
pub enum FunctionError {
    /// The event is none of this function's.
    #[error(transparent)]
    InvalidEvent(#[from] InvalidEvent),
    /// An environment variable or the policy is wrong.
    #[error("{0}")]
    InvalidSettings(String),
    /// The scan could not run, or saw so little that its report may not be the newest.
    #[error("{0}")]
    CouldNotRun(String),
    /// The run was interrupted, and no other invocation goes on with it.
    #[error("{why}")]
    LeftOff {
        /// Why none does.
        why: String,
        /// How many accounts and Regions, or parts of them, are known not to be covered.
        gaps: usize,
        /// When the run was begun; `None` where that is not known any more.
        started_at: Option<Timestamp>,
    },
    /// The run has finished, and accounts or Regions were not covered.
    #[error("{gaps} not covered; the report is in {report}{also}")]
    Incomplete {
        /// How many accounts and Regions, or parts of them.
        gaps: usize,
        /// Where the report is.
        report: String,
        /// What else has gone wrong.
        also: String,
    },
    /// The report was written, and somebody was not told, or Security Hub not reached.
    #[error("{failures}; the report is in {report}")]
    Undelivered {
        /// Who was not.
        failures: String,
        /// Where the report is.
        report: String,
    },
}

impl FunctionError {
    /// The error's type, as Lambda tells it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::InvalidEvent(_) => "InvalidEvent",
            Self::InvalidSettings(_) => "InvalidSettings",
            Self::CouldNotRun(_) | Self::LeftOff { .. } => "CouldNotRun",
            Self::Incomplete { .. } => "Incomplete",
            Self::Undelivered { .. } => "Undelivered",
        }
    }
}

impl From<RunError> for FunctionError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Usage(text) => Self::InvalidSettings(text),
            RunError::CouldNotRun(_)
            | RunError::Stopped(_)
            | RunError::StoppedUnchecked
            | RunError::NothingUnfinished
            | RunError::FinishedByAnother { .. } => Self::CouldNotRun(error.to_string()),
        }
    }
}
