//! What a run's folder holds, and the run in figures: `manifest.json`. It is small whatever the organization's size, and
//! written last: a folder without it is not whole.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::history::change::ChangeTotals;
use crate::history::runs::{DATASET_PART, dataset_file};
use crate::summary::{SCHEMA_VERSION, StatusCounts, Summary};

/// The name of the file.
pub const MANIFEST: &str = "manifest.json";

/// A run in figures, and its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// The version of the form of this file, and of the others beside it.
    pub schema_version: u32,
    /// A UUID, version 7: its order is that of time.
    pub run_id: String,
    /// When the run started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When it ended.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub finished_at: Timestamp,
    /// Whether it was stopped before it was done.
    pub interrupted: bool,
    /// Whether its findings are brought to Security Hub.
    #[serde(default)]
    pub security_hub: bool,
    /// The version of the tool.
    pub tool_version: String,
    /// The account that ran it.
    pub caller_account_id: String,
    /// The organization; null where one account was scanned by itself.
    pub organization_id: Option<String>,
    /// All repositories.
    pub repositories: u64,
    /// By status.
    pub by_status: StatusCounts,
    /// By encryption level; `unknown` where none is proved.
    pub by_level: BTreeMap<String, u64>,
    /// How many accounts were to be read.
    pub accounts_found: u64,
    /// How many accounts × Regions were read whole.
    pub targets_scanned: u64,
    /// How many accounts, or Regions of accounts, were to be read and were not, or not whole.
    pub gaps: u64,
    /// What has changed since the run before; null where there is none.
    pub changes: Option<ChangeTotals>,
    /// The other files of the folder.
    pub files: Vec<ManifestFile>,
    /// The part of the dataset that is this run's, from the folder that holds all runs; null where there is none.
    pub dataset: Option<ManifestFile>,
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestFile {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// The manifest of a run, of which no file is named yet.
    pub fn of(summary: &Summary) -> Self {
        let Summary { run, totals, coverage, changes, .. } = summary;
        Self {
            schema_version: SCHEMA_VERSION,
            run_id: run.id.clone(),
            started_at: run.started_at,
            finished_at: run.finished_at,
            interrupted: run.interrupted,
            security_hub: run.security_hub,
            tool_version: run.tool_version.clone(),
            caller_account_id: run.caller_account_id.clone(),
            organization_id: run.organization_id.clone(),
            repositories: totals.repositories,
            by_status: totals.by_status.clone(),
            by_level: totals.by_level.clone(),
            accounts_found: coverage.accounts_found,
            targets_scanned: coverage.targets_scanned,
            gaps: coverage.gaps().count().try_into().unwrap_or(u64::MAX),
            changes: changes.clone(),
            files: Vec::new(),
            dataset: None,
        }
    }

    /// The names of all files.
    pub fn names(&self) -> Vec<String> {
        self.files.iter().chain(&self.dataset).map(|file| file.name.clone()).collect()
    }

    /// The same, once the file that is for the dataset is in its place there.
    #[must_use]
    pub fn with_dataset(mut self) -> Self {
        if let Some(index) = self.files.iter().position(|file| file.name == DATASET_PART) {
            let name = dataset_file(self.started_at, &self.run_id);
            self.dataset = Some(ManifestFile { name, ..self.files.remove(index) });
        }
        self
    }
}

/// A checksum as a manifest tells it.
pub(crate) fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(2 * digest.len()), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
