//! What was read, in the order of the report: account, Region, type, name.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use ecr_encryption_rule::keys::{KeyAnswer, KeyId};
use jiff::Timestamp;

use super::{Item, Journal, Placed, answers, valid};
use crate::account::AccountId;
use crate::finding::FindingType;

/// The buffer of each of a target's runs: a registry of 100,000 repositories has a hundred of them.
const BUFFER: usize = 16 * 1_024;

/// What comes of an account, in order.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it lives for one call, and there are millions")]
pub enum Step<'a> {
    /// Something that was read.
    Item(Joined<'a>),
    /// All of an account has come, or nothing of it was read.
    Account(AccountId),
}

/// Something that was read, with what belongs to it.
#[derive(Debug)]
pub struct Joined<'a> {
    /// The account.
    pub account_id: AccountId,
    /// The Region.
    pub region: &'a str,
    /// When it was read.
    pub read_at: Timestamp,
    /// What was read.
    pub item: Item,
    /// What KMS told the account about its own keys.
    pub own_keys: &'a HashMap<KeyId, KeyAnswer>,
}

impl Journal {
    /// The accounts of which something was read.
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        self.state().last.keys().copied().collect()
    }

    /// Gives everything that was read of `accounts` to `take`, in order. What was on two pages of a list that changed
    /// meanwhile is given once.
    ///
    /// # Errors
    /// The file cannot be read, or `take` fails.
    pub fn join(
        &self,
        accounts: &BTreeSet<AccountId>,
        mut take: impl FnMut(Step<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.state();
        for &account_id in accounts {
            let blocks = valid(state.blocks(account_id)?, self.session);
            let own_keys = answers(&blocks);
            let mut targets: BTreeMap<String, Vec<Placed>> = BTreeMap::new();
            for placed in blocks.into_iter().filter(|placed| placed.block.items > 0) {
                targets.entry(placed.block.region.clone()).or_default().push(placed);
            }
            for (region, mut runs) in targets {
                // The page that was read first wins.
                runs.reverse();
                merge(&state.file, &runs, |item, read_at| {
                    take(Step::Item(Joined { account_id, region: &region, read_at, item, own_keys: &own_keys }))
                })?;
            }
            take(Step::Account(account_id))?;
        }
        Ok(())
    }
}

fn place(item: &Item) -> (FindingType, String) {
    let (finding_type, name) = item.place();
    (finding_type, name.to_owned())
}

/// Merges runs that are in order each.
fn merge(file: &File, blocks: &[Placed], mut take: impl FnMut(Item, Timestamp) -> io::Result<()>) -> io::Result<()> {
    let mut runs: Vec<Run<'_>> = blocks.iter().map(|placed| Run::new(file, placed)).collect();
    // By place, and by page: a heap of what comes next of each run.
    let mut following = BinaryHeap::new();
    let mut heads: Vec<Option<Item>> = Vec::new();
    for (index, run) in runs.iter_mut().enumerate() {
        let head = run.next()?;
        following.extend(head.as_ref().map(|head| Reverse((place(head), index))));
        heads.push(head);
    }
    let mut before: Option<(FindingType, String)> = None;
    while let Some(Reverse((current_place, index))) = following.pop() {
        let (Some(run), Some(head)) = (runs.get_mut(index), heads.get_mut(index)) else { continue };
        let next = run.next()?;
        following.extend(next.as_ref().map(|next| Reverse((place(next), index))));
        let current = std::mem::replace(head, next);
        if before.as_ref() != Some(&current_place)
            && let Some(current) = current
        {
            take(current, run.read_at)?;
            before = Some(current_place);
        }
    }
    Ok(())
}

/// The lines of a block, read bit by bit.
struct Run<'a> {
    lines: BufReader<Section<'a>>,
    line: Vec<u8>,
    read_at: Timestamp,
}

impl<'a> Run<'a> {
    fn new(file: &'a File, placed: &Placed) -> Self {
        let Placed { block, body } = placed;
        let section = Section { file, position: *body, end: body + block.length };
        let capacity = BUFFER.min(usize::try_from(block.length).unwrap_or(BUFFER));
        Self { lines: BufReader::with_capacity(capacity, section), line: Vec::new(), read_at: block.read_at }
    }

    fn next(&mut self) -> io::Result<Option<Item>> {
        self.line.clear();
        match self.lines.read_until(b'\n', &mut self.line)? {
            0 => Ok(None),
            _ => Ok(Some(serde_json::from_slice(&self.line)?)),
        }
    }
}

/// A part of a file that several readers share; each read begins where this one's last has ended.
struct Section<'a> {
    file: &'a File,
    position: u64,
    end: u64,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file;
        file.seek(SeekFrom::Start(self.position))?;
        let count = file.take(self.end.saturating_sub(self.position)).read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}
