//! The files of a report. Findings come one by one, in order, so that nothing has to hold all of them.

mod asff;
mod change_words;
mod csv;
pub mod diff;
#[cfg(test)]
mod golden;
mod html;
mod identity;
pub mod json;
mod jsonl;
mod junit;
mod markdown;
mod ocsf;
mod parquet;
pub(crate) mod phrase;
#[cfg(test)]
pub(crate) mod samples;
mod sarif;
pub mod schema;
mod spool;
pub mod terminal;

pub(crate) use phrase::number;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use clap::ValueEnum;

use crate::finding::Finding;
use crate::history::change::Change;
use crate::history::manifest::Manifest;
use crate::history::targets::AccountTargets;
use crate::summary::{Run, Summary};

/// A file of the report, beside `summary.json`, which is always written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Format {
    /// `findings.jsonl`: one finding a line.
    Jsonl,
    /// `findings.csv`: for spreadsheets.
    Csv,
    /// `report.html`: for people.
    Html,
    /// `findings.json`: findings, changes and summary in one document.
    Json,
    /// `findings.parquet`: typed columns, for `DuckDB`, Athena and Spark.
    Parquet,
    /// `findings.ocsf.jsonl`: OCSF Compliance Findings, one a line, for Security Lake and SIEMs.
    Ocsf,
    /// `findings.sarif`: for code scanning and its viewers.
    Sarif,
    /// `findings.junit.xml`: for what shows test results.
    Junit,
    /// `summary.md`: for a pull request or a chat.
    Markdown,
    /// `findings.asff.jsonl`: AWS's finding format, for Security Hub.
    Asff,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Jsonl,
        Self::Csv,
        Self::Html,
        Self::Json,
        Self::Parquet,
        Self::Ocsf,
        Self::Asff,
        Self::Sarif,
        Self::Junit,
        Self::Markdown,
    ];

    /// The name of the file.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Jsonl => "findings.jsonl",
            Self::Csv => "findings.csv",
            Self::Html => "report.html",
            Self::Json => "findings.json",
            Self::Parquet => "findings.parquet",
            Self::Ocsf => "findings.ocsf.jsonl",
            Self::Sarif => "findings.sarif",
            Self::Junit => "findings.junit.xml",
            Self::Markdown => "summary.md",
            Self::Asff => "findings.asff.jsonl",
        }
    }

    /// A writer of this format into a new file at `path`, for the findings of `run`; when that has finished, and what it
    /// cost, is taken from its summary at the end.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn writer(self, path: &Path, run: &Run) -> io::Result<Box<dyn ReportWriter>> {
        Ok(match self {
            Self::Jsonl => Box::new(jsonl::JsonlWriter::create(path)?),
            Self::Csv => Box::new(csv::CsvWriter::create(path)?),
            Self::Html => Box::new(html::HtmlWriter::create(path)?),
            Self::Json => Box::new(json::JsonWriter::create(path, run)?),
            Self::Parquet => Box::new(parquet::ParquetWriter::create(path, run)?),
            Self::Ocsf => Box::new(ocsf::OcsfWriter::create(path, run)?),
            Self::Sarif => Box::new(sarif::SarifWriter::create(path, run)?),
            Self::Junit => Box::new(junit::JunitWriter::create(path, run)?),
            Self::Markdown => Box::new(markdown::MarkdownWriter::create(path)?),
            Self::Asff => Box::new(asff::AsffWriter::create(path)?),
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

    /// Takes what has become of a finding since the run before; it comes after the findings of its account.
    ///
    /// # Errors
    /// The file cannot be written.
    fn change(&mut self, _change: &Change) -> io::Result<()> {
        Ok(())
    }

    /// Takes what was read whole of an account, after everything else of it.
    ///
    /// # Errors
    /// The file cannot be written.
    fn account(&mut self, _targets: &AccountTargets) -> io::Result<()> {
        Ok(())
    }

    /// Ends the file, and brings it to the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    fn finish(self: Box<Self>, ending: &Ending<'_>) -> io::Result<()>;
}

/// What is known of a run once everything was given to the writers.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The run.
    pub summary: &'a Summary,
    /// The runs that are kept, the oldest first; this one is the last.
    pub trend: &'a [Manifest],
}

/// Ends a file: what is left in the buffer goes to the disk.
pub(crate) fn close(out: BufWriter<File>) -> io::Result<()> {
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}
