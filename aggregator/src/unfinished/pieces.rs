//! The journal in pieces: a run that is interrupted again has only to send what it has read since.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::history::manifest::{ManifestFile, hexadecimal};

/// A journal in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pieces {
    /// Those that are there already, and are as they are here.
    pub(super) there: Vec<ManifestFile>,
    /// Where what is not there begins.
    pub(super) offset: u64,
    /// All that is not; `None` where that is nothing.
    pub(super) new: Option<ManifestFile>,
}

/// Finds out what of the journal at `path`, which is `length` bytes long, is in the pieces that are `there`.
///
/// # Errors
/// The file cannot be read.
pub(super) fn of(path: &Path, length: u64, there: Vec<ManifestFile>) -> io::Result<Pieces> {
    let mut file = File::open(path)?;
    let mut pieces = Pieces { there: Vec::new(), offset: 0, new: None };
    for piece in there {
        if pieces.offset.checked_add(piece.bytes).is_none_or(|end| end > length)
            || sha256(&mut file, pieces.offset, piece.bytes)? != piece.sha256
        {
            break;
        }
        pieces.offset += piece.bytes;
        pieces.there.push(piece);
    }
    let bytes = length - pieces.offset;
    if bytes > 0 {
        let sha256 = sha256(&mut file, pieces.offset, bytes)?;
        let begin = sha256.get(..16).unwrap_or_default();
        pieces.new = Some(ManifestFile { name: format!("journal-{:012}-{begin}", pieces.offset), bytes, sha256 });
    }
    Ok(pieces)
}

fn sha256(file: &mut File, offset: u64, bytes: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(offset))?;
    let mut digest = Sha256::new();
    let mut rest = file.take(bytes);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match rest.read(&mut buffer)? {
            0 if rest.limit() == 0 => return Ok(hexadecimal(&digest.finalize())),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => digest.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    #[test]
    fn only_what_was_read_since_is_new() {
        let file = written(b"one\ntwo\nthree\n");
        let first = of(file.path(), 4, Vec::new()).unwrap();
        let one = first.new.unwrap();
        assert_eq!((first.offset, one.bytes), (0, 4));
        assert_eq!(one.name, format!("journal-000000000000-{}", &one.sha256[..16]));
        let second = of(file.path(), 8, vec![one.clone()]).unwrap();
        let two = second.new.unwrap();
        assert_eq!((second.there, second.offset, two.bytes), (vec![one.clone()], 4, 4));
        let all = vec![one.clone(), two.clone()];
        let nothing = of(file.path(), 8, all.clone()).unwrap();
        assert_eq!(nothing, Pieces { there: all.clone(), offset: 8, new: None });

        // Another has gone on with it otherwise from the second piece on.
        let other = written(b"one\nTWO\nthree\n");
        let pieces = of(other.path(), 14, all).unwrap();
        assert_eq!((pieces.there, pieces.offset), (vec![one], 4));
        let new = pieces.new.unwrap();
        assert!(new.bytes == 10 && new.name != two.name, "{new:?}");
    }

    #[test]
    fn a_file_that_is_shorter_than_it_was_said_to_be_is_an_error() {
        assert!(of(written(b"one\n").path(), 5, Vec::new()).is_err());
    }

    proptest! {
        /// Whatever is said to be there: put together, the pieces are the journal.
        #[test]
        fn pieces_are_the_journal(content in prop::collection::vec(any::<u8>(), 0..64), said in prop::collection::vec((0_u64..40, any::<bool>()), 0..4)) {
            let file = written(&content);
            let mut offset = 0_usize;
            let there = said.into_iter().map(|(bytes, is_so)| {
                let end = offset.saturating_add(usize::try_from(bytes).unwrap()).min(content.len());
                let digest = Sha256::digest(&content[offset..end]);
                offset = end;
                let sha256 = if is_so { hexadecimal(&digest) } else { "0".repeat(64) };
                ManifestFile { name: format!("journal-{end}"), bytes, sha256 }
            }).collect::<Vec<_>>();
            let length = content.len() as u64;
            let pieces = of(file.path(), length, there.clone()).unwrap();
            prop_assert!(there.starts_with(&pieces.there));
            prop_assert_eq!(pieces.there.iter().map(|piece| piece.bytes).sum::<u64>(), pieces.offset);
            prop_assert_eq!(pieces.offset + pieces.new.as_ref().map_or(0, |piece| piece.bytes), length);
            let mut at = 0;
            for piece in pieces.there.iter().chain(&pieces.new) {
                let end = at + usize::try_from(piece.bytes).unwrap();
                prop_assert_eq!(hexadecimal(&Sha256::digest(&content[at..end])), piece.sha256.clone());
                at = end;
            }
        }
    }
}
