//! What has changed since the run before.

use std::io::{self, Write};

use jiff::Timestamp;

use super::{BAD, BOLD, DOUBTFUL, FAINT, GOOD};
use crate::history::change::ChangeTotals;
use crate::report::change_words::{self, Count};
use crate::report::phrase::{self, number};

/// `at`: when this run started.
pub(super) fn write(out: &mut dyn Write, totals: &ChangeTotals, at: Timestamp) -> io::Result<()> {
    writeln!(out, "\n{BOLD}Since {}{BOLD:#}", phrase::time(totals.since))?;
    change_words::counts(totals, at).iter().try_for_each(|count| row(out, count))
}

/// How many changes of a kind there are, and what is to be said of them.
pub(in crate::report) fn row(out: &mut dyn Write, count: &Count) -> io::Result<()> {
    let Count { name, of, note } = count;
    let style = match *name {
        _ if *of == 0 => FAINT,
        change_words::NEW => BAD,
        change_words::CHANGED | change_words::NO_LONGER_SEEN => DOUBTFUL,
        change_words::FIXED => GOOD,
        _ => BOLD,
    };
    let space = if note.is_empty() { "" } else { "  " };
    writeln!(out, "  {style}{name:<18}{:>9}{style:#}{FAINT}{space}{note}{FAINT:#}", number(*of))
}
