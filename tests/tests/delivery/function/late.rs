//! Time that is over while the report is on its way to the bucket.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use integration_tests::lambda::Invocation;
use integration_tests::{Fault as OrganizationFault, Organization};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::bench::{Bench, metrics, organization, result};
use super::continuation::{SHORT, hanging};
use crate::fake_s3::{FakeS3, Fault, Head, State, error};

/// A function whose bucket does as it is told once that is turned on.
pub(super) struct Late {
    pub(super) bench: Bench,
    pub(super) server: FakeS3,
    pub(super) is_on: Arc<AtomicBool>,
    _runtime: Runtime,
}

impl Late {
    pub(super) fn new(
        name: &str,
        organization: Organization,
        rule: impl Fn(&Head) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
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

    pub(super) fn keys_with(&self, part: &str) -> Vec<String> {
        self.server.keys().into_iter().filter(|key| key.contains(part)).collect()
    }
}

#[track_caller]
pub(super) fn failed(invocation: &Invocation) -> (&str, &str) {
    invocation.error().unwrap_or_else(|| panic!("{invocation:#?}"))
}

pub(super) fn follow() -> Value {
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

fn is_of_unfinished(head: &Head, method: &str) -> bool {
    head.is(method, "/.unfinished/") && head.path.contains("/manifest.json")
}

/// Nobody else can go on with it, and it is not told as a run that never was: something is left unread.
#[rstest]
#[case::while_it_is_sent("late-sent", vec![hanging()], |head: &Head| is_of_unfinished(head, "GET").then_some(Fault::Hang))]
#[case::while_it_is_told("late-told", vec![hanging()], |head: &Head| is_of_unfinished(head, "PUT").then_some(Fault::Hang))]
#[case::while_the_report_is_written("late-both", Vec::new(), |head: &Head| {
    (is_of_unfinished(head, "GET") || head.is("PUT", "/ecr/runs/")).then_some(Fault::Hang)
})]
fn what_was_read_and_is_not_in_the_bucket_in_time_is_left_off(
    #[case] name: &str,
    #[case] faults: Vec<OrganizationFault>,
    #[case] rule: fn(&Head) -> Option<Fault>,
) {
    let late = Late::new(name, Organization { faults, ..organization() }, rule);
    let invocation = late.bench.invoke_within(&json!({}), SHORT);
    let (kind, message) = failed(&invocation);
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains("no other invocation can go on with the run"), "{message}");
    assert_eq!(metrics(&invocation), Some(json!({ "NotCovered": 1 })));
    assert_eq!(late.keys_with("/continue-"), Vec::<String>::new());
}

/// Its report is there already: nobody need be told that this one could not write it too.
#[test]
fn a_report_that_another_has_written_meanwhile_is_waited_for_no_longer() {
    let faults = vec![hanging()];
    let mut late = Late::new("late-waiting", Organization { faults, ..organization() }, |_| None);
    let first = result(&late.bench.invoke_within(&json!({}), SHORT)).clone();
    let id = first["run_id"].as_str().unwrap().to_owned();
    late.bench.simulator.set_faults(Vec::new());
    late.bench.fresh_instance();
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(3);
    let lock = json!({ "by": "another", "until": until.to_string() }).to_string();
    late.server.put(&format!("/reports/ecr/.unfinished/{id}/lock.json"), lock.into_bytes());
    let manifest = late.server.state().objects[&format!("/reports/ecr/interrupted-{id}/manifest.json")].clone();
    let day = serde_json::from_slice::<Value>(&manifest).unwrap()["started_at"].as_str().unwrap()[..10].to_owned();
    let report = format!("ecr/runs/{day}-{id}");
    let asked = |state: &State| state.heads.iter().filter(|head| head.is("GET", "/lock.json")).count();
    let before = asked(&late.server.state());
    let state = late.server.shared();
    let (key, told) = (format!("/reports/{report}/manifest.json"), format!("s3://reports/{report}"));
    // Once it is waited for, the other one is done, and does not get to say so.
    let other = thread::spawn(move || {
        loop {
            let mut state = state.lock().unwrap();
            if asked(&state) > before + 1 {
                state.objects.insert(key, manifest);
                return;
            }
            drop(state);
            thread::sleep(Duration::from_millis(50));
        }
    });
    let second = late.bench.invoke_within(&follow(), SHORT);
    other.join().unwrap();
    let expected = (json!("finished_elsewhere"), json!(told));
    assert_eq!((result(&second)["status"].clone(), result(&second)["report"].clone()), expected);
}

/// Somebody else seems to have written it, and is gone: there is no report but this one's.
#[test]
fn who_has_lost_its_turn_to_nobody_has_another() {
    let faults = vec![hanging()];
    let mut late = Late::new("late-turn", Organization { faults, ..organization() }, |head: &Head| {
        let is_manifest = head.is("PUT", "/ecr/runs/") && head.path.contains("/manifest.json");
        (is_manifest && head.before == 0).then(|| error(412, "PreconditionFailed"))
    });
    let first = result(&late.bench.invoke_within(&json!({}), SHORT)).clone();
    late.bench.simulator.set_faults(Vec::new());
    late.bench.fresh_instance();
    let second = late.bench.invoke(&follow());
    let told = result(&second);
    assert_eq!((&told["run_id"], &told["status"]), (&first["run_id"], &json!("complete")), "{second:#?}");
    let manifest = format!("{}/manifest.json", told["report"].as_str().unwrap().replace("s3:/", ""));
    assert!(late.server.keys().contains(&manifest), "{:?}", late.server.keys());
    assert_eq!(late.keys_with("/.unfinished/"), Vec::<String>::new());
}
