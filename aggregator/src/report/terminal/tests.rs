use std::borrow::Cow;

use super::*;
use crate::config_source::compare::Comparison;
use crate::history::change::ChangeTotals;
use crate::report::samples;

fn location() -> ReportLocation {
    ReportLocation {
        place: "ecr-encryption-report/latest".to_owned(),
        kept_as: Some("runs/2026-11-23-019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071".to_owned()),
        overtaken: None,
        names: ["findings.jsonl", "findings.csv", "report.html", "targets.jsonl", "summary.json"]
            .map(str::to_owned)
            .to_vec(),
        older_kept: None,
    }
}

/// The text without its styles; every line of it fits the terminal.
fn plain(summary: &Summary, report: &ReportLocation) -> String {
    let mut out = anstream::StripStream::new(Vec::new());
    write_summary(&mut out, summary, &Delivered::default(), report).unwrap();
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
    let place = "ecr-encryption-report/interrupted-019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071".to_owned();
    let report = ReportLocation { older_kept: Some(Apart::Interrupted), place, kept_as: None, ..location() };
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
    write_summary(&mut styled, &samples::summary_interrupted(&samples::findings()), &Delivered::default(), &location())
        .unwrap();
    assert!(String::from_utf8(styled).unwrap().contains("\u{1b}["));
    let text = plain(&samples::summary_interrupted(&samples::findings()), &location());
    for word in ["INTERRUPTED", "INCOMPLETE", "NOT SEEN", "NON_COMPLIANT", "UNDETERMINED", "EXEMPT", "COMPLIANT"] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn what_has_changed() {
    let mut summary = samples::summary(&samples::findings());
    let totals = ChangeTotals {
        since_run_id: "019ab3c4-0000-7000-8000-000000000000".to_owned(),
        since: "2026-11-22T13:02:00Z".parse().unwrap(),
        new: 3,
        changed: 1_204,
        fixed: 12,
        exempted: 0,
        gone: 1,
        no_longer_seen: 4_000_000,
        no_longer_seen_open: 3_999_999,
        newly_lost: 0,
        still_open: 2_345,
        oldest_open_since: Some("2025-01-02T03:04:05Z".parse().unwrap()),
    };
    summary.changes = Some(totals.clone());
    let section = |summary: &Summary| {
        let text = plain(summary, &location());
        text.split("Since ").nth(1).unwrap().split("\n\n").next().unwrap().to_owned()
    };
    let told = section(&summary);
    let nothing = ChangeTotals {
        new: 0,
        changed: 0,
        fixed: 0,
        gone: 0,
        no_longer_seen: 0,
        no_longer_seen_open: 0,
        newly_lost: 0,
        still_open: 0,
        oldest_open_since: None,
        ..totals
    };
    summary.changes = Some(nothing);
    insta::assert_snapshot!(format!("{told}\n\n{}", section(&summary)));
    summary.changes = None;
    assert!(!plain(&summary, &location()).contains("Since "));
}
