//! One run of `ecr-encryption scan`, from its arguments to its report.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use ecr_encryption_core::Policy;
use ecr_encryption_rule::aws::AwsLookup;
use ecr_encryption_rule::aws::calls::CallCounter;
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tracing::{info, warn};
use uuid::Uuid;

use crate::account::Account;
use crate::args::{Regions, ScanArgs};
use crate::aws::caller::{self, Caller};
use crate::aws::organizations::Organizations;
use crate::aws::regions::{AccountRegion, RegionLister};
use crate::config_source::reading::ConfigReading;
use crate::error::RunError;
use crate::keys::KeyBook;
use crate::ledger::Ledger;
use crate::output::Output;
use crate::policy_file;
use crate::report::terminal::ReportLocation;
use crate::reporter::Reporter;
use crate::scan::listing::Listing;
use crate::scan::{Scan, ScanError};
use crate::selection::{Selection, needs_units, select};
use crate::spool::Spool;
use crate::stop::Stop;
use crate::summary::{Run, Summary};
use crate::write::Unwritten;

/// What a run leaves behind.
#[derive(Debug)]
pub struct Finished {
    /// The summary, as it was written.
    pub summary: Summary,
    /// Where the report is.
    pub published: ReportLocation,
}

/// Scans, judges and writes the report. When the run is stopped before the scan is done, what was found until then is
/// written and marked as interrupted.
///
/// # Errors
/// The run has no result. An older report is as it was.
pub async fn run(args: ScanArgs, reporter: Arc<dyn Reporter>, stop: Stop) -> Result<Finished, RunError> {
    ConfigReading::check(&args)?;
    let mut policy = policy(&args)?;
    let output = Arc::new(Output::prepare(&args.output)?);
    let mut run = Run {
        id: Uuid::now_v7().to_string(),
        started_at: now(),
        finished_at: now(),
        interrupted: false,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        caller_account_id: String::new(),
        organization_id: None,
        policy: serde_json::to_value(&policy).context("the policy cannot be written down")?,
        source: args.source,
    };
    let counter = CallCounter::default();
    let ledger = Ledger::new(Arc::clone(&reporter));
    let comparer;
    let scan = {
        // Nothing was found before the scan begins, so there is nothing to keep.
        let prepared = tokio::select! {
            prepared = prepare(&args, &policy, &counter, &reporter, &output) => prepared?,
            () = stop.asked(1) => return Err(RunError::Stopped("before the scan began")),
        };
        let Prepared { caller, listing, selection, policy: resolved, region_lister, own_regions, config } = prepared;
        policy = resolved;
        run.caller_account_id.clone_from(&caller.account_id);
        run.organization_id.clone_from(&listing.organization_id);
        if let Some(note) = &listing.note {
            warn!("{note}");
        }
        let scan = Arc::new(Scan {
            lookup: AwsLookup::new(&caller.sdk_config, &counter),
            region_lister,
            caller,
            regions: args.regions.clone(),
            tag_key: policy.exemptions.exempt_tag_key.clone(),
            own_regions,
            calls: Semaphore::new(usize::from(args.concurrency)),
            concurrency: usize::from(args.concurrency),
            keys: KeyBook::default(),
            ledger,
            spool: Spool::create(&output.spool()).context("what is read cannot be kept in the output folder")?,
            credentials: Mutex::new(HashMap::new()),
        });
        let mut accounts = JoinSet::new();
        tokio::select! {
            done = read(&scan, &mut accounts, listing, &selection, &policy, config.as_ref()) => {
                done.context("the scan failed")?;
            }
            () = stop.asked(1) => run.interrupted = true,
        }
        comparer = config.and_then(ConfigReading::into_comparer);
        if run.interrupted {
            // Nobody may add to the books once they are closed.
            accounts.shutdown().await;
            scan.ledger.interrupt();
        }
        scan
    };
    // Not an empty report: nobody scans in order to see nothing.
    if scan.ledger.selects_nothing() {
        return Err(RunError::Usage(
            "the flags leave no account to scan: --accounts, --exclude-accounts, --organizational-units and \
             --exclude-organizational-units exclude each other"
                .to_owned(),
        ));
    }
    reporter.phase("writing the report");
    run.finished_at = now();
    let finished =
        Unwritten { scan, output, formats: args.format, policy, run, counter, comparer }.write(&stop).await?;
    reporter.done();
    Ok(finished)
}

/// Seconds are enough, and read better.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}

fn policy(args: &ScanArgs) -> Result<Policy, RunError> {
    let mut policy = match &args.policy {
        Some(path) => policy_file::read(path).map_err(|error| RunError::Usage(error.to_string()))?,
        None => Policy::default(),
    };
    if let Some(level) = args.desired_level {
        policy.demands.desired_encryption_level = level;
    }
    Ok(policy)
}

