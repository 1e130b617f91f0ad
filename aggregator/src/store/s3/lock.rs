//! One at a time writes the report of a run that several may go on with: they would write the same objects.

use std::time::Duration;

use ecr_encryption_rule::aws::fault::AwsFault;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tracing::warn;
use uuid::Uuid;

use super::error::StoreError;
use super::object::{Condition, Written};
use super::{S3Store, names};

/// The object that says who writes.
const LOCK: &str = "lock.json";
/// So long it counts after it was written; whoever needs longer writes it anew. A process that was killed keeps others out for
/// so long after they have seen what it has left.
const TERM: Duration = Duration::from_mins(3);
/// No clock is so wrong: what was to be over so long ago was left by a process that was killed.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(24);
/// How often it is written anew.
const RENEWAL: Duration = Duration::from_mins(1);
/// How often it is looked whether the other one has done.
const WAIT: Duration = Duration::from_secs(1);

/// What the object says.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Held {
    by: String,
    /// For people, and for who has written it: the clock of another one tells nothing.
    until: Timestamp,
    /// Whether it was given up.
    #[serde(default)]
    released: bool,
}

impl Held {
    /// What cannot be read keeps nobody out.
    fn of(content: &[u8]) -> Option<Self> {
        serde_json::from_slice(content).ok().filter(|held: &Self| !held.released)
    }
}

/// How long the lock of another one has been as it is. Who still writes has written it anew before its term is over; clocks may
/// differ by any time.
#[derive(Debug, Default)]
struct Watch(Option<(Vec<u8>, Instant)>);

impl Watch {
    /// Whether what is there still counts.
    fn counts(&mut self, there: Vec<u8>, now: Instant) -> bool {
        let since = match self.0.take() {
            Some((content, since)) if content == there => since,
            _ => now,
        };
        self.0 = Some((there, since));
        now.duration_since(since) < TERM
    }
}

/// A lock that is held.
struct Lock<'a> {
    store: &'a S3Store,
    name: String,
    by: String,
    etag: Option<String>,
    /// So long it counts, by this machine's clock.
    ends: Instant,
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
            error = lock.keep() => Err(error.into()),
        };
        self.writing.let_in();
        lock.release().await;
        done
    }

    /// Whether somebody may be writing the report of a run: a process that was killed today has left the same.
    ///
    /// # Errors
    /// S3 does not say.
    pub async fn is_locked(&self, run_id: &str) -> Result<bool, StoreError> {
        let there = self.get_small(&names::within(&names::of_unfinished(run_id), LOCK)).await?;
        let held = there.and_then(|there| Held::of(&there.content));
        Ok(held.is_some_and(|held| Timestamp::now().duration_since(held.until) < LONG_AGO))
    }

    async fn lock(&self, run_id: &str) -> Result<Lock<'_>, StoreError> {
        if !names::is_plain(run_id) {
            return Err(StoreError::Name(run_id.to_owned()));
        }
        let name = names::within(&names::of_unfinished(run_id), LOCK);
        let mut lock = Lock { store: self, name, by: Uuid::now_v7().to_string(), etag: None, ends: Instant::now() };
        let mut watch = Watch::default();
        loop {
            self.go_on()?;
            let condition = match self.get_small(&lock.name).await? {
                None => Some(Condition::Absent),
                Some(there) => {
                    if let Some(held) = Held::of(&there.content).filter(|held| held.by != lock.by) {
                        if watch.0.is_none() {
                            warn!(run_id, until = %held.until, "another one writes the report of the same run: it is waited for");
                        }
                        if watch.counts(there.content, Instant::now()) {
                            sleep(WAIT).await;
                            continue;
                        }
                    }
                    // An empty one has no ETag; it says nothing, so nothing is lost where it is written over.
                    there.etag.map(Condition::Unchanged)
                }
            };
            if lock.write(condition).await? {
                return Ok(lock);
            }
            sleep(WAIT).await;
        }
    }
}

