//! What keeps a run from getting to its end.

use thiserror::Error;

/// A run that has no result.
#[derive(Debug, Error)]
pub enum RunError {
    /// The command line or the policy asks for something that is not there.
    #[error("{0}")]
    Usage(String),
    /// It could not run.
    #[error("{0:#}")]
    CouldNotRun(#[from] anyhow::Error),
}
