//! How long to wait before another attempt.

use std::time::Duration;

use ecr_encryption_rule::aws::clients::{INITIAL_BACKOFF, MAX_BACKOFF};
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};

/// No lane rests longer than this because of throttled answers alone.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// The wait of a call after its attempt `attempt` (from 1) failed: at random up to a ceiling that doubles each time, which
/// is twice as high where AWS asks for fewer requests. What AWS asks for comes first.
pub(crate) fn wait(fault: &AwsFault, attempt: u32) -> Duration {
    let first = if fault.kind == FaultKind::Throttled { INITIAL_BACKOFF * 2 } else { INITIAL_BACKOFF };
    let random = doubled(first, attempt, MAX_BACKOFF).mul_f64(fastrand::f64());
    // A little more than AWS asks for, so that not all come back in the same moment.
    fault.retry_after.map_or(random, |after| after + random.min(INITIAL_BACKOFF))
}

/// The rest of a lane after its throttled answer number `streak` in a row (from 1): from half to the whole of a time that
/// doubles each time.
pub(super) fn pause(streak: u32) -> Duration {
    doubled(INITIAL_BACKOFF, streak, MAX_PAUSE).mul_f64(0.5 + fastrand::f64() / 2.0)
}

fn doubled(first: Duration, number: u32, most: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(number.saturating_sub(1))).min(most)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn fault(kind: FaultKind, retry_after: Option<Duration>) -> AwsFault {
        AwsFault { kind, retry_after, ..AwsFault::other("ecr:DescribeRepositories", "") }
    }

    #[rstest]
    #[case(FaultKind::Unavailable, 1, 250)]
    #[case(FaultKind::Unavailable, 3, 1_000)]
    #[case(FaultKind::Throttled, 1, 500)]
    #[case(FaultKind::Throttled, 3, 2_000)]
    #[case(FaultKind::Throttled, 30, 20_000)]
    #[case(FaultKind::Throttled, u32::MAX, 20_000)]
    fn waits_are_random_up_to_a_ceiling(#[case] kind: FaultKind, #[case] attempt: u32, #[case] ceiling: u64) {
        let ceiling = Duration::from_millis(ceiling);
        let waits: Vec<Duration> = (0..500).map(|_| wait(&fault(kind, None), attempt)).collect();
        assert!(waits.iter().all(|wait| *wait <= ceiling));
        // Full jitter: of 500 draws some are in the lowest and some in the highest tenth.
        assert!(waits.iter().any(|wait| *wait < ceiling / 10) && waits.iter().any(|wait| *wait > ceiling * 9 / 10));
    }

    #[test]
    fn what_aws_asks_for_is_waited_for() {
        let after = Duration::from_secs(7);
        for attempt in 1..10 {
            let wait = wait(&fault(FaultKind::Unavailable, Some(after)), attempt);
            assert!(wait >= after && wait <= after + INITIAL_BACKOFF, "{wait:?}");
        }
    }

    #[test]
    fn pauses_grow_to_their_bound() {
        for (streak, most) in [(1, 250), (2, 500), (5, 4_000), (6, 5_000), (1_000, 5_000)] {
            let (pause, most) = (pause(streak), Duration::from_millis(most));
            assert!(pause >= most / 2 && pause <= most, "{streak}: {pause:?}");
        }
    }
}
