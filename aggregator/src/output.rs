//! The folder of the report: files appear whole, and an older report is replaced only by one that saw enough.

mod exchange;
mod lock;
mod place;
mod staging;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, anyhow};
use tracing::warn;
use uuid::Uuid;

use crate::config_source::compare::Difference;
use crate::finding::Finding;
use crate::report::terminal::ReportLocation;
use crate::report::{Ending, Format, ReportWriter, close};
use crate::summary::{Run, Summary};
use exchange::{NEW, found};
use lock::FolderLock;
pub use place::Apart;
use staging::{JOURNAL, SUPERSEDED, Staging};

const SUMMARY: &str = "summary.json";
/// The file of what AWS Config recorded otherwise.
const DIFFERENCES: &str = "differences.jsonl";

/// The names of all files that a report may have; the summary comes last.
fn file_names() -> impl Iterator<Item = &'static str> {
    Format::ALL.into_iter().map(Format::file_name).chain([DIFFERENCES, SUMMARY])
}

/// The folder, kept from other runs, with a hidden one in it for what is not finished; that one stays where the run can be
/// gone on with, and goes with this value where there is nothing to go on with.
#[derive(Debug)]
pub struct Output {
    directory: PathBuf,
    run_id: String,
    resumes: bool,
    /// Until the report is published, or given up.
    held: Mutex<Option<Held>>,
}

/// What a run leaves when it ends, in this order.
#[derive(Debug)]
struct Held {
    staging: Staging,
    _lock: FolderLock,
}

impl Output {
    /// Makes the folder where it is missing, keeps other runs from it, clears what killed runs left there, and finds out
    /// whether it can be written: before the scan, not after it. Of unfinished runs the one that has read most is gone on
    /// with, where `resume` says so.
    ///
    /// # Errors
    /// It cannot be written, or another run is writing there.
    pub fn prepare(directory: &Path, resume: bool) -> anyhow::Result<Self> {
        let shown = directory.display();
        fs::create_dir_all(directory).with_context(|| format!("the output folder `{shown}` cannot be made"))?;
        let cannot = || format!("the output folder `{shown}` cannot be written");
        let lock = FolderLock::take(directory).with_context(cannot)?.ok_or_else(|| {
            anyhow!(
                "another run is writing to the output folder `{shown}`: wait for it, or name another folder with --output"
            )
        })?;
        exchange::clean(directory).with_context(cannot)?;
        let unfinished = staging::furthest(directory).with_context(cannot)?;
        for name in file_names() {
            if directory.join(name).is_dir() {
                return Err(anyhow!(
                    "the output folder `{shown}` has a folder `{name}`, where a file is to be written"
                ));
            }
        }
        let left = unfinished.filter(|_| resume);
        let resumes = left.is_some();
        let staging = match left {
            Some(staging) => staging,
            None => Staging::create(directory, &Uuid::now_v7().to_string()).with_context(cannot)?,
        };
        Ok(Self {
            directory: directory.to_owned(),
            run_id: staging.run_id().to_owned(),
            resumes,
            held: Mutex::new(Some(Held { staging, _lock: lock })),
        })
    }

    /// Where the report goes.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The run's id: a UUID, version 7, whose order is that of time. A run that is gone on with keeps its own.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Whether an unfinished run is gone on with.
    pub fn resumes(&self) -> bool {
        self.resumes
    }

