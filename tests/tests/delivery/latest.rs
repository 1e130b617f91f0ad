//! What leads to the newest run, when several are published at once.

use ecr_encryption_aggregator::store::s3::{Latest, S3Options, StoreError};
use tokio::task::JoinSet;

use crate::endpoint::{bucket, moto, open};
use crate::fake_s3::{FakeS3, error};
use crate::run::Run;

#[tokio::test]
async fn an_older_run_that_comes_later_does_not_become_the_latest() {
    bucket("order", "eu-central-1").await;
    let store = open(moto(), "s3://order", S3Options::default()).await;
    let (older, newer) = (Run::new(22, &[("a.txt", b"")]), Run::new(23, &[("a.txt", b"")]));
    assert_eq!(store.publish(&newer.publication()).await.unwrap().latest, Latest::ThisRun);
    assert_eq!(store.publish(&older.publication()).await.unwrap().latest, Latest::Newer(newer.name.clone()));
    assert_eq!(store.latest().await.unwrap().unwrap().name, newer.name);
    // Again, as where the first time nobody heard the answer.
    assert_eq!(store.publish(&newer.publication()).await.unwrap().latest, Latest::ThisRun);
    let names: Vec<_> = store.runs().await.unwrap().kept.into_iter().map(|run| run.name).collect();
    assert_eq!(names, [older.name, newer.name]);
}

#[tokio::test]
async fn of_runs_that_end_at_once_the_newest_is_the_latest() {
    bucket("at-once", "eu-central-1").await;
    let mut publishing = JoinSet::new();
    for day in 10..16 {
        publishing.spawn(async move {
            let store = open(moto(), "s3://at-once/x", S3Options::default()).await;
            let run = Run::new(day, &[("a.txt", b"")]);
            store.publish(&run.publication()).await.unwrap().latest
        });
    }
    for latest in publishing.join_all().await {
        assert!(!matches!(latest, Latest::Unwritten(_)), "{latest:?}");
    }
    let store = open(moto(), "s3://at-once/x", S3Options::default()).await;
    let latest = store.latest().await.unwrap().unwrap();
    assert!(latest.name.starts_with("2026-11-15-"), "{}", latest.name);
    assert_eq!(store.runs().await.unwrap().kept.len(), 6);
}

/// The answer of S3 where somebody was there between reading and writing.
#[tokio::test]
async fn somebody_who_comes_between_is_not_overwritten() {
    let server = FakeS3::start(|head| {
        (head.is("PUT", "/latest.json") && head.before == 0).then(|| error(412, "PreconditionFailed"))
    });
    let (server, run) = (server.await, Run::new(23, &[("a.txt", b"")]));
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    assert_eq!(store.publish(&run.publication()).await.unwrap().latest, Latest::ThisRun);
    let state = server.state();
    let writes: Vec<_> = state.heads.iter().filter(|head| head.is("PUT", "/latest.json")).collect();
    assert_eq!(writes.len(), 2);
    assert!(writes.iter().all(|head| head.headers["if-none-match"] == "*"));
    let reads = state.heads.iter().filter(|head| head.is("GET", "/latest.json")).count();
    assert_eq!(reads, 2, "read again before it is written again");
}

#[tokio::test]
async fn the_condition_names_what_was_read() {
    let server = FakeS3::start(|_| None).await;
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    for day in [22, 23] {
        store.publish(&Run::new(day, &[("a.txt", b"")]).publication()).await.unwrap();
    }
    let state = server.state();
    let last = state.heads.iter().rfind(|head| head.is("PUT", "/latest.json")).unwrap();
    assert!(last.headers.contains_key("if-match"), "{last:?}");
}

#[tokio::test]
async fn without_conditions_it_is_written_all_the_same() {
    let server = FakeS3::start(|head| {
        (head.is("PUT", "/latest.json") && head.headers.contains_key("if-none-match"))
            .then(|| error(501, "NotImplemented"))
    });
    let (server, run) = (server.await, Run::new(23, &[("a.txt", b"")]));
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    assert_eq!(store.publish(&run.publication()).await.unwrap().latest, Latest::ThisRun);
    assert_eq!(store.latest().await.unwrap().unwrap().name, run.name);
}

#[tokio::test]
async fn a_latest_that_cannot_be_written_is_told_and_the_run_is_there() {
    let server = FakeS3::start(|head| head.is("PUT", "/latest.json").then(|| error(403, "AccessDenied"))).await;
    let run = Run::new(23, &[("a.txt", b"")]);
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    let Latest::Unwritten(why) = store.publish(&run.publication()).await.unwrap().latest else { panic!("written") };
    assert!(why.contains("s3:PutObject: AccessDenied"), "{why}");
    assert!(server.keys().iter().any(|key| key.ends_with("/manifest.json")));
}

/// Somebody else's object is neither overwritten nor taken for a run.
#[tokio::test]
async fn what_is_no_manifest_stays_as_it_is() {
    let client = bucket("not-ours", "eu-central-1").await;
    client.put_object().bucket("not-ours").key("latest.json").body(b"[]".to_vec().into()).send().await.unwrap();
    let run = Run::new(23, &[("a.txt", b"")]);
    let store = open(moto(), "s3://not-ours", S3Options::default()).await;
    let Latest::Unwritten(why) = store.publish(&run.publication()).await.unwrap().latest else { panic!("written") };
    assert!(why.contains("`s3://not-ours/latest.json` is no manifest of a run"), "{why}");
    assert!(matches!(store.latest().await, Err(StoreError::Manifest { .. })));
    let there = client.get_object().bucket("not-ours").key("latest.json").send().await.unwrap();
    assert_eq!(there.body.collect().await.unwrap().to_vec(), b"[]");
}

#[tokio::test]
async fn without_latest_the_newest_run_is_found() {
    let client = bucket("no-latest", "eu-central-1").await;
    let store = open(moto(), "s3://no-latest", S3Options::default()).await;
    assert_eq!(store.latest().await.unwrap(), None);
    for day in [23, 22] {
        store.publish(&Run::new(day, &[("a.txt", b"")]).publication()).await.unwrap();
    }
    client.delete_object().bucket("no-latest").key("latest.json").send().await.unwrap();
    assert!(store.latest().await.unwrap().unwrap().name.starts_with("2026-11-23-"));
}
