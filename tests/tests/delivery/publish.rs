//! Runs that go to moto's S3, and come back.

use std::fs;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::ServerSideEncryption;
use ecr_encryption_aggregator::store::s3::{Latest, Publication, S3Options, StoreError};
use rstest::rstest;

use crate::endpoint::{bucket, keys, moto, open};
use crate::fake_s3::{FakeS3, error, nothing};
use crate::run::Run;

async fn head(client: &aws_sdk_s3::Client, bucket: &str, key: &str) -> HeadObjectOutput {
    client.head_object().bucket(bucket).key(key).send().await.unwrap()
}

#[tokio::test]
async fn a_run_is_where_the_readme_says_and_comes_back_as_it_was() {
    let client = bucket("layout", "us-east-2").await;
    let run = Run::new(23, &[("findings.jsonl", b"{}\n"), ("report.html", b"<p>"), ("targets.jsonl", b"")])
        .with_dataset(b"PAR1");
    // The caller is in another Region than the bucket.
    let store = open(moto(), "s3://layout/ecr", S3Options::default()).await;
    store.check().await.unwrap();
    let published = store.publish(&run.publication()).await.unwrap();
    assert_eq!(published.location, format!("s3://layout/ecr/runs/{}", run.name));
    assert_eq!(published.latest, Latest::ThisRun);
    let folder = format!("ecr/runs/{}", run.name);
    let expected = [
        "ecr/.write-check".to_owned(),
        "ecr/latest.json".to_owned(),
        format!("ecr/parquet/scan_date=2026-11-23/{}.parquet", run.manifest.run_id),
        format!("{folder}/findings.jsonl"),
        format!("{folder}/manifest.json"),
        format!("{folder}/report.html"),
        format!("{folder}/targets.jsonl"),
    ];
    assert_eq!(keys(&client, "layout").await, expected);

    let page = head(&client, "layout", &format!("{folder}/report.html")).await;
    assert_eq!(page.content_type(), Some("text/html; charset=utf-8"));
    assert_eq!(page.content_disposition(), Some("inline; filename=\"report.html\""));
    let findings = head(&client, "layout", &format!("{folder}/findings.jsonl")).await;
    assert_eq!(findings.content_disposition(), Some("attachment; filename=\"findings.jsonl\""));

    let latest = store.latest().await.unwrap().unwrap();
    assert_eq!((latest.name.as_str(), &latest.manifest), (run.name.as_str(), &run.manifest));
    let runs = store.runs().await.unwrap();
    assert_eq!((runs.kept, runs.passed_over), (vec![latest], Vec::new()));

    let into = tempfile::tempdir().unwrap();
    store.fetch(&store.run(&run.name).await.unwrap().unwrap(), &[], into.path()).await.unwrap();
    for file in &run.manifest.files {
        let (sent, fetched) = (run.folder().join(&file.name), into.path().join(&file.name));
        assert_eq!(fs::read(sent).unwrap(), fs::read(fetched).unwrap(), "{}", file.name);
    }
    assert_eq!(fs::read_dir(into.path()).unwrap().count(), 4, "the manifest, and nothing unfinished");
}

#[tokio::test]
async fn a_large_file_goes_in_parts_and_comes_back_whole() {
    let client = bucket("parts", "eu-central-1").await;
    let content: Vec<u8> = (0..20_u32 << 18).flat_map(u32::to_le_bytes).collect();
    let run = Run::new(23, &[("findings.jsonl", &content)]);
    let options = S3Options { kms_key: Some("alias/reports".to_owned()), ..S3Options::default() };
    let store = open(moto(), "s3://parts", options).await;
    store.publish(&run.publication()).await.unwrap();
    let file = head(&client, "parts", &format!("runs/{}/findings.jsonl", run.name)).await;
    assert!(file.e_tag().unwrap().trim_matches('"').ends_with("-2"), "{:?}", file.e_tag());
    assert_eq!(file.content_length(), Some(20 << 20));
    assert_eq!(file.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));
    assert!(file.ssekms_key_id().unwrap().ends_with("alias/reports"));
    let uploads = client.list_multipart_uploads().bucket("parts").send().await.unwrap();
    assert!(uploads.uploads().is_empty());

    let into = tempfile::tempdir().unwrap();
    store.fetch_location(&["findings.jsonl"], into.path()).await.unwrap();
    assert!(fs::read(into.path().join("findings.jsonl")).unwrap() == content);
}

