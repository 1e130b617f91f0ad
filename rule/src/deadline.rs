//! The end of an invocation.

use std::future::Future;
use std::time::{Duration, Instant, SystemTime};

use crate::error::RuleError;

/// What is kept back, so that the error of an invocation that runs out of time is still told.
const MARGIN: Duration = Duration::from_secs(1);

/// When an invocation must be done.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// From Lambda's deadline, in milliseconds since the epoch.
    pub fn at_epoch_milliseconds(milliseconds: u64) -> Self {
        let end = SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
        let left = end.duration_since(SystemTime::now()).unwrap_or_default();
        Self(Instant::now() + left.saturating_sub(MARGIN))
    }

    /// An earlier one, so that something can still be done after it: a quarter of what is left, three seconds at most.
    #[must_use]
    pub fn with_reserve(self) -> Self {
        let left = self.0.saturating_duration_since(Instant::now());
        let reserve = (left / 4).min(Duration::from_secs(3));
        Self(self.0.checked_sub(reserve).unwrap_or(self.0))
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        Instant::now() >= self.0
    }

    /// Waits for `work`, not longer than until the deadline.
    ///
    /// # Errors
    /// It was not done in time, or fails itself.
    pub async fn for_work<T, E: Into<RuleError>>(
        self,
        what: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, RuleError> {
        match tokio::time::timeout_at(self.0.into(), work).await {
            Ok(done) => done.map_err(Into::into),
            Err(_) => Err(RuleError::Deadline { what: format!("{what} was not done in time") }),
        }
    }
}
