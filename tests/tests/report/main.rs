//! The formats of a report, each read by what others read it with: the program scans an organization whose names try to get
//! out of theirs, and the standard's own tool says what it makes of the file.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod organization;
mod run;

use std::fs;
use std::path::Path;

use integration_tests::moto::python;
use rstest::rstest;
use run::run;
use serde_json::{Value, json};

/// What a script of `tests/python` prints of `files`; the error is what it ended with.
fn told(script: &str, files: &[&Path]) -> Result<Value, String> {
    let output = python(script).expect("an interpreter").args(files).output().expect("it starts");
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn schema() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/junit-4.xsd")
}

#[test]
fn the_run_has_every_status_changes_gaps_and_every_hostile_name() {
    let run = run();
    for status in ["COMPLIANT", "NON_COMPLIANT", "UNDETERMINED", "EXEMPT"] {
        assert!(run.count(status) > 0, "no {status}");
    }
    for kind in ["new", "gone", "no-longer-seen"] {
        assert!(run.changed(kind) > 0, "nothing is {kind}");
    }
    assert!(run.gaps() > 0);
    let found: Vec<&str> = run.findings.iter().filter_map(|finding| finding["account_name"].as_str()).collect();
    for name in organization::HOSTILE_NAMES {
        assert!(found.contains(&name), "{name} is in no finding");
    }
}

#[test]
fn json_is_what_its_schema_says_and_holds_the_other_files() {
    let run = run();
    let document: Value = serde_json::from_str(&run.text("findings.json")).expect("JSON");
    let schema = include_str!("../../../aggregator/schema/report.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).expect("JSON")).expect("a schema");
    schema.validate(&document).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(document["findings"], Value::Array(run.findings.clone()));
    assert_eq!(document["changes"], Value::Array(run.lines("changes.jsonl")));
    assert_eq!(document["targets"], Value::Array(run.lines("targets.jsonl")));
    assert_eq!(document["summary"], run.summary);
    assert_eq!(document["run_id"], run.summary["run"]["id"]);
}

/// JSON lines, CSV and Parquet hold the same rows, the dataset's folders name the days, and its rows the runs.
#[test]
fn duckdb_reads_the_same_rows_from_three_formats() {
    let run = run();
    let [jsonl, csv] = ["findings.jsonl", "findings.csv"].map(|name| run.file(name));
    let id = run.summary["run"]["id"].as_str().expect("an id");
    let told = told("compare_rows.py", &[&jsonl, &csv, &run.dataset(), Path::new(id)]).expect("the same rows");
    assert_eq!(told["rows"], run.findings.len());
    let day = &run.summary["run"]["started_at"].as_str().expect("a time")[..10];
    let partitions = told["partitions"].as_array().expect("a list");
    assert_eq!(partitions.len(), 2, "{partitions:?}");
    assert!(partitions.contains(&json!([day, id])), "{partitions:?}");
    let types = [
        ("account_id", "VARCHAR"),
        ("created_at", "TIMESTAMP WITH TIME ZONE"),
        ("encryption_level_is_lower_bound", "BOOLEAN"),
        ("exempt_until", "DATE"),
        ("remediation", "VARCHAR[]"),
        ("run_started_at", "TIMESTAMP WITH TIME ZONE"),
    ];
    for (name, kind) in types {
        assert_eq!(told["types"][name], kind, "{name}");
    }
}

#[test]
fn ocsf_is_valid_by_the_published_schema() {
    let run = run();
    let told = told("validate_ocsf.py", &[&run.file("findings.ocsf.jsonl")]).expect("valid");
    let expected = json!({
        "0": run.gaps(),
        "1": run.count("COMPLIANT"),
        "2": run.count("UNDETERMINED"),
        "3": run.count("NON_COMPLIANT"),
        "99": run.count("EXEMPT") + run.changed("gone"),
    });
    assert_eq!(told, expected);
}

#[test]
fn sarif_is_valid_by_the_official_schema() {
    let run = run();
    let told = told("validate_sarif.py", &[&run.file("findings.sarif")]).expect("valid");
    let open = run.count("NON_COMPLIANT") + run.count("UNDETERMINED");
    let expected = json!({
        "results": open,
        "suppressed": run.count("EXEMPT"),
        "fingerprints": open + run.count("EXEMPT"),
        "notifications": run.gaps(),
        "successful": false,
    });
    assert_eq!(told, expected);
}

#[test]
fn junit_is_valid_by_the_schema_of_jenkins() {
    let run = run();
    let told = told("validate_junit.py", &[&run.file("findings.junit.xml"), &schema()]).expect("valid");
    assert_eq!(told["tests"], run.findings.len() + run.gaps());
    assert_eq!(told["failures"], run.count("NON_COMPLIANT"));
    assert_eq!(told["errors"], run.count("UNDETERMINED") + run.gaps());
    assert_eq!(told["skipped"], run.count("EXEMPT"));
    let names = told["names"].as_array().expect("names");
    for finding in &run.findings {
        assert!(names.contains(&finding["repository_name"]), "{finding}");
    }
}

/// Where a name got out of its code span, an element, a link or other text would come of it.
#[test]
fn markdown_renders_to_our_own_elements_and_words() {
    let run = run();
    let text = run.text("summary.md");
    assert!(text.len() < 60_000);
    let told = told("validate_markdown.py", &[&run.file("summary.md")]).expect("our own elements only");
    let codes: Vec<&str> = told["codes"].as_array().expect("texts").iter().filter_map(Value::as_str).collect();
    for name in organization::HOSTILE_NAMES.into_iter().filter(|name| !name.contains('\u{202e}')) {
        let name = name.replace("<!", "<\u{2060}!");
        assert!(codes.contains(&name.as_str()), "{name} is in no code span");
    }
}

/// What the comparison is worth: one letter in one row of one format.
#[rstest]
#[case("findings.jsonl", "only in read_parquet")]
#[case("findings.csv", "CSV: repository_name")]
fn a_row_that_differs_is_told(#[case] file: &str, #[case] expected: &str) {
    let run = run();
    let broken = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&broken, run.text(file).replacen("lost-soon", "lost-seen", 1)).expect("written");
    let files = ["findings.jsonl", "findings.csv"]
        .map(|name| if name == file { broken.path().to_owned() } else { run.file(name) });
    let id = run.summary["run"]["id"].as_str().expect("an id");
    let error =
        told("compare_rows.py", &[&files[0], &files[1], &run.dataset(), Path::new(id)]).expect_err("a difference");
    assert!(error.contains(expected) || error.contains("only in read_json"), "{error}");
}

