//! Reads a journal that another process has left.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex};

use ecr_encryption_core::Status;
use ecr_encryption_rule::keys::{AWS_MANAGED, KeyId};
use jiff::Timestamp;

use super::record::{Block, Header, StoredAnswer, decoded, is_whole};
use super::{Journal, State};
use crate::account::AccountId;
use crate::keys::KeyBook;
use crate::plan::Plan;
use crate::unfinished::Opening;

/// What an unfinished run has done.
#[derive(Debug)]
pub struct Recovered {
    /// Which run it is.
    pub opening: Opening,
    /// When it was resumed, if it was.
    pub resumed_at: Vec<Timestamp>,
    /// The targets that were read whole.
    pub done: Done,
    /// The keys that were seen in use, and are to be asked for.
    pub keys: KeyBook,
    /// The verdicts on repositories of these targets, as far as nothing can change them any more.
    pub verdicts: BTreeMap<Status, u64>,
}

/// Regions of an account, each with how many repositories were read.
pub type ReadRegions = Vec<(Arc<str>, u64)>;

/// The plans of accounts, and which of their targets were read whole.
#[derive(Debug, Default)]
pub struct Done {
    plans: HashMap<AccountId, Arc<Plan>>,
    targets: HashMap<AccountId, ReadRegions>,
}

impl Done {
    /// The plan of an account, and its Regions that were read whole, each with the number of its repositories. They are
    /// given once.
    pub fn take(&mut self, account_id: AccountId) -> Option<(Arc<Plan>, ReadRegions)> {
        let plan = self.plans.remove(&account_id)?;
        Some((plan, self.targets.remove(&account_id).unwrap_or_default()))
    }

    /// Undoes [`Self::take`].
    #[cfg(test)]
    pub(super) fn put_back(&mut self, account_id: AccountId, plan: Arc<Plan>, done: ReadRegions) {
        self.plans.insert(account_id, plan);
        self.targets.insert(account_id, done);
    }

    /// How many targets were read whole.
    pub fn targets(&self) -> usize {
        self.targets.values().map(Vec::len).sum()
    }
}

impl Journal {
    /// How the run was begun whose journal is at `path`; `None` where that is not whole.
    ///
    /// # Errors
    /// The file cannot be read, or is of a form that this version does not know.
    pub fn opening(path: &Path) -> io::Result<Option<Opening>> {
        let file = File::open(path)?;
        match Reader::new(&file).next()? {
            Some(Header::Opening(opening)) => Ok(Some(*opening)),
            _ => Ok(None),
        }
    }

    /// Opens the journal at `path`, to go on with it by [`Self::resume`]; `None` where not even its first record is whole.
    ///
    /// # Errors
    /// The file cannot be read, or is of a form that this version does not know.
    pub fn reopen(path: &Path) -> io::Result<Option<(Self, Recovered)>> {
        let file = File::options().read(true).write(true).open(path)?;
        let mut reader = Reader::new(&file);
        let Some(Header::Opening(opening)) = reader.next()? else { return Ok(None) };
        let mut recovered = Recovered {
            opening: *opening,
            resumed_at: Vec::new(),
            done: Done::default(),
            keys: KeyBook::default(),
            verdicts: BTreeMap::new(),
        };
        let mut last = HashMap::new();
        let mut session = 0;
        let mut plans = HashMap::new();
        let mut regions = HashSet::new();
        let mut pages: HashMap<(AccountId, Arc<str>), Pages> = HashMap::new();
        let mut offset = reader.end;
        while let Some(header) = reader.next()? {
            match header {
                Header::Opening(_) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "the journal holds two runs"));
                }
                Header::Resumed { number, at } => {
                    session = number;
                    pages.clear();
                    recovered.resumed_at.push(at);
                }
                Header::Plan { number, plan } => {
                    plans.insert(Arc::new(plan), number);
                }
                Header::Account { account_id, plan } => {
                    let known = plans.iter().find(|(_, number)| **number == plan);
                    recovered.done.plans.extend(known.map(|(plan, _)| (account_id, plan.clone())));
                }
                Header::Block(block) => {
                    last.insert(block.account_id, offset);
                    recovered.note(block, &mut regions, &mut pages);
                }
            }
            offset = reader.end;
        }
        drop(reader);
        let session = session + 1;
        let journal = Self { state: Mutex::new(State { file, end: offset, last, plans, targets: 0 }), session };
        Ok(Some((journal, recovered)))
    }

    /// Goes on with the run, from now on; what is not whole at the end of the file is cut off. Before that, nothing changes.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn resume(&self) -> io::Result<Timestamp> {
        let at = super::now();
        let mut state = self.state();
        state.file.set_len(state.end)?;
        state.append(&Header::Resumed { number: self.session, at }, &[])?;
        Ok(at)
    }
}

