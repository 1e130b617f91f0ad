//! Time that is over while the report is on its way to the bucket.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use integration_tests::Organization;
use integration_tests::lambda::Invocation;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::bench::{Bench, metrics, organization, result};
use super::continuation::{SHORT, hanging};
use crate::fake_s3::{FakeS3, Fault, Head};

/// A function whose bucket does as it is told once that is turned on.
struct Late {
    bench: Bench,
    server: FakeS3,
    is_on: Arc<AtomicBool>,
    _runtime: Runtime,
}

impl Late {
    fn new(name: &str, organization: Organization, rule: fn(&Head) -> Option<Fault>) -> Self {
        let runtime = Runtime::new().unwrap();
        let is_on = Arc::new(AtomicBool::new(true));
        let on = Arc::clone(&is_on);
        let rule = move |head: &Head| on.load(Ordering::Relaxed).then(|| rule(head)).flatten();
        let server = runtime.block_on(FakeS3::start(rule));
        let settings =
            [("AWS_ENDPOINT_URL_S3", server.endpoint.as_str()), ("ECR_ENCRYPTION_OUTPUT", "s3://reports/ecr")];
        let bench = Bench::with(name, organization, &settings);
        Self { bench, server, is_on, _runtime: runtime }
    }

    fn keys_with(&self, part: &str) -> Vec<String> {
        self.server.keys().into_iter().filter(|key| key.contains(part)).collect()
    }
}

#[track_caller]
fn failed(invocation: &Invocation) -> (&str, &str) {
    invocation.error().unwrap_or_else(|| panic!("{invocation:#?}"))
}

fn follow() -> Value {
    json!({ "resume": true, "begin": false })
}

/// The run has finished: it is told as that, and nothing goes on with it.
#[test]
fn a_report_that_nothing_leads_to_yet_is_a_report() {
    let late = Late::new("late-latest", organization(), |head| head.is("PUT", "/latest.json").then_some(Fault::Hang));
    let invocation = late.bench.invoke_within(&json!({}), SHORT);
    let (kind, message) = failed(&invocation);
    assert_eq!(kind, "Undelivered");
    assert!(message.contains("the report is in s3://reports/ecr/runs/"), "{message}");
    assert_eq!(metrics(&invocation).unwrap()["Runs"], 1);
    assert_eq!(late.keys_with("/continue-"), Vec::<String>::new());
    late.is_on.store(false, Ordering::Relaxed);
    assert_eq!(result(&late.bench.invoke(&follow()))["status"], "nothing");
}

/// It is not known whether the report is there, and it is.
#[test]
fn a_report_whose_manifest_is_not_answered_for_is_not_gone_on_with() {
    let late = Late::new("late-manifest", organization(), |head| {
        (head.is("PUT", "/ecr/runs/") && head.path.contains("/manifest.json")).then_some(Fault::Unanswered)
    });
    let invocation = late.bench.invoke_within(&json!({}), SHORT);
    let (kind, message) = failed(&invocation);
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains("before anybody was told of it"), "{message}");
    assert_eq!(late.keys_with("/continue-"), Vec::<String>::new());
}

/// The invocation that follows need not wait for anybody.
#[test]
fn a_resumed_run_that_had_no_time_for_its_report_keeps_nobody_out() {
    let faults = vec![hanging()];
    let mut late = Late::new("late-resumed", Organization { faults, ..organization() }, |head| {
        head.is("PUT", "/ecr/runs/").then_some(Fault::Hang)
    });
    let first = result(&late.bench.invoke_within(&json!({}), SHORT)).clone();
    late.bench.simulator.set_faults(Vec::new());
    late.bench.fresh_instance();
    let second = late.bench.invoke_within(&follow(), SHORT);
    let told = result(&second);
    assert_eq!((&told["run_id"], &told["continues"]), (&first["run_id"], &json!(true)), "{second:#?}");
    assert!(late.server.state().heads.iter().any(|head| head.is("PUT", "/lock.json")));
    assert_eq!(late.keys_with("/lock.json"), Vec::<String>::new());
    assert_eq!(late.keys_with("/ecr/runs/"), Vec::<String>::new(), "what was uploaded is taken back");
    late.is_on.store(false, Ordering::Relaxed);
    // The same instance: nothing of the run before keeps it from its folder.
    let third = late.bench.invoke(&follow());
    let told = result(&third);
    assert_eq!((&told["run_id"], &told["status"]), (&first["run_id"], &json!("complete")));
}

/// A thread of the invocation before, which still writes: it is waited for.
#[test]
fn a_folder_that_is_still_written_to_is_waited_for() {
    let bench = Bench::new("late-folder", organization());
    bench.invoke(&json!({}));
    let lock = File::create(bench.work_folder().join(".lock")).unwrap();
    lock.lock().unwrap();
    let writer = thread::spawn(move || {
        thread::sleep(Duration::from_secs(2));
        drop(lock);
    });
    assert_eq!(result(&bench.invoke(&json!({})))["status"], "complete");
    writer.join().unwrap();
}
