//! The local Lambda itself.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::Duration;

use integration_tests::lambda::{Function, FunctionError, FunctionOptions, Invocation, LogLine, Outcome, RuntimeApi};
use integration_tests::{Effect, Fault};
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::harness::{Bench, HOME, fault, organization, repository};

const ARN: &str = "arn:aws:lambda:eu-west-1:222222222222:function:f";
const NEXT: &str = "/2018-06-01/runtime/invocation/next";

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> String {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap().1.to_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request, as the function's process makes it.
fn send(address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head, body: bytes[end + 4..].to_vec() }
}

fn path(id: &str, what: &str) -> String {
    format!("/2018-06-01/runtime/invocation/{id}/{what}")
}

/// Invokes while `process` plays the function.
fn invoke(event: &str, timeout: Duration, process: impl FnOnce(SocketAddr) + Send) -> Invocation {
    let api = RuntimeApi::start(ARN).unwrap();
    let address = api.address();
    std::thread::scope(|scope| {
        scope.spawn(move || process(address));
        api.invoke(event, timeout)
    })
}

#[test]
fn an_event_is_handed_over_and_answered() {
    let invocation = invoke("{\"a\": 1}", Duration::from_mins(1), |address| {
        let event = send(address, "GET", NEXT, "");
        assert_eq!((event.status, event.body.as_slice()), (200, b"{\"a\": 1}".as_slice()));
        assert_eq!(event.header("Lambda-Runtime-Invoked-Function-Arn"), ARN);
        assert!(event.header("Lambda-Runtime-Trace-Id").starts_with("Root=1-"));
        let deadline: i64 = event.header("Lambda-Runtime-Deadline-Ms").parse().unwrap();
        let left = deadline - jiff::Timestamp::now().as_millisecond();
        assert!((50_000..=60_000).contains(&left), "{left}");
        let id = event.header("Lambda-Runtime-Aws-Request-Id");
        assert_eq!(id.len(), 36);
        assert_eq!(send(address, "POST", &path("another", "response"), "{}").status, 400);
        assert_eq!(send(address, "POST", &path(&id, "response"), "{\"b\": 2}").status, 202);
        let again = send(address, "POST", &path(&id, "response"), "{}");
        assert_eq!((again.status, &again.json()["errorType"]), (400, &json!("InvalidRequestID")));
    });
    assert_eq!(invocation.outcome, Outcome::Response(json!({"b": 2})));
}

#[test]
fn an_error_is_told() {
    let invocation = invoke("{}", Duration::from_mins(1), |address| {
        let id = send(address, "GET", NEXT, "").header("Lambda-Runtime-Aws-Request-Id");
        let body = json!({"errorType": "Bad", "errorMessage": "no good", "stackTrace": []}).to_string();
        assert_eq!(send(address, "POST", &path(&id, "error"), &body).status, 202);
    });
    assert_eq!(invocation.error(), Some(("Bad", "no good")));
    assert_eq!(invocation.response(), None);
}

#[test]
fn a_function_may_be_unable_to_start() {
    let invocation = invoke("{}", Duration::from_mins(1), |address| {
        let body = json!({"errorType": "Init", "errorMessage": "no region"}).to_string();
        assert_eq!(send(address, "POST", "/2018-06-01/runtime/init/error", &body).status, 202);
    });
    assert_eq!(invocation.error(), Some(("Init", "no region")));
}

#[test]
fn what_is_late_is_refused() {
    let api = RuntimeApi::start(ARN).unwrap();
    let address = api.address();
    std::thread::scope(|scope| {
        let next = scope.spawn(move || send(address, "GET", NEXT, "").header("Lambda-Runtime-Aws-Request-Id"));
        let invocation = api.invoke("{}", Duration::from_millis(30));
        assert_eq!(invocation.outcome, Outcome::TimedOut);
        assert!(invocation.duration >= Duration::from_millis(30));
        assert_eq!(send(address, "POST", &path(&next.join().unwrap(), "response"), "{}").status, 400);
    });
}

#[test]
fn answers_have_a_size() {
    let invocation = invoke("{}", Duration::from_mins(1), |address| {
        let id = send(address, "GET", NEXT, "").header("Lambda-Runtime-Aws-Request-Id");
        let body = format!("\"{}\"", "x".repeat(6 * 1024 * 1024));
        assert_eq!(send(address, "POST", &path(&id, "response"), &body).status, 413);
    });
    assert_eq!(invocation.error().unwrap().0, "Function.ResponseSizeTooLarge");
}

