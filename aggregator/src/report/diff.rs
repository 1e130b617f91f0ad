//! What `ecr-encryption diff` tells of two runs, in each of its forms.

mod digest;
mod json;
mod markdown;
mod text;

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

use super::change_words;
use crate::finding::Finding;
use crate::history::change::{Change, ChangeTotals};
use crate::history::manifest::Manifest;
use digest::Digest;

/// The forms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people on a terminal
    #[default]
    Text,
    /// One document
    Json,
    /// A change a line, as in changes.jsonl
    Jsonl,
    /// For a pull request or a chat
    Markdown,
}

/// The runs, and how much has changed between them.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Diffed<'a> {
    /// The earlier run.
    pub older: &'a Manifest,
    /// The later run.
    pub newer: &'a Manifest,
    /// How much has changed.
    pub totals: &'a ChangeTotals,
}

/// Tells what has changed.
pub trait DiffWriter {
    /// Takes the next change.
    ///
    /// # Errors
    /// It cannot be written.
    fn change(&mut self, change: &Change) -> io::Result<()>;

    /// Takes the next finding that is open for the same as before.
    fn still_open(&mut self, finding: &Finding);

    /// Ends it.
    ///
    /// # Errors
    /// It cannot be written.
    fn finish(self: Box<Self>, diffed: &Diffed<'_>) -> io::Result<()>;
}

impl DiffFormat {
    /// A writer of this form. What is for people has ANSI styles where it is text: `out` strips them where they are not
    /// wanted.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn writer<'a>(
        self,
        out: &'a mut dyn Write,
        older: &Manifest,
        newer: &Manifest,
    ) -> io::Result<Box<dyn DiffWriter + 'a>> {
        Ok(match self {
            Self::Text => Box::new(Shown { out, digest: Digest::default(), show: text::write }),
            Self::Markdown => Box::new(Shown { out, digest: Digest::default(), show: markdown::write }),
            Self::Json => Box::new(json::Document::begin(out, older, newer)?),
            Self::Jsonl => Box::new(json::Lines::new(out)),
        })
    }
}

/// What people read: the figures come first, so there is nothing to write before the end.
struct Shown<'a> {
    out: &'a mut dyn Write,
    digest: Digest,
    show: fn(&mut dyn Write, &Digest, &Diffed<'_>) -> io::Result<()>,
}

impl DiffWriter for Shown<'_> {
    fn change(&mut self, change: &Change) -> io::Result<()> {
        self.digest.add(change);
        Ok(())
    }

    fn still_open(&mut self, finding: &Finding) {
        self.digest.still_open(finding);
    }

    fn finish(self: Box<Self>, diffed: &Diffed<'_>) -> io::Result<()> {
        (self.show)(self.out, &self.digest, diffed)?;
        self.out.flush()
    }
}

/// Whether a change is one for the worse: what was open got worse.
pub fn is_worsened(change: &Change) -> bool {
    change_words::is_worsened(change)
}

#[cfg(test)]
mod tests;
