//! `findings.csv`: one finding a record, for spreadsheets. Its columns are the fields of `findings.jsonl`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use ::csv::Writer;
use ecr_encryption_core::EncryptionLevel;

use super::{Ending, ReportWriter, close};
use crate::finding::Finding;

type Cell = fn(&Finding) -> Cow<'_, str>;

/// The columns: the JSON's names in the JSON's order, each with what its cells hold. A test holds them to the JSON.
const COLUMNS: [(&str, Cell); 27] = [
    ("account_id", |finding| text(&finding.account_id)),
    ("account_name", |finding| known(finding.account_name.as_deref())),
    ("organizational_unit_path", |finding| known(finding.organizational_unit_path.as_deref())),
    ("region", |finding| text(&finding.region)),
    ("repository_name", |finding| text(&finding.repository_name)),
    ("repository_arn", |finding| known(finding.repository_arn.as_deref())),
    ("created_at", |finding| shown(finding.created_at)),
    ("encryption_type", |finding| known(finding.encryption_type.as_deref())),
    ("kms_key", |finding| known(finding.kms_key.as_deref())),
    ("kms_key_arn", |finding| known(finding.kms_key_arn.as_deref())),
    ("key_manager", |finding| known(finding.key_manager.as_deref())),
    ("key_origin", |finding| known(finding.key_origin.as_deref())),
    ("key_state", |finding| known(finding.key_state.as_deref())),
    ("encryption_level", |finding| known(finding.encryption_level.map(EncryptionLevel::as_str))),
    ("encryption_level_is_lower_bound", |finding| shown(Some(finding.encryption_level_is_lower_bound))),
    ("desired_encryption_level", |finding| text(finding.desired_encryption_level.as_str())),
    ("status", |finding| text(finding.status.as_str())),
    ("reason_code", |finding| text(finding.reason_code.as_str())),
    ("reason", |finding| text(&finding.reason)),
    ("override", |finding| known(finding.override_name.as_deref())),
    ("exempt_until", |finding| shown(finding.exempt_until)),
    ("remediation", |finding| steps(&finding.remediation, " ")),
    ("evaluated_at", |finding| shown(Some(finding.evaluated_at))),
    ("finding_type", |finding| text(finding.finding_type.as_str())),
    ("recorded_at", |finding| shown(finding.recorded_at)),
    ("key_recorded_at", |finding| shown(finding.key_recorded_at)),
    ("open_since", |finding| shown(finding.open_since)),
];

/// Writes `findings.csv`.
#[derive(Debug)]
pub struct CsvWriter {
    out: Writer<BufWriter<File>>,
}

impl CsvWriter {
    /// A writer into a new file at `path`, with the header in it.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut out = Writer::from_writer(BufWriter::new(File::create(path)?));
        out.write_record(COLUMNS.map(|(name, _)| name))?;
        Ok(Self { out })
    }
}

impl ReportWriter for CsvWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        for (_, cell) in COLUMNS {
            self.out.write_field(neutralised(cell(finding)).as_bytes())?;
        }
        self.out.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn finish(self: Box<Self>, _ending: &Ending<'_>) -> io::Result<()> {
        close(self.out.into_inner().map_err(::csv::IntoInnerError::into_error)?)
    }
}

fn text(value: &str) -> Cow<'_, str> {
    Cow::Borrowed(value)
}

fn known(value: Option<&str>) -> Cow<'_, str> {
    Cow::Borrowed(value.unwrap_or_default())
}

fn shown(value: Option<impl ToString>) -> Cow<'static, str> {
    value.map_or(Cow::Borrowed(""), |value| Cow::Owned(value.to_string()))
}

/// The steps in one text, numbered. In a cell they are on one line: readers that take a line for a record (Athena, `grep`)
/// read it too.
pub(super) fn steps<'a>(steps: &[String], between: &str) -> Cow<'a, str> {
    let mut numbered = String::with_capacity(steps.iter().map(|step| step.len() + between.len() + 4).sum());
    for (index, step) in steps.iter().enumerate() {
        if index > 0 {
            numbered.push_str(between);
        }
        // A string can always be written to.
        let _ = write!(numbered, "{}. {step}", index + 1);
    }
    Cow::Owned(numbered)
}

