use ecr_encryption_rule::aws::fault::FaultKind;
use tokio::time::sleep;

use super::*;

const QUOTA: Quota = Quota { rate: 16.0, burst: 4.0, tolerated_throttles: 0.0, keeps_line: false };

fn lane(quota: Quota) -> Lane {
    Lane::new(1, Arc::default(), quota, Instant::now())
}

fn throttle(lane: &Lane, sent_at: Instant) {
    let fault = AwsFault { kind: FaultKind::Throttled, ..AwsFault::other("ecr:DescribeRepositories", "slow down") };
    lane.throttled(sent_at, Instant::now(), &fault);
}

fn is_near(rate: f64, expected: f64) -> bool {
    (rate - expected).abs() < 1e-9
}

#[tokio::test(start_paused = true)]
async fn a_burst_and_then_the_rate() {
    let (lane, began) = (lane(QUOTA), Instant::now());
    for _ in 0..4 {
        lane.turn(9).await.unwrap();
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    for _ in 0..32 {
        lane.turn(9).await.unwrap();
    }
    let took = began.elapsed();
    assert!((Duration::from_millis(1_990)..Duration::from_millis(2_100)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_throttle_halves_the_rate_and_pauses_once_for_all_that_was_under_way() {
    let lane = lane(QUOTA);
    let sent_at = Instant::now();
    sleep(Duration::from_millis(10)).await;
    for _ in 0..5 {
        throttle(&lane, sent_at);
    }
    assert!(is_near(lane.rate(), 8.0) && lane.streak() == 1, "{lane:?}");
    assert!(!lane.is_open(Instant::now()) && lane.is_open(Instant::now() + Duration::from_millis(250)));
    sleep(Duration::from_millis(250)).await;
    throttle(&lane, Instant::now());
    assert!(is_near(lane.rate(), 4.0) && lane.streak() == 2, "{lane:?}");
    // An answer to what was sent before says nothing of now.
    lane.answered(sent_at);
    assert!(is_near(lane.rate(), 4.0) && lane.streak() == 2, "{lane:?}");
}

#[tokio::test(start_paused = true)]
async fn successes_raise_the_rate_again() {
    let lane = lane(QUOTA);
    for _ in 0..20 {
        throttle(&lane, Instant::now());
        sleep(Duration::from_secs(6)).await;
    }
    assert!(is_near(lane.rate(), 1.0), "{lane:?}");
    let mut turns = 0;
    while lane.rate() < QUOTA.rate {
        lane.turn(99).await.unwrap();
        lane.answered(Instant::now());
        turns += 1;
    }
    assert_eq!(lane.streak(), 0);
    assert!((20..200).contains(&turns), "{turns}");
}

#[tokio::test(start_paused = true)]
async fn a_lane_at_rest_is_given_up_by_those_who_wait() {
    let lane = lane(QUOTA);
    for _ in 0..3 {
        throttle(&lane, Instant::now());
        sleep(Duration::from_secs(6)).await;
    }
    assert_eq!(lane.turn(3).await.unwrap_err().message, "slow down");
    lane.turn(4).await.unwrap();
    lane.answered(Instant::now());
    lane.turn(3).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shared_lane_bears_the_odd_throttle() {
    let lane = lane(Quota { tolerated_throttles: 0.1, ..QUOTA });
    for number in 0..1_000 {
        if number % 20 == 19 { throttle(&lane, Instant::now()) } else { lane.answered(Instant::now()) }
    }
    assert!(is_near(lane.rate(), 16.0) && lane.is_open(Instant::now()), "{lane:?}");
    for _ in 0..4 {
        throttle(&lane, Instant::now());
    }
    assert!(lane.rate() < 16.0 && !lane.is_open(Instant::now()), "{lane:?}");
}

#[tokio::test(start_paused = true)]
async fn is_as_new_when_it_is_full_and_forgiven() {
    let lane = lane(QUOTA);
    assert!(lane.is_as_new(Instant::now()));
    lane.turn(9).await.unwrap();
    assert!(!lane.is_as_new(Instant::now()));
    sleep(Duration::from_millis(100)).await;
    assert!(lane.is_as_new(Instant::now()));
    throttle(&lane, Instant::now());
    sleep(Duration::from_secs(30)).await;
    assert!(!lane.is_as_new(Instant::now()));
    sleep(Duration::from_secs(31)).await;
    assert!(lane.is_as_new(Instant::now()));
    lane.pause(Instant::now(), Duration::from_secs(1));
    assert!(!lane.is_as_new(Instant::now()));
}
