//! What was read, on disk as soon as it was read: nothing holds a whole organization in memory, and a run that was stopped
//! or killed goes on where it was.
//!
//! A journal is one file to which records are only ever added, each with a single write. The blocks of an account are
//! chained, the later one naming the one before, so that memory holds one position an account. [`Journal::reopen`] reads a
//! journal that another process has left, up to the first record that is not whole; [`Journal::join`] gives what was read in
//! the order of the report.

mod join;
mod record;
mod recover;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecr_encryption_rule::keys::{KeyAnswer, KeyId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::plan::Plan;
use crate::unfinished::Opening;
pub use join::{Joined, Step};
use record::Header;
pub use record::{Block, Item, StoredAnswer, Verdict};
pub use recover::{Done, ReadRegions, Recovered};

/// An account in a Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    /// The account.
    pub account_id: AccountId,
    /// The Region.
    pub region: String,
}

/// Where a block is, and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Placed {
    block: Block,
    /// Where its lines begin.
    body: u64,
}

/// A file of records, written in any order and read by account.
#[derive(Debug)]
pub struct Journal {
    state: Mutex<State>,
    session: u32,
}

#[derive(Debug)]
struct State {
    file: File,
    /// Where the next record begins.
    end: u64,
    /// The last block of each account.
    last: HashMap<AccountId, u64>,
    /// The plans that are in the file, with their numbers.
    plans: HashMap<Arc<Plan>, u32>,
    /// How many targets were read whole in this session.
    targets: u64,
}

/// How much there is of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Its length: up to here it is whole.
    pub bytes: u64,
    /// How many targets were read whole in this session.
    pub targets: u64,
    /// How often the run was gone on with.
    pub resumed: u32,
}

impl Journal {
    /// Makes the file at `path`, for the run that `opening` describes.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(path: &Path, opening: Opening) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        let state = State { file, end: 0, last: HashMap::new(), plans: HashMap::new(), targets: 0 };
        let journal = Self { state: Mutex::new(state), session: 0 };
        journal.state().append(&Header::Opening(Box::new(opening)), &[])?;
        Ok(journal)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes which Regions of an account are read, so that a later session need not ask again.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn plan(&self, account_id: AccountId, plan: &Plan) -> io::Result<()> {
        let mut state = self.state();
        let known = state.plans.get(plan).copied();
        let number = if let Some(number) = known {
            number
        } else {
            let number = u32::try_from(state.plans.len()).unwrap_or(u32::MAX);
            state.append(&Header::Plan { number, plan: plan.clone() }, &[])?;
            state.plans.insert(Arc::new(plan.clone()), number);
            number
        };
        state.append(&Header::Account { account_id, plan: number }, &[])
    }

    /// Adds a block of a target, with its items in the order of their places.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&self, block: Block, items: &[Item]) -> io::Result<()> {
        let mut body = Vec::with_capacity(items.len() * 400);
        for item in items {
            serde_json::to_writer(&mut body, item)?;
            body.push(b'\n');
        }
        let account_id = block.account_id;
        let mut block = Block {
            session: self.session,
            items: items.len() as u64,
            repositories: items.iter().filter(|item| item.is_repository()).count() as u64,
            length: body.len() as u64,
            ..block
        };
        let mut state = self.state();
        block.previous = state.last.get(&account_id).copied();
        let offset = state.end;
        let is_whole = block.complete;
        state.append(&Header::Block(block), &body)?;
        state.last.insert(account_id, offset);
        state.targets += u64::from(is_whole);
        Ok(())
    }

    /// How much there is of it.
    pub fn extent(&self) -> Extent {
        let state = self.state();
        Extent { bytes: state.end, targets: state.targets, resumed: self.session }
    }

    /// What KMS told an account about its own keys, of all blocks that count.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn own_answers(&self, account_id: AccountId) -> io::Result<HashMap<KeyId, KeyAnswer>> {
        Ok(answers(&self.valid(account_id)?))
    }

    /// The same, of this session alone: what another account has read just now is judged by what its key is now.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn own_answers_of_session(&self, account_id: AccountId) -> io::Result<HashMap<KeyId, KeyAnswer>> {
        let mut blocks = self.valid(account_id)?;
        blocks.retain(|placed| placed.block.session == self.session);
        Ok(answers(&blocks))
    }

    fn valid(&self, account_id: AccountId) -> io::Result<Vec<Placed>> {
        let blocks = self.state().blocks(account_id)?;
        Ok(valid(blocks, self.session))
    }
}

impl State {
    /// Adds a record with one write: a process that is killed leaves it whole, or its torn end is cut off by the next.
    fn append(&mut self, header: &Header, body: &[u8]) -> io::Result<()> {
        let record = record::encoded(header, body)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&record)?;
        self.end += record.len() as u64;
        Ok(())
    }

    /// The account's blocks, the last one first.
    fn blocks(&mut self, account_id: AccountId) -> io::Result<Vec<Placed>> {
        let mut blocks = Vec::new();
        let mut next = self.last.get(&account_id).copied();
        while let Some(offset) = next {
            let placed = read_block(&mut self.file, offset)?;
            next = placed.block.previous;
            blocks.push(placed);
        }
        Ok(blocks)
    }
}

/// Reads the line that begins a block.
fn read_block(file: &mut File, offset: u64) -> io::Result<Placed> {
    file.seek(SeekFrom::Start(offset))?;
    let mut line = Vec::new();
    // The line of an ordinary block is read at once.
    let read = BufReader::with_capacity(2_048, Read::by_ref(file)).read_until(b'\n', &mut line)?;
    match record::decoded(&line)? {
        Header::Block(block) => Ok(Placed { block, body: offset + read as u64 }),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "a block of the journal is not where it was written")),
    }
}

/// The blocks that count: of a target that was read whole, those of the session that did so; else those of this session,
/// as what an earlier one has left of it was read again. Blocks without items tell of keys, which were asked for again too.
fn valid(blocks: Vec<Placed>, session: u32) -> Vec<Placed> {
    let complete: HashMap<String, u32> = blocks
        .iter()
        .filter(|placed| placed.block.complete)
        .map(|placed| (placed.block.region.clone(), placed.block.session))
        .collect();
    blocks
        .into_iter()
        .filter(|Placed { block, .. }| {
            let of = if block.items == 0 { session } else { complete.get(&block.region).copied().unwrap_or(session) };
            block.session == of
        })
        .collect()
}

fn answers(blocks: &[Placed]) -> HashMap<KeyId, KeyAnswer> {
    // The latest answer counts.
    let answers = blocks.iter().rev().flat_map(|placed| &placed.block.own_keys);
    answers.map(|(key, answer)| (key.clone(), KeyAnswer::from(answer.clone()))).collect()
}

/// Now, in seconds: enough, and it reads better.
pub fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
