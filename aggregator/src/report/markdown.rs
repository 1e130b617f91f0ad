//! `summary.md`: a summary that fits a pull request or a chat.
//!
//! Whatever is not our own word stands in a code span: there, nothing is markup, a link or a mention.

mod page;
pub(super) mod span;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ecr_encryption_core::Status;

use super::{Ending, ReportWriter, close};
use crate::finding::Finding;
use crate::history::change::{Change, ChangeKind};

/// So many findings are shown.
const FINDINGS: usize = 20;
/// So many changes are shown.
const CHANGES: usize = 10;

/// Writes `summary.md`.
#[derive(Debug)]
pub struct MarkdownWriter {
    out: BufWriter<File>,
    shown: Shown,
}

/// What is shown of all that comes: the first of each kind.
#[derive(Debug, Default)]
struct Shown {
    non_compliant: Vec<Finding>,
    undetermined: Vec<Finding>,
    changes: Vec<Change>,
}

impl MarkdownWriter {
    /// A writer into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { out: BufWriter::new(File::create(path)?), shown: Shown::default() })
    }
}

impl ReportWriter for MarkdownWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let kept = match finding.status {
            Status::NonCompliant => &mut self.shown.non_compliant,
            Status::Undetermined => &mut self.shown.undetermined,
            Status::Compliant | Status::Exempt => return Ok(()),
        };
        if kept.len() < FINDINGS {
            kept.push(finding.clone());
        }
        Ok(())
    }

    fn change(&mut self, change: &Change) -> io::Result<()> {
        let is_bad = matches!(change.change, ChangeKind::New | ChangeKind::Changed | ChangeKind::NoLongerSeen);
        if is_bad && self.shown.changes.len() < CHANGES {
            self.shown.changes.push(change.clone());
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<()> {
        let findings: Vec<&Finding> =
            self.shown.non_compliant.iter().chain(&self.shown.undetermined).take(FINDINGS).collect();
        let page = page::of(ending.summary, &findings, &self.shown.changes);
        self.out.write_all(page.as_bytes())?;
        close(self.out)
    }
}

#[cfg(test)]
mod tests;
