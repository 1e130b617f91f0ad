//! Judges what was read, and writes the report.

mod assembly;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ecr_encryption_rule::aws::AwsLookup;
use ecr_encryption_rule::aws::calls::CallCounter;
use tracing::warn;

use crate::config_source::Source;
use crate::config_source::compare::Comparer;
use crate::destination::{self, Destination, Kept};
use crate::error::RunError;
use crate::history::compare::{ChangeJoin, LaterRun};
use crate::history::reader::RunFolder;
use crate::history::runs::Retention;
use crate::output::{Output, Published, Written as Files};
use crate::pace::PacedLookup;
use crate::report::Format;
use crate::scan::Scan;
use crate::stop::Stop;
use crate::store::s3::S3Store;
use crate::summary::{Run, SCHEMA_VERSION, Summary};
use crate::unfinished::Opening;
use assembly::{Assembled, Assembly};

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
    /// How it was begun.
    pub opening: Opening,
    /// What it cost.
    pub counter: CallCounter,
    /// Where the runs are kept.
    pub destination: Destination,
    /// Those that are.
    pub kept: Kept,
    /// How many of them stay.
    pub retention: Retention,
    /// Compares with what AWS Config recorded, where that is wanted.
    pub comparer: Option<Comparer>,
}

/// A run that has written everything, and is where users look for it.
#[derive(Debug)]
pub struct Written {
    /// The summary, as it was written.
    pub summary: Summary,
    /// Where the report is.
    pub published: Published,
}

/// Compares with the newest of earlier runs that can be read; what cannot be is told. Without any, nothing is compared.
fn changes_since(newest: &[PathBuf], run: &Run, folder: &Path, with_templates: bool) -> Option<ChangeJoin> {
    newest.iter().find_map(|earlier| {
        let begin = || -> anyhow::Result<ChangeJoin> {
            let earlier = RunFolder::open(earlier)?.verified()?.earlier()?;
            let later = LaterRun { started_at: run.started_at, with_templates, folder: folder.to_owned() };
            Ok(ChangeJoin::open(earlier, later)?)
        };
        begin()
            .inspect_err(|error| {
                warn!("what has changed since the run in `{}` cannot be told: {error:#}", earlier.display());
            })
            .ok()
    })
}

/// So long it may take, once a run was asked to stop whose report is there, to tell that it is the newest.
const TO_SETTLE: Duration = Duration::from_secs(3);

const STOPPED: RunError = RunError::Stopped("while the report was being written");

impl Unwritten {
    /// Judges and publishes, on a thread of its own: a signal ends it between two findings, a second one at once.
    ///
    /// # Errors
    /// A file cannot be written, or the run was stopped. An older report is as it was.
    pub async fn write(self, stop: &Stop) -> Result<Written, RunError> {
        match &self.destination {
            Destination::Folder => self.publish(stop).await,
            Destination::S3(store) => {
                let store = store.clone();
                self.upload(store, stop).await
            }
        }
    }

    async fn publish(self, stop: &Stop) -> Result<Written, RunError> {
        let output = Arc::clone(&self.output);
        let (listener, heard) = (stop.clone(), self.heard(stop));
        let is_stopped = move || listener.times() > heard;
        let mut writing = tokio::task::spawn_blocking(move || {
            let (scan, output, retention) = (Arc::clone(&self.scan), Arc::clone(&self.output), self.retention);
            let cannot = self.cannot();
            let (written, summary) = self.files(&is_stopped)?;
            let read_others = scan.ledger.has_read_others(scan.caller_id);
            let published = output.publish(&written, &summary, read_others, retention).with_context(|| cannot)?;
            Ok(Written { summary, published })
        });
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

    async fn upload(self, store: S3Store, stop: &Stop) -> Result<Written, RunError> {
        let (scan, output, retention) = (Arc::clone(&self.scan), Arc::clone(&self.output), self.retention);
        let (listener, heard) = (stop.clone(), self.heard(stop));
        let store = store.stopping(stop.clone(), heard);
        let is_stopped = move || listener.times() > heard;
        let (older_report, cannot, opening) = (self.kept.is_any, self.cannot(), self.opening.clone());
        let writing = tokio::task::spawn_blocking(move || self.files(&is_stopped));
        let work = async {
            let (files, summary) = writing.await.context("writing the report ended before its time")??;
            let placing = output.placing(older_report, scan.ledger.has_read_others(scan.caller_id), &summary);
            let uploaded = destination::upload(&store, &output, &files, &summary, placing).await;
            let uploaded = uploaded.map_err(|error| match error {
                RunError::CouldNotRun(error) => RunError::CouldNotRun(error.context(cannot)),
                error => error,
            })?;
            Ok::<_, RunError>((uploaded, summary))
        };
        // The first signal ends the upload so that nothing of it stays; the second does not wait for that.
        let (uploaded, summary) = tokio::select! {
            ended = work => ended?,
            () = stop.asked(heard + 2) => return Err(STOPPED),
        };
        let ends = async {
            tokio::select! {
                () = stop.asked(heard + 2) => {}
                () = async { stop.asked(heard + 1).await; tokio::time::sleep(TO_SETTLE).await } => {}
            }
        };
        let published = uploaded.settle(&opening, &summary, retention, ends).await;
        Ok(Written { summary, published })
    }

    /// How often the run was asked to stop before it was written: what is written after an interruption was asked for by
    /// the first signal, unless something else has interrupted it.
    fn heard(&self, stop: &Stop) -> u32 {
        if self.run.interrupted { stop.times().min(1) } else { 0 }
    }

    /// What is said where a report cannot be written.
    fn cannot(&self) -> String {
        // Both what AWS Config recorded and the comparison with it are read anew by a run that is resumed.
        let kept = match self.run.source {
            Source::Api => "; what was read is kept, and --resume writes it without reading again",
            Source::Both => "; what was read of ECR and KMS is kept, and --resume does not read it again",
            Source::Config => "",
        };
        let place = match &self.destination {
            Destination::Folder => self.output.directory().display().to_string(),
            Destination::S3(store) => store.location().to_string(),
        };
        format!("the report cannot be written to `{place}`{kept}")
    }

    fn files(self, is_stopped: &dyn Fn() -> bool) -> Result<(Files, Summary), RunError> {
        let cannot = self.cannot();
        let files = self.write_files(is_stopped);
        if is_stopped() {
            return Err(STOPPED);
        }
        Ok(files.with_context(|| cannot)?)
    }

    fn write_files(self, is_stopped: &dyn Fn() -> bool) -> anyhow::Result<(Files, Summary)> {
        let Self { scan, output, mut formats, run, counter, kept, comparer, .. } = self;
        // Whatever is asked for: `diff`, `report` and the next run read it.
        formats.push(Format::Jsonl);
        formats.sort_unstable();
        formats.dedup();
        let changes = changes_since(&kept.newest, &run, &output.staging(), scan.registry.is_some());
        let writers = output.writers(&formats, &run, changes.is_some(), comparer.is_some())?;
        let mut assembly = Assembly::new(&scan, run.started_at, writers, comparer, changes);
        assembly.take_all(is_stopped)?;
        let Assembled { writers, totals, coverage, comparison, changes } = assembly.end(run.interrupted, is_stopped)?;
        let calls = counter.calls();
        let summary = Summary {
            schema_version: SCHEMA_VERSION,
            run,
            totals,
            coverage,
            api_calls: calls.attempts,
            api_retries: calls.retries,
            comparison,
            changes,
        };
        Ok((writers.finish(&summary, kept.trend, is_stopped)?, summary))
    }
}
