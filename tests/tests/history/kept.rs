//! Folders of runs as a scan leaves them, and the binary that reads them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

pub const HOME: &str = "111111111111";
pub const SHOP: &str = "222222222222";

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The day of November 2026.
    pub day: u8,
    pub findings: Vec<Value>,
    /// The lines of `changes.jsonl`, where there is one.
    pub changes: Option<Vec<Value>>,
    /// By account, the Regions that were read whole.
    pub targets: BTreeMap<String, Vec<String>>,
    pub organization: Option<String>,
    pub caller: String,
    pub interrupted: bool,
}

impl Run {
    /// A run that read both accounts whole, in eu-west-1.
    pub fn new(day: u8, findings: &[Value]) -> Self {
        Self {
            day,
            findings: findings.to_vec(),
            changes: None,
            targets: [HOME, SHOP].map(|id| (id.to_owned(), vec!["eu-west-1".to_owned()])).into(),
            organization: Some("o-exampleorg".to_owned()),
            caller: HOME.to_owned(),
            interrupted: false,
        }
    }

    /// The same, with an account that could not be entered.
    pub fn without(mut self, account: &str) -> Self {
        self.targets.remove(account);
        self.findings.retain(|finding| finding["account_id"] != account);
        self
    }

    fn id(&self) -> String {
        format!("019ab3c4-0000-7000-8000-0000000000{:02}", self.day)
    }

    fn at(&self) -> String {
        format!("2026-11-{:02}T08:00:00Z", self.day)
    }

    fn by_status(&self) -> Value {
        let count = |status: &str| self.findings.iter().filter(|finding| finding["status"] == status).count();
        json!({
            "compliant": count("COMPLIANT"),
            "non_compliant": count("NON_COMPLIANT"),
            "undetermined": count("UNDETERMINED"),
            "exempt": count("EXEMPT"),
        })
    }

    fn summary(&self) -> Value {
        json!({
            "schema_version": 1,
            "run": {
                "id": self.id(), "started_at": self.at(), "resumed_at": [], "finished_at": self.at(),
                "interrupted": self.interrupted, "interruption": null, "tool_version": "0.1.0",
                "caller_account_id": self.caller, "organization_id": self.organization, "policy": {}, "source": "api",
            },
            "totals": {
                "repositories": self.findings.len(), "by_status": self.by_status(), "by_level": {}, "by_account": {},
                "by_region": {}, "by_reason_code": {}, "templates": null,
            },
            "coverage": { "accounts_found": 2, "targets_scanned": self.targets.len(), "not_covered": [] },
            "api_calls": {}, "api_retries": 0, "comparison": null, "changes": null,
        })
    }

    /// Writes it as a folder in `directory/runs`, to which `latest` leads then; an interrupted one stands apart.
    pub fn keep(&self, directory: &Path) -> PathBuf {
        let name = format!("2026-11-{:02}-{}", self.day, self.id());
        let folder = if self.interrupted {
            directory.join(format!("interrupted-{}", self.id()))
        } else {
            directory.join("runs").join(&name)
        };
        fs::create_dir_all(&folder).unwrap();
        let lines =
            |lines: &[Value]| lines.iter().flat_map(|line| [line.to_string(), "\n".to_owned()]).collect::<String>();
        // A run reads after it has begun.
        let read = |finding: &Value| {
            let mut finding = finding.clone();
            if let Some(at) = finding.get_mut("evaluated_at") {
                *at = self.at().into();
            }
            finding
        };
        let findings: Vec<Value> = self.findings.iter().map(read).collect();
        let targets: Vec<Value> =
            self.targets.iter().map(|(id, regions)| targets(id, regions, &self.findings)).collect();
        let mut files = vec![
            ("findings.jsonl", lines(&findings)),
            ("summary.json", self.summary().to_string()),
            ("targets.jsonl", lines(&targets)),
        ];
        files.extend(self.changes.iter().map(|changes| ("changes.jsonl", lines(changes))));
        for (name, text) in &files {
            fs::write(folder.join(name), text).unwrap();
        }
        let files: Vec<Value> = files.iter().map(|(name, text)| described(name, text.as_bytes())).collect();
        let manifest = json!({
            "schema_version": 1, "run_id": self.id(), "started_at": self.at(), "finished_at": self.at(),
            "interrupted": self.interrupted, "tool_version": "0.1.0", "caller_account_id": self.caller,
            "organization_id": self.organization, "repositories": self.findings.len(), "by_status": self.by_status(),
            "by_level": {}, "accounts_found": 2, "targets_scanned": self.targets.len(), "gaps": 0, "changes": null,
            "files": files, "dataset": null,
        });
        fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
        if !self.interrupted {
            let latest = directory.join("latest");
            let _none = fs::remove_file(&latest);
            std::os::unix::fs::symlink(Path::new("runs").join(name), latest).unwrap();
        }
        folder
    }
}

fn targets(account: &str, regions: &[String], findings: &[Value]) -> Value {
    let count = |region: &str| {
        findings.iter().filter(|finding| finding["account_id"] == account && finding["region"] == region).count()
    };
    let regions: BTreeMap<&str, usize> = regions.iter().map(|region| (region.as_str(), count(region))).collect();
    json!({ "account_id": account, "account_name": null, "organizational_unit_path": null, "regions": regions })
}

fn described(name: &str, text: &[u8]) -> Value {
    let sha256 = Sha256::digest(text).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    json!({ "name": name, "bytes": text.len(), "sha256": sha256 })
}

/// A repository in eu-west-1.
pub fn repository(account: &str, name: &str, status: &str) -> Value {
    let (level, reason_code) = match status {
        "COMPLIANT" => ("awscmk", "level-met"),
        "EXEMPT" => ("sse", "exempt-by-name"),
        "UNDETERMINED" => ("awskms", "key-access-denied"),
        _ => ("sse", "below-desired-level"),
    };
    json!({
        "account_id": account, "account_name": if account == SHOP { "=cmd()|</script>\u{202e}🙂" } else { "Home" },
        "organizational_unit_path": "Root", "region": "eu-west-1", "repository_name": name,
        "repository_arn": format!("arn:aws:ecr:eu-west-1:{account}:repository/{name}"),
        "created_at": "2026-01-01T00:00:00Z", "encryption_type": "KMS", "kms_key": null, "kms_key_arn": null,
        "key_manager": null, "key_origin": null, "key_state": null, "encryption_level": level,
        "encryption_level_is_lower_bound": false, "desired_encryption_level": "awscmk", "status": status,
        "reason_code": reason_code, "reason": format!("the reason of {name}"), "override": null, "exempt_until": null,
        "remediation": [], "evaluated_at": "2026-11-01T08:00:00Z", "finding_type": "repository", "recorded_at": null,
        "key_recorded_at": null, "open_since": null,
    })
}

/// What the binary said.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A folder to keep runs in.
pub struct Bench {
    pub directory: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The binary, in this folder, with nothing of this machine's configuration.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.env_clear().current_dir(self.path()).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs it; the paths that it tells begin with `DIR`.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(self.path().to_str().unwrap(), "DIR");
        Outcome { status: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// The binary that this test's build has made.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().unwrap().parent().unwrap().join("ecr-encryption");
    assert!(binary.exists(), "{} is missing: run `make test`, or `make build` first", binary.display());
    binary
}

/// What is in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
