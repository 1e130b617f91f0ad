//! What comes before a scan: everything that can be wrong is found out here.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use ecr_encryption_core::Policy;
use ecr_encryption_rule::aws::calls::CallCounter;
use tracing::warn;

use super::opening;
use crate::account::AccountId;
use crate::args::{Regions, ScanArgs};
use crate::aws::caller::Caller;
use crate::aws::organizations::Organizations;
use crate::aws::regions::{AccountRegion, RegionLister};
use crate::config_source::reading::{ConfigReading, all_regions};
use crate::destination::Destination;
use crate::error::RunError;
use crate::output::Output;
use crate::reporter::Reporter;
use crate::scan::listing::Listing;
use crate::selection::{Selection, check_regions, needs_units, select};
use crate::unfinished::bucket;
use crate::unfinished::handover::GoesOn;

/// A run that can begin.
pub(super) struct Prepared {
    pub(super) caller: Caller,
    pub(super) caller_id: AccountId,
    pub(super) listing: Listing,
    pub(super) selection: Selection,
    /// The policy, with organizational units by their ids.
    pub(super) policy: Policy,
    pub(super) region_lister: RegionLister,
    pub(super) own_regions: Option<Vec<AccountRegion>>,
    pub(super) config: Option<ConfigReading>,
    pub(super) destination: Destination,
    /// How many attempts a call gets.
    pub(super) attempts: u32,
}

/// Everything that can be wrong is found out here, before anything is scanned.
pub(super) async fn prepare(
    args: &ScanArgs,
    policy: &Policy,
    counter: &CallCounter,
    reporter: &Arc<dyn Reporter>,
    output: &mut Output,
    goes_on: GoesOn,
) -> Result<Prepared, RunError> {
    reporter.phase("finding out which accounts there are");
    let (caller, attempts) = Caller::begin(&args.scope, args.calls, args.profile.as_deref(), counter).await?;

    let destination = Destination::open(args, &caller.sdk_config, attempts).await?;
    let mut obstacles = Vec::new();
    if let Destination::S3(store) = &destination {
        let now = opening(args, policy, output, &caller)?;
        obstacles = Box::pin(bucket::settle(store, output, args.resume, goes_on, &now)).await?;
    }
    if args.only_resume && !output.resumes() {
        return Err(if obstacles.is_empty() {
            RunError::NothingUnfinished
        } else {
            RunError::CouldNotRun(anyhow::anyhow!("{}", obstacles.join("; ")))
        });
    }

    let region_lister = RegionLister::new(&caller.sdk_config, counter, caller.pacer.clone());
    let mut own_regions = own_regions(args, policy, &region_lister, &caller).await?;
    let config = ConfigReading::prepare(args, &caller, counter, output).await?;
    if config.is_some() && own_regions.is_none() {
        own_regions = all_regions(args, &region_lister, &caller).await?;
    }
    let mut organizations = Organizations::new(&caller, counter, needs_units(&args.scope, policy));
    let (selection, policy) = select(&args.scope, policy, &mut organizations).await?;
    let listing = Listing::begin(organizations, selection.clone(), &policy, &caller).await?;
    let caller_id = AccountId::parse(&caller.account_id)
        .with_context(|| format!("AWS gives `{}` as the caller's account, and not 12 digits", caller.account_id))?;
    Ok(Prepared {
        caller,
        caller_id,
        listing,
        selection,
        policy,
        region_lister,
        own_regions,
        config,
        destination,
        attempts,
    })
}

/// Where the user or the policy names Regions, they are checked against those that the caller's account lists: AWS lists
/// all of the partition there, enabled or not. The answer serves the scan of that account too.
async fn own_regions(
    args: &ScanArgs,
    policy: &Policy,
    lister: &RegionLister,
    caller: &Caller,
) -> Result<Option<Vec<AccountRegion>>, RunError> {
    let mut named: Vec<(String, &BTreeSet<String>)> = Vec::new();
    if let Regions::Named(regions) = &args.scope.regions {
        named.push(("--regions".to_owned(), regions));
    }
    for one in &policy.overrides {
        named.extend(one.regions.as_ref().map(|regions| (format!("override `{}`", one.name), regions)));
    }
    if named.is_empty() {
        return Ok(None);
    }
    let regions = match lister.regions(&caller.account_id, &caller.credentials).await {
        Ok(regions) => regions,
        Err(fault) if policy.overrides.iter().any(|one| one.regions.is_some()) => {
            return Err(RunError::CouldNotRun(anyhow::anyhow!(fault).context(
                "the policy's overrides name Regions, which cannot be checked: one that is mistyped would never apply",
            )));
        }
        Err(fault) => {
            // Each account's own list tells of a Region that it does not have.
            warn!(%fault, "the Regions that were named cannot be checked");
            return Ok(None);
        }
    };
    check_regions(&named, &regions)?;
    Ok(Some(regions))
}
