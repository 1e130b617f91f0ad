//! Findings in AWS's format: as botocore's model wants them, and as moto's Security Hub takes them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::organization;
use crate::scan::{Scan, program};
use integration_tests::moto::python;

/// Whether botocore accepts the findings, how many there are, and what is wrong with them.
fn validated(file: &Path) -> (bool, String, String) {
    let output = python("validate_asff.py").expect("a Python").arg(file).output().expect("validate_asff.py");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn botocore_accepts_every_finding() {
    let folder = tempfile::tempdir().expect("a folder");
    let scan = Scan::run_in(folder.path(), &organization().moto.endpoint, &["--format", "jsonl,asff"]);
    assert_eq!(scan.status, Some(3), "{}", scan.stderr);
    let file = folder.path().join("report/findings.asff.jsonl");
    assert_eq!(validated(&file), (true, "161".to_owned(), String::new()));

    // The validator sees what is wrong.
    let text = std::fs::read_to_string(&file).expect("findings");
    let finding: Value = serde_json::from_str(text.lines().next().expect("a finding")).expect("JSON");
    let broken = folder.path().join("broken.jsonl");
    for (path, value, problem) in [
        ("/Title", json!("x".repeat(257)), "256 are allowed"),
        ("/Description", json!(" "), "is not like"),
        ("/Remediation/Recommendation/Text", json!("x".repeat(513)), "512 are allowed"),
        ("/Compliance/Status", json!("GOOD"), "is none of"),
        ("/ProductFields/ecr-encryption~1status", json!("x".repeat(2_049)), "2048 are allowed"),
        ("/Resources/0/Details/Other/Name", json!("x".repeat(1_024)), "1023 are allowed"),
        ("/Resources/0/Id", json!(1), "Invalid type"),
    ] {
        let mut finding = finding.clone();
        *finding.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = value;
        std::fs::write(&broken, finding.to_string()).expect("a file");
        let (accepted, _, problems) = validated(&broken);
        assert!(!accepted && problems.contains(problem), "{path}: {problems}");
    }
}

/// Delivers what a scan has found to moto's Security Hub.
fn deliver(report: &Path) -> Value {
    let organization = organization();
    let findings = std::fs::read_to_string(report.join("findings.jsonl")).expect("findings");
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for line in findings.lines() {
        let finding: Value = serde_json::from_str(line).expect("a finding");
        let text = |name: &str| finding[name].as_str().expect("text").to_owned();
        *counts.entry((text("account_id"), text("region"))).or_default() += 1;
    }
    let mut accounts: Vec<&str> = organization.facts.active().map(|account| account.id.as_str()).collect();
    accounts.sort_unstable();
    let targets: Vec<String> = accounts
        .iter()
        .map(|account| {
            let count = |region: &String| counts.get(&((*account).to_owned(), region.clone())).copied();
            let regions: BTreeMap<&String, u64> =
                organization.facts.regions.iter().map(|region| (region, count(region).unwrap_or(0))).collect();
            let line = json!({
                "account_id": account, "account_name": null, "organizational_unit_path": null, "regions": regions,
            });
            line.to_string()
        })
        .collect();
    std::fs::write(report.join("targets.jsonl"), targets.join("\n")).expect("targets");
    let program = program().with_file_name("examples").join("deliver-to-security-hub");
    let output = Command::new(program)
        .arg(report)
        .env_clear()
        .envs(crate::scan::environment(&organization.moto.endpoint))
        .output()
        .expect("the delivery");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("an outcome")
}

#[test]
fn moto_takes_the_findings_under_their_own_accounts_and_only_once() {
    let organization = organization();
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report");
    let scan = Scan::run_in(folder.path(), &organization.moto.endpoint, &[]);
    assert_eq!(scan.status, Some(3), "{}", scan.stderr);
    let first = deliver(&report);
    assert_eq!(first["failed"], json!([]));
    assert_eq!([&first["imported"], &first["suppressed"], &first["targets"]], [161, 37, 24]);
    let stored =
        python("security_hub_findings.py").expect("a Python").arg(&organization.moto.endpoint).output().expect("boto3");
    assert!(stored.status.success(), "{}", String::from_utf8_lossy(&stored.stderr));
    let stored: Vec<Value> = serde_json::from_slice(&stored.stdout).expect("findings");
    assert_eq!(stored.len(), 161);
    for finding in &stored {
        // Where moto has it is where it belongs.
        let place = format!("ecr-encryption/{}/{}/", text(finding, "account"), text(finding, "region"));
        assert!(text(finding, "Id").starts_with(&place), "{finding}");
    }
    let with = |name: &str, value: &str| stored.iter().filter(|finding| finding[name] == value).count();
    assert_eq!(["PASSED", "FAILED", "WARNING"].map(|status| with("status", status)), [63, 61, 37]);
    assert_eq!(with("workflow", "SUPPRESSED"), 37);
    let second = deliver(&report);
    assert_eq!([&second["unchanged"], &second["imported"], &second["updated"], &second["suppressed"]], [161, 0, 0, 0]);
}

fn text<'a>(finding: &'a Value, name: &str) -> &'a str {
    finding[name].as_str().expect("text")
}
