use std::borrow::Cow;
use std::path::Path;

use super::*;
use crate::config_source::compare::Comparison;
use crate::report::samples;

fn location() -> ReportLocation {
    let directory = Path::new("ecr-encryption-report");
    ReportLocation {
        directory: directory.join("runs/2026-11-23-019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"),
        latest: Some(directory.join("latest")),
        names: ["findings.jsonl", "findings.csv", "report.html", "targets.jsonl", "summary.json"]
            .map(str::to_owned)
            .to_vec(),
        older_kept: None,
    }
}

/// The text without its styles; every line of it fits the terminal.
fn plain(summary: &Summary, report: &ReportLocation) -> String {
    let mut out = anstream::StripStream::new(Vec::new());
    write_summary(&mut out, summary, report).unwrap();
    let text = String::from_utf8(out.into_inner()).unwrap();
    // A path is not cut: it is there to be copied.
    for line in text.lines().filter(|line| !line.starts_with("Report: ")) {
        assert!(layout::width(line) <= WIDTH, "{} columns: {line}", layout::width(line));
    }
    text
}

#[test]
fn a_run_that_saw_everything() {
    insta::assert_snapshot!(plain(&samples::summary(&samples::findings()), &location()));
}

#[test]
fn a_run_with_gaps() {
    insta::assert_snapshot!(plain(&samples::summary_with_gaps(&samples::findings()), &location()));
}

#[test]
fn a_run_with_templates() {
    let findings = samples::findings_with_templates();
    insta::assert_snapshot!(plain(&samples::summary(&findings), &location()));
}

#[test]
fn an_interrupted_run() {
    let directory = Path::new("ecr-encryption-report/interrupted-019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071").to_owned();
    let report = ReportLocation { older_kept: Some(Apart::Interrupted), directory, latest: None, ..location() };
    insta::assert_snapshot!(plain(&samples::summary_interrupted(&samples::findings()), &report));
}

#[test]
fn a_comparison() {
    let mut summary = samples::summary(&[]);
    summary.comparison = Some(Comparison { compared: 1_234, ..Comparison::default() });
    assert!(plain(&summary, &location()).contains("  1,234 repositories compared: no differences.\n"));
    let not_compared = samples::coverage().not_covered.iter().take(2).map(Cow::into_owned).collect();
    summary.comparison =
        Some(Comparison { compared: 7, not_recorded: 3, stale: 2, missing: 1, not_compared, ..Comparison::default() });
    let text = plain(&summary, &location());
    let told = text.split("AWS Config beside ECR").nth(1).unwrap().split("\n\n").next().unwrap();
    insta::assert_snapshot!(told);
}

#[test]
fn an_empty_organization() {
    insta::assert_snapshot!(plain(&samples::summary(&[]), &location()));
}

#[test]
fn only_the_worst_accounts_and_the_first_gaps_are_named() {
    let mut findings = vec![samples::non_compliant(); 9];
    for (index, finding) in findings.iter_mut().enumerate() {
        finding.account_id = format!("{index:012}");
    }
    findings.push(findings[7].clone());
    let mut summary = samples::summary_with_gaps(&findings);
    let gap = samples::coverage().gaps().next().unwrap().clone();
    let gaps = (0..9).map(|index| NotCovered { region: Some(format!("xx-{index}")), ..gap.clone() });
    summary.coverage.not_covered = gaps.collect();
    let text = plain(&summary, &location());
    let first = text.lines().skip_while(|line| !line.starts_with("Worst accounts")).nth(1).unwrap();
    assert!(first.contains("000000000007"), "{text}");
    assert!(text.contains("  and 4 more\n"), "{text}");
    assert!(text.contains("    and 6 more, see summary.json\n"), "{text}");
    assert_eq!(text.matches("Hint: ").count(), 1, "the same hint is given once");
}

#[test]
fn names_cannot_steer_the_terminal_nor_widen_it() {
    let mut summary = samples::summary_with_gaps(&samples::findings());
    let gap = NotCovered {
        account_name: Some("\u{1b}]0;owned\u{7}日本語".repeat(20)),
        error_code: None,
        message: "\u{1b}[2J".repeat(40),
        hint: "word\r\n".repeat(200),
        ..summary.coverage.gaps().next().unwrap().clone()
    };
    let entries = summary.coverage.not_covered.iter().map(Cow::into_owned).chain([gap]);
    summary.coverage.not_covered = entries.collect();
    let text = plain(&summary, &location());
    assert!(!text.contains(['\u{1b}', '\u{7}', '\r']), "{text}");
}

#[test]
fn styles_say_nothing_that_words_do_not() {
    let mut styled = Vec::new();
    write_summary(&mut styled, &samples::summary_interrupted(&samples::findings()), &location()).unwrap();
    assert!(String::from_utf8(styled).unwrap().contains("\u{1b}["));
    let text = plain(&samples::summary_interrupted(&samples::findings()), &location());
    for word in ["INTERRUPTED", "INCOMPLETE", "NOT SEEN", "NON_COMPLIANT", "UNDETERMINED", "EXEMPT", "COMPLIANT"] {
        assert!(text.contains(word), "{word}");
    }
}
