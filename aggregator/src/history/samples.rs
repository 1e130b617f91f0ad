//! Runs in a folder, for the tests of what reads them.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::change::Change;
use super::manifest::hexadecimal;
use super::runs::Retention;
use super::targets::AccountTargets;
use crate::finding::Finding;
use crate::output::Output;
use crate::report::{Format, samples};
use crate::summary::Summary;

/// What a run has found.
#[derive(Debug, Clone)]
pub(crate) struct Scanned {
    pub(crate) summary: Summary,
    pub(crate) findings: Vec<Finding>,
    pub(crate) changes: Vec<Change>,
    pub(crate) targets: Vec<AccountTargets>,
}

impl Scanned {
    /// A finished run that began at that time, and saw everything of the accounts of these findings.
    pub(crate) fn at(started_at: &str, findings: Vec<Finding>) -> Self {
        let mut summary = samples::summary(&findings);
        summary.run.started_at = started_at.parse().unwrap();
        summary.run.finished_at = summary.run.started_at + jiff::SignedDuration::from_mins(3);
        let mut targets: Vec<AccountTargets> = Vec::new();
        for finding in &findings {
            if targets.last().is_none_or(|last| last.account_id != finding.account_id) {
                targets.push(AccountTargets {
                    account_id: finding.account_id.clone(),
                    account_name: finding.account_name.clone(),
                    organizational_unit_path: finding.organizational_unit_path.clone(),
                    regions: std::collections::BTreeMap::default(),
                });
            }
            let last = targets.last_mut().unwrap();
            *last.regions.entry(finding.region.clone()).or_default() += 1;
        }
        Self { summary, findings, changes: Vec::new(), targets }
    }

    pub(crate) fn started_at(&self) -> Timestamp {
        self.summary.run.started_at
    }

    /// Writes it as a scan does, and gives its folder.
    pub(crate) fn keep(&mut self, directory: &Path) -> PathBuf {
        let output = Output::prepare(directory, false).unwrap();
        output.run_id().clone_into(&mut self.summary.run.id);
        let mut writers =
            output.writers(&[Format::Jsonl], &self.summary.run, self.summary.changes.is_some(), false).unwrap();
        for finding in &self.findings {
            writers.finding(finding).unwrap();
        }
        for change in &self.changes {
            writers.change(change).unwrap();
        }
        for targets in &self.targets {
            writers.account(targets).unwrap();
        }
        let written = writers.finish(&self.summary, Vec::new(), &|| false).unwrap();
        output.publish(&written, &self.summary, true, Retention::default()).unwrap().folder
    }
}

/// Writes something else into a file of a run, as long as it was.
pub(crate) fn corrupt(file: &Path) {
    let mut text = fs::read(file).unwrap();
    let at = text.iter().rposition(u8::is_ascii_digit).unwrap();
    text[at] = if text[at] == b'0' { b'1' } else { b'0' };
    fs::write(file, text).unwrap();
}

/// Makes the manifest tell of the files as they are now.
pub(crate) fn seal(run: &Path) {
    use sha2::{Digest, Sha256};
    let path = run.join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for file in manifest["files"].as_array_mut().unwrap() {
        let text = fs::read(run.join(file["name"].as_str().unwrap())).unwrap();
        file["bytes"] = text.len().into();
        file["sha256"] = hexadecimal(&Sha256::digest(&text)).into();
    }
    fs::write(path, manifest.to_string()).unwrap();
}
