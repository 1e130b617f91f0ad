use super::*;
use crate::history::samples::Scanned;
use crate::report::samples;

fn run(directory: &Path, day: u8) -> PathBuf {
    Scanned::at(&format!("2026-11-{day:02}T08:00:00Z"), samples::findings()).keep(directory)
}

fn problem(location: &Path, root: &Path) -> String {
    OpenedRun::open(location).unwrap_err().to_string().replace(root.to_str().unwrap(), "ROOT")
}

fn day(run: &Manifest) -> String {
    run.started_at.strftime("%d").to_string()
}

#[test]
fn a_folder_of_runs_is_its_latest() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("reports");
    let runs = [2, 8, 15].map(|day| run(&directory, day));
    for location in [directory.clone(), directory.join("latest"), runs[2].clone()] {
        let opened = OpenedRun::open(&location).unwrap();
        assert_eq!(opened.trend().unwrap().iter().map(day).collect::<Vec<_>>(), ["02", "08", "15"]);
    }
    let opened = OpenedRun::open(&runs[1]).unwrap();
    assert_eq!(opened.trend().unwrap().iter().map(day).collect::<Vec<_>>(), ["02", "08"]);

    // `latest` says which, where it leads to a run.
    runs::point_latest(&directory, runs[0].file_name().unwrap().to_str().unwrap()).unwrap();
    assert_eq!(day(OpenedRun::open(&directory).unwrap().folder.manifest()), "02");
    runs::point_latest(&directory, "2026-01-01-removed").unwrap();
    assert_eq!(day(OpenedRun::open(&directory).unwrap().folder.manifest()), "15");
    fs::remove_file(directory.join("latest")).unwrap();
    assert_eq!(day(OpenedRun::open(&directory).unwrap().folder.manifest()), "15");
}

#[test]
fn a_run_by_itself_is_its_own_trend() {
    let folder = tempfile::tempdir().unwrap();
    let moved = folder.path().join("moved");
    fs::rename(run(&folder.path().join("reports"), 2), &moved).unwrap();
    assert_eq!(OpenedRun::open(&moved).unwrap().trend().unwrap().len(), 1);
}

#[test]
fn a_run_that_stands_apart_can_be_read_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("reports");
    let mut scanned = Scanned::at("2026-11-20T08:00:00Z", samples::findings());
    scanned.summary.run.interrupted = true;
    let apart = scanned.keep(&directory);
    let name = apart.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("interrupted-"), "{name}");
    assert!(OpenedRun::open(&apart).unwrap().folder.manifest().interrupted);
    assert_eq!(
        problem(&directory, folder.path()),
        format!(
            "`ROOT/reports` holds no finished run, only some that stand apart, `{name}` among them; allowed: a folder of \
             runs, of which the latest is read, or the folder of one run"
        )
    );
    // It is no part of the trend of others, and they are part of its own.
    let finished = run(&directory, 2);
    assert_eq!(OpenedRun::open(&apart).unwrap().trend().unwrap().iter().map(day).collect::<Vec<_>>(), ["02", "20"]);
    assert_eq!(OpenedRun::open(&finished).unwrap().trend().unwrap().len(), 1);
}

#[test]
fn a_run_of_another_version_is_no_part_of_the_trend() {
    let folder = tempfile::tempdir().unwrap();
    let (older, newer) = (run(folder.path(), 2), run(folder.path(), 8));
    let manifest = older.join(MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(manifest, text.replace("\"schema_version\": 1", "\"schema_version\": 7")).unwrap();
    assert_eq!(OpenedRun::open(&newer).unwrap().trend().unwrap().len(), 1);
}

#[test]
fn anything_else_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("empty")).unwrap();
    fs::create_dir_all(root.join("photos/2025")).unwrap();
    fs::create_dir_all(root.join("reports/runs/2026-11-02-x")).unwrap();
    fs::create_dir_all(root.join("flat")).unwrap();
    fs::write(root.join("flat/findings.jsonl"), "").unwrap();
    fs::write(root.join("flat/summary.json"), "{}").unwrap();
    let names = ["nowhere", "flat/summary.json", "empty", "photos", "reports", "reports/runs/2026-11-02-x", "flat"];
    let told: Vec<_> = names.iter().map(|name| problem(&root.join(name), root)).collect();
    insta::assert_snapshot!(told.join("\n"));
}
