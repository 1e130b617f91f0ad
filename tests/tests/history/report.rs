//! `ecr-encryption report`.

use std::fs;

use serde_json::Value;

use crate::kept::{Bench, HOME, Run, SHOP, names, repository};

fn run() -> Run {
    Run::new(8, &[repository(HOME, "app", "COMPLIANT"), repository(SHOP, "</script>", "NON_COMPLIANT")])
}

#[test]
fn one_format_goes_to_standard_output() {
    let bench = Bench::new();
    let folder = run().keep(&bench.path().join("reports"));
    let outcome = bench.run(&["report", "--from", "reports", "--format", "jsonl"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
    let values = |text: &str| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    assert_eq!(values(&outcome.stdout), values(&fs::read_to_string(folder.join("findings.jsonl")).unwrap()));
    let outcome = bench.run(&["report", "--from", "reports/latest", "--format", "json"]);
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert!(document.to_string().contains("</script>"));
    assert_eq!(names(bench.path()), ["reports"]);
}

#[test]
fn several_go_to_a_folder_and_replace_nothing() {
    let bench = Bench::new();
    run().keep(&bench.path().join("reports"));
    let arguments = ["report", "--from", "reports", "--format", "csv,html,sarif,parquet", "--output", "out/deep"];
    let outcome = bench.run(&arguments);
    assert_eq!((outcome.status, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, "", ""));
    let output = bench.path().join("out/deep");
    let files = ["findings.csv", "findings.parquet", "findings.sarif", "report.html"];
    assert_eq!(names(&output), files);
    fs::write(output.join("report.html"), "mine").unwrap();
    let outcome = bench.run(&arguments);
    assert_eq!(outcome.status, 2);
    assert!(outcome.stderr.ends_with("is there already: --overwrite replaces it\n"), "{}", outcome.stderr);
    assert_eq!(fs::read_to_string(output.join("report.html")).unwrap(), "mine");
    assert_eq!(names(&output), files);
    assert_eq!(bench.run(&[&arguments[..], &["--overwrite"]].concat()).status, 0);
    assert!(fs::read_to_string(output.join("report.html")).unwrap().starts_with("<!"));
}
