//! One run of `ecr-encryption scan`, from its arguments to its report.

mod prepare;
mod reading;
mod security_hub;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context;
use ecr_encryption_core::Policy;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::{AwsLookup, AwsRegistryLookup};
use tracing::warn;

use crate::args::{Include, ScanArgs};
use crate::aws::caller::Caller;
use crate::begin::{Begun, begin};
use crate::config_source::reading::{ConfigReading, SourceFlags};
use crate::deliver::{self, Delivered, Told};
use crate::destination::{self, Destination};
use crate::error::RunError;
use crate::finished::Finished;
use crate::history::runs::Retention;
use crate::journal;
use crate::ledger::Ledger;
use crate::output::{Busy, Output};
use crate::pace::PacedLookup;
use crate::policy_file;
use crate::reporter::Reporter;
use crate::scan::listing::Listing;
use crate::scan::{Scan, Sessions};
use crate::selected::Selected;
use crate::selection::{SELECTS_NOTHING, Selection, needs_units};
use crate::stop::Stop;
use crate::summary::Run;
use crate::unfinished::Opening;
use crate::unfinished::handover::{GoesOn, Handing, Handover};
use crate::write::{Unwritten, Written};
use prepare::{Prepared, prepare};
use reading::Ended;

/// Scans, judges and writes the report, and delivers what is to be delivered. When the run is stopped before the scan is
/// done, what was found until then is written and marked as interrupted, and what was read is kept for a run that goes on
/// with it. Where that one follows by itself, nobody is told of the interruption.
///
/// `handover` tells what has become of what was read, where the run was interrupted, or its time was over before the report
/// was written; also where this future is dropped.
///
/// # Errors
/// The run has no result, and an older report is as it was.
pub async fn run(
    args: ScanArgs,
    reporter: Arc<dyn Reporter>,
    stop: Stop,
    goes_on: GoesOn,
    handover: &mut Handover,
) -> Result<Finished, RunError> {
    let (notify, profile, listener) = (args.notify.clone(), args.profile.clone(), stop.clone());
    let result = Box::pin(scan_and_deliver(args, reporter, stop, goes_on, handover)).await;
    if let Err(error @ RunError::CouldNotRun(_)) = &result
        && !goes_on.by_itself(handover)
    {
        deliver::tell_failure(&notify, profile.as_deref(), &error.to_string(), &listener).await;
    }
    result
}

async fn scan_and_deliver(
    args: ScanArgs,
    reporter: Arc<dyn Reporter>,
    stop: Stop,
    goes_on: GoesOn,
    handover: &mut Handover,
) -> Result<Finished, RunError> {
    SourceFlags::from(&args).check()?;
    let policy = policy(&args)?;
    let mut output = Box::pin(take_folder(&args, goes_on)).await?;
    let counter = CallCounter::default();
    // Nothing was found before the scan begins, so there is nothing to keep.
    let prepared = tokio::select! {
        prepared = Box::pin(prepare(&args, &policy, &counter, &reporter, &mut output, goes_on)) => prepared?,
        () = stop.ends_reading() => return Err(RunError::Stopped("before the scan began")),
    };
    let output = Arc::new(output);
    if let Some(note) = &prepared.listing.note {
        warn!("{note}");
    }
    let Started { scan, mut run, opening, listing, selection, config, destination, attempts, handing } =
        start(&args, &policy, prepared, &output, &counter, &reporter)?;
    let ended = Box::pin(reading::read(&scan, listing, &selection, config.as_ref(), args.source, &stop)).await;
    let failure = match ended {
        Ended::Whole => None,
        Ended::Interrupted(why) => {
            run.interrupted = true;
            run.interruption = Some(why);
            scan.ledger.interrupt(GO_ON);
            None
        }
        // Others may be able to go on with what was read until then.
        Ended::Failed(error) => Some(error),
    };
    // Not an empty report: nobody scans in order to see nothing.
    if failure.is_none() && scan.ledger.selects_nothing() {
        output.discard();
        return Err(RunError::Usage(SELECTS_NOTHING.to_owned()));
    }
    let heard = stop.times();
    let handing = handing.map(|handing| handing.stopping(&stop, heard));
    // Nothing is added to the journal any more.
    let extent = scan.journal.extent();
    if let Some(handing) = handing.as_ref().filter(|_| run.interrupted || failure.is_some()) {
        reporter.phase("keeping what was read in the bucket");
        *handover = Handover::cut_off();
        *handover = tokio::select! {
            done = Box::pin(handing.hand_over(extent)) => done,
            () = stop.asked(heard + 1) => {
                let stopped = RunError::Stopped("while what was read was being kept in the bucket");
                return Err(failure.map_or(stopped, RunError::from));
            }
        };
    }
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    reporter.phase("writing the report");
    run.finished_at = journal::now();
    let comparer = config.and_then(ConfigReading::into_comparer);
    let retention = Retention { runs: args.keep_runs, days: args.keep_days };
    let is_interrupted = run.interrupted;
    let writing = Box::pin(async {
        let kept = tokio::select! {
            kept = destination.kept(&output, &run) => kept?,
            () = stop.asked(heard + 1) => return Err(RunError::Stopped("while the report was being written")),
        };
        let (earlier, later) = (kept.trend.last().cloned(), kept.later.clone());
        let unwritten = Unwritten {
            scan: Arc::clone(&scan),
            output: Arc::clone(&output),
            formats: args.format,
            run,
            opening,
            counter: counter.clone(),
            destination,
            kept,
            retention,
            comparer,
        };
        Ok((Box::pin(unwritten.write(&stop)).await?, earlier, later))
    });
    let written = match &handing {
        Some(handing) if !is_interrupted => Box::pin(handing.while_writing(&stop, extent, writing, handover)).await,
        _ => writing.await,
    };
    let (Written { summary, published }, earlier, later) = written?;
    let mut delivered = Delivered { not_found: published.location.not_found(), ..Delivered::default() };
    // Who stops a run does not want to wait for it, and the run that goes on with it delivers everything.
    if args.security_hub && !summary.run.interrupted {
        reporter.phase("bringing the findings to Security Hub");
        let bringing = Box::pin(security_hub::bring(&scan, &counter, &summary, &published, &later, &stop));
        delivered.security_hub = Some(bringing.await);
    }
    // Who is told of a run wants to hear how it ends.
    if !goes_on.by_itself(handover) {
        let told =
            Told { summary: &summary, earlier: earlier.as_ref(), report: &published.location, fail_on: args.fail_on };
        deliver::tell(&args.notify, &scan.caller.sdk_config, attempts, told, &stop, &mut delivered).await;
    }
    reporter.done();
    Ok(Finished { summary, report: published.location, apart: published.apart, delivered })
}

