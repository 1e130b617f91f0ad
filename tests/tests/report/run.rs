//! One scan into every format, which all tests read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use integration_tests::Simulator;
use serde_json::Value;
use tempfile::TempDir;

use crate::organization::{POLICY, organization};

/// Every format that has a reader here.
const FORMATS: &str = "jsonl,csv,json,parquet,ocsf,sarif,junit,markdown";

/// What the scan left behind.
pub struct Run {
    /// The folder of the report.
    pub folder: PathBuf,
    pub findings: Vec<Value>,
    pub summary: Value,
}

/// Made once, by the test that comes first.
pub fn run() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        // Nothing drops a static: it is a folder of this build's, and made anew by the next run.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
        let _none_yet = fs::remove_dir_all(&folder);
        let simulator = Simulator::start_blocking(organization()).expect("the simulator");
        let policy = TempDir::new().expect("a folder");
        let policy = policy.path().join("policy.toml");
        fs::write(&policy, POLICY).expect("a policy");
        let output = Command::new(program())
            .args(["scan", "--format", FORMATS, "--policy"])
            .arg(&policy)
            .arg("--output")
            .arg(&folder)
            .env_clear()
            .envs(simulator.environment())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/nonexistent")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
            .output()
            .expect("the program runs");
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        let mut run = Run { folder, findings: Vec::new(), summary: Value::Null };
        run.findings =
            run.text("findings.jsonl").lines().map(|line| serde_json::from_str(line).expect("a finding")).collect();
        run.summary = serde_json::from_str(&run.text("summary.json")).expect("a summary");
        run
    })
}

impl Run {
    /// The file of this name, wherever in the folder the run has put it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.only(|path| path.file_name().is_some_and(|file| file == name)).unwrap_or_else(|| panic!("no {name}"))
    }

    /// The part of the dataset that is the run's.
    pub fn dataset(&self) -> PathBuf {
        self.only(|path| path.extension().is_some_and(|extension| extension == "parquet")).expect("a Parquet file")
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("a file")
    }

    pub fn count(&self, status: &str) -> usize {
        self.findings.iter().filter(|finding| finding["status"] == status).count()
    }

    /// How much was not seen that may hide repositories.
    pub fn gaps(&self) -> usize {
        let told = self.summary["coverage"]["not_covered"].as_array().expect("a list");
        let no_gaps = ["region-disabled", "account-not-active"];
        told.iter().filter(|entry| !no_gaps.contains(&entry["cause"].as_str().unwrap_or_default())).count()
    }

    fn only(&self, wanted: impl Fn(&Path) -> bool) -> Option<PathBuf> {
        let mut folders = vec![self.folder.clone()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let entry = entry.expect("an entry");
                // A link to the newest run is no second file.
                match entry.file_type().expect("a type") {
                    kind if kind.is_dir() => folders.push(entry.path()),
                    kind if kind.is_file() && wanted(&entry.path()) => found.push(entry.path()),
                    _ => {}
                }
            }
        }
        assert!(found.len() <= 1, "{found:?}");
        found.pop()
    }
}

/// The program that `make build` made, next to the folder of this test's own executable.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("this test's executable");
    let folder = test.parent().and_then(Path::parent).expect("target/debug/deps/TEST");
    let program = folder.join(format!("ecr-encryption{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is missing: run `make build` first, or `make test`", program.display());
    program
}
