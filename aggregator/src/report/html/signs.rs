//! How a page shows a status: by a sign, a colour's name and a part of a bar.

use std::fmt::Write;

use ecr_encryption_core::Status;

use crate::finding::{Finding, FindingType};
use crate::summary::StatusCounts;

/// A part of a bar, in hundredths of its length.
pub(super) struct Segment {
    pub(super) class: &'static str,
    pub(super) start: String,
    pub(super) length: String,
}

/// The name that the style sheet has for a status.
pub(super) const fn class(status: Status) -> &'static str {
    match status {
        Status::NonCompliant => "bad",
        Status::Undetermined => "doubt",
        Status::Exempt => "exempt",
        Status::Compliant => "good",
    }
}

/// The sign of a status, so that colour is not the only one.
pub(super) const fn sign(status: Status) -> &'static str {
    match status {
        Status::NonCompliant => "✕",
        Status::Undetermined => "?",
        Status::Exempt => "–",
        Status::Compliant => "✓",
    }
}

/// A bar of all repositories by status, the worst first.
pub(super) fn segments(counts: &StatusCounts) -> Vec<Segment> {
    let total = u128::from(counts.total().max(1));
    let place = |sum: u64| u128::from(sum) * 100_000 / total;
    let decimal = |thousandths: u128| format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    let mut before = 0;
    let mut segments = Vec::new();
    for status in Status::ALL {
        let count = counts.of(status);
        if count > 0 {
            let (start, end) = (place(before), place(before + count));
            segments.push(Segment { class: class(status), start: decimal(start), length: decimal(end - start) });
            before += count;
        }
    }
    segments
}

/// How long the bar of `count` out of `total` is, in hundredths.
pub(super) fn part(count: u64, total: u64) -> String {
    let thousandths = u128::from(count) * 100_000 / u128::from(total.max(1));
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// A text that others wrote, in which what cannot be seen, or turns others around, is shown. The joiner that emoji need stays.
pub(super) fn visible(text: impl AsRef<str>) -> String {
    let mut visible = String::new();
    for character in text.as_ref().chars() {
        match character {
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'
            | '\u{200c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {
                // Writing to a string does not fail.
                let _ = write!(visible, "[U+{:04X}]", u32::from(character));
            }
            _ => visible.push(character),
        }
    }
    visible
}

/// What a finding is on: a repository's name, or what creates repositories under a prefix.
pub(super) const fn kind(finding: &Finding) -> Option<&'static str> {
    match finding.finding_type {
        FindingType::Repository => None,
        FindingType::RepositoryCreationTemplate => Some("creation template"),
        FindingType::PullThroughCacheRule => Some("pull-through cache rule"),
    }
}

/// The level in words: `at least awscmk` where it is a lower bound.
pub(super) fn level(finding: &Finding) -> String {
    match finding.encryption_level {
        None => "not known".to_owned(),
        Some(level) if finding.encryption_level_is_lower_bound => format!("at least {level}"),
        Some(level) => level.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_bar_fill_it() {
        let counts = StatusCounts { compliant: 1, non_compliant: 1, undetermined: 1, exempt: 0 };
        let parts: Vec<_> = segments(&counts).into_iter().map(|part| (part.class, part.start, part.length)).collect();
        let expected = [("bad", "0.000", "33.333"), ("doubt", "33.333", "33.333"), ("good", "66.666", "33.334")];
        assert_eq!(parts, expected.map(|(class, start, length)| (class, start.to_owned(), length.to_owned())));
        assert!(segments(&StatusCounts::default()).is_empty());
    }
}