/// What the validators are worth: a file with a small fault is refused.
#[rstest]
#[case("validate_ocsf.py", "findings.ocsf.jsonl", r#""class_uid":2003,"#, "")]
#[case("validate_ocsf.py", "findings.ocsf.jsonl", r#""severity_id":3"#, r#""severity_id":33"#)]
#[case("validate_sarif.py", "findings.sarif", r#""level":"error""#, r#""level":"fatal""#)]
#[case("validate_sarif.py", "findings.sarif", r#""uri":""#, r#""uri":"arn:"#)]
#[case("validate_junit.py", "findings.junit.xml", r#" tests=""#, r#" tests="1"#)]
#[case("validate_junit.py", "findings.junit.xml", "<skipped>", "<skipped why=\"\">")]
#[case("validate_markdown.py", "summary.md", "`</script>", "</script>")]
#[case("validate_markdown.py", "summary.md", "## Open", "## https://example.com Open")]
fn a_file_with_a_fault_is_refused(#[case] script: &str, #[case] file: &str, #[case] from: &str, #[case] to: &str) {
    let text = run().text(file);
    assert!(text.contains(from), "{file} has no {from}");
    let broken = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&broken, text.replacen(from, to, 1)).expect("written");
    let schema = schema();
    let files: &[&Path] = if script == "validate_junit.py" { &[broken.path(), &schema] } else { &[broken.path()] };
    assert!(told(script, files).is_err(), "{script} takes it");
}
