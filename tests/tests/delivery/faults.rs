//! What goes wrong on the way: a run is there whole, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ecr_encryption_aggregator::stop;
use ecr_encryption_aggregator::store::s3::{Latest, S3Options, StoreError};
use rstest::rstest;

use crate::endpoint::open;
use crate::fake_s3::{FakeS3, Fault, Head, error, nothing};
use crate::run::Run;

const PARTS: u64 = 17 << 20;

/// Small files, one that goes in two parts, and a part of the dataset.
fn run() -> Run {
    Run::new(23, &[("report.html", b"<p>"), ("targets.jsonl", b"")])
        .with_zeros("findings.jsonl", PARTS)
        .with_dataset(b"PAR1")
}

/// Faults that pass: the retries of the SDK get over them.
#[rstest]
#[case::part_broken_off(|head: &Head| (head.is("PUT", "partNumber=2") && head.before < 2).then_some(Fault::Drop(100_000)))]
#[case::part_refused(|head: &Head| (head.is("PUT", "partNumber=1") && head.before < 2).then(|| error(503, "SlowDown")))]
#[case::part_answer_lost(|head: &Head| (head.is("PUT", "partNumber=1") && head.before < 1).then_some(Fault::Lost))]
#[case::completion_fails_with_status_200(|head: &Head| (head.is("POST", "uploadId=") && head.before < 2).then(|| error(200, "InternalError")))]
#[case::manifest_answer_lost(|head: &Head| (head.is("PUT", "/manifest.json") && head.before < 1).then_some(Fault::Lost))]
#[case::latest_answer_lost(|head: &Head| (head.is("PUT", "/latest.json") && head.before < 1).then_some(Fault::Lost))]
#[case::small_file_refused(|head: &Head| (head.is("PUT", "/report.html") && head.before < 4).then(|| error(500, "InternalError")))]
#[tokio::test]
async fn passing_faults_do_not_keep_a_run_from_being_whole(#[case] rule: fn(&Head) -> Option<Fault>) {
    let (server, run) = (FakeS3::start(rule).await, run());
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    let published = store.publish(&run.publication()).await.unwrap();
    assert_eq!(published.latest, Latest::ThisRun);
    let keys = server.keys();
    for file in ["findings.jsonl", "report.html", "targets.jsonl", "manifest.json"] {
        assert!(keys.contains(&format!("/bucket/x/runs/{}/{file}", run.name)), "{file}: {keys:?}");
    }
    assert!(server.state().uploads.is_empty());
}

/// Faults that stay: there is no run, no part of one, and no upload that costs money.
#[rstest]
#[case::part_broken_off(|head: &Head| head.is("PUT", "partNumber=2").then_some(Fault::Drop(100_000)))]
#[case::part_refused(|head: &Head| head.is("PUT", "partNumber=1").then(|| error(503, "SlowDown")))]
#[case::part_damaged(|head: &Head| head.is("PUT", "partNumber=2").then(|| error(400, "BadDigest")))]
#[case::completion_fails_with_status_200(|head: &Head| head.is("POST", "uploadId=").then(|| error(200, "InternalError")))]
#[case::small_file_denied(|head: &Head| head.is("PUT", "/report.html").then(|| error(403, "AccessDenied")))]
#[case::dataset_denied(|head: &Head| head.is("PUT", "/parquet/").then(|| error(403, "AccessDenied")))]
#[case::manifest_denied(|head: &Head| head.is("PUT", "/manifest.json").then(|| error(403, "AccessDenied")))]
#[case::manifest_written_and_never_answered(|head: &Head| head.is("PUT", "/manifest.json").then_some(Fault::Lost))]
#[tokio::test]
async fn a_run_that_is_not_whole_is_not_there(#[case] rule: fn(&Head) -> Option<Fault>) {
    let (server, run) = (FakeS3::start(rule).await, run());
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap_err();
    assert_eq!(server.keys(), [""; 0]);
    assert!(server.state().uploads.is_empty());
}

/// Who stops a run is not left with a part of it, nor with an upload that costs money.
#[rstest]
#[case::at_a_small_file("/report.html", true)]
#[case::at_a_part("partNumber=1", true)]
#[case::at_the_last_part("partNumber=2", true)]
#[case::too_late("/manifest.json", false)]
#[tokio::test]
async fn an_upload_that_is_stopped_leaves_nothing(#[case] at: &'static str, #[case] stopped: bool) {
    let (stopper, stop) = stop::channel();
    let server = FakeS3::start(move |head: &Head| {
        if head.is("PUT", at) {
            stopper.stop();
        }
        None
    });
    let (server, run) = (server.await, run());
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await.stopping(stop, 0);
    let published = store.publish(&run.publication()).await;
    assert!(server.state().uploads.is_empty());
    if stopped {
        assert!(matches!(published, Err(StoreError::Stopped)), "{published:?}");
        assert_eq!(server.keys(), [""; 0]);
    } else {
        assert_eq!(published.unwrap().latest, Latest::ThisRun);
        assert!(server.keys().iter().any(|key| key.ends_with("/manifest.json")));
    }
}

