//! What keeps an event from going on with a run: nobody would hear of it who takes it for a run that is over.

use rstest::rstest;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::bench::{Bench, metrics, organization};
use super::continuation::interrupted;
use crate::fake_s3::{FakeS3, Fault, Head, error};

/// The event that follows an interruption.
fn follow() -> Value {
    json!({ "resume": true, "begin": false })
}

#[rstest]
#[case::manifest("kept-manifest", "manifest.json", "is no manifest of a run")]
#[case::journal("kept-journal", "journal-", "it was cut off, or replaced")]
fn what_cannot_be_read_is_an_error_where_nothing_is_to_begin(
    #[case] bucket: &str,
    #[case] name: &str,
    #[case] why: &str,
) {
    let (mut bench, id) = interrupted(bucket);
    let folder = format!("ecr/.unfinished/{id}/{name}");
    let key = bench.keys().into_iter().find(|key| key.starts_with(&folder)).unwrap();
    let mut content = bench.content(&key);
    content.truncate(content.len() - 9);
    bench.put(&key, content);
    bench.fresh_instance();
    let invocation = bench.invoke(&follow());
    let (kind, message) = invocation.error().unwrap_or_else(|| panic!("{invocation:#?}"));
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains(&id) && message.contains(why), "{message}");
    assert_eq!((metrics(&invocation), bench.calls("ecr", "DescribeRepositories")), (None, 0));
}

/// A new version, or other settings, were deployed meanwhile.
#[rstest]
#[case::version("kept-version", "tool_version", json!("0.0.1"), "the version of this tool was `0.0.1`")]
#[case::flags("kept-flags", "flags", json!({}), "the flag --role-name was `not given`")]
fn what_was_begun_otherwise_is_an_error_where_nothing_is_to_begin(
    #[case] bucket: &str,
    #[case] field: &str,
    #[case] value: Value,
    #[case] why: &str,
) {
    let (mut bench, id) = interrupted(bucket);
    let key = format!("ecr/.unfinished/{id}/manifest.json");
    let mut manifest = bench.object(&key);
    manifest["opening"][field] = value;
    bench.put(&key, manifest.to_string().into_bytes());
    bench.fresh_instance();
    let invocation = bench.invoke(&follow());
    let (kind, message) = invocation.error().unwrap_or_else(|| panic!("{invocation:#?}"));
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains(&id) && message.contains(why), "{message}");
}

#[test]
fn a_list_that_is_refused_is_an_error_where_nothing_is_to_begin() {
    let runtime = Runtime::new().unwrap();
    let is_list = |head: &Head| head.is("GET", "list-type=2") && head.path.contains(".unfinished");
    let server = runtime.block_on(FakeS3::start(move |head| is_list(head).then(|| error(403, "AccessDenied"))));
    let settings = [("AWS_ENDPOINT_URL_S3", server.endpoint.as_str()), ("ECR_ENCRYPTION_OUTPUT", "s3://reports/ecr")];
    let bench = Bench::with("unlisted", organization(), &settings);
    let invocation = bench.invoke(&follow());
    let (kind, message) = invocation.error().unwrap_or_else(|| panic!("{invocation:#?}"));
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains("it is not known which unfinished runs there are"), "{message}");
}

/// A connection that ends in the middle of a journal loses no run.
#[test]
fn a_journal_that_breaks_off_is_asked_for_again() {
    let runtime = Runtime::new().unwrap();
    let server =
        runtime.block_on(FakeS3::start(|head| (head.is("GET", "/journal-") && head.before < 2).then_some(Fault::Torn)));
    let settings = [("AWS_ENDPOINT_URL_S3", server.endpoint.as_str()), ("ECR_ENCRYPTION_OUTPUT", "s3://reports/ecr")];
    let faults = vec![super::continuation::hanging()];
    let mut bench = Bench::with("torn-body", integration_tests::Organization { faults, ..organization() }, &settings);
    let first = bench.invoke_within(&json!({}), super::continuation::SHORT);
    let id = super::bench::result(&first)["run_id"].clone();
    bench.simulator.set_faults(Vec::new());
    bench.fresh_instance();
    let second = bench.invoke(&follow());
    let told = super::bench::result(&second);
    assert_eq!((&told["run_id"], &told["status"]), (&id, &json!("complete")));
}
