//! Patterns with `*` and `?`.

use std::collections::BTreeSet;
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

    /// Whether the pattern matches a text that begins with `start` and goes on.
    pub(crate) fn matches_some_from(&self, start: &str) -> bool {
        // Whatever is left of a pattern matches something: a star or a question mark matches any letter.
        self.left_after(start).iter().any(|left| !left.is_empty())
    }

    /// Whether the pattern matches every text that begins with `start` and goes on. `false` where this takes more than
    /// one look at the pattern to see.
    pub(crate) fn matches_all_from(&self, start: &str) -> bool {
        self.left_after(start).iter().any(|left| !left.is_empty() && left.iter().all(|&character| character == '*'))
    }

    /// What every text that the pattern matches begins with.
    pub(crate) fn literal_start(&self) -> &str {
        self.0.split(['*', '?']).next().unwrap_or_default()
    }

    /// Each way in which `start` can be the beginning of a match, as what is left of the pattern then.
    fn left_after(&self, start: &str) -> Vec<Vec<char>> {
        let pattern: Vec<char> = self.0.chars().collect();
        let behind_stars = |from: usize| {
            let run = pattern.iter().skip(from).take_while(|&&character| character == '*').count();
            from..=from + run
        };
        let mut places: BTreeSet<usize> = behind_stars(0).collect();
        for character in start.chars() {
            places = places
                .into_iter()
                .filter_map(|place| match pattern.get(place) {
                    Some('*') => Some(place),
                    Some(&wanted) if wanted == '?' || wanted == character => Some(place + 1),
                    _ => None,
                })
                .flat_map(behind_stars)
                .collect();
        }
        places.into_iter().map(|place| pattern.iter().skip(place).copied().collect()).collect()
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

    /// Every text of one to four letters: no shorter pattern than these matches longer texts only.
    fn rests() -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut longest = texts.clone();
        for _ in 0..4 {
            longest = longest.iter().flat_map(|text| ['a', 'b'].map(|next| format!("{text}{next}"))).collect();
            texts.extend(longest.iter().cloned());
        }
        texts.split_off(1)
    }

    #[rstest]
    #[case("team/*", "team/", true)]
    #[case("*", "", true)]
    #[case("*", "team/", true)]
    #[case("t*", "team/", true)]
    #[case("*/*", "team/", true)]
    #[case("team/*", "", false)]
    #[case("team/a*", "team/", false)]
    #[case("*-cache", "team/", false)]
    fn covers_a_prefix(#[case] pattern: &str, #[case] start: &str, #[case] expected: bool) {
        assert_eq!(Glob::new(pattern).matches_all_from(start), expected);
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?/]{0,7}", text in "[ab/]{0,8}") {
            let characters: (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(Glob::new(pattern).matches(&text), by_definition(&characters.0, &characters.1));
        }

        #[test]
        fn knows_what_it_matches_from_a_start_on(pattern in "[ab*?]{0,4}", start in "[ab]{0,3}") {
            let glob = Glob::new(pattern);
            let matched: Vec<bool> = rests().iter().map(|rest| glob.matches(&format!("{start}{rest}"))).collect();
            prop_assert_eq!(glob.matches_some_from(&start), matched.contains(&true), "{}", glob);
            // It may say `false` of a pattern that matches all; the other way round would exempt too much.
            prop_assert!(!glob.matches_all_from(&start) || !matched.contains(&false), "{}", glob);
        }

        #[test]
        fn every_match_begins_with_the_literal_start(pattern in "[ab*?]{0,4}", text in "[ab]{0,5}") {
            let glob = Glob::new(pattern);
            prop_assert!(!glob.matches(&text) || text.starts_with(glob.literal_start()), "{} {}", glob, text);
        }
    }
}
