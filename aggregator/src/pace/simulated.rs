//! The pace against a simulated AWS, under a clock that jumps from event to event.

mod isolation;
mod level;
mod retries;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{Concurrency, LaneKey, Pacer, Service, Settings};

/// A pacer whose lanes bind nobody, unless `max_rate` says so.
fn pacer(concurrency: Concurrency, max_rate: u32) -> Pacer {
    Pacer::new(Settings { concurrency, max_rate: Some(max_rate), attempts: 6 }, CallCounter::default())
}

fn credentials() -> AccountCredentials {
    AccountCredentials::fixed(Credentials::new("AKID", "secret", None, None, "test"))
}

fn ecr<'a>(account_id: &'a str, region: &'a str) -> LaneKey<'a> {
    LaneKey { account_id, region, service: Service::Ecr }
}

fn fault(kind: FaultKind) -> AwsFault {
    AwsFault { kind, ..AwsFault::other("ecr:DescribeRepositories", "simulated") }
}

/// Answers so many requests at once, each in a time of its own; all others queue, first come, first served.
#[derive(Debug)]
struct Server {
    capacity: Semaphore,
}

impl Server {
    fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self { capacity: Semaphore::new(capacity) })
    }

    async fn answer(&self, takes: Duration) {
        let _served = self.capacity.acquire().await.unwrap();
        sleep(takes).await;
    }

    /// Takes capacity away, as it becomes free.
    async fn lose(&self, capacity: u32) {
        self.capacity.acquire_many(capacity).await.unwrap().forget();
    }
}

/// Calls without end, by many who each make one after the other.
struct Load {
    workers: JoinSet<u64>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// `account` and `takes` tell of a worker's number and a call's which account it calls, and how long AWS takes for it.
    fn start(
        pacer: &Pacer,
        server: &Arc<Server>,
        workers: u64,
        takes: impl Fn(u64) -> Duration + Clone + Send + Sync + 'static,
        throttled: impl Fn(&str) -> bool + Clone + Send + Sync + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut load = Self { workers: JoinSet::new(), stop };
        for worker in 0..workers {
            let (pacer, server, stop) = (pacer.clone(), Arc::clone(server), Arc::clone(&load.stop));
            let (takes, throttled) = (takes.clone(), throttled.clone());
            load.workers.spawn(async move {
                // Seventeen Regions of each account.
                let (account, region) = (format!("{:012}", worker / 17), format!("region-{}", worker % 17));
                let mut done = 0;
                while !stop.load(Ordering::Relaxed) {
                    let answer = pacer
                        .call(ecr(&account, &region), &credentials(), |_| async {
                            if throttled(&account) {
                                sleep(Duration::from_millis(5)).await;
                                return Err(fault(FaultKind::Throttled));
                            }
                            server.answer(takes(worker.wrapping_mul(7_919).wrapping_add(done))).await;
                            Ok(())
                        })
                        .await;
                    done += u64::from(answer.is_ok());
                }
                done
            });
        }
        load
    }

    /// How many calls were answered.
    async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.workers.join_all().await.into_iter().sum()
    }
}

/// The least and the highest limit of a time.
async fn limits(pacer: &Pacer, time: Duration) -> (usize, usize) {
    let end = Instant::now() + time;
    let (mut least, mut most) = (usize::MAX, 0);
    while Instant::now() < end {
        let limit = pacer.stats().limit;
        (least, most) = (least.min(limit), most.max(limit));
        sleep(Duration::from_millis(10)).await;
    }
    (least, most)
}

const UNBOUND: u32 = 10_000;

fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}
