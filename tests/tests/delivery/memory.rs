//! Files are larger than memory is.

#![cfg(target_os = "linux")]

use std::fs;

use ecr_encryption_aggregator::store::s3::S3Options;

use crate::endpoint::open;
use crate::fake_s3::{FakeS3, nothing};
use crate::run::Run;

/// The most memory that this process ever had, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn a_large_file_is_never_in_memory() {
    const LENGTH: u64 = 128 << 20;
    let server = FakeS3::start(nothing).await;
    let run = Run::new(23, &[]).with_zeros("findings.jsonl", LENGTH);
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    let before = peak();
    store.publish(&run.publication()).await.unwrap();
    assert!(server.state().received as u64 > LENGTH);
    // The other tests are in the same process, and hold files of their own.
    let more = peak() - before;
    assert!(more < LENGTH / 2, "{} MiB more", more >> 20);
}
