//! What a run takes from AWS Config.

use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use ecr_encryption_rule::aws::calls::CallCounter;

use super::Source;
use super::compare::Comparer;
use super::scan::{ConfigSource, Shelved};
use super::shelf::Shelf;
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
    /// Whether the flags about AWS Config have something to say.
    ///
    /// # Errors
    /// One is given, and nothing is read from AWS Config; or more is wanted than AWS Config is asked for.
    pub fn check(args: &ScanArgs) -> Result<(), RunError> {
        let given = [
            ("--config-aggregator", args.config_aggregator.is_some()),
            ("--config-region", args.config_region.is_some()),
        ];
        if args.source == Source::Config && args.include.contains(&Include::Templates) {
            return Err(RunError::Usage(
                "--include: with `--source config` nothing is read of `templates`; allowed: with --source api, or --source both"
                    .to_owned(),
            ));
        }
        match given.iter().find(|(_, is_given)| *is_given && args.source == Source::Api) {
            None => Ok(()),
            Some((flag, _)) => Err(RunError::Usage(format!(
                "{flag}: nothing is read from AWS Config with `--source api`; allowed: with --source config, or --source both"
            ))),
        }
    }

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
