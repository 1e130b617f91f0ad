//! What AWS Config recorded, on disk until it is compared: nothing holds a whole organization in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::row::RecordedRepository;
use crate::finding::Finding;
use crate::journal::Target;

/// What is compared of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// `encryptionType`; null where it is not told.
    pub encryption_type: Option<String>,
    /// The key; null where there is none, or it is not told.
    pub kms_key: Option<String>,
    /// When the repository was created.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub created_at: Option<Timestamp>,
    /// When AWS Config recorded it; null for what ECR told.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub recorded_at: Option<Timestamp>,
}

impl Facts {
    /// What ECR told of a repository.
    pub fn of_finding(finding: &Finding) -> Self {
        Self {
            encryption_type: finding.encryption_type.clone(),
            kms_key: finding.kms_key.clone(),
            created_at: finding.created_at,
            recorded_at: None,
        }
    }

    fn of_record(read: &RecordedRepository) -> Self {
        let known = read.described.encryption.known();
        Self {
            encryption_type: known.map(|known| known.encryption_type.as_str().to_owned()),
            kms_key: known.and_then(|known| known.kms_key.clone()),
            created_at: read.described.created_at,
            recorded_at: Some(read.recorded_at),
        }
    }
}

/// A file of recorded repositories, by target.
#[derive(Debug)]
pub struct Shelf(Mutex<Content>);

#[derive(Debug)]
struct Content {
    file: File,
    end: u64,
    /// Where each target's parts begin, and how long they are.
    parts: BTreeMap<Target, Vec<(u64, usize)>>,
}

impl Shelf {
    /// An empty shelf in a file of its own that is gone when the shelf is.
    ///
    /// # Errors
    /// The file cannot be made in `folder`.
    pub fn create(folder: &std::path::Path) -> io::Result<Self> {
        let file = tempfile::tempfile_in(folder)?;
        Ok(Self(Mutex::new(Content { file, end: 0, parts: BTreeMap::new() })))
    }

    /// Puts a part of the repositories of a target down, by their names.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn put(&self, target: Target, repositories: &[RecordedRepository]) -> io::Result<()> {
        let facts: BTreeMap<&str, Facts> =
            repositories.iter().map(|read| (read.described.name.as_str(), Facts::of_record(read))).collect();
        let text = serde_json::to_vec(&facts)?;
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = content.end;
        content.file.seek(SeekFrom::Start(end))?;
        content.file.write_all(&text)?;
        content.end += text.len() as u64;
        content.parts.entry(target).or_default().push((end, text.len()));
        Ok(())
    }

    /// What was put down of a target.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get(&self, target: &Target) -> io::Result<BTreeMap<String, Facts>> {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut facts: BTreeMap<String, Facts> = BTreeMap::new();
        for (offset, length) in content.parts.get(target).cloned().unwrap_or_default() {
            let mut text = vec![0; length];
            content.file.seek(SeekFrom::Start(offset))?;
            content.file.read_exact(&mut text)?;
            // Of a repository that was on two pages of a list that changed meanwhile, the first counts, as in the report.
            for (name, read) in serde_json::from_slice::<BTreeMap<String, Facts>>(&text)? {
                facts.entry(name).or_insert(read);
            }
        }
        Ok(facts)
    }

    /// Every target, in order.
    pub fn targets(&self) -> Vec<Target> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).parts.keys().cloned().collect()
    }
}
