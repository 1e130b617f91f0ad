//! Puts a new report in the place of an older one: all of its files or none.
//!
//! The older files are moved aside into the staging folder before the first new one is moved in. So each step can be
//! undone, by this process or, where it is killed, by the next run in the folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{SUMMARY, file_names, staging};

/// In a staging folder: the new files.
pub(super) const NEW: &str = "report";
/// In a staging folder: the older files, until all of them are there.
const MOVING_ASIDE: &str = "older.partial";
/// In a staging folder: all older files.
const ASIDE: &str = "older";

/// Replaces the report in `directory` by the files `names` in `staging`; of the older one no file stays.
///
/// # Errors
/// A file cannot be moved. The older report is then as it was, unless [`restore`] must be tried again.
pub(super) fn replace(directory: &Path, staging: &Path, names: &[&str]) -> io::Result<Vec<PathBuf>> {
    fs::create_dir(staging.join(MOVING_ASIDE))?;
    for name in file_names() {
        let path = directory.join(name);
        if let Some(metadata) = found(&path)? {
            if metadata.is_dir() {
                return Err(io::Error::new(
                    io::ErrorKind::IsADirectory,
                    format!("there is a folder `{name}`, where a file is to be written"),
                ));
            }
            fs::rename(&path, staging.join(MOVING_ASIDE).join(name))?;
        }
    }
    fs::rename(staging.join(MOVING_ASIDE), staging.join(ASIDE))?;
    let moved = names.iter().map(|name| {
        let path = directory.join(name);
        fs::rename(staging.join(NEW).join(name), &path)?;
        Ok(path)
    });
    moved.collect()
}

/// Undoes what [`replace`] has done with these folders, wherever it was stopped.
///
/// # Errors
/// An older file cannot be put back; it is still in `staging`.
pub(super) fn restore(directory: &Path, staging: &Path) -> io::Result<()> {
    // Only after all older files were moved aside can there be new ones in their place.
    let (aside, new_may_be_there) = match found(&staging.join(ASIDE))? {
        Some(_) => (staging.join(ASIDE), true),
        None => (staging.join(MOVING_ASIDE), false),
    };
    for name in file_names() {
        let path = directory.join(name);
        if found(&aside.join(name))?.is_some() {
            fs::rename(aside.join(name), &path).map_err(|error| {
                let from = aside.join(name);
                io::Error::new(error.kind(), format!("`{}` cannot be put back: {error}", from.display()))
            })?;
        } else if new_may_be_there && found(&path)?.is_some_and(|metadata| !metadata.is_dir()) {
            fs::remove_file(&path)?;
        }
    }
    // Nothing is aside any more: who comes next must not take this for a report that is in its place.
    match fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Puts back the older report where a run was killed while it replaced that, and removes the staging folders of runs that
/// had replaced it. Nobody else may be writing in `directory`.
///
/// # Errors
/// An older file cannot be put back.
pub(super) fn clean(directory: &Path) -> io::Result<()> {
    for run_id in staging::unfinished(directory)? {
        let staging = staging::path(directory, &run_id);
        let began = found(&staging.join(MOVING_ASIDE))?.is_some() || found(&staging.join(ASIDE))?.is_some();
        if !began {
            continue;
        }
        // The summary comes last: where it is not among the new files any more, all of them are in their place.
        if found(&staging.join(NEW).join(SUMMARY))?.is_some() {
            restore(directory, &staging)?;
        } else {
            staging::remove(&staging);
        }
    }
    Ok(())
}

/// What is at `path` itself, not where a link there leads.
pub(super) fn found(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
