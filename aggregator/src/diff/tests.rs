use std::path::{Path, PathBuf};

use rstest::rstest;

use super::*;
use crate::args::ReadArgs;
use crate::history::samples::Scanned;
use crate::report::diff::DiffFormat;
use crate::report::samples;
use crate::store::location::Location;

fn args(old: &Path, new: &Path) -> DiffArgs {
    let fail_on = DiffFailOn::parse("new,changed,no-longer-seen").unwrap();
    let [old, new] = [old, new].map(|folder| Location::Folder(folder.to_owned()));
    DiffArgs { old, new, read: ReadArgs::default(), format: DiffFormat::Text, fail_on }
}

fn run(args: &DiffArgs, out: &mut dyn Write) -> Result<ExitStatus, RunError> {
    let open = |location: &Location| OpenedRun::open(location.folder().unwrap());
    super::run(args, &open(&args.old)?, &open(&args.new)?, out)
}

fn run_at(directory: &Path, day: u8) -> PathBuf {
    Scanned::at(&format!("2026-11-{day:02}T08:00:00Z"), samples::findings()).keep(directory)
}

fn found(new: u64, worsened: u64, newly_lost: u64) -> Found {
    let totals = ChangeTotals {
        since_run_id: String::new(),
        since: "2026-11-01T08:00:00Z".parse().unwrap(),
        new,
        changed: worsened + 1,
        fixed: 1,
        exempted: 1,
        gone: 1,
        // What was lost before is told, and is no news.
        no_longer_seen: newly_lost + 1,
        no_longer_seen_open: 0,
        newly_lost,
        still_open: 7,
        oldest_open_since: None,
    };
    Found { totals, worsened }
}

#[rstest]
#[case::nothing(found(0, 0, 0), "new,changed,no-longer-seen", ExitStatus::Clean)]
#[case::new(found(1, 0, 1), "new,changed,no-longer-seen", ExitStatus::NonCompliant)]
#[case::worse(found(0, 1, 1), "new,changed,no-longer-seen", ExitStatus::NonCompliant)]
#[case::lost(found(0, 0, 1), "new,changed,no-longer-seen", ExitStatus::Incomplete)]
#[case::lost_is_fine(found(0, 0, 1), "new,changed", ExitStatus::Clean)]
#[case::new_is_fine(found(1, 0, 1), "no-longer-seen", ExitStatus::Incomplete)]
#[case::worse_is_fine(found(0, 1, 0), "new", ExitStatus::Clean)]
#[case::all_is_fine(found(1, 1, 1), "never", ExitStatus::Clean)]
fn exit_statuses(#[case] found: Found, #[case] fail_on: &str, #[case] expected: ExitStatus) {
    assert_eq!(DiffFailOn::parse(fail_on).unwrap().status(&found), expected);
}

#[rstest]
#[case("")]
#[case("never,new")]
#[case("fixed")]
fn what_is_nothing_to_fail_on(#[case] text: &str) {
    DiffFailOn::parse(text).unwrap_err();
}

#[test]
fn runs_that_cannot_be_compared() {
    let folder = tempfile::tempdir().unwrap();
    let (older, newer) = (run_at(folder.path(), 2), run_at(folder.path(), 8));
    let problem = |old: &Path, new: &Path| {
        let mut out = Vec::new();
        let error = run(&args(old, new), &mut out).unwrap_err();
        assert!(matches!(error, RunError::Usage(_)), "{error:?}");
        assert_eq!(out, b"");
        error.to_string().replace(folder.path().to_str().unwrap(), "DIR")
    };
    let mixed_up = problem(&newer, &older);
    assert!(mixed_up.starts_with("OLD and NEW are mixed up: the run in `DIR/runs/2026-11-08-"), "{mixed_up}");
    assert!(mixed_up.ends_with("which started at 2026-11-02T08:00:00Z; swap them"), "{mixed_up}");
    assert_eq!(problem(&newer, &newer.clone()).matches("OLD and NEW are both `DIR/runs/2026-11-08-").count(), 1);
    let same = problem(&newer, folder.path());
    assert!(same.contains("and `DIR` are the same run, ") && same.ends_with("there is nothing to compare"), "{same}");
    assert!(problem(&older, &folder.path().join("x")).starts_with("`DIR/x` does not exist; allowed: "));
    run(&args(&older, &newer), &mut Vec::new()).unwrap();
}

#[test]
fn a_damaged_run_gives_no_figures() {
    let folder = tempfile::tempdir().unwrap();
    let (older, newer) = (run_at(folder.path(), 2), run_at(folder.path(), 8));
    crate::history::samples::corrupt(&older.join("findings.jsonl"));
    let mut out = Vec::new();
    let error = run(&args(&older, &newer), &mut out).unwrap_err();
    assert!(matches!(error, RunError::CouldNotRun(_)));
    assert!(error.to_string().contains("findings.jsonl`"), "{error}");
    assert_eq!(error.to_string().matches("findings.jsonl").count(), 1, "{error}");
    assert_eq!(String::from_utf8(out).unwrap(), "");
}

#[test]
fn templates_that_the_later_run_did_not_look_at_are_lost_from_sight() {
    let folder = tempfile::tempdir().unwrap();
    let mut older = Scanned::at("2026-11-02T08:00:00Z", samples::findings_with_templates());
    let mut newer = Scanned::at("2026-11-08T08:00:00Z", samples::findings());
    let (older, newer) = (older.keep(folder.path()), newer.keep(folder.path()));
    let mut out = Vec::new();
    assert_eq!(run(&args(&older, &newer), &mut out).unwrap(), ExitStatus::Incomplete);
    let text = String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap();
    assert!(text.contains("  no longer seen            3  2 of them open; not seen is not fixed\n"), "{text}");
}
