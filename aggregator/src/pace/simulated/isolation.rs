//! What happens in one lane concerns no other.

use std::sync::Mutex;

use ecr_encryption_rule::aws::roles::RoleSource;
use futures_util::future::BoxFuture;

use super::*;

/// How long it takes until 30 accounts have each made 20 calls, while another may be throttled in all its Regions.
async fn time_of_the_others(concurrency: Concurrency, is_throttled: bool) -> Duration {
    let pacer = pacer(concurrency, 50);
    let throttled = if is_throttled {
        let server = Server::new(1);
        Some(Load::start(&pacer, &server, 17, |_| milliseconds(1), |_| true))
    } else {
        None
    };
    let began = Instant::now();
    let mut others = JoinSet::new();
    for number in 0..30 {
        let pacer = pacer.clone();
        others.spawn(async move {
            let account = format!("{:012}", 100 + number);
            for _ in 0..20 {
                pacer
                    .call(ecr(&account, "us-east-1"), &credentials(), |_| async {
                        sleep(milliseconds(40)).await;
                        Ok(())
                    })
                    .await
                    .unwrap();
            }
        });
    }
    others.join_all().await;
    let time = began.elapsed();
    if let Some(throttled) = throttled {
        assert!(pacer.stats().throttles > 17, "{:?}", pacer.stats());
        assert_eq!(throttled.end().await, 0);
    }
    time
}

#[tokio::test(start_paused = true)]
async fn a_throttled_account_costs_the_others_nothing() {
    // As many permits as there are callers: what the throttled ones hold is not missed. And then with permits scarce: what
    // they hold is held for an attempt at a time.
    for (concurrency, more) in [(Concurrency::Fixed(64), milliseconds(0)), (Concurrency::Fixed(10), milliseconds(240))]
    {
        let alone = time_of_the_others(concurrency, false).await;
        let beside = time_of_the_others(concurrency, true).await;
        assert!(beside <= alone + more, "{concurrency}: {beside:?} instead of {alone:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_backs_off_holds_no_permit() {
    let pacer = pacer(Concurrency::Fixed(1), UNBOUND);
    let failing = {
        let pacer = pacer.clone();
        tokio::spawn(async move {
            pacer
                .call(ecr("000000000001", "us-east-1"), &credentials(), |_| async {
                    Err::<(), _>(AwsFault { retry_after: Some(seconds(30)), ..fault(FaultKind::Unavailable) })
                })
                .await
        })
    };
    sleep(milliseconds(1)).await;
    let began = Instant::now();
    pacer.call(ecr("000000000002", "us-east-1"), &credentials(), |_| async { Ok(()) }).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(failing.await.unwrap().is_err());
}

/// A session that is got by a paced call, while another paced call waits for it: with one permit for both.
#[tokio::test(start_paused = true)]
async fn who_waits_for_credentials_holds_no_permit() {
    #[derive(Debug)]
    struct Roles(Pacer);
    impl RoleSource for Roles {
        fn assume<'a>(&'a self, _role_arn: &'a str) -> BoxFuture<'a, Result<Credentials, AwsFault>> {
            Box::pin(async {
                let key = LaneKey::of_caller(Service::Sts);
                self.0
                    .call(key, &credentials(), |given| async move {
                        sleep(milliseconds(50)).await;
                        Ok(given)
                    })
                    .await
            })
        }
    }
    let pacer = pacer(Concurrency::Fixed(1), UNBOUND);
    let role = AccountCredentials::of_role(Arc::new(Roles(pacer.clone())), "arn".to_owned());
    let attempts = Mutex::new(0);
    // The first session is told to have expired, so that one is got in the middle of the call too.
    let call = pacer.call(ecr("000000000001", "us-east-1"), &role, |_| async {
        let mut attempts = attempts.lock().unwrap();
        *attempts += 1;
        if *attempts == 1 { Err(fault(FaultKind::Expired)) } else { Ok(()) }
    });
    tokio::time::timeout(seconds(60), call).await.expect("the call waits for itself").unwrap();
    assert_eq!(*attempts.lock().unwrap(), 2);
    assert_eq!((pacer.stats().attempts, pacer.stats().retries), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_served_in_order() {
    let pacer = pacer(Concurrency::Fixed(1), UNBOUND);
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    for number in 0..50 {
        let (pacer, served) = (pacer.clone(), Arc::clone(&served));
        calls.spawn(async move {
            let account = format!("{number:012}");
            pacer
                .call(ecr(&account, "us-east-1"), &credentials(), |_| async {
                    served.lock().unwrap().push(number);
                    sleep(milliseconds(10)).await;
                    Ok(())
                })
                .await
                .unwrap();
        });
    }
    calls.join_all().await;
    assert_eq!(*served.lock().unwrap(), (0..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_number_of_lanes_does_not_follow_the_number_of_accounts() {
    let pacer = Pacer::new(Settings { attempts: 6, ..Settings::default() }, CallCounter::default());
    let regions: Vec<String> = (0..17).map(|number| format!("region-{number}")).collect();
    let mut most = 0;
    // 2,000 accounts tell the same as 50,000, and sooner: a lane is forgotten long before the last of them.
    for number in 0..2_000_u64 {
        let account = format!("{number:012}");
        for region in &regions {
            for service in [Service::Ecr, Service::Kms, Service::Tagging] {
                let key = LaneKey { account_id: &account, region, service };
                // One account in a hundred is throttled, which is remembered for a while.
                let throttled = number % 100 == 0 && region == "region-0";
                let lane = pacer.0.lanes.lane(key);
                lane.turn(u32::MAX).await.unwrap();
                if throttled {
                    lane.throttled(Instant::now(), Instant::now(), &fault(FaultKind::Throttled));
                }
            }
        }
        sleep(milliseconds(10)).await;
        most = most.max(pacer.0.lanes.len());
    }
    // In the fifth of a second that a lane takes to be as new, 20 accounts are read: 1,020 lanes; twice that before it is
    // tidied. Each throttled account adds three for a minute.
    assert!(most < 5_000, "{most}");
}
