//! What leads to the newest run.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::error::StoreError;
use super::object::{Condition, Written};
use super::{Passed, Runs, S3Store, StoredRun, names};
use crate::history::manifest::Manifest;

/// How often a run tries to be the latest while others do the same.
const TRIES: u32 = 12;
/// The longest wait before the second try; it grows from try to try.
const WAIT: Duration = Duration::from_millis(100);

/// What `latest.json` tells after a run was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Latest {
    /// This run.
    ThisRun,
    /// A run that has started later, by its name.
    Newer(String),
    /// What it told before, because of this error.
    Unwritten(String),
}

/// The content of `latest.json`.
#[derive(Debug, Serialize, Deserialize)]
struct LatestManifest<M> {
    run_name: String,
    #[serde(flatten)]
    manifest: M,
}

/// What is read of one that is to be replaced: another version of the tool may have written it.
#[derive(Debug, Deserialize)]
struct Start {
    started_at: Timestamp,
}

impl S3Store {
    /// The newest run; `None` where there is none yet. Without a `latest.json` it is found among all runs.
    ///
    /// # Errors
    /// S3 does not give it, or it is none.
    pub async fn latest(&self) -> Result<Option<StoredRun>, StoreError> {
        let Some(content) = self.latest_there().await? else {
            let Runs { mut kept, passed_over } = self.runs().await?;
            let newest = kept.pop();
            let is_newer = |passed: &&Passed| newest.as_ref().is_none_or(|newest| passed.name > newest.name);
            for passed in passed_over.iter().filter(|passed| passed.has_manifest).filter(is_newer) {
                warn!("the run `{}` is passed over, and may be the newest: {}", passed.name, passed.why);
            }
            return Ok(newest);
        };
        let LatestManifest { run_name, manifest } = self.parsed::<LatestManifest<Manifest>>(names::LATEST, &content)?;
        if names::is_plain(&run_name) {
            let folder = names::of_run(&run_name);
            Ok(Some(StoredRun { name: run_name, manifest, folder }))
        } else {
            Err(StoreError::Name(run_name))
        }
    }

    /// What `latest.json` holds.
    pub(super) async fn latest_there(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.get_small(names::LATEST).await?.map(|object| object.content))
    }

    pub(super) fn parsed<T: for<'de> Deserialize<'de>>(&self, name: &str, content: &[u8]) -> Result<T, StoreError> {
        serde_json::from_slice(content)
            .map_err(|error| StoreError::Manifest { object: self.shown(name), problem: error.to_string() })
    }

    /// Makes a run the latest, unless a later one is: whoever comes between reading and writing is not overwritten.
    pub(super) async fn point_latest(&self, run_name: &str, manifest: &Manifest) -> Result<Latest, StoreError> {
        let latest = LatestManifest { run_name: run_name.to_owned(), manifest };
        let mut content = serde_json::to_string_pretty(&latest)
            .map_err(|error| StoreError::Manifest { object: self.shown(names::LATEST), problem: error.to_string() })?;
        content.push('\n');
        let mut wait = WAIT;
        for _ in 0..TRIES {
            let condition = match self.get_small(names::LATEST).await? {
                None => Some(Condition::Absent),
                Some(there) => {
                    let LatestManifest { run_name: newer, manifest: Start { started_at } } =
                        self.parsed(names::LATEST, &there.content)?;
                    // Of two that have started at once, the names decide.
                    if (started_at, newer.as_str()) > (manifest.started_at, run_name) {
                        return Ok(Latest::Newer(newer));
                    }
                    there.etag.map(Condition::Unchanged)
                }
            };
            match self.put_small(names::LATEST, content.clone(), condition).await? {
                Written::Yes => return Ok(Latest::ThisRun),
                Written::Overtaken => {
                    tokio::time::sleep(wait.mul_f64(fastrand::f64())).await;
                    wait *= 2;
                }
                Written::NoConditions => {
                    warn!(
                        "S3 does not know conditional writes here: two runs that end at once may leave the older one as the latest"
                    );
                    self.put_small(names::LATEST, content, None).await?;
                    return Ok(Latest::ThisRun);
                }
            }
        }
        let others = format!("`{}` was written by others each time", self.shown(names::LATEST));
        Ok(Latest::Unwritten(others))
    }
}
