//! SNS topics on moto, which sends on what it gets to a server of the test's.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sns::Client;
use aws_types::region::Region;
use ecr_encryption_aggregator::exit::ExitStatus;
use ecr_encryption_aggregator::notify::{Digest, Notifier, Target};
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::endpoint::{moto, sdk_config};

/// Another Region than the caller's.
const REGION: &str = "us-west-2";

fn client() -> Client {
    client_in(REGION)
}

fn client_in(region: &'static str) -> Client {
    Client::from_conf(aws_sdk_sns::config::Builder::from(&sdk_config(moto())).region(Region::new(region)).build())
}

fn digest() -> Digest {
    Digest::of_failure(ExitStatus::CouldNotRun, "no AWS credentials were found")
}

async fn subscriber() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let got = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&got);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let all = Arc::clone(&all);
            tokio::spawn(async move {
                let service = service_fn(|request: hyper::Request<Incoming>| async {
                    let path = request.uri().path().to_owned();
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let mut body: Value = serde_json::from_slice(&body).unwrap();
                    body["path"] = path.into();
                    all.lock().unwrap().push(body);
                    Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
                });
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (address, got)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_get_the_digest() {
    let client = client();
    let topic = client.create_topic().name("ecr").send().await.unwrap().topic_arn.unwrap();
    let (address, got) = subscriber().await;
    // Only those who have asked for what it is.
    for (outcome, path) in [("clean", "other"), ("could-not-run", "wanted")] {
        let filter = format!(r#"{{"outcome": ["{outcome}"], "changed": ["true"]}}"#);
        let subscription = client.subscribe().topic_arn(&topic).protocol("http").endpoint(format!("{address}/{path}"));
        subscription.attributes("FilterPolicy", filter).send().await.unwrap();
    }
    let target: Target = format!("sns:{topic}").parse().unwrap();
    let deliveries = Notifier::new(sdk_config(moto())).notify(&[target], &digest()).await;
    assert_eq!((deliveries[0].target.as_str(), &deliveries[0].result), (format!("sns:{topic}").as_str(), &Ok(())));
    while got.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let got = got.lock().unwrap();
    assert_eq!(got[0]["TopicArn"], topic);
    assert_eq!(got[0]["Subject"], "ECR encryption: the scan could not run");
    let message: Value = serde_json::from_str(got[0]["Message"].as_str().unwrap()).unwrap();
    assert_eq!(message["failures"][0], "no AWS credentials were found");
    assert_eq!(got.len(), 1);
    assert_eq!(got[0]["path"], "/wanted");
}

#[tokio::test]
async fn a_topic_that_keeps_order_is_told_too() {
    let create = client().create_topic().name("ecr.fifo").attributes("FifoTopic", "true");
    let topic = create.send().await.unwrap().topic_arn.unwrap();
    let target: Target = format!("sns:{topic}").parse().unwrap();
    let deliveries = Notifier::new(sdk_config(moto())).notify(&[target], &digest()).await;
    assert_eq!(deliveries[0].result, Ok(()));
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_told_with_what_aws_says() {
    let target: Target = "sns:arn:aws:sns:us-west-2:123456789012:no-such-topic".parse().unwrap();
    let deliveries = Notifier::new(sdk_config(moto())).notify(&[target], &digest()).await;
    let text = deliveries[0].result.as_ref().unwrap_err().to_string();
    assert!(text.starts_with("sns:Publish: NotFound: "), "{text}");
}

/// Each is asked in its own Region, and one that is not there takes nothing from the others.
#[tokio::test]
async fn several_topics_are_told_each_in_its_own_region() {
    let mut targets: Vec<Target> = vec!["sns:arn:aws:sns:eu-west-1:123456789012:no-such-topic".parse().unwrap()];
    for region in [REGION, "ap-south-1"] {
        let client = client_in(region);
        let topic = client.create_topic().name("several").send().await.unwrap().topic_arn.unwrap();
        assert!(topic.contains(region), "{topic}");
        targets.push(format!("sns:{topic}").parse().unwrap());
    }
    let deliveries = Notifier::new(sdk_config(moto())).notify(&targets, &digest()).await;
    assert_eq!(deliveries.iter().map(|delivery| delivery.result.is_ok()).collect::<Vec<_>>(), [false, true, true]);
}
