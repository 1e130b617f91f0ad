//! What keeps a run from getting to its end.

use thiserror::Error;

use crate::history::reader::RunReadError;

/// A run that has no result.
#[derive(Debug, Error)]
pub enum RunError {
    /// The command line or the policy asks for something that is not there.
    #[error("{0}")]
    Usage(String),
    /// It could not run.
    #[error("{0:#}")]
    CouldNotRun(#[from] anyhow::Error),
    /// It was to go on with an unfinished run, and there is none.
    #[error("there is no unfinished run to go on with")]
    NothingUnfinished,
    /// The user stopped it, when there was nothing to keep.
    #[error("stopped {0}: no report was written, and an older one is as it was")]
    Stopped(&'static str),
    /// The user stopped a preflight, when nothing was checked.
    #[error("stopped before anything was checked")]
    StoppedUnchecked,
}

impl From<RunReadError> for RunError {
    fn from(error: RunReadError) -> Self {
        match error {
            RunReadError::NoRun { .. } => Self::Usage(error.to_string()),
            _ => Self::CouldNotRun(error.into()),
        }
    }
}
