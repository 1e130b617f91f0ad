//! Lists on the command line: as they are, or in a file.

use std::io::{self, Read};
use std::path::Path;

use ecr_encryption_core::{InvalidValue, value};

/// A list may be so large: some forty times the longest that AWS Organizations gives rise to.
const LONGEST: u64 = 32 << 20;

const ALLOWED: &str =
    "a text file with one item a line, or several with commas between them; lines that begin with `#` are comments";

/// The items of `text`: a CSV, or `@FILE` for a file with one item a line.
///
/// # Errors
/// There is none, one is empty, or the file cannot be read.
pub(super) fn items(text: &str) -> Result<Vec<String>, InvalidValue> {
    let Some(path) = text.strip_prefix('@') else {
        return Ok(value::csv_items(text)?.into_iter().map(str::to_owned).collect());
    };
    let content =
        read(Path::new(path)).map_err(|error| InvalidValue::new(text, format!("cannot be read: {error}"), ALLOWED))?;
    let mut items = Vec::new();
    for line in content.trim_start_matches('\u{feff}').lines() {
        let line = line.trim();
        // Only at its beginning, since names of units may hold one.
        if !line.is_empty() && !line.starts_with('#') {
            items.extend(value::csv_items(line)?.into_iter().map(str::to_owned));
        }
    }
    if items.is_empty() { Err(InvalidValue::new(text, "is a file without an item", ALLOWED)) } else { Ok(items) }
}

fn read(path: &Path) -> io::Result<String> {
    let mut content = String::new();
    let bytes = std::fs::File::open(path)?.take(LONGEST + 1).read_to_string(&mut content)?;
    if bytes as u64 > LONGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {LONGEST} bytes")));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn of_file(content: &[u8]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        std::fs::write(&path, content).unwrap();
        let path = path.to_str().unwrap();
        items(&format!("@{path}")).map_err(|error| error.to_string().replace(path, "FILE"))
    }

    #[rstest]
    #[case::lines(b"111122223333\n222233334444\n", &["111122223333", "222233334444"])]
    #[case::lines_of_windows(b"\xef\xbb\xbf111122223333\r\n222233334444", &["111122223333", "222233334444"])]
    #[case::comments(b"# sandboxes\n\n 111122223333\n\t# Root\nRoot/C# team\n", &["111122223333", "Root/C# team"])]
    #[case::both(b"111122223333, 222233334444\n333344445555", &["111122223333", "222233334444", "333344445555"])]
    fn what_a_file_may_hold(#[case] content: &[u8], #[case] expected: &[&str]) {
        assert_eq!(of_file(content), Ok(expected.iter().map(|item| (*item).to_owned()).collect()));
    }

    #[rstest]
    #[case::empty(b"", "`@FILE` is a file without an item; allowed: ")]
    #[case::only_comments(b"# none\n", "`@FILE` is a file without an item; allowed: ")]
    #[case::no_text(b"\xff\xfe1", "`@FILE` cannot be read: stream did not contain valid UTF-8; allowed: ")]
    #[case::an_empty_item(b"111122223333,,222233334444", "`111122223333,,222233334444` ")]
    fn what_it_may_not(#[case] content: &[u8], #[case] expected: &str) {
        let error = of_file(content).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there() {
        let error = items("@/nonexistent/list.txt").unwrap_err().to_string();
        assert!(error.starts_with("`@/nonexistent/list.txt` cannot be read: No such file"), "{error}");
        assert!(items("@").is_err());
    }
}
