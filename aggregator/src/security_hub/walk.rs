//! Walks through a run's files: each account and Region that has findings or was read whole, with the place of its findings.
//!
//! Both files are in the order of accounts, and the findings of each account in that of Regions, so that nothing has to be
//! held of what was passed.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::account::AccountId;
use crate::finding::Finding;
use crate::history::targets::AccountTargets;

/// An account and Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubTarget {
    /// The account.
    pub account_id: AccountId,
    /// The Region.
    pub region: Arc<str>,
    /// Where its findings are in `findings.jsonl`, in bytes.
    pub place: Range<u64>,
    /// How many there are.
    pub findings: u64,
    /// Whether the Region was read whole: what has no finding then does not exist.
    pub whole: bool,
}

/// A file of a run cannot be read.
#[derive(Debug, Error)]
pub enum WalkError {
    /// It cannot be opened or read.
    #[error("`{}` cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("`{}` cannot be read: line {line}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// There are fewer findings, or more, than there should be: the files are not of the same run, or not whole.
    #[error(
        "`{}` has {found} findings of account {account_id} in {region}, where `targets.jsonl` tells {told}",
        path.display()
    )]
    Count {
        /// The file.
        path: PathBuf,
        /// The account.
        account_id: AccountId,
        /// The Region.
        region: Arc<str>,
        /// How many there are.
        found: u64,
        /// How many there should be.
        told: u64,
    },
    /// Accounts or Regions come in another order.
    #[error("`{}` is not in the order of accounts and Regions: line {line}", path.display())]
    Order {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: u64,
    },
}

/// Reads a file line by line, each a JSON object.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    /// Where the next line begins.
    at: u64,
    /// The number of the line that was read last.
    number: u64,
    text: String,
}

impl Lines {
    fn open(path: &Path, at: u64) -> Result<Self, WalkError> {
        let opened = File::open(path).and_then(|mut file| file.seek(SeekFrom::Start(at)).map(|_| file));
        let file = opened.map_err(|source| WalkError::Io { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), reader: BufReader::new(file), at, number: 0, text: String::new() })
    }

    /// The next line, and where it began.
    fn next<T: DeserializeOwned>(&mut self) -> Result<Option<(T, u64)>, WalkError> {
        self.text.clear();
        let io = |source| WalkError::Io { path: self.path.clone(), source };
        let length = self.reader.read_line(&mut self.text).map_err(io)?;
        if length == 0 {
            return Ok(None);
        }
        let began = self.at;
        self.at += length as u64;
        self.number += 1;
        let line = serde_json::from_str(&self.text);
        line.map(|value| Some((value, began))).map_err(|source| WalkError::Line {
            path: self.path.clone(),
            line: self.number,
            source,
        })
    }

    fn out_of_order(&self) -> WalkError {
        WalkError::Order { path: self.path.clone(), line: self.number }
    }
}

/// What of a finding is needed to tell where it belongs.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    account_id: AccountId,
    region: String,
}

/// What of a line of `targets.jsonl` is needed: the Regions that were read whole, with their number of findings.
type Whole = (AccountId, Vec<(Arc<str>, u64)>);

/// The targets of a run, in order.
#[derive(Debug)]
pub struct Walk {
    findings: Lines,
    next_finding: Option<(Place, u64)>,
    targets: Lines,
    whole: Option<Whole>,
    /// The Regions of the account that is walked through, in order.
    ready: std::vec::IntoIter<HubTarget>,
    last_account: Option<AccountId>,
}