/// How long a run that follows by itself waits for the one before, which may still be ending in the same process.
const PATIENCE: Duration = Duration::from_secs(30);

async fn take_folder(args: &ScanArgs, goes_on: GoesOn) -> anyhow::Result<Output> {
    let (folder, began) = (destination::work_folder(args)?, Instant::now());
    loop {
        match Output::prepare(&folder, args.resume) {
            Err(error) if error.is::<Busy>() && goes_on == GoesOn::ByItself && began.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            done => return done,
        }
    }
}

/// A scan that can begin.
struct Started {
    scan: Arc<Scan<PacedLookup<AwsLookup>>>,
    run: Run,
    opening: Opening,
    listing: Listing,
    selection: Selection,
    config: Option<ConfigReading>,
    destination: Destination,
    attempts: u32,
    handing: Option<Handing>,
}

/// Begins the journal, or goes on with the one that is there.
fn start(
    args: &ScanArgs,
    policy: &Policy,
    prepared: Prepared,
    output: &Output,
    counter: &CallCounter,
    reporter: &Arc<dyn Reporter>,
) -> Result<Started, RunError> {
    let Prepared { caller, caller_id, listing, region_lister, own_regions, .. } = prepared;
    let opening = opening(args, policy, output, &caller)?;
    let Begun { journal, opening, resumed_at, done, verdicts, keys } = begin(args, output, opening)?;
    let handing = match &prepared.destination {
        Destination::Folder => None,
        Destination::S3(store) => {
            Some(Handing::new(store.clone(), opening.clone(), args.source, output, done.targets() as u64))
        }
    };
    let run = Run {
        id: opening.run_id.clone(),
        started_at: opening.started_at,
        resumed_at,
        finished_at: journal::now(),
        interrupted: false,
        interruption: None,
        tool_version: opening.tool_version.clone(),
        caller_account_id: opening.caller_account_id.clone(),
        organization_id: listing.organization_id.clone(),
        policy: opening.policy.clone(),
        source: args.source,
        security_hub: args.security_hub,
        selected: Selected::of(&args.scope),
    };
    let scan = Arc::new(Scan {
        lookup: PacedLookup::new(AwsLookup::new(&caller.sdk_config, counter), caller.pacer.clone()),
        registry: args
            .include
            .contains(&Include::Templates)
            .then(|| PacedLookup::new(AwsRegistryLookup::new(&caller.sdk_config, counter), caller.pacer.clone())),
        region_lister,
        caller,
        caller_id,
        regions: args.scope.regions.clone(),
        policy: prepared.policy,
        units_decide: needs_units(&args.scope, policy),
        own_regions,
        keys,
        ledger: Ledger::new(Arc::clone(reporter)),
        journal,
        done: Mutex::new(done),
        sessions: Sessions::default(),
        reporter: Arc::clone(reporter),
    });
    reporter.phase("scanning");
    let pacer = scan.caller.pacer.clone();
    reporter.watches(Box::new(move || pacer.stats()));
    for (status, count) in verdicts {
        reporter.judged(status, count);
    }
    let Prepared { selection, config, destination, attempts, .. } = prepared;
    Ok(Started { scan, run, opening, listing, selection, config, destination, attempts, handing })
}

/// A run that begins now.
fn opening(args: &ScanArgs, policy: &Policy, output: &Output, caller: &Caller) -> anyhow::Result<Opening> {
    let policy = serde_json::to_value(policy).context("the policy cannot be written down")?;
    Ok(Opening::new(output.run_id().to_owned(), journal::now(), caller.account_id.clone(), policy, args))
}

/// What is told of everything that an interrupted run has not read.
const GO_ON: &str = "go on with the run: the same command with --resume";

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
