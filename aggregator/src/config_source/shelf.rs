//! What AWS Config recorded, on disk until it is compared: nothing holds a whole organization in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::spool::{ReadRepository, Target};

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

    fn of_record(read: &ReadRepository) -> Self {
        let known = read.repository.encryption.known();
        Self {
            encryption_type: known.map(|known| known.encryption_type.as_str().to_owned()),
            kms_key: known.and_then(|known| known.kms_key.clone()),
            created_at: read.created_at,
            recorded_at: read.recorded_at,
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
    /// Where each target's part begins, and how long it is.
    parts: BTreeMap<Target, (u64, usize)>,
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

    /// Puts the repositories of a target down, by their names.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn put(&self, target: Target, repositories: &[ReadRepository]) -> io::Result<()> {
        let facts: BTreeMap<&str, Facts> =
            repositories.iter().map(|read| (read.repository.name.as_str(), Facts::of_record(read))).collect();
        let text = serde_json::to_vec(&facts)?;
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = content.end;
        content.file.seek(SeekFrom::Start(end))?;
        content.file.write_all(&text)?;
        content.end += text.len() as u64;
        content.parts.insert(target, (end, text.len()));
        Ok(())
    }

    /// What was put down of a target.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get(&self, target: &Target) -> io::Result<BTreeMap<String, Facts>> {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((offset, length)) = content.parts.get(target).copied() else { return Ok(BTreeMap::new()) };
        let mut text = vec![0; length];
        content.file.seek(SeekFrom::Start(offset))?;
        content.file.read_exact(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Every target, in order.
    pub fn targets(&self) -> Vec<Target> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).parts.keys().cloned().collect()
    }
}
