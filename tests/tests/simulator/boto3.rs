//! An SDK that others wrote accepts the simulator: boto3 signs, pages, retries and reads the errors.

use std::process::Command;

use crate::world::start;
use integration_tests::{Caller, Organization};

#[test]
fn boto3_accepts_the_simulator() {
    let python = std::env::var("PROJECT_PYTHON").expect("PROJECT_PYTHON names a Python with boto3: use `make test`");
    let folder = env!("CARGO_MANIFEST_DIR");
    let demo = std::path::Path::new(folder).join("organizations/demo.toml");
    let simulator = start(Organization::load(&demo).expect("a description"));
    let output = Command::new(python)
        .arg(format!("{folder}/python/simulator_with_boto3.py"))
        .envs(simulator.environment())
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env_remove("AWS_PROFILE")
        .output()
        .expect("Python runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(out.trim(), "boto3 accepts the simulator");
    let counters = simulator.counters();
    // Two throttled attempts, then the answer.
    assert_eq!(counters.outcome("ThrottlingException"), 2);
    assert_eq!(counters.calls_of("config", "PutEvaluations"), 1);
}

#[test]
fn boto3_renews_the_caller_s_credentials() {
    let python = std::env::var("PROJECT_PYTHON").expect("PROJECT_PYTHON names a Python with boto3: use `make test`");
    // boto3 renews what ends within ten minutes, at each call.
    let simulator = start(Organization {
        caller: Caller { lifetime_seconds: 60, ..Caller::default() },
        ..crate::world::organization()
    });
    let script = "import boto3\nfor _ in range(3): print(boto3.client('sts').get_caller_identity()['Account'])";
    let output = Command::new(python)
        .args(["-c", script])
        .envs(simulator.renewing_environment())
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env_remove("AWS_PROFILE")
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "111111111111\n".repeat(3));
    assert!(simulator.counters().caller_credentials_issued >= 3, "{:?}", simulator.counters());
}
