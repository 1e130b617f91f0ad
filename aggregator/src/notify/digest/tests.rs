use rstest::rstest;

use super::*;
use crate::notify::NotifyOn;
use crate::notify::text::{headline, plain};
use crate::report::samples;

fn totals() -> ChangeTotals {
    ChangeTotals {
        since_run_id: "019ab3c4-0000-7000-8000-000000000000".to_owned(),
        since: "2026-11-22T13:02:00Z".parse().unwrap(),
        new: 2,
        changed: 1,
        fixed: 3,
        exempted: 0,
        gone: 1,
        no_longer_seen: 4,
        no_longer_seen_open: 1,
        newly_lost: 3,
        still_open: 1_203,
        oldest_open_since: Some("2026-03-01T08:00:00Z".parse().unwrap()),
    }
}

fn nothing() -> ChangeTotals {
    let ChangeTotals { since_run_id, since, .. } = totals();
    ChangeTotals {
        since_run_id,
        since,
        new: 0,
        changed: 0,
        fixed: 0,
        exempted: 0,
        gone: 0,
        no_longer_seen: 0,
        no_longer_seen_open: 0,
        newly_lost: 0,
        still_open: 0,
        oldest_open_since: None,
    }
}

fn of(summary: &Summary, failures: &[String]) -> Digest {
    Digest::of(summary, None, ExitStatus::NonCompliant, Some("s3://reports/ecr/runs/2026-11-23-019ab3c4"), failures)
}

/// A later run was published before it.
#[test]
fn a_run_that_was_overtaken() {
    let why = "a later one has finished before it, 2026-11-24-019ab3c5";
    let digest = of(&samples::summary(&samples::findings()), &[]).overtaken(Some(why.to_owned()));
    assert!(plain(&digest).contains(&format!("\n\nIt is not the newest run: {why}\n\n")), "{}", plain(&digest));
}

/// A run with changes, gaps and a failure.
pub(crate) fn changed() -> Digest {
    let mut summary = samples::summary_with_gaps(&samples::findings_with_templates());
    summary.changes = Some(totals());
    of(&summary, &["Security Hub: 3 findings were not imported".to_owned()])
}

/// Names that mean to be more than names.
pub(crate) fn hostile() -> Digest {
    let mut summary = samples::summary_with_gaps(&samples::findings());
    summary.run.organization_id = Some("o-<!channel>@here".to_owned());
    for (index, name) in
        ["<!here> @channel", "*bold* `code` & <b>", "a\u{202e}b\u{1b}[2J\nc", "<https://example.com|x>"]
            .into_iter()
            .enumerate()
    {
        let counts = StatusCounts { non_compliant: 100, ..StatusCounts::default() };
        let account = AccountTotals { account_name: Some(name.into()), organizational_unit_path: None, counts };
        summary.totals.by_account.insert(format!("00000000000{index}"), account);
    }
    of(&summary, &["it failed:\n  <!here> @channel".to_owned()])
}

/// Everything as long as it can be.
fn huge() -> Digest {
    let mut summary = samples::summary_interrupted(&samples::findings());
    summary.changes = Some(ChangeTotals { new: u64::MAX / 10, ..totals() });
    for index in 0..10_000 {
        let counts = StatusCounts { non_compliant: 1_000_000, undetermined: 1_000_000, ..StatusCounts::default() };
        let account =
            AccountTotals { account_name: Some("&".repeat(400).into()), organizational_unit_path: None, counts };
        summary.totals.by_account.insert(format!("{index:012}"), account);
    }
    let report = "&<>".repeat(2_000);
    Digest::of(&summary, None, ExitStatus::NonCompliant, Some(&report), &vec!["<".repeat(10_000); 100])
}

/// One of each kind.
pub(crate) fn all() -> Vec<Digest> {
    let empty = of(&samples::summary(&[]), &[]);
    let failed = Digest::of_failure(ExitStatus::CouldNotRun, "no AWS credentials were found");
    vec![changed(), hostile(), huge(), empty, failed]
}

