//! Webhooks against a server that answers as it is told to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ecr_encryption_aggregator::exit::ExitStatus;
use ecr_encryption_aggregator::notify::{Digest, Notifier, NotifyError, Patience, Target};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rstest::rstest;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::endpoint::sdk_config;

/// What the server does with a request.
#[derive(Debug, Clone, Copy)]
enum Does {
    Answer(u16),
    /// With this header.
    With(u16, &'static str, &'static str),
    /// With this body.
    Say(u16, &'static str),
    Close,
    Hang,
}

struct Receiver {
    address: String,
    script: &'static [Does],
    got: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Receiver {
    /// The last of what it does is repeated.
    async fn start(script: &'static [Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/services/SECRET?token=SECRET", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&got);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let all = Arc::clone(&all);
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(script, &all, request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, script, got }
    }

    /// Tells it, and waits no longer for one answer than is needed to see that there is none.
    async fn told(&self, form: &str) -> (String, Result<(), NotifyError>) {
        let target: Target = format!("{form}:{}", self.address).parse().unwrap();
        let attempt = Duration::from_millis(if matches!(self.script, [Does::Hang]) { 100 } else { 60_000 });
        let patience = Patience { attempt, first_wait: Duration::from_millis(1) };
        let notifier = Notifier::new(sdk_config("http://127.0.0.1:1")).with_patience(patience);
        let mut deliveries = notifier.notify(&[target], &digest()).await;
        let delivery = deliveries.pop().unwrap();
        (delivery.target, delivery.result)
    }

    fn bodies(&self) -> Vec<Value> {
        self.got.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }
}

fn digest() -> Digest {
    Digest::of_failure(ExitStatus::CouldNotRun, "no AWS credentials were found")
}

type Got = Mutex<Vec<(String, Value)>>;

async fn answer(script: &[Does], got: &Got, request: Request<Incoming>) -> std::io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    assert_eq!(head.method, "POST");
    assert_eq!(head.headers["content-type"], "application/json; charset=utf-8");
    let body = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    let does = {
        let mut got = got.lock().unwrap();
        got.push((head.uri.to_string(), body));
        script[(got.len() - 1).min(script.len() - 1)]
    };
    let answer = Response::builder();
    Ok(match does {
        Does::Answer(status) => answer.status(status).body(Full::default()).unwrap(),
        Does::With(status, name, value) => answer.status(status).header(name, value).body(Full::default()).unwrap(),
        Does::Say(status, text) => answer.status(status).body(Full::from(text)).unwrap(),
        Does::Close => return Err(std::io::Error::other("closed")),
        Does::Hang => std::future::pending().await,
    })
}

#[rstest]
#[case::at_once(&[Does::Answer(200)], 1)]
#[case::without_content(&[Does::Answer(204)], 1)]
#[case::after_an_error(&[Does::Answer(500), Does::Answer(200)], 2)]
#[case::when_asked_again(&[Does::With(429, "retry-after", "0"), Does::Answer(200)], 2)]
#[case::at_the_last_attempt(&[Does::Answer(503), Does::Close, Does::Answer(500), Does::Answer(200)], 4)]
#[tokio::test]
async fn what_is_delivered(#[case] script: &'static [Does], #[case] attempts: usize) {
    let receiver = Receiver::start(script).await;
    let (target, result) = receiver.told("webhook").await;
    assert_eq!((target.as_str(), result), ("webhook:http://127.0.0.1/…", Ok(())));
    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), attempts);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(receiver.got.lock().unwrap()[0].0, "/services/SECRET?token=SECRET");
}

#[rstest]
#[case::gone(&[Does::Answer(404)], 1, "HTTP 404")]
#[case::with_a_word(&[Does::Say(403, "invalid_token")], 1, "HTTP 403: invalid_token")]
#[case::with_the_address(&[Does::Say(404, "SECRET")], 1, "HTTP 404")]
#[case::elsewhere(&[Does::With(302, "location", "http://127.0.0.1:1/")], 1, "HTTP 302: it redirects, and redirects are not followed")]
#[case::always_an_error(&[Does::Answer(500)], 4, "HTTP 500, after 4 attempts")]
#[case::always_throttled(&[Does::With(429, "retry-after", "0")], 4, "HTTP 429, after 4 attempts")]
#[case::always_closed(&[Does::Close], 4, "no answer: connection closed before message completed, after 4 attempts")]
#[case::never_answered(&[Does::Hang], 4, "no answer within 0.1 s, after 4 attempts")]
#[tokio::test]
async fn what_is_not_delivered_is_told_without_the_address(
    #[case] script: &'static [Does],
    #[case] attempts: usize,
    #[case] told: &str,
) {
    let receiver = Receiver::start(script).await;
    let (target, result) = receiver.told("webhook").await;
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), told);
    assert!(!format!("{target} {error:?}").contains("SECRET"));
    assert_eq!(receiver.bodies().len(), attempts);
}

#[tokio::test]
async fn the_form_is_as_it_was_asked_for() {
    let receiver = Receiver::start(&[Does::Answer(200)]).await;
    receiver.told("webhook").await.1.unwrap();
    receiver.told("slack").await.1.unwrap();
    let bodies = receiver.bodies();
    assert_eq!(bodies[0]["outcome"], "could-not-run");
    assert!(bodies[0]["text"].as_str().unwrap().starts_with("ECR encryption: the scan could not run\n"));
    assert_eq!(bodies[1]["blocks"][0]["type"], "header");
    assert_eq!(bodies[1].as_object().unwrap().keys().collect::<Vec<_>>(), ["blocks", "text"]);
}

/// One that fails keeps no other from being told.
#[tokio::test]
async fn everybody_is_told_whatever_becomes_of_the_others() {
    let (fails, takes) = (Receiver::start(&[Does::Answer(404)]).await, Receiver::start(&[Does::Answer(200)]).await);
    let target = |receiver: &Receiver| format!("webhook:{}", receiver.address).parse::<Target>().unwrap();
    let targets = [target(&fails), target(&takes)];
    let deliveries = Notifier::new(sdk_config("http://127.0.0.1:1")).notify(&targets, &digest()).await;
    let results: Vec<_> = deliveries.iter().map(|delivery| delivery.result.is_ok()).collect();
    assert_eq!(results, [false, true]);
}

#[tokio::test]
async fn nobody_there_is_told() {
    let receiver = Receiver { address: "http://127.0.0.1:1/SECRET".to_owned(), script: &[], got: Arc::default() };
    let error = receiver.told("webhook").await.1.unwrap_err();
    let NotifyError::Unavailable { last, attempts: 4 } = &error else { panic!("{error}") };
    assert!(last.starts_with("no answer: ") && !last.contains("SECRET"), "{last}");
}
