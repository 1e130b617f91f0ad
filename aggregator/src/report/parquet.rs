//! `findings.parquet`: typed columns, for `DuckDB`, Athena and Spark.
//!
//! The columns are the fields of `findings.jsonl`, and `run_id` and `run_started_at`, so that the rows of several runs can
//! be told apart: times are `TIMESTAMP(MICROS, UTC)`, days `DATE`, the steps a `LIST` of texts.

mod buffer;
mod columns;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;

use super::{Ending, ReportWriter, close};
use crate::finding::Finding;
use crate::summary::{Run, SCHEMA_VERSION};
use buffer::Buffer;
use columns::{COLUMNS, Row};

/// A row group has no more rows …
const ROWS: usize = 50_000;
/// … and no more text than this, in bytes, which is what has to be held in memory.
const TEXT: usize = 16 * 1_024 * 1_024;

/// Writes `findings.parquet`.
pub struct ParquetWriter {
    out: SerializedFileWriter<BufWriter<File>>,
    buffers: Vec<Buffer>,
    rows: usize,
    text: usize,
    run: Run,
}

impl ParquetWriter {
    /// A writer into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, run: &Run) -> io::Result<Self> {
        let schema = parse_message_type(&columns::schema()).map_err(failed)?;
        let entry = |key: &str, value: String| KeyValue::new(format!("ecr-encryption.{key}"), value);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("ecr-encryption version {}", run.tool_version))
            .set_key_value_metadata(Some(vec![
                entry("schema_version", SCHEMA_VERSION.to_string()),
                entry("run_id", run.id.clone()),
            ]))
            .build();
        let out = BufWriter::new(File::create(path)?);
        let out = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        let buffers = COLUMNS.iter().map(|column| Buffer::of(column.cell)).collect();
        Ok(Self { out, buffers, rows: 0, text: 0, run: run.clone() })
    }

    /// Ends the row group.
    fn flush(&mut self) -> Result<(), ParquetError> {
        let mut group = self.out.next_row_group()?;
        for buffer in &mut self.buffers {
            let mut column =
                group.next_column()?.ok_or_else(|| ParquetError::General("fewer columns than buffers".to_owned()))?;
            buffer.pour(&mut column)?;
            column.close()?;
        }
        group.close()?;
        (self.rows, self.text) = (0, 0);
        Ok(())
    }
}

impl ReportWriter for ParquetWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let row = Row { run: &self.run, finding };
        for buffer in &mut self.buffers {
            self.text += buffer.take(&row);
        }
        self.rows += 1;
        if self.rows >= ROWS || self.text >= TEXT {
            self.flush().map_err(failed)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _ending: &Ending<'_>) -> io::Result<()> {
        if self.rows > 0 {
            self.flush().map_err(failed)?;
        }
        close(self.out.into_inner().map_err(failed)?)
    }
}

fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => io::Error::other(error),
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests;
