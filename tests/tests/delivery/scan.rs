//! The whole program: an organization of the simulator's, a bucket and a topic of moto's, and a webhook of the test's.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use integration_tests::{Effect, Fault, Generate, Organization, Simulator};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::endpoint::{bucket, keys, moto};
use crate::fake_s3::{FakeS3, Head, error};

fn organization() -> Organization {
    Organization::generated(Generate { accounts: 4, regions: 2, repositories: 3, ..Generate::default() })
}

fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().unwrap().parent().unwrap().join("ecr-encryption");
    assert!(binary.exists(), "{} is missing: run `make test`, or `make build` first", binary.display());
    binary
}

/// A simulator, and a folder for what is under way.
struct Bench {
    simulator: Simulator,
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { simulator: Simulator::start_blocking(organization()).unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.env_clear().envs(self.simulator.environment());
        command.env("AWS_ENDPOINT_URL_S3", moto()).env("AWS_ENDPOINT_URL_SNS", moto());
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", self.folder.path());
        command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    fn scan(&self, location: &str, arguments: &[&str]) -> Ran {
        self.run(&[&["scan", "--output", location], arguments].concat())
    }
}

#[derive(Debug)]
struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { status: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// Without the run's id.
fn shapes(keys: &[String]) -> Vec<String> {
    let is_id = |part: &str| part.len() >= 36 && part[part.len().saturating_sub(36)..].matches('-').count() == 4;
    let shape = |key: &String| {
        let parts = key.split('/').map(|part| {
            let (stem, end) = part.split_once('.').map_or((part, ""), |(stem, end)| (stem, end));
            if is_id(stem) { format!("ID{}{end}", if end.is_empty() { "" } else { "." }) } else { part.to_owned() }
        });
        parts.collect::<Vec<_>>().join("/")
    };
    keys.iter().map(shape).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_are_kept_in_a_bucket_and_read_from_there() {
    let client = bucket("whole-program", "eu-west-1").await;
    let bench = Bench::new();
    let location = "s3://whole-program/ecr";
    let first = bench.scan(location, &["--format", "html,parquet", "--s3-bucket-owner", "123456789012"]);
    assert_eq!(first.status, 3, "{}", first.stderr);
    assert!(first.stdout.contains("Report: s3://whole-program/ecr/runs/"), "{}", first.stdout);
    let day = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let expected = [
        "ecr/.write-check".to_owned(),
        "ecr/latest.json".to_owned(),
        format!("ecr/parquet/scan_date={day}/ID.parquet"),
        "ecr/runs/ID/findings.jsonl".to_owned(),
        "ecr/runs/ID/manifest.json".to_owned(),
        "ecr/runs/ID/report.html".to_owned(),
        "ecr/runs/ID/summary.json".to_owned(),
        "ecr/runs/ID/targets.jsonl".to_owned(),
    ];
    assert_eq!(shapes(&keys(&client, "whole-program").await), expected);
    // Nothing stays here.
    let work = bench.folder.path().join(".cache/ecr-encryption");
    let left: Vec<_> = std::fs::read_dir(work).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!((left.len(), std::fs::read_dir(&left[0]).unwrap().count()), (1, 0));

    // The next run is compared with it.
    let second = bench.scan(location, &["--summary", "json", "--format", "jsonl"]);
    let told: Value = serde_json::from_str(&second.stdout).unwrap();
    assert_eq!((told["changes"]["new"].as_u64(), told["changes"]["fixed"].as_u64()), (Some(0), Some(0)));
    assert!(told["changes"]["still_open"].as_u64().unwrap() > 0);

    // What is there can be read, without the organization.
    let rendered = bench.run(&["report", "--from", location, "--format", "markdown"]);
    assert_eq!(rendered.status, 0, "{}", rendered.stderr);
    assert!(rendered.stdout.starts_with("# "), "{}", rendered.stdout);
    let all = keys(&client, "whole-program").await;
    let mut runs: Vec<&str> = all.iter().filter_map(|key| key.strip_suffix("/manifest.json")).collect();
    runs.sort_unstable();
    let [older, newer] = runs.as_slice() else { panic!("{runs:?}") };
    let [older, newer] = [older, newer].map(|run| format!("s3://whole-program/{run}"));
    let compared = bench.run(&["diff", &older, &newer, "--format", "json"]);
    assert_eq!(compared.status, 0, "{}", compared.stderr);
    let same = bench.run(&["diff", &newer, &newer]);
    assert_eq!(same.status, 2, "{}", same.stderr);

    // And no more of them than wanted.
    assert_eq!(bench.scan(location, &["--keep-runs", "1", "--format", "jsonl"]).status, 3);
    let all = keys(&client, "whole-program").await;
    assert_eq!(all.iter().filter(|key| key.ends_with("/manifest.json")).count(), 1);
    assert!(!all.iter().any(|key| key.contains("/parquet/")), "{all:?}");
}

/// Before anything is scanned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_cannot_be_used_is_told_at_once() {
    let bench = Bench::new();
    for (location, said) in [
        ("s3://no-such-bucket-at-all", "NoSuchBucket"),
        ("s3://reports/../other", "`.` or `..`"),
        ("S3://reports", "in lower case"),
    ] {
        let ran = bench.scan(location, &[]);
        assert!(matches!(ran.status, 1 | 2) && ran.stderr.contains(said), "{location}: {ran:?}");
        assert_eq!(ran.stdout, "");
    }
    assert_eq!(bench.simulator.counters().calls_of("ecr", "DescribeRepositories"), 0);
}

/// A run that is not to be the newest stands beside the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_saw_nothing_stands_apart() {
    let client = bucket("apart-runs", "eu-central-1").await;
    let bench = Bench::new();
    assert_eq!(bench.scan("s3://apart-runs", &["--format", "jsonl"]).status, 3);
    bench.simulator.set_faults(vec![Fault {
        operation: Some("ecr:DescribeRepositories".to_owned()),
        effect: Effect::Deny,
        ..Fault::default()
    }]);
    let blind = bench.scan("s3://apart-runs", &["--format", "jsonl"]);
    assert_eq!(blind.status, 4, "{}", blind.stderr);
    assert!(blind.stdout.contains("The older report was left as it is"), "{}", blind.stdout);
    let all = keys(&client, "apart-runs").await;
    assert!(all.iter().any(|key| key.starts_with("failed-") && key.ends_with("/manifest.json")), "{all:?}");
    assert_eq!(all.iter().filter(|key| key.starts_with("runs/") && key.ends_with("/manifest.json")).count(), 1);
}

/// The run is there, and whoever looks for the newest finds an older one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_nothing_leads_to_is_not_delivered() {
    let server = FakeS3::start(|head: &Head| head.is("PUT", "/latest.json").then(|| error(403, "AccessDenied"))).await;
    let bench = Bench::new();
    let mut command = bench.command(&["scan", "--output", "s3://reports/x", "--fail-on", "undelivered"]);
    let ran = Ran::of(&command.env("AWS_ENDPOINT_URL_S3", &server.endpoint).output().unwrap());
    assert_eq!(ran.status, 4, "{}", ran.stderr);
    assert!(ran.stdout.contains("`latest.json` could not be written") && ran.stdout.contains("AccessDenied"));
    assert!(server.keys().iter().any(|key| key.ends_with("/manifest.json")));
}