/// A cell that no spreadsheet takes for a formula: one that could be is led by an apostrophe, which makes it text.
///
/// Spreadsheets drop what stands before a formula, so what cannot be seen is skipped here too; and some read the
/// full-width signs as the plain ones.
fn neutralised(cell: Cow<'_, str>) -> Cow<'_, str> {
    let unseen = |first: char| first.is_whitespace() || first.is_control() || "\u{feff}\u{200b}".contains(first);
    let breaks = cell.chars().take_while(|first| unseen(*first)).any(|first| "\t\r\n".contains(first));
    if breaks || cell.trim_start_matches(unseen).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;
    use crate::report::samples;

    fn records(text: &str) -> Vec<Vec<String>> {
        ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes())
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn columns_are_the_fields_of_the_json_in_its_order() {
        let json = serde_json::to_string(&samples::compliant()).unwrap();
        let keys: Vec<_> = json
            .match_indices("\":")
            .map(|(end, _)| json[..end].rsplit('"').next().unwrap())
            .filter(|key| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
            .collect();
        let object = serde_json::from_str::<serde_json::Value>(&json).unwrap();
        assert_eq!(keys.len(), object.as_object().unwrap().len(), "{keys:?}");
        assert_eq!(COLUMNS.map(|(name, _)| name).to_vec(), keys);
    }

    #[test]
    fn cells_hold_what_the_json_holds() {
        for finding in samples::findings_with_templates() {
            let record = records(&samples::written(Format::Csv, std::slice::from_ref(&finding))).remove(1);
            let json = serde_json::to_value(&finding).unwrap();
            for ((name, _), cell) in COLUMNS.iter().zip(record) {
                let expected = match &json[name] {
                    serde_json::Value::Null => String::new(),
                    serde_json::Value::String(text) => text.clone(),
                    serde_json::Value::Array(_) => steps(&finding.remediation, " ").into_owned(),
                    other => other.to_string(),
                };
                assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), expected, "{name}");
            }
        }
    }

    #[test]
    fn a_written_file() {
        insta::assert_snapshot!(samples::written(Format::Csv, &samples::findings()));
    }

    #[test]
    fn steps_are_numbered_in_one_cell_of_one_line() {
        assert_eq!(steps(&["Create it".to_owned(), "Copy it".to_owned()], " "), "1. Create it 2. Copy it");
        assert_eq!(steps(&[], " "), "");
    }

    /// Every text of up to four characters out of those that matter.
    #[test]
    fn no_cell_is_a_formula_and_every_other_cell_is_left_as_it_is() {
        const ALPHABET: [char; 14] =
            ['=', '+', '-', '@', '\t', '\r', '\n', ' ', '\u{a0}', '\u{feff}', '＝', '\'', '"', 'a'];
        let mut texts = vec![String::new()];
        let mut longest = texts.clone();
        for _ in 0..4 {
            longest = longest.iter().flat_map(|text| ALPHABET.map(|next| format!("{text}{next}"))).collect();
            texts.extend(longest.iter().cloned());
        }
        for text in texts {
            let cell = neutralised(Cow::Borrowed(&text));
            let blank = |first: char| first.is_whitespace() || first == '\u{feff}';
            let lead: String = text.chars().take_while(|first| blank(*first)).collect();
            let formula =
                lead.contains(['\t', '\r', '\n']) || text[lead.len()..].starts_with(['=', '+', '-', '@', '＝']);
            let expected = if formula { format!("'{text}") } else { text.clone() };
            assert_eq!(cell, expected, "{text:?}");
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        let record = records(&samples::written(Format::Csv, &[samples::hostile()])).remove(1);
        assert_eq!(record[1], r#"'=HYPERLINK("x") <b>Dev</b><script>alert(1)</script>"#);
    }

    #[test]
    fn no_findings_make_a_header() {
        assert_eq!(samples::written(Format::Csv, &[]).lines().count(), 1);
    }
}
