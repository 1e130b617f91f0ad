//! What the page's script reads: the findings by column, each text once, and the words for them.

use std::collections::HashMap;
use std::fmt::{self, Display, Write};

use ecr_encryption_core::{EncryptionLevel, ReasonCode, Status};
use serde::Serialize;

use super::kept::Kept;
use super::row::{COLUMNS, Row};
use super::signs;
use super::strings::Strings;
use crate::finding::FindingType;
use crate::history::change::ChangeKind;
use crate::history::manifest::Manifest;
use crate::report::phrase;
use crate::summary::Summary;

/// The data of a page, written as JSON in which nothing can end the element that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Payload<'a> {
    pub(super) summary: &'a Summary,
    pub(super) trend: &'a [Manifest],
    pub(super) strings: &'a Strings,
    pub(super) kept: &'a Kept<Row>,
    pub(super) kept_templates: &'a Kept<Row>,
}

/// A word of the report, for people.
#[derive(Serialize)]
struct Word {
    code: &'static str,
    label: &'static str,
    sign: &'static str,
    class: &'static str,
}

impl Word {
    const fn plain(code: &'static str, label: &'static str) -> Self {
        Self { code, label, sign: "", class: "" }
    }
}

/// A run of the trend.
#[derive(Serialize)]
struct Point<'a> {
    run_id: &'a str,
    started_at: String,
    non_compliant: u64,
    undetermined: u64,
    exempt: u64,
    compliant: u64,
    gaps: u64,
    interrupted: bool,
}

#[derive(Serialize)]
struct Head<'a> {
    run_id: &'a str,
    started_at: String,
    /// How many findings there are, those that the page does not hold included.
    all: u64,
    has_changes: bool,
    columns: [&'static str; COLUMNS.len()],
    statuses: Vec<Word>,
    levels: Vec<Word>,
    reasons: Vec<Word>,
    types: Vec<Word>,
    changes: Vec<Word>,
    trend: Vec<Point<'a>>,
}

impl<'a> Payload<'a> {
    fn head(&self) -> Head<'a> {
        let Summary { run, totals, changes, .. } = self.summary;
        let status = |status: Status| Word {
            code: status.as_str(),
            label: phrase::status(status),
            sign: signs::sign(status),
            class: signs::class(status),
        };
        let levels = EncryptionLevel::ALL.iter().map(|level| Word::plain(level.as_str(), level.description()));
        let reasons = ReasonCode::ALL.iter().map(|code| Word::plain(code.as_str(), code.description()));
        let change = |kind| Word {
            code: super::changed::code(kind),
            label: super::changed::word(kind),
            sign: super::changed::sign(kind),
            class: super::changed::class(kind),
        };
        let point = |manifest: &'a Manifest| Point {
            run_id: &manifest.run_id,
            started_at: manifest.started_at.to_string(),
            non_compliant: manifest.by_status.non_compliant,
            undetermined: manifest.by_status.undetermined,
            exempt: manifest.by_status.exempt,
            compliant: manifest.by_status.compliant,
            gaps: manifest.gaps,
            interrupted: manifest.interrupted,
        };
        Head {
            run_id: &run.id,
            started_at: run.started_at.to_string(),
            all: totals.by_status.total() + totals.templates.as_ref().map_or(0, |templates| templates.all().total()),
            has_changes: changes.is_some(),
            columns: COLUMNS,
            statuses: Status::ALL.into_iter().map(status).collect(),
            levels: levels.collect(),
            reasons: reasons.collect(),
            types: vec![
                Word::plain(FindingType::Repository.as_str(), "Repository"),
                Word::plain(FindingType::RepositoryCreationTemplate.as_str(), "Creation template"),
                Word::plain(FindingType::PullThroughCacheRule.as_str(), "Pull-through cache rule"),
            ],
            changes: [ChangeKind::New, ChangeKind::Changed].into_iter().map(change).collect(),
            trend: self.trend.iter().map(point).collect(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = &'a Row> {
        self.kept.iter().chain(self.kept_templates.iter())
    }
}

impl Display for Payload<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("{\"head\":")?;
        json(out, &self.head())?;

        // Texts are numbered anew, from 1, in the order of their first use: 0 is none.
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        out.write_str(",\"strings\":[null")?;
        for row in self.rows() {
            for number in (0..COLUMNS.len()).filter_map(|column| row.number(column)) {
                if !numbers.contains_key(&number) {
                    let next = u32::try_from(numbers.len()).map_err(|_| fmt::Error)? + 1;
                    numbers.insert(number, next);
                    out.write_char(',')?;
                    json(out, self.strings.get(number))?;
                }
            }
        }
        write!(out, "],\"count\":{},\"rows\":[", self.kept.len() + self.kept_templates.len())?;
        for column in 0..COLUMNS.len() {
            out.write_str(if column == 0 { "[" } else { ",[" })?;
            let numbers =
                self.rows().map(|row| row.number(column).and_then(|number| numbers.get(&number)).copied().unwrap_or(0));
            write_column(out, numbers)?;
            out.write_char(']')?;
        }
        out.write_str("]}")
    }
}

/// A column as runs: a number, and below zero how many times more it stands there.
fn write_column(out: &mut fmt::Formatter<'_>, numbers: impl Iterator<Item = u32>) -> fmt::Result {
    let mut numbers = numbers.peekable();
    let mut is_first = true;
    while let Some(number) = numbers.next() {
        if !is_first {
            out.write_char(',')?;
        }
        is_first = false;
        write!(out, "{number}")?;
        let mut more = 0_u32;
        while numbers.next_if_eq(&number).is_some() {
            more += 1;
        }
        match more {
            0 => {}
            1 => write!(out, ",{number}")?,
            _ => write!(out, ",-{more}")?,
        }
    }
    Ok(())
}

/// `value` as JSON without the characters that mean something to HTML, or end a line of JavaScript.
fn json<T: Serialize + ?Sized>(out: &mut fmt::Formatter<'_>, value: &T) -> fmt::Result {
    let text = serde_json::to_string(value).map_err(|_| fmt::Error)?;
    let mut rest = text.as_str();
    while let Some((at, character)) = rest.char_indices().find(|(_, character)| is_special(*character)) {
        let (before, after) = rest.split_at(at);
        write!(out, "{before}\\u{:04x}", u32::from(character))?;
        rest = after.get(character.len_utf8()..).unwrap_or_default();
    }
    out.write_str(rest)
}

const fn is_special(character: char) -> bool {
    matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Json<'a>(&'a str);

    impl Display for Json<'_> {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            json(out, self.0)
        }
    }

    struct Column(Vec<u32>);

    impl Display for Column {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_column(out, self.0.iter().copied())
        }
    }

    #[test]
    fn nothing_ends_the_element_or_a_line() {
        let text = "</script><!-- & \u{2028}\u{2029} \"\\ é 🚀";
        let written = Json(text).to_string();
        assert!(!written.contains(is_special), "{written}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }

    #[test]
    fn a_column_is_written_as_runs() {
        assert_eq!(Column(vec![7, 7, 7, 0, 3, 3, 5]).to_string(), "7,-2,0,3,3,5");
        assert_eq!(Column(Vec::new()).to_string(), "");
    }
}
