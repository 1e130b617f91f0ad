//! What a run takes from AWS Config.

use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use ecr_encryption_rule::aws::calls::CallCounter;

use super::Source;
use super::compare::Comparer;
use super::scan::{ConfigSource, Shelved};
use super::shelf::Shelf;
use crate::args::doctor::DoctorArgs;
use crate::args::{Include, Regions, ScanArgs};
use crate::aws::caller::Caller;
use crate::aws::regions::{AccountRegion, RegionLister};
use crate::error::RunError;
use crate::output::Output;

/// What a run takes from AWS Config, where it takes anything.
#[derive(Debug)]
pub enum ConfigReading {
    /// Everything.
    Instead(ConfigSource),
    /// What is compared with ECR.
    Beside {
        /// The aggregator.
        source: ConfigSource,
        /// What it recorded.
        records: Shelf,
        /// What of it is there.
        shelved: Mutex<Shelved>,
    },
}

impl ConfigReading {
    /// Finds the aggregator, where one is to be read.
    ///
    /// # Errors
    /// As [`ConfigSource::open`]; or the output folder cannot be written.
    pub async fn prepare(
        args: &ScanArgs,
        caller: &Caller,
        counter: &CallCounter,
        output: &Output,
    ) -> Result<Option<Self>, RunError> {
        match args.source {
            Source::Api => Ok(None),
            Source::Config => Ok(Some(Self::Instead(ConfigSource::open(args, caller, counter).await?))),
            Source::Both => Ok(Some(Self::Beside {
                source: ConfigSource::open(args, caller, counter).await?,
                records: Shelf::create(&output.staging())
                    .context("what is read cannot be kept in the output folder")?,
                shelved: Mutex::default(),
            })),
        }
    }

    /// What compares the findings with what was recorded, where that is wanted.
    pub fn into_comparer(self) -> Option<Comparer> {
        match self {
            Self::Instead(_) => None,
            Self::Beside { source, records, shelved } => {
                Some(source.comparer(records, shelved.into_inner().unwrap_or_else(PoisonError::into_inner)))
            }
        }
    }
}

/// What the command line says of AWS Config as a source.
#[derive(Debug, Clone, Copy)]
pub struct SourceFlags<'a> {
    /// `--source`.
    pub source: Source,
    /// `--include`.
    pub include: &'a [Include],
    /// `--config-aggregator`.
    pub config_aggregator: Option<&'a str>,
    /// `--config-region`.
    pub config_region: Option<&'a str>,
}

impl SourceFlags<'_> {
    /// Whether they have something to say.
    ///
    /// # Errors
    /// One is given, and nothing is read from AWS Config; or more is wanted than AWS Config is asked for.
    pub fn check(self) -> Result<(), RunError> {
        if self.source == Source::Config && self.include.contains(&Include::Templates) {
            return Err(RunError::Usage(
                "--include: with `--source config` nothing is read of `templates`; allowed: with --source api, or --source both"
                    .to_owned(),
            ));
        }
        let given = [("--config-aggregator", self.config_aggregator), ("--config-region", self.config_region)];
        match given.iter().find(|(_, given)| given.is_some() && self.source == Source::Api) {
            None => Ok(()),
            Some((flag, _)) => Err(RunError::Usage(format!(
                "{flag}: nothing is read from AWS Config with `--source api`; allowed: with --source config, or --source both"
            ))),
        }
    }
}

impl<'a> From<&'a ScanArgs> for SourceFlags<'a> {
    fn from(args: &'a ScanArgs) -> Self {
        Self {
            source: args.source,
            include: &args.include,
            config_aggregator: args.config_aggregator.as_deref(),
            config_region: args.config_region.as_deref(),
        }
    }
}

impl<'a> From<&'a DoctorArgs> for SourceFlags<'a> {
    fn from(args: &'a DoctorArgs) -> Self {
        Self {
            source: args.source,
            include: &args.include,
            config_aggregator: args.config_aggregator.as_deref(),
            config_region: args.config_region.as_deref(),
        }
    }
}

/// The Regions of the caller's account, which names all of the partition; `None` where the user named the Regions.
///
/// # Errors
/// They could not be listed, and the user named none.
pub async fn all_regions(
    args: &ScanArgs,
    lister: &RegionLister,
    caller: &Caller,
) -> Result<Option<Vec<AccountRegion>>, RunError> {
    match lister.regions(&caller.account_id, &caller.credentials).await {
        Ok(regions) => Ok(Some(regions)),
        Err(_) if args.scope.regions != Regions::All => Ok(None),
        Err(fault) => Err(RunError::CouldNotRun(anyhow::anyhow!(fault).context(
            "which Regions there are is not known: allow account:ListRegions to the caller, or name them with --regions",
        ))),
    }
}
