//! What a process writes to stdout and stderr, in one file as Lambda has it in one stream.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::process::Stdio;

use super::invocation::LogLine;

/// The file. Unlike a pipe it never fills up, and whatever was written is there at once.
#[derive(Debug)]
pub struct Log {
    file: File,
    read: u64,
}

impl Log {
    /// A file without a name.
    pub fn new() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, read: 0 })
    }

    /// An end for a child to write to. All ends share a position, so nothing is overwritten.
    pub fn writer(&self) -> io::Result<Stdio> {
        Ok(self.file.try_clone()?.into())
    }

    /// The lines written since the last call. A last line without an end is one too.
    pub fn lines(&mut self) -> io::Result<Vec<LogLine>> {
        let length = self.file.metadata()?.len();
        let mut bytes = vec![0; usize::try_from(length.saturating_sub(self.read)).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, self.read)?;
        self.read = length;
        Ok(String::from_utf8_lossy(&bytes).lines().filter(|line| !line.is_empty()).map(LogLine::new).collect())
    }
}
