//! The folder that keeps runs side by side: `runs/DATE-RUN_ID`, `latest`, and the dataset over all of them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use crate::history::manifest::{MANIFEST, Manifest};

/// The folder of the finished runs.
pub const RUNS: &str = "runs";
/// What leads to the newest of them.
pub const LATEST: &str = "latest";
/// The folder of the dataset.
pub const DATASET: &str = "parquet";
/// A run's part of the dataset, before it is in its place there.
pub const DATASET_PART: &str = "findings.parquet";
/// What the name of a run begins with that is being removed.
const REMOVED: &str = ".removed-";

/// A run that has finished and is kept.
#[derive(Debug, Clone)]
pub struct KeptRun {
    /// The name of its folder.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
}

/// How many runs are kept: one that either says is kept. Neither given, all are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// The newest ones.
    pub runs: Option<NonZeroU32>,
    /// Those that have started in so many days.
    pub days: Option<NonZeroU32>,
}

impl Retention {
    /// Those of `runs`, the oldest first, that are not to be kept; the newest one always is. `manifest` gives what a run holds.
    pub fn surplus<'a, T>(
        &self,
        runs: &'a [T],
        manifest: impl Fn(&T) -> &Manifest,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a T> {
        let Self { runs: newest, days } = *self;
        let count = runs.len();
        let ago = |days: NonZeroU32| SignedDuration::from_hours(24 * i64::from(days.get()));
        let since = days.map(|days| now.checked_sub(ago(days)).unwrap_or(Timestamp::MIN));
        runs.iter().enumerate().filter_map(move |(index, run)| {
            let age = count - 1 - index;
            let is_among_newest = newest.is_some_and(|newest| age < newest.get() as usize);
            let is_young = since.is_some_and(|since| manifest(run).started_at >= since);
            let is_limited = newest.is_some() || days.is_some();
            (is_limited && age > 0 && !is_among_newest && !is_young).then_some(run)
        })
    }
}

/// The name of a run's folder: names sort by time.
pub fn run_name(started_at: Timestamp, run_id: &str) -> String {
    format!("{}-{run_id}", TimeZone::UTC.to_datetime(started_at).date())
}

/// Where a run's part of the dataset is, from the folder of all runs.
pub fn dataset_file(started_at: Timestamp, run_id: &str) -> String {
    format!("{DATASET}/scan_date={}/{run_id}.parquet", TimeZone::UTC.to_datetime(started_at).date())
}

/// Removes what there is of a run in the dataset.
///
/// # Errors
/// It cannot be removed.
pub fn remove_dataset_part(directory: &Path, run_id: &str) -> io::Result<()> {
    let Ok(days) = fs::read_dir(directory.join(DATASET)) else { return Ok(()) };
    for day in days.flatten() {
        match fs::remove_file(day.path().join(format!("{run_id}.parquet"))) {
            // The folder of a day without runs goes too.
            Ok(()) => drop(fs::remove_dir(day.path())),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The runs that are kept in `directory`, the oldest first. One that cannot be read is told of and passed over.
///
/// # Errors
/// The folder cannot be read.
pub fn kept(directory: &Path) -> io::Result<Vec<KeptRun>> {
    let mut runs = Vec::new();
    for name in names(directory)? {
        let path = directory.join(RUNS).join(&name);
        match read_manifest(&path) {
            Ok(manifest) if run_name(manifest.started_at, &manifest.run_id) == name => {
                runs.push(KeptRun { name, path, manifest });
            }
            Ok(_) => warn!("`{}` is passed over: it has the name of another run, and may be a copy", path.display()),
            Err(error) => warn!("the run in `{}` cannot be read: {error}", path.display()),
        }
    }
    Ok(runs)
}

fn read_manifest(path: &Path) -> io::Result<Manifest> {
    let file = File::open(path.join(MANIFEST))?;
    serde_json::from_reader(BufReader::new(file)).map_err(io::Error::from)
}

/// The names of all runs in `directory`, the oldest first.
fn names(directory: &Path) -> io::Result<BTreeSet<String>> {
    let entries = match fs::read_dir(directory.join(RUNS)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
            && entry.file_type()?.is_dir()
        {
            names.insert(name);
        }
    }
    Ok(names)
}

/// The name of the finished run with this id.
///
/// # Errors
/// The folder cannot be read.
pub fn name_of(directory: &Path, run_id: &str) -> io::Result<Option<String>> {
    let suffix = format!("-{run_id}");
    Ok(names(directory)?.into_iter().rfind(|name| name.ends_with(&suffix)))
}

/// Makes `latest` lead to a run, all at once: to its folder, or where the file system has no links to a line with its name.
///
/// # Errors
/// It cannot be made; it leads where it led.
pub fn point_latest(directory: &Path, name: &str) -> io::Result<()> {
    let target = Path::new(RUNS).join(name);
    let new = directory.join(format!(".{LATEST}-{name}"));
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if link(&target, &new).is_err() {
        fs::write(&new, format!("{}\n", target.display()))?;
    }
    fs::rename(&new, directory.join(LATEST)).inspect_err(|_| {
        let _left = fs::remove_file(&new);
    })
}

#[cfg(unix)]
fn link(target: &Path, new: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, new)
}

#[cfg(not(unix))]
fn link(_target: &Path, _new: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Where `latest` leads: the name of a run.
///
/// # Errors
/// It cannot be read, or is neither a link nor a file.
pub fn latest(directory: &Path) -> io::Result<Option<String>> {
    let path = directory.join(LATEST);
    let target = match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_symlink() => fs::read_link(&path)?,
        Ok(_) => PathBuf::from(fs::read_to_string(&path)?.trim_end()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(target.file_name().map(|name| name.to_string_lossy().into_owned()))
}

/// Sets right what a process that was killed has left: `latest` leads to the newest run, and nothing is half removed.
/// Nobody else may be writing in `directory`.
///
/// # Errors
/// The folder cannot be read or written.
pub fn repair(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(REMOVED) {
            fs::remove_dir_all(entry.path())?;
        } else if name.starts_with(&format!(".{LATEST}-")) {
            fs::remove_file(entry.path())?;
        }
    }
    if let Some(newest) = kept(directory)?.last()
        && latest(directory)?.as_ref() != Some(&newest.name)
    {
        point_latest(directory, &newest.name)?;
    }
    Ok(())
}

/// Removes the runs that are not to be kept, each all at once, and gives their names.
///
/// # Errors
/// One cannot be removed; those before it are.
pub fn retain(directory: &Path, retention: Retention, now: Timestamp) -> io::Result<Vec<String>> {
    let runs = kept(directory)?;
    let mut removed = Vec::new();
    for KeptRun { name, path, manifest } in retention.surplus(&runs, |run| &run.manifest, now) {
        let aside = directory.join(format!("{REMOVED}{name}"));
        fs::rename(path, &aside)?;
        remove_dataset_part(directory, &manifest.run_id)?;
        fs::remove_dir_all(&aside)?;
        removed.push(name.clone());
    }
    Ok(removed)
}

#[cfg(test)]
mod tests;
