//! Standard output, whose reader may have seen enough before everything is written.

use std::io::{self, Write};

/// Writes on until the reader goes, which is no failure: what is found out meanwhile is told by the exit status too.
#[derive(Debug)]
pub struct Pipe<W> {
    out: W,
    is_closed: bool,
}

impl<W: Write> Pipe<W> {
    /// A pipe to `out`.
    pub fn new(out: W) -> Self {
        Self { out, is_closed: false }
    }

    fn unless_closed<T>(&mut self, done: T, write: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.is_closed {
            return Ok(done);
        }
        match write(&mut self.out) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(done)
            }
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                Err(io::Error::new(error.kind(), format!("standard output cannot be written: {error}")))
            }
            written => written,
        }
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes, and fails then.
    struct Fails(usize, io::ErrorKind);

    impl Write for Fails {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::Error::from(self.1))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        let mut pipe = Pipe::new(Fails(4, io::ErrorKind::BrokenPipe));
        for _ in 0..3 {
            pipe.write_all(b"four").unwrap();
        }
        pipe.flush().unwrap();
    }

    #[test]
    fn a_full_disk_is_one() {
        let mut pipe = Pipe::new(Fails(4, io::ErrorKind::StorageFull));
        pipe.write_all(b"four").unwrap();
        let error = pipe.write_all(b"more").unwrap_err();
        assert!(error.to_string().starts_with("standard output cannot be written: "), "{error}");
    }
}
