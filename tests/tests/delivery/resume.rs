//! Runs on S3 that were stopped on the command line, and are gone on with: there, elsewhere, or in two places at once.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_s3::Client;
use ecr_encryption_aggregator::store::s3::S3Options;
use integration_tests::{Fault, Organization, Simulator};
use serde_json::Value;
use tempfile::TempDir;

use crate::endpoint::{bucket, keys, moto, open};
use crate::function::bench::{BANK, REGIONS, SHOP, hang, organization};

pub fn binary() -> PathBuf {
    let binary = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("ecr-encryption");
    assert!(binary.exists(), "{} is missing: run `make test`, or `make build` first", binary.display());
    binary
}

pub fn hang_in(account: &str, region: &str) -> Fault {
    Fault { account: Some(account.to_owned()), region: Some(region.to_owned()), ..hang("ecr:DescribeRepositories") }
}

/// A simulator, and a bucket.
pub struct Bench {
    pub simulator: Simulator,
    pub client: Client,
    name: &'static str,
}

/// A machine with a work folder of its own.
pub struct Machine(pub TempDir);

impl Machine {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The journals that it has.
    fn journals(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries
                .map(|entry| {
                    if entry.path().is_dir() {
                        count(&entry.path())
                    } else {
                        usize::from(entry.file_name() == "journal")
                    }
                })
                .sum()
        }
        count(self.0.path())
    }
}

impl Bench {
    async fn new(name: &'static str) -> Self {
        Self::with(name, organization()).await
    }

    pub async fn with(name: &'static str, organization: Organization) -> Self {
        let client = bucket(name, "eu-central-1").await;
        Self { simulator: Simulator::start_blocking(organization).unwrap(), client, name }
    }

