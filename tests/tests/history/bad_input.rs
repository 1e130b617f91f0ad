//! What cannot be read is told in one clear message, and nothing is written.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::kept::{Bench, HOME, Run, names, repository};

/// Damages a run in one way, and shows what is said.
fn damaged(damage: impl Fn(&Path)) -> String {
    let bench = Bench::new();
    let findings = ["a", "b"].map(|name| repository(HOME, name, "NON_COMPLIANT"));
    Run::new(2, &findings).keep(&bench.path().join("old"));
    let folder = Run::new(8, &findings).keep(&bench.path().join("new"));
    damage(&folder);
    let commands: [&[&str]; 2] =
        [&["diff", "old", "new"], &["report", "--from", "new", "--format", "csv", "--output", "out"]];
    let told = commands.map(|arguments| {
        let outcome = bench.run(arguments);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        outcome.stderr
    });
    assert_eq!(told[0], told[1]);
    let output = bench.path().join("out");
    assert!(!output.exists() || names(&output).is_empty());
    told[0].clone()
}

fn replace(name: &str, from: &str, to: &str) -> impl Fn(&Path) {
    move |folder| {
        let file = folder.join(name);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
    }
}

#[test]
fn damaged_runs() {
    let cut = |folder: &Path| {
        let file = folder.join("findings.jsonl");
        let text = fs::read(&file).unwrap();
        fs::write(&file, &text[..text.len() / 2]).unwrap();
    };
    let told = [
        damaged(cut),
        damaged(replace("findings.jsonl", "awscmk", "awskms")),
        damaged(replace("findings.jsonl", "\"NON_COMPLIANT\"", "\"NON_COMPLAINT\"")),
        damaged(replace("manifest.json", "\"schema_version\":1", "\"schema_version\":2")),
        damaged(replace("manifest.json", "{", "[")),
        damaged(replace("summary.json", "\"interrupted\":false", "\"interrupted\":true ")),
        damaged(|folder| fs::remove_file(folder.join("targets.jsonl")).unwrap()),
    ];
    insta::assert_snapshot!(told.concat());
}

#[test]
fn places_that_are_none() {
    let bench = Bench::new();
    let findings = [repository(HOME, "app", "COMPLIANT")];
    let older = Run::new(2, &findings).keep(&bench.path().join("reports"));
    let newer = Run::new(8, &findings).keep(&bench.path().join("reports"));
    let (older, newer) = (older.to_str().unwrap(), newer.to_str().unwrap());
    fs::create_dir(bench.path().join("empty")).unwrap();
    fs::create_dir(bench.path().join("flat")).unwrap();
    fs::write(bench.path().join("flat/findings.jsonl"), "").unwrap();
    let cases: [&[&str]; 15] = [
        &["diff", newer, older],
        &["diff", "reports", "reports"],
        &["diff", newer, "reports"],
        &["diff", older],
        &["diff", older, "nowhere"],
        &["diff", older, "empty"],
        &["diff", older, "flat"],
        &["diff", older, "reports/latest/summary.json"],
        &["diff", older, newer, "--format", "html"],
        &["diff", older, newer, "--fail-on", "fixed"],
        &["report", "--from", "reports"],
        &["report", "--from", "reports", "--format", "csv,html"],
        &["report", "--from", "reports", "--format", "csv", "--overwrite"],
        &["report", "--from", "reports", "--format", "csv", "--output", newer],
        &["report", "--from", "reports", "--format", "csv", "--output", "flat/findings.jsonl"],
    ];
    let mut shown = String::new();
    for arguments in cases {
        let outcome = bench.run(arguments);
        assert_eq!(outcome.stdout, "");
        let arguments = arguments.join(" ").replace(bench.path().to_str().unwrap(), "DIR");
        writeln!(shown, "$ {arguments}\n{}exit status {}\n", outcome.stderr, outcome.status).unwrap();
    }
    insta::assert_snapshot!(shown);
    assert_eq!(names(bench.path()), ["empty", "flat", "reports"]);
}

#[test]
fn help() {
    let bench = Bench::new();
    let shown = ["diff", "report"].map(|command| {
        let output = bench.command(&[command, "--help"]).env("COLUMNS", "100").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    });
    insta::assert_snapshot!(shown.join("\n────────\n\n"));
}
