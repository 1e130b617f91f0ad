//! The real program, run against the server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::oracle::POLICY;

/// A finished scan.
pub struct Scan {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The files of the report, hidden ones included.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Scan {
    /// Runs `ecr-encryption scan` into a new folder.
    pub fn run(endpoint: &str, flags: &[&str]) -> Self {
        Self::run_in(tempfile::tempdir().expect("a folder").path(), endpoint, flags)
    }

    /// Runs it with its policy and its report in `folder`.
    pub fn run_in(folder: &Path, endpoint: &str, flags: &[&str]) -> Self {
        let (policy, report) = (folder.join("policy.toml"), folder.join("report"));
        std::fs::write(&policy, POLICY).expect("a policy file");
        let Output { status, stdout, stderr } = Command::new(program())
            .args(["scan", "--policy"])
            .arg(policy)
            .arg("--output")
            .arg(&report)
            .args(flags)
            .env_clear()
            .envs(environment(endpoint))
            .output()
            .expect("the program runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            status: status.code(),
            stdout: text(stdout),
            stderr: text(stderr),
            files: files_of(&report.join("latest")),
        }
    }

    fn file(&self, name: &str) -> &str {
        let content = self.files.get(name).unwrap_or_else(|| panic!("no {name}: {}", self.stderr));
        std::str::from_utf8(content).expect("UTF-8")
    }

    /// The lines of `findings.jsonl`, as they are but for the time in `evaluated_at`.
    pub fn lines(&self) -> Vec<String> {
        let text = self.file("findings.jsonl");
        assert!(text.is_empty() || text.ends_with('\n'), "the last line is not whole");
        text.lines().map(without_time).collect()
    }

    pub fn findings(&self) -> Vec<Value> {
        self.lines().iter().map(|line| serde_json::from_str(line).expect("a finding")).collect()
    }

    pub fn summary(&self) -> Value {
        serde_json::from_str(self.file("summary.json")).expect("a summary")
    }

    /// Names of the accounts that have findings.
    pub fn accounts(&self) -> Vec<String> {
        let mut names: Vec<String> = self.findings().iter().map(|finding| text(finding, "account_name")).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// What makes a program the caller of the server at `endpoint`.
pub fn environment(endpoint: &str) -> [(&'static str, &str); 7] {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ]
}

fn files_of(report: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(report) else { return BTreeMap::new() };
    entries
        .map(|entry| entry.expect("a file"))
        // A folder has no business there: it shows by its name.
        .map(|entry| {
            (entry.file_name().into_string().expect("a name"), std::fs::read(entry.path()).unwrap_or_default())
        })
        .collect()
}

/// A field that must be text.
pub fn text(finding: &Value, field: &str) -> String {
    finding[field].as_str().unwrap_or_else(|| panic!("no {field}: {finding}")).to_owned()
}

fn without_time(line: &str) -> String {
    let (before, rest) = line.split_once(r#""evaluated_at":""#).expect("evaluated_at");
    let (time, after) = rest.split_once('"').expect("the end of a time");
    time.parse::<jiff::Timestamp>().expect("a time");
    format!(r#"{before}"evaluated_at":""{after}"#)
}

/// The program that `make build` made, next to the folder of this test's own executable.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("this test's executable");
    let folder = test.parent().and_then(Path::parent).expect("target/debug/deps/TEST");
    let program = folder.join(format!("ecr-encryption{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is missing: run `make build` first, or `make test`", program.display());
    program
}
