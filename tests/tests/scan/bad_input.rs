//! What is wrong is said in one clear message, with the right exit status, before anything is scanned or overwritten.

use std::fmt::Write as _;

use integration_tests::{Effect, Fault};

use crate::harness::{Bench, SHOP, aes256, organization, plain_command};

/// Runs each case on its own, after a good report was written, and shows what it says.
fn messages(cases: &[&[&str]], policies: &[&str]) -> String {
    let mut organization = organization();
    organization.repositories.push(aes256(SHOP, "us-east-1", "old"));
    let bench = Bench::new(organization);
    assert_eq!(bench.scan(&[]).status, 3);
    let before = std::fs::read(bench.report().join("summary.json")).unwrap();

    let mut shown = String::new();
    let mut show = |title: &str, arguments: &[&str]| {
        let output = bench.command(arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let folder = bench.directory.path().to_str().unwrap();
        writeln!(shown, "$ {title}\n{}exit status {}\n", stderr.replace(folder, "DIR"), output.status.code().unwrap())
            .unwrap();
        assert_eq!(output.stdout, b"", "{title}");
    };
    for arguments in cases {
        show(&format!("scan {}", arguments.join(" ")), arguments);
    }
    for text in policies {
        let policy = bench.policy(text);
        show(&format!("scan --policy FILE, which says\n{text}"), &["--policy", &policy]);
    }
    assert!(std::fs::read(bench.report().join("summary.json")).unwrap() == before, "the older report was touched");
    // Nothing was asked of the accounts, beyond the one good scan.
    assert_eq!(bench.simulator.counters().calls_of("ecr", "DescribeRepositories"), 6);
    shown
}

#[test]
fn flags() {
    insta::assert_snapshot!(messages(
        &[
            &["--speed", "9"],
            &["--desired-level", "awscmkk"],
            &["--regions", "us-esat-1"],
            &["--regions", "Frankfurt"],
            &["--regions", "us-east-1,,eu-west-1"],
            &["--accounts", "1234"],
            &["--accounts", "222222222222,999999999999"],
            &["--organizational-units", "Root/Nowhere"],
            &["--organizational-units", "ou-root-99999999"],
            &["--organizational-units", "Root//Prod"],
            &["--exclude-organizational-units", "Workloads"],
            &["--role-name", "a role"],
            &["--external-id", "x"],
            &["--concurrency", "0"],
            &["--concurrency", "5000"],
            &["--attempt-timeout", "0"],
            &["--format", "pdf"],
            &["--fail-on", "sometimes"],
            &["--fail-on", "never,incomplete"],
            &["--quiet", "-v"],
            &["--policy", "/nonexistent/policy.toml"],
            &["--profile", "nobody"],
        ],
        &[],
    ));
}

#[test]
fn policy_files() {
    insta::assert_snapshot!(messages(
        &[],
        &[
            "desired_encryption_level = ",
            "desired_encryption_level = \"aes\"",
            "desired_encryption_level = 3",
            "desiredEncryptionLevel = \"sse\"",
            "require_dual_layer = \"yes\"",
            "require_usable_key = \"maybe\"",
            "kms_key_arns = [\"arn:aws:kms:*\", \"arn:aws:kms:eu-west-1:111111111111:alias/x\"]",
            "kms_key_arns = []",
            "kms_key_arns = \"arn:aws:s3:*\"",
            "kms_key_account_ids = [111111111111]",
            "exempt_repository_names = [\"Team/*\"]",
            "exempt_repository_names = \"a,,b\"",
            "exempt_tag_key = \"a\\tb\"",
            "undetermined_compliance = \"COMPLIANT\"",
            "executionRoleName = \"x\"",
            "override = 1",
            "[[override]]\ndesired_encryption_level = \"sse\"",
            "[[override]]\nname = \"x\"\naccounts = [\"111111111111\"]",
            "[[override]]\nname = \"x\"\naccounts = [\"1\"]\nrequire_dual_layer = true",
            "[[override]]\nname = \"x\"\nacounts = [\"111111111111\"]",
            "[[override]]\nname = \"x\"\nregions = [\"us-east-1\"]\nrequire_dual_layer = true\n\
             [[override]]\nname = \"x\"\nregions = [\"us-east-1\"]\nrequire_dual_layer = true",
            "[[override]]\nname = \"x\"\nregions = [\"us-esat-1\"]\nrequire_dual_layer = true",
            "[[override]]\nname = \"x\"\naccounts = [\"999999999999\"]\nrequire_dual_layer = true",
            "[[override]]\nname = \"x\"\norganizational_units = [\"Root/Nowhere\"]\nrequire_dual_layer = true",
            "exempt_tag_key = \"x\"\nexempt_tag_key = \"y\"",
        ],
    ));
}

#[test]
fn help() {
    let shown = ["--help", "-h"].map(|flag| {
        let output = plain_command().args(["scan", flag]).env("COLUMNS", "100").output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    });
    insta::assert_snapshot!(shown.join("\n────────\n\n"));
    let output = plain_command().output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn an_output_folder_that_cannot_be_written_is_found_out_before_the_scan() {
    let bench = Bench::new(organization());
    let file = bench.directory.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    for (output, message) in [
        (file.clone(), "the output folder `DIR/file` cannot be made"),
        (file.join("below"), "the output folder `DIR/file/below` cannot be made"),
        ("/proc/report".into(), "the output folder `/proc/report` cannot be made"),
    ] {
        let mut command = plain_command();
        let outcome =
            command.envs(bench.simulator.environment()).arg("scan").arg("--output").arg(&output).output().unwrap();
        let stderr =
            String::from_utf8(outcome.stderr).unwrap().replace(bench.directory.path().to_str().unwrap(), "DIR");
        assert_eq!(outcome.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(message), "{stderr}");
    }
    assert_eq!(bench.simulator.counters().total_calls(), 0);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "not a folder");
}

/// What is said when the caller cannot even be known.
#[test]
fn credentials() {
    let bench = Bench::new(organization());
    let with = |change: &dyn Fn(&mut std::process::Command)| {
        let mut command = bench.command(&[]);
        change(&mut command);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(!bench.report().join("summary.json").exists());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        stderr
    };
    let none = with(&|command| {
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    });
    assert!(none.contains("no AWS credentials were found") && none.contains("--profile"), "{none}");
    let unknown = with(&|command| {
        command.env("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSTHIS0");
    });
    assert!(
        unknown.contains("does not accept the caller's credentials") && unknown.contains("InvalidClientTokenId"),
        "{unknown}"
    );
    let wrong = with(&|command| {
        command.env("AWS_SECRET_ACCESS_KEY", "wrong");
    });
    assert!(wrong.contains("SignatureDoesNotMatch"), "{wrong}");
    let without_region = with(&|command| {
        command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    });
    assert!(without_region.contains("no AWS Region is configured: set `AWS_REGION`"), "{without_region}");
    bench.simulator.set_faults(vec![Fault {
        operation: Some("sts:*".to_owned()),
        effect: Effect::Expired,
        ..Fault::default()
    }]);
    let expired = with(&|_| {});
    assert!(
        expired.contains("the caller's credentials have expired: sign in again") && expired.contains("ExpiredToken"),
        "{expired}"
    );
    assert!(expired.contains("request id"), "{expired}");
}

/// Without an organization, what hangs on organizational units cannot be checked, and must not be skipped.
#[test]
fn units_without_an_organization() {
    let mut organization = organization();
    organization.in_use = false;
    let bench = Bench::new(organization);
    let outcome = bench.scan(&["--organizational-units", "Root/Workloads"]);
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("AWSOrganizationsNotInUseException"), "{}", outcome.stderr);
    let policy = bench.policy(
        "[[override]]\nname = \"prod\"\norganizational_units = [\"Root/Prod\"]\ndesired_encryption_level = \"cloudhsm\"",
    );
    let outcome = bench.scan(&["--policy", &policy]);
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("override `prod` names the organizational unit `Root/Prod`"), "{}", outcome.stderr);
    assert_eq!(bench.simulator.counters().calls_of("ecr", "DescribeRepositories"), 0);
}
