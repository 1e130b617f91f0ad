//! `--concurrency auto` finds its level.

use rstest::rstest;

use super::*;

fn nobody(_: &str) -> bool {
    false
}

/// A number from 0 to 1 that looks random, and is the same each time.
fn noise(seed: u64) -> f64 {
    let mixed = (seed ^ (seed >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    f64::from(u16::try_from((mixed >> 40) & 0xFFFF).unwrap()) / 65_535.0
}

#[rstest]
#[case::small(10)]
#[case::less_than_the_start(20)]
#[case::more_than_the_start(100)]
#[case::large(300)]
#[tokio::test(start_paused = true)]
async fn rises_to_what_the_capacity_allows(#[case] capacity: usize) {
    let pacer = pacer(Concurrency::Auto, UNBOUND);
    let load = Load::start(&pacer, &Server::new(capacity), 800, |_| milliseconds(50), nobody);
    sleep(seconds(5)).await;
    let (least, most) = limits(&pacer, seconds(7)).await;
    assert!(least * 10 >= capacity * 8 && most <= capacity * 2, "{least} to {most} for {capacity}");
    // Nearly all of it is used, over all twelve seconds.
    let answered = load.end().await;
    let possible = u64::try_from(capacity).unwrap() * 20 * 12;
    assert!(answered * 10 >= possible * 9, "{answered} of {possible}");
}

#[tokio::test(start_paused = true)]
async fn rises_to_its_bound_where_nothing_queues() {
    let pacer = pacer(Concurrency::Auto, UNBOUND);
    let load = Load::start(&pacer, &Server::new(10_000), 1_000, |_| milliseconds(50), nobody);
    sleep(seconds(2)).await;
    assert_eq!((pacer.stats().limit, pacer.stats().in_flight), (512, 512));
    load.end().await;
}

#[tokio::test(start_paused = true)]
async fn falls_within_a_few_round_trips_and_rises_again() {
    let pacer = pacer(Concurrency::Auto, UNBOUND);
    let server = Server::new(160);
    let load = Load::start(&pacer, &server, 800, |_| milliseconds(50), nobody);
    sleep(seconds(5)).await;
    let before = pacer.stats().limit;
    assert!(before >= 160, "{before}");
    server.lose(120).await;
    // A round trip is four to six times 50 ms now.
    sleep(milliseconds(1_500)).await;
    let after = pacer.stats().limit;
    assert!(after <= 80, "{before} fell to {after} only");
    let (least, most) = limits(&pacer, seconds(5)).await;
    assert!(least >= 32 && most <= 80, "{least} to {most}");
    server.capacity.add_permits(120);
    sleep(seconds(5)).await;
    let again = pacer.stats().limit;
    assert!(again >= 160, "{again}");
    load.end().await;
}

/// As where it is not AWS but this machine that cannot keep up: times vary, and with them all that is measured.
#[tokio::test(start_paused = true)]
async fn settles_where_times_vary() {
    let pacer = pacer(Concurrency::Auto, UNBOUND);
    let takes = |call| Duration::from_secs_f64(0.03 + 0.04 * noise(call));
    let load = Load::start(&pacer, &Server::new(60), 800, takes, nobody);
    sleep(seconds(10)).await;
    let (least, most) = limits(&pacer, seconds(20)).await;
    assert!(least >= 45 && most <= 240 && most <= least * 2, "{least} to {most}");
    load.end().await;
}

/// One answer in ten is fast, and all others are ten times as slow, with no queue anywhere.
#[tokio::test(start_paused = true)]
async fn heavy_pages_are_not_taken_for_a_queue() {
    let pacer = pacer(Concurrency::Auto, UNBOUND);
    let takes = |call| milliseconds(if noise(call) < 0.1 { 20 } else { 200 });
    let load = Load::start(&pacer, &Server::new(10_000), 1_000, takes, nobody);
    sleep(seconds(40)).await;
    let (least, _) = limits(&pacer, seconds(10)).await;
    assert!(least >= 256, "{least}");
    load.end().await;
}

#[tokio::test(start_paused = true)]
async fn does_not_rise_while_it_is_not_used() {
    let pacer = pacer(Concurrency::Auto, UNBOUND);
    let load = Load::start(&pacer, &Server::new(10_000), 20, |_| milliseconds(50), nobody);
    assert_eq!(limits(&pacer, seconds(10)).await, (32, 32));
    load.end().await;
}

#[tokio::test(start_paused = true)]
async fn one_throttled_account_leaves_it_as_it_is() {
    let pacer = pacer(Concurrency::Auto, UNBOUND);
    let one = |account: &str| account == "000000000003";
    let load = Load::start(&pacer, &Server::new(100), 800, |_| milliseconds(50), one);
    sleep(seconds(5)).await;
    let (least, most) = limits(&pacer, seconds(10)).await;
    assert!(pacer.stats().throttles > 50, "{:?}", pacer.stats());
    assert!(least >= 80 && most <= 200, "{least} to {most}");
    load.end().await;
}

#[tokio::test(start_paused = true)]
async fn falls_where_accounts_are_throttled_all_over() {
    let pacer = pacer(Concurrency::Auto, UNBOUND);
    let throttling = Arc::new(AtomicBool::new(false));
    let half = {
        let throttling = Arc::clone(&throttling);
        move |account: &str| throttling.load(Ordering::Relaxed) && account.ends_with(['0', '2', '4', '6', '8'])
    };
    let load = Load::start(&pacer, &Server::new(10_000), 1_000, |_| milliseconds(50), half);
    sleep(seconds(2)).await;
    assert_eq!(pacer.stats().limit, 512);
    throttling.store(true, Ordering::Relaxed);
    let (least, _) = limits(&pacer, seconds(2)).await;
    assert!(least < 512, "{least}");
    load.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_fixed_number_stays() {
    let pacer = pacer(Concurrency::Fixed(40), UNBOUND);
    let load = Load::start(&pacer, &Server::new(10), 200, |_| milliseconds(50), |account| account.ends_with('1'));
    for _ in 0..500 {
        let stats = pacer.stats();
        assert!(stats.limit == 40 && stats.in_flight <= 40, "{stats:?}");
        sleep(milliseconds(10)).await;
    }
    load.end().await;
}