#[test]
fn a_run_with_everything() {
    insta::assert_snapshot!(plain(&changed()));
}

#[test]
fn a_first_run_that_found_nothing_wrong() {
    let summary = samples::summary(&[samples::compliant()]);
    insta::assert_snapshot!(plain(&Digest::of(&summary, None, ExitStatus::Clean, Some("ecr-encryption-report"), &[])));
}

#[test]
fn a_run_that_could_not_run() {
    insta::assert_snapshot!(plain(&Digest::of_failure(
        ExitStatus::CouldNotRun,
        "no AWS credentials were found:\n  none"
    )));
}

#[test]
fn for_machines() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&changed()).unwrap());
}

#[test]
fn nothing_steers_a_terminal() {
    let text = plain(&hostile());
    assert!(text.contains("a\u{fffd}b\u{fffd}[2J\u{fffd}c"), "{text}");
    assert!(text.contains("it failed: <!here> @channel"), "{text}");
}

#[test]
fn it_is_short_whatever_there_is() {
    let text = plain(&huge());
    assert!(text.len() < 16 << 10, "{}", text.len());
    assert!(headline(&huge()).chars().count() <= 100);
    assert!(text.contains("and 9,998 more"), "{text}");
}

#[rstest]
#[case::nothing(|_: &mut ChangeTotals| (), false)]
#[case::new(|changes: &mut ChangeTotals| changes.new = 1, true)]
#[case::changed(|changes: &mut ChangeTotals| changes.changed = 1, true)]
#[case::fixed(|changes: &mut ChangeTotals| changes.fixed = 1, true)]
#[case::exempted(|changes: &mut ChangeTotals| changes.exempted = 1, true)]
#[case::gone(|changes: &mut ChangeTotals| changes.gone = 1, true)]
#[case::newly_lost(|changes: &mut ChangeTotals| changes.newly_lost = 1, true)]
#[case::lost_before(|changes: &mut ChangeTotals| changes.no_longer_seen = 1, false)]
#[case::still_open(|changes: &mut ChangeTotals| changes.still_open = 9, false)]
fn what_is_a_change(#[case] alter: fn(&mut ChangeTotals), #[case] expected: bool) {
    let mut summary = samples::summary_with_gaps(&samples::findings());
    let mut changes = nothing();
    alter(&mut changes);
    summary.changes = Some(changes);
    let earlier = Manifest::of(&summary);
    let digest = |earlier: Option<&Manifest>| Digest::of(&summary, earlier, ExitStatus::Clean, None, &[]);
    assert_eq!(digest(Some(&earlier)).changed, expected);
    assert_eq!(NotifyOn::Change.wants(&digest(Some(&earlier))), expected);
    for other in [
        Manifest { gaps: earlier.gaps + 1, ..earlier.clone() },
        Manifest { targets_scanned: earlier.targets_scanned - 1, ..earlier.clone() },
        Manifest { accounts_found: earlier.accounts_found + 1, ..earlier.clone() },
    ] {
        assert!(digest(Some(&other)).changed, "coverage");
    }
    summary.changes = None;
    assert!(Digest::of(&summary, None, ExitStatus::Clean, None, &[]).changed, "no earlier run");
}

#[rstest]
#[case(ExitStatus::Clean, false)]
#[case(ExitStatus::NonCompliant, true)]
#[case(ExitStatus::Incomplete, true)]
fn what_is_a_problem(#[case] exit: ExitStatus, #[case] expected: bool) {
    let summary = samples::summary(&samples::findings());
    let digest = Digest::of(&summary, None, exit, None, &[]);
    assert_eq!(NotifyOn::Problem.wants(&digest), expected);
    assert!(NotifyOn::Always.wants(&digest));
    assert_eq!(digest.outcome, Outcome::NonCompliant, "whatever is made of it");
    for wants in [NotifyOn::Always, NotifyOn::Change, NotifyOn::Problem] {
        assert!(wants.wants(&Digest::of_failure(ExitStatus::CouldNotRun, "")));
    }
}
