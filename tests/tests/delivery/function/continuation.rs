//! A run that takes longer than one invocation may: another instance goes on with it, which has nothing but the bucket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use integration_tests::lambda::Invocation;
use integration_tests::{Fault, Organization};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::bench::{BANK, Bench, REGIONS, SHOP, began, hang, metrics, organization, result};
use crate::fake_s3::{FakeS3, Fault as S3Fault, Head, error};
use crate::run::sha256;
use crate::scan::webhook;

/// Half of that is for reading.
pub(super) const SHORT: Duration = Duration::from_secs(16);

/// All Regions but this one of the bank's can be read.
pub(super) fn hanging() -> Fault {
    Fault { account: Some(BANK.to_owned()), region: Some(REGIONS[1].to_owned()), ..hang("ecr:DescribeRepositories") }
}

/// A run that was interrupted with one of six left to read.
pub(super) fn interrupted(bucket: &str) -> (Bench, String) {
    let bench = Bench::new(bucket, Organization { faults: vec![hanging()], ..organization() });
    let invocation = bench.invoke_within(&json!({}), SHORT);
    let told = result(&invocation);
    assert_eq!((&told["status"], &told["continues"]), (&json!("interrupted"), &json!(true)));
    let id = told["run_id"].as_str().unwrap().to_owned();
    bench.simulator.reset();
    bench.simulator.set_faults(Vec::new());
    (bench, id)
}

pub(super) fn unfinished(bench: &Bench) -> Vec<String> {
    bench.keys().into_iter().filter(|key| key.contains("/.unfinished/")).collect()
}

/// The lines of the findings, without what tells when they were found.
fn findings(bench: &Bench, report: &Value) -> Vec<String> {
    let folder = report.as_str().unwrap().splitn(4, '/').nth(3).unwrap();
    let text = String::from_utf8(bench.content(&format!("{folder}/findings.jsonl"))).unwrap();
    let line = |line: &str| {
        let mut finding: Value = serde_json::from_str(line).unwrap();
        for field in ["evaluated_at", "open_since"] {
            finding.as_object_mut().unwrap().remove(field);
        }
        finding.to_string()
    };
    text.lines().map(line).collect()
}

pub(super) fn said(invocation: &Invocation, words: &str) -> bool {
    invocation.json_lines().any(|line| line.to_string().contains(words))
}

/// `stays`: whether what there is of it stays, for whoever can read it.
fn begun_anew(bench: &Bench, first: &str, why: &str, stays: bool) {
    let invocation = bench.invoke(&json!({ "resume": true }));
    let told = result(&invocation);
    assert_eq!(told["status"], "complete");
    assert_ne!(told["run_id"], first);
    assert!(said(&invocation, "is passed over") && said(&invocation, why), "{:#?}", invocation.log_lines);
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 6);
    assert_eq!(unfinished(bench).iter().any(|key| key.contains(first)), stays, "{:?}", unfinished(bench));
}

#[test]
fn a_fresh_instance_goes_on_where_the_time_was_over() {
    let (mut bench, id) = interrupted("continued");
    let folder = format!("ecr/.unfinished/{id}");
    let told = bench.object(&format!("{folder}/continue-1.json"));
    let by = &told["by"];
    assert_eq!(told, json!({ "run_id": id, "continuation": 1, "targets_read": 5, "by": by }));
    assert_eq!(by.as_str().unwrap().len(), 36);
    let manifest = bench.object(&format!("{folder}/manifest.json"));
    assert_eq!((&manifest["resumed"], &manifest["targets"]), (&json!(0), &json!(5)));
    let started_at: jiff::Timestamp = manifest["opening"]["started_at"].as_str().unwrap().parse().unwrap();
    let journal = bench.content(&format!("{folder}/{}", manifest["journal"][0]["name"].as_str().unwrap()));
    assert_eq!(manifest["journal"][0]["bytes"], journal.len());
    assert!(!String::from_utf8(journal).unwrap().contains("an-external-id"));

    bench.fresh_instance();
    let invocation = bench.invoke(&json!({ "resume": true }));
    let second = result(&invocation).clone();
    assert_eq!((&second["status"], &second["run_id"]), (&json!("complete"), &json!(id)), "{invocation:#?}");
    assert_eq!(metrics(&invocation).unwrap()["Runs"], 1);
    assert_eq!(began(&invocation), started_at, "the time of the whole run is told");
    let calls = [("ecr", "DescribeRepositories"), ("kms", "DescribeKey"), ("sts", "AssumeRole")];
    assert_eq!(calls.map(|(service, operation)| bench.calls(service, operation)), [1, 1, 1], "only the rest");
    let left = bench.keys().into_iter().filter(|key| key.contains("interrupted-") || key.contains(".unfinished"));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new());

    // An event that is delivered twice, or late, begins no run.
    let called = bench.calls("ecr", "DescribeRepositories");
    let late = bench.invoke(&json!({ "resume": true, "begin": false }));
    assert_eq!((&result(&late)["status"], &result(&late)["run_id"]), (&json!("nothing"), &Value::Null));
    assert_eq!((metrics(&late), bench.calls("ecr", "DescribeRepositories")), (None, called));

    // What a run finds that nobody disturbs.
    let undisturbed = bench.invoke(&json!({}));
    let other = &result(&undisturbed)["report"];
    assert_ne!(*other, second["report"]);
    assert_eq!(findings(&bench, &second["report"]), findings(&bench, other));
}