#[rstest]
#[case::spaces("odd-1", "s3://odd-1/a b/c")]
#[case::reserved("odd-2", "s3://odd-2/100%/+&=#?;,'(*)!@$:/a+b")]
#[case::letters("odd-3", "s3://odd-3/über/報告/🔐")]
#[case::encoded("odd-4", "s3://odd-4/%2e%2e/%2F")]
#[tokio::test]
async fn odd_prefixes_are_taken_literally(#[case] name: &str, #[case] at: &str) {
    let client = bucket(name, "eu-central-1").await;
    let run = Run::new(23, &[("findings.jsonl", b"{}\n")]);
    let store = open(moto(), at, S3Options::default()).await;
    store.check().await.unwrap();
    store.publish(&run.publication()).await.unwrap();
    let prefix = at.strip_prefix(&format!("s3://{name}/")).unwrap();
    for key in keys(&client, name).await {
        assert!(key.starts_with(&format!("{prefix}/")), "{key}");
    }
    assert_eq!(store.runs().await.unwrap().kept.len(), 1);
    let into = tempfile::tempdir().unwrap();
    store.fetch_location(&[], into.path()).await.unwrap();
    store.remove(&run.name).await.unwrap();
    assert_eq!(store.runs().await.unwrap().kept, []);
}

