//! A run that goes to S3: whole, or not at all.

use std::path::Path;

use futures_util::{StreamExt, TryStreamExt, stream};
use tracing::{debug, warn};

use super::error::StoreError;
use super::latest::Latest;
use super::upload::MOST_AT_ONCE;
use super::{AT_ONCE, S3Store, names};
use crate::history::manifest::{MANIFEST, Manifest, ManifestFile};

/// A run that is to be published.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    /// Its name: `2026-11-23-RUN_ID`.
    pub run_name: &'a str,
    /// The folder of the files that the manifest names.
    pub folder: &'a Path,
    /// The file of `manifest.dataset`.
    pub dataset: Option<&'a Path>,
    /// What there is.
    pub manifest: &'a Manifest,
}

/// A run that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Where its files are: `s3://bucket/prefix/runs/NAME`.
    pub location: String,
    /// What `latest.json` tells now.
    pub latest: Latest,
}

/// A file and the name that it gets.
#[derive(Debug)]
struct Upload<'a> {
    path: std::path::PathBuf,
    name: String,
    file: &'a ManifestFile,
}

impl S3Store {
    /// Uploads a run: its files, its part of the dataset, then its manifest, which makes a run of them, and at last what
    /// leads to the newest run.
    ///
    /// # Errors
    /// Something could not be uploaded, and there is no such run. What was uploaded is removed, as far as that is allowed.
    /// A `latest.json` that cannot be written is no error, but told by [`Published::latest`].
    pub async fn publish(&self, publication: &Publication<'_>) -> Result<Published, StoreError> {
        let Publication { run_name, manifest, .. } = *publication;
        let uploads = publication.uploads()?;
        if let Err(error) = self.upload(run_name, &uploads, manifest).await {
            // An answer may have been lost whose call has succeeded: the manifest must not outlive the files.
            if let Err(left) = self.remove(run_name).await {
                debug!(%left, "what was uploaded of a run stays, without its manifest");
            }
            return Err(error);
        }
        let latest = self.point_latest(run_name, manifest).await.unwrap_or_else(|error| {
            warn!(%error, "the run is published, but what leads to the newest run is as it was");
            Latest::Unwritten(error.to_string())
        });
        Ok(Published { location: self.shown(&format!("{}/{run_name}", names::RUNS)), latest })
    }

    async fn upload(&self, run_name: &str, uploads: &[Upload<'_>], manifest: &Manifest) -> Result<(), StoreError> {
        let (small, large): (Vec<_>, Vec<_>) = uploads.iter().partition(|upload| upload.file.bytes <= MOST_AT_ONCE);
        let sending: Vec<_> =
            small.into_iter().map(|upload| self.put_file(&upload.path, &upload.name, upload.file)).collect();
        stream::iter(sending).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        // One after the other: their parts go at once.
        for upload in large {
            self.put_file(&upload.path, &upload.name, upload.file).await?;
        }
        let name = names::of_run(run_name, MANIFEST);
        let mut content = serde_json::to_string_pretty(manifest)
            .map_err(|error| StoreError::Manifest { object: self.shown(&name), problem: error.to_string() })?;
        content.push('\n');
        self.put_small(&name, content, None).await.map(drop)
    }
}

impl<'a> Publication<'a> {
    fn uploads(&self) -> Result<Vec<Upload<'a>>, StoreError> {
        let Self { run_name, folder, dataset, manifest } = *self;
        if let Some(name) =
            manifest.files.iter().map(|file| file.name.as_str()).chain([run_name]).find(|name| !names::is_plain(name))
        {
            return Err(StoreError::Name(name.to_owned()));
        }
        let mut uploads: Vec<_> = manifest
            .files
            .iter()
            .map(|file| Upload { path: folder.join(&file.name), name: names::of_run(run_name, &file.name), file })
            .collect();
        if let (Some(file), Some(path)) = (&manifest.dataset, dataset) {
            // Retention finds it by the run's name.
            let name = names::of_dataset(run_name).filter(|name| *name == file.name);
            let name = name.ok_or_else(|| StoreError::Name(file.name.clone()))?;
            uploads.push(Upload { path: path.to_owned(), name, file });
        }
        Ok(uploads)
    }
}