/// Whoever reads the dataset does not look for a manifest.
#[tokio::test]
async fn the_part_of_the_dataset_comes_after_the_files() {
    let server = FakeS3::start(|head| head.is("PUT", "/parquet/").then(|| error(403, "AccessDenied"))).await;
    let run = run();
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap_err();
    assert!(server.state().received as u64 > PARTS, "the files were not there yet");
}

/// Without the right to delete, what is left is no run: it has no manifest.
#[tokio::test]
async fn what_cannot_be_removed_is_no_run() {
    let server = FakeS3::start(|head| {
        let denied = head.is("POST", "?delete") || head.is("DELETE", "") || head.is("POST", "uploadId=");
        denied.then(|| error(403, "AccessDenied"))
    });
    let (server, run) = (server.await, run());
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    let text = store.publish(&run.publication()).await.unwrap_err().to_string();
    assert!(text.contains("AccessDenied: Access Denied (request id REQUEST0001)"), "{text}");
    assert!(text.contains("allow s3:PutObject"), "{text}");
    let keys = server.keys();
    assert!(!keys.is_empty() && keys.iter().all(|key| !key.ends_with("manifest.json")), "{keys:?}");
    assert_eq!(store.latest().await.unwrap(), None);
}

#[tokio::test]
async fn the_manifest_is_the_last_of_a_run_and_latest_comes_after_it() {
    let (server, run) = (FakeS3::start(nothing).await, run());
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    let heads = &server.state().heads;
    let wrote = |head: &&Head| head.method == "PUT" || head.is("POST", "uploadId=");
    let last: Vec<_> = heads.iter().filter(wrote).rev().take(2).map(|head| head.path.as_str()).collect();
    assert!(last[0].starts_with("/bucket/x/latest.json"), "{last:?}");
    assert!(last[1].contains("/manifest.json"), "{last:?}");
}

#[tokio::test]
async fn the_key_the_owner_and_checksums_go_with_every_call() {
    let (server, run) = (FakeS3::start(nothing).await, run());
    let key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let options = S3Options { kms_key: Some(key.to_owned()), bucket_owner: Some("111122223333".to_owned()) };
    let store = open(&server.endpoint, "s3://bucket/x", options).await;
    store.check().await.unwrap();
    store.publish(&run.publication()).await.unwrap();
    store.runs().await.unwrap();
    store.remove(&run.name).await.unwrap();
    for head in &server.state().heads {
        let header = |name: &str| head.headers.get(name).map(String::as_str);
        assert_eq!(header("x-amz-expected-bucket-owner"), Some("111122223333"), "{head:?}");
        let is_part = head.path.contains("partNumber=");
        if (head.method == "PUT" && !is_part) || head.is("POST", "?uploads") {
            assert_eq!(header("x-amz-server-side-encryption"), Some("aws:kms"), "{head:?}");
            assert_eq!(header("x-amz-server-side-encryption-aws-kms-key-id"), Some(key), "{head:?}");
            assert_eq!(header("x-amz-server-side-encryption-bucket-key-enabled"), Some("true"), "{head:?}");
        }
        if is_part {
            assert_eq!(header("x-amz-trailer"), Some("x-amz-checksum-crc32"), "{head:?}");
        } else if head.method == "PUT" {
            assert!(header("x-amz-checksum-sha256").is_some(), "{head:?}");
        }
        if head.is("POST", "uploadId=") {
            assert_eq!(header("x-amz-mp-object-size"), Some(PARTS.to_string().as_str()), "{head:?}");
        }
    }
}

#[tokio::test]
async fn a_run_of_many_objects_is_removed_a_thousand_at_a_time() {
    let server = FakeS3::start(nothing).await;
    let name = "2026-11-23-019ab3c4";
    for index in 0..2_001 {
        server.state().objects.insert(format!("/bucket/x/runs/{name}/{index:04}"), Vec::new());
    }
    let others = ["/bucket/x/runs/2026-11-23-019ab3c4b/manifest.json", "/bucket/x/latest.json"];
    for other in others {
        server.state().objects.insert(other.to_owned(), Vec::new());
    }
    open(&server.endpoint, "s3://bucket/x", S3Options::default()).await.remove(name).await.unwrap();
    let mut left = server.keys();
    left.reverse();
    assert_eq!(left, others);
    // The manifest, three times what is left, and the part of the dataset.
    assert_eq!(server.state().heads.iter().filter(|head| head.is("POST", "?delete")).count(), 5);
}

