//! What an interrupted run leaves in the bucket, so that the next invocation goes on with it, wherever that is.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::json;
use tracing::warn;

use super::{Opening, UnfinishedManifest, bucket, pieces};
use crate::config_source::Source;
use crate::error::RunError;
use crate::journal::{Extent, now};
use crate::output::Output;
use crate::stop::Stop;
use crate::store::s3::{S3Store, StoreError};

/// How often a run goes on by itself: with fifteen minutes each, four hours.
pub const MOST_CONTINUATIONS: u32 = 16;

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
    Done(HandedOver),
}

/// A run that another invocation can go on with.
#[derive(Debug)]
pub struct HandedOver {
    store: S3Store,
    /// The run.
    pub run_id: String,
    /// How often it was gone on with.
    pub resumed: u32,
    /// How many accounts × Regions it has read whole.
    pub targets: u64,
    /// How many of them since it was gone on with.
    pub new_targets: u64,
}

impl HandedOver {
    /// Why no other invocation is to follow by itself.
    pub fn obstacle(&self) -> Option<String> {
        let why = obstacle(self.resumed, self.targets, self.new_targets)?;
        Some(format!("the run {} {why}", self.run_id))
    }

    /// Puts the object that lets another invocation follow, with the first number that is free: an older one has been heard.
    ///
    /// # Errors
    /// It cannot be written, or no number is free.
    pub async fn put_continuation(&self) -> Result<(), StoreError> {
        for number in self.resumed + 1..=MOST_CONTINUATIONS {
            let content = json!({ "run_id": self.run_id, "continuation": number, "targets_read": self.targets });
            if self.store.put_continuation(&self.run_id, number, format!("{content}\n")).await? {
                return Ok(());
            }
        }
        Err(StoreError::Overtaken { object: format!("continue-{MOST_CONTINUATIONS}.json of the run {}", self.run_id) })
    }
}

/// Why a run does not go on by itself: it would not get on either, or that was enough.
fn obstacle(resumed: u32, targets: u64, new_targets: u64) -> Option<String> {
    if new_targets == 0 {
        Some(format!(
            "does not get on: since it was begun, or gone on with, no account × Region was read whole that was not before \
             ({targets} are)"
        ))
    } else if resumed >= MOST_CONTINUATIONS {
        Some(format!(
            "was gone on with {resumed} times and is not done ({targets} accounts × Regions were read): it no longer goes on \
             by itself"
        ))
    } else {
        None
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
            return written;
        }
        // A run that is finished is not to be gone on with: the answer to the last call may just have come too late.
        if self.has_finished().await {
            let (run_id, place) = (&self.opening.run_id, self.store.location());
            return Err(RunError::CouldNotRun(anyhow!(
                "the report of the run {run_id} is in `{place}`, and the time was over before anybody was told of it"
            )));
        }
        if let Some(sent) = sent {
            *handover = match sent {
                Ok(sent) => self.tell(sent).await,
                Err(why) => Handover::Failed(why),
            };
        }
        written
    }

    /// Whether the report is there, as far as that can be found out at once.
    async fn has_finished(&self) -> bool {
        let asking = bucket::has_finished(&self.store, &self.opening.run_id, self.opening.started_at);
        tokio::time::timeout(TO_ASK, asking).await.is_ok_and(|answer| answer.unwrap_or(false))
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
        if bucket::has_finished(store, run_id, opening.started_at).await.map_err(told)? {
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
            Ok(there) => Handover::Done(HandedOver {
                store: self.store.clone(),
                run_id: there.opening.run_id,
                // Where what is there has read more, it need not have been gone on with more often.
                resumed: there.resumed.max(manifest.resumed),
                targets: there.targets,
                new_targets,
            }),
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::first(0, 5, 5, None)]
    #[case::sixteenth(15, 5_000, 1, None)]
    #[case::seventeenth(
        16,
        5_000,
        1,
        Some("was gone on with 16 times and is not done (5000 accounts × Regions were read)")
    )]
    #[case::stands_still(
        1,
        5,
        0,
        Some("does not get on: since it was begun, or gone on with, no account × Region was")
    )]
    #[case::nothing_at_all(0, 0, 0, Some("does not get on"))]
    fn a_run_goes_on_by_itself_as_long_as_it_gets_on(
        #[case] resumed: u32,
        #[case] targets: u64,
        #[case] new_targets: u64,
        #[case] expected: Option<&str>,
    ) {
        match (obstacle(resumed, targets, new_targets), expected) {
            (None, None) => {}
            (Some(why), Some(expected)) => assert!(why.starts_with(expected), "{why}"),
            (why, expected) => panic!("{why:?}, {expected:?}"),
        }
    }
}
