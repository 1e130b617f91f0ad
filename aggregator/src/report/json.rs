//! `findings.json`: one document with everything that a run tells.
//!
//! It is written as it comes, and can be read so: the findings stand before the changes, these before the targets, and the
//! summary, which is not known before the end, is last. Each finding, change and target is on a line of its own.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spool::Spool;
use super::{Ending, ReportWriter, close};
use crate::finding::Finding;
use crate::history::change::Change;
use crate::history::targets::AccountTargets;
use crate::summary::{Run, SCHEMA_VERSION, Summary};

/// What the file holds, for who reads it whole. The fields stand in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// The version of this file's form.
    pub schema_version: u32,
    /// The run's id: a UUID, version 7.
    pub run_id: String,
    /// When the run started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub run_started_at: Timestamp,
    /// The lines of `findings.jsonl`.
    pub findings: Vec<Finding>,
    /// The lines of `changes.jsonl`; empty where there is no earlier run.
    pub changes: Vec<Change>,
    /// The lines of `targets.jsonl`.
    pub targets: Vec<AccountTargets>,
    /// What `summary.json` holds.
    pub summary: Summary,
}

/// Writes `findings.json`.
#[derive(Debug)]
pub struct JsonWriter {
    out: BufWriter<File>,
    findings: Items,
    changes: (Items, Spool),
    targets: (Items, Spool),
}

impl JsonWriter {
    /// A writer into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, run: &Run) -> io::Result<Self> {
        let mut out = BufWriter::new(File::create(path)?);
        write!(out, "{{\"schema_version\":{SCHEMA_VERSION},\"run_id\":")?;
        serde_json::to_writer(&mut out, &run.id)?;
        out.write_all(b",\"run_started_at\":")?;
        serde_json::to_writer(&mut out, &run.started_at)?;
        out.write_all(b",\"findings\":[")?;
        let spool = || (Items::default(), Spool::beside(path));
        Ok(Self { out, findings: Items::default(), changes: spool(), targets: spool() })
    }
}

impl ReportWriter for JsonWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.findings.write(&mut self.out, finding)
    }

    fn change(&mut self, change: &Change) -> io::Result<()> {
        let (changes, spool) = &mut self.changes;
        changes.write(spool, change)
    }

    fn account(&mut self, account: &AccountTargets) -> io::Result<()> {
        let (targets, spool) = &mut self.targets;
        targets.write(spool, account)
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<()> {
        for (name, (_, spool)) in [("changes", &mut self.changes), ("targets", &mut self.targets)] {
            write!(self.out, "\n],\"{name}\":[")?;
            spool.pour(&mut self.out)?;
        }
        self.out.write_all(b"\n],\"summary\":")?;
        serde_json::to_writer(&mut self.out, ending.summary)?;
        self.out.write_all(b"}\n")?;
        close(self.out)
    }
}

/// The items of a list of JSON, one a line.
#[derive(Debug, Default)]
pub(super) struct Items {
    are_there: bool,
}

impl Items {
    /// Writes the next.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub(super) fn write(&mut self, out: &mut impl Write, item: &impl Serialize) -> io::Result<()> {
        out.write_all(if std::mem::replace(&mut self.are_there, true) { b",\n" } else { b"\n" })?;
        Ok(serde_json::to_writer(out, item)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, golden, samples};

    #[test]
    fn the_golden_organization() {
        insta::assert_snapshot!(golden::written(Format::Json));
    }

    #[test]
    fn it_reads_back() {
        let read: Document = serde_json::from_str(&golden::written(Format::Json)).unwrap();
        assert_eq!(read.findings, golden::findings());
        assert_eq!(read.changes, golden::changes());
        assert_eq!(read.targets, golden::targets());
        assert_eq!(read.summary, golden::summary());
        assert_eq!(read.run_id, read.summary.run.id);
        assert_eq!(read.run_started_at, read.summary.run.started_at);
    }

    #[test]
    fn no_findings_make_empty_lists() {
        let read: Document = serde_json::from_str(&samples::written(Format::Json, &[])).unwrap();
        assert!(read.findings.is_empty() && read.changes.is_empty() && read.targets.is_empty());
    }
}
