//! The columns, each with what its cells hold.

use std::fmt::Write as _;

use ecr_encryption_core::EncryptionLevel;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::finding::Finding;
use crate::summary::Run;

/// What a row is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) run: &'a Run,
    pub(super) finding: &'a Finding,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) cell: Cell,
}

/// What the cells of a column hold, and where it is taken from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell {
    /// A text.
    Text(for<'a> fn(&Row<'a>) -> &'a str),
    /// A text, or null.
    SomeText(for<'a> fn(&Row<'a>) -> Option<&'a str>),
    /// A time.
    Time(fn(&Row<'_>) -> Timestamp),
    /// A time, or null.
    SomeTime(fn(&Row<'_>) -> Option<Timestamp>),
    /// A day, or null.
    SomeDay(fn(&Row<'_>) -> Option<Date>),
    /// Yes or no.
    Flag(fn(&Row<'_>) -> bool),
    /// Texts in order.
    Texts(for<'a> fn(&Row<'a>) -> &'a [String]),
}

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

/// The columns in the JSON's order, and those that tell runs apart. A test holds them to the JSON.
pub(super) const COLUMNS: [Column; 29] = [
    column("account_id", Cell::Text(|row| &row.finding.account_id)),
    column("account_name", Cell::SomeText(|row| row.finding.account_name.as_deref())),
    column("organizational_unit_path", Cell::SomeText(|row| row.finding.organizational_unit_path.as_deref())),
    column("region", Cell::Text(|row| &row.finding.region)),
    column("repository_name", Cell::Text(|row| &row.finding.repository_name)),
    column("repository_arn", Cell::SomeText(|row| row.finding.repository_arn.as_deref())),
    column("created_at", Cell::SomeTime(|row| row.finding.created_at)),
    column("encryption_type", Cell::SomeText(|row| row.finding.encryption_type.as_deref())),
    column("kms_key", Cell::SomeText(|row| row.finding.kms_key.as_deref())),
    column("kms_key_arn", Cell::SomeText(|row| row.finding.kms_key_arn.as_deref())),
    column("key_manager", Cell::SomeText(|row| row.finding.key_manager.as_deref())),
    column("key_origin", Cell::SomeText(|row| row.finding.key_origin.as_deref())),
    column("key_state", Cell::SomeText(|row| row.finding.key_state.as_deref())),
    column("encryption_level", Cell::SomeText(|row| row.finding.encryption_level.map(EncryptionLevel::as_str))),
    column("encryption_level_is_lower_bound", Cell::Flag(|row| row.finding.encryption_level_is_lower_bound)),
    column("desired_encryption_level", Cell::Text(|row| row.finding.desired_encryption_level.as_str())),
    column("status", Cell::Text(|row| row.finding.status.as_str())),
    column("reason_code", Cell::Text(|row| row.finding.reason_code.as_str())),
    column("reason", Cell::Text(|row| &row.finding.reason)),
    column("override", Cell::SomeText(|row| row.finding.override_name.as_deref())),
    column("exempt_until", Cell::SomeDay(|row| row.finding.exempt_until)),
    column("remediation", Cell::Texts(|row| &row.finding.remediation)),
    column("evaluated_at", Cell::Time(|row| row.finding.evaluated_at)),
    column("finding_type", Cell::Text(|row| row.finding.finding_type.as_str())),
    column("recorded_at", Cell::SomeTime(|row| row.finding.recorded_at)),
    column("key_recorded_at", Cell::SomeTime(|row| row.finding.key_recorded_at)),
    column("open_since", Cell::SomeTime(|row| row.finding.open_since)),
    column("run_id", Cell::Text(|row| &row.run.id)),
    column("run_started_at", Cell::Time(|row| row.run.started_at)),
];

/// The schema, as Parquet's tools show it.
pub(super) fn schema() -> String {
    let mut schema = "message findings {\n".to_owned();
    for Column { name, cell } in COLUMNS {
        let (before, after) = match cell {
            Cell::Text(_) => ("required binary", "(STRING);"),
            Cell::SomeText(_) => ("optional binary", "(STRING);"),
            Cell::Time(_) => ("required int64", "(TIMESTAMP(MICROS,true));"),
            Cell::SomeTime(_) => ("optional int64", "(TIMESTAMP(MICROS,true));"),
            Cell::SomeDay(_) => ("optional int32", "(DATE);"),
            Cell::Flag(_) => ("required boolean", ";"),
            Cell::Texts(_) => {
                ("required group", "(LIST) { repeated group list { required binary element (STRING); } }")
            }
        };
        // A string can always be written to.
        let _ = writeln!(schema, "  {before} {name} {after}");
    }
    schema.push('}');
    schema
}
