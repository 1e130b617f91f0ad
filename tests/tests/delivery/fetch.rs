//! Runs that come from S3: what the manifest says, or one clear error and nothing in the folder.

use std::fs;

use ecr_encryption_aggregator::store::s3::{S3Options, StoreError};
use rstest::rstest;

use crate::endpoint::{bucket, moto, open};
use crate::run::Run;

#[rstest]
#[case::cut_off("cut-off", b"{\"a\":1}", "has 7 bytes, and 15 by its run's manifest")]
#[case::emptied("emptied", b"", "has 0 bytes, and 15 by its run's manifest")]
#[case::longer("longer", b"{\"a\":1}\n{\"b\":2}\n\n", "has 17 bytes, and 15 by its run's manifest")]
#[case::altered("altered", b"{\"a\":1}\n{\"b\":3}", "its SHA-256 differs")]
#[tokio::test]
async fn an_object_that_is_not_the_runs_own(#[case] name: &str, #[case] content: &[u8], #[case] problem: &str) {
    let client = bucket(name, "eu-central-1").await;
    let run = Run::new(23, &[("findings.jsonl", b"{\"a\":1}\n{\"b\":2}")]);
    let store = open(moto(), &format!("s3://{name}/x"), S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    let key = format!("x/runs/{}/findings.jsonl", run.name);
    client.put_object().bucket(name).key(&key).body(content.to_vec().into()).send().await.unwrap();
    let into = tempfile::tempdir().unwrap();
    let text = store.fetch_location(&[], into.path()).await.unwrap_err().to_string();
    assert!(text.contains(problem) && text.contains(&format!("`s3://{name}/{key}`")), "{text}");
    assert_eq!(fs::read_dir(into.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_large_object_that_was_cut_off_is_told_before_it_is_read() {
    let client = bucket("cut-off-large", "eu-central-1").await;
    let run = Run::new(23, &[]).with_zeros("findings.jsonl", 20 << 20);
    let store = open(moto(), "s3://cut-off-large", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    let key = format!("runs/{}/findings.jsonl", run.name);
    let shorter = vec![0; 18 << 20];
    client.put_object().bucket("cut-off-large").key(&key).body(shorter.into()).send().await.unwrap();
    let into = tempfile::tempdir().unwrap();
    let error = store.fetch_location(&["findings.jsonl"], into.path()).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Length { expected, found, .. } if (expected, found) == (20 << 20, 18 << 20)),
        "{error}"
    );
}

#[tokio::test]
async fn an_object_that_is_gone_is_told() {
    let client = bucket("gone", "eu-central-1").await;
    let run = Run::new(23, &[("findings.jsonl", b"{}\n")]);
    let store = open(moto(), "s3://gone", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    let key = format!("runs/{}/findings.jsonl", run.name);
    client.delete_object().bucket("gone").key(&key).send().await.unwrap();
    let into = tempfile::tempdir().unwrap();
    let text = store.fetch_location(&[], into.path()).await.unwrap_err().to_string();
    assert!(text.contains(&key) && text.contains("s3:GetObject: NoSuchKey"), "{text}");
}

/// A bucket's content may be somebody else's work.
#[tokio::test]
async fn a_manifest_does_not_lead_out_of_the_folder() {
    let client = bucket("hostile", "eu-central-1").await;
    let mut run = Run::new(23, &[("findings.jsonl", b"{}\n")]);
    let store = open(moto(), "s3://hostile", S3Options::default()).await;
    store.publish(&run.publication()).await.unwrap();
    run.manifest.files[0].name = "../outside".to_owned();
    let manifest = serde_json::to_vec(&run.manifest).unwrap();
    let key = format!("runs/{}/manifest.json", run.name);
    client.put_object().bucket("hostile").key(key).body(manifest.into()).send().await.unwrap();
    let parent = tempfile::tempdir().unwrap();
    let found = store.run(&run.name).await.unwrap().unwrap();
    let error = store.fetch(&found, &[], &parent.path().join("into")).await.unwrap_err();
    assert!(matches!(error, StoreError::Name(_)), "{error}");
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}