    /// Another unfinished run that is there, to be told of.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn other_unfinished(&self) -> io::Result<Option<String>> {
        let others = staging::unfinished(&self.directory)?;
        Ok(others.into_iter().rfind(|id| *id != self.run_id))
    }

    /// Where the journal is, or is to be made.
    pub fn journal(&self) -> PathBuf {
        self.staging().join(JOURNAL)
    }

    /// The folder for what is not finished; what is in it beside the journal goes when the run ends.
    pub fn staging(&self) -> PathBuf {
        staging::path(&self.directory, &self.run_id)
    }

    /// Opens the files of `formats` for the findings of `run`.
    ///
    /// # Errors
    /// A file cannot be made.
    pub fn writers(&self, formats: &[Format], run: &Run) -> io::Result<Writers> {
        let folder = self.staging().join(NEW);
        fs::create_dir(&folder)?;
        let mut writers = Vec::new();
        for format in formats {
            writers.push((*format, format.writer(&folder.join(format.file_name()), run)?));
        }
        Ok(Writers { folder, formats: writers, differences: None })
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the report up: what is staged is removed but for the journal, and nothing is published any more. `false` where
    /// it was published already, or could not be; a publication under way is waited for, as it is short.
    pub fn abandon(&self) -> bool {
        self.held().take().is_some()
    }

    /// Gives the whole run up: there is nothing to go on with.
    pub fn discard(&self) {
        if let Some(held) = self.held().as_mut() {
            held.staging.discard();
        }
    }

    /// Puts the files where users look for them: all of them, or none.
    ///
    /// They replace the older report, of which nothing stays, or go into a folder of their own where they must not
    /// ([`Apart`]). `read_others`: whether a Region of another account than the caller's was read whole.
    ///
    /// # Errors
    /// A file cannot be moved; the older report is as it was.
    pub fn publish(&self, written: &Written, summary: &Summary, read_others: bool) -> anyhow::Result<ReportLocation> {
        // Locked to the end: nobody may end the process in the middle of it.
        let mut held = self.held();
        let mut held = held.take().context("the report was given up")?;
        let staging = held.staging.path().to_owned();
        let mut older_report = false;
        for name in file_names() {
            older_report |= found(&self.directory.join(name))?.is_some();
        }
        let apart = place::apart(older_report, read_others, summary);
        // What it had found when it was stopped, or had seen too little, is in the report that follows.
        let mut superseded = Vec::new();
        for folder in Apart::FOLDERS {
            let name = format!("{folder}-{}", self.run_id);
            if found(&self.directory.join(&name))?.is_some() {
                fs::create_dir_all(staging.join(SUPERSEDED))?;
                let moved = (self.directory.join(&name), staging.join(SUPERSEDED).join(&name));
                fs::rename(&moved.0, &moved.1)?;
                superseded.push(moved);
            }
        }
        let put_back = || {
            for (place, aside) in &superseded {
                if let Err(error) = fs::rename(aside, place) {
                    warn!(%error, "`{}` could not be put back", place.display());
                }
            }
        };
        let location = if let Some(apart) = apart {
            let directory = self.directory.join(format!("{}-{}", apart.folder(), self.run_id));
            fs::rename(staging.join(NEW), &directory).inspect_err(|_| put_back())?;
            let files = written.names.iter().map(|name| directory.join(name)).collect();
            ReportLocation { directory, files, older_kept: older_report.then_some(apart) }
        } else {
            let files = match exchange::replace(&self.directory, &staging, &written.names) {
                Ok(files) => files,
                Err(error) => {
                    put_back();
                    if let Err(lost) = exchange::restore(&self.directory, &staging) {
                        held.staging.keep();
                        return Err(error).with_context(|| {
                            format!("the older report could not be put back ({lost}); it is in `{}`", staging.display())
                        });
                    }
                    return Err(error.into());
                }
            };
            ReportLocation { directory: self.directory.clone(), files, older_kept: None }
        };
        // Where the accounts could not be listed, those that were read before may not be lost: there is something to go on with.
        let is_unlisted = summary.coverage.gaps().any(|gap| gap.account_id.is_none() && gap.region.is_none());
        let may_go_on = is_unlisted && (self.resumes || read_others);
        if apart != Some(Apart::Interrupted) && !may_go_on {
            held.staging.discard();
        }
        if matches!(apart, None | Some(Apart::Empty)) && !may_go_on {
            staging::remove_others(&self.directory, &self.run_id);
        }
        // The new names are on disk, not just the files' content. Not every system can be asked for that.
        for directory in [&location.directory, &self.directory] {
            if let Ok(handle) = File::open(directory)
                && let Err(error) = handle.sync_all()
            {
                warn!(%error, "it is not known whether the report has reached the disk");
            }
        }
        Ok(location)
    }
}

