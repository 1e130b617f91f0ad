//! The sample events, and the program that runs them: what `tests/events/README.md` says is so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use integration_tests::Organization;
use integration_tests::lambda::{Function, FunctionOptions};
use serde_json::Value;

use crate::harness::binary;

const DESCRIPTION: &str = include_str!("../../events/README.md");

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn organization() -> PathBuf {
    folder("organizations/rule.toml")
}

/// The table of the description: file, and what Config receives.
fn described() -> BTreeMap<String, String> {
    let rows = DESCRIPTION.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (file, rest) = row.split_once("` | ").unwrap();
        let (_, receives) = rest.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        (file.to_owned(), receives.to_owned())
    })
    .collect()
}

fn files() -> Vec<String> {
    let mut files: Vec<String> = std::fs::read_dir(folder("events"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort_unstable();
    files
}

fn read(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder("events").join(file)).unwrap()).unwrap()
}

#[test]
fn every_sample_is_described_and_shaped_as_config_sends_it() {
    assert_eq!(described().into_keys().collect::<Vec<_>>(), files());
    for file in files() {
        let event = read(&file);
        for name in [
            "version",
            "accountId",
            "configRuleArn",
            "configRuleId",
            "configRuleName",
            "resultToken",
            "executionRoleArn",
        ] {
            assert!(event[name].as_str().is_some_and(|text| !text.is_empty()), "{file}: {name}");
        }
        assert!(event["eventLeftScope"].is_boolean(), "{file}");
        let inner = |name: &str| -> Value { serde_json::from_str(event[name].as_str().unwrap()).unwrap() };
        assert!(inner("ruleParameters").is_object(), "{file}");
        assert!(inner("invokingEvent")["messageType"].is_string(), "{file}");
    }
}

/// Each on its own, in a process of its own.
#[test]
fn every_sample_leads_to_what_its_description_says() {
    let described = described();
    let mut wrong = Vec::new();
    for file in files() {
        let simulator =
            integration_tests::Simulator::start_blocking(Organization::load(&organization()).unwrap()).unwrap();
        let account = simulator.world().organization().caller.account.clone();
        let options = FunctionOptions::new(binary("ecr-encryption-rule")).account(&account);
        let function = Function::start(&options.environment(simulator.environment())).unwrap();
        let invocation = function.invoke(&read(&file));
        let mut told: Vec<String> = simulator
            .evaluations()
            .iter()
            .map(|it| match it.compliance_resource_type.as_str() {
                "AWS::KMS::Key" => format!("the key `{}`", it.compliance_type),
                _ => format!("`{}` `{}`", it.compliance_resource_id, it.compliance_type),
            })
            .collect();
        let told = if invocation.response().is_none() && told.is_empty() {
            "nothing: the invocation fails".to_owned()
        } else {
            told.sort_by_key(|text| (!text.starts_with("the key"), text.clone()));
            told.join(", ")
        };
        if told != described[&file] {
            wrong.push(format!("{file}: {told}; described: {}; {:?}", described[&file], invocation.outcome));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `make invoke` without make.
fn invoke_rule(arguments: &[&str]) -> Output {
    Command::new(binary("invoke-rule"))
        .arg("--organization")
        .arg(organization())
        .arg("--function")
        .arg(binary("ecr-encryption-rule"))
        .args(arguments)
        .output()
        .unwrap()
}

fn event(file: &str) -> String {
    folder("events").join(file).to_str().unwrap().to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_run_shows_what_config_receives() {
    let output = invoke_rule(&[&event("scheduled.json"), &event("kms-disabled.json")]);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stdout.contains("222222222222  eu-west-1  AWS::ECR::Repository images/legacy"), "{stdout}");
    assert!(stdout.contains("2026-11-23T12:00:04.567Z"), "{stdout}");
    assert!(stderr.contains("scheduled.json: succeeded"), "{stderr}");
    // The function's own log lines.
    assert!(stderr.lines().any(|line| line.starts_with("{\"")), "{stderr}");
}

#[test]
fn a_run_as_json() {
    let output = invoke_rule(&["--json", &event("ecr-member-account.json")]);
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&line["account"], &line["compliance_resource_id"]), (&"333333333333".into(), &"shop/legacy".into()));
}

#[test]
fn a_run_that_fails_says_so() {
    let output = invoke_rule(&[&event("ecr-role-missing.json")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("FAILED"));
    assert_eq!(text(&output.stdout), "AWS Config receives nothing.\n");
}

#[test]
fn a_run_that_can_not_begin_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let broken = directory.path().join("broken.json");
    std::fs::write(&broken, "{\"version\": ").unwrap();
    let broken = broken.to_str().unwrap();
    for (arguments, message) in [
        (vec!["no/such.json"], "cannot read the event `no/such.json`"),
        (vec![broken], "is not JSON"),
        (vec![broken], "line 1"),
        (vec![], "<EVENT>"),
    ] {
        let output = invoke_rule(&arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}