/// A run that was published has finished, however its process ended: it is not gone on with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_there_is_not_gone_on_with() {
    let client = bucket("killed-late", "eu-central-1").await;
    let bench = Bench::new();
    let hang =
        Fault { operation: Some("securityhub:GetFindings".to_owned()), effect: Effect::Hang, ..Fault::default() };
    bench.simulator.set_faults(vec![hang]);
    let mut child = bench
        .command(&["scan", "--output", "s3://killed-late", "--format", "jsonl", "--security-hub"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while bench.simulator.counters().calls_of("securityhub", "GetFindings") == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let manifests = |keys: &[String]| keys.iter().filter(|key| key.ends_with("/manifest.json")).count();
    assert_eq!(manifests(&keys(&client, "killed-late").await), 1);
    bench.simulator.set_faults(Vec::new());
    let again = bench.scan("s3://killed-late", &["--resume", "--format", "jsonl", "--summary", "json"]);
    assert!(again.stderr.contains("there is no unfinished run"), "{}", again.stderr);
    let told: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(told["changes"]["new"], 0);
    assert_eq!(manifests(&keys(&client, "killed-late").await), 2);
}

/// A server that takes one request after the other, and answers each with a status.
pub async fn webhook(status: u16) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/SECRET", listener.local_addr().unwrap());
    let got = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&got);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let mut buffer = vec![0; 65_536];
            while !text.ends_with('}') {
                let count = stream.read(&mut buffer).await.unwrap();
                text.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
            all.lock().unwrap().push(text.split_once("\r\n\r\n").unwrap().1.to_owned());
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, got)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_told_of_a_run_and_a_failure_to_do_so_loses_nothing() {
    let (address, got) = webhook(200).await;
    let bench = Bench::new();
    let output = bench.folder.path().join("report").to_str().unwrap().to_owned();
    let (to, fail_on) = (format!("webhook:{address}"), ["--fail-on", "undelivered"]);
    let told = bench.scan(&output, &[&["--notify", &to], &fail_on[..]].concat());
    assert_eq!(told.status, 0, "{}", told.stderr);
    assert!(told.stdout.contains("Notifications\n  told: webhook:http://127.0.0.1"), "{}", told.stdout);
    let digest: Value = serde_json::from_str(&got.lock().unwrap()[0]).unwrap();
    assert_eq!((&digest["outcome"], &digest["changed"]), (&"non-compliant".into(), &true.into()));
    // Nothing has changed since: nobody is told.
    let unchanged = bench.scan(&output, &["--notify", &to, "--notify-on", "change"]);
    assert_eq!((unchanged.status, got.lock().unwrap().len()), (3, 1), "{}", unchanged.stderr);

    let (address, _) = webhook(404).await;
    let refused = bench.scan(&output, &[&["--notify", &format!("webhook:{address}")], &fail_on[..]].concat());
    assert_eq!(refused.status, 4, "{}", refused.stderr);
    assert!(refused.stdout.contains("NOT TOLD: webhook:http://127.0.0.1") && refused.stdout.contains("HTTP 404"));
    assert!(refused.stdout.contains("Report: "), "{}", refused.stdout);
    assert!(!format!("{refused:?}{told:?}").contains("SECRET"), "a webhook's address is a secret");
}

/// Who waits for news of a run hears too that there is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_told_of_a_run_that_could_not_be() {
    let (address, got) = webhook(200).await;
    let bench = Bench::new();
    let mut command = bench.command(&["scan", "--notify", &format!("webhook:{address}"), "--output"]);
    let output = bench.folder.path().join("report");
    let ran = Ran::of(&command.arg(output).env("AWS_SECRET_ACCESS_KEY", "wrong").output().unwrap());
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let digest: Value = serde_json::from_str(&got.lock().unwrap()[0]).unwrap();
    assert_eq!((&digest["outcome"], &digest["run"]), (&"could-not-run".into(), &Value::Null));
    assert!(digest["failures"][0].as_str().unwrap().contains("SignatureDoesNotMatch"), "{digest}");
}
