//! The reading of a run, until everything was read, or it ends before.

use std::sync::Arc;

use ecr_encryption_rule::aws::AwsLookup;
use tokio::sync::mpsc;

use crate::account::Account;
use crate::config_source::Source;
use crate::config_source::reading::ConfigReading;
use crate::pace::PacedLookup;
use crate::scan::listing::Listing;
use crate::scan::{Scan, ScanError, Tasks};
use crate::selection::Selection;
use crate::stop::Stop;

/// How it has ended.
pub(super) enum Ended {
    /// Everything was read that could be.
    Whole,
    /// Before that, for this reason: what was found until then is written.
    Interrupted(String),
    /// Before that, and nothing can be written here.
    Failed(anyhow::Error),
}

/// Reads until everything was, or the run is to read no more. Nothing is read any more after it.
pub(super) async fn read(
    scan: &Arc<Scan<PacedLookup<AwsLookup>>>,
    listing: Listing,
    selection: &Selection,
    config: Option<&ConfigReading>,
    source: Source,
    stop: &Stop,
) -> Ended {
    let mut tasks = Tasks::new();
    let ended = tokio::select! {
        done = read_source(scan, &mut tasks, listing, selection, config) => match done {
            Ok(()) => Ended::Whole,
            Err(error @ ScanError::CallerExpired(_)) => Ended::Interrupted(error.to_string()),
            Err(error) => Ended::Failed(anyhow::anyhow!(error).context(failed(source))),
        },
        () = stop.ends_reading() => Ended::Interrupted(
            if stop.times() > 0 { "the run was stopped" } else { "the time that the run has was over" }.to_owned(),
        ),
    };
    if !matches!(ended, Ended::Whole) {
        // Nobody may add to the books, or to the journal, once they are closed.
        tasks.shutdown().await;
    }
    ended
}

/// What is told of a scan that cannot go on.
const fn failed(source: Source) -> &'static str {
    match source {
        Source::Api | Source::Both => "the scan failed; what it has read is kept, and --resume goes on with it",
        Source::Config => "the scan failed",
    }
}

async fn read_source(
    scan: &Arc<Scan<PacedLookup<AwsLookup>>>,
    tasks: &mut Tasks,
    listing: Listing,
    selection: &Selection,
    config: Option<&ConfigReading>,
) -> Result<(), ScanError> {
    match config {
        None => read_api(scan, tasks, listing, selection).await,
        Some(ConfigReading::Instead(source)) => Box::pin(source.scan(scan, listing)).await,
        Some(ConfigReading::Beside { source, records, shelved }) => {
            let named = selection.accounts.as_ref();
            let shelving = Box::pin(source.shelve(scan, named, records, shelved));
            let reading = read_api(scan, tasks, listing, selection);
            // A scan that cannot go on does not wait for what it would be compared with.
            let ((), ()) = tokio::try_join!(reading, async { Ok(shelving.await?) })?;
            Ok(())
        }
    }
}

async fn read_api(
    scan: &Arc<Scan<PacedLookup<AwsLookup>>>,
    tasks: &mut Tasks,
    listing: Listing,
    selection: &Selection,
) -> Result<(), ScanError> {
    // Accounts are known long before they are scanned, so that progress can tell how much there is to do; the books hold
    // them in any case.
    let (sender, receiver) = mpsc::unbounded_channel();
    scan.ledger.listing_begins();
    let feeding = listing.feed(sender, &scan.ledger, &scan.caller);
    let reading = scan.run(tasks, receiver, |account: &Account| !selection.excludes(account));
    tokio::pin!(feeding, reading);
    let mut fed = false;
    loop {
        tokio::select! {
            // A scan that cannot go on does not wait for the rest of the list.
            done = &mut reading => {
                done?;
                return if fed { Ok(()) } else { feeding.await };
            }
            ended = &mut feeding, if !fed => {
                ended?;
                fed = true;
            }
        }
    }
}