impl Lock<'_> {
    fn content(&self, until: Timestamp, released: bool) -> String {
        serde_json::json!({ "by": self.by, "until": until, "released": released }).to_string()
    }

    /// `false` where somebody else was there before.
    async fn write(&mut self, condition: Option<Condition>) -> Result<bool, StoreError> {
        let ends = Instant::now() + TERM;
        let until = Timestamp::now().saturating_add(TERM).unwrap_or(Timestamp::MAX);
        let content = self.content(until, false);
        match self.store.put_small(&self.name, content.clone(), condition).await? {
            // It may be by this one: where the answer to the first attempt is lost, the second is refused.
            Written::Yes | Written::Overtaken => {}
            Written::NoConditions => {
                warn!(
                    "S3 does not know conditional writes here: two that go on with the same run at once may spoil its report"
                );
                self.store.put_small(&self.name, content.clone(), None).await?;
            }
        }
        let is_own = |content: &[u8]| serde_json::from_slice::<Held>(content).is_ok_and(|there| there.by == self.by);
        let Some(there) = self.store.get_small(&self.name).await?.filter(|there| is_own(&there.content)) else {
            return Ok(false);
        };
        if there.content == content.as_bytes() {
            self.ends = ends;
            self.store.writing.keep_out(&self.name, until);
        }
        self.etag = there.etag;
        Ok(true)
    }

    /// Writes it anew for as long as it is needed; ends where somebody else has it, or it counts no longer.
    async fn keep(&mut self) -> StoreError {
        loop {
            sleep_until(self.ends.min(Instant::now() + RENEWAL)).await;
            let condition = self.etag.clone().map(Condition::Unchanged);
            match timeout_at(self.ends, self.write(condition)).await {
                Ok(Ok(true)) => {}
                // It counts for some time still.
                Ok(Err(error)) if Instant::now() < self.ends => {
                    warn!(%error, "that a report is being written cannot be told");
                }
                Ok(Ok(false) | Err(_)) | Err(_) => {
                    return StoreError::Overtaken { object: self.store.shown(&self.name) };
                }
            }
        }
    }

    /// Lets others in, unless one is in already.
    async fn release(self) {
        let Self { store, name, etag, ends, .. } = &self;
        let request = store.client.delete_object().bucket(store.location.bucket()).key(store.key(name));
        let deleting = request.set_if_match(etag.clone()).set_expected_bucket_owner(store.owner()).send();
        let Ok(Err(error)) = timeout_at(*ends, deleting).await else { return };
        let fault = AwsFault::new("s3:DeleteObject", &error);
        if fault.http_status == Some(412) {
            return;
        }
        // Who may delete nothing lets others in all the same.
        let condition = etag.clone().map(Condition::Unchanged);
        let over = store.put_small(name, self.content(Timestamp::now(), true), condition).await;
        warn!(others_wait = over.is_err(), "`{}` stays: {fault}", store.shown(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_counts_until_nobody_has_written_it_for_its_term() {
        let began = Instant::now();
        let mut watch = Watch::default();
        let mut counts = |content: &str, seconds: u64| {
            watch.counts(content.as_bytes().to_vec(), began + Duration::from_secs(seconds))
        };
        assert!(counts("first", 1_000), "however long it has been there");
        assert!(counts("first", 1_179));
        assert!(counts("second", 1_181), "it was written anew");
        assert!(counts("second", 1_360));
        assert!(!counts("second", 1_361));
    }

    #[test]
    fn who_has_given_it_up_keeps_nobody_out() {
        let held = |content: &str| Held::of(content.as_bytes()).map(|held| held.by);
        // As the version before this one has written it too.
        assert_eq!(held(r#"{"by":"a","until":"2026-11-23T13:02:00Z"}"#).as_deref(), Some("a"));
        assert_eq!(held(r#"{"by":"a","until":"2026-11-23T13:02:00Z","released":false}"#).as_deref(), Some("a"));
        assert_eq!(held(r#"{"by":"a","until":"2026-11-23T13:02:00Z","released":true}"#), None);
        assert_eq!((held("{"), held("")), (None, None));
    }
}