#[rstest]
#[case("GET", "/2018-06-01/runtime/invocation/last")]
#[case("POST", "/2018-06-01/runtime/invocation/next")]
#[case("GET", "/")]
fn other_paths_are_not_found(#[case] method: &str, #[case] path: &str) {
    let api = RuntimeApi::start(ARN).unwrap();
    assert_eq!(send(api.address(), method, path, "").status, 404);
}

#[test]
fn a_process_that_ends_at_once_is_told_with_its_words() {
    let options = FunctionOptions::new("/bin/sh").arguments(["-c", "echo '{\"a\": 1}'; echo words >&2; exit 3"]);
    match Function::start(&options) {
        Err(FunctionError::Start { outcome: Outcome::Exited(status), log_lines }) => {
            assert_eq!(status.code(), Some(3));
            assert_eq!(log_lines, [LogLine::Json(json!({"a": 1})), LogLine::Text("words".to_owned())]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_program_that_is_not_there_is_told() {
    let error = Function::start(&FunctionOptions::new("/no/such/program")).unwrap_err();
    assert!(matches!(error, FunctionError::Io(_)), "{error}");
}

#[test]
fn a_process_sees_lambda_s_variables_and_nothing_of_ours() {
    let options = FunctionOptions::new("/bin/sh")
        .arguments(["-c", "env; exit 1"])
        .variable("AWS_REGION", "us-east-1")
        .variable("MINE", "1")
        .memory_mib(256)
        .name("f");
    let Err(FunctionError::Start { log_lines, .. }) = Function::start(&options) else { panic!("it started") };
    let lines: Vec<String> = log_lines.iter().map(ToString::to_string).collect();
    for line in ["MINE=1", "AWS_REGION=us-east-1", "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256"]
    {
        assert!(lines.iter().any(|known| known == line), "{line}: {lines:?}");
    }
    assert!(lines.iter().any(|line| line.starts_with("AWS_LAMBDA_RUNTIME_API=127.0.0.1:")));
    assert!(!lines.iter().any(|line| line.starts_with("CARGO")), "{lines:?}");
}

#[test]
fn the_process_survives_between_events_and_its_use_is_known() {
    let mut organization = organization();
    organization.repositories.push(repository(HOME, "images/legacy"));
    let bench = Bench::new(organization);
    let start = bench.function.usage().unwrap();
    assert!(bench.function.init_duration() > Duration::ZERO);
    assert!(start.cpu > Duration::ZERO && start.resident_bytes > 1_000_000, "{start:?}");
    let first = bench.invoke(&bench.change_of(HOME, "images/legacy"));
    let second = bench.invoke(&bench.change_of(HOME, "images/legacy"));
    assert_eq!(first.succeeded(), second.succeeded());
    assert_ne!(first.invocation.request_id, second.invocation.request_id);
    let end = bench.function.usage().unwrap();
    assert!(end.cpu > start.cpu && end.peak_resident_bytes >= start.resident_bytes, "{start:?} {end:?}");
    assert_eq!(bench.function.exit_status(), None);
}

#[test]
fn a_process_that_dies_is_told() {
    let mut organization = organization();
    organization.repositories.push(repository(HOME, "images/legacy"));
    let bench = Bench::new(organization);
    bench.simulator.set_faults(vec![Fault { effect: Effect::Hang, ..fault("config:PutEvaluations") }]);
    let event = bench.change_of(HOME, "images/legacy");
    let invocation = std::thread::scope(|scope| {
        scope.spawn(|| {
            while bench.calls("config", "PutEvaluations") == 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
            kill_process(pid(&bench), Signal::KILL).unwrap();
        });
        bench.invoke(&event).invocation
    });
    match invocation.outcome {
        Outcome::Exited(status) => assert_eq!(status.signal(), Some(9)),
        other => panic!("{other:?}"),
    }
    assert!(bench.function.exit_status().is_some());
    assert!(matches!(bench.invoke(&event).invocation.outcome, Outcome::Exited(_)));
}

#[test]
fn a_process_that_is_out_of_time_is_ended() {
    let bench = Bench::new(organization());
    let process = bench.function.process_id();
    kill_process(pid(&bench), Signal::STOP).unwrap();
    let invocation = bench.function.invoke_raw("{}", Duration::from_millis(50));
    assert_eq!(invocation.outcome, Outcome::TimedOut);
    assert!(bench.function.exit_status().is_some());
    assert!(!Path::new(&format!("/proc/{process}")).exists());
}

fn pid(bench: &Bench) -> Pid {
    Pid::from_raw(bench.function.process_id().try_into().unwrap()).unwrap()
}

#[test]
fn the_process_ends_with_its_handle() {
    let bench = Bench::new(organization());
    let process = bench.function.process_id();
    drop(bench);
    assert!(!Path::new(&format!("/proc/{process}")).exists());
}
