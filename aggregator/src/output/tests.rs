use super::*;
use crate::coverage::NotCovered;
use crate::history::manifest::{Manifest, ManifestFile};
use crate::report::samples;

/// The summary of a run that goes there.
fn summary(output: &Output) -> Summary {
    let mut summary = samples::summary(&[]);
    summary.run.id = output.run_id().to_owned();
    summary
}

fn publish(output: &Output) -> anyhow::Result<Published> {
    let summary = summary(output);
    let written =
        output.writers(&[Format::Jsonl], &summary.run, false, false)?.finish(&summary, Vec::new(), &|| false)?;
    output.publish(&written, &summary, true, Retention::default())
}

#[test]
fn what_was_given_up_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::prepare(folder.path(), false).unwrap();
    let summary = samples::summary(&[]);
    let written = output
        .writers(&[Format::Jsonl], &summary.run, false, false)
        .unwrap()
        .finish(&summary, Vec::new(), &|| false)
        .unwrap();
    assert!(output.abandon());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    output.publish(&written, &summary, true, Retention::default()).unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_was_published_cannot_be_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::prepare(folder.path(), false).unwrap();
    publish(&output).unwrap();
    assert!(!output.abandon());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn runs_are_kept_side_by_side_and_the_newest_is_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = Output::prepare(folder.path(), false).unwrap();
        let location = publish(&output).unwrap();
        let latest = Path::new(&location.location.place);
        assert_eq!(location.folder.canonicalize().unwrap(), latest.canonicalize().unwrap());
        assert_eq!(names(&location.folder), ["findings.jsonl", "manifest.json", "summary.json", "targets.jsonl"]);
        let written: Manifest =
            serde_json::from_slice(&fs::read(location.folder.join("manifest.json")).unwrap()).unwrap();
        for file in &written.files {
            let content = fs::read(location.folder.join(&file.name)).unwrap();
            assert_eq!(file.bytes, content.len() as u64);
        }
        // The SHA-256 of nothing.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(written.files[0].sha256, empty);
    }
    assert_eq!(runs::kept(folder.path()).unwrap().len(), 2);
    assert_eq!(names(folder.path()), ["latest", "runs"]);
}

/// A step that fails takes back those before it.
#[test]
fn a_run_that_cannot_become_the_latest_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    publish(&Output::prepare(folder.path(), false).unwrap()).unwrap();
    let before = runs::latest(folder.path()).unwrap();
    let output = Output::prepare(folder.path(), false).unwrap();
    let summary = summary(&output);
    let written = output
        .writers(&[Format::Jsonl], &summary.run, false, false)
        .unwrap()
        .finish(&summary, Vec::new(), &|| false)
        .unwrap();
    fs::write(output.staging().join(NEW).join(DATASET_PART), "columns").unwrap();
    let mut written = written;
    written.manifest.files.push(ManifestFile { name: DATASET_PART.to_owned(), bytes: 7, sha256: String::new() });
    // What is to be renamed to `latest` is in the way of itself.
    let name = runs::run_name(written.manifest.started_at, output.run_id());
    fs::create_dir_all(folder.path().join(format!(".{LATEST}-{name}/x"))).unwrap();
    output.publish(&written, &summary, true, Retention::default()).unwrap_err();
    assert_eq!(runs::latest(folder.path()).unwrap(), before);
    assert_eq!(runs::kept(folder.path()).unwrap().len(), 1);
    let days = fs::read_dir(folder.path().join(DATASET)).unwrap();
    assert_eq!(days.map(|day| fs::read_dir(day.unwrap().path()).unwrap().count()).sum::<usize>(), 0);
}

#[test]
fn the_part_of_a_dataset_is_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::prepare(folder.path(), false).unwrap();
    let summary = summary(&output);
    let mut written = output
        .writers(&[Format::Jsonl], &summary.run, false, false)
        .unwrap()
        .finish(&summary, Vec::new(), &|| false)
        .unwrap();
    fs::write(output.staging().join(NEW).join(DATASET_PART), "columns").unwrap();
    written.manifest.files.push(ManifestFile { name: DATASET_PART.to_owned(), bytes: 7, sha256: String::new() });
    output.publish(&written, &summary, true, Retention::default()).unwrap();
    let run = runs::kept(folder.path()).unwrap().remove(0);
    let dataset = run.manifest.dataset.unwrap();
    assert_eq!(dataset.name, format!("parquet/scan_date=2026-11-23/{}.parquet", run.manifest.run_id));
    assert_eq!(fs::read(folder.path().join(dataset.name)).unwrap(), b"columns");
    assert!(run.manifest.files.iter().all(|file| file.name != DATASET_PART));
    runs::remove_dataset_part(folder.path(), &run.manifest.run_id).unwrap();
    assert_eq!(fs::read_dir(folder.path().join(DATASET)).unwrap().count(), 0);
}

