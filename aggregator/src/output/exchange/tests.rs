use std::collections::BTreeMap;

use rstest::rstest;
use tempfile::TempDir;

use super::*;

const NAMES: [&str; 3] = ["findings.jsonl", "findings.csv", SUMMARY];

/// A folder with an older report of `older` files, and in it the staging folder of a run that has written its files.
fn folder(older: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for name in older {
        fs::write(folder.path().join(name), format!("older {name}")).unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let staging = staging::path(folder.path(), "abc");
    fs::create_dir_all(staging.join(NEW)).unwrap();
    for name in NAMES {
        fs::write(staging.join(NEW).join(name), format!("new {name}")).unwrap();
    }
    (folder, staging)
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

#[test]
fn a_new_report_leaves_nothing_of_the_older_one() {
    let (folder, staging) = folder(&["findings.jsonl", "report.html", SUMMARY]);
    let moved = replace(folder.path(), &staging, &NAMES).unwrap();
    assert_eq!(moved, NAMES.map(|name| folder.path().join(name)));
    let expected = NAMES.map(|name| (name.to_owned(), format!("new {name}")));
    assert_eq!(
        files(folder.path()),
        [("notes.txt".to_owned(), "mine".to_owned())].into_iter().chain(expected).collect()
    );
}

/// Each of the moves fails once: the older report is always the same as before.
#[rstest]
fn a_move_that_fails_loses_nothing(
    #[values("findings.jsonl", "findings.csv", "summary.json")] missing: &str,
    #[values(&[], &["summary.json"], &["findings.jsonl", "report.html", "summary.json"])] older: &[&str],
) {
    let (folder, staging) = folder(older);
    let before = files(folder.path());
    fs::remove_file(staging.join(NEW).join(missing)).unwrap();
    replace(folder.path(), &staging, &NAMES).unwrap_err();
    restore(folder.path(), &staging).unwrap();
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_folder_in_the_way_is_not_moved() {
    let (folder, staging) = folder(&["findings.jsonl", SUMMARY]);
    let before = files(folder.path());
    fs::create_dir(folder.path().join("report.html")).unwrap();
    let error = replace(folder.path(), &staging, &NAMES).unwrap_err();
    assert!(error.to_string().contains("`report.html`"), "{error}");
    restore(folder.path(), &staging).unwrap();
    assert_eq!(files(folder.path()), before);
    assert!(folder.path().join("report.html").is_dir());
}

/// Does the steps of [`replace`] until `steps` of them are done, as if the process was killed then.
fn killed_after(steps: usize, folder: &Path, staging: &Path) {
    let aside = file_names().filter(|name| folder.join(name).exists());
    let aside = aside.map(|name| (folder.join(name), staging.join(MOVING_ASIDE).join(name)));
    let new = NAMES.map(|name| (staging.join(NEW).join(name), folder.join(name)));
    let moves: Vec<(PathBuf, PathBuf)> =
        aside.chain([(staging.join(MOVING_ASIDE), staging.join(ASIDE))]).chain(new).collect();
    fs::create_dir(staging.join(MOVING_ASIDE)).unwrap();
    for (from, to) in moves.iter().take(steps) {
        fs::rename(from, to).unwrap();
    }
}

#[rstest]
fn the_next_run_puts_back_what_a_killed_one_moved_aside(#[values(0, 1, 2, 3, 4, 5, 6, 7)] steps: usize) {
    let (folder, staging) = folder(&["findings.jsonl", "report.html", SUMMARY]);
    let before = files(folder.path());
    killed_after(steps, folder.path(), &staging);
    clean(folder.path()).unwrap();
    // What cannot be gone on with goes.
    assert!(staging::furthest(folder.path()).unwrap().is_none());
    assert!(!staging.exists());
    let after = files(folder.path());
    if steps < 7 {
        assert_eq!(after, before);
    } else {
        assert_eq!(after.get(SUMMARY).map(String::as_str), Some("new summary.json"));
        assert!(!after.contains_key("report.html"), "{after:?}");
    }
}

#[test]
fn what_cannot_be_put_back_is_named_and_kept() {
    let (folder, staging) = folder(&["findings.jsonl", SUMMARY]);
    killed_after(3, folder.path(), &staging);
    fs::create_dir(folder.path().join("findings.jsonl")).unwrap();
    let error = clean(folder.path()).unwrap_err();
    let kept = staging.join(ASIDE).join("findings.jsonl");
    assert!(error.to_string().contains(kept.to_str().unwrap()), "{error}");
    assert_eq!(fs::read_to_string(kept).unwrap(), "older findings.jsonl");
    fs::remove_dir(folder.path().join("findings.jsonl")).unwrap();
    clean(folder.path()).unwrap();
    assert_eq!(files(folder.path()).len(), 3);
}

#[test]
fn only_staging_folders_are_removed() {
    let (folder, staging) = folder(&[SUMMARY]);
    for name in ["failed-1", "unfinished", ".hidden"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join(".unfinished-notes"), "mine").unwrap();
    clean(folder.path()).unwrap();
    assert!(staging::furthest(folder.path()).unwrap().is_none());
    assert!(!staging.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6);
}

#[test]
fn the_run_that_has_read_most_is_gone_on_with_and_the_others_stay() {
    let (folder, _) = folder(&[SUMMARY]);
    for (id, journal) in [("1", Some("{}{}{}")), ("2", Some("{}")), ("3", None)] {
        let staging = staging::path(folder.path(), id);
        fs::create_dir_all(staging.join(NEW)).unwrap();
        if let Some(journal) = journal {
            fs::write(staging.join(staging::JOURNAL), journal).unwrap();
        }
    }
    let furthest = staging::furthest(folder.path()).unwrap().unwrap();
    assert_eq!(furthest.run_id(), "1");
    assert_eq!(staging::unfinished(folder.path()).unwrap(), ["1", "2"]);
    assert!(!furthest.path().join(NEW).exists());
    // It is still there when the process ends.
    let journal = furthest.path().join(staging::JOURNAL);
    drop(furthest);
    assert!(journal.exists());
}

/// A run is killed while it replaces a report; the next one puts the older report back and is killed while it tidies up. What
/// was read must not be taken for a report that is in its place.
#[rstest]
fn a_journal_outlives_a_tidying_that_is_cut_short(#[values(1, 2, 3, 4)] steps: usize) {
    let (folder, staging) = folder(&["findings.jsonl", SUMMARY]);
    fs::write(staging.join(staging::JOURNAL), "{}").unwrap();
    let before = files(folder.path());
    killed_after(steps, folder.path(), &staging);
    clean(folder.path()).unwrap();
    // As far as the tidying got.
    fs::remove_dir_all(staging.join(NEW)).unwrap();
    clean(folder.path()).unwrap();
    assert_eq!(staging::furthest(folder.path()).unwrap().unwrap().run_id(), "abc");
    assert_eq!(files(folder.path()), before);
}
