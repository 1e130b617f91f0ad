//! What keeps a run from being read.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A run that cannot be read.
#[derive(Debug, Error)]
pub enum RunReadError {
    /// It is no place where runs are.
    #[error("`{}` {problem}; allowed: a folder of runs, of which the latest is read, or the folder of one run", .location.display())]
    NoRun {
        /// What was given.
        location: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file is missing.
    #[error("`{}` is not a finished run: {file} is missing", .folder.display())]
    NotFinished {
        /// The run's folder.
        folder: PathBuf,
        /// The file's name.
        file: &'static str,
    },
    /// It is of a version that did not keep runs side by side.
    #[error("`{}` is a report without manifest.json, by a version that kept no runs to compare with: scan anew", .folder.display())]
    WithoutManifest {
        /// The folder.
        folder: PathBuf,
    },
    /// It is of another version.
    #[error("`{}` is of schema version {found}, and this version of ecr-encryption reads schema version {known}", .file.display())]
    SchemaVersion {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: u64,
        /// The version that can be read.
        known: u32,
    },
    /// A file's length is not what the manifest says.
    #[error("`{}` is cut off or was changed: it has {found} bytes, and manifest.json tells of {expected}", .file.display())]
    Length {
        /// The file.
        file: PathBuf,
        /// What the manifest says.
        expected: u64,
        /// What there is.
        found: u64,
    },
    /// A file's content is not what it was.
    #[error("`{}` was changed: its SHA-256 is not the one that manifest.json tells", .file.display())]
    Checksum {
        /// The file.
        file: PathBuf,
    },
    /// A line is wrong.
    #[error("`{}`, line {line}: {message}", .file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// Counted from one.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
    /// A file of one document is wrong.
    #[error("`{}` cannot be understood: {message}", .file.display())]
    Document {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file or folder cannot be read.
    #[error("`{}` cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl From<RunReadError> for io::Error {
    fn from(error: RunReadError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}
