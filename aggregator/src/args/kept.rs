//! The commands that read runs that are kept.

use std::path::PathBuf;

use clap::Args;
use ecr_encryption_core::value;

use crate::exit::DiffFailOn;
use crate::report::Format;
use crate::report::diff::DiffFormat;
use crate::store::location::Location;
use crate::store::s3::S3Options;

pub(super) const DIFF_EXIT_STATUS: &str = "\
Exit status:
  0  nothing is new, nothing has got worse, and nothing was lost from sight
  1  the runs could not be compared
  2  the command line is wrong
  3  something is new, or has changed for the worse
  4  nothing is, but something is no longer seen";

/// How runs on S3 are read.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Runs on S3")]
pub struct ReadArgs {
    /// The account that the bucket must be in; where it is in another, nothing is read
    #[arg(long, value_name = "ACCOUNT", value_parser = value::account_id)]
    pub s3_bucket_owner: Option<String>,

    /// The profile to take credentials and Region from
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

impl ReadArgs {
    /// What is said of the objects.
    pub fn options(&self) -> S3Options {
        S3Options { kms_key: None, bucket_owner: self.s3_bucket_owner.clone() }
    }
}

/// The flags of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier run: a folder of runs, of which the latest is read, or the folder of one run; or either on S3
    #[arg(value_name = "OLD", value_parser = Location::parser())]
    pub old: Location,

    /// The later run
    #[arg(value_name = "NEW", value_parser = Location::parser())]
    pub new: Location,

    /// How to tell what has changed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: DiffFormat,

    /// What ends with exit status 3 or 4: any of `new`, `changed` (for the worse), `no-longer-seen`, or `never`
    #[arg(long, value_name = "CSV", default_value = "new,changed,no-longer-seen", value_parser = DiffFailOn::parse)]
    pub fail_on: DiffFailOn,

    /// How runs on S3 are read.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// The flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The run: a folder of runs, of which the latest is read, or the folder of one run; or either on S3
    #[arg(long, value_name = "LOCATION", value_parser = Location::parser())]
    pub from: Location,

    /// The files to write; a single one goes to standard output where there is no --output
    #[arg(long, value_name = "CSV", value_delimiter = ',', required = true)]
    pub format: Vec<Format>,

    /// The folder to write them to
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// Replace files that are there
    #[arg(long, requires = "output")]
    pub overwrite: bool,

    /// How runs on S3 are read.
    #[command(flatten)]
    pub read: ReadArgs,
}
