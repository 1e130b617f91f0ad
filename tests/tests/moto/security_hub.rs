//! Findings in AWS's format: as botocore's model wants them, and as moto's Security Hub takes them.

use std::path::Path;

use serde_json::{Value, json};

use crate::scan::Scan;
use crate::{Organization, organization};
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
    let file = folder.path().join("report/latest/findings.asff.jsonl");
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

/// Scans with `--security-hub`, and gives what has come of that.
fn deliver(organization: &Organization) -> Value {
    let scan = Scan::run(&organization.moto.endpoint, &["--security-hub", "--summary", "json"]);
    assert_eq!(scan.status, Some(3), "{}", scan.stderr);
    let mut told: Value = serde_json::from_str(&scan.stdout).expect("a document");
    told["security_hub"].take()
}

#[test]
fn moto_takes_the_findings_under_their_own_accounts_and_only_once() {
    let organization = organization();
    let first = deliver(organization);
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
    let second = deliver(organization);
    assert_eq!([&second["unchanged"], &second["imported"], &second["updated"], &second["suppressed"]], [161, 0, 0, 0]);
}

fn text<'a>(finding: &'a Value, name: &str) -> &'a str {
    finding[name].as_str().expect("text")
}
