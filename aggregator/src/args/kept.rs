//! The commands that read runs that are kept.

use std::path::PathBuf;

use clap::Args;

use crate::exit::DiffFailOn;
use crate::report::Format;
use crate::report::diff::DiffFormat;

pub(super) const DIFF_EXIT_STATUS: &str = "\
Exit status:
  0  nothing is new, nothing has got worse, and nothing was lost from sight
  1  the runs could not be compared
  2  the command line is wrong
  3  something is new, or has changed for the worse
  4  nothing is, but something is no longer seen";

/// The flags of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier run: a folder of runs, of which the latest is read, or the folder of one run
    #[arg(value_name = "OLD")]
    pub old: PathBuf,

    /// The later run
    #[arg(value_name = "NEW")]
    pub new: PathBuf,

    /// How to tell what has changed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: DiffFormat,

    /// What ends with exit status 3 or 4: any of `new`, `changed` (for the worse), `no-longer-seen`, or `never`
    #[arg(long, value_name = "CSV", default_value = "new,changed,no-longer-seen", value_parser = DiffFailOn::parse)]
    pub fail_on: DiffFailOn,
}

/// The flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The run: a folder of runs, of which the latest is read, or the folder of one run
    #[arg(long, value_name = "LOCATION")]
    pub from: PathBuf,

    /// The files to write; a single one goes to standard output where there is no --output
    #[arg(long, value_name = "CSV", value_delimiter = ',', required = true)]
    pub format: Vec<Format>,

    /// The folder to write them to
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// Replace files that are there
    #[arg(long, requires = "output")]
    pub overwrite: bool,
}
