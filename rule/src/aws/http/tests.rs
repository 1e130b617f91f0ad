mod server;

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use futures_util::future::join_all;
use hyper_util::client::proxy::matcher::Matcher;
use rstest::rstest;
use tokio::task::{JoinSet, yield_now};

use self::server::Server;
use super::connect::Connector;
use super::{CappedHttpClient, Connections, Timeouts};

const NO_TIMEOUTS: Timeouts = Timeouts { connect: None, read: None };

fn request(address: &str, path: &str) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from("{}"));
    request.set_method("POST").unwrap();
    request.set_uri(format!("{address}{path}")).unwrap();
    request
}

async fn call(client: &CappedHttpClient, address: &str, path: &str) -> Result<HttpResponse, ConnectorError> {
    client.send(request(address, path), NO_TIMEOUTS).await
}

/// What the server says of a call that succeeds.
async fn text(client: &CappedHttpClient, address: &str, path: &str) -> String {
    let response = call(client, address, path).await.unwrap();
    String::from_utf8(response.body().bytes().unwrap().to_vec()).unwrap()
}

/// Lets the servers see what the client has closed.
async fn until_servers_see(servers: &[Server], open: usize) {
    while servers.iter().map(Server::open).sum::<usize>() != open {
        yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::start().await;
    let client = CappedHttpClient::new(4);
    for _ in 0..50 {
        assert_eq!(text(&client, &server.address(), "/whole").await, "answer");
    }
    assert_eq!(client.connections(), Connections { open: 1, most_open: 1, opened: 1 });
    assert_eq!(server.accepted(), 1);
}

#[rstest]
#[case("/whole", "answer")]
#[case("/chunked", "answer")]
#[case("/empty", "")]
#[tokio::test]
async fn every_kind_of_body_leaves_the_connection_usable(#[case] path: &str, #[case] body: &str) {
    let server = Server::start().await;
    let client = CappedHttpClient::new(1);
    for _ in 0..5 {
        assert_eq!(text(&client, &server.address(), path).await, body);
    }
    assert_eq!(client.connections().opened, 1);
}

#[tokio::test]
async fn a_burst_opens_a_connection_for_each_call_and_no_more() {
    let server = Server::start().await;
    let client = CappedHttpClient::new(70);
    for _ in 0..20 {
        let address = server.address();
        join_all((0..64).map(|_| text(&client, &address, "/whole"))).await;
    }
    let connections = client.connections();
    assert!(connections.opened <= 64, "{connections:?}");
    assert_eq!(u64::try_from(server.accepted()).unwrap(), connections.opened);
}

#[tokio::test]
async fn those_who_find_all_connections_busy_wait() {
    let server = Server::start().await;
    let client = CappedHttpClient::new(3);
    let address = server.address();
    let answers = join_all((0..60).map(|_| text(&client, &address, "/whole"))).await;
    assert_eq!(answers.len(), 60);
    // Handed on from one to the next, not closed and opened again.
    assert_eq!(client.connections(), Connections { open: 3, most_open: 3, opened: 3 });
}

#[tokio::test]
async fn the_longest_unused_connection_makes_place_for_another_host() {
    let servers = [Server::start().await, Server::start().await, Server::start().await];
    let [one, two, three] = servers.each_ref();
    let client = CappedHttpClient::new(2);
    for server in [one, two, one, three] {
        text(&client, &server.address(), "/whole").await;
    }
    until_servers_see(&servers, 2).await;
    assert_eq!([one.open(), two.open(), three.open()], [1, 0, 1], "the second was not used for longest");
    text(&client, &one.address(), "/whole").await;
    assert_eq!(client.connections(), Connections { open: 2, most_open: 2, opened: 3 });
}

#[tokio::test]
async fn a_connection_goes_to_the_first_who_waits_for_its_host() {
    let (one, other) = (Server::start().await, Server::start().await);
    let client = CappedHttpClient::new(1);
    let mut calls = JoinSet::new();
    for (address, path) in [(one.address(), "/slow-body"), (other.address(), "/whole"), (one.address(), "/whole")] {
        let client = client.clone();
        calls.spawn(async move { text(&client, &address, path).await });
        // In this order.
        for _ in 0..10 {
            yield_now().await;
        }
    }
    while one.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    one.go_on();
    assert_eq!(calls.join_all().await, ["answer"; 3]);
    assert_eq!((one.accepted(), other.accepted()), (1, 1));
    assert_eq!(client.connections(), Connections { open: 1, most_open: 1, opened: 2 });
}

#[tokio::test]
async fn a_host_that_is_always_busy_does_not_starve_another() {
    let (busy, other) = (Server::start().await, Server::start().await);
    let client = CappedHttpClient::new(1);
    let mut calls = JoinSet::new();
    for _ in 0..4 {
        let (client, address) = (client.clone(), busy.address());
        calls.spawn(async move {
            loop {
                text(&client, &address, "/whole").await;
            }
        });
    }
    while busy.accepted() == 0 {
        yield_now().await;
    }
    // Ends, or the test never does.
    assert_eq!(text(&client, &other.address(), "/whole").await, "answer");
}

#[rstest]
#[case::announced("/close")]
#[case::unannounced("/vanish")]
#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced(#[case] path: &str) {
    let server = Server::start().await;
    let client = CappedHttpClient::new(1);
    for call in 1..=5 {
        assert_eq!(text(&client, &server.address(), path).await, "answer");
        until_servers_see(std::slice::from_ref(&server), 0).await;
        assert_eq!(server.accepted(), call);
    }
    assert_eq!(client.connections().most_open, 1);
}

