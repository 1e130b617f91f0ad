//! What AWS Config recorded, beside what ECR told.

use std::io::{self, Write};

use super::layout::wrapped;
use super::{BOLD, WIDTH};
use crate::config_source::compare::Comparison;
use crate::report::phrase::{counted, length};

pub(super) fn write(out: &mut dyn Write, comparison: &Comparison) -> io::Result<()> {
    let Comparison { compared, not_recorded, stale, missing, not_compared, .. } = comparison;
    writeln!(out, "\n{BOLD}AWS Config beside ECR{BOLD:#}")?;
    let mut told = format!("{} compared", counted(*compared, "repository", "repositories"));
    if not_recorded + stale + missing == 0 {
        told.push_str(": no differences.");
    } else {
        told = format!(
            "{told}: {not_recorded} not recorded, {stale} stale, {missing} no longer in ECR; differences.jsonl names them."
        );
    }
    if !not_compared.is_empty() {
        let regions = counted(length(not_compared), "Region", "Regions");
        told = format!("{told} Nothing was compared in {regions}, whose records could not be read: see summary.json.");
    }
    for line in wrapped(&told, WIDTH - 2, usize::MAX) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
