//! What an interrupted run leaves in the bucket, so that the next invocation goes on with it, wherever that is.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use tracing::warn;
use uuid::Uuid;

pub use super::handed_over::HandedOver;
use super::{Opening, UnfinishedManifest, bucket, pieces};
use crate::config_source::Source;
use crate::error::RunError;
use crate::journal::{Extent, now};
use crate::output::Output;
use crate::stop::Stop;
use crate::store::s3::{S3Store, StoreError};

/// How long it may take to find out whether a run has finished whose time is over.
const TO_ASK: Duration = Duration::from_secs(3);

/// Who goes on with an interrupted run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoesOn {
    /// Whoever says `--resume`.
    WhenAsked,
    /// An invocation that follows by itself.
    ByItself,
}

impl GoesOn {
    /// Whether another invocation is to follow by itself.
    pub fn by_itself(self, handover: &Handover) -> bool {
        self == Self::ByItself && matches!(handover, Handover::Done(done) if done.obstacle().is_none())
    }
}

/// What has become of what an interrupted run has read.
#[derive(Debug, Default)]
pub enum Handover {
    /// It is where it was read, and nowhere else: the run was not interrupted, or does not go to a bucket.
    #[default]
    None,
    /// It is not in the bucket, for this reason.
    Failed(String),
    /// It is in the bucket.
    Done(Box<HandedOver>),
}

impl Handover {
    /// What is to be told until it is done: whoever waits for it may end before it does.
    pub fn cut_off() -> Self {
        Self::Failed("the time was over before what was read was in the bucket".to_owned())
    }
}

/// What is to be handed over.
#[derive(Debug)]
pub struct Handing {
    store: S3Store,
    opening: Opening,
    source: Source,
    journal: PathBuf,
    /// What had been read whole before this session.
    before: u64,
}

/// What was sent, and is of use once [`Handing::tell`] has told of it.
#[derive(Debug)]
pub struct Sent {
    manifest: UnfinishedManifest,
    new_targets: u64,
}

impl Handing {
    /// Of the run that `output` holds.
    pub fn new(store: S3Store, opening: Opening, source: Source, output: &Output, before: u64) -> Self {
        Self { store, opening, source, journal: output.journal(), before }
    }

    /// The same, which ends where the run is asked to stop more than `heard` times.
    #[must_use]
    pub fn stopping(self, stop: &Stop, heard: u32) -> Self {
        Self { store: self.store.stopping(stop.clone(), heard), ..self }
    }

    /// Waits for a report that is `writing`, and meanwhile, once the time for reading is over, sends what was read: should
    /// the time not do for the report, another invocation writes it.
    ///
    /// # Errors
    /// Those of the writing.
    pub async fn while_writing<T>(
        &self,
        stop: &Stop,
        extent: Extent,
        writing: impl Future<Output = Result<T, RunError>>,
        handover: &mut Handover,
    ) -> Result<T, RunError> {
        let mut sent = None;
        // Should all of this be cut off, that is how it is.
        *handover = Handover::cut_off();
        let sending = async {
            stop.time_is_over().await;
            self.send(extent).await
        };
        tokio::pin!(writing, sending);
        let written = loop {
            tokio::select! {
                biased;
                written = &mut writing => break written,
                done = &mut sending, if sent.is_none() => sent = Some(done),
            }
        };
        if !matches!(written, Err(RunError::Stopped(_))) {
            *handover = Handover::None;
            return written;
        }
        // A run that is finished is not to be gone on with.
        if let Some(place) = self.has_finished().await {
            *handover = Handover::None;
            let run_id = self.opening.run_id.clone();
            return Err(if self.store.may_have_finished() {
                // The answer to the last call may just have come too late.
                RunError::CouldNotRun(anyhow!(
                    "the report of the run {run_id} is in `{place}`, and the time was over before anybody was told of it"
                ))
            } else {
                // The other one was waited for, and tells of it.
                RunError::FinishedByAnother { run_id, place }
            });
        }
        if let Some(sent) = sent {
            *handover = match sent {
                Ok(sent) => self.tell(sent).await,
                Err(why) => Handover::Failed(why),
            };
        }
        written
    }

    /// Where the report is, if it is there, as far as that can be found out at once.
    async fn has_finished(&self) -> Option<String> {
        let asking = bucket::has_finished(&self.store, &self.opening.run_id, self.opening.started_at);
        tokio::time::timeout(TO_ASK, asking).await.ok()?.ok()?
    }

    /// Hands everything over. What fails is told.
    pub async fn hand_over(&self, extent: Extent) -> Handover {
        match self.send(extent).await {
            Ok(sent) => self.tell(sent).await,
            Err(why) => Handover::Failed(why),
        }
    }

    /// Sends what of the journal is not in the bucket yet.
    ///
    /// # Errors
    /// What keeps others from going on with the run, which is logged too.
    pub async fn send(&self, extent: Extent) -> Result<Sent, String> {
        if self.source == Source::Config {
            return Err("what AWS Config recorded is read from the beginning each time".to_owned());
        }
        self.send_pieces(extent).await.inspect_err(|why| self.warn(why))
    }

    async fn send_pieces(&self, extent: Extent) -> Result<Sent, String> {
        let Self { store, opening, journal, before, .. } = self;
        let run_id = &opening.run_id;
        let told = |error: StoreError| error.to_string();
        if bucket::has_finished(store, run_id, opening.started_at).await.map_err(told)?.is_some() {
            return Err(format!("the run {run_id} was finished by another one that went on with it"));
        }
        let there = match store.unfinished(run_id).await {
            Ok(there) => there.map(|there| there.manifest.journal).unwrap_or_default(),
            Err(StoreError::Manifest { .. } | StoreError::Name(_)) => Vec::new(),
            Err(error) => return Err(told(error)),
        };
        let path = journal.clone();
        let found = tokio::task::spawn_blocking(move || pieces::of(&path, extent.bytes, there)).await;
        let pieces::Pieces { there, offset, new } = found
            .map_err(std::io::Error::other)
            .and_then(|found| found)
            .map_err(|error| format!("`{}` cannot be read: {error}", journal.display()))?;
        if let Some(piece) = &new {
            store.put_journal_piece(run_id, journal, offset, piece).await.map_err(told)?;
        }
        let manifest = UnfinishedManifest {
            opening: opening.clone(),
            resumed: extent.resumed,
            interrupted_at: now(),
            targets: before + extent.targets,
            journal: there.into_iter().chain(new).collect(),
        };
        Ok(Sent { manifest, new_targets: extent.targets })
    }

    /// Tells of what was sent: from then on the run can be gone on with.
    pub async fn tell(&self, sent: Sent) -> Handover {
        let Sent { manifest, new_targets } = sent;
        match self.store.put_unfinished(&manifest).await {
            Ok(there) => Handover::Done(Box::new(HandedOver {
                store: self.store.clone(),
                run_id: there.opening.run_id,
                started_at: there.opening.started_at,
                session: Uuid::now_v7().to_string(),
                before: self.before,
                // Where what is there has read more, it need not have been gone on with more often.
                resumed: there.resumed.max(manifest.resumed),
                targets: there.targets,
                new_targets,
            })),
            Err(error) => {
                let why = error.to_string();
                self.warn(&why);
                Handover::Failed(why)
            }
        }
    }

    fn warn(&self, why: &str) {
        warn!("what was read is not in `{}`: {why}", self.store.location());
    }
}