/// What was read of a target so far.
#[derive(Debug, Default)]
struct Pages {
    repositories: u64,
    verdicts: BTreeMap<Status, u64>,
}

impl Recovered {
    fn note(
        &mut self,
        block: Block,
        regions: &mut HashSet<Arc<str>>,
        pages: &mut HashMap<(AccountId, Arc<str>), Pages>,
    ) {
        let account_id = block.account_id;
        let denied = |(key, answer): &(KeyId, StoredAnswer)| {
            matches!(answer, StoredAnswer::Denied(_)) && key.name != AWS_MANAGED
        };
        for (key, _) in block.own_keys.iter().filter(|one| denied(one)) {
            self.keys.denied_to_its_own(account_id, &key.region);
        }
        for key in &block.foreign_keys {
            self.keys.used_by(key, account_id);
        }
        let region = shared(regions, &block.region);
        let mut read = pages.remove(&(account_id, region.clone())).unwrap_or_default();
        read.repositories += block.repositories;
        for (status, count) in block.verdicts {
            *read.verdicts.entry(status).or_default() += count;
        }
        if !block.complete {
            pages.insert((account_id, region), read);
            return;
        }
        let done = self.done.targets.entry(account_id).or_default();
        if !done.iter().any(|(known, _)| *known == region) {
            for (status, count) in read.verdicts {
                *self.verdicts.entry(status).or_default() += count;
            }
            done.push((region, read.repositories));
        }
    }
}

/// A name that most accounts have is kept once.
fn shared(names: &mut HashSet<Arc<str>>, name: &str) -> Arc<str> {
    if let Some(known) = names.get(name) {
        return known.clone();
    }
    let name: Arc<str> = name.into();
    names.insert(name.clone());
    name
}

/// Reads record by record, as long as they are whole.
struct Reader<'a> {
    lines: BufReader<&'a File>,
    /// Where the last whole record ends.
    end: u64,
    line: Vec<u8>,
    body: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a File) -> Self {
        Self { lines: BufReader::with_capacity(256 * 1_024, file), end: 0, line: Vec::new(), body: Vec::new() }
    }

    /// The next record, whose lines were checked; `None` where there is none, or it is not whole.
    fn next(&mut self) -> io::Result<Option<Header>> {
        self.line.clear();
        if self.end == 0 {
            self.lines.seek(SeekFrom::Start(0))?;
        }
        let length = self.lines.read_until(b'\n', &mut self.line)?;
        if self.line.last() != Some(&b'\n') {
            return Ok(None);
        }
        let header = match decoded(&self.line) {
            Ok(header) => header,
            // Whole, and of a form that this version does not know.
            Err(error) if is_whole(&self.line, &[]) => return Err(error),
            // What a crash of the machine left behind may be anything.
            Err(_) => return Ok(None),
        };
        let following = match &header {
            Header::Block(block) => block.length,
            _ => 0,
        };
        self.body.clear();
        Read::by_ref(&mut self.lines).take(following).read_to_end(&mut self.body)?;
        if !is_whole(&self.line, &self.body) {
            return Ok(None);
        }
        self.end += length as u64 + following;
        Ok(Some(header))
    }
}
