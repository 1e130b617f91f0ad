//! What a bucket has of an unfinished run: `manifest.json` in its folder there, which is written last.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Opening;
use crate::history::manifest::ManifestFile;

/// An unfinished run, as far as a bucket has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedManifest {
    /// Which run it is, and how it was begun.
    pub opening: Opening,
    /// How often it was gone on with.
    pub resumed: u32,
    /// When it was interrupted, the last time.
    pub interrupted_at: Timestamp,
    /// How many accounts × Regions it has read whole.
    pub targets: u64,
    /// The journal, in pieces that follow each other. They are named by what is in them: none is ever written over.
    pub journal: Vec<ManifestFile>,
}

impl UnfinishedManifest {
    /// The length of the journal.
    pub fn bytes(&self) -> u64 {
        self.journal.iter().map(|piece| piece.bytes).sum()
    }
}
