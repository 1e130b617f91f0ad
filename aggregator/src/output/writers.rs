//! The files of a run, while they are being written.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::config_source::compare::Difference;
use crate::finding::Finding;
use crate::history::change::Change;
use crate::history::manifest::{Manifest, ManifestFile, hexadecimal};
use crate::history::targets::AccountTargets;
use crate::report::{Ending, Format, ReportWriter, close};
use crate::summary::{Run, Summary};

/// The summary's file.
pub const SUMMARY: &str = "summary.json";
/// The file of what was read whole.
pub const TARGETS: &str = "targets.jsonl";
/// The file of what has changed since the run before.
pub const CHANGES: &str = "changes.jsonl";
/// The file of what AWS Config recorded otherwise.
const DIFFERENCES: &str = "differences.jsonl";

/// The files of a report, being written.
pub struct Writers {
    folder: PathBuf,
    formats: Vec<(Format, Box<dyn ReportWriter>)>,
    targets: Lines,
    changes: Option<Lines>,
    differences: Option<Lines>,
}

/// The files of a report, written and not yet in their place.
#[derive(Debug)]
pub struct Written {
    /// What they are.
    pub manifest: Manifest,
}

/// A file of one JSON document a line.
struct Lines {
    name: &'static str,
    out: BufWriter<File>,
}

impl Lines {
    fn create(folder: &Path, name: &'static str) -> io::Result<Self> {
        Ok(Self { name, out: BufWriter::new(File::create_new(folder.join(name))?) })
    }

    fn add(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }
}

impl Writers {
    /// Opens the files of `formats` in a new folder. One of changes is written where there is an earlier run, one of
    /// differences where that is asked for, also if there will be none.
    ///
    /// # Errors
    /// A file cannot be made.
    pub(super) fn create(
        folder: PathBuf,
        formats: &[Format],
        run: &Run,
        with_changes: bool,
        with_differences: bool,
    ) -> io::Result<Self> {
        fs::create_dir(&folder)?;
        let mut writers = Vec::new();
        for format in formats {
            writers.push((*format, format.writer(&folder.join(format.file_name()), run)?));
        }
        let lines = |wanted: bool, name| wanted.then(|| Lines::create(&folder, name)).transpose();
        Ok(Self {
            targets: Lines::create(&folder, TARGETS)?,
            changes: lines(with_changes, CHANGES)?,
            differences: lines(with_differences, DIFFERENCES)?,
            formats: writers,
            folder,
        })
    }

    /// Writes a finding to every file.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.formats.iter_mut().try_for_each(|(_, writer)| writer.finding(finding))
    }

    /// Writes a change.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn change(&mut self, change: &Change) -> io::Result<()> {
        if let Some(changes) = &mut self.changes {
            changes.add(change)?;
        }
        self.formats.iter_mut().try_for_each(|(_, writer)| writer.change(change))
    }

    /// Writes what was read whole of an account.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn account(&mut self, targets: &AccountTargets) -> io::Result<()> {
        self.targets.add(targets)?;
        self.formats.iter_mut().try_for_each(|(_, writer)| writer.account(targets))
    }

    /// Writes a difference, where they are wanted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn difference(&mut self, difference: &Difference) -> io::Result<()> {
        self.differences.as_mut().map_or(Ok(()), |differences| differences.add(difference))
    }

    /// Ends every file, and writes the summary. `trend`: the runs that are kept, the oldest first.
    ///
    /// # Errors
    /// A file cannot be written, or it was stopped.
    pub fn finish(
        self,
        summary: &Summary,
        mut trend: Vec<Manifest>,
        is_stopped: &dyn Fn() -> bool,
    ) -> io::Result<Written> {
        let mut manifest = Manifest::of(summary);
        trend.push(manifest.clone());
        let mut names = Vec::new();
        for (format, writer) in self.formats {
            go_on(is_stopped)?;
            writer.finish(&Ending { summary, trend: &trend })?;
            names.push(format.file_name());
        }
        for Lines { name, out } in [Some(self.targets), self.changes, self.differences].into_iter().flatten() {
            close(out)?;
            names.push(name);
        }
        write_json(&self.folder.join(SUMMARY), summary)?;
        names.push(SUMMARY);
        for name in names {
            manifest.files.push(described(&self.folder, name, is_stopped)?);
        }
        Ok(Written { manifest })
    }
}

/// A new file with one indented JSON document, on the disk.
pub(super) fn write_json(path: &Path, document: &impl Serialize) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    serde_json::to_writer_pretty(&mut out, document)?;
    out.write_all(b"\n")?;
    close(out)
}

/// An error where the writing is to end.
fn go_on(is_stopped: &dyn Fn() -> bool) -> io::Result<()> {
    if is_stopped() { Err(io::Error::other("stopped")) } else { Ok(()) }
}

fn described(folder: &Path, name: &str, is_stopped: &dyn Fn() -> bool) -> io::Result<ManifestFile> {
    let mut file = File::open(folder.join(name))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1_024];
    let mut bytes = 0;
    loop {
        go_on(is_stopped)?;
        let count = file.read(&mut buffer)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        bytes += count as u64;
    }
    let sha256 = hexadecimal(&hasher.finalize());
    Ok(ManifestFile { name: name.to_owned(), bytes, sha256 })
}
