//! The time that an invocation has.

use std::time::Duration;

use ecr_encryption_rule::deadline::Deadline;

use crate::stop::{self, Stop};

/// What is kept back to bring what was read to the bucket, and then to write what was found; with what is kept back to let
/// another invocation follow, a minute and a half. A journal has some 160 bytes for an account × Region and 600 for a repository, so
/// that a million repositories are sent in time at 8 MB a second.
const TO_WRITE: Duration = Duration::from_secs(86);
/// What of that is kept back to take back what was uploaded of a report that is not done, and to let others write it.
const TO_CLEAN: Duration = Duration::from_secs(6);
/// What is kept back to tell of it.
const TO_TELL: Duration = Duration::from_secs(9);
/// What of that is kept back to tell at least of the run itself, where those who are told of it do not answer.
const TO_END: Duration = Duration::from_secs(2);

/// How long an invocation may read, write, clean up, and tell people, from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spans {
    read: Duration,
    write: Duration,
    clean: Duration,
    tell: Duration,
}

impl Spans {
    /// Of the time that is left: where that is short, half of it is for reading.
    fn of(left: Duration) -> Self {
        let clean = left.saturating_sub(TO_TELL.min(left / 8));
        Self {
            read: left.saturating_sub(TO_WRITE.min(left / 2)),
            write: clean.saturating_sub(TO_CLEAN.min(left / 8)),
            clean,
            tell: left.saturating_sub(TO_END.min(left / 32)),
        }
    }
}

/// Ends the reading early enough for what was found to be written, and the writing early enough for that to be told.
pub(super) async fn with_stop<T, W: Future<Output = T>>(deadline: Deadline, work: impl FnOnce(Stop) -> W) -> Option<T> {
    let left = deadline.left();
    let spans = Spans::of(left);
    let (stopper, stop) = stop::channel();
    let timing = async {
        tokio::time::sleep(spans.read).await;
        stopper.read_no_more();
        tokio::time::sleep(spans.write.saturating_sub(spans.read)).await;
        stopper.stop();
        tokio::time::sleep(spans.clean.saturating_sub(spans.write)).await;
        // What has not ended by itself does now.
        stopper.stop();
        tokio::time::sleep(spans.tell.saturating_sub(spans.clean)).await;
        stopper.tell_no_more();
        tokio::time::sleep(left.saturating_sub(spans.tell)).await;
    };
    tokio::select! {
        biased;
        done = work(stop) => Some(done),
        () = timing => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::all_of_it(896_000, 810_000, 881_000, 887_000, 894_000)]
    #[case::two_minutes(119_000, 59_500, 104_000, 110_000, 117_000)]
    #[case::one(60_000, 30_000, 46_500, 52_500, 58_125)]
    #[case::none(0, 0, 0, 0, 0)]
    fn time_is_kept_back(
        #[case] left: u64,
        #[case] read: u64,
        #[case] write: u64,
        #[case] clean: u64,
        #[case] tell: u64,
    ) {
        let [left, read, write, clean, tell] = [left, read, write, clean, tell].map(Duration::from_millis);
        assert_eq!(Spans::of(left), Spans { read, write, clean, tell });
    }

    /// In milliseconds from now, as local tools give it: less the second that is kept back.
    fn deadline(milliseconds: u64) -> Deadline {
        Deadline::at_epoch_milliseconds(milliseconds)
    }

    #[tokio::test(start_paused = true)]
    async fn reading_ends_first_then_writing_then_everything() {
        let heard = with_stop(deadline(900_000), |stop| async move {
            stop.ends_reading().await;
            assert_eq!(stop.times(), 0);
            stop.asked(1).await;
            let first = tokio::time::Instant::now();
            stop.asked(2).await;
            assert!(first.elapsed() >= TO_CLEAN, "there is time to clean up");
            stop.ends_telling().await;
            stop.times()
        });
        assert_eq!(heard.await, Some(2));
        assert_eq!(with_stop(deadline(900_000), |_stop| std::future::pending::<()>()).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_done_in_time_hears_nothing() {
        let done = with_stop(deadline(900_000), |stop| async move {
            tokio::time::sleep(Duration::from_mins(13)).await;
            stop.times()
        });
        assert_eq!(done.await, Some(0));
    }
}
