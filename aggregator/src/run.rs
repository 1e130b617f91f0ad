//! One run of `ecr-encryption scan`, from its arguments to its report.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use ecr_encryption_core::Policy;
use ecr_encryption_rule::aws::AwsLookup;
use ecr_encryption_rule::aws::calls::CallCounter;
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use tracing::{info, warn};
use uuid::Uuid;

use crate::account::Account;
use crate::args::{Regions, ScanArgs};
use crate::aws::caller::{self, Caller};
use crate::aws::organizations::Organizations;
use crate::aws::regions::{AccountRegion, RegionLister};
use crate::error::RunError;
use crate::judge::{Unjudged, finding};
use crate::keys::KeyBook;
use crate::ledger::Ledger;
use crate::output::Output;
use crate::policy_file;
use crate::report::terminal::ReportLocation;
use crate::reporter::Reporter;
use crate::scan::Scan;
use crate::scan::listing::Listing;
use crate::selection::{Selection, needs_units, select};
use crate::spool::Spool;
use crate::summary::{Run, SCHEMA_VERSION, Summary, Totals};

/// What a run leaves behind.
#[derive(Debug)]
pub struct Finished {
    /// The summary, as it was written.
    pub summary: Summary,
    /// Where the report is.
    pub published: ReportLocation,
}

/// Scans, judges and writes the report. When `stop` is ready before the scan is done, what was found until then is written
/// and marked as interrupted.
///
/// # Errors
/// The run has no result. An older report is as it was.
pub async fn run(
    args: ScanArgs,
    reporter: Arc<dyn Reporter>,
    stop: impl Future<Output = ()>,
) -> Result<Finished, RunError> {
    let policy = policy(&args)?;
    let output = Output::prepare(&args.output)?;
    let mut run = Run {
        id: Uuid::now_v7().to_string(),
        started_at: now(),
        finished_at: now(),
        interrupted: false,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        caller_account_id: String::new(),
        organization_id: None,
        policy: serde_json::to_value(&policy).context("the policy cannot be written down")?,
    };
    let counter = CallCounter::default();
    let ledger = Ledger::new(Arc::clone(&reporter));
    let scan = {
        let mut stop = std::pin::pin!(stop);
        // Nothing was found before the scan begins, so there is nothing to keep.
        let prepared = tokio::select! {
            prepared = prepare(&args, &policy, &counter, &reporter) => prepared?,
            () = &mut stop => return Err(RunError::CouldNotRun(anyhow::anyhow!("stopped before the scan began"))),
        };
        let Prepared { caller, listing, selection, region_lister, own_regions } = prepared;
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
        tokio::select! {
            done = read(&scan, listing, &selection) => done.context("the scan failed")?,
            () = &mut stop => {
                run.interrupted = true;
                scan.ledger.interrupt();
            }
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
    let finished = write(&scan, output, &args, &policy, run, &counter)
        .with_context(|| format!("the report cannot be written to `{}`", args.output.display()))?;
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
    region_lister: RegionLister,
    own_regions: Option<Vec<AccountRegion>>,
}

/// Everything that can be wrong is found out here, before anything is scanned.
async fn prepare(
    args: &ScanArgs,
    policy: &Policy,
    counter: &CallCounter,
    reporter: &Arc<dyn Reporter>,
) -> Result<Prepared, RunError> {
    reporter.phase("finding out which accounts there are");
    let attempt_timeout = Duration::from_secs(args.attempt_timeout);
    let sdk_config = caller::sdk_config(args.profile.as_deref(), attempt_timeout).await?;
    let (profile, role_name) = (args.profile.as_deref(), args.role_name.clone());
    let caller = Caller::identify(sdk_config, counter, profile, role_name, args.external_id.clone()).await?;
    info!(account_id = %caller.account_id, arn = %caller.arn, region = %caller.region(), "the caller is known");

    let region_lister = RegionLister::new(&caller.sdk_config, counter);
    let own_regions = own_regions(args, policy, &region_lister, &caller).await?;
    let mut organizations = Organizations::new(&caller.sdk_config, counter, needs_units(args, policy));
    let selection = select(args, policy, &mut organizations).await?;
    let listing = Listing::begin(organizations, selection.clone(), policy, &caller).await?;
    Ok(Prepared { caller, listing, selection, region_lister, own_regions })
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
        Err(fault) => {
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

async fn read(scan: &Arc<Scan<AwsLookup>>, listing: Listing, selection: &Selection) -> anyhow::Result<()> {
    // A page of accounts may wait here while those before it are being scanned.
    let (sender, receiver) = mpsc::channel(20);
    scan.ledger.listing_begins();
    let feeding = listing.feed(sender, &scan.ledger, &scan.caller);
    let reading = scan.run(receiver, |account: &Account| !selection.excludes(account));
    let (done, ()) = tokio::join!(reading, feeding);
    Ok(done?)
}

fn write(
    scan: &Scan<AwsLookup>,
    output: Output,
    args: &ScanArgs,
    policy: &Policy,
    run: Run,
    counter: &CallCounter,
) -> anyhow::Result<Finished> {
    let mut formats = args.format.clone();
    formats.sort_unstable();
    formats.dedup();
    let mut writers = output.writers(&formats)?;
    let mut totals = Totals::default();
    let mut unjudged = Unjudged::default();
    // The tasks that shared the scan are gone, whether it was done or stopped.
    let Scan { spool, keys, ledger, .. } = scan;
    spool.read(|target, read, read_at| {
        match keys.lookup(&read.repository) {
            Ok(key) => {
                let account = ledger.account(&target.account_id);
                let unknown = || Arc::new(Account::by_id(&target.account_id));
                let finding = finding(policy, &account.unwrap_or_else(unknown), read, &key, read_at);
                totals.add(&finding);
                writers.finding(&finding)?;
            }
            Err(fault) => unjudged.add(target, read.repository.name, fault),
        }
        Ok(())
    })?;
    scan.tell_unjudged(unjudged, run.interrupted);
    let calls = counter.calls();
    let summary = Summary {
        schema_version: SCHEMA_VERSION,
        run,
        totals,
        coverage: ledger.coverage(),
        api_calls: calls.attempts,
        api_retries: calls.retries,
    };
    let written = writers.finish(&summary)?;
    let published = output.publish(&written, &summary)?;
    Ok(Finished { summary, published })
}
