//! Reads the folder of a finished run: nothing is taken from it that is not what the run wrote.

mod error;
mod lines;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::change::Change;
use super::compare::EarlierRun;
use super::manifest::{MANIFEST, Manifest, ManifestFile};
use super::targets::AccountTargets;
use crate::finding::Finding;
use crate::summary::{SCHEMA_VERSION, Summary};
pub use error::RunReadError;
use lines::Hashed;
pub use lines::{Line, Lines};

/// The files that are read, beside the manifest.
pub const FINDINGS: &str = "findings.jsonl";
const SUMMARY: &str = "summary.json";
const TARGETS: &str = "targets.jsonl";
const CHANGES: &str = "changes.jsonl";

/// The folder of a run that is whole.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
    manifest: Manifest,
}

/// What is looked at before anything else of a document.
#[derive(Deserialize)]
struct Version {
    schema_version: u64,
}

impl RunFolder {
    /// Reads the manifest.
    ///
    /// # Errors
    /// There is none, or it is of another version.
    pub fn open(path: &Path) -> Result<Self, RunReadError> {
        let file = path.join(MANIFEST);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(RunReadError::NotFinished { folder: path.to_owned(), file: MANIFEST });
            }
            Err(source) => return Err(RunReadError::Unreadable { path: file, source }),
        };
        Ok(Self { path: path.to_owned(), manifest: document(&file, &text)? })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run in figures.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The summary; it is read at once.
    ///
    /// # Errors
    /// It cannot be read, is of another version, or is not what the run wrote.
    pub fn summary(&self) -> Result<Summary, RunReadError> {
        let (file, path, told) = self.file(SUMMARY)?;
        let mut input = Hashed::new(file);
        let mut text = Vec::new();
        // No more than was told of, so that what is something else by now does not fill the memory.
        let read = input.by_ref().take(told.bytes).read_to_end(&mut text);
        read.map_err(|source| RunReadError::Unreadable { path: path.clone(), source })?;
        if input.sha256() != told.sha256 {
            return Err(RunReadError::Checksum { file: path });
        }
        document(&path, &text)
    }

    /// The findings, in order.
    ///
    /// # Errors
    /// They cannot be read, or are not as many bytes as the run wrote.
    pub fn findings(&self) -> Result<Lines<Finding>, RunReadError> {
        self.lines(FINDINGS)
    }

    /// What was read whole, in order.
    ///
    /// # Errors
    /// It cannot be read, or is not as many bytes as the run wrote.
    pub fn targets(&self) -> Result<Lines<AccountTargets>, RunReadError> {
        self.lines(TARGETS)
    }

    /// What had changed since the run before it, in order; `None` where there was none.
    ///
    /// # Errors
    /// It cannot be read, or is not as many bytes as the run wrote.
    pub fn changes(&self) -> Result<Option<Lines<Change>>, RunReadError> {
        if self.manifest.changes.is_none() && self.told(CHANGES).is_none() {
            return Ok(None);
        }
        self.lines(CHANGES).map(Some)
    }

    /// The same folder, once its findings and changes are what the run wrote, to the last byte: who relies on them in the
    /// midst of something else finds out before.
    ///
    /// # Errors
    /// They cannot be read, or are something else.
    pub fn verified(self) -> Result<Self, RunReadError> {
        for name in [FINDINGS, CHANGES].into_iter().filter(|name| self.told(name).is_some()) {
            let (file, path, told) = self.file(name)?;
            let mut input = Hashed::new(file);
            io::copy(&mut input, &mut io::sink())
                .map_err(|source| RunReadError::Unreadable { path: path.clone(), source })?;
            if input.sha256() != told.sha256 {
                return Err(RunReadError::Checksum { file: path });
            }
        }
        Ok(self)
    }

    /// What a later run is compared with.
    ///
    /// # Errors
    /// Its files cannot be read, or are not as many bytes as the run wrote.
    pub fn earlier(&self) -> Result<EarlierRun, RunReadError> {
        let findings = Box::new(self.findings()?);
        let unseen = Box::new(self.changes()?.into_iter().flatten());
        Ok(EarlierRun { id: self.manifest.run_id.clone(), started_at: self.manifest.started_at, findings, unseen })
    }

    fn told(&self, name: &str) -> Option<&ManifestFile> {
        self.manifest.files.iter().find(|file| file.name == name)
    }

    fn lines<T: Line>(&self, name: &'static str) -> Result<Lines<T>, RunReadError> {
        let (file, path, told) = self.file(name)?;
        Ok(Lines::new(file, path, told))
    }

    /// Opens a file whose length is right.
    fn file(&self, name: &'static str) -> Result<(File, PathBuf, &ManifestFile), RunReadError> {
        let path = self.path.join(name);
        let missing = || RunReadError::NotFinished { folder: self.path.clone(), file: name };
        let told = self.told(name).ok_or_else(missing)?;
        let unreadable = |source| RunReadError::Unreadable { path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            Err(source) => return Err(unreadable(source)),
        };
        let found = file.metadata().map_err(unreadable)?.len();
        if found != told.bytes {
            return Err(RunReadError::Length { file: path, expected: told.bytes, found });
        }
        Ok((file, path, told))
    }
}

/// Reads a document of this version: that of another one is told as such, whatever else is in it.
fn document<T: DeserializeOwned>(file: &Path, text: &[u8]) -> Result<T, RunReadError> {
    let wrong = |error: serde_json::Error| RunReadError::Document { file: file.to_owned(), message: error.to_string() };
    let Version { schema_version: found } = serde_json::from_slice(text).map_err(wrong)?;
    if found != u64::from(SCHEMA_VERSION) {
        return Err(RunReadError::SchemaVersion { file: file.to_owned(), found, known: SCHEMA_VERSION });
    }
    serde_json::from_slice(text).map_err(wrong)
}

#[cfg(test)]
mod tests;
