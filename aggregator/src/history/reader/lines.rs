//! The lines of a file, each one read when it is asked for.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::marker::PhantomData;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::error::RunReadError;
use crate::finding::Finding;
use crate::history::change::Change;
use crate::history::manifest::{ManifestFile, hexadecimal};
use crate::history::place::{LastPlace, Place};
use crate::history::targets::AccountTargets;

/// The longest line that can be one of a run's, in bytes: no more of a file that is something else is read at once.
const LONGEST: u64 = 1024 * 1024;

/// What is a line of a run's file, in its order.
pub trait Line: DeserializeOwned {
    /// Whether several lines may have the same place.
    const REPEATS: bool;

    /// Where it stands.
    fn place(&self) -> Place<'_>;
}

impl Line for Finding {
    const REPEATS: bool = false;

    fn place(&self) -> Place<'_> {
        self.into()
    }
}

impl Line for Change {
    /// What was deleted and created anew is gone and new.
    const REPEATS: bool = true;

    fn place(&self) -> Place<'_> {
        self.into()
    }
}

impl Line for AccountTargets {
    const REPEATS: bool = false;

    fn place(&self) -> Place<'_> {
        self.into()
    }
}

/// The lines of a file. They must be in order, and at the end the content must be what the manifest says; an error is the
/// last thing that comes.
pub struct Lines<T> {
    input: BufReader<Hashed>,
    path: PathBuf,
    sha256: String,
    line: Vec<u8>,
    number: u64,
    last: LastPlace,
    has_ended: bool,
    kind: PhantomData<fn() -> T>,
}

impl<T: Line> Lines<T> {
    /// The lines of `file`, which is at `path` and of which the manifest says `told`.
    pub(super) fn new(file: File, path: PathBuf, told: &ManifestFile) -> Self {
        Self {
            input: BufReader::with_capacity(64 * 1024, Hashed::new(file)),
            path,
            sha256: told.sha256.clone(),
            line: Vec::new(),
            number: 0,
            last: LastPlace::default(),
            has_ended: false,
            kind: PhantomData,
        }
    }

    fn read(&mut self) -> Result<Option<T>, RunReadError> {
        self.line.clear();
        let mut limited = self.input.by_ref().take(LONGEST);
        let read = limited.read_until(b'\n', &mut self.line);
        let read = read.map_err(|cause| RunReadError::Unreadable { path: self.path.clone(), cause })?;
        if read == 0 {
            return match self.input.get_ref().sha256() {
                found if found == self.sha256 => Ok(None),
                _ => Err(RunReadError::Checksum { file: self.path.clone() }),
            };
        }
        self.number += 1;
        if self.line.last() != Some(&b'\n') {
            let whole = read as u64 == LONGEST;
            return Err(self.wrong(if whole { "it is longer than any line can be" } else { "it is cut off" }));
        }
        let parsed: T = serde_json::from_slice(&self.line).map_err(|error| self.wrong(&error))?;
        let place = parsed.place();
        if self.number > 1 {
            let last = self.last.get();
            if place == last && !T::REPEATS {
                return Err(self.wrong("it is told twice"));
            }
            if place < last {
                return Err(self.wrong("it is out of order"));
            }
        }
        self.last.set(place);
        Ok(Some(parsed))
    }

    fn wrong(&self, message: &(impl ToString + ?Sized)) -> RunReadError {
        RunReadError::Line { file: self.path.clone(), line: self.number, message: message.to_string() }
    }
}

impl<T: Line> Iterator for Lines<T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let next = self.read();
        self.has_ended = !matches!(next, Ok(Some(_)));
        next.map_err(io::Error::from).transpose()
    }
}

/// A file, with the checksum of what was read of it.
#[derive(Debug)]
pub(super) struct Hashed {
    file: File,
    digest: Sha256,
}

impl Hashed {
    pub(super) fn new(file: File) -> Self {
        Self { file, digest: Sha256::new() }
    }

    /// In hexadecimal.
    pub(super) fn sha256(&self) -> String {
        hexadecimal(&self.digest.clone().finalize())
    }
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
