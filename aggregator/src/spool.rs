//! What was read, on disk until it is judged: nothing holds a whole organization in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ecr_encryption_core::{NextRepositories, Origin, Repository};
use ecr_encryption_rule::keys::KeyId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::FindingType;

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
}

/// Repositories that ECR is going to create, as far as that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadNextRepositories {
    /// What the verdict depends on.
    pub next: NextRepositories,
    /// When the template or rule was created.
    pub created_at: Option<Timestamp>,
}

impl ReadNextRepositories {
    /// What the finding is on.
    pub fn finding_type(&self) -> FindingType {
        match self.next.origin {
            Origin::Template { .. } => FindingType::RepositoryCreationTemplate,
            Origin::PullThroughCacheRule { .. } => FindingType::PullThroughCacheRule,
        }
    }
}

/// Something that was read of a target, and is to be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Read {
    /// A repository.
    Repository(ReadRepository),
    /// A creation template or pull-through cache rule.
    NextRepositories(ReadNextRepositories),
}

impl Read {
    /// The account whose it is.
    pub fn account_id(&self) -> &str {
        match self {
            Self::Repository(read) => &read.repository.account_id,
            Self::NextRepositories(read) => &read.next.account_id,
        }
    }

    /// The key that its verdict depends on; `None` where there is none, or nothing that could be asked for.
    pub fn key(&self) -> Option<KeyId> {
        match self {
            Self::Repository(read) => KeyId::of(&read.repository),
            Self::NextRepositories(ReadNextRepositories { next, .. }) => {
                KeyId::of_configuration(&next.account_id, &next.region, &next.encryption)
            }
        }
    }
}

/// Where what was read of a target is in the file.
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

    /// Adds what was read of `target`, in the order of the report.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&self, target: Target, items: &[Read], read_at: Timestamp) -> io::Result<()> {
        let mut text = Vec::new();
        for item in items {
            serde_json::to_writer(&mut text, item)?;
            text.push(b'\n');
        }
        let mut content = self.content();
        content.file.write_all(&text)?;
        let (offset, length) = (content.end, text.len() as u64);
        content.end += length;
        content.blocks.insert(target, Block { offset, length, read_at });
        Ok(())
    }

    /// Gives everything that was read to `take`, in order of account and Region, and in each as it was added.
    ///
    /// # Errors
    /// The file cannot be read, or `take` fails.
    pub fn read(&self, mut take: impl FnMut(&Target, Read, Timestamp) -> io::Result<()>) -> io::Result<()> {
        let mut content = self.content();
        content.file.flush()?;
        let mut file = content.file.get_ref().try_clone()?;
        let Content { blocks, .. } = &*content;
        let mut line = String::new();
        for (target, Block { offset, length, read_at }) in blocks {
            file.seek(SeekFrom::Start(*offset))?;
            let mut lines = BufReader::new(io::Read::take(&mut file, *length));
            while lines.read_line(&mut line)? > 0 {
                take(target, serde_json::from_str(&line)?, *read_at)?;
                line.clear();
            }
        }
        Ok(())
    }
}