struct Prepared {
    caller: Caller,
    listing: Listing,
    selection: Selection,
    /// The policy, with organizational units by their ids.
    policy: Policy,
    region_lister: RegionLister,
    own_regions: Option<Vec<AccountRegion>>,
    config: Option<ConfigReading>,
}

/// Everything that can be wrong is found out here, before anything is scanned.
async fn prepare(
    args: &ScanArgs,
    policy: &Policy,
    counter: &CallCounter,
    reporter: &Arc<dyn Reporter>,
    output: &Output,
) -> Result<Prepared, RunError> {
    reporter.phase("finding out which accounts there are");
    let attempt_timeout = Duration::from_secs(args.attempt_timeout);
    let sdk_config = caller::sdk_config(args.profile.as_deref(), attempt_timeout).await?;
    let (profile, role_name) = (args.profile.as_deref(), args.role_name.clone());
    let caller = Caller::identify(sdk_config, counter, profile, role_name, args.external_id.clone()).await?;
    info!(account_id = %caller.account_id, arn = %caller.arn, region = %caller.region(), "the caller is known");

    let region_lister = RegionLister::new(&caller.sdk_config, counter);
    let mut own_regions = own_regions(args, policy, &region_lister, &caller).await?;
    let config = ConfigReading::prepare(args, &caller, counter, output).await?;
    if config.is_some() && own_regions.is_none() {
        own_regions = all_regions(args, &region_lister, &caller).await?;
    }
    let mut organizations = Organizations::new(&caller.sdk_config, counter, needs_units(args, policy));
    let (selection, policy) = select(args, policy, &mut organizations).await?;
    let listing = Listing::begin(organizations, selection.clone(), &policy, &caller).await?;
    Ok(Prepared { caller, listing, selection, policy, region_lister, own_regions, config })
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
    if let Regions::Named(regions) = &args.regions {
        named.push(("--regions".to_owned(), regions));
    }
    for one in &policy.overrides {
        named.extend(one.regions.as_ref().map(|regions| (format!("override `{}`", one.name), regions)));
    }
    if named.is_empty() {
        return Ok(None);
    }
    let regions = match lister.regions(&caller.credentials).await {
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
    let known: BTreeSet<&str> = regions.iter().map(|region| region.name.as_str()).collect();
    for (by, names) in named {
        let unknown: Vec<&str> = names.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
        if !unknown.is_empty() {
            let allowed = known.iter().copied().collect::<Vec<_>>().join(", ");
            return Err(RunError::Usage(format!("{by}: no such Region: {}; allowed: {allowed}", unknown.join(", "))));
        }
    }
    Ok(Some(regions))
}

/// The Regions of the caller's account, which names all of the partition; `None` where the user named the Regions.
async fn all_regions(
    args: &ScanArgs,
    lister: &RegionLister,
    caller: &Caller,
) -> Result<Option<Vec<AccountRegion>>, RunError> {
    match lister.regions(&caller.credentials).await {
        Ok(regions) => Ok(Some(regions)),
        Err(_) if args.regions != Regions::All => Ok(None),
        Err(fault) => Err(RunError::CouldNotRun(anyhow::anyhow!(fault).context(
            "which Regions there are is not known: allow account:ListRegions to the caller, or name them with --regions",
        ))),
    }
}

async fn read(
    scan: &Arc<Scan<AwsLookup>>,
    accounts: &mut JoinSet<Result<(), ScanError>>,
    listing: Listing,
    selection: &Selection,
    policy: &Policy,
    config: Option<&ConfigReading>,
) -> anyhow::Result<()> {
    match config {
        None => read_api(scan, accounts, listing, selection).await,
        Some(ConfigReading::Instead(source)) => Ok(Box::pin(source.scan(scan, listing, policy)).await?),
        Some(ConfigReading::Beside { source, records, shelved }) => {
            let (own, named) = (scan.own_regions.as_deref().unwrap_or_default(), selection.accounts.as_ref());
            let shelving = Box::pin(source.shelve(&scan.regions, own, named, &scan.caller, records, shelved));
            let (done, shelving) = tokio::join!(read_api(scan, accounts, listing, selection), shelving);
            shelving.context("what AWS Config recorded cannot be kept")?;
            done
        }
    }
}

async fn read_api(
    scan: &Arc<Scan<AwsLookup>>,
    accounts: &mut JoinSet<Result<(), ScanError>>,
    listing: Listing,
    selection: &Selection,
) -> anyhow::Result<()> {
    // A page of accounts may wait here while those before it are being scanned.
    let (sender, receiver) = mpsc::channel(20);
    scan.ledger.listing_begins();
    let feeding = listing.feed(sender, &scan.ledger, &scan.caller);
    let reading = scan.run(accounts, receiver, |account: &Account| !selection.excludes(account));
    let (done, ()) = tokio::join!(reading, feeding);
    Ok(done?)
}
