//! What can go wrong with a report on S3.

use std::io;
use std::path::PathBuf;

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use thiserror::Error;

/// Why a report could not be written to S3, or read from there. What AWS said is kept: code, message, request id.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such bucket.
    #[error("the bucket `{bucket}` does not exist: {fault}")]
    NoSuchBucket {
        /// The bucket.
        bucket: String,
        /// What AWS said.
        fault: Box<AwsFault>,
    },
    /// AWS does not allow it.
    #[error("`s3://{bucket}/{key}` cannot be used: {fault}; {hint}")]
    Denied {
        /// The bucket.
        bucket: String,
        /// What the call was about.
        key: String,
        /// What AWS said.
        fault: Box<AwsFault>,
        /// What helps.
        hint: String,
    },
    /// Any other fault of AWS, after retries.
    #[error("`s3://{bucket}/{key}` cannot be used: {fault}")]
    Call {
        /// The bucket.
        bucket: String,
        /// What the call was about.
        key: String,
        /// What AWS said.
        fault: Box<AwsFault>,
    },
    /// An object's content did not come to its end.
    #[error("`{object}` broke off while it was read: {problem}")]
    BrokenOff {
        /// The object.
        object: String,
        /// What is wrong with the connection.
        problem: String,
    },
    /// An object is longer or shorter than the run's manifest says.
    #[error("`{object}` has {found} bytes, and {expected} by its run's manifest: it was cut off, or replaced")]
    Length {
        /// The object.
        object: String,
        /// What the manifest says.
        expected: u64,
        /// What S3 has.
        found: u64,
    },
    /// An object is not what the run's manifest says.
    #[error("`{object}` is not the file that its run's manifest names: its SHA-256 differs")]
    Checksum {
        /// The object.
        object: String,
    },
    /// A manifest that cannot be read.
    #[error("`{object}` is no manifest of a run: {problem}")]
    Manifest {
        /// The object.
        object: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Others who go on with the same run have written it.
    #[error("`{object}` is being written by another one that goes on with the same run")]
    Overtaken {
        /// The object.
        object: String,
    },
    /// There is no run.
    #[error("there is no run in `{location}`: neither manifest.json, nor latest.json, nor a run under runs/")]
    NoRun {
        /// Where it was looked for.
        location: String,
    },
    /// A file that the run does not have.
    #[error("the run in `{location}` has no file `{name}`")]
    NoFile {
        /// The run.
        location: String,
        /// The file.
        name: String,
    },
    /// A name that could lead elsewhere.
    #[error(
        "`{0}` is not a name for a run or a file of one; allowed: letters, digits, `.`, `_` and `-`, no `.` in front"
    )]
    Name(String),
    /// The user has stopped it.
    #[error("it was stopped")]
    Stopped,
    /// A file of this machine.
    #[error("`{}`: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: io::Error,
    },
}

impl StoreError {
    /// What AWS said, where it was AWS.
    pub fn fault(&self) -> Option<&AwsFault> {
        match self {
            Self::NoSuchBucket { fault, .. } | Self::Denied { fault, .. } | Self::Call { fault, .. } => Some(fault),
            _ => None,
        }
    }

    /// Whether it is one object that cannot be had, and not S3 that cannot be used, or the caller that may not any more.
    pub(super) fn is_of_one_object(&self) -> bool {
        match self {
            Self::Manifest { .. } | Self::Denied { .. } => true,
            Self::Call { fault, .. } => {
                fault.kind == FaultKind::Other && fault.http_status.is_some_and(|status| (400..500).contains(&status))
            }
            _ => false,
        }
    }

    /// For a file of this machine.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |error| Self::File { path, error }
    }
}

/// Who is asked, for what helps where AWS says no.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    /// The account that the bucket must be in, as the user said.
    pub owner: Option<&'a str>,
    /// Whether objects are encrypted under a KMS key of the user's.
    pub with_key: bool,
}

impl Asked<'_> {
    /// The error behind a fault.
    pub(super) fn error(self, fault: AwsFault) -> StoreError {
        let (bucket, key, fault) = (self.bucket.to_owned(), self.key.to_owned(), Box::new(fault));
        if fault.code.as_deref() == Some("NoSuchBucket") {
            return StoreError::NoSuchBucket { bucket, fault };
        }
        if fault.kind != FaultKind::Denied && fault.http_status != Some(403) {
            return StoreError::Call { bucket, key, fault };
        }
        let mut hint = format!("allow {} on it to the caller, in its own policy and the bucket's", fault.action);
        if self.with_key {
            hint.push_str(", and kms:GenerateDataKey and kms:Decrypt on the key of --s3-kms-key");
        }
        if let Some(owner) = self.owner {
            hint.push_str(", or, where the bucket is not in account ");
            hint.push_str(owner);
            hint.push_str(", name the right one with --s3-bucket-owner");
        }
        StoreError::Denied { bucket, key, fault, hint }
    }
}