/// A small file is sent with the checksum of its manifest: S3 refuses it where it differs.
#[tokio::test]
async fn s3_verifies_by_the_manifest() {
    let server = FakeS3::start(nothing).await;
    let run = Run::new(23, &[("targets.jsonl", b"")]);
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    let state = server.state();
    let head = state.heads.iter().find(|head| head.is("PUT", "targets.jsonl")).unwrap();
    assert_eq!(head.headers["x-amz-checksum-sha256"], "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

#[tokio::test]
async fn a_bucket_of_another_account_is_one_clear_error() {
    let server = FakeS3::start(|head| match head.method.as_str() {
        "HEAD" => Some(Fault::Answer(403, vec![("x-amz-bucket-region", "eu-central-1")], "")),
        _ => Some(error(403, "AccessDenied")),
    });
    let server = server.await;
    let options = S3Options { bucket_owner: Some("111122223333".to_owned()), ..S3Options::default() };
    let store = open(&server.endpoint, "s3://bucket/x", options).await;
    let error = store.check().await.unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "`s3://bucket/x/runs` cannot be used: s3:ListBucket: AccessDenied: Access Denied (request id REQUEST0001); allow \
         s3:ListBucket on it to the caller, in its own policy and the bucket's, or, where the bucket is not in account \
         111122223333, name the right one with --s3-bucket-owner"
    );
}

#[tokio::test]
async fn the_calls_go_to_the_buckets_region() {
    let server = FakeS3::start(|head| {
        head.is("HEAD", "").then_some(Fault::Answer(301, vec![("x-amz-bucket-region", "ap-southeast-2")], ""))
    });
    let (server, run) = (server.await, Run::new(23, &[("targets.jsonl", b"")]));
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    let state = server.state();
    let regions: Vec<_> =
        state.heads.iter().map(|head| head.headers["authorization"].split('/').nth(2).unwrap().to_owned()).collect();
    assert_eq!(regions[0], "eu-central-1");
    assert!(regions.len() > 3 && regions[1..].iter().all(|region| region == "ap-southeast-2"), "{regions:?}");
}

#[tokio::test]
async fn nobody_there_is_told_at_once() {
    let endpoint = FakeS3::start(nothing).await.endpoint.clone();
    let config = crate::endpoint::sdk_config(&endpoint);
    let location = crate::endpoint::location("s3://bucket/x");
    let opened = ecr_encryption_aggregator::store::s3::S3Store::open(&config, location, S3Options::default()).await;
    assert!(matches!(opened, Err(StoreError::Call { .. })));
}

/// Of two runs the manifest of the older one is not given. What is refused for good is told and gone without; what would be
/// there in a minute is not taken for missing.
#[rstest]
#[case::denied(403, "AccessDenied", true)]
#[case::key_disabled(400, "KMS.DisabledException", true)]
#[case::archived(403, "InvalidObjectState", true)]
#[case::throttled(503, "SlowDown", false)]
#[case::failed(500, "InternalError", false)]
#[tokio::test]
async fn a_manifest_that_is_refused_is_passed_over(
    #[case] status: u16,
    #[case] code: &'static str,
    #[case] is_passed_over: bool,
) {
    let (old, new) = (Run::new(22, &[("a", b"old")]), Run::new(23, &[("a", b"new")]));
    let manifest = format!("/runs/{}/manifest.json", old.name);
    let is_on = Arc::new(AtomicBool::new(false));
    let on = Arc::clone(&is_on);
    let refuse = move |head: &Head| on.load(Ordering::Relaxed) && head.is("GET", &manifest);
    let server = FakeS3::start(move |head| refuse(head).then(|| error(status, code))).await;
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    for run in [&old, &new] {
        store.publish(&run.publication()).await.unwrap();
    }
    is_on.store(true, Ordering::Relaxed);
    match store.runs().await {
        Ok(runs) if is_passed_over => {
            assert_eq!(runs.kept.iter().map(|run| &run.name).collect::<Vec<_>>(), [&new.name]);
            assert_eq!(runs.passed_over.len(), 1);
            let passed = &runs.passed_over[0];
            assert_eq!((&passed.name, passed.has_manifest), (&old.name, true));
            assert!(passed.why.contains(code), "{}", passed.why);
        }
        Err(error) if !is_passed_over => assert!(error.to_string().contains(code), "{error}"),
        other => panic!("{other:?}"),
    }
}
