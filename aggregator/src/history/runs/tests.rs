use rstest::rstest;

use super::*;
use crate::report::samples;

fn run(directory: &Path, day: u8) -> String {
    let mut summary = samples::summary(&[]);
    summary.run.id = format!("019ab3c4-0000-7000-8000-0000000000{day:02}");
    summary.run.started_at = format!("2026-11-{day:02}T08:00:00Z").parse().unwrap();
    let manifest = Manifest::of(&summary);
    let name = run_name(manifest.started_at, &manifest.run_id);
    let path = directory.join(RUNS).join(&name);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join(MANIFEST), serde_json::to_string(&manifest).unwrap()).unwrap();
    name
}

fn limit(limit: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(limit)
}

#[rstest]
#[case::all(0, 0, &[])]
#[case::the_newest_two(2, 0, &[1, 2])]
#[case::the_newest_alone(1, 0, &[1, 2, 3])]
#[case::more_than_there_are(9, 0, &[])]
#[case::of_ten_days(0, 10, &[1, 2])]
#[case::of_a_day_and_the_newest_stays(0, 1, &[1, 2, 3])]
#[case::of_either(3, 1, &[1])]
#[case::of_the_other(1, 10, &[1, 2])]
fn surplus_runs(#[case] runs: u32, #[case] days: u32, #[case] removed: &[usize]) {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = [2, 8, 15, 20].into_iter().map(|day| run(folder.path(), day)).collect();
    let retention = Retention { runs: limit(runs), days: limit(days) };
    let gone = retain(folder.path(), retention, "2026-11-23T08:00:00Z".parse().unwrap()).unwrap();
    let expected: Vec<_> = removed.iter().map(|index| names[index - 1].clone()).collect();
    assert_eq!(gone, expected);
    let left: Vec<_> = kept(folder.path()).unwrap().into_iter().map(|run| run.name).collect();
    assert_eq!(left, names.into_iter().filter(|name| !expected.contains(name)).collect::<Vec<_>>());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_limit_before_all_time_removes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let _names = [2, 8].map(|day| run(folder.path(), day));
    let retention = Retention { runs: None, days: limit(u32::MAX) };
    assert!(retain(folder.path(), retention, "2026-11-23T08:00:00Z".parse().unwrap()).unwrap().is_empty());
}

/// Nor is it the newest, whatever its name.
#[test]
fn a_copy_of_a_run_is_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let [older, newer] = [2, 8].map(|day| run(folder.path(), day));
    let copy = folder.path().join(RUNS).join("the-best-one");
    fs::create_dir(&copy).unwrap();
    fs::copy(folder.path().join(RUNS).join(&older).join(MANIFEST), copy.join(MANIFEST)).unwrap();
    repair(folder.path()).unwrap();
    assert_eq!(latest(folder.path()).unwrap().as_ref(), Some(&newer));
    let retention = Retention { runs: limit(1), days: None };
    let gone = retain(folder.path(), retention, "2026-11-23T08:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(gone, [older]);
    assert!(copy.exists() && folder.path().join(RUNS).join(newer).exists());
}

#[test]
fn latest_leads_to_a_run_and_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(latest(folder.path()).unwrap(), None);
    repair(folder.path()).unwrap();
    assert_eq!(latest(folder.path()).unwrap(), None);
    let (older, newer) = (run(folder.path(), 2), run(folder.path(), 8));
    point_latest(folder.path(), &older).unwrap();
    assert_eq!(latest(folder.path()).unwrap(), Some(older));
    assert!(folder.path().join(LATEST).join(MANIFEST).exists());
    fs::create_dir(folder.path().join(".removed-x")).unwrap();
    fs::write(folder.path().join(".latest-x"), "").unwrap();
    repair(folder.path()).unwrap();
    assert_eq!(latest(folder.path()).unwrap().as_ref(), Some(&newer));
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 2);
    // A file system without links.
    fs::remove_file(folder.path().join(LATEST)).unwrap();
    fs::write(folder.path().join(LATEST), format!("runs/{newer}\n")).unwrap();
    assert_eq!(latest(folder.path()).unwrap(), Some(newer));
}

#[test]
fn a_run_that_cannot_be_read_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (cut, whole) = (run(folder.path(), 2), run(folder.path(), 8));
    fs::write(folder.path().join(RUNS).join(cut).join(MANIFEST), "{\"schema").unwrap();
    let names: Vec<_> = kept(folder.path()).unwrap().into_iter().map(|run| run.name).collect();
    assert_eq!(names, [whole]);
}
