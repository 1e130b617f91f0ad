//! The files of a report. Findings come one by one, in order, so that nothing has to hold all of them.

mod csv;
mod html;
mod jsonl;
mod phrase;
#[cfg(test)]
pub(crate) mod samples;
pub mod schema;
pub mod terminal;

pub(crate) use phrase::number;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use clap::ValueEnum;

use crate::finding::Finding;
use crate::summary::Summary;

/// A file of the report, beside `summary.json`, which is always written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Format {
    /// `findings.jsonl`: one finding a line.
    Jsonl,
    /// `findings.csv`: for spreadsheets.
    Csv,
    /// `report.html`: for people.
    Html,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Jsonl, Self::Csv, Self::Html];

    /// The name of the file.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Jsonl => "findings.jsonl",
            Self::Csv => "findings.csv",
            Self::Html => "report.html",
        }
    }

    /// A writer of this format into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn writer(self, path: &Path) -> io::Result<Box<dyn ReportWriter>> {
        Ok(match self {
            Self::Jsonl => Box::new(jsonl::JsonlWriter::create(path)?),
            Self::Csv => Box::new(csv::CsvWriter::create(path)?),
            Self::Html => Box::new(html::HtmlWriter::create(path)?),
        })
    }
}

/// Writes one file of a report.
pub trait ReportWriter {
    /// Takes the next finding.
    ///
    /// # Errors
    /// The file cannot be written.
    fn finding(&mut self, finding: &Finding) -> io::Result<()>;

    /// Ends the file, and brings it to the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    fn finish(self: Box<Self>, summary: &Summary) -> io::Result<()>;
}

/// Ends a file: what is left in the buffer goes to the disk.
pub(crate) fn close(out: BufWriter<File>) -> io::Result<()> {
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}
