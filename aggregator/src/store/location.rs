//! What `--output`, `--from`, `OLD` and `NEW` take: a folder's path, or `s3://bucket/prefix`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::{PathBufValueParser, TypedValueParser};
use ecr_encryption_core::InvalidValue;

/// What is allowed, for messages.
const ALLOWED: &str = "a folder's path, or s3://bucket/prefix";

/// What a bucket's name may be, for messages.
const BUCKET_ALLOWED: &str = "s3://bucket/prefix, the bucket by its name: 3–63 lower-case letters, digits, `.` and `-`";

/// What a prefix may be, for messages.
const PREFIX_ALLOWED: &str = "s3://bucket/prefix, the prefix in parts between single slashes, none of them `.` or `..`";

/// The most bytes of a prefix: a key has at most 1,024, of which the longest name beside the prefix
/// (`/parquet/scan_date=…/RUN_ID.parquet`) takes 73.
const MOST_PREFIX: usize = 900;

/// Where a report is, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A prefix of a bucket.
    S3(S3Location),
}

/// A prefix of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Location {
    bucket: String,
    prefix: String,
}

impl Location {
    /// Reads a path; one that is not text is a folder's.
    ///
    /// # Errors
    /// What looks like an address and is none that can be used.
    pub fn of_path(path: PathBuf) -> Result<Self, InvalidValue> {
        match path.to_str() {
            Some(text) => text.parse(),
            None => Ok(Self::Folder(path)),
        }
    }

    /// For clap.
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        PathBufValueParser::new().try_map(Self::of_path)
    }

    /// The folder, where it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(path) => Some(path),
            Self::S3(_) => None,
        }
    }
}

impl FromStr for Location {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if let Some(rest) = text.strip_prefix("s3://") {
            return S3Location::parse(text, rest).map(Self::S3);
        }
        let invalid = |problem: &'static str| Err(InvalidValue::new(text, problem, ALLOWED));
        let lower = text.to_ascii_lowercase();
        if text.is_empty() {
            invalid("is empty")
        } else if lower.starts_with("s3://") {
            invalid("does not begin with s3:// in lower case")
        } else if lower.starts_with("s3:") {
            invalid("begins with neither s3:// nor a folder's name")
        } else if lower.starts_with("arn:") {
            invalid("is an ARN, and access points are not supported")
        } else if lower.contains("://") {
            invalid("is an address of another kind than s3://")
        } else {
            Ok(Self::Folder(PathBuf::from(text)))
        }
    }
}

impl S3Location {
    /// `rest` is `text` behind `s3://`.
    fn parse(text: &str, rest: &str) -> Result<Self, InvalidValue> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if let Some(problem) = bucket_problem(bucket) {
            return Err(InvalidValue::new(text, problem, BUCKET_ALLOWED));
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if let Some(problem) = prefix_problem(prefix) {
            return Err(InvalidValue::new(text, problem, PREFIX_ALLOWED));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The prefix, without slashes around it; empty for the whole bucket.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The key of something under the prefix.
    pub fn key(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }

    /// The location of something under the prefix.
    #[must_use]
    pub fn under(&self, name: &str) -> Self {
        Self { bucket: self.bucket.clone(), prefix: self.key(name) }
    }
}

/// What is wrong with a bucket's name, by the rules of general purpose buckets.
fn bucket_problem(bucket: &str) -> Option<&'static str> {
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = bucket.as_bytes();
    let is_allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(byte);
    let is_address = bucket.split('.').count() == 4 && bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if bucket.is_empty() {
        Some("names no bucket")
    } else if bucket.starts_with("arn:") {
        Some("names an access point, which is not supported")
    } else if !(3..=63).contains(&bucket.len())
        || !bytes.iter().all(is_allowed)
        || !edge(bytes.first())
        || !edge(bytes.last())
        || bucket.contains("..")
        || is_address
        || bucket.starts_with("xn--")
        || bucket.starts_with("sthree-")
    {
        Some("names no bucket that could be")
    } else if bucket.ends_with("-s3alias")
        || bucket.ends_with("--ol-s3")
        || bucket.rsplit_once('.').is_some_and(|(_, end)| end == "mrap")
    {
        Some("names an access point, which is not supported")
    } else if bucket.ends_with("--x-s3") || bucket.ends_with("--table-s3") {
        Some("names a directory or table bucket, which is not supported")
    } else {
        None
    }
}

/// What is wrong with a prefix.
fn prefix_problem(prefix: &str) -> Option<&'static str> {
    // What XML cannot say would come back from a list as something else.
    let unsayable = |character: char| character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}');
    if prefix.is_empty() {
        None
    } else if prefix.len() > MOST_PREFIX {
        Some("has a prefix of more than 900 bytes")
    } else if prefix.chars().any(unsayable) {
        Some("has a control character in its prefix")
    } else if prefix.split('/').any(str::is_empty) {
        Some("has an empty part in its prefix")
    } else if prefix.split('/').any(|part| part == "." || part == "..") {
        Some("has `.` or `..` as a part of its prefix, which S3 takes literally")
    } else {
        None
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(formatter),
            Self::S3(location) => location.fmt(formatter),
        }
    }
}

impl fmt::Display for S3Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(formatter, "/{}", self.prefix) }
    }
}

#[cfg(test)]
mod tests;
