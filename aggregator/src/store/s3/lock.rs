//! One at a time writes the report of a run that several may go on with: they would write the same objects.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tracing::warn;
use uuid::Uuid;

use super::error::StoreError;
use super::object::{Condition, Written};
use super::{S3Store, names};

/// The object that says who writes.
const LOCK: &str = "lock.json";
/// So long it counts after it was written; whoever needs longer writes it anew. A process that was killed keeps others out for
/// no longer.
const TERM: SignedDuration = SignedDuration::from_mins(3);
/// How often it is written anew.
const RENEWAL: Duration = Duration::from_mins(1);
/// How often it is looked whether the other one has done.
const WAIT: Duration = Duration::from_secs(1);

/// What the object says.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Held {
    by: String,
    until: Timestamp,
}

/// A lock that is held.
struct Lock<'a> {
    store: &'a S3Store,
    name: String,
    by: String,
    etag: Option<String>,
}

impl S3Store {
    /// Does `work`, which writes the report of a run, while nobody else does so for the same run; waits for as long as
    /// somebody does. Who may not write here cannot go on with a run of the bucket either, and does not wait.
    ///
    /// # Errors
    /// That of the work; or S3 does not say who else writes.
    pub async fn alone<T, E: From<StoreError>>(
        &self,
        run_id: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut lock = match self.lock(run_id).await {
            Ok(lock) => lock,
            Err(error @ StoreError::Denied { .. }) => {
                warn!("two that go on with the run {run_id} at once may spoil its report: {error}");
                return work.await;
            }
            Err(error) => return Err(error.into()),
        };
        let done = tokio::select! {
            done = work => done,
            error = lock.keep() => return Err(error.into()),
        };
        lock.release().await;
        done
    }

    async fn lock(&self, run_id: &str) -> Result<Lock<'_>, StoreError> {
        if !names::is_plain(run_id) {
            return Err(StoreError::Name(run_id.to_owned()));
        }
        let name = names::within(&names::of_unfinished(run_id), LOCK);
        let mut lock = Lock { store: self, name, by: Uuid::now_v7().to_string(), etag: None };
        let mut waits = false;
        loop {
            self.go_on()?;
            let condition = match self.get_small(&lock.name).await? {
                None => Condition::Absent,
                Some(there) => {
                    // What cannot be read keeps nobody out.
                    let held: Option<Held> = serde_json::from_slice(&there.content).ok();
                    if let Some(held) = held.filter(|held| held.by != lock.by && held.until > Timestamp::now()) {
                        if !waits {
                            warn!(run_id, until = %held.until, "another one writes the report of the same run: it is waited for");
                            waits = true;
                        }
                        tokio::time::sleep(WAIT).await;
                        continue;
                    }
                    there.etag.map_or(Condition::Absent, Condition::Unchanged)
                }
            };
            if lock.write(Some(condition)).await? {
                return Ok(lock);
            }
        }
    }
}

impl Lock<'_> {
    fn content(&self, until: Timestamp) -> String {
        serde_json::json!({ "by": self.by, "until": until }).to_string()
    }

    /// `false` where somebody else was there before.
    async fn write(&mut self, condition: Option<Condition>) -> Result<bool, StoreError> {
        let content = self.content(Timestamp::now().saturating_add(TERM).unwrap_or(Timestamp::MAX));
        match self.store.put_small(&self.name, content.clone(), condition).await? {
            Written::Yes => {}
            Written::Overtaken => return Ok(false),
            Written::NoConditions => {
                warn!(
                    "S3 does not know conditional writes here: two that go on with the same run at once may spoil its report"
                );
                self.store.put_small(&self.name, content, None).await?;
            }
        }
        let there = self.store.get_small(&self.name).await?;
        let is_own = |content: &[u8]| serde_json::from_slice::<Held>(content).is_ok_and(|there| there.by == self.by);
        let there = there.filter(|there| is_own(&there.content));
        self.etag = there.as_ref().and_then(|there| there.etag.clone());
        Ok(there.is_some())
    }

    /// Writes it anew for as long as it is needed; ends only where that cannot be done.
    async fn keep(&mut self) -> StoreError {
        loop {
            tokio::time::sleep(RENEWAL).await;
            match self.write(self.etag.clone().map(Condition::Unchanged)).await {
                Ok(true) => {}
                Ok(false) => return StoreError::Overtaken { object: self.store.shown(&self.name) },
                // It counts for some time still.
                Err(error) => warn!(%error, "that a report is being written cannot be told"),
            }
        }
    }

    /// Lets others in.
    async fn release(self) {
        let Err(error) = self.store.delete(&self.name, vec![self.store.key(&self.name)]).await else { return };
        // Who may delete nothing lets others in all the same.
        let over = self.store.put_small(&self.name, self.content(Timestamp::now()), None).await;
        warn!(others_wait = over.is_err(), "`{}` stays: {error}", self.store.shown(&self.name));
    }
}
