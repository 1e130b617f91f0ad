//! What was read, on disk until it is judged: nothing holds a whole organization in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ecr_encryption_core::Repository;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An account in a Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The account.
    pub account_id: String,
    /// The Region.
    pub region: String,
}

/// A repository as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRepository {
    /// What the verdict depends on.
    pub repository: Repository,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When AWS Config recorded it; `None` where ECR told it.
    pub recorded_at: Option<Timestamp>,
}

/// Where a target's repositories are in the file.
#[derive(Debug, Clone, Copy)]
struct Block {
    offset: u64,
    length: u64,
    read_at: Timestamp,
}

/// A file of targets, written in any order and read in theirs.
#[derive(Debug)]
pub struct Spool(Mutex<Content>);

#[derive(Debug)]
struct Content {
    file: BufWriter<File>,
    end: u64,
    blocks: BTreeMap<Target, Block>,
}

impl Spool {
    /// Makes the file at `path`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        Ok(Self(Mutex::new(Content { file: BufWriter::new(file), end: 0, blocks: BTreeMap::new() })))
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what was read of `target`: its repositories, in the order of their names.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&self, target: Target, repositories: &[ReadRepository], read_at: Timestamp) -> io::Result<()> {
        let mut text = Vec::new();
        for repository in repositories {
            serde_json::to_writer(&mut text, repository)?;
            text.push(b'\n');
        }
        let mut content = self.content();
        content.file.write_all(&text)?;
        let (offset, length) = (content.end, text.len() as u64);
        content.end += length;
        content.blocks.insert(target, Block { offset, length, read_at });
        Ok(())
    }

    /// Gives every target's repositories to `take`, in order of account, Region and name.
    ///
    /// # Errors
    /// The file cannot be read, or `take` fails.
    pub fn read(&self, mut take: impl FnMut(&Target, ReadRepository, Timestamp) -> io::Result<()>) -> io::Result<()> {
        let mut content = self.content();
        content.file.flush()?;
        let mut file = content.file.get_ref().try_clone()?;
        let Content { blocks, .. } = &*content;
        let mut line = String::new();
        for (target, Block { offset, length, read_at }) in blocks {
            file.seek(SeekFrom::Start(*offset))?;
            let mut lines = BufReader::new(Read::by_ref(&mut file).take(*length));
            while lines.read_line(&mut line)? > 0 {
                take(target, serde_json::from_str(&line)?, *read_at)?;
                line.clear();
            }
        }
        Ok(())
    }
}
