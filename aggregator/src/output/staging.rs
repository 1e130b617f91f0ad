//! The hidden folder of a run that is not finished: `.unfinished-RUN_ID`, with the journal and what is being written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tracing::warn;

const PREFIX: &str = ".unfinished-";

/// What was read.
pub(super) const JOURNAL: &str = "journal";

/// What the run had found when it was stopped earlier, once there is better.
pub(super) const SUPERSEDED: &str = "superseded";

/// The folder of this run. It stays when this value goes, without all that can be made again, where it has a journal.
#[derive(Debug)]
pub(super) struct Staging {
    path: PathBuf,
    run_id: String,
    when_dropped: WhenDropped,
}

#[derive(Debug, PartialEq, Eq)]
enum WhenDropped {
    KeepJournal,
    Remove,
}

/// Where the folder of a run is.
pub(super) fn path(directory: &Path, run_id: &str) -> PathBuf {
    directory.join(format!("{PREFIX}{run_id}"))
}

/// The ids of the runs that have a folder, in the order in which they began.
pub(super) fn unfinished(directory: &Path) -> io::Result<Vec<String>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if let Some(id) = entry.file_name().to_string_lossy().strip_prefix(PREFIX)
            && entry.file_type()?.is_dir()
        {
            ids.push(id.to_owned());
        }
    }
    ids.sort();
    Ok(ids)
}

/// Removes the folders of unfinished runs that cannot be gone on with. Of the others it gives the one that has read most,
/// and leaves all as they are: only a run that has finished replaces them.
pub(super) fn furthest(directory: &Path) -> io::Result<Option<Staging>> {
    let mut furthest: Option<(u64, Staging)> = None;
    for run_id in unfinished(directory)? {
        let path = path(directory, &run_id);
        let Some(journal) = found(&path.join(JOURNAL))? else {
            remove(&path);
            continue;
        };
        clear(&path);
        if furthest.as_ref().is_none_or(|(length, _)| *length <= journal.len()) {
            furthest = Some((journal.len(), Staging::there(directory, &run_id)));
        }
    }
    Ok(furthest.map(|(_, staging)| staging))
}

/// Removes the folders of all other runs: a later one has finished.
pub(super) fn remove_others(directory: &Path, run_id: &str) {
    for other in unfinished(directory).unwrap_or_default().iter().filter(|id| *id != run_id) {
        remove(&path(directory, other));
    }
}

/// What is at `path` itself, not where a link there leads.
pub(super) fn found(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes a folder, or tells that it stays.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        warn!(path = %path.display(), %error, "what an unfinished run left cannot be removed");
    }
}

/// Removes everything but the journal.
fn clear(path: &Path) {
    let entries = fs::read_dir(path).map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    for entry in entries.iter().filter(|entry| entry.file_name() != JOURNAL) {
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_dir { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        if let Err(error) = removed {
            warn!(path = %entry.path().display(), %error, "what an unfinished run left cannot be removed");
        }
    }
}

impl Staging {
    /// Makes the folder.
    pub(super) fn create(directory: &Path, run_id: &str) -> io::Result<Self> {
        let path = path(directory, run_id);
        fs::create_dir(&path)?;
        Ok(Self { path, run_id: run_id.to_owned(), when_dropped: WhenDropped::KeepJournal })
    }

    /// The folder of a run whose journal is there.
    pub(super) fn there(directory: &Path, run_id: &str) -> Self {
        Self { path: path(directory, run_id), run_id: run_id.to_owned(), when_dropped: WhenDropped::KeepJournal }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Nothing of it is needed any more. What it takes to go on goes at once: the run has finished, however this process ends.
    pub(super) fn discard(&mut self) {
        self.when_dropped = WhenDropped::Remove;
        if let Err(error) = fs::remove_file(self.path.join(JOURNAL))
            && error.kind() != io::ErrorKind::NotFound
        {
            warn!(path = %self.path.display(), %error, "what a finished run has read cannot be removed");
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        match self.when_dropped {
            WhenDropped::KeepJournal if self.path.join(JOURNAL).exists() => clear(&self.path),
            WhenDropped::KeepJournal | WhenDropped::Remove => remove(&self.path),
        }
    }
}
