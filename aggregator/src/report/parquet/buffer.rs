//! The cells of a column, until its row group is written.

use ::bytes::Bytes;
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int32Type, Int64Type};
use ::parquet::errors::Result;
use ::parquet::file::writer::SerializedColumnWriter;
use jiff::civil::{Date, date};

use super::columns::{Cell, Row};

/// The cells of a column.
#[derive(Debug)]
pub(super) struct Buffer {
    cell: Cell,
    values: Values,
    /// 1 where there is a value, 0 where there is none; empty where there always is one.
    definition: Vec<i16>,
    /// 0 where a row begins, 1 where it goes on; empty where no column has two values in a row.
    repetition: Vec<i16>,
}

#[derive(Debug)]
enum Values {
    Texts(Texts),
    Micros(Vec<i64>),
    Days(Vec<i32>),
    Flags(Vec<bool>),
}

/// Texts in one piece of memory, each with where it ends.
#[derive(Debug, Default)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, text: &str) -> usize {
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len());
        text.len()
    }

    /// The texts, without a copy of them; then there are none.
    fn pour(&mut self) -> impl Iterator<Item = ByteArray> {
        let bytes = Bytes::from(std::mem::take(&mut self.bytes));
        let mut begin = 0;
        std::mem::take(&mut self.ends).into_iter().map(move |end| {
            let text = bytes.slice(begin..end);
            begin = end;
            ByteArray::from(text)
        })
    }
}

impl Buffer {
    /// Nothing yet, of a column with such cells.
    pub(super) fn of(cell: Cell) -> Self {
        let values = match cell {
            Cell::Text(_) | Cell::SomeText(_) | Cell::Texts(_) => Values::Texts(Texts::default()),
            Cell::Time(_) | Cell::SomeTime(_) => Values::Micros(Vec::new()),
            Cell::SomeDay(_) => Values::Days(Vec::new()),
            Cell::Flag(_) => Values::Flags(Vec::new()),
        };
        Self { cell, values, definition: Vec::new(), repetition: Vec::new() }
    }

    /// Takes the cell of `row`, and tells how many bytes of text that were.
    pub(super) fn take(&mut self, row: &Row<'_>) -> usize {
        match (self.cell, &mut self.values) {
            (Cell::Text(of), Values::Texts(texts)) => return texts.push(of(row)),
            (Cell::SomeText(of), Values::Texts(texts)) => {
                let text = of(row);
                self.definition.push(text.is_some().into());
                return text.map_or(0, |text| texts.push(text));
            }
            (Cell::Texts(of), Values::Texts(texts)) => {
                let steps = of(row);
                if steps.is_empty() {
                    self.definition.push(0);
                    self.repetition.push(0);
                }
                for index in 0..steps.len() {
                    self.definition.push(1);
                    self.repetition.push((index > 0).into());
                }
                return steps.iter().map(|step| texts.push(step)).sum();
            }
            (Cell::Time(of), Values::Micros(micros)) => micros.push(of(row).as_microsecond()),
            (Cell::SomeTime(of), Values::Micros(micros)) => {
                let time = of(row);
                self.definition.push(time.is_some().into());
                micros.extend(time.map(jiff::Timestamp::as_microsecond));
            }
            (Cell::SomeDay(of), Values::Days(days)) => {
                let day = of(row);
                self.definition.push(day.is_some().into());
                days.extend(day.map(days_since_1970));
            }
            (Cell::Flag(of), Values::Flags(flags)) => flags.push(of(row)),
            // `of` has paired them.
            (_, _) => {}
        }
        0
    }

    /// Gives everything to `column`; then it is empty.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn pour(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let definition = (!self.definition.is_empty()).then_some(self.definition.as_slice());
        let repetition = (!self.repetition.is_empty()).then_some(self.repetition.as_slice());
        match &mut self.values {
            Values::Texts(texts) => {
                let values: Vec<ByteArray> = texts.pour().collect();
                column.typed::<ByteArrayType>().write_batch(&values, definition, repetition)?;
            }
            Values::Micros(micros) => {
                column.typed::<Int64Type>().write_batch(micros, definition, repetition)?;
                micros.clear();
            }
            Values::Days(days) => {
                column.typed::<Int32Type>().write_batch(days, definition, repetition)?;
                days.clear();
            }
            Values::Flags(flags) => {
                column.typed::<BoolType>().write_batch(flags, definition, repetition)?;
                flags.clear();
            }
        }
        self.definition.clear();
        self.repetition.clear();
        Ok(())
    }
}

fn days_since_1970(day: Date) -> i32 {
    day.since(date(1970, 1, 1)).map_or(0, |span| span.get_days())
}
