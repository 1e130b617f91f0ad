//! A journal that comes from elsewhere, to be gone on with here.

use std::fs;
use std::io;
use std::path::PathBuf;

use uuid::Uuid;

use super::Output;
use super::staging::{self, JOURNAL, Staging};

/// A journal that is still coming. Without the last step it is none.
const INCOMING: &str = "journal.part";

impl Output {
    /// The length of the journal that is gone on with; `None` where nothing is.
    pub fn unfinished_bytes(&self) -> Option<u64> {
        self.resumes().then(|| fs::metadata(self.journal()).map_or(0, |metadata| metadata.len()))
    }

    /// Where the journal of the run is to be put that [`Self::adopt`] takes.
    ///
    /// # Errors
    /// The folder for it cannot be made.
    pub fn incoming(&self, run_id: &str) -> io::Result<PathBuf> {
        let folder = staging::path(&self.directory, run_id);
        fs::create_dir_all(&folder)?;
        Ok(folder.join(INCOMING))
    }

    /// Goes on with the run whose journal was put where [`Self::incoming`] said, and with no other.
    ///
    /// # Errors
    /// The journal cannot be moved to its place.
    pub fn adopt(&mut self, run_id: &str) -> io::Result<()> {
        let folder = staging::path(&self.directory, run_id);
        fs::rename(folder.join(INCOMING), folder.join(JOURNAL))?;
        self.stage(Staging::there(&self.directory, run_id));
        self.resumes = true;
        Ok(())
    }

    /// Does not take the journal that was to come.
    pub fn refuse(&self, run_id: &str) {
        let folder = staging::path(&self.directory, run_id);
        // Where it is of the run that is here, the folder stays.
        let _left = fs::remove_file(folder.join(INCOMING)).and_then(|()| fs::remove_dir(&folder));
    }

    /// Gives the run up that was to be gone on with, and begins a new one.
    ///
    /// # Errors
    /// There can be no folder for it.
    pub fn begin_anew(&mut self) -> io::Result<()> {
        self.discard();
        self.stage(Staging::create(&self.directory, &Uuid::now_v7().to_string())?);
        self.resumes = false;
        Ok(())
    }

    fn stage(&mut self, staging: Staging) {
        staging.run_id().clone_into(&mut self.run_id);
        if let Some(held) = self.held().as_mut() {
            held.staging = staging;
        }
    }
}
