//! Runs that are kept in an S3 bucket.
//!
//! A run's files are under `PREFIX/runs/NAME/`, its part of the dataset under `PREFIX/parquet/`. `manifest.json` is written
//! last and removed first: without it there is no run, whatever else is there. `PREFIX/latest.json` is a copy of the newest
//! manifest that also tells the run's name. What it takes to go on with a run is under `PREFIX/.unfinished/RUN_ID/`.

mod client;
mod error;
mod fetch;
mod latest;
mod lock;
mod names;
mod object;
mod publish;
mod remove;
mod runs;
mod unfinished;
mod upload;
mod writing;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use ecr_encryption_rule::aws::fault::AwsFault;
use jiff::Timestamp;

use crate::history::manifest::Manifest;
use crate::stop::Stop;
use crate::store::location::S3Location;
use error::Asked;
pub use error::StoreError;
pub use latest::Latest;
pub use publish::{Publication, Published};
pub use runs::{Passed, Runs};
pub use unfinished::UnfinishedRun;
use writing::Writing;

/// How many transfers, or calls for small objects, are under way at once.
const AT_ONCE: usize = 4;

/// What is said of the objects, beside where they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Options {
    /// The KMS key to encrypt under: its ARN, its id, or an alias; none: as the bucket says.
    pub kms_key: Option<String>,
    /// The account that the bucket must be in: AWS refuses every call where it is in another one.
    pub bucket_owner: Option<String>,
}

/// A run that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRun {
    /// Its name, such as `2026-11-23-RUN_ID`; of a run that has a prefix of its own, that prefix's last part.
    pub name: String,
    /// What it holds.
    pub manifest: Manifest,
    /// Where it is, under the store's prefix; empty where it is that itself.
    folder: String,
}

/// Runs under a prefix of a bucket.
#[derive(Debug, Clone)]
pub struct S3Store {
    client: Client,
    location: S3Location,
    options: S3Options,
    /// How often a run may have been asked to stop, and goes on all the same.
    stop: Option<(Stop, u32)>,
    /// Of this store and its clones.
    writing: Arc<Writing>,
}

impl S3Store {
    /// Finds out in which Region the bucket is, and goes there. Retries are those of `sdk_config`.
    ///
    /// # Errors
    /// S3 cannot be reached. Whether the bucket can be used is told by [`check`](Self::check), and by every other call.
    pub async fn open(sdk_config: &SdkConfig, location: S3Location, options: S3Options) -> Result<Self, StoreError> {
        let here =
            Self { client: client::client(sdk_config, None), location, options, stop: None, writing: Arc::default() };
        let owner = here.options.bucket_owner.as_deref();
        match client::region_of(&here.client, here.location.bucket(), owner).await {
            Err(fault) => Err(here.error("", fault)),
            Ok(region) if region.as_ref() == sdk_config.region() => Ok(here),
            Ok(region) => Ok(Self { client: client::client(sdk_config, region), ..here }),
        }
    }

    /// The same, whose uploads end, and leave nothing, where the run is asked to stop more than `heard` times.
    #[must_use]
    pub fn stopping(self, stop: Stop, heard: u32) -> Self {
        Self { stop: Some((stop, heard)), ..self }
    }

    /// Whether an upload is to go on.
    fn go_on(&self) -> Result<(), StoreError> {
        match &self.stop {
            Some((stop, heard)) if stop.times() > *heard => Err(StoreError::Stopped),
            _ => self.still_alone(),
        }
    }

    /// Whether nobody else may be writing the report that this one writes.
    fn still_alone(&self) -> Result<(), StoreError> {
        match self.writing.overdue(Timestamp::now()) {
            Some(lock) => Err(StoreError::Overtaken { object: self.shown(&lock) }),
            None => Ok(()),
        }
    }

    /// Whether the manifest of the run that is being written may be this process's: it has been sent.
    pub fn may_have_finished(&self) -> bool {
        self.writing.may_have_finished()
    }

    /// What `work` gives, unless the run is asked to stop before it is done.
    async fn unless_stopped<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let Some((stop, heard)) = &self.stop else { return work.await };
        tokio::select! {
            biased;
            () = stop.asked(heard.saturating_add(1)) => Err(StoreError::Stopped),
            done = work => done,
        }
    }

    /// Where the runs are.
    pub fn location(&self) -> &S3Location {
        &self.location
    }

    /// Whether a run can be published here: asks for the newest one, and writes the object `.write-check`. That stays, and
    /// is written anew each time: it need not be possible to delete anything here.
    ///
    /// # Errors
    /// It cannot.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.any_run().await?;
        self.latest_there().await?;
        let content =
            "ecr-encryption writes this before a scan, to find out whether it can write the report after it.\n";
        self.put_small(names::WRITE_CHECK, content.to_owned(), None).await?;
        Ok(())
    }

    /// The key of what has `name` under the prefix.
    fn key(&self, name: &str) -> String {
        self.location.key(name)
    }

    /// What has `name`, for people.
    fn shown(&self, name: &str) -> String {
        self.location.under(name).to_string()
    }

    fn owner(&self) -> Option<String> {
        self.options.bucket_owner.clone()
    }

    fn asked<'a>(&'a self, key: &'a str) -> Asked<'a> {
        Asked {
            bucket: self.location.bucket(),
            key,
            owner: self.options.bucket_owner.as_deref(),
            with_key: self.options.kms_key.is_some(),
        }
    }

    fn error(&self, name: &str, fault: AwsFault) -> StoreError {
        self.asked(&self.key(name)).error(fault)
    }
}
