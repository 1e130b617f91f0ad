//! Judges what was read, and writes the report.

use std::io;
use std::sync::Arc;

use anyhow::Context;
use ecr_encryption_core::KeyLookup;
use ecr_encryption_rule::aws::AwsLookup;
use ecr_encryption_rule::aws::calls::CallCounter;

use crate::account::Account;
use crate::config_source::Source;
use crate::config_source::compare::{Comparer, Difference};
use crate::error::RunError;
use crate::finding::Finding;
use crate::journal::{Joined, Target};
use crate::judge::{Unjudged, finding, is_exempt};
use crate::output::{Output, Written};
use crate::pace::PacedLookup;
use crate::read::Read;
use crate::report::Format;
use crate::run::Finished;
use crate::scan::Scan;
use crate::stop::Stop;
use crate::summary::{Run, SCHEMA_VERSION, Summary, Totals};

/// A run that has read everything, and written nothing yet.
pub struct Unwritten {
    /// What was read.
    pub scan: Arc<Scan<PacedLookup<AwsLookup>>>,
    /// Where the report goes.
    pub output: Arc<Output>,
    /// The files that are wanted.
    pub formats: Vec<Format>,
    /// The run.
    pub run: Run,
    /// What it cost.
    pub counter: CallCounter,
    /// Compares with what AWS Config recorded, where that is wanted.
    pub comparer: Option<Comparer>,
}

const STOPPED: RunError = RunError::Stopped("while the report was being written");

impl Unwritten {
    /// Judges and publishes, on a thread of its own: a signal ends it between two findings, a second one at once.
    ///
    /// # Errors
    /// A file cannot be written, or the run was stopped. An older report is as it was.
    pub async fn write(self, stop: &Stop) -> Result<Finished, RunError> {
        let output = Arc::clone(&self.output);
        // What is written after an interruption was asked for by the first signal.
        let (listener, heard) = (stop.clone(), u32::from(self.run.interrupted));
        let mut writing = tokio::task::spawn_blocking(move || self.publish(&|| listener.times() > heard));
        let ended = tokio::select! {
            ended = &mut writing => ended,
            () = stop.asked(2) => {
                if output.abandon() {
                    return Err(STOPPED);
                }
                writing.await
            }
        };
        ended.context("writing the report ended before its time")?
    }

    fn publish(self, is_stopped: &dyn Fn() -> bool) -> Result<Finished, RunError> {
        let (scan, output) = (Arc::clone(&self.scan), Arc::clone(&self.output));
        // Both what AWS Config recorded and the comparison with it are read anew by a run that is resumed.
        let kept = match self.run.source {
            Source::Api => "; what was read is kept, and --resume writes it without reading again",
            Source::Both => "; what was read of ECR and KMS is kept, and --resume does not read it again",
            Source::Config => "",
        };
        let cannot = || format!("the report cannot be written to `{}`{kept}", output.directory().display());
        let files = self.files(is_stopped);
        if is_stopped() {
            return Err(STOPPED);
        }
        let (written, summary) = files.with_context(cannot)?;
        let read_others = scan.ledger.has_read_others(scan.caller_id);
        let published = output.publish(&written, &summary, read_others).with_context(cannot)?;
        Ok(Finished { summary, published })
    }

    fn files(self, is_stopped: &dyn Fn() -> bool) -> anyhow::Result<(Written, Summary)> {
        let Self { scan, output, mut formats, run, counter, mut comparer } = self;
        formats.sort_unstable();
        formats.dedup();
        let mut writers = output.writers(&formats, &run)?;
        if comparer.is_some() {
            writers.with_differences()?;
        }
        let mut totals = Totals::new(scan.registry.is_some());
        let (mut unjudged, mut unjudged_templates) = (Unjudged::of_repositories(), Unjudged::of_templates());
        let Scan { journal, keys, ledger, policy, .. } = &*scan;
        // What an account is judged by may hang on its units, which are known of those that were listed.
        let wanted =
            |account_id| ledger.reports(account_id) && (!scan.units_decide || ledger.account(account_id).is_some());
        let mut account: Option<Arc<Account>> = None;
        journal.join(wanted, |Joined { account_id, region, read_at, item, own_keys }| {
            if is_stopped() {
                return Err(io::Error::other("stopped"));
            }
            // The repositories of an account come one after the other.
            let account = match account.take().filter(|account| account.id == account_id) {
                Some(same) => account.insert(same),
                None => {
                    account.insert(ledger.account(account_id).unwrap_or_else(|| Arc::new(Account::by_id(account_id))))
                }
            };
            let recorded_at = item.recorded_at;
            let read = item.into_read(account_id, region);
            let key = match keys.lookup(read.account_id(), read.key(), own_keys) {
                Err(_) if is_exempt(policy, &read, read_at) => Ok(KeyLookup::NotNeeded),
                key => key,
            };
            match key {
                Ok(key) => {
                    let finding = Finding { recorded_at, ..finding(policy, account, read, &key, read_at) };
                    totals.add(&finding);
                    writers.finding(&finding)?;
                    if let Some(comparer) = &mut comparer {
                        comparer.finding(&finding, |difference| writers.difference(difference))?;
                    }
                }
                Err(fault) => {
                    let target = Target { account_id, region: region.to_owned() };
                    match read {
                        Read::Repository(read) => unjudged.add(target, read.repository.name, fault),
                        Read::NextRepositories(read) => unjudged_templates.add(target, read.next.prefix, fault),
                    }
                }
            }
            Ok(())
        })?;
        scan.tell_unjudged(unjudged, run.interrupted);
        scan.tell_unjudged(unjudged_templates, run.interrupted);
        let coverage = ledger.coverage();
        let take = |difference: &Difference| writers.difference(difference);
        let comparison =
            comparer.map(|comparer| comparer.finish(&coverage, |id| ledger.is_found(id), take)).transpose()?;
        let calls = counter.calls();
        let summary = Summary {
            schema_version: SCHEMA_VERSION,
            run,
            totals,
            coverage,
            api_calls: calls.attempts,
            api_retries: calls.retries,
            comparison,
            changes: None,
        };
        Ok((writers.finish(&summary)?, summary))
    }
}
