//! `ecr-encryption diff`.

use std::io::Read;
use std::process::Stdio;

use jsonschema::validator_for;
use rstest::rstest;
use serde_json::Value;

use crate::kept::{Bench, HOME, Run, SHOP, repository};

/// Something of each kind.
fn two_runs() -> [Run; 2] {
    let old = [
        repository(HOME, "app", "COMPLIANT"),
        repository(HOME, "exempted", "NON_COMPLIANT"),
        repository(HOME, "fixed", "NON_COMPLIANT"),
        repository(HOME, "gone", "NON_COMPLIANT"),
        repository(HOME, "unproved", "UNDETERMINED"),
        repository(SHOP, "lost", "NON_COMPLIANT"),
    ];
    let new = [
        repository(HOME, "app", "NON_COMPLIANT"),
        repository(HOME, "exempted", "EXEMPT"),
        repository(HOME, "fixed", "COMPLIANT"),
        repository(HOME, "unproved", "NON_COMPLIANT"),
    ];
    [Run::new(2, &old), Run::new(8, &new).without(SHOP)]
}

#[test]
fn what_has_changed_is_told_in_every_form() {
    let bench = Bench::new();
    let [old, new] = two_runs().map(|run| run.keep(bench.path()));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    for form in ["text", "markdown"] {
        let outcome = bench.run(&["diff", old, new, "--format", form]);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (3, ""));
        insta::assert_snapshot!(format!("diff_{form}"), outcome.stdout);
    }
    let lines = bench.run(&["diff", old, new, "--format", "jsonl"]).stdout;
    let schema: Value = serde_json::from_str(include_str!("../../../aggregator/schema/change.schema.json")).unwrap();
    let schema = validator_for(&schema).unwrap();
    let changes: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for change in &changes {
        schema.validate(change).unwrap_or_else(|error| panic!("{error}: {change}"));
    }
    let kinds: Vec<&str> = changes.iter().map(|change| change["change"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["new", "exempted", "fixed", "gone", "changed", "no-longer-seen"]);
    let document: Value = serde_json::from_str(&bench.run(&["diff", old, new, "--format", "json"]).stdout).unwrap();
    assert_eq!(document["changes"].as_array().unwrap(), &changes);
    assert_eq!(document["totals"]["no_longer_seen_open"], 1);
    assert_eq!(document["older"]["started_at"], "2026-11-02T08:00:00Z");
}

#[rstest]
#[case::everything(&[], 3)]
#[case::not_new(&["--fail-on", "changed"], 3)]
#[case::lost(&["--fail-on", "no-longer-seen"], 4)]
#[case::never(&["--fail-on", "never"], 0)]
fn exit_statuses(#[case] flags: &[&str], #[case] expected: i32) {
    let bench = Bench::new();
    let [old, new] = two_runs().map(|run| run.keep(bench.path()));
    let arguments = [&["diff", old.to_str().unwrap(), new.to_str().unwrap()], flags].concat();
    assert_eq!(bench.run(&arguments).status, expected);
}

#[test]
fn a_lost_account_is_no_fix() {
    let bench = Bench::new();
    let findings = [repository(HOME, "app", "COMPLIANT"), repository(SHOP, "bad", "NON_COMPLIANT")];
    Run::new(2, &findings).keep(bench.path());
    let new = Run::new(8, &findings).without(SHOP).keep(&bench.path().join("other"));
    let outcome = bench.run(&["diff", ".", new.to_str().unwrap(), "--format", "jsonl"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (4, ""));
    assert!(outcome.stdout.contains(r#""change":"no-longer-seen""#), "{}", outcome.stdout);
    assert_eq!(outcome.stdout.lines().count(), 1);
    // Nothing has changed between a run and its copy of another day.
    let same = Run::new(8, &findings).keep(&bench.path().join("same"));
    let outcome = bench.run(&["diff", ".", same.to_str().unwrap(), "--format", "jsonl"]);
    assert_eq!((outcome.status, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, "", ""));
}

/// What the earlier run had lost itself is found again, with its age.
#[test]
fn what_was_lost_before_keeps_its_age() {
    let bench = Bench::new();
    let mut bad = repository(SHOP, "bad", "NON_COMPLIANT");
    let first = Run::new(2, std::slice::from_ref(&bad));
    let mut second = Run::new(8, &[]).without(SHOP);
    let [old, new] = [&first, &second].map(|run| run.keep(bench.path()).to_str().unwrap().to_owned());
    let lost = bench.run(&["diff", &old, &new, "--format", "jsonl"]).stdout;
    second.changes = Some(lost.lines().map(|line| serde_json::from_str(line).unwrap()).collect());
    let second = second.keep(bench.path());
    bad["evaluated_at"] = "2026-11-15T08:00:00Z".into();
    let third = Run::new(15, &[bad]).keep(bench.path());
    let outcome = bench.run(&["diff", second.to_str().unwrap(), third.to_str().unwrap()]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("since 2 Nov 2026 (13 days)"), "{}", outcome.stdout);
    let emptied = Run::new(16, &[]).keep(bench.path());
    let outcome = bench.run(&["diff", second.to_str().unwrap(), emptied.to_str().unwrap(), "--format", "jsonl"]);
    assert!(outcome.stdout.contains(r#""change":"gone""#), "{}", outcome.stdout);
}

#[test]
fn runs_that_see_something_else_are_warned_of() {
    let bench = Bench::new();
    let findings = [repository(HOME, "app", "COMPLIANT")];
    let old = Run::new(2, &findings).keep(bench.path());
    let other = Run { organization: None, ..Run::new(8, &findings) }.keep(bench.path());
    let outcome = bench.run(&["diff", old.to_str().unwrap(), other.to_str().unwrap()]);
    assert_eq!(outcome.status, 0);
    assert!(outcome.stderr.contains("OLD is of the organization o-exampleorg, NEW of the account 111111111111"));
    let by_another = Run { caller: SHOP.to_owned(), ..Run::new(9, &findings) }.keep(bench.path());
    let outcome = bench.run(&["diff", old.to_str().unwrap(), by_another.to_str().unwrap()]);
    assert!(outcome.stderr.contains("OLD by 111111111111, NEW by 222222222222"), "{}", outcome.stderr);
    let stopped = Run { interrupted: true, ..Run::new(10, &findings) }.keep(bench.path());
    let outcome = bench.run(&["diff", old.to_str().unwrap(), stopped.to_str().unwrap()]);
    assert_eq!(outcome.status, 0);
    assert!(outcome.stderr.contains("was stopped before it was done"), "{}", outcome.stderr);
}

#[test]
fn a_reader_that_has_seen_enough_changes_nothing() {
    let bench = Bench::new();
    let findings: Vec<Value> =
        (0..3_000).map(|index| repository(HOME, &format!("bad-{index:04}"), "NON_COMPLIANT")).collect();
    let old = Run::new(2, &[]).keep(bench.path());
    let new = Run::new(8, &findings).keep(bench.path());
    let mut command = bench.command(&["diff", old.to_str().unwrap(), new.to_str().unwrap(), "--format", "jsonl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn no_colour_where_it_is_not_wanted() {
    let bench = Bench::new();
    let [old, new] = two_runs().map(|run| run.keep(bench.path()));
    let text = |name: &str, value: &str| {
        let mut command = bench.command(&["diff", old.to_str().unwrap(), new.to_str().unwrap()]);
        String::from_utf8(command.env(name, value).output().unwrap().stdout).unwrap()
    };
    assert!(text("CLICOLOR_FORCE", "1").contains("\u{1b}["));
    assert!(!text("NO_COLOR", "1").contains('\u{1b}'));
}
