use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::reader::RowIter;
use ::parquet::record::{Field, Row};
use ::parquet::schema::printer::print_schema;
use serde_json::{Value, json};

use super::*;
use crate::report::golden;
use crate::report::samples;

/// The file's rows in the form of `findings.jsonl`.
fn rows(path: &Path) -> Vec<Value> {
    let file = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let row =
        |row: Row| Value::Object(row.get_column_iter().map(|(name, field)| (name.clone(), json(field))).collect());
    RowIter::from_file_into(Box::new(file)).map(|read| row(read.unwrap())).collect()
}

fn json(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(flag) => json!(flag),
        Field::Str(text) => json!(text),
        Field::Date(days) => json!(jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(*days)),
        Field::TimestampMicros(micros) => json!(jiff::Timestamp::from_microsecond(*micros).unwrap()),
        Field::ListInternal(list) => list.elements().iter().map(json).collect(),
        other => panic!("{other:?} in a column"),
    }
}

fn write(path: &Path, findings: &[Finding]) {
    let summary = samples::summary(findings);
    let mut writer = Box::new(ParquetWriter::create(path, &summary.run).unwrap());
    for finding in findings {
        writer.finding(finding).unwrap();
    }
    writer.finish(&Ending { summary: &summary, trend: &[] }).unwrap();
}

#[test]
fn columns_are_the_fields_of_the_json_in_its_order_and_the_run() {
    let json = serde_json::to_string(&samples::compliant()).unwrap();
    let fields = serde_json::from_str::<Value>(&json).unwrap();
    let mut keys: Vec<&str> = fields.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_by_key(|key| json.find(&format!("\"{key}\":")));
    keys.extend(["run_id", "run_started_at"]);
    assert_eq!(COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>(), keys);
}

#[test]
fn the_schema_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("findings.parquet");
    write(&path, &golden::findings());
    let file = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let mut shown = Vec::new();
    print_schema(&mut shown, file.metadata().file_metadata().schema());
    insta::assert_snapshot!(String::from_utf8(shown).unwrap());
}

#[test]
fn rows_hold_what_the_json_holds() {
    let findings = golden::findings();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("findings.parquet");
    write(&path, &findings);
    let rows = rows(&path);
    assert_eq!(rows.len(), findings.len());
    let run = samples::summary(&[]).run;
    for (row, finding) in rows.iter().zip(&findings) {
        let mut expected = serde_json::to_value(finding).unwrap();
        expected["run_id"] = json!(run.id);
        expected["run_started_at"] = json!(run.started_at);
        assert_eq!(row.as_object().unwrap().len(), expected.as_object().unwrap().len());
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(row[name], *value, "{name}");
        }
    }
}

/// More rows than a group holds, more text than a group holds: every row is there once, in order.
#[test]
fn groups_are_bounded_and_hold_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    for (rows_written, step, most) in [(ROWS + 3, 1, ROWS), (40, TEXT / 16, 17)] {
        let path = folder.path().join(format!("{rows_written}.parquet"));
        let findings: Vec<_> = (0..rows_written)
            .map(|index| Finding {
                repository_name: format!("repository-{index:06}"),
                remediation: vec!["x".repeat(step)],
                ..samples::compliant()
            })
            .collect();
        write(&path, &findings);
        let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        assert!(file.metadata().num_row_groups() > 1);
        for group in file.metadata().row_groups() {
            assert!(usize::try_from(group.num_rows()).unwrap() <= most);
            assert!(group.column(0).statistics().is_some());
        }
        let names: Vec<_> = rows(&path).into_iter().map(|row| row["repository_name"].clone()).collect();
        assert_eq!(names, findings.iter().map(|finding| json!(finding.repository_name)).collect::<Vec<_>>());
    }
}

#[test]
fn no_findings_make_a_file_without_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("findings.parquet");
    write(&path, &[]);
    assert!(rows(&path).is_empty());
}
