//! What stands beside a report that is written: who is told of it, and what there was before.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use integration_tests::{Effect, Fault as OrganizationFault};
use rstest::rstest;
use serde_json::json;

use super::bench::{Bench, metrics, organization, result};
use super::continuation::{SHORT, said};
use super::late::{Late, failed};
use crate::fake_s3::{Head, error};

/// The report is there, and counts: nobody has to wait until the last attempt.
#[test]
fn who_does_not_answer_in_time_is_not_told_and_the_run_counts() {
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("webhook:http://{}/SECRET", silent.local_addr().unwrap());
    let bench = Bench::with("beside-silent", organization(), &[("ECR_ENCRYPTION_NOTIFY", &to)]);
    let invocation = bench.invoke_within(&json!({}), SHORT);
    let (kind, message) = failed(&invocation);
    assert_eq!(kind, "Undelivered", "{message}");
    assert!(message.contains("webhook:http://127.0.0.1") && message.contains("the time was over"), "{message}");
    assert!(
        message.contains("the report is in s3://beside-silent/ecr/runs/") && !message.contains("SECRET"),
        "{message}"
    );
    assert_eq!(metrics(&invocation).unwrap()["Runs"], 1);
}

/// Of an earlier run the manifest is refused: the key that it was encrypted under is disabled, or it is archived.
#[rstest]
#[case::denied("beside-denied", 403, "AccessDenied")]
#[case::key("beside-key", 400, "KMS.DisabledException")]
#[case::archived("beside-archived", 403, "InvalidObjectState")]
fn an_earlier_run_that_is_refused_is_gone_without_and_counts(
    #[case] name: &str,
    #[case] status: u16,
    #[case] code: &'static str,
) {
    let refused = Arc::new(Mutex::new(None::<String>));
    let key = Arc::clone(&refused);
    let late = Late::new(name, organization(), move |head: &Head| {
        let key = key.lock().unwrap();
        key.as_ref().filter(|key| head.is("GET", key)).map(|_| error(status, code))
    });
    let first = result(&late.bench.invoke(&json!({}))).clone();
    let name = first["report"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    *refused.lock().unwrap() = Some(format!("/runs/{name}/manifest.json"));
    let second = late.bench.invoke(&json!({}));
    assert_eq!(result(&second)["status"], "complete");
    assert!(said(&second, &format!("the run `{name}` is passed over")) && said(&second, code), "{second:#?}");

    // What saw less than it is not put in its place.
    let newest = result(&second)["report"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    late.server.state().objects.retain(|key, _| !key.contains(&newest));
    let effect = Effect::Deny;
    let operation = Some("sts:AssumeRole".to_owned());
    late.bench.simulator.set_faults(vec![OrganizationFault { operation, effect, ..OrganizationFault::default() }]);
    let third = late.bench.invoke(&json!({}));
    let (kind, message) = failed(&third);
    assert_eq!(kind, "CouldNotRun");
    assert!(message.contains("lost every account but the caller's own"), "{message}");
}
