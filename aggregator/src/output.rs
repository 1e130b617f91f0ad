//! The folder of the report: files appear whole, and an older report is replaced only by a finished one.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use tempfile::TempDir;

use crate::finding::Finding;
use crate::report::terminal::ReportLocation;
use crate::report::{Format, ReportWriter};
use crate::summary::Summary;

const SUMMARY: &str = "summary.json";

/// The folder, with a hidden one in it for what is not finished; that one goes with this value.
#[derive(Debug)]
pub struct Output {
    directory: PathBuf,
    staging: TempDir,
}

impl Output {
    /// Makes the folder where it is missing, and finds out whether it can be written: before the scan, not after it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn prepare(directory: &Path) -> anyhow::Result<Self> {
        let shown = directory.display();
        std::fs::create_dir_all(directory).with_context(|| format!("the output folder `{shown}` cannot be made"))?;
        let staging = tempfile::Builder::new()
            .prefix(".unfinished-")
            .tempdir_in(directory)
            .with_context(|| format!("the output folder `{shown}` cannot be written"))?;
        for name in Format::ALL.iter().map(|format| format.file_name()).chain([SUMMARY]) {
            if directory.join(name).is_dir() {
                return Err(anyhow!(
                    "the output folder `{shown}` has a folder `{name}`, where a file is to be written"
                ));
            }
        }
        Ok(Self { directory: directory.to_owned(), staging })
    }

    /// Where what was read is kept until it is judged.
    pub fn spool(&self) -> PathBuf {
        self.staging.path().join("spool.jsonl")
    }

    /// Opens the files of `formats`.
    ///
    /// # Errors
    /// A file cannot be made.
    pub fn writers(&self, formats: &[Format]) -> io::Result<Writers> {
        let folder = self.staging.path().join("report");
        std::fs::create_dir(&folder)?;
        let mut writers = Vec::new();
        for format in formats {
            writers.push((*format, format.writer(&folder.join(format.file_name()))?));
        }
        Ok(Writers { folder, writers })
    }

    /// Puts the files where users look for them.
    ///
    /// A run that was interrupted, or saw nothing of what it was to see, must not hide an older report: its files go into
    /// a folder of their own, named for the run. `summary.json` comes last, so that it never stands before its findings.
    ///
    /// # Errors
    /// A file cannot be moved.
    pub fn publish(self, written: &Written, summary: &Summary) -> io::Result<ReportLocation> {
        let saw_nothing = summary.coverage.targets_scanned == 0 && !summary.coverage.is_complete();
        let beside = (summary.run.interrupted || saw_nothing) && self.directory.join(SUMMARY).exists();
        let directory = if beside || summary.run.interrupted {
            let kind = if summary.run.interrupted { "interrupted" } else { "failed" };
            let directory = self.directory.join(format!("{kind}-{}", summary.run.id));
            std::fs::create_dir_all(&directory)?;
            directory
        } else {
            self.directory.clone()
        };
        let mut files = Vec::new();
        for name in &written.names {
            let path = directory.join(name);
            std::fs::rename(written.folder.join(name), &path)?;
            files.push(path);
        }
        // The new names are on disk, not just the files' content.
        if let Ok(handle) = File::open(&directory) {
            handle.sync_all()?;
        }
        Ok(ReportLocation { directory, files, beside_older: beside })
    }
}

/// The files of a report, being written.
pub struct Writers {
    folder: PathBuf,
    writers: Vec<(Format, Box<dyn ReportWriter>)>,
}

/// The files of a report, written and not yet in their place.
#[derive(Debug)]
pub struct Written {
    folder: PathBuf,
    names: Vec<&'static str>,
}

impl Writers {
    /// Writes a finding to every file.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.writers.iter_mut().try_for_each(|(_, writer)| writer.finding(finding))
    }

    /// Ends every file, and writes the summary.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(self, summary: &Summary) -> io::Result<Written> {
        let mut names = Vec::new();
        for (format, writer) in self.writers {
            writer.finish(summary)?;
            names.push(format.file_name());
        }
        let mut file = File::create_new(self.folder.join(SUMMARY))?;
        serde_json::to_writer_pretty(&mut file, summary)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        names.push(SUMMARY);
        Ok(Written { folder: self.folder, names })
    }
}
