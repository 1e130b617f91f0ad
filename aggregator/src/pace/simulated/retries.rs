//! What becomes of attempts that fail.

use std::sync::Mutex;

use rstest::rstest;

use super::*;

/// Makes a call that fails `failures` times; its answer, and when its attempts were made.
async fn call(pacer: &Pacer, failures: usize, fault: AwsFault) -> (Result<(), AwsFault>, Vec<Duration>) {
    let (began, attempts) = (Instant::now(), Mutex::new(Vec::new()));
    let answer = pacer
        .call(ecr("000000000001", "us-east-1"), &credentials(), |_| async {
            let mut attempts = attempts.lock().unwrap();
            attempts.push(began.elapsed());
            if attempts.len() > failures { Ok(()) } else { Err(fault.clone()) }
        })
        .await;
    (answer, attempts.into_inner().unwrap())
}

#[rstest]
#[case::none(FaultKind::Throttled, 0, 1, true)]
#[case::throttled(FaultKind::Throttled, 5, 6, true)]
#[case::throttled_for_ever(FaultKind::Throttled, 99, 6, false)]
#[case::unavailable(FaultKind::Unavailable, 5, 6, true)]
#[case::unavailable_for_ever(FaultKind::Unavailable, 99, 6, false)]
#[case::denied(FaultKind::Denied, 99, 1, false)]
#[case::expired(FaultKind::Expired, 99, 1, false)]
#[case::other(FaultKind::Other, 99, 1, false)]
#[tokio::test(start_paused = true)]
async fn passing_faults_are_retried(
    #[case] kind: FaultKind,
    #[case] failures: usize,
    #[case] attempts: usize,
    #[case] succeeds: bool,
) {
    let counter = CallCounter::default();
    let pacer = Pacer::new(Settings { attempts: 6, ..Settings::default() }, counter.clone());
    let (answer, made) = call(&pacer, failures, fault(kind)).await;
    assert_eq!((answer.is_ok(), made.len()), (succeeds, attempts));
    let stats = pacer.stats();
    let attempts = u64::try_from(attempts).unwrap();
    assert_eq!((stats.attempts, stats.retries, counter.calls().retries), (attempts, attempts - 1, attempts - 1));
    assert_eq!((stats.in_flight, stats.throttles > 0), (0, kind == FaultKind::Throttled && failures > 0));
}

#[tokio::test(start_paused = true)]
async fn users_may_ask_for_more_attempts() {
    let pacer = Pacer::new(Settings { attempts: 9, ..Settings::default() }, CallCounter::default());
    assert_eq!(call(&pacer, 99, fault(FaultKind::Unavailable)).await.1.len(), 9);
}

#[rstest]
#[case(FaultKind::Throttled)]
#[case(FaultKind::Unavailable)]
#[tokio::test(start_paused = true)]
async fn the_wait_that_aws_asks_for_is_kept(#[case] kind: FaultKind) {
    let asked = AwsFault { retry_after: Some(seconds(9)), ..fault(kind) };
    let (_, made) = call(&pacer(Concurrency::Auto, UNBOUND), 2, asked).await;
    let gaps: Vec<Duration> = made.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    assert!(gaps.iter().all(|gap| (seconds(9)..seconds(11)).contains(gap)), "{gaps:?}");
}

#[rstest]
#[case(1)]
#[case(5)]
#[case(200)]
#[tokio::test(start_paused = true)]
async fn the_highest_rate_is_kept_to(#[case] max_rate: u32) {
    let pacer = pacer(Concurrency::Fixed(1_024), max_rate);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    for _ in 0..max_rate * 5 {
        let (pacer, sent) = (pacer.clone(), Arc::clone(&sent));
        calls.spawn(async move {
            pacer
                .call(ecr("000000000001", "us-east-1"), &credentials(), |_| async {
                    sent.lock().unwrap().push(Instant::now());
                    Ok(())
                })
                .await
                .unwrap();
        });
    }
    calls.join_all().await;
    let sent = sent.lock().unwrap();
    let within = |from: Instant| sent.iter().filter(|at| **at >= from && **at < from + seconds(1)).count();
    let most = sent.iter().map(|at| within(*at)).max().unwrap();
    // A twentieth of a second's requests may have been saved up.
    let allowed = usize::try_from(max_rate + (max_rate / 20).max(1)).unwrap();
    assert!(most <= allowed, "{most} in a second");
    let took = *sent.last().unwrap() - sent[0];
    assert!(took <= seconds(6), "{took:?}: the rate is not used");
}

/// A thousand calls in one lane, none of which will ever be let through.
#[tokio::test(start_paused = true)]
async fn a_dead_lane_is_given_up_before_long() {
    let pacer = pacer(Concurrency::Auto, 100);
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..1_000 {
        let pacer = pacer.clone();
        calls.spawn(async move { call(&pacer, 99, fault(FaultKind::Throttled)).await.0 });
    }
    let answers = calls.join_all().await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|fault| fault.kind == FaultKind::Throttled)));
    assert!(began.elapsed() < seconds(120), "{:?}", began.elapsed());
    assert!(pacer.stats().attempts < 200, "{:?}", pacer.stats());
}

/// A lane that lets some through is not given up: all calls are made in the end.
#[tokio::test(start_paused = true)]
async fn a_slow_lane_is_not_given_up() {
    let pacer = pacer(Concurrency::Auto, 100);
    let allowed = Arc::new(Semaphore::new(0));
    let filling = {
        let allowed = Arc::clone(&allowed);
        tokio::spawn(async move {
            loop {
                sleep(milliseconds(250)).await;
                allowed.add_permits(1);
                allowed.forget_permits(allowed.available_permits().saturating_sub(1));
            }
        })
    };
    let mut calls = JoinSet::new();
    for _ in 0..200 {
        let (pacer, allowed) = (pacer.clone(), Arc::clone(&allowed));
        calls.spawn(async move {
            pacer
                .call(ecr("000000000001", "us-east-1"), &credentials(), |_| async {
                    sleep(milliseconds(20)).await;
                    allowed
                        .try_acquire()
                        .map(tokio::sync::SemaphorePermit::forget)
                        .map_err(|_| fault(FaultKind::Throttled))
                })
                .await
        });
    }
    let answers = calls.join_all().await;
    filling.abort();
    let lost = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!(lost, 0, "{:?}", pacer.stats());
}

/// Calls that wait for their turn among all others are not sent all at once when it comes.
#[tokio::test(start_paused = true)]
async fn the_highest_rate_is_kept_to_after_a_wait_for_others() {
    let pacer = pacer(Concurrency::Fixed(1), 3);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    for number in 0..12 {
        let (pacer, sent) = (pacer.clone(), Arc::clone(&sent));
        calls.spawn(async move {
            // The only permit is held for seconds by the calls of another account.
            let (account, takes) =
                if number < 3 { ("000000000001", seconds(3)) } else { ("000000000002", milliseconds(1)) };
            let attempt = |_| async {
                if number >= 3 {
                    sent.lock().unwrap().push(Instant::now());
                }
                sleep(takes).await;
                Ok(())
            };
            pacer.call(ecr(account, "us-east-1"), &credentials(), attempt).await.unwrap();
        });
    }
    calls.join_all().await;
    let sent = sent.lock().unwrap();
    assert_eq!(sent.len(), 9);
    // Three a second, and one more after a silence.
    assert!(sent.windows(5).all(|five| five[4] - five[0] >= milliseconds(995)), "{sent:?}");
}
