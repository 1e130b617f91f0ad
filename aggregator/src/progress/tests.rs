use rstest::rstest;

use super::*;

fn snapshot() -> Snapshot {
    Snapshot {
        phase: "scanning",
        elapsed: Duration::from_mins(1),
        accounts_found: 1_000,
        accounts_listed: true,
        accounts_planned: 400,
        targets_found: 6_800,
        targets_read: 6_000,
        repositories: 31_020,
        judged: 20_000,
        non_compliant: 2_114,
        not_covered: 3,
        calls: PaceStats { attempts: 18_000, throttles: 12, retries: 13, limit: 64, in_flight: 60, resting: 0 },
    }
}

/// As if it had gone on at the same speed from the beginning.
fn forecast(now: &Snapshot) -> Forecast {
    let mut forecast = Forecast::default();
    for tenth in 0..=10_u32 {
        let elapsed = now.elapsed * tenth / 10;
        let targets_read = now.targets_read * u64::from(tenth) / 10;
        forecast.learn(&Snapshot { elapsed, targets_read, ..*now });
    }
    forecast
}

#[test]
fn a_line_says_how_far_it_is() {
    let now = snapshot();
    assert_eq!(
        lines::line(&now, &forecast(&now)),
        "scanning: 400 of 1,000 accounts, 6,000 of 17,000 Regions, 2 min left, 31,020 repositories, 2,114 do not comply, \
         3 not covered, 12 throttled, 100.0 Regions/s (60 s)"
    );
}

#[test]
fn what_is_not_known_is_not_said() {
    let now = Snapshot { phase: "finding out which accounts there are", ..Snapshot::default() };
    let parts = words::parts(&now, &Forecast::default());
    assert_eq!(parts, Vec::<String>::new());
    let listing = Snapshot { accounts_listed: false, ..snapshot() };
    assert_eq!(forecast(&listing).left(&listing), None);
    assert!(words::parts(&listing, &forecast(&listing)).iter().any(|part| part == "400 of 1,000+ accounts"));
}

#[test]
fn a_line_for_machines_has_every_field() {
    let now = snapshot();
    let line: serde_json::Value = serde_json::from_str(&json::line(&now, &forecast(&now), false)).unwrap();
    assert_eq!(
        line,
        serde_json::json!({
            "progress": "scanning", "done": false, "elapsed_seconds": 60, "seconds_left": 110,
            "accounts_found": 1_000, "accounts_listed": true, "accounts_planned": 400,
            "targets_found": 6_800, "targets_expected": 17_000, "targets_read": 6_000, "targets_per_second": 100.0,
            "repositories": 31_020, "judged": 20_000, "non_compliant": 2_114, "not_covered": 3,
            "api_calls": 18_000, "api_retries": 13, "throttled": 12, "concurrency": 64, "in_flight": 60,
        })
    );
    let nothing: serde_json::Value =
        serde_json::from_str(&json::line(&Snapshot::default(), &Forecast::default(), true)).unwrap();
    assert_eq!(nothing["seconds_left"], serde_json::Value::Null);
    assert_eq!(nothing["done"], true);
}

#[test]
fn the_speed_of_the_last_seconds_counts_most() {
    let now = snapshot();
    let mut forecast = forecast(&now);
    // It stands still for a minute.
    for second in 1..=60 {
        forecast.learn(&Snapshot { elapsed: now.elapsed + Duration::from_secs(second), ..now });
    }
    assert!(forecast.targets_per_second().unwrap() < 2.0);
}

#[rstest]
#[case(0, "1 s")]
#[case(89, "89 s")]
#[case(90, "2 min")]
#[case(5_399, "90 min")]
#[case(7_800, "2 h 10 min")]
fn durations(#[case] seconds: u64, #[case] expected: &str) {
    assert_eq!(words::duration(Duration::from_secs(seconds)), expected);
}

/// Keeps what it was shown.
struct Kept(Arc<Mutex<Vec<Snapshot>>>);

impl Display for Kept {
    fn interval(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn show(&mut self, _now: &Snapshot, _forecast: &Forecast) {}

    fn end(&mut self, now: &Snapshot, _forecast: &Forecast) {
        self.0.lock().unwrap().push(*now);
    }
}

#[test]
fn what_happens_is_counted() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let progress = Progress::with(Box::new(Kept(kept.clone())));
    let calls = PaceStats { attempts: 7, ..PaceStats::default() };
    progress.watches(Box::new(move || calls));
    progress.phase("scanning");
    for _ in 0..3 {
        progress.account_found();
    }
    progress.accounts_listed();
    progress.account_planned(17);
    progress.target_read(5);
    progress.judged(Status::NonCompliant, 2);
    progress.judged(Status::Compliant, 1);
    progress.gap();
    progress.done();
    progress.done();
    let kept = kept.lock().unwrap();
    assert_eq!(
        *kept,
        [Snapshot {
            phase: "scanning",
            elapsed: kept[0].elapsed,
            accounts_found: 3,
            accounts_listed: true,
            accounts_planned: 1,
            targets_found: 17,
            targets_read: 1,
            repositories: 5,
            judged: 3,
            non_compliant: 2,
            not_covered: 1,
            calls,
        }]
    );
}
