//! For machines: every change, as it comes.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use super::{DiffWriter, Diffed};
use crate::finding::Finding;
use crate::history::change::Change;
use crate::history::manifest::Manifest;

/// A change a line.
pub(super) struct Lines<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Lines<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }
}

impl DiffWriter for Lines<'_> {
    fn change(&mut self, change: &Change) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, change)?;
        self.out.write_all(b"\n")
    }

    fn still_open(&mut self, _finding: &Finding) {}

    fn finish(self: Box<Self>, _diffed: &Diffed<'_>) -> io::Result<()> {
        self.out.flush()
    }
}

/// One document: the runs, the changes, and at last how many of each kind there were.
pub(super) struct Document<'a> {
    out: &'a mut dyn Write,
    has_changes: bool,
}

/// Which run it is.
#[derive(Serialize)]
struct Run<'a> {
    #[serde(rename = "run_id")]
    id: &'a str,
    started_at: Timestamp,
    finished_at: Timestamp,
    interrupted: bool,
    tool_version: &'a str,
    caller_account_id: &'a str,
    organization_id: Option<&'a str>,
}

impl<'a> From<&'a Manifest> for Run<'a> {
    fn from(manifest: &'a Manifest) -> Self {
        Self {
            id: &manifest.run_id,
            started_at: manifest.started_at,
            finished_at: manifest.finished_at,
            interrupted: manifest.interrupted,
            tool_version: &manifest.tool_version,
            caller_account_id: &manifest.caller_account_id,
            organization_id: manifest.organization_id.as_deref(),
        }
    }
}

impl<'a> Document<'a> {
    pub(super) fn begin(out: &'a mut dyn Write, older: &Manifest, newer: &Manifest) -> io::Result<Self> {
        let version = crate::summary::SCHEMA_VERSION;
        let [older, newer] = [older, newer].map(|manifest| serde_json::to_string(&Run::from(manifest)));
        write!(out, "{{\"schema_version\":{version},\n\"older\":{},\n\"newer\":{},\n\"changes\":[", older?, newer?)?;
        Ok(Self { out, has_changes: false })
    }
}

impl DiffWriter for Document<'_> {
    fn change(&mut self, change: &Change) -> io::Result<()> {
        self.out.write_all(if self.has_changes { b",\n" } else { b"\n" })?;
        self.has_changes = true;
        Ok(serde_json::to_writer(&mut *self.out, change)?)
    }

    fn still_open(&mut self, _finding: &Finding) {}

    fn finish(self: Box<Self>, diffed: &Diffed<'_>) -> io::Result<()> {
        writeln!(self.out, "],\n\"totals\":{}}}", serde_json::to_string(diffed.totals)?)?;
        self.out.flush()
    }
}
