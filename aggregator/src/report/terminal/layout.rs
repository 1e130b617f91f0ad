//! Text that fits a terminal's width and cannot steer the terminal.

/// The width that everything but a path fits.
pub(crate) const WIDTH: usize = 80;

/// Whether a terminal would obey the character, or the reading order be turned around by it.
pub(crate) fn is_obeyed(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` without characters that a terminal would obey, or that would turn the reading order around.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if is_obeyed(letter) { '\u{fffd}' } else { letter }).collect()
}

/// The columns that a character takes at most: from Hangul on many take two.
fn columns(letter: char) -> usize {
    match letter {
        '\u{0}'..='\u{10ff}' | '\u{1e00}'..='\u{2dff}' => 1,
        _ => 2,
    }
}

/// The columns that a text takes at most.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// `text`, cut with an ellipsis to `most` columns.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += columns(letter);
        if used > most {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    kept
}

/// `text` in lines of at most `most` columns, broken between words, `lines` of them at most.
pub(crate) fn wrapped(text: &str, most: usize, lines: usize) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_last = all.len() == lines;
        match all.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) if is_last => {
                *line = cut(&format!("{line} …"), most);
                if !line.ends_with('…') {
                    line.push('…');
                }
                break;
            }
            _ => all.push(cut(word, most)),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("short", 5, "short")]
    #[case("longer", 5, "long…")]
    #[case("日本語", 5, "日本…")]
    #[case("", 5, "")]
    fn what_is_too_wide_is_cut(#[case] text: &str, #[case] most: usize, #[case] expected: &str) {
        assert_eq!(cut(text, most), expected);
    }

    #[test]
    fn lines_break_between_words_and_end_in_an_ellipsis_where_cut() {
        assert_eq!(wrapped("one two three four", 9, 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("one two three four", 9, 2), ["one two", "three …"]);
        assert_eq!(wrapped("extraordinary", 9, 2), ["extraord…"]);
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
    }
}
