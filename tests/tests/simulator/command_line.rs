//! The program.

use std::io::BufRead as _;
use std::process::{Command, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_organization-simulator");
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/organizations/demo.toml");

#[test]
fn the_first_line_tells_endpoint_and_environment_and_sigterm_ends_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let counters = folder.path().join("counters.json");
    let mut child = Command::new(PROGRAM)
        .args(["--organization", DEMO, "--counters"])
        .arg(&counters)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
    let told: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(told["environment"]["AWS_ENDPOINT_URL"], told["endpoint"]);
    assert_eq!(told["environment"]["AWS_REGION"], "eu-central-1");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    let counters: Value = serde_json::from_slice(&std::fs::read(&counters).expect("a file")).expect("JSON");
    assert_eq!(counters["connections_opened"], 0);
}

#[test]
fn a_command_runs_with_the_environment_and_its_status_is_kept() {
    let script = r#"echo "$AWS_REGION $AWS_CONFIG_FILE ${AWS_PROFILE-none} ${AWS_SESSION_TOKEN-none}"; exit 7"#;
    let output = Command::new(PROGRAM)
        .args(["--accounts", "3", "--run", "--", "sh", "-c", script])
        .env("AWS_PROFILE", "production")
        .env("AWS_SESSION_TOKEN", "leftover")
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "us-east-1 /dev/null none none\n");
}

#[test]
fn a_command_that_a_signal_ends_is_told_as_shells_tell_it() {
    let arguments = ["--accounts", "1", "--run", "--", "sh", "-c", "kill -TERM $$"];
    let status = Command::new(PROGRAM).args(arguments).status().expect("the program");
    assert_eq!(status.code(), Some(128 + 15));
}

#[test]
fn a_bad_description_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bad.toml");
    std::fs::write(&file, "latensy = 1\n").expect("a file");
    let output = Command::new(PROGRAM).arg("--organization").arg(&file).output().expect("the program");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("bad.toml") && text.contains("line 1, column 1"), "{text}");
}

#[test]
fn the_caller_may_have_to_fetch_its_credentials() {
    let script = r#"echo "${AWS_ACCESS_KEY_ID-none} ${AWS_CONTAINER_CREDENTIALS_FULL_URI##*/}""#;
    let output = Command::new(PROGRAM)
        .args(["--accounts", "3", "--caller-lifetime", "60", "--counters", "-", "--run", "--", "sh", "-c", script])
        .env("AWS_ACCESS_KEY_ID", "leftover")
        .output()
        .expect("the program");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "none caller-credentials\n");
    let counters: Value = serde_json::from_slice(&output.stderr).expect("JSON on stderr");
    assert_eq!(counters["caller_credentials_issued"], 0);
    assert!(counters["cpu_microseconds"].as_u64().expect("a number") > 0);
}

#[test]
fn chaos_can_be_asked_for() {
    let mut child = Command::new(PROGRAM)
        .args(["--accounts", "3", "--chaos", "7", "--unverified"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
    let told: Value = serde_json::from_str(&line).expect("JSON");
    let address = told["endpoint"].as_str().expect("an endpoint").trim_start_matches("http://").parse();
    let client = crate::client::Client {
        address: address.expect("an address"),
        access_key_id: told["environment"]["AWS_ACCESS_KEY_ID"].as_str().expect("an id").to_owned(),
        secret_access_key: String::new(),
        token: None,
        region: "us-east-1".to_owned(),
    };
    let target = ("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories");
    let struck = (0..100).filter(|_| {
        let answer = client.try_send("ecr", "/", &[target], b"{}");
        answer.map_or(true, |answer| answer.status != 200)
    });
    assert!((10..50).contains(&struck.count()));
    child.kill().expect("it runs");
    child.wait().expect("an end");
}
