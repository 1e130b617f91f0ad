//! A run that goes to S3: whole, or not at all.

use std::path::{Path, PathBuf};

use futures_util::{StreamExt, TryStreamExt, stream};
use tracing::{debug, warn};

use super::error::StoreError;
use super::latest::Latest;
use super::object::{Condition, Written};
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
    /// Whether others may go on with the same run: whoever writes its manifest first has written the report.
    pub is_shared: bool,
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
    path: PathBuf,
    name: String,
    file: &'a ManifestFile,
}

impl S3Store {
    /// Publishes a run: uploads it, and points to it where it is the newest.
    ///
    /// # Errors
    /// Something could not be uploaded, and there is no such run. What was uploaded is removed, as far as that is allowed.
    /// A `latest.json` that cannot be written is no error, but told by [`Published::latest`].
    pub async fn publish(&self, publication: &Publication<'_>) -> Result<Published, StoreError> {
        let location = self.publish_run(publication).await?;
        Ok(Published { location, latest: self.publish_latest(publication).await })
    }

    /// Uploads a run: its files, its part of the dataset, then its manifest, which makes a run of them. One that is there
    /// already, as it is, is not uploaded again. It gives the location.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub async fn publish_run(&self, publication: &Publication<'_>) -> Result<String, StoreError> {
        let Publication { run_name, folder, dataset, manifest, is_shared } = *publication;
        let at = names::of_run(run_name);
        let mut uploads = uploads(&at, folder, manifest)?;
        if let (Some(file), Some(path)) = (&manifest.dataset, dataset) {
            // Retention finds it by the run's name.
            let name = names::of_dataset(run_name).filter(|name| *name == file.name);
            let name = name.ok_or_else(|| StoreError::Name(file.name.clone()))?;
            uploads.push(Upload { path: path.to_owned(), name, file });
        }
        self.put_run(run_name, &at, &uploads, manifest, is_shared).await?;
        Ok(self.shown(&at))
    }

    /// Writes what leads to the newest run, where a run that was uploaded is that.
    pub async fn publish_latest(&self, publication: &Publication<'_>) -> Latest {
        self.point_latest(publication.run_name, publication.manifest).await.unwrap_or_else(|error| {
            warn!(%error, "the run is published, but what leads to the newest run is as it was");
            Latest::Unwritten(error.to_string())
        })
    }

    /// Uploads the files of a run that must not be among the others, such as one that was interrupted, to
    /// `PREFIX/folder_name/`, in the same way; nothing leads there. It gives the location.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub async fn publish_apart(
        &self,
        folder_name: &str,
        folder: &Path,
        manifest: &Manifest,
    ) -> Result<String, StoreError> {
        // Else it would be taken for what is under those names.
        if [names::RUNS, names::DATASET].contains(&folder_name) {
            return Err(StoreError::Name(folder_name.to_owned()));
        }
        let uploads = uploads(folder_name, folder, manifest)?;
        self.put_run(folder_name, folder_name, &uploads, manifest, false).await?;
        Ok(self.shown(folder_name))
    }

    async fn put_run(
        &self,
        name: &str,
        at: &str,
        uploads: &[Upload<'_>],
        manifest: &Manifest,
        is_shared: bool,
    ) -> Result<(), StoreError> {
        if !names::is_plain(name) {
            return Err(StoreError::Name(name.to_owned()));
        }
        let manifest_name = names::within(at, MANIFEST);
        let overtaken = || StoreError::Overtaken { object: self.shown(&manifest_name) };
        match self.manifest_in(&manifest_name).await {
            Ok(Some(there)) if there == *manifest => return Ok(()),
            Ok(None) => {}
            Ok(Some(_)) if is_shared => return Err(overtaken()),
            // The same run, written anew: while its files are replaced, it is not whole.
            Ok(Some(_)) | Err(StoreError::Manifest { .. }) => self.remove_folder(at).await?,
            Err(error) => return Err(error),
        }
        let Err(error) = self.upload(at, uploads, manifest, is_shared).await else { return Ok(()) };
        // What another one writes, or has written, is not this one's to remove.
        if matches!(error, StoreError::Overtaken { .. }) || self.still_alone().is_err() {
            return Err(error);
        }
        if is_shared && !matches!(self.manifest_in(&manifest_name).await, Ok(None)) {
            return Err(error);
        }
        // An answer may have been lost whose call has succeeded: the manifest must not outlive the files.
        if let Err(left) = self.remove_uploads(at, uploads).await {
            debug!(%left, "what was uploaded of a run stays, without its manifest");
        }
        Err(error)
    }

    async fn upload(
        &self,
        at: &str,
        uploads: &[Upload<'_>],
        manifest: &Manifest,
        is_shared: bool,
    ) -> Result<(), StoreError> {
        // Whoever reads the dataset does not look for a manifest: its part comes last.
        let is_of_dataset = |upload: &&Upload<'_>| upload.name.starts_with(names::DATASET);
        let (dataset, files): (Vec<_>, Vec<_>) = uploads.iter().partition(is_of_dataset);
        let (small, large): (Vec<_>, Vec<_>) = files.into_iter().partition(|upload| upload.file.bytes <= MOST_AT_ONCE);
        let sending: Vec<_> =
            small.into_iter().map(|upload| self.put_file(&upload.path, &upload.name, upload.file)).collect();
        stream::iter(sending).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        // One after the other: their parts go at once.
        for upload in large.into_iter().chain(dataset) {
            self.put_file(&upload.path, &upload.name, upload.file).await?;
        }
        self.go_on()?;
        let name = names::within(at, MANIFEST);
        let mut content = serde_json::to_string_pretty(manifest)
            .map_err(|error| StoreError::Manifest { object: self.shown(&name), problem: error.to_string() })?;
        content.push('\n');
        self.writing.send_manifest();
        match self.put_small(&name, content.clone(), is_shared.then_some(Condition::Absent)).await? {
            Written::Yes => Ok(()),
            Written::NoConditions => self.put_small(&name, content, None).await.map(drop),
            // It may be by this one, where an answer was lost.
            Written::Overtaken => match self.manifest_in(&name).await? {
                Some(there) if there == *manifest => Ok(()),
                _ => Err(StoreError::Overtaken { object: self.shown(&name) }),
            },
        }
    }

    async fn remove_uploads(&self, at: &str, uploads: &[Upload<'_>]) -> Result<(), StoreError> {
        self.remove_folder(at).await?;
        for upload in uploads.iter().filter(|upload| upload.name.starts_with(names::DATASET)) {
            self.delete(&upload.name, vec![self.key(&upload.name)]).await?;
        }
        Ok(())
    }
}

fn uploads<'a>(at: &str, folder: &Path, manifest: &'a Manifest) -> Result<Vec<Upload<'a>>, StoreError> {
    let upload = |file: &'a ManifestFile| {
        if !names::is_plain(&file.name) {
            return Err(StoreError::Name(file.name.clone()));
        }
        Ok(Upload { path: folder.join(&file.name), name: names::within(at, &file.name), file })
    };
    manifest.files.iter().map(upload).collect()
}
