//! `report.html`: a page for people, in one file that loads nothing and runs nothing but its own script.
//!
//! What matters is there without the script: its templates are in `aggregator/templates`, and escape whatever they are given.
//! The script, from `aggregator/report-page`, makes of the findings, which stand in the page as data, what can be searched.

mod assets;
mod changed;
mod gaps;
mod kept;
mod links;
mod matrix;
mod pattern;
mod payload;
mod row;
mod signs;
mod strings;
mod trend;
mod units;
mod view;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use askama::Template;

use super::{Ending, ReportWriter, close};
use crate::finding::{Finding, FindingType};
use crate::history::change::{Change, ChangeKind};
use crate::history::targets::AccountTargets;
use changed::Changed;
use kept::Kept;
use matrix::Matrix;
use row::Row;
use strings::Strings;
use view::Page;

/// How many findings on repositories the page holds: browsers open it at once, and the writer's memory is bounded.
const FINDINGS: usize = 20_000;
/// How many of them are shown where no script runs, where nobody could search.
const WITHOUT_SCRIPT: usize = 100;

/// How many findings on templates and rules the page holds beside `limit` on repositories.
const fn templates_beside(limit: usize) -> usize {
    limit.div_ceil(10)
}

/// Writes `report.html`.
#[derive(Debug)]
pub struct HtmlWriter {
    out: BufWriter<File>,
    held: Held,
}

/// What is held of a run until the page is written.
#[derive(Debug)]
struct Held {
    strings: Strings,
    kept: Kept<Row>,
    kept_templates: Kept<Row>,
    without_script: Kept<Finding>,
    changed: Changed,
    matrix: Matrix,
}

impl HtmlWriter {
    /// A writer into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::with_limit(path, FINDINGS)
    }

    fn with_limit(path: &Path, limit: usize) -> io::Result<Self> {
        let out = BufWriter::new(File::create(path)?);
        let held = Held {
            strings: Strings::default(),
            kept: Kept::new(limit),
            kept_templates: Kept::new(templates_beside(limit)),
            without_script: Kept::new(WITHOUT_SCRIPT.min(limit)),
            changed: Changed::default(),
            matrix: Matrix::default(),
        };
        Ok(Self { out, held })
    }
}

impl Held {
    fn kept_of(&mut self, kind: FindingType) -> (&mut Kept<Row>, &mut Strings) {
        let kept = match kind {
            FindingType::Repository => &mut self.kept,
            FindingType::RepositoryCreationTemplate | FindingType::PullThroughCacheRule => &mut self.kept_templates,
        };
        (kept, &mut self.strings)
    }
}

impl ReportWriter for HtmlWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.held.matrix.add(finding);
        let rank = kept::rank(finding);
        let (kept, strings) = self.held.kept_of(finding.finding_type);
        if kept.wants(rank) {
            let row = Row::new(finding, strings);
            if let Some(gone) = kept.take(rank, row) {
                gone.release(strings);
            }
        }
        if self.held.without_script.wants(rank) {
            self.held.without_script.take(rank, finding.clone());
        }
        Ok(())
    }

    fn change(&mut self, change: &Change) -> io::Result<()> {
        self.held.changed.add(change);
        let (ChangeKind::New | ChangeKind::Changed, Some(after)) = (change.change, &change.after) else {
            return Ok(());
        };
        let rank = kept::rank_of(after.status, after.reason_code);
        let (kept, strings) = self.held.kept_of(change.finding_type);
        // A row that is not kept need not be marked; the rows of an account stand together, and its changes come next.
        let Some(key @ [account, ..]) = Row::key(change, strings) else { return Ok(()) };
        let mut of_account = kept.newest_of(rank).take_while(|row| row.is_of(account));
        if let Some(row) = of_account.find(|row| row.has_key(key)) {
            row.mark(changed::code(change.change), &changed::why(change), strings);
        }
        Ok(())
    }

    fn account(&mut self, targets: &AccountTargets) -> io::Result<()> {
        self.held.matrix.read(targets);
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<()> {
        let heat_map = self.held.matrix.finish(&ending.summary.coverage, &ending.summary.totals.by_region);
        Page::new(ending, &self.held, &heat_map).write_into(&mut self.out)?;
        close(self.out)
    }
}

#[cfg(test)]
mod tests;
