//! Text that is not ours, as a code span: no markup, no link, no mention comes of it.

use crate::report::terminal::layout::{cut, printable};

/// `text` as a code span, cut to `most` columns.
pub(in crate::report) fn code(text: &str, most: usize) -> String {
    let mut text = cut(&printable(text), most);
    // Chats take these for mentions wherever they stand: a word joiner, which nobody sees, keeps them apart.
    for sign in ["!", "@", "#"] {
        text = text.replace(&format!("<{sign}"), &format!("<\u{2060}{sign}"));
    }
    if text.trim().is_empty() {
        return "–".to_owned();
    }
    let (mut longest, mut run) = (0, 0);
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // One space at each end belongs to the fence.
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// The same in a cell of a table, where a bar would end the cell.
pub(in crate::report) fn cell(text: &str, most: usize) -> String {
    code(text, most).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("team-a/web", "`team-a/web`")]
    #[case("</script><b>", "`</script><b>`")]
    #[case("a`b``c", "```a`b``c```")]
    #[case("`a", "`` `a ``")]
    #[case("  ", "–")]
    #[case("a\nb\u{202e}", "`a\u{fffd}b\u{fffd}`")]
    #[case("<!here> @all", "`<\u{2060}!here> @all`")]
    fn spans(#[case] text: &str, #[case] span: &str) {
        assert_eq!(code(text, 80), span);
    }

    #[test]
    fn a_bar_does_not_end_a_cell() {
        assert_eq!(cell("a|b", 80), "`a\\|b`");
    }

    proptest! {
        /// The fence is a run of backticks that does not come again before the end, and no line ends in it.
        #[test]
        fn nothing_gets_out_of_its_span(text in "[`a<@| \n]{0,12}|.*") {
            let span = code(&text, 80);
            if span != "–" {
                let fence = span.len() - span.trim_start_matches('`').len();
                let inner = span[fence..].strip_suffix(&"`".repeat(fence)).unwrap();
                let runs = inner.split(|letter| letter != '`').map(str::len);
                prop_assert!(runs.into_iter().all(|run| run < fence), "{}", span);
                prop_assert!(!inner.starts_with('`') && !inner.ends_with('`'), "{}", span);
                prop_assert!(!span.contains(['\n', '\r']), "{}", span);
            }
        }
    }
}
