//! The command line.

pub mod calls;
pub mod doctor;
mod kept;
mod list;
pub mod notify;
pub mod scope;
pub mod shown;
pub mod store;

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ecr_encryption_core::{EncryptionLevel, InvalidValue, value};

use crate::config_source::Source;
use crate::exit::FailOn;
use crate::report::Format;
use crate::store::location::Location;
use calls::CallArgs;
use doctor::DoctorArgs;
pub use kept::{DiffArgs, ReadArgs, ReportArgs};
use notify::NotifyArgs;
use scope::ScopeArgs;
pub use scope::{AccountIds, Regions, Units};
use shown::ShownArgs;
use store::StoreArgs;

/// Find the ECR repositories of an AWS organization that are encrypted below the level it demands.
#[derive(Debug, Parser)]
#[command(name = "ecr-encryption", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan every account and Region of the organization, and write one report.
    ///
    /// Credentials, Region, profile and endpoints come from the usual places of the AWS SDKs (`AWS_PROFILE`, `AWS_REGION`,
    /// `AWS_ENDPOINT_URL`, …). Where Organizations is not in use, the caller's account is scanned alone.
    #[command(after_long_help = AFTER_SCAN)]
    Scan(Box<ScanArgs>),
    /// Check what a deployment and its scans need, and tell the commands that mend what is missing. It changes nothing.
    ///
    /// Ask as whoever will deploy: the management account, or an account that it has delegated. What is in the other accounts
    /// is seen with a role that trusts the caller, such as `--role-name OrganizationAccountAccessRole`.
    #[command(after_long_help = doctor::AFTER_DOCTOR)]
    Doctor(Box<DoctorArgs>),
    /// Render the report of a run that is kept again, in other formats, without scanning.
    Report(ReportArgs),
    /// Tell what has changed from one run that is kept to another.
    ///
    /// A finding is open while it is `NON_COMPLIANT` or `UNDETERMINED`. What was not looked at any more is told as no longer
    /// seen, and never as fixed.
    #[command(after_long_help = kept::DIFF_EXIT_STATUS)]
    Diff(DiffArgs),
}

const AFTER_SCAN: &str = "\
Environment:
  What --long-flag takes may be in ECR_ENCRYPTION_LONG_FLAG instead; the command line counts before it.
  Not so: --resume, --profile (AWS_PROFILE), and the flags for what is shown.

Exit status:
  0  all repositories comply, and everything was covered
  1  the scan could not run
  2  the command line or the policy is wrong
  3  a repository is NON_COMPLIANT, or a template or rule of --include templates
  4  none is, but one is UNDETERMINED, or something was not covered, or not delivered";

/// The flags of `scan`.
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Which accounts and Regions, and as whom.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Where the repositories come from: ECR itself, AWS Config's aggregator, or ECR with AWS Config compared
    #[arg(long, value_name = "SOURCE", value_enum, default_value_t)]
    #[arg(env = "ECR_ENCRYPTION_SOURCE", hide_env = true)]
    pub source: Source,

    /// The configuration aggregator to read [default: the organization's, else the only one]
    #[arg(long, value_name = "NAME", value_parser = aggregator_name)]
    #[arg(env = "ECR_ENCRYPTION_CONFIG_AGGREGATOR", hide_env = true)]
    pub config_aggregator: Option<String>,

    /// The Region of the configuration aggregator [default: the SDK's]
    #[arg(long, value_name = "REGION", value_parser = value::region)]
    #[arg(env = "ECR_ENCRYPTION_CONFIG_REGION", hide_env = true)]
    pub config_region: Option<String>,

    /// The lowest level that complies [default: the policy's, else awscmk]
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    #[arg(env = "ECR_ENCRYPTION_DESIRED_LEVEL", hide_env = true)]
    pub desired_level: Option<EncryptionLevel>,

    /// The policy: a TOML file
    #[arg(long, value_name = "FILE")]
    #[arg(env = "ECR_ENCRYPTION_POLICY", hide_env = true)]
    pub policy: Option<PathBuf>,

    /// What to judge beside the repositories
    #[arg(long, value_name = "CSV", value_delimiter = ',')]
    #[arg(env = "ECR_ENCRYPTION_INCLUDE", hide_env = true)]
    pub include: Vec<Include>,

    /// Where the reports of all runs are kept: a folder, in which `latest` leads to the newest, or `s3://bucket/prefix`
    #[arg(short, long, value_name = "DIR|s3://…", default_value = "ecr-encryption-report", value_parser = Location::parser())]
    #[arg(env = "ECR_ENCRYPTION_OUTPUT", hide_env = true)]
    pub output: Location,

    /// Keep the newest N runs, and those of --keep-days, and remove the others [default: all are kept]
    #[arg(long, value_name = "N")]
    #[arg(env = "ECR_ENCRYPTION_KEEP_RUNS", hide_env = true)]
    pub keep_runs: Option<NonZeroU32>,

    /// Keep the runs of the last N days, and those of --keep-runs, and remove the others [default: all are kept]
    #[arg(long, value_name = "N")]
    #[arg(env = "ECR_ENCRYPTION_KEEP_DAYS", hide_env = true)]
    pub keep_days: Option<NonZeroU32>,

    /// Go on with the unfinished run that is in the folder or the bucket, if there is one: what it has read of ECR and KMS is not
    /// asked for again
    #[arg(long)]
    pub resume: bool,

    /// Where there is no unfinished run, do nothing: said by the event of the function alone.
    #[arg(skip)]
    pub only_resume: bool,

    /// How a report is kept on S3.
    #[command(flatten)]
    pub store: StoreArgs,

    /// Bring the findings to Security Hub, in their own accounts and Regions
    #[arg(long)]
    #[arg(env = "ECR_ENCRYPTION_SECURITY_HUB", hide_env = true)]
    pub security_hub: bool,

    /// Who is told of the run.
    #[command(flatten)]
    pub notify: NotifyArgs,

    /// The files to write beside findings.jsonl and summary.json
    #[arg(long, value_name = "CSV", value_delimiter = ',', default_value = "jsonl,csv,html")]
    #[arg(env = "ECR_ENCRYPTION_FORMAT", hide_env = true)]
    pub format: Vec<Format>,

    /// How AWS is called.
    #[command(flatten)]
    pub calls: CallArgs,

    /// What ends with exit status 3 or 4: any of `non-compliant`, `undetermined`, `incomplete`, `undelivered`, or `never`
    #[arg(long, value_name = "CSV", default_value = "non-compliant,undetermined,incomplete,undelivered")]
    #[arg(env = "ECR_ENCRYPTION_FAIL_ON", hide_env = true)]
    #[arg(value_parser = FailOn::parse)]
    pub fail_on: FailOn,

    /// The profile to take credentials and Region from
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// What is shown of it.
    #[command(flatten)]
    pub shown: ShownArgs,
}

/// What can be judged beside the repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Include {
    /// How the next repositories will be encrypted: creation templates and pull-through cache rules
    Templates,
}

fn level(text: &str) -> Result<EncryptionLevel, InvalidValue> {
    text.parse()
}

fn aggregator_name(text: &str) -> Result<String, InvalidValue> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if (1..=256).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::new(text, "is not an aggregator's name", "1–256 letters, digits, `_` and `-`"))
    }
}

impl Format {
    /// The formats as users write them, for messages.
    pub fn names() -> String {
        let names: Vec<String> =
            Self::ALL.iter().filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned())).collect();
        names.join(", ")
    }
}
