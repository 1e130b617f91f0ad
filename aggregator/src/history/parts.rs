//! A run's lines, account by account, as a run gives them to the writers of its report.

use std::io;
use std::iter::Peekable;

use super::change::Change;
use super::reader::{Line, Lines, RunFolder, RunReadError};
use super::targets::AccountTargets;
use crate::finding::Finding;

/// A line of a run.
#[derive(Debug)]
pub enum Part {
    /// Of `findings.jsonl`.
    Finding(Box<Finding>),
    /// Of `changes.jsonl`.
    Change(Box<Change>),
    /// Of `targets.jsonl`.
    Account(AccountTargets),
}

/// Of each account its findings, then its changes, then what was read whole of it.
pub struct Parts {
    findings: Peekable<Lines<Finding>>,
    changes: Option<Peekable<Lines<Change>>>,
    targets: Peekable<Lines<AccountTargets>>,
}

impl Parts {
    /// All lines of a run.
    ///
    /// # Errors
    /// A file cannot be read, or is not as many bytes as the run wrote.
    pub fn all(run: &RunFolder) -> Result<Self, RunReadError> {
        Ok(Self { changes: run.changes()?.map(Iterator::peekable), ..Self::without_changes(run)? })
    }

    /// The lines of a run that is to be compared with another one than the one before it.
    ///
    /// # Errors
    /// A file cannot be read, or is not as many bytes as the run wrote.
    pub fn without_changes(run: &RunFolder) -> Result<Self, RunReadError> {
        Ok(Self { findings: run.findings()?.peekable(), changes: None, targets: run.targets()?.peekable() })
    }
}

/// The account that comes next; what cannot be read comes before everything else.
fn next_account<T: Line>(lines: &mut Peekable<Lines<T>>) -> Option<&str> {
    lines.peek().map(|line| line.as_ref().map_or("", |line| line.place().account_id))
}

impl Iterator for Parts {
    type Item = io::Result<Part>;

    fn next(&mut self) -> Option<Self::Item> {
        let finding = next_account(&mut self.findings);
        let change = self.changes.as_mut().and_then(next_account);
        let account = next_account(&mut self.targets);
        // The first in this order is that of the smallest account.
        let heads = [(finding, 0), (change, 1), (account, 2)];
        let first = heads.into_iter().filter_map(|(account, order)| Some((account?, order))).min();
        Some(match first?.1 {
            0 => self.findings.next()?.map(|finding| Part::Finding(Box::new(finding))),
            1 => self.changes.as_mut()?.next()?.map(|change| Part::Change(Box::new(change))),
            _ => self.targets.next()?.map(Part::Account),
        })
    }
}
