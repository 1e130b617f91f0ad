//! What comes before its place in a file: it is kept aside until then, on the disk where it is much.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::{SpooledTempFile, spooled_tempfile_in};

/// Up to so many bytes are kept in memory.
const IN_MEMORY: usize = 256 * 1_024;

/// Takes bytes now, and gives them when their place has come.
#[derive(Debug)]
pub(super) struct Spool {
    kept: BufWriter<SpooledTempFile>,
}

impl Spool {
    /// A spool that keeps what is much in a nameless file of the folder that `path` is in.
    pub(super) fn beside(path: &Path) -> Self {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { kept: BufWriter::new(spooled_tempfile_in(IN_MEMORY, folder)) }
    }

    /// Gives everything to `out`; then it is empty.
    ///
    /// # Errors
    /// Either file cannot be written, or what was kept cannot be read.
    pub(super) fn pour(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.kept.flush()?;
        let file = self.kept.get_mut();
        file.seek(SeekFrom::Start(0))?;
        io::copy(file, out)?;
        file.seek(SeekFrom::Start(0))?;
        file.set_len(0)
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.kept.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.kept.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_what_it_took_and_is_empty_then() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::beside(&folder.path().join("report"));
        for bytes in [IN_MEMORY / 2, 3 * IN_MEMORY, 0, 7] {
            let taken: Vec<u8> = (0..bytes).map(|index| b'a' + u8::try_from(index % 26).unwrap()).collect();
            for part in taken.chunks(1_000) {
                spool.write_all(part).unwrap();
            }
            let mut given = Vec::new();
            spool.pour(&mut given).unwrap();
            assert!(given == taken, "{bytes} bytes");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing that anybody sees");
    }
}
