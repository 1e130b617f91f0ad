//! A finished run in a folder, as a scan leaves it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use ecr_encryption_aggregator::history::manifest::{Manifest, ManifestFile};
use ecr_encryption_aggregator::store::s3::Publication;
use ecr_encryption_aggregator::summary::StatusCounts;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

pub struct Run {
    pub name: String,
    pub manifest: Manifest,
    folder: TempDir,
    dataset: PathBuf,
}

impl Run {
    /// A run of the day with this number; of each file the name and its content.
    pub fn new(day: u8, files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let id = format!("019ab3c4-5d6e-7f80-9a1b-0000000000{day:02}");
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let mut manifest = manifest(day, &id);
        manifest.files = files.iter().map(|(name, _)| told(folder.path(), name)).collect();
        let dataset = folder.path().join("dataset");
        Self { name: format!("2026-11-{day:02}-{id}"), manifest, folder, dataset }
    }

    /// One more file, of zeros that take no place on the disk, and with a checksum that is not its own: none of this
    /// size is made for a test.
    pub fn with_zeros(mut self, name: &str, length: u64) -> Self {
        File::create(self.folder.path().join(name)).unwrap().set_len(length).unwrap();
        self.manifest.files.push(ManifestFile { name: name.to_owned(), bytes: length, sha256: "0".repeat(64) });
        self
    }

    pub fn with_dataset(mut self, content: &[u8]) -> Self {
        fs::write(&self.dataset, content).unwrap();
        let (date, id) = self.name.split_at(10);
        let name = format!("parquet/scan_date={date}/{}.parquet", &id[1..]);
        self.manifest.dataset = Some(ManifestFile { name, ..told(self.folder.path(), "dataset") });
        self
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn publication(&self) -> Publication<'_> {
        Publication {
            run_name: &self.name,
            folder: self.folder.path(),
            dataset: self.manifest.dataset.is_some().then_some(&*self.dataset),
            manifest: &self.manifest,
            is_shared: false,
        }
    }
}

fn told(folder: &Path, name: &str) -> ManifestFile {
    let content = fs::read(folder.join(name)).unwrap();
    ManifestFile { name: name.to_owned(), bytes: content.len() as u64, sha256: sha256(&content) }
}

/// As manifests tell it.
pub fn sha256(content: &[u8]) -> String {
    let digits: Vec<_> = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn manifest(day: u8, run_id: &str) -> Manifest {
    Manifest {
        schema_version: 1,
        run_id: run_id.to_owned(),
        started_at: format!("2026-11-{day:02}T13:02:00Z").parse().unwrap(),
        finished_at: format!("2026-11-{day:02}T13:05:12Z").parse().unwrap(),
        interrupted: false,
        security_hub: false,
        tool_version: "0.1.0".to_owned(),
        caller_account_id: "123456789012".to_owned(),
        organization_id: Some("o-exampleorg".to_owned()),
        repositories: 0,
        by_status: StatusCounts::default(),
        by_level: BTreeMap::new(),
        accounts_found: 1,
        targets_scanned: 17,
        gaps: 0,
        changes: None,
        files: Vec::new(),
        dataset: None,
    }
}