#[test]
fn a_run_that_saw_too_little_stands_apart() {
    let folder = tempfile::tempdir().unwrap();
    publish(&Output::prepare(folder.path(), false).unwrap()).unwrap();
    let before = runs::latest(folder.path()).unwrap();
    let output = Output::prepare(folder.path(), false).unwrap();
    let mut summary = summary(&output);
    summary.coverage.targets_scanned = 0;
    let written = output
        .writers(&[Format::Jsonl], &summary.run, false, false)
        .unwrap()
        .finish(&summary, Vec::new(), &|| false)
        .unwrap();
    let location = output.publish(&written, &summary, false, Retention::default()).unwrap();
    assert_eq!((location.location.older_kept, location.location.kept_as), (Some(Apart::Empty), None));
    assert!(location.folder.join("manifest.json").exists());
    assert_eq!(runs::latest(folder.path()).unwrap(), before);
}

/// A summary of 10,000 accounts is megabytes; written piece by piece, that would be as many system calls.
#[cfg(target_os = "linux")]
#[test]
fn the_summary_is_written_in_few_calls() {
    let calls = || -> u64 {
        let counters = fs::read_to_string("/proc/thread-self/io").unwrap();
        counters.lines().find_map(|line| line.strip_prefix("syscw: ")).unwrap().parse().unwrap()
    };
    let mut summary = samples::summary_with_gaps(&samples::findings());
    let gap = summary.coverage.gaps().next().unwrap().clone();
    let gaps = (0..1_000).map(|index| NotCovered { region: Some(format!("xx-{index}")), ..gap.clone() });
    summary.coverage.not_covered = gaps.collect();
    let folder = tempfile::tempdir().unwrap();
    let output = Output::prepare(folder.path(), false).unwrap();
    let writers = output.writers(&[], &summary.run, false, false).unwrap();
    let before = calls();
    writers.finish(&summary, Vec::new(), &|| false).unwrap();
    let size = fs::metadata(output.staging().join(NEW).join(SUMMARY)).unwrap().len();
    assert!(size > 100_000);
    assert!(calls() - before < size / 1_000, "{} calls for {size} bytes", calls() - before);
}

const ELSEWHERE: &str = "019ab3c4-0000-7000-8000-000000000000";

#[test]
fn a_journal_that_comes_from_elsewhere_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut output = Output::prepare(folder.path(), true).unwrap();
    let own = output.run_id().to_owned();
    assert_eq!((output.resumes(), output.unfinished_bytes()), (false, None));
    fs::write(output.incoming(ELSEWHERE).unwrap(), "read there").unwrap();
    output.adopt(ELSEWHERE).unwrap();
    assert_eq!((output.run_id(), output.resumes(), output.unfinished_bytes()), (ELSEWHERE, true, Some(10)));
    assert!(!folder.path().join(format!(".unfinished-{own}")).exists());
    // It is kept as if it had been read here.
    drop(output);
    let again = Output::prepare(folder.path(), true).unwrap();
    assert_eq!((again.run_id(), fs::read_to_string(again.journal()).unwrap()), (ELSEWHERE, "read there".to_owned()));
}

/// Of the same run there is less here: that is there until there is better.
#[test]
fn what_comes_from_elsewhere_takes_the_place_of_what_is_here() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join(format!(".unfinished-{ELSEWHERE}"));
    fs::create_dir(&here).unwrap();
    fs::write(here.join("journal"), "less").unwrap();
    let mut output = Output::prepare(folder.path(), true).unwrap();
    assert_eq!((output.run_id(), output.unfinished_bytes()), (ELSEWHERE, Some(4)));
    fs::write(output.incoming(ELSEWHERE).unwrap(), "torn").unwrap();
    output.refuse(ELSEWHERE);
    assert_eq!((names(&here), output.unfinished_bytes()), (vec!["journal".to_owned()], Some(4)));
    fs::write(output.incoming(ELSEWHERE).unwrap(), "more than that").unwrap();
    output.adopt(ELSEWHERE).unwrap();
    assert_eq!((names(&here), output.unfinished_bytes()), (vec!["journal".to_owned()], Some(14)));
}

/// The process has ended while it was coming.
#[test]
fn what_has_come_in_part_is_nothing_to_go_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::prepare(folder.path(), true).unwrap();
    fs::write(output.incoming(ELSEWHERE).unwrap(), "a part").unwrap();
    drop(output);
    let output = Output::prepare(folder.path(), true).unwrap();
    assert!(!output.resumes());
    assert!(!folder.path().join(format!(".unfinished-{ELSEWHERE}")).exists());
    fs::write(output.incoming(ELSEWHERE).unwrap(), "torn").unwrap();
    output.refuse(ELSEWHERE);
    assert!(!folder.path().join(format!(".unfinished-{ELSEWHERE}")).exists());
}

#[test]
fn a_run_that_is_over_elsewhere_is_given_up_for_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join(format!(".unfinished-{ELSEWHERE}"));
    fs::create_dir(&here).unwrap();
    fs::write(here.join("journal"), "read").unwrap();
    let mut output = Output::prepare(folder.path(), true).unwrap();
    output.begin_anew().unwrap();
    assert!(!output.resumes() && output.run_id() != ELSEWHERE);
    assert!(!here.exists() && output.staging().is_dir() && !output.journal().exists());
    publish(&output).unwrap();
}