#[rstest]
#[case::before_the_answer("/reset")]
#[case::in_mid_body("/reset-body")]
#[case::body_cut_off("/cut-off")]
#[case::chunks_cut_off("/cut-off-chunks")]
#[tokio::test]
async fn a_connection_that_breaks_is_a_passing_fault_and_gives_its_slot_back(#[case] path: &str) {
    let server = Server::start().await;
    let client = CappedHttpClient::new(1);
    for _ in 0..3 {
        let error = call(&client, &server.address(), path).await.unwrap_err();
        let transient = error.as_other() == Some(aws_smithy_types::retry::ErrorKind::TransientError);
        assert!(error.is_io() || transient, "{error:?}");
        assert_eq!(client.connections().open, 0);
    }
    assert_eq!(text(&client, &server.address(), "/whole").await, "answer");
}

#[rstest]
#[case::before_the_answer("/silent")]
#[case::in_mid_body("/slow-body")]
#[tokio::test]
async fn a_cancelled_call_closes_its_connection_and_gives_its_slot_back(#[case] path: &str) {
    let server = Server::start().await;
    let client = CappedHttpClient::new(2);
    for round in 1..=3 {
        let mut calls = JoinSet::new();
        for _ in 0..2 {
            let (client, address, path) = (client.clone(), server.address(), path.to_owned());
            calls.spawn(async move { call(&client, &address, &path).await.map(drop) });
        }
        // Another one waits for a slot; it is cancelled first.
        let (waiting, address) = (client.clone(), server.address());
        let waiting = tokio::spawn(async move { call(&waiting, &address, "/whole").await.map(drop) });
        while server.accepted() < 2 * round {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        waiting.abort();
        calls.shutdown().await;
        assert_eq!(client.connections().open, 0);
        until_servers_see(std::slice::from_ref(&server), 0).await;
    }
    assert_eq!(text(&client, &server.address(), "/whole").await, "answer");
}

#[tokio::test]
async fn a_slow_body_is_read_whole() {
    let server = Server::start().await;
    let client = CappedHttpClient::new(1);
    let (reader, address) = (client.clone(), server.address());
    let reading = tokio::spawn(async move { text(&reader, &address, "/slow-body").await });
    while server.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.go_on();
    assert_eq!(reading.await.unwrap(), "answer");
    assert_eq!(text(&client, &server.address(), "/whole").await, "answer");
    assert_eq!(client.connections().opened, 1);
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout() {
    let server = Server::start().await;
    let client = CappedHttpClient::new(1);
    let timeouts = Timeouts { connect: None, read: Some(Duration::from_millis(20)) };
    let error = client.send(request(&server.address(), "/silent"), timeouts).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(client.connections().open, 0);
}

#[tokio::test]
async fn nobody_there_is_a_passing_fault_and_gives_the_slot_back() {
    let address = Server::start().await.address();
    let client = CappedHttpClient::new(1);
    for _ in 0..3 {
        let error = call(&client, &address, "/whole").await.unwrap_err();
        assert!(error.is_io(), "{error:?}");
    }
    assert_eq!(client.connections(), Connections { open: 0, most_open: 1, opened: 0 });
}

#[rstest]
#[case("/path")]
#[case("ftp://127.0.0.1/")]
#[tokio::test]
async fn what_is_no_address_is_the_callers_fault(#[case] address: &str) {
    let error = call(&CappedHttpClient::new(1), address, "").await.unwrap_err();
    assert!(error.is_user(), "{error:?}");
}

#[rstest]
#[case("http://host.example/a?b=c", "host.example")]
#[case("http://host.example:80/", "host.example")]
#[case("http://host.example:8080/", "host.example:8080")]
#[case("https://host.example:443", "host.example")]
#[case("https://user@host.example:80/", "host.example:80")]
#[case("https://[::1]:4443/", "[::1]:4443")]
fn the_host_is_told_as_it_is_signed(#[case] uri: &str, #[case] host: &str) {
    let mut request = http::Request::post(uri).body(SdkBody::empty()).unwrap();
    super::address(&mut request).unwrap();
    assert_eq!(request.headers()["host"], host);
    assert!(request.uri().host().is_none(), "{}", request.uri());
}

#[tokio::test]
async fn https_goes_through_the_proxy_and_http_does_not() {
    let proxy = Server::start().await;
    let server = Server::start().await;
    let address = proxy.address().replace("http://", "http://user:password@");
    let proxies = Matcher::builder().all(address).no("direct.invalid").build();
    let mut client = CappedHttpClient::new(1);
    client.connector = std::sync::Arc::new(Connector::through(proxies));

    assert_eq!(text(&client, &server.address(), "/whole").await, "answer");
    assert_eq!(proxy.accepted(), 0);
    assert!(call(&client, "https://direct.invalid", "/").await.unwrap_err().is_io());
    assert_eq!(proxy.accepted(), 0);
    assert!(call(&client, "https://proxied.invalid", "/").await.unwrap_err().is_io());
    let head = proxy.last_head();
    assert!(head.starts_with("CONNECT proxied.invalid:443 HTTP/1.1"), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic dxnlcjpwyxnzd29yza=="), "{head}");
}

/// Whatever happens, the books are right: never above the cap, and no slot is lost.
#[rstest]
#[case(1)]
#[case(2)]
#[case(3)]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn any_mixture_of_calls_keeps_to_the_cap(#[case] seed: u64) {
    const LIMIT: usize = 7;
    const PATHS: [&str; 9] =
        ["/whole", "/whole", "/chunked", "/empty", "/close", "/vanish", "/reset", "/reset-body", "/cut-off"];
    let mut servers = Vec::new();
    for _ in 0..12 {
        servers.push(Server::start().await);
    }
    let client = CappedHttpClient::new(LIMIT);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut calls = JoinSet::new();
    for _ in 0..1_500 {
        let server = &servers[random.usize(..servers.len())];
        let cancelled = random.u8(..5) == 0;
        let path = if cancelled { "/silent" } else { PATHS[random.usize(..PATHS.len())] };
        let (client, address, patience) = (client.clone(), server.address(), random.u64(..3_000));
        calls.spawn(async move {
            let answer = call(&client, &address, path);
            if cancelled {
                let _ = tokio::time::timeout(Duration::from_micros(patience), answer).await;
            } else if let Err(error) = answer.await {
                assert!(!error.is_user() && !error.is_timeout(), "{error:?}");
            }
            assert!(client.connections().open <= LIMIT);
        });
        while calls.len() > 3 * LIMIT {
            calls.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
    assert!(client.connections().most_open <= LIMIT);
    // No slot was lost: as many calls as there are slots can be under way at once.
    let server = Server::start().await;
    for _ in 0..LIMIT {
        let (client, address) = (client.clone(), server.address());
        calls.spawn(async move { call(&client, &address, "/silent").await.map(drop).unwrap() });
    }
    while server.accepted() < LIMIT {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    calls.shutdown().await;
    assert_eq!(client.connections().open, 0);
    until_servers_see(&servers, 0).await;
}
