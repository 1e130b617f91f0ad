use std::path::PathBuf;

use clap::ValueEnum;
use rstest::rstest;

use super::*;
use crate::args::ReadArgs;
use crate::history::samples::{Scanned, corrupt};
use crate::report::samples;
use crate::store::location::Location;

fn args(from: &Path, formats: &str, output: Option<&Path>) -> ReportArgs {
    let format = formats.split(',').map(|name| Format::from_str(name, false).unwrap()).collect();
    let from = Location::Folder(from.to_owned());
    ReportArgs { from, read: ReadArgs::default(), format, output: output.map(Path::to_owned), overwrite: false }
}

fn run(args: &ReportArgs, out: &mut dyn Write, is_terminal: bool) -> Result<(), RunError> {
    let rendering = Rendering::of(args, is_terminal)?;
    rendering.render(&OpenedRun::open(args.from.folder().unwrap())?, out)
}

fn kept(directory: &Path) -> PathBuf {
    Scanned::at("2026-11-02T08:00:00Z", samples::findings_with_templates()).keep(directory)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn problem(args: &ReportArgs, is_terminal: bool) -> RunError {
    let mut out = Vec::new();
    let error = run(args, &mut out, is_terminal).unwrap_err();
    assert_eq!(out, b"");
    error
}

#[test]
fn every_format_is_as_a_scan_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let run_folder = kept(&folder.path().join("reports"));
    for format in Format::ALL {
        let args = ReportArgs { format: vec![format], ..args(&run_folder, "json", None) };
        let mut out = Vec::new();
        run(&args, &mut out, false).unwrap();
        let output = folder.path().join("again");
        run(&ReportArgs { output: Some(output.clone()), ..args }, &mut Vec::new(), false).unwrap();
        assert!(fs::read(output.join(format.file_name())).unwrap() == out, "{format:?}");
        assert!(!out.is_empty(), "{format:?}");
        if format == Format::Jsonl {
            assert!(out == fs::read(run_folder.join("findings.jsonl")).unwrap());
        }
    }
    let mut expected = Format::ALL.map(Format::file_name);
    expected.sort_unstable();
    assert_eq!(names(&folder.path().join("again")), expected);
}

#[test]
fn changes_and_the_runs_before_are_in_it() {
    let folder = tempfile::tempdir().unwrap();
    kept(folder.path());
    let mut later = Scanned::at("2026-11-08T08:00:00Z", samples::findings());
    let before = samples::non_compliant();
    later.summary.changes = Some(crate::history::change::ChangeTotals {
        since_run_id: "before".to_owned(),
        since: "2026-11-02T08:00:00Z".parse().unwrap(),
        new: 0,
        changed: 0,
        fixed: 0,
        exempted: 0,
        gone: 1,
        no_longer_seen: 0,
        no_longer_seen_open: 0,
        newly_lost: 0,
        still_open: 0,
        oldest_open_since: None,
    });
    later.changes.push(crate::history::change::Change {
        account_id: before.account_id.clone(),
        account_name: None,
        organizational_unit_path: None,
        region: before.region.clone(),
        finding_type: before.finding_type,
        repository_name: "was-there".to_owned(),
        repository_arn: None,
        change: crate::history::change::ChangeKind::Gone,
        why: Vec::new(),
        open_since: None,
        before: Some(crate::history::change::Facts::from(&before)),
        after: None,
    });
    later.keep(folder.path());
    let mut out = Vec::new();
    run(&args(folder.path(), "json", None), &mut out, false).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert!(document["changes"].to_string().contains("was-there"), "{document}");
    let opened = OpenedRun::open(folder.path()).unwrap();
    assert_eq!(opened.trend().unwrap().len(), 2);
}

#[rstest]
#[case::two_to_stdout(
    "csv,html",
    false,
    "several formats do not fit standard output: name a folder for their files with --output"
)]
#[case::parquet("parquet", true, "parquet is not for a terminal: send it to a file, or name a folder with --output")]
fn what_does_not_fit_standard_output(#[case] formats: &str, #[case] is_terminal: bool, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let error = problem(&args(&kept(folder.path()), formats, None), is_terminal);
    assert!(matches!(error, RunError::Usage(_)));
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_file_that_is_there_is_replaced_only_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let run_folder = kept(&folder.path().join("reports"));
    let output = folder.path().join("out");
    fs::create_dir(&output).unwrap();
    fs::write(output.join("findings.csv"), "mine").unwrap();
    let mut args = args(&run_folder, "csv,html", Some(&output));
    let error = problem(&args, false);
    assert!(error.to_string().ends_with("/out/findings.csv` is there already: --overwrite replaces it"), "{error}");
    assert_eq!(names(&output), ["findings.csv"]);
    assert_eq!(fs::read(output.join("findings.csv")).unwrap(), b"mine");

    args.overwrite = true;
    run(&args, &mut Vec::new(), false).unwrap();
    assert_eq!(names(&output), ["findings.csv", "report.html"]);
    assert!(fs::read(output.join("findings.csv")).unwrap().starts_with(b"account_id,"));

    fs::remove_file(output.join("findings.csv")).unwrap();
    fs::create_dir(output.join("findings.csv")).unwrap();
    assert!(
        problem(&args, false).to_string().ends_with("/out/findings.csv` is a folder, where a file is to be written")
    );
}

#[test]
fn the_files_of_the_scan_are_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let run_folder = kept(folder.path());
    let before = fs::read(run_folder.join("findings.jsonl")).unwrap();
    for output in [run_folder.clone(), folder.path().join("latest")] {
        let mut args = args(folder.path(), "jsonl", Some(&output));
        args.overwrite = true;
        assert!(problem(&args, false).to_string().contains("is the run's own"));
    }
    assert!(fs::read(run_folder.join("findings.jsonl")).unwrap() == before);
}

#[test]
fn nothing_appears_of_a_damaged_run() {
    let folder = tempfile::tempdir().unwrap();
    let run_folder = kept(&folder.path().join("reports"));
    corrupt(&run_folder.join("findings.jsonl"));
    let output = folder.path().join("out");
    for output in [None, Some(&*output)] {
        let error = problem(&args(&run_folder, "csv", output), false);
        assert!(error.to_string().contains("findings.jsonl`"), "{error}");
    }
    assert_eq!(names(&output), Vec::<String>::new());
}