/// The files of a report, being written.
pub struct Writers {
    folder: PathBuf,
    formats: Vec<(Format, Box<dyn ReportWriter>)>,
    differences: Option<BufWriter<File>>,
}

/// The files of a report, written and not yet in their place.
#[derive(Debug)]
pub struct Written {
    names: Vec<&'static str>,
}

impl Writers {
    /// Writes a finding to every file.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.formats.iter_mut().try_for_each(|(_, writer)| writer.finding(finding))
    }

    /// Makes the file of differences, also where there will be none.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn with_differences(&mut self) -> io::Result<()> {
        self.differences = Some(BufWriter::new(File::create_new(self.folder.join(DIFFERENCES))?));
        Ok(())
    }

    /// Writes a difference, where they are wanted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn difference(&mut self, difference: &Difference) -> io::Result<()> {
        if let Some(out) = &mut self.differences {
            serde_json::to_writer(&mut *out, difference)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Ends every file, and writes the summary.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(self, summary: &Summary) -> io::Result<Written> {
        let mut names = Vec::new();
        for (format, writer) in self.formats {
            writer.finish(&Ending { summary, trend: &[] })?;
            names.push(format.file_name());
        }
        if let Some(out) = self.differences {
            close(out)?;
            names.push(DIFFERENCES);
        }
        let mut out = BufWriter::new(File::create_new(self.folder.join(SUMMARY))?);
        serde_json::to_writer_pretty(&mut out, summary)?;
        out.write_all(b"\n")?;
        close(out)?;
        names.push(SUMMARY);
        Ok(Written { names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::NotCovered;
    use crate::report::samples;

    fn publish(output: &Output) -> anyhow::Result<ReportLocation> {
        let summary = samples::summary(&[]);
        let written = output.writers(&[Format::Jsonl], &summary.run)?.finish(&summary)?;
        output.publish(&written, &summary, true)
    }

    #[test]
    fn what_was_given_up_is_not_published() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::prepare(folder.path(), false).unwrap();
        let summary = samples::summary(&[]);
        let written = output.writers(&[Format::Jsonl], &summary.run).unwrap().finish(&summary).unwrap();
        assert!(output.abandon());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        output.publish(&written, &summary, true).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_published_cannot_be_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::prepare(folder.path(), false).unwrap();
        publish(&output).unwrap();
        assert!(!output.abandon());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    /// A lone file is of a report that was copied in part, or is the user's: it is protected too.
    #[test]
    fn any_file_of_a_report_is_an_older_report() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("findings.csv"), "older").unwrap();
        let mut summary = samples::summary(&[]);
        summary.coverage.targets_scanned = 0;
        let output = Output::prepare(folder.path(), false).unwrap();
        let written = output.writers(&[Format::Jsonl], &summary.run).unwrap().finish(&summary).unwrap();
        let location = output.publish(&written, &summary, false).unwrap();
        assert_eq!(location.older_kept, Some(Apart::Empty));
        assert_eq!(fs::read(folder.path().join("findings.csv")).unwrap(), b"older");
    }

    /// A summary of 10,000 accounts is megabytes; written piece by piece, that would be as many system calls.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_summary_is_written_in_few_calls() {
        let calls = || -> u64 {
            let counters = fs::read_to_string("/proc/thread-self/io").unwrap();
            counters.lines().find_map(|line| line.strip_prefix("syscw: ")).unwrap().parse().unwrap()
        };
        let mut summary = samples::summary_with_gaps(&samples::findings());
        let gap = summary.coverage.gaps().next().unwrap().clone();
        let gaps = (0..1_000).map(|index| NotCovered { region: Some(format!("xx-{index}")), ..gap.clone() });
        summary.coverage.not_covered = gaps.collect();
        let folder = tempfile::tempdir().unwrap();
        let output = Output::prepare(folder.path(), false).unwrap();
        let writers = output.writers(&[], &summary.run).unwrap();
        let before = calls();
        writers.finish(&summary).unwrap();
        let size = fs::metadata(output.staging().join(NEW).join(SUMMARY)).unwrap().len();
        assert!(size > 100_000);
        assert!(calls() - before < size / 1_000, "{} calls for {size} bytes", calls() - before);
    }
}
