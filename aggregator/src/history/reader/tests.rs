use std::fs;

use rstest::rstest;

use super::*;
use crate::history::parts::{Part, Parts};
use crate::history::place::Place;
use crate::history::samples::{Scanned, corrupt, seal};
use crate::report::samples;

const AT: &str = "2026-11-02T08:00:00Z";

/// A finding of another account.
fn elsewhere(account: &str) -> Finding {
    Finding { account_id: account.to_owned(), ..samples::non_compliant() }
}

fn run(directory: &Path) -> (Scanned, PathBuf) {
    let mut scanned = Scanned::at(AT, samples::findings_with_templates());
    let path = scanned.keep(directory);
    (scanned, path)
}

/// Reads everything, and gives what is wrong.
fn problem(path: &Path) -> String {
    let read = || -> Result<(), Box<dyn std::error::Error>> {
        let run = RunFolder::open(path)?;
        run.summary()?;
        for part in Parts::all(&run)? {
            part?;
        }
        Ok(())
    };
    let error = read().unwrap_err().to_string();
    error.replace(path.to_str().unwrap(), "RUN")
}

#[test]
fn a_run_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let (scanned, path) = run(folder.path());
    let run = RunFolder::open(&path).unwrap();
    assert_eq!(run.manifest().started_at, scanned.started_at());
    assert_eq!(run.summary().unwrap(), scanned.summary);
    assert_eq!(run.findings().unwrap().map(Result::unwrap).collect::<Vec<_>>(), scanned.findings);
    assert_eq!(run.targets().unwrap().map(Result::unwrap).collect::<Vec<_>>(), scanned.targets);
    assert!(run.changes().unwrap().is_none());
}

#[rstest]
#[case::findings("findings.jsonl")]
#[case::summary("summary.json")]
#[case::targets("targets.jsonl")]
fn what_was_changed_is_noticed(#[case] name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = run(folder.path());
    let file = path.join(name);
    let whole = fs::read(&file).unwrap();
    corrupt(&file);
    let changed = problem(&path);
    assert!(changed.starts_with(&format!("`RUN/{name}`")), "{changed}");
    // It may not even be JSON any more; where it is, the checksum tells.
    assert!(changed.contains("SHA-256") || changed.contains("line"), "{changed}");
    fs::write(&file, &whole[..whole.len() - 7]).unwrap();
    assert_eq!(
        problem(&path),
        format!(
            "`RUN/{name}` is cut off or was changed: it has {} bytes, and manifest.json tells of {}",
            whole.len() - 7,
            whole.len()
        )
    );
    fs::remove_file(file).unwrap();
    assert_eq!(problem(&path), format!("`RUN` is not a finished run: {name} is missing"));
}

/// What the run's own writer would never write, with the checksums of what there is.
#[rstest]
#[case::cut("{\"account_id\":\"11", "`RUN/findings.jsonl`, line 2: it is cut off")]
#[case::no_json("nonsense\n", "`RUN/findings.jsonl`, line 2: expected ident at line 1 column 2")]
#[case::empty("\n", "`RUN/findings.jsonl`, line 2: EOF while parsing a value at line 2 column 0")]
#[case::no_finding("{}\n", "`RUN/findings.jsonl`, line 2: missing field `account_id` at line 1 column 2")]
fn a_line_that_is_wrong_is_named(#[case] line: &str, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = Scanned::at(AT, vec![samples::compliant()]).keep(folder.path());
    let file = path.join("findings.jsonl");
    fs::write(&file, fs::read_to_string(&file).unwrap() + line).unwrap();
    seal(&path);
    assert_eq!(problem(&path), expected);
}

#[test]
fn what_is_no_lines_at_all_does_not_fill_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = Scanned::at(AT, vec![]).keep(folder.path());
    fs::write(path.join("findings.jsonl"), vec![b' '; 3 * 1024 * 1024]).unwrap();
    seal(&path);
    assert_eq!(problem(&path), "`RUN/findings.jsonl`, line 1: it is longer than any line can be");
}

#[test]
fn findings_come_in_order_and_once() {
    let folder = tempfile::tempdir().unwrap();
    for (findings, expected) in [
        ([elsewhere("222222222222"), elsewhere("111111111111")], "it is out of order"),
        ([elsewhere("111111111111"), elsewhere("111111111111")], "it is told twice"),
    ] {
        let path = Scanned::at(AT, findings.to_vec()).keep(folder.path());
        assert_eq!(problem(&path), format!("`RUN/findings.jsonl`, line 2: {expected}"));
    }
}

#[rstest]
#[case("manifest.json")]
#[case("summary.json")]
fn another_version_is_told_with_this_one(#[case] name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = run(folder.path());
    let file = path.join(name);
    fs::write(&file, r#"{"schema_version":2,"runs":[]}"#).unwrap();
    if name != MANIFEST {
        seal(&path);
    }
    assert_eq!(
        problem(&path),
        format!("`RUN/{name}` is of schema version 2, and this version of ecr-encryption reads schema version 1")
    );
    fs::write(&file, "[]").unwrap();
    if name == MANIFEST {
        assert!(problem(&path).starts_with("`RUN/manifest.json` cannot be understood: "), "{}", problem(&path));
    }
}

#[test]
fn a_file_that_the_manifest_does_not_name_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = run(folder.path());
    let manifest = path.join(MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("targets.jsonl", "../targets.jsonl")).unwrap();
    assert_eq!(problem(&path), "`RUN` is not a finished run: targets.jsonl is missing");
}

#[test]
fn of_each_account_come_its_findings_its_changes_and_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = ["111111111111", "333333333333", "444444444444"].map(elsewhere);
    let mut before = Scanned::at("2026-11-01T08:00:00Z", accounts.to_vec());
    let before = RunFolder::open(&before.keep(folder.path())).unwrap();
    let mut scanned = Scanned::at(AT, vec![elsewhere("222222222222"), elsewhere("333333333333")]);
    let later = crate::history::compare::LaterRun {
        started_at: scanned.started_at(),
        with_templates: false,
        folder: folder.path().to_owned(),
    };
    let mut join = crate::history::compare::ChangeJoin::open(before.earlier().unwrap(), later).unwrap();
    let mut changes = Vec::new();
    let mut emit = |change: &Change| {
        changes.push(change.clone());
        Ok(())
    };
    for (finding, targets) in scanned.findings.iter_mut().zip(&scanned.targets) {
        join.finding(finding, &mut emit).unwrap();
        join.account(targets, &mut emit).unwrap();
    }
    scanned.summary.changes = Some(join.finish(&mut emit).unwrap());
    scanned.changes = changes;
    let run = RunFolder::open(&scanned.keep(folder.path())).unwrap();
    let parts: Vec<String> = Parts::all(&run)
        .unwrap()
        .map(|part| match part.unwrap() {
            Part::Finding(finding) => format!("finding {}", Place::from(&*finding).account_id),
            Part::Change(change) => format!("{:?} {}", change.change, change.account_id),
            Part::Account(targets) => format!("account {}", targets.account_id),
        })
        .collect();
    assert_eq!(
        parts,
        [
            "NoLongerSeen 111111111111",
            "finding 222222222222",
            "New 222222222222",
            "account 222222222222",
            "finding 333333333333",
            "account 333333333333",
            "NoLongerSeen 444444444444",
        ]
    );
    assert_eq!(Parts::without_changes(&run).unwrap().count(), 4);
    // The third run knows what the second had lost.
    assert_eq!(run.earlier().unwrap().unseen.map(Result::unwrap).count(), 3);
}