#[tokio::test]
async fn a_run_that_is_not_kept_goes_with_all_that_is_its_own() {
    let client = bucket("retention", "eu-central-1").await;
    let (older, newer) = (
        Run::new(22, &[("findings.jsonl", b"{}\n")]).with_dataset(b"older"),
        Run::new(23, &[("findings.jsonl", b"{}\n")]).with_dataset(b"newer"),
    );
    let store = open(moto(), "s3://retention/x", S3Options::default()).await;
    for run in [&older, &newer] {
        store.publish(&run.publication()).await.unwrap();
    }
    store.remove(&older.name).await.unwrap();
    let expected = [
        "x/latest.json".to_owned(),
        format!("x/parquet/scan_date=2026-11-23/{}.parquet", newer.manifest.run_id),
        format!("x/runs/{}/findings.jsonl", newer.name),
        format!("x/runs/{}/manifest.json", newer.name),
    ];
    assert_eq!(keys(&client, "retention").await, expected);
    // Again, as after a removal that was interrupted.
    store.remove(&older.name).await.unwrap();
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_one_clear_error() {
    let store = open(moto(), "s3://no-such-bucket/x", S3Options::default()).await;
    let error = store.check().await.unwrap_err();
    assert!(matches!(error, StoreError::NoSuchBucket { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("the bucket `no-such-bucket` does not exist: s3:ListBucket: NoSuchBucket: "), "{text}");
}

#[tokio::test]
async fn a_file_that_is_not_as_the_manifest_says_is_not_published() {
    let client = bucket("changed", "eu-central-1").await;
    let run = Run::new(23, &[("findings.jsonl", b"{}\n")]);
    fs::write(run.folder().join("findings.jsonl"), "{}\n{}\n").unwrap();
    let store = open(moto(), "s3://changed", S3Options::default()).await;
    let error = store.publish(&run.publication()).await.unwrap_err();
    assert!(matches!(error, StoreError::File { .. }), "{error}");
    assert_eq!(keys(&client, "changed").await, [""; 0]);
}

#[rstest]
#[case("../x")]
#[case(".hidden")]
#[case("a/b")]
#[tokio::test]
async fn names_that_lead_elsewhere_are_refused(#[case] name: &str) {
    let mut run = Run::new(23, &[("findings.jsonl", b"{}\n")]);
    let store = open(moto(), "s3://names", S3Options::default()).await;
    run.manifest.files[0].name = name.to_owned();
    assert!(matches!(store.publish(&run.publication()).await, Err(StoreError::Name(_))));
    assert!(matches!(store.remove(name).await, Err(StoreError::Name(_))));
    assert!(matches!(store.publish_apart(name, run.folder(), &run.manifest).await, Err(StoreError::Name(_))));
    assert!(matches!(store.run(name).await, Err(StoreError::Name(_))));
}

#[tokio::test]
async fn a_folder_without_manifest_is_told_and_no_run() {
    let client = bucket("unfinished", "eu-central-1").await;
    for (key, content) in [("runs/2026-11-20-a/findings.jsonl", ""), ("runs/2026-11-21-b/manifest.json", "{\"schema")] {
        client
            .put_object()
            .bucket("unfinished")
            .key(key)
            .body(content.as_bytes().to_vec().into())
            .send()
            .await
            .unwrap();
    }
    let run = Run::new(23, &[("findings.jsonl", b"{}\n")]);
    let store = open(moto(), "s3://unfinished", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    let runs = store.runs().await.unwrap();
    assert_eq!(runs.kept.len(), 1);
    let passed: Vec<_> = runs.passed_over.iter().map(|passed| passed.name.as_str()).collect();
    assert_eq!(passed, ["2026-11-20-a", "2026-11-21-b"]);
    assert_eq!(runs.passed_over[0].why, "it has no manifest");
    assert!(runs.passed_over[1].why.contains("is no manifest of a run"), "{}", runs.passed_over[1].why);
}

/// As where the process has ended between the upload and what came after it.
#[tokio::test]
async fn a_run_that_is_there_stays_there_when_it_is_published_again() {
    let client = bucket("again", "eu-central-1").await;
    let mut run = Run::new(23, &[("findings.jsonl", b"{}\n")]);
    let store = open(moto(), "s3://again", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    // Not even looked at: what is there is whole.
    fs::remove_file(run.folder().join("findings.jsonl")).unwrap();
    assert_eq!(store.publish(&run.publication()).await.unwrap().latest, Latest::ThisRun);
    assert_eq!(keys(&client, "again").await.len(), 3);
    // Written anew, with another file.
    fs::write(run.folder().join("findings.csv"), "a").unwrap();
    run.manifest.files[0] = Run::new(23, &[("findings.csv", b"a")]).manifest.files[0].clone();
    store.publish(&run.publication()).await.unwrap();
    let folder = format!("runs/{}", run.name);
    let expected = ["latest.json".to_owned(), format!("{folder}/findings.csv"), format!("{folder}/manifest.json")];
    assert_eq!(keys(&client, "again").await, expected);
}

#[tokio::test]
async fn a_run_that_must_not_be_among_the_others_stands_apart() {
    let client = bucket("apart", "eu-central-1").await;
    let run = Run::new(23, &[("findings.jsonl", b"{}\n")]);
    let store = open(moto(), "s3://apart/x", S3Options::default()).await;
    let location = store.publish_apart("interrupted-019ab3c4", run.folder(), &run.manifest).await.unwrap();
    assert_eq!(location, "s3://apart/x/interrupted-019ab3c4");
    assert_eq!(
        keys(&client, "apart").await,
        ["findings.jsonl", "manifest.json"].map(|file| format!("x/interrupted-019ab3c4/{file}"))
    );
    assert_eq!(store.latest().await.unwrap(), None);
    let found = open(moto(), &location, S3Options::default()).await.resolve().await.unwrap();
    assert_eq!((found.name.as_str(), &found.manifest), ("interrupted-019ab3c4", &run.manifest));
    for name in ["runs", "parquet"] {
        assert!(store.publish_apart(name, run.folder(), &run.manifest).await.is_err());
    }
}

/// Another one has gone on with the same run, and was faster by a file: its report stays as it is.
#[tokio::test]
async fn what_another_one_has_written_of_a_shared_run_stays() {
    let server = FakeS3::start(nothing).await;
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    let (mine, theirs) = (Run::new(23, &[("a", b"mine")]), Run::new(23, &[("a", b"theirs")]));
    store.publish(&theirs.publication()).await.unwrap();
    let there = server.state().objects.clone();
    let publication = Publication { is_shared: true, ..mine.publication() };
    let error = store.publish(&publication).await.unwrap_err();
    assert!(matches!(error, StoreError::Overtaken { .. }), "{error}");
    assert_eq!(server.state().objects, there);
    // The same one again is no other.
    store.publish(&Publication { is_shared: true, ..theirs.publication() }).await.unwrap();
}

/// The manifest of the other one comes while the files of this one are on their way.
#[tokio::test]
async fn the_manifest_of_a_shared_run_is_that_of_the_first() {
    let theirs = Run::new(23, &[("a", b"theirs")]);
    let server = FakeS3::start(nothing).await;
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    store.publish(&theirs.publication()).await.unwrap();
    let there = server.state().objects.clone();
    // At first it is not to be seen.
    let proxy = FakeS3::start(|head| {
        let is_manifest = head.is("GET", "/runs/") && head.path.contains("/manifest.json");
        (is_manifest && head.before == 0).then(|| error(404, "NoSuchKey"))
    })
    .await;
    proxy.state().objects = there;
    let store = open(&proxy.endpoint, "s3://bucket/x", S3Options::default()).await;
    let mine = Run::new(23, &[("a", b"mine")]);
    let error = store.publish(&Publication { is_shared: true, ..mine.publication() }).await.unwrap_err();
    assert!(matches!(error, StoreError::Overtaken { .. }), "{error}");
    assert_eq!(store.run(&theirs.name).await.unwrap().unwrap().manifest, theirs.manifest);
}
