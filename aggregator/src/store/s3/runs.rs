//! The runs that are kept.

use ecr_encryption_rule::aws::fault::AwsFault;
use futures_util::{StreamExt, stream};

use super::error::StoreError;
use super::{S3Store, StoredRun, names};
use crate::history::manifest::{MANIFEST, Manifest};
use crate::output::{Apart, SUMMARY};
use crate::summary::Summary;

/// How many manifests are asked for at once.
const MANIFESTS_AT_ONCE: usize = 16;

/// The runs under a prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs {
    /// Those that can be read, the oldest first.
    pub kept: Vec<StoredRun>,
    /// Those that cannot.
    pub passed_over: Vec<Passed>,
}

/// What stands among the runs and is none that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
    /// Whether it has a manifest: what stands there may well be a run.
    pub has_manifest: bool,
}

impl S3Store {
    /// All runs, with their manifests. One without a manifest is not whole: it is being uploaded, or that has failed. One whose
    /// manifest is refused (it may not be read, its key is disabled, it is archived) is passed over as well.
    ///
    /// # Errors
    /// S3 does not list them, or fails: what is only missing because of that is not to be gone without.
    pub async fn runs(&self) -> Result<Runs, StoreError> {
        let names = self.folder_names(names::RUNS).await?;
        let reading: Vec<_> = names
            .into_iter()
            .map(|name| async {
                let read = self.run(&name).await;
                (name, read)
            })
            .collect();
        let read: Vec<_> = stream::iter(reading).buffered(MANIFESTS_AT_ONCE).collect().await;
        let mut runs = Runs::default();
        for (name, read) in read {
            match read {
                Ok(Some(run)) => runs.kept.push(run),
                Ok(None) => {
                    let why = "it has no manifest".to_owned();
                    runs.passed_over.push(Passed { name, why, has_manifest: false });
                }
                Err(error) if error.is_of_one_object() => {
                    runs.passed_over.push(Passed { name, why: error.to_string(), has_manifest: true });
                }
                Err(error) => return Err(error),
            }
        }
        runs.kept
            .sort_by(|one, other| (one.manifest.started_at, &one.name).cmp(&(other.manifest.started_at, &other.name)));
        Ok(runs)
    }

    /// The run of this name.
    ///
    /// # Errors
    /// S3 does not give its manifest, or that is none.
    pub async fn run(&self, name: &str) -> Result<Option<StoredRun>, StoreError> {
        if !names::is_plain(name) {
            return Err(StoreError::Name(name.to_owned()));
        }
        let folder = names::of_run(name);
        let manifest = self.manifest_in(&names::within(&folder, MANIFEST)).await?;
        Ok(manifest.map(|manifest| StoredRun { name: name.to_owned(), manifest, folder }))
    }

    /// Whether a run with this id is among those that are kept, whenever it began.
    ///
    /// # Errors
    /// S3 does not list them.
    pub async fn is_among_runs(&self, run_id: &str) -> Result<bool, StoreError> {
        let end = format!("-{run_id}");
        Ok(self.folder_names(names::RUNS).await?.iter().any(|name| name.ends_with(&end)))
    }

    /// Whether a run has come to its end without becoming one of those that are kept, and without leaving anything to go on
    /// with: it had nothing to scan, or saw too little, and knows which accounts there are. It gives where its files are.
    ///
    /// # Errors
    /// S3 does not say.
    pub async fn has_finished_apart(&self, run_id: &str) -> Result<Option<String>, StoreError> {
        for apart in [Apart::Empty, Apart::SawNothing] {
            let folder = format!("{}-{run_id}", apart.folder());
            if self.get_small(&names::within(&folder, MANIFEST)).await?.is_none() {
                continue;
            }
            let Some(summary) = self.get_small(&names::within(&folder, SUMMARY)).await? else { continue };
            let summary: Result<Summary, _> = serde_json::from_slice(&summary.content);
            let is_over =
                |summary: Summary| !summary.coverage.gaps().any(|gap| gap.account_id.is_none() && gap.region.is_none());
            if summary.is_ok_and(is_over) {
                return Ok(Some(self.shown(&folder)));
            }
        }
        Ok(None)
    }

    /// Where a run is, for people.
    pub fn place_of(&self, run: &StoredRun) -> String {
        self.location.under(&run.folder).to_string()
    }

    /// Where the run of this name is, or would be, for people.
    pub fn place_of_run(&self, name: &str) -> String {
        self.shown(&names::of_run(name))
    }

    /// Whether there is any run: asked in order to find out whether it may be.
    pub(super) async fn any_run(&self) -> Result<bool, StoreError> {
        let request = self
            .client
            .list_objects_v2()
            .bucket(self.location.bucket())
            .prefix(self.key(&names::within(names::RUNS, "")));
        let answer = request.max_keys(1).set_expected_bucket_owner(self.owner()).send().await;
        let answer = answer.map_err(|error| self.error(names::RUNS, AwsFault::new("s3:ListBucket", &error)))?;
        Ok(!answer.contents().is_empty())
    }

    /// The folders in the folder of this name.
    pub(super) async fn folder_names(&self, within: &str) -> Result<Vec<String>, StoreError> {
        let prefix = self.key(&names::within(within, ""));
        let request = self.client.list_objects_v2().bucket(self.location.bucket()).prefix(&prefix).delimiter("/");
        let mut pages = request.set_expected_bucket_owner(self.owner()).into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.error(within, AwsFault::new("s3:ListBucket", &error)))?;
            let found = page.common_prefixes().iter().filter_map(|found| found.prefix()?.strip_prefix(&prefix));
            names.extend(found.map(|name| name.trim_end_matches('/').to_owned()).filter(|name| names::is_plain(name)));
        }
        Ok(names)
    }

    /// A run's manifest.
    pub(super) async fn manifest_in(&self, name: &str) -> Result<Option<Manifest>, StoreError> {
        match self.get_small(name).await? {
            Some(object) => self.parsed(name, &object.content).map(Some),
            None => Ok(None),
        }
    }
}
