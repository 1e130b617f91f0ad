//! The table, in Markdown.

use crate::measure::Measured;

const MEBIBYTE: f64 = 1_048_576.0;

/// The head of the table.
pub fn head(findings: u64, bytes: u64) -> String {
    format!(
        "{findings} findings, findings.jsonl of {} MiB:\n\n\
         | format | rendered by | findings a CPU second | CPU s | wall s | peak MiB | size MiB |\n|---|---|---:|---:|---:|---:|---:|",
        mebibytes(bytes)
    )
}

/// One row.
#[expect(clippy::cast_precision_loss, reason = "findings far below 2^52")]
pub fn row(format: &str, renderer: &str, measured: &Measured, findings: u64) -> String {
    let Measured { cpu_seconds, wall_seconds, peak_resident_bytes, bytes, .. } = measured;
    let [peak, size] = [*peak_resident_bytes, *bytes].map(mebibytes);
    let rate = findings as f64 / cpu_seconds;
    format!("| {format} | {renderer} | {rate:.0} | {cpu_seconds:.1} | {wall_seconds:.1} | {peak} | {size} |")
}

#[expect(clippy::cast_precision_loss, reason = "bytes of files and of memory, far below 2^52")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / MEBIBYTE)
}

/// What the columns mean.
pub fn foot() -> &'static str {
    "
Each row is one process that reads findings.jsonl and renders it; `jsonl` is the reading, and writing the same again. CPU is user
and system time of all its threads, memory the highest VmHWM. `html` and `markdown` show the first and the worst, and count the
rest. Python's `json` holds all findings, as its module has no way of writing a list bit by bit; pyarrow holds the whole table."
}
