//! What is wrong on the command line is told in one clear message, and nothing is checked.

use std::fmt::Write as _;

use crate::bench::{Bench, plain_command, prepared_but};

#[test]
fn flags_and_policies() {
    let bench = Bench::new(prepared_but("", ""));
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "desired_encryption_levl = \"sse\"\n").unwrap();
    let mut told = String::new();
    for arguments in [
        &["--rule-regions", "eu-nowhere-1"][..],
        &["--rule-regions", ""],
        &["--rule-regions", "all"],
        &["--rule-regions", "None"],
        &["--rule-regions", "none,eu-central-1"],
        &["--rule-as", "pack"],
        &["--regions", "eu-nowhere-1"],
        &["--accounts", "999999999999"],
        &["--organizational-units", "Root/Nowhere"],
        &["--accounts", "222222222222", "--exclude-accounts", "222222222222"],
        &["--home-account", "12"],
        &["--home-account", "999999999999"],
        &["--home-account", "222222222222", "--accounts", "222222222222"],
        &["--source", "config", "--include", "templates"],
        &["--config-aggregator", "a b", "--source", "both"],
        &["--config-region", "eu-central-1"],
        &["--stack-set", "a b"],
        &["--rule-name", "a/b"],
        &["--policy", policy.to_str().unwrap()],
        &["--role-name", "a b"],
        &["--deployed-role", "a b"],
    ] {
        let output = bench.command(arguments).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap().replace(folder.path().to_str().unwrap(), "DIR");
        let message = stderr.split("\n\n").next().unwrap();
        let arguments = arguments.join(" ").replace(folder.path().to_str().unwrap(), "DIR");
        writeln!(told, "{arguments}\n  {}", message.trim().replace('\n', "\n  ")).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn no_credentials() {
    let output = plain_command().arg("doctor").env("AWS_REGION", "eu-central-1").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("no AWS credentials were found"));
}

#[test]
fn help() {
    let shown = ["--help", "-h"].map(|flag| {
        let output = plain_command().args(["doctor", flag]).env("COLUMNS", "100").output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    });
    insta::assert_snapshot!(shown.join("\n────────\n\n"));
}
