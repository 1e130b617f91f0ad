//! Changes of one account that cannot be told yet, in order. An account may have a hundred thousand repositories in each of
//! its Regions, so there are only so many in memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::PathBuf;

use super::change::Change;

/// How many are held in memory: a few megabytes.
const MOST: usize = 4_096;

/// The changes; those beyond the first few thousand are in a file that has no name.
#[derive(Debug)]
pub(super) struct Pending {
    folder: PathBuf,
    most: usize,
    held: Vec<Change>,
    rest: Option<BufWriter<File>>,
}

impl Pending {
    /// None yet. What is too much for the memory goes to `folder`.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, most: MOST, held: Vec::new(), rest: None }
    }

    #[cfg(test)]
    pub(super) fn hold_at_most(&mut self, most: usize) {
        self.most = most;
    }

    pub(super) fn push(&mut self, change: Change) -> io::Result<()> {
        if self.held.len() < self.most {
            self.held.push(change);
            return Ok(());
        }
        let rest = match &mut self.rest {
            Some(rest) => rest,
            none => none.insert(BufWriter::new(tempfile::tempfile_in(&self.folder)?)),
        };
        serde_json::to_writer(&mut *rest, &change)?;
        rest.write_all(b"\n")
    }

    /// Gives all of them to `take`, and is empty then.
    pub(super) fn drain(&mut self, mut take: impl FnMut(Change) -> io::Result<()>) -> io::Result<()> {
        self.held.drain(..).try_for_each(&mut take)?;
        let Some(rest) = self.rest.take() else { return Ok(()) };
        let mut file = rest.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        for line in BufReader::new(file).split(b'\n') {
            take(serde_json::from_slice(&line?)?)?;
        }
        Ok(())
    }
}