    fn start(&self, machine: &Machine, arguments: &[&str]) -> Child {
        self.command(binary(), machine, arguments).spawn().unwrap()
    }

    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>, machine: &Machine, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.simulator.environment()).env("AWS_ENDPOINT_URL_S3", moto());
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", machine.0.path());
        command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
        let output = format!("s3://{}/ecr", self.name);
        command.args(["scan", "--format", "jsonl", "--summary", "json"]).args(arguments);
        if !arguments.contains(&"--output") {
            command.args(["--output", &output]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn scan(&self, machine: &Machine, arguments: &[&str]) -> Ran {
        Ran::of(&self.start(machine, arguments).wait_with_output().unwrap())
    }

    /// Stops a scan with Ctrl-C once so many lists of repositories were asked for, and all but those that hang are there.
    pub fn stopped(&self, machine: &Machine, arguments: &[&str], lists: u64, hanging: u64) -> Ran {
        self.simulator.reset();
        let child = self.start(machine, arguments);
        self.wait(lists, hanging);
        interrupt(&child);
        Ran::of(&child.wait_with_output().unwrap())
    }

    fn wait(&self, lists: u64, hanging: u64) {
        let began = Instant::now();
        loop {
            let counters = self.simulator.counters();
            if counters.calls_of("ecr", "DescribeRepositories") == lists
                && counters.requests_in_flight == hanging
                && counters.calls_of("kms", "DescribeKey") == lists - hanging
            {
                // What was answered is also read.
                std::thread::sleep(Duration::from_millis(300));
                return;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "{counters:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until so many processes are in the account that is left to read.
    fn wait_for_roles(&self, processes: u64) {
        let began = Instant::now();
        while self.simulator.counters().calls_of("sts", "AssumeRole") < processes {
            assert!(began.elapsed() < Duration::from_mins(1), "{:?}", self.simulator.counters());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn lists(&self) -> u64 {
        self.simulator.counters().calls_of("ecr", "DescribeRepositories")
    }

    pub async fn keys_with(&self, part: &str) -> Vec<String> {
        keys(&self.client, self.name).await.into_iter().filter(|key| key.contains(part)).collect()
    }

    /// What the bucket has of an unfinished run.
    pub async fn manifest(&self, id: &str) -> Value {
        let key = format!("ecr/.unfinished/{id}/manifest.json");
        let object = self.client.get_object().bucket(self.name).key(key).send().await.unwrap();
        serde_json::from_slice(&object.body.collect().await.unwrap().into_bytes()).unwrap()
    }

    async fn put(&self, key: &str, content: String) {
        let content = content.into_bytes().into();
        self.client.put_object().bucket(self.name).key(key).body(content).send().await.unwrap();
    }

    /// Exactly one run is kept, whole, and nothing of it lies about.
    async fn assert_one_whole_report(&self, id: &str) {
        let store = open(moto(), &format!("s3://{}/ecr", self.name), S3Options::default()).await;
        let runs = store.runs().await.unwrap();
        assert_eq!((runs.kept.len(), runs.passed_over), (1, Vec::new()));
        assert_eq!(runs.kept[0].manifest.run_id, id);
        assert_eq!(runs.kept[0].manifest.repositories, 7);
        // Every file is what the manifest says.
        let into = tempfile::tempdir().unwrap();
        store.fetch(&runs.kept[0], &[], into.path()).await.unwrap();
        let findings = std::fs::read_to_string(into.path().join("findings.jsonl")).unwrap();
        assert_eq!(findings.lines().count(), 7);
        assert_eq!(self.keys_with("interrupted-").await, Vec::<String>::new());
        assert_eq!(self.keys_with(".unfinished").await, Vec::<String>::new());
    }
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap().success());
}

#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub told: Value,
    pub stderr: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let stderr = String::from_utf8(output.stderr.clone()).unwrap();
        let told = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
        Self { status: output.status.code().unwrap_or(-1), told, stderr }
    }

    pub fn id(&self) -> &str {
        self.told["run"]["id"].as_str().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_stopped_here_is_gone_on_with_there() {
    let bench = Bench::new("stopped-here").await;
    let (here, there) = (Machine::new(), Machine::new());
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    let stopped = bench.stopped(&here, &[], 6, 1);
    assert_eq!((stopped.status, &stopped.told["run"]["interrupted"]), (3, &true.into()), "{}", stopped.stderr);
    assert_eq!(bench.keys_with("/manifest.json").await.len(), 2, "the report, and what was read");
    assert_eq!(bench.keys_with("continue-").await, Vec::<String>::new(), "nobody asked for that");

    // Without --resume it is told and left alone, until the new run has finished.
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    let other = bench.stopped(&there, &[], 6, 1);
    let told = format!(
        "the unfinished run {} in `s3://stopped-here/ecr` is given up once this one has finished",
        stopped.id()
    );
    assert!(other.stderr.contains(&told), "{}", other.stderr);
    assert_eq!(bench.keys_with(&format!(".unfinished/{}/manifest.json", stopped.id())).await.len(), 1);

    bench.simulator.set_faults(Vec::new());
    bench.simulator.reset();
    let elsewhere = Machine::new();
    let finished = bench.scan(&elsewhere, &["--resume"]);
    assert_eq!((finished.status, finished.id()), (3, other.id()), "the newer one: {}", finished.stderr);
    assert_eq!(bench.lists(), 1);
    assert_eq!((bench.keys_with(".unfinished").await.len(), elsewhere.journals()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_that_has_read_more_is_gone_on_with() {
    let bench = Bench::new("read-more").await;
    let (here, there) = (Machine::new(), Machine::new());
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1]), hang_in(SHOP, REGIONS[1])]);
    let first = bench.stopped(&here, &[], 6, 2);
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    let second = bench.stopped(&there, &["--resume"], 2, 1);
    assert_eq!(second.id(), first.id());
    // Here is what had been read first; there is more in the bucket.
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    let third = bench.stopped(&here, &["--resume"], 1, 1);
    assert!(third.stderr.contains("it has read more than the run"), "{}", third.stderr);
    // As where the last upload has failed: here is more.
    let mut manifest = bench.manifest(first.id()).await;
    manifest["journal"].as_array_mut().unwrap().pop();
    manifest["targets"] = 4.into();
    bench.put(&format!("ecr/.unfinished/{}/manifest.json", first.id()), manifest.to_string()).await;
    bench.simulator.set_faults(Vec::new());
    bench.simulator.reset();
    let last = bench.scan(&here, &["--resume"]);
    assert!(last.stderr.contains("that is here is gone on with"), "{}", last.stderr);
    assert_eq!((last.id(), bench.lists()), (first.id(), 1));
    bench.assert_one_whole_report(first.id()).await;

    // There it is over too: what is there is older than its report.
    bench.simulator.reset();
    let again = bench.scan(&there, &["--resume"]);
    assert!(again.stderr.contains("another one has finished it"), "{}", again.stderr);
    assert_ne!(again.id(), first.id());
    assert_eq!(bench.lists(), 6);
}

/// The report of the run is whole, and only who has written it tells of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_go_on_with_a_run_at_once_leave_one_whole_report() {
    let bench = Bench::new("two-at-once").await;
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    let stopped = bench.stopped(&Machine::new(), &[], 6, 1);
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    bench.simulator.reset();
    let machines = [Machine::new(), Machine::new(), Machine::new()];
    let children = [0, 1, 2].map(|index| bench.start(&machines[index], &["--resume", "--attempt-timeout", "4"]));
    // All of them have the journal, and nothing is left to read but this, which they ask for again and again.
    bench.wait_for_roles(3);
    bench.simulator.set_faults(Vec::new());
    let mut finished = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        if output.status.code() == Some(3) {
            let ran = Ran::of(&output);
            assert_eq!((ran.id(), &ran.told["totals"]["repositories"]), (stopped.id(), &7.into()));
            finished += 1;
        } else {
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{stderr}");
            assert!(stderr.contains("another one has gone on with the run"), "{stderr}");
        }
    }
    assert_eq!(finished, 1, "the others tell nobody of what is not theirs");
    bench.assert_one_whole_report(stopped.id()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_are_stopped_at_once_leave_what_can_be_gone_on_with() {
    let bench = Bench::new("two-stopped").await;
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    let stopped = bench.stopped(&Machine::new(), &[], 6, 1);
    bench.simulator.reset();
    let machines = [Machine::new(), Machine::new()];
    let children = [0, 1].map(|index| bench.start(&machines[index], &["--resume"]));
    bench.wait_for_roles(2);
    children.iter().for_each(interrupt);
    for child in children {
        let ran = Ran::of(&child.wait_with_output().unwrap());
        assert_eq!((ran.status, ran.id()), (3, stopped.id()), "{}", ran.stderr);
    }
    let apart = format!("s3://two-stopped/ecr/interrupted-{}", stopped.id());
    let store = open(moto(), &apart, S3Options::default()).await;
    store.fetch_location(&[], tempfile::tempdir().unwrap().path()).await.unwrap();
    bench.simulator.set_faults(Vec::new());
    bench.simulator.reset();
    let finished = bench.scan(&Machine::new(), &["--resume"]);
    assert_eq!((finished.status, finished.id(), bench.lists()), (3, stopped.id(), 1), "{}", finished.stderr);
    bench.assert_one_whole_report(stopped.id()).await;
}

/// It learns of it when it is stopped: what it has found is older than the report that is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_stopped_after_another_has_finished_the_run_leaves_its_report_alone() {
    let bench = Bench::new("overtaken").await;
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    let stopped = bench.stopped(&Machine::new(), &[], 6, 1);
    bench.simulator.reset();
    let slow = Machine::new();
    let hanging = bench.start(&slow, &["--resume", "--attempt-timeout", "300"]);
    bench.wait_for_roles(1);
    while bench.simulator.counters().requests_in_flight == 0 || bench.lists() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bench.simulator.set_faults(Vec::new());
    let finished = bench.scan(&Machine::new(), &["--resume"]);
    assert_eq!((finished.status, finished.id()), (3, stopped.id()), "{}", finished.stderr);
    interrupt(&hanging);
    let output = hanging.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("another one has gone on with the run"), "{stderr}");
    bench.assert_one_whole_report(stopped.id()).await;
}
