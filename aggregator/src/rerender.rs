//! `ecr-encryption report`: the report of a run that is kept, in other formats.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use tempfile::TempPath;

use crate::args::ReportArgs;
use crate::error::RunError;
use crate::history::parts::{Part, Parts};
use crate::history::resolve::OpenedRun;
use crate::report::{Ending, Format, ReportWriter};

/// What the name of the folder begins with in which files are until they are whole.
const UNFINISHED: &str = ".report-";

/// What is to be rendered, and where to.
#[derive(Debug)]
pub struct Rendering<'a> {
    formats: Vec<Format>,
    place: Place<'a>,
}

#[derive(Debug)]
enum Place<'a> {
    Stdout(Format),
    Folder { directory: &'a Path, overwrite: bool },
}

impl<'a> Rendering<'a> {
    /// Finds out whether what is asked for can be done. `is_terminal`: whether standard output is one.
    ///
    /// # Errors
    /// It cannot.
    pub fn of(args: &'a ReportArgs, is_terminal: bool) -> Result<Self, RunError> {
        let mut formats = args.format.clone();
        formats.sort_unstable();
        formats.dedup();
        let place = match (&args.output, formats.as_slice()) {
            (Some(directory), _) => Place::Folder { directory, overwrite: args.overwrite },
            (None, [Format::Parquet]) if is_terminal => {
                let usage = "parquet is not for a terminal: send it to a file, or name a folder with --output";
                return Err(RunError::Usage(usage.to_owned()));
            }
            (None, [format]) => Place::Stdout(*format),
            (None, _) => {
                let usage = "several formats do not fit standard output: name a folder for their files with --output";
                return Err(RunError::Usage(usage.to_owned()));
            }
        };
        Ok(Self { formats, place })
    }

    /// Renders a run. Nothing appears of it, in the folder or on `out`, before all of it was read and found to be what the
    /// run wrote.
    ///
    /// # Errors
    /// The run cannot be read, or the files cannot be written; those that are there are as they were.
    pub fn render(&self, run: &OpenedRun, out: &mut dyn Write) -> Result<(), RunError> {
        match self.place {
            Place::Stdout(format) => to_stdout(run, format, out),
            Place::Folder { directory, overwrite } => into_folder(run, &self.formats, directory, overwrite),
        }
    }
}

fn to_stdout(run: &OpenedRun, format: Format, out: &mut dyn Write) -> Result<(), RunError> {
    let staging = tempfile::tempdir().context("no temporary folder can be made")?;
    render(run, &[format], staging.path())?;
    let file = File::open(staging.path().join(format.file_name()));
    let copied = file.and_then(|mut file| io::copy(&mut file, out)).and_then(|_| out.flush());
    copied.context("the report cannot be told")?;
    Ok(())
}

fn into_folder(run: &OpenedRun, formats: &[Format], directory: &Path, overwrite: bool) -> Result<(), RunError> {
    let shown = directory.display();
    fs::create_dir_all(directory).with_context(|| format!("the output folder `{shown}` cannot be made"))?;
    let place = |path: &Path| fs::canonicalize(path).ok();
    if place(directory) == place(run.folder.path()) {
        let usage =
            format!("the output folder `{shown}` is the run's own, whose files are those of the scan: name another");
        return Err(RunError::Usage(usage));
    }
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let targets: Vec<_> = formats.iter().map(|format| directory.join(format.file_name())).collect();
    if let Some(target) = targets.iter().find(|target| target.is_dir()) {
        let usage = format!("`{}` is a folder, where a file is to be written", target.display());
        return Err(RunError::Usage(usage));
    }
    if !overwrite && let Some(target) = targets.iter().find(|target| is_there(target)) {
        let usage = format!("`{}` is there already: --overwrite replaces it", target.display());
        return Err(RunError::Usage(usage));
    }
    let staging = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(directory);
    let staging = staging.with_context(|| format!("the output folder `{shown}` cannot be written"))?;
    render(run, formats, staging.path())?;
    for (format, target) in formats.iter().zip(&targets) {
        let file = TempPath::try_from_path(staging.path().join(format.file_name())).context("a file was lost")?;
        let moved = if overwrite { file.persist(target) } else { file.persist_noclobber(target) };
        moved.map_err(|error| error.error).with_context(|| format!("`{}` cannot be written", target.display()))?;
    }
    Ok(())
}

/// Writes the files of all `formats` into `folder`.
fn render(run: &OpenedRun, formats: &[Format], folder: &Path) -> anyhow::Result<()> {
    let summary = run.folder.summary()?;
    let trend = run.trend()?;
    let cannot = "the report cannot be written";
    let writer = |format: &Format| format.writer(&folder.join(format.file_name()), &summary.run);
    let writers: io::Result<Vec<Box<dyn ReportWriter>>> = formats.iter().map(writer).collect();
    let mut writers = writers.context(cannot)?;
    for part in Parts::all(&run.folder)? {
        let part = part?;
        let write = |writer: &mut Box<dyn ReportWriter>| match &part {
            Part::Finding(finding) => writer.finding(finding),
            Part::Change(change) => writer.change(change),
            Part::Account(targets) => writer.account(targets),
        };
        writers.iter_mut().try_for_each(write).context(cannot)?;
    }
    let ending = Ending { summary: &summary, trend: &trend };
    writers.into_iter().try_for_each(|writer| writer.finish(&ending)).context(cannot)
}

#[cfg(test)]
mod tests;
