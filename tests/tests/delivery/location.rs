//! Where a location leads: to a run, or to the newest of several.

use std::fs;

use ecr_encryption_aggregator::store::s3::S3Options;

use crate::endpoint::{bucket, moto, open};
use crate::run::Run;

#[tokio::test]
async fn a_location_is_a_run_or_a_folder_of_runs() {
    let client = bucket("locations", "eu-central-1").await;
    let (older, newer) = (Run::new(22, &[("a.jsonl", b"older")]), Run::new(23, &[("a.jsonl", b"newer")]));
    let store = open(moto(), "s3://locations/x", S3Options::default()).await;
    for run in [&older, &newer] {
        store.publish(&run.publication()).await.unwrap();
    }
    // A run that somebody has copied to a place of its own.
    for file in ["a.jsonl", "manifest.json"] {
        let from = format!("locations/x/runs/{}/{file}", older.name);
        client.copy_object().bucket("locations").copy_source(from).key(format!("audit/{file}")).send().await.unwrap();
    }
    let older_run = format!("s3://locations/x/runs/{}", older.name);
    for (at, name, content) in [
        ("s3://locations/x", newer.name.as_str(), "newer"),
        ("s3://locations/x/", &newer.name, "newer"),
        (&older_run, &older.name, "older"),
        ("s3://locations/audit", "audit", "older"),
    ] {
        let into = tempfile::tempdir().unwrap();
        let store = open(moto(), at, S3Options::default()).await;
        let run = store.fetch_location(&["a.jsonl"], into.path()).await.unwrap();
        assert_eq!(run.name, name, "{at}");
        assert_eq!(fs::read_to_string(into.path().join("a.jsonl")).unwrap(), content, "{at}");
        assert!(into.path().join("manifest.json").is_file());
    }
}

#[tokio::test]
async fn where_there_is_no_run_it_is_said_what_was_looked_for() {
    bucket("empty", "eu-central-1").await;
    let into = tempfile::tempdir().unwrap();
    let store = open(moto(), "s3://empty/x", S3Options::default()).await;
    let text = store.fetch_location(&[], into.path()).await.unwrap_err().to_string();
    assert_eq!(
        text,
        "there is no run in `s3://empty/x`: neither manifest.json, nor latest.json, nor a run under runs/"
    );
    assert_eq!(store.run("2026-11-23-x").await.unwrap(), None);
}

#[tokio::test]
async fn a_file_that_the_run_does_not_have_is_told() {
    bucket("no-file", "eu-central-1").await;
    let run = Run::new(23, &[("a.jsonl", b"")]);
    let store = open(moto(), "s3://no-file", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    let into = tempfile::tempdir().unwrap();
    let text = store.fetch_location(&["changes.jsonl"], into.path()).await.unwrap_err().to_string();
    assert_eq!(text, format!("the run in `s3://no-file/runs/{}` has no file `changes.jsonl`", run.name));
}