impl Walk {
    /// A walk through these files.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn begin(findings: &Path, targets: &Path) -> Result<Self, WalkError> {
        let mut walk = Self {
            findings: Lines::open(findings, 0)?,
            next_finding: None,
            targets: Lines::open(targets, 0)?,
            whole: None,
            ready: Vec::new().into_iter(),
            last_account: None,
        };
        walk.next_finding = walk.findings.next()?;
        walk.whole = walk.next_whole()?;
        Ok(walk)
    }

    /// The next target; `None` at the end.
    ///
    /// # Errors
    /// A file cannot be read to its end, or is not in order.
    pub fn next_target(&mut self) -> Result<Option<HubTarget>, WalkError> {
        loop {
            if let Some(target) = self.ready.next() {
                return Ok(Some(target));
            }
            let of_findings = self.next_finding.as_ref().map(|(place, _)| place.account_id);
            let of_targets = self.whole.as_ref().map(|(account_id, _)| *account_id);
            let Some(account_id) = of_findings.into_iter().chain(of_targets).min() else { return Ok(None) };
            if self.last_account.is_some_and(|last| last >= account_id) {
                let is_of_findings = of_findings == Some(account_id);
                return Err(if is_of_findings { self.findings.out_of_order() } else { self.targets.out_of_order() });
            }
            self.last_account = Some(account_id);
            let regions = match self.whole.take_if(|(whole, _)| *whole == account_id) {
                Some((_, regions)) => {
                    self.whole = self.next_whole()?;
                    regions
                }
                None => Vec::new(),
            };
            self.ready = self.account(account_id, regions)?.into_iter();
        }
    }

    /// The targets of an account, of which these Regions were read whole.
    fn account(&mut self, account_id: AccountId, whole: Vec<(Arc<str>, u64)>) -> Result<Vec<HubTarget>, WalkError> {
        let target = |region, place, whole| HubTarget { account_id, region, place, findings: 0, whole };
        let mut targets: Vec<HubTarget> =
            whole.iter().map(|(region, _)| target(Arc::clone(region), 0..0, true)).collect();
        let mut last: Option<Arc<str>> = None;
        while let Some((place, began)) = self.next_finding.take_if(|(place, _)| place.account_id == account_id) {
            if last.as_deref().is_some_and(|last| last > place.region.as_str()) {
                return Err(self.findings.out_of_order());
            }
            let is_same = |target: &HubTarget| *target.region == *place.region;
            let index = targets.iter().position(is_same).unwrap_or_else(|| {
                targets.push(target(place.region.as_str().into(), 0..0, false));
                targets.len() - 1
            });
            if let Some(target) = targets.get_mut(index) {
                if target.findings == 0 {
                    target.place.start = began;
                }
                target.findings += 1;
                target.place.end = self.findings.at;
                last = Some(Arc::clone(&target.region));
            }
            self.next_finding = self.findings.next()?;
        }
        // What is missing from a file that was cut off must not be held for what does not exist.
        for (target, (region, told)) in targets.iter().zip(whole) {
            if target.findings != told {
                let (path, found) = (self.findings.path.clone(), target.findings);
                return Err(WalkError::Count { path, account_id, region, found, told });
            }
        }
        targets.sort_by(|one, other| one.region.cmp(&other.region));
        Ok(targets)
    }

    fn next_whole(&mut self) -> Result<Option<Whole>, WalkError> {
        let Some((AccountTargets { account_id, regions, .. }, _)) = self.targets.next()? else { return Ok(None) };
        let Some(account_id) = AccountId::parse(&account_id) else { return Err(self.targets.out_of_order()) };
        Ok(Some((account_id, regions.into_iter().map(|(region, count)| (region.into(), count)).collect())))
    }
}

/// Reads the findings of one target.
#[derive(Debug)]
pub struct TargetFindings {
    lines: Lines,
    end: u64,
}

impl TargetFindings {
    /// Those at `place` in the file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(path: &Path, place: &Range<u64>) -> Result<Self, WalkError> {
        Ok(Self { lines: Lines::open(path, place.start)?, end: place.end })
    }

    /// The next ones, `most` of them at most; none at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&mut self, most: usize) -> Result<Vec<Finding>, WalkError> {
        let mut findings = Vec::new();
        while findings.len() < most
            && self.lines.at < self.end
            && let Some((finding, _)) = self.lines.next()?
        {
            findings.push(finding);
        }
        Ok(findings)
    }
}

#[cfg(test)]
mod tests;
