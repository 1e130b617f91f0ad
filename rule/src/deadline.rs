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
    /// From Lambda's deadline, in milliseconds since the epoch. `cargo lambda watch` gives milliseconds from now instead:
    /// what would be a time in the seventies is taken as that.
    pub fn at_epoch_milliseconds(milliseconds: u64) -> Self {
        const SEVENTIES: Duration = Duration::from_secs(100_000_000);
        let given = Duration::from_millis(milliseconds);
        let left = if given < SEVENTIES {
            given
        } else {
            (SystemTime::UNIX_EPOCH + given).duration_since(SystemTime::now()).unwrap_or_default()
        };
        Self(Instant::now() + left.saturating_sub(MARGIN))
    }

    /// An earlier one, so that something can still be done after it: a quarter of what is left, three seconds at most.
    #[must_use]
    pub fn with_reserve(self) -> Self {
        let left = self.left();
        let reserve = (left / 4).min(Duration::from_secs(3));
        Self(self.0.checked_sub(reserve).unwrap_or(self.0))
    }

    /// How long it is until then.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn left(deadline: Deadline) -> Duration {
        deadline.0.saturating_duration_since(Instant::now())
    }

    #[test]
    fn a_second_is_kept_back() {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let milliseconds = |ahead: u64| u64::try_from(now.as_millis()).unwrap() + ahead;
        let far = left(Deadline::at_epoch_milliseconds(milliseconds(600_000)));
        assert!((Duration::from_secs(590)..=Duration::from_secs(599)).contains(&far), "{far:?}");
        assert!(Deadline::at_epoch_milliseconds(milliseconds(500)).is_over());
        assert!(Deadline::at_epoch_milliseconds(milliseconds(0) - 5_000).is_over());
        let relative = left(Deadline::at_epoch_milliseconds(600_000));
        assert!((Duration::from_secs(590)..=Duration::from_secs(599)).contains(&relative), "{relative:?}");
    }
}
