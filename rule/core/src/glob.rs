//! Patterns with `*` and `?`.

use std::fmt;

use serde::Serialize;

/// A pattern in which `*` is any run of characters, `/` included, `?` is exactly one character, and nothing else is
/// special. It matches a whole text or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Glob(String);

impl Glob {
    /// Takes any text as a pattern. What a setting allows in a pattern is checked by [`crate::value`].
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern matches the whole of `text`. Time is at most proportional to the product of both lengths.
    pub fn matches(&self, text: &str) -> bool {
        let pattern: Vec<char> = self.0.chars().collect();
        let text: Vec<char> = text.chars().collect();
        let (mut at_pattern, mut at_text) = (0, 0);
        // Where to go back to: behind the last star, and how much of the text that star has taken.
        let mut star: Option<(usize, usize)> = None;
        while let Some(&character) = text.get(at_text) {
            match pattern.get(at_pattern) {
                Some('*') => {
                    star = Some((at_pattern + 1, at_text));
                    at_pattern += 1;
                }
                Some(&wanted) if wanted == '?' || wanted == character => {
                    at_pattern += 1;
                    at_text += 1;
                }
                _ => {
                    let Some((behind_star, taken)) = star else { return false };
                    star = Some((behind_star, taken + 1));
                    at_pattern = behind_star;
                    at_text = taken + 1;
                }
            }
        }
        pattern.iter().skip(at_pattern).all(|&rest| rest == '*')
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", "", true)]
    #[case("", "a", false)]
    #[case("*", "", true)]
    #[case("*", "a/b/c", true)]
    #[case("a?c", "abc", true)]
    #[case("a?c", "ac", false)]
    #[case("a?c", "a/c", true)]
    #[case("team/*", "team/a/b", true)]
    #[case("team/*", "team", false)]
    #[case("*-cache", "docker-cache", true)]
    #[case("*-cache", "docker-cache-2", false)]
    #[case("a*b*c", "a1b2b3c", true)]
    #[case("a*b*c", "a1b2b3", false)]
    #[case("[ab]", "a", false)]
    #[case("a.c", "abc", false)]
    #[case("?", "é", true)]
    fn matches_whole_texts(#[case] pattern: &str, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} against {text}");
    }

    /// The definition, written down as plainly as can be.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|taken| by_definition(rest, &text[taken..])),
            Some((wanted, rest)) => text
                .split_first()
                .is_some_and(|(first, others)| (*wanted == '?' || wanted == first) && by_definition(rest, others)),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?/]{0,7}", text in "[ab/]{0,8}") {
            let characters: (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(Glob::new(pattern).matches(&text), by_definition(&characters.0, &characters.1));
        }
    }
}
