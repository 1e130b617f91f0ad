//! The command line.

mod kept;
pub mod notify;
pub mod store;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use ecr_encryption_core::{EncryptionLevel, InvalidValue, OrganizationalUnit, value};

use crate::config_source::Source;
use crate::exit::FailOn;
use crate::pace::Concurrency;
use crate::progress::Shown;
use crate::report::Format;
use crate::store::location::Location;
pub use kept::{DiffArgs, ReadArgs, ReportArgs};
use notify::NotifyArgs;
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
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct ScanArgs {
    /// Regions to scan: `all` that an account has enabled, or a list
    #[arg(long, value_name = "all|CSV", default_value = "all", value_parser = regions)]
    #[arg(env = "ECR_ENCRYPTION_REGIONS", hide_env = true)]
    pub regions: Regions,

    /// Scan only these accounts
    #[arg(long, value_name = "CSV", value_parser = account_ids)]
    #[arg(env = "ECR_ENCRYPTION_ACCOUNTS", hide_env = true)]
    pub accounts: Option<AccountIds>,

    /// Leave these accounts out
    #[arg(long, value_name = "CSV", value_parser = account_ids)]
    #[arg(env = "ECR_ENCRYPTION_EXCLUDE_ACCOUNTS", hide_env = true)]
    pub exclude_accounts: Option<AccountIds>,

    /// Scan only the accounts under these organizational units: ids, or paths such as Root/Workloads
    #[arg(long, value_name = "CSV", value_parser = units)]
    #[arg(env = "ECR_ENCRYPTION_ORGANIZATIONAL_UNITS", hide_env = true)]
    pub organizational_units: Option<Units>,

    /// Leave out the accounts under these organizational units
    #[arg(long, value_name = "CSV", value_parser = units)]
    #[arg(env = "ECR_ENCRYPTION_EXCLUDE_ORGANIZATIONAL_UNITS", hide_env = true)]
    pub exclude_organizational_units: Option<Units>,

    /// The role to assume in every account but the caller's own, path allowed
    #[arg(long, value_name = "ROLE", default_value = "EcrEncryptionAudit", value_parser = value::role_name)]
    #[arg(env = "ECR_ENCRYPTION_ROLE_NAME", hide_env = true)]
    pub role_name: String,

    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID", value_parser = external_id)]
    #[arg(env = "ECR_ENCRYPTION_EXTERNAL_ID", hide_env = true)]
    pub external_id: Option<String>,

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

    /// Go on with the unfinished run that is in the folder, if there is one: what it has read of ECR and KMS is not asked for again
    #[arg(long)]
    pub resume: bool,

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

    /// How many calls may be under way at once: 1 to 1024, or `auto`: as many as are answered without a queue
    #[arg(long, value_name = "auto|N", default_value_t = Concurrency::Auto, value_parser = concurrency)]
    #[arg(env = "ECR_ENCRYPTION_CONCURRENCY", hide_env = true)]
    pub concurrency: Concurrency,

    /// Requests per second to one service in one Region of one account [default: a small share of AWS's quota]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    #[arg(env = "ECR_ENCRYPTION_MAX_RATE", hide_env = true)]
    pub max_rate: Option<u32>,

    /// How long one attempt of a call may take, in seconds; every call gets at least six attempts
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    #[arg(env = "ECR_ENCRYPTION_ATTEMPT_TIMEOUT", hide_env = true)]
    pub attempt_timeout: u64,

    /// What ends with exit status 3 or 4: any of `non-compliant`, `undetermined`, `incomplete`, `undelivered`, or `never`
    #[arg(long, value_name = "CSV", default_value = "non-compliant,undetermined,incomplete,undelivered")]
    #[arg(env = "ECR_ENCRYPTION_FAIL_ON", hide_env = true)]
    #[arg(value_parser = FailOn::parse)]
    pub fail_on: FailOn,

    /// The profile to take credentials and Region from
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// How to show progress on standard error; `auto` is a bar on a terminal, else a line every half minute
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Shown::Auto, hide_possible_values = false)]
    pub progress: Shown,

    /// Show no progress: `--progress none`
    #[arg(long, conflicts_with = "progress")]
    pub no_progress: bool,

    /// Tell more on standard error; twice for the SDK's doings too
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// What to print on standard output at the end
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub summary: SummaryForm,

    /// Print no summary and no progress
    #[arg(short, long, conflicts_with_all = ["verbose", "summary"])]
    pub quiet: bool,
}

/// What a scan prints when it has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SummaryForm {
    /// A summary for people
    #[default]
    Text,
    /// What summary.json holds
    Json,
    /// Nothing
    None,
}

/// What can be judged beside the repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Include {
    /// How the next repositories will be encrypted: creation templates and pull-through cache rules
    Templates,
}

/// Which Regions to scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Regions {
    /// All that an account has enabled.
    All,
    /// These.
    Named(BTreeSet<String>),
}

/// A list of account ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountIds(pub BTreeSet<String>);

/// A list of organizational units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units(pub Vec<OrganizationalUnit>);

fn regions(text: &str) -> Result<Regions, InvalidValue> {
    if text.trim() == "all" {
        return Ok(Regions::All);
    }
    Ok(Regions::Named(value::csv_items(text)?.into_iter().map(value::region).collect::<Result<_, _>>()?))
}

fn account_ids(text: &str) -> Result<AccountIds, InvalidValue> {
    Ok(AccountIds(value::account_ids(value::csv_items(text)?)?))
}

fn units(text: &str) -> Result<Units, InvalidValue> {
    Ok(Units(value::csv_items(text)?.into_iter().map(OrganizationalUnit::parse).collect::<Result<_, _>>()?))
}

fn concurrency(text: &str) -> Result<Concurrency, InvalidValue> {
    text.parse()
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

fn external_id(text: &str) -> Result<String, InvalidValue> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_+=,.@:/-".contains(character);
    if (2..=1224).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::new(text, "is not an external id", "2–1,224 letters, digits and `_+=,.@:/-`"))
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