/// Three instances, each of which reads one Region more; what the first has read is sent once, and people are told once.
#[test]
fn a_run_goes_on_and_on() {
    let hang_in = |region: &str, account: &str| Fault {
        account: Some(account.to_owned()),
        region: Some(region.to_owned()),
        ..hang("ecr:DescribeRepositories")
    };
    let (shop, bank) = (hang_in(REGIONS[0], SHOP), hang_in(REGIONS[1], BANK));
    let faults = vec![shop, bank.clone()];
    let runtime = Runtime::new().unwrap();
    let (address, told) = runtime.block_on(webhook(200));
    let settings = [("ECR_ENCRYPTION_NOTIFY", format!("webhook:{address}"))];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut bench = Bench::with("on-and-on", Organization { faults, ..organization() }, &settings);
    let first = bench.invoke_within(&json!({}), SHORT);
    let id = result(&first)["run_id"].as_str().unwrap().to_owned();
    bench.simulator.set_faults(vec![bank]);
    bench.fresh_instance();
    // Whatever that is, it has been heard by nobody who says so.
    bench.put(&format!("ecr/.unfinished/{id}/continue-2.json"), b"{}".to_vec());
    let second = bench.invoke_within(&json!({ "resume": true }), SHORT);
    let gone_on = result(&second);
    assert_eq!(
        (&gone_on["run_id"], &gone_on["status"], &gone_on["continues"]),
        (&json!(id), &json!("interrupted"), &json!(true))
    );
    let folder = format!("ecr/.unfinished/{id}");
    assert_eq!(bench.object(&format!("{folder}/continue-3.json"))["targets_read"], 5);
    let manifest = bench.object(&format!("{folder}/manifest.json"));
    assert_eq!((&manifest["resumed"], &manifest["journal"].as_array().unwrap().len()), (&json!(1), &2));
    let pieces = bench.keys().into_iter().filter(|key| key.contains("/journal-")).count();
    assert_eq!(pieces, 2, "nothing is sent twice");

    bench.simulator.set_faults(Vec::new());
    bench.fresh_instance();
    let third = bench.invoke(&json!({ "resume": true }));
    assert_eq!((&result(&third)["run_id"], &result(&third)["status"]), (&json!(id), &json!("complete")));
    assert_eq!(result(&third)["totals"]["repositories"], 7);
    assert_eq!(unfinished(&bench), Vec::<String>::new());
    let told = told.lock().unwrap();
    assert!(told.len() == 1 && told[0].contains("non-compliant"), "{told:?}");
}

#[test]
fn a_run_that_does_not_get_on_does_not_go_on() {
    let faults = vec![hang("ecr:DescribeRepositories")];
    let bench = Bench::new("stands-still", Organization { faults, ..organization() });
    let invocation = bench.invoke_within(&json!({}), SHORT);
    let (kind, message) = invocation.error().unwrap_or_else(|| panic!("{invocation:#?}"));
    assert_eq!(kind, "CouldNotRun");
    assert!(
        message.contains("does not get on")
            && message.contains("what was found is in s3://stands-still/ecr/interrupted-")
    );
    assert!(!bench.keys().iter().any(|key| key.contains("continue-")), "{:?}", bench.keys());
    assert!(metrics(&invocation).unwrap()["NotCovered"].as_u64().unwrap() > 0);
}

/// What a session writes when it goes on with a journal.
fn resumed(number: u32) -> String {
    let line = format!("{}\n", json!({ "record": "resumed", "number": number, "at": "2026-11-23T12:00:00Z" }));
    let mut crc = u32::MAX;
    for byte in line.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    format!("{:08x} {line}", !crc)
}

