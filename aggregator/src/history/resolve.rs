//! What a user means by a folder: a run, or the latest of several.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tracing::warn;

use super::manifest::{MANIFEST, Manifest};
use super::reader::{FINDINGS, RunFolder, RunReadError};
use super::runs::{self, RUNS};
use crate::output::Apart;
use crate::summary::SCHEMA_VERSION;

/// A run that is to be read, and where it lies.
#[derive(Debug)]
pub struct OpenedRun {
    /// The run.
    pub folder: RunFolder,
    /// The folder of runs that it is in, where it is in one.
    pub kept_in: Option<PathBuf>,
}

impl OpenedRun {
    /// Opens the run that `location` leads to: its own folder, or a folder of runs, of which the latest is taken.
    ///
    /// # Errors
    /// There is none, or its manifest cannot be read.
    pub fn open(location: &Path) -> Result<Self, RunReadError> {
        let path = resolve(location)?;
        let folder = RunFolder::open(&path)?;
        if folder.manifest().interrupted {
            warn!("the run in `{}` was stopped before it was done: it has not seen everything", path.display());
        } else if is_apart(&path) {
            warn!("the run in `{}` stands apart from the finished ones: it has hardly seen anything", path.display());
        }
        let kept_in = kept_in(&path);
        Ok(Self { folder, kept_in })
    }

    /// The runs up to this one that are kept beside it, the oldest first; this one is the last.
    ///
    /// # Errors
    /// The folder of runs cannot be read. A run in it that cannot be is told of, and passed over.
    pub fn trend(&self) -> Result<Vec<Manifest>, RunReadError> {
        let manifest = self.folder.manifest();
        let mut trend = Vec::new();
        if let Some(directory) = &self.kept_in {
            let kept = runs::kept(directory).map_err(|source| unreadable(directory, source))?;
            trend.extend(kept.into_iter().map(|run| run.manifest).filter(|run| {
                run.schema_version == SCHEMA_VERSION
                    && run.started_at <= manifest.started_at
                    && run.run_id != manifest.run_id
            }));
        }
        trend.push(manifest.clone());
        Ok(trend)
    }
}

/// The folder of a run.
fn resolve(location: &Path) -> Result<PathBuf, RunReadError> {
    let no_run = |problem: &str| RunReadError::NoRun { location: location.to_owned(), problem: problem.to_owned() };
    match fs::metadata(location) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(no_run("is a file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(no_run("does not exist")),
        Err(source) => return Err(unreadable(location, source)),
    }
    if location.join(MANIFEST).exists() {
        return Ok(location.to_owned());
    }
    if let Some(newest) = latest(location)? {
        return Ok(newest);
    }
    if is_in_runs(location) {
        return Err(RunReadError::NotFinished { folder: location.to_owned(), file: MANIFEST });
    }
    if location.join(FINDINGS).exists() {
        return Err(RunReadError::WithoutManifest { folder: location.to_owned() });
    }
    let names = names(location)?;
    Err(match names.iter().rfind(|name| is_apart(Path::new(name))) {
        Some(apart) => no_run(&format!("holds no finished run, only some that stand apart, `{apart}` among them")),
        None if names.is_empty() => no_run("is empty"),
        None => no_run("holds no finished run"),
    })
}

/// The run that `latest` leads to; where it leads nowhere, the newest one.
fn latest(directory: &Path) -> Result<Option<PathBuf>, RunReadError> {
    let of_name = |name: String| directory.join(RUNS).join(name);
    let named = runs::latest(directory).map_err(|source| unreadable(directory, source))?.map(of_name);
    if let Some(path) = named
        && path.join(MANIFEST).exists()
    {
        return Ok(Some(path));
    }
    let kept = runs::kept(directory).map_err(|source| unreadable(directory, source))?;
    Ok(kept.into_iter().next_back().map(|run| run.path))
}

/// The folder of runs that a run's folder is in.
fn kept_in(run: &Path) -> Option<PathBuf> {
    let run = fs::canonicalize(run).ok()?;
    let parent = run.parent()?;
    if parent.file_name().is_some_and(|name| name == RUNS) {
        return parent.parent().map(Path::to_owned);
    }
    parent.join(RUNS).is_dir().then(|| parent.to_owned())
}

fn is_in_runs(location: &Path) -> bool {
    let parent = fs::canonicalize(location).ok().and_then(|path| path.parent()?.file_name().map(ToOwned::to_owned));
    parent.is_some_and(|name| name == RUNS)
}

/// Whether the folder is of a run that was not to be the latest.
fn is_apart(run: &Path) -> bool {
    let name = run.file_name().unwrap_or_default().to_string_lossy();
    Apart::FOLDERS.iter().any(|kind| name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-')))
}

/// What is in a folder, in order.
fn names(folder: &Path) -> Result<Vec<String>, RunReadError> {
    let read = || -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    };
    read().map_err(|source| unreadable(folder, source))
}

fn unreadable(path: &Path, source: io::Error) -> RunReadError {
    RunReadError::Unreadable { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
