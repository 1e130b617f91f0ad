//! The records of a journal: a line each, some with lines of repositories behind it. The line is a checksum of all that
//! follows in the record, and JSON: what was torn or spoilt by a crash is never taken for data.

use std::collections::BTreeMap;
use std::io;

use ecr_encryption_core::{KeyFacts, ReasonCode, Repository, RepositoryEncryption, Status, Tags};
use ecr_encryption_rule::keys::{KeyAnswer, KeyId};
use ecr_encryption_rule::lookup::RepositoryDescription;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::finding::FindingType;
use crate::plan::Plan;
use crate::read::{Read, ReadNextRepositories, ReadRepository};
use crate::unfinished::Opening;

/// The hexadecimal digits of the checksum, and a space.
const CHECKSUM: usize = 9;

/// The bytes of a record.
pub(super) fn encoded(header: &Header, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut record = vec![b' '; CHECKSUM];
    serde_json::to_writer(&mut record, header)?;
    record.push(b'\n');
    record.extend_from_slice(body);
    let checksum = format!("{:08x} ", crc32fast::hash(record.get(CHECKSUM..).unwrap_or_default()));
    record.splice(..CHECKSUM, checksum.into_bytes());
    Ok(record)
}

/// What a record's line says; its checksum is not looked at.
pub(super) fn decoded(line: &[u8]) -> io::Result<Header> {
    Ok(serde_json::from_slice(line.get(CHECKSUM..).unwrap_or_default())?)
}

/// Whether a record is as it was written.
pub(super) fn is_whole(line: &[u8], body: &[u8]) -> bool {
    let Some((checksum, text)) = line.split_at_checked(CHECKSUM) else { return false };
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(text);
    hasher.update(body);
    checksum == format!("{:08x} ", hasher.finalize()).as_bytes()
}

/// What a record's line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(super) enum Header {
    /// The first record: which run this is.
    Opening(Box<Opening>),
    /// The run goes on, for the `number`th time.
    Resumed {
        /// From 1.
        number: u32,
        /// When.
        at: Timestamp,
    },
    /// A plan that accounts have; most have the same.
    Plan {
        /// From 0, in the order of the records.
        number: u32,
        /// What to do in such an account.
        plan: Plan,
    },
    /// Which plan an account has.
    Account {
        /// The account.
        account_id: AccountId,
        /// The plan's number.
        plan: u32,
    },
    /// Something that was read of a target.
    Block(Block),
}

/// Something that was read of a target: a page of its repositories, or what its registry is set up to create, and what is
/// known of their keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The account.
    pub account_id: AccountId,
    /// The Region.
    pub region: String,
    /// In which part of the run it was read: 0, and one more each time that the run is resumed.
    pub session: u32,
    /// When it was read.
    pub read_at: Timestamp,
    /// Whether the target was read whole, with this as its last block.
    pub complete: bool,
    /// How many items follow.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) items: u64,
    /// How many of them are repositories.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) repositories: u64,
    /// The verdicts on them that nothing can change any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub verdicts: BTreeMap<Status, u64>,
    /// The keys of the account itself that these repositories use, with what KMS told the account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_keys: Vec<(KeyId, StoredAnswer)>,
    /// The keys of other accounts that these repositories use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<KeyId>,
    /// Where the account's block before this one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<u64>,
    /// The bytes of the lines that follow.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) length: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

impl Block {
    /// A block without repositories and keys, of a target that is not read whole yet.
    pub fn new(account_id: AccountId, region: impl Into<String>, read_at: Timestamp) -> Self {
        Self {
            account_id,
            region: region.into(),
            session: 0,
            read_at,
            complete: false,
            items: 0,
            repositories: 0,
            verdicts: BTreeMap::new(),
            own_keys: Vec::new(),
            foreign_keys: Vec::new(),
            previous: None,
            length: 0,
        }
    }
}

/// What KMS told of a key, as far as a later session can go by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredAnswer {
    /// Its facts.
    Described(KeyFacts),
    /// Its own account was told that it does not exist.
    NotFound,
    /// Nobody who was asked may describe it; AWS's error code.
    Denied(String),
}

impl StoredAnswer {
    /// `None` for what says nothing about the key: a later session asks again.
    pub fn of(answer: &KeyAnswer) -> Option<Self> {
        match answer {
            KeyAnswer::Described(facts) => Some(Self::Described(facts.clone())),
            KeyAnswer::NotFound => Some(Self::NotFound),
            KeyAnswer::Denied(error_code) => Some(Self::Denied(error_code.clone())),
            KeyAnswer::NotFoundElsewhere | KeyAnswer::Failed(_) => None,
        }
    }
}

impl From<StoredAnswer> for KeyAnswer {
    fn from(answer: StoredAnswer) -> Self {
        match answer {
            StoredAnswer::Described(facts) => Self::Described(facts),
            StoredAnswer::NotFound => Self::NotFound,
            StoredAnswer::Denied(error_code) => Self::Denied(error_code),
        }
    }
}

/// Something that was read of the block's target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is.
    #[serde(flatten)]
    content: Content,
    /// When AWS Config recorded it; `None` where ECR told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Timestamp>,
    /// The verdict, where it hangs on nothing that is asked for later.
    pub verdict: Option<Verdict>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Content {
    /// A repository; its account and Region are the block's.
    Repository {
        name: String,
        arn: String,
        uri: Option<String>,
        created_at: Option<Timestamp>,
        encryption: RepositoryEncryption,
        tags: Tags,
    },
    NextRepositories(Box<ReadNextRepositories>),
}

/// A verdict in short; the report works out the whole of it from the same facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The status.
    pub status: Status,
    /// The reason's code.
    pub reason_code: ReasonCode,
}

impl Item {
    /// A repository, as ECR told it, with its tags.
    pub fn repository(described: RepositoryDescription, tags: Tags) -> Self {
        let RepositoryDescription { name, arn, uri, created_at, encryption } = described;
        Self {
            content: Content::Repository { name, arn, uri, created_at, encryption, tags },
            recorded_at: None,
            verdict: None,
        }
    }

    /// Repositories that ECR is going to create.
    pub fn next_repositories(read: ReadNextRepositories) -> Self {
        Self { content: Content::NextRepositories(Box::new(read)), recorded_at: None, verdict: None }
    }

    /// Its place among the items of the target: by type and name. There is one of each.
    pub fn place(&self) -> (FindingType, &str) {
        match &self.content {
            Content::Repository { name, .. } => (FindingType::Repository, name),
            Content::NextRepositories(read) => (read.finding_type(), &read.next.prefix),
        }
    }

    /// Whether it is a repository.
    pub fn is_repository(&self) -> bool {
        matches!(self.content, Content::Repository { .. })
    }

    /// What is to be judged, of this account and Region.
    pub fn into_read(self, account_id: AccountId, region: &str) -> Read {
        match self.content {
            Content::Repository { name, arn, uri, created_at, encryption, tags } => {
                let (account_id, region) = (account_id.to_string(), region.to_owned());
                let repository = Repository { account_id, region, name, arn, uri, encryption, tags };
                Read::Repository(ReadRepository { repository, created_at })
            }
            Content::NextRepositories(read) => Read::NextRepositories(*read),
        }
    }
}