#[test]
fn a_run_does_not_go_on_for_ever() {
    let hang_in = |region: &str| Fault { region: Some(region.to_owned()), ..hanging() };
    let faults = REGIONS.map(hang_in).to_vec();
    let mut bench = Bench::new("for-ever", Organization { faults, ..organization() });
    let first = bench.invoke_within(&json!({}), SHORT);
    let id = result(&first)["run_id"].as_str().unwrap().to_owned();
    // As sixteen sessions would leave it.
    let folder = format!("ecr/.unfinished/{id}");
    let mut manifest = bench.object(&format!("{folder}/manifest.json"));
    let more: String = (1..16).map(resumed).collect();
    bench.put(&format!("{folder}/journal-more"), more.clone().into_bytes());
    let piece = json!({ "name": "journal-more", "bytes": more.len(), "sha256": sha256(more.as_bytes()) });
    manifest["journal"].as_array_mut().unwrap().push(piece);
    bench.put(&format!("{folder}/manifest.json"), manifest.to_string().into_bytes());
    bench.simulator.set_faults(vec![hanging()]);
    bench.fresh_instance();
    let last = bench.invoke_within(&json!({ "resume": true }), SHORT);
    let (kind, message) = last.error().unwrap_or_else(|| panic!("{last:#?}"));
    assert_eq!(kind, "CouldNotRun");
    assert!(
        message.contains("was gone on with 16 times and is not done (5 accounts × Regions were read)"),
        "{message}"
    );
    assert!(!bench.keys().iter().any(|key| key.contains("continue-17")), "{:?}", bench.keys());
    // It has ended, without a result: how long it took is told too.
    let started_at: jiff::Timestamp = manifest["opening"]["started_at"].as_str().unwrap().parse().unwrap();
    assert_eq!((began(&last), metrics(&last)), (started_at, Some(json!({ "NotCovered": 1 }))));
    // Whoever asks for it goes on all the same.
    bench.simulator.reset();
    bench.simulator.set_faults(Vec::new());
    bench.fresh_instance();
    let asked = bench.invoke(&json!({ "resume": true }));
    assert_eq!((&result(&asked)["run_id"], &result(&asked)["status"]), (&json!(id), &json!("complete")));
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 1);
}

#[test]
fn what_is_not_whole_in_the_bucket_is_passed_over() {
    let (mut bench, id) = interrupted("torn");
    let manifest = format!("ecr/.unfinished/{id}/manifest.json");
    let name = bench.object(&manifest)["journal"][0]["name"].as_str().unwrap().to_owned();
    let key = format!("ecr/.unfinished/{id}/{name}");
    let mut journal = bench.content(&key);
    journal.truncate(journal.len() - 7);
    bench.put(&key, journal);
    bench.fresh_instance();
    begun_anew(&bench, &id, "it was cut off, or replaced", false);
}

/// The process has ended before it could write that.
#[test]
fn what_has_no_manifest_in_the_bucket_is_passed_over() {
    let (mut bench, id) = interrupted("no-manifest");
    bench.delete(&format!("ecr/.unfinished/{id}/manifest.json"));
    bench.fresh_instance();
    begun_anew(&bench, &id, "it has no manifest.json", true);
}

/// A new version is deployed meanwhile: the run of the old one does not keep it from scanning.
#[test]
fn what_another_version_has_begun_is_passed_over() {
    let (mut bench, id) = interrupted("other-version");
    let key = format!("ecr/.unfinished/{id}/manifest.json");
    let mut manifest = bench.object(&key);
    manifest["opening"]["tool_version"] = json!("0.0.1");
    bench.put(&key, manifest.to_string().into_bytes());
    bench.fresh_instance();
    begun_anew(&bench, &id, "the version of this tool was `0.0.1`", true);
}

