//! The commands that mend something are those of AWS's command line: their names, their options and their values.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::bench::{BOTH_REGIONS, Bench};
use crate::organization::cases;

#[test]
fn aws_takes_the_commands() {
    let mut commands = BTreeSet::new();
    for case in cases() {
        let outcome = Bench::new(case.organization).run(&[&BOTH_REGIONS[..], case.arguments].concat());
        commands.extend(outcome.commands());
    }
    let operations: BTreeSet<String> = commands
        .iter()
        .filter(|line| line.starts_with("aws "))
        .map(|line| line.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" "))
        .collect();
    let expected = [
        "account enable-region",
        "cloudformation activate-organizations-access",
        "cloudformation create-stack-instances",
        "cloudformation delete-stack-instances",
        "cloudformation update-stack-instances",
        "cloudformation update-stack-set",
        "configservice put-configuration-recorder",
        "configservice put-delivery-channel",
        "configservice start-configuration-recorder",
        "iam create-service-linked-role",
        "iam put-role-policy",
        "organizations enable-all-features",
        "organizations enable-aws-service-access",
        "organizations register-delegated-administrator",
        "securityhub enable-security-hub",
    ];
    assert_eq!(operations.iter().map(String::as_str).collect::<Vec<_>>(), expected);

    let python = std::env::var("PROJECT_PYTHON").expect("PROJECT_PYTHON names a Python with botocore: use `make test`");
    let script = format!("{}/python/check_commands.py", env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines: Vec<&str> = commands.iter().map(String::as_str).collect();
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}");
    assert_eq!(told.trim(), format!("{} commands", commands.iter().filter(|line| line.starts_with("aws ")).count()));
}
