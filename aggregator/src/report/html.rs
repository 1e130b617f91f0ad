//! `report.html`: a page for people, in one file that loads nothing and runs nothing.
//!
//! Its templates are in `aggregator/templates`. They escape whatever they are given; there is no script to get into, and
//! the page's policy would not run one.

mod facts;
mod gaps;
mod kept;
mod signs;
mod view;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use askama::Template;

use super::{Ending, ReportWriter, close};
use crate::finding::{Finding, FindingType};
use kept::Kept;
use view::Page;

/// How many findings on repositories the page holds, and how many on templates and rules: browsers open it at once, and the writer's memory is bounded.
const FINDINGS: usize = 5_000;

/// Writes `report.html`.
#[derive(Debug)]
pub struct HtmlWriter {
    out: BufWriter<File>,
    kept: Kept,
    kept_templates: Kept,
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
        Ok(Self { out, kept: Kept::new(limit), kept_templates: Kept::new(limit) })
    }
}

impl ReportWriter for HtmlWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        match finding.finding_type {
            FindingType::Repository => self.kept.offer(finding),
            FindingType::RepositoryCreationTemplate | FindingType::PullThroughCacheRule => {
                self.kept_templates.offer(finding);
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<()> {
        Page::new(ending.summary, &self.kept, &self.kept_templates).write_into(&mut self.out)?;
        close(self.out)
    }
}

#[cfg(test)]
mod tests;