/// Everything was read, and the report takes longer than what is left of the time: the next invocation writes it, and reads
/// nothing.
#[test]
fn a_report_that_there_was_no_time_for_is_written_by_the_next_invocation() {
    let runtime = Runtime::new().unwrap();
    let is_slow = Arc::new(AtomicBool::new(true));
    let slow = Arc::clone(&is_slow);
    let rule = move |head: &Head| {
        (head.is("PUT", "/reports/ecr/runs/") && slow.load(Ordering::Relaxed)).then_some(S3Fault::Hang)
    };
    let server = runtime.block_on(FakeS3::start(rule));
    let settings = [("AWS_ENDPOINT_URL_S3", server.endpoint.as_str()), ("ECR_ENCRYPTION_OUTPUT", "s3://reports/ecr")];
    let mut bench = Bench::with("unused", organization(), &settings);
    let invocation = bench.invoke_within(&json!({}), SHORT);
    let told = result(&invocation);
    let expected = json!({
        "run_id": told["run_id"], "status": "interrupted", "continues": true, "exit_status": 4, "report": null,
        "totals": null, "duration_seconds": told["duration_seconds"],
    });
    assert_eq!(told, &expected);
    assert_eq!(metrics(&invocation), None);
    let id = told["run_id"].as_str().unwrap().to_owned();
    let is_there = |name: &str| server.keys().contains(&format!("/reports/ecr/.unfinished/{id}/{name}"));
    assert!(is_there("manifest.json") && is_there("continue-1.json"), "{:?}", server.keys());

    is_slow.store(false, Ordering::Relaxed);
    bench.simulator.reset();
    bench.fresh_instance();
    let second = bench.invoke(&json!({ "resume": true }));
    assert_eq!((&result(&second)["run_id"], &result(&second)["status"]), (&json!(id), &json!("complete")));
    assert_eq!(result(&second)["totals"]["repositories"], 7);
    assert_eq!((bench.calls("ecr", "DescribeRepositories"), bench.calls("kms", "DescribeKey")), (0, 0));
    assert!(!server.keys().iter().any(|key| key.contains(".unfinished")), "{:?}", server.keys());
}

/// The role of the function may not write there.
#[test]
fn what_cannot_be_kept_in_the_bucket_is_an_error() {
    let runtime = Runtime::new().unwrap();
    let rule = |head: &Head| head.is("PUT", "/.unfinished/").then(|| error(403, "AccessDenied"));
    let server = runtime.block_on(FakeS3::start(rule));
    let settings = [("AWS_ENDPOINT_URL_S3", server.endpoint.as_str()), ("ECR_ENCRYPTION_OUTPUT", "s3://reports/ecr")];
    let faults = vec![hanging()];
    let bench = Bench::with("unused-too", Organization { faults, ..organization() }, &settings);
    let invocation = bench.invoke_within(&json!({}), SHORT);
    let (kind, message) = invocation.error().unwrap_or_else(|| panic!("{invocation:#?}"));
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains("s3:PutObject") && message.contains("AccessDenied"), "{message}");
}

/// The first instance lives on, with what it had read; the run is over.
#[test]
fn a_run_that_another_instance_has_finished_is_not_gone_on_with() {
    let (mut bench, id) = interrupted("finished-elsewhere");
    let first = bench.other_instance();
    let finished = bench.invoke(&json!({ "resume": true }));
    assert_eq!((&result(&finished)["run_id"], &result(&finished)["status"]), (&json!(id), &json!("complete")));
    bench.back(first);
    bench.simulator.reset();
    let next = bench.invoke(&json!({ "resume": true }));
    assert_ne!(result(&next)["run_id"], id, "a report of then would pass for one of now");
    assert!(said(&next, "another one has finished it"), "{:#?}", next.log_lines);
    assert_eq!(bench.calls("ecr", "DescribeRepositories"), 6);
}

/// Its report would tell of another day.
#[test]
fn what_was_begun_long_ago_is_passed_over() {
    let (mut bench, id) = interrupted("long-ago");
    let key = format!("ecr/.unfinished/{id}/manifest.json");
    let mut manifest = bench.object(&key);
    // Two events of a daily schedule have a day between them: yesterday's facts are not to be today's report.
    let started_at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(23);
    manifest["opening"]["started_at"] = json!(started_at.to_string());
    bench.put(&key, manifest.to_string().into_bytes());
    bench.fresh_instance();
    let late = bench.invoke(&json!({ "resume": true, "begin": false }));
    let (kind, message) = late.error().unwrap_or_else(|| panic!("{late:#?}"));
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains(&id) && message.contains("it was begun more than 20 hours ago"), "{message}");
    begun_anew(&bench, &id, "it was begun more than 20 hours ago", false);
}

/// Another instance has brought it to its end, and it saw too little to be among the runs that are kept.
#[test]
fn a_run_that_has_finished_apart_is_not_gone_on_with() {
    let (bench, id) = interrupted("finished-apart");
    for file in ["summary.json", "manifest.json"] {
        bench.put(&format!("ecr/failed-{id}/{file}"), bench.content(&format!("ecr/interrupted-{id}/{file}")));
    }
    let late = bench.invoke(&json!({ "resume": true, "begin": false }));
    assert_eq!(result(&late)["status"], "nothing", "{late:#?}");
    assert!(said(&late, "another one has finished it"), "{:#?}", late.log_lines);
}
