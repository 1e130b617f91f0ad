//! Runs that come from S3: verified by their manifest, and whole in the folder or not there.

use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use ecr_encryption_rule::aws::fault::AwsFault;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tracing::warn;

use super::client::transfer;
use super::error::StoreError;
use super::object::{total_length, unhexed};
use super::{AT_ONCE, S3Store, StoredRun, names};
use crate::history::manifest::{MANIFEST, ManifestFile};

/// How much of a file is asked for in one call: answers are read whole into memory.
const RANGE: u64 = 4 << 20;
/// How often a range is asked for whose body breaks off.
const TRIES: u32 = 4;
/// How long it is waited before the second time; each time as long again.
const WAIT: Duration = Duration::from_millis(200);

impl S3Store {
    /// The run that this location leads to: it is one itself, or has a latest one.
    ///
    /// # Errors
    /// There is none, or S3 does not give it.
    pub async fn resolve(&self) -> Result<StoredRun, StoreError> {
        if let Some(manifest) = self.manifest_in(MANIFEST).await? {
            let name = self.location.prefix().rsplit('/').next().unwrap_or_default().to_owned();
            return Ok(StoredRun { name, manifest, folder: String::new() });
        }
        self.latest().await?.ok_or_else(|| StoreError::NoRun { location: self.location.to_string() })
    }

    /// Fetches files of the run that this location leads to, as [`fetch`](Self::fetch) does.
    ///
    /// # Errors
    /// There is no run, or as [`fetch`](Self::fetch).
    pub async fn fetch_location(&self, files: &[&str], into: &Path) -> Result<StoredRun, StoreError> {
        let run = self.resolve().await?;
        self.fetch(&run, files, into).await?;
        Ok(run)
    }

    /// Fetches files of a run, and then its manifest, into the folder `into`; all of its files where none is named.
    ///
    /// # Errors
    /// The run has no such file; S3 does not give it, or it is not what the manifest says.
    pub async fn fetch(&self, run: &StoredRun, files: &[&str], into: &Path) -> Result<(), StoreError> {
        let mut wanted = Vec::new();
        for name in files {
            let file = run.manifest.files.iter().find(|file| file.name == *name);
            wanted.push(file.ok_or_else(|| StoreError::NoFile {
                location: self.shown_folder(&run.folder),
                name: (*name).to_owned(),
            })?);
        }
        if files.is_empty() {
            wanted.extend(&run.manifest.files);
        }
        if let Some(file) = wanted.iter().find(|file| !names::is_plain(&file.name)) {
            return Err(StoreError::Name(file.name.clone()));
        }
        tokio::fs::create_dir_all(into).await.map_err(StoreError::file(into))?;
        for file in wanted {
            self.fetch_file(&names::within(&run.folder, &file.name), file, into).await?;
        }
        let path = into.join(MANIFEST);
        let content = serde_json::to_vec_pretty(&run.manifest).unwrap_or_default();
        tokio::fs::write(&path, content).await.map_err(StoreError::file(&path))
    }

    fn shown_folder(&self, folder: &str) -> String {
        if folder.is_empty() { self.location.to_string() } else { self.shown(folder) }
    }

    async fn fetch_file(&self, name: &str, file: &ManifestFile, into: &Path) -> Result<(), StoreError> {
        let (path, part) = (into.join(&file.name), into.join(format!(".{}.part", file.name)));
        let fetched = self.fetch_into(name, file, &part).await;
        if fetched.is_err() {
            let _left = tokio::fs::remove_file(&part).await;
        }
        fetched?;
        tokio::fs::rename(&part, &path).await.map_err(StoreError::file(&path))
    }

    async fn fetch_into(&self, name: &str, file: &ManifestFile, part: &Path) -> Result<(), StoreError> {
        let mut out = tokio::fs::File::create(part).await.map_err(StoreError::file(part))?;
        self.fetch_onto(name, file, &mut out, part).await?;
        out.flush().await.map_err(StoreError::file(part))
    }

    /// Fetches a file, and adds it to `out`, which is at `path`.
    pub(super) async fn fetch_onto(
        &self,
        name: &str,
        file: &ManifestFile,
        out: &mut tokio::fs::File,
        path: &Path,
    ) -> Result<(), StoreError> {
        let mut digest = Sha256::new();
        let first = self.range(name, file, 0, None).await?;
        digest.update(&first.content);
        out.write_all(&first.content).await.map_err(StoreError::file(path))?;
        // Later ones are of the same object: none that has taken its place meanwhile.
        let offsets = (RANGE..file.bytes).step_by(usize::try_from(RANGE).unwrap_or(usize::MAX));
        let ranges = offsets.map(|offset| self.range(name, file, offset, first.etag.as_deref()));
        let mut ranges = stream::iter(ranges).buffered(AT_ONCE);
        while let Some(range) = ranges.try_next().await? {
            digest.update(&range.content);
            out.write_all(&range.content).await.map_err(StoreError::file(path))?;
        }
        if unhexed(&file.sha256).as_deref() == Some(digest.finalize().as_slice()) {
            Ok(())
        } else {
            Err(StoreError::Checksum { object: self.shown(name) })
        }
    }

    /// A range of a file. A body that breaks off is asked for again: the SDK has done its part once the headers are there.
    async fn range(
        &self,
        name: &str,
        file: &ManifestFile,
        offset: u64,
        etag: Option<&str>,
    ) -> Result<Range, StoreError> {
        let mut tries = 1;
        loop {
            match self.range_once(name, file, offset, etag).await {
                Err(error @ StoreError::BrokenOff { .. }) if tries < TRIES => {
                    warn!(%error, "it is asked for again");
                    tokio::time::sleep(WAIT * tries).await;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn range_once(
        &self,
        name: &str,
        file: &ManifestFile,
        offset: u64,
        etag: Option<&str>,
    ) -> Result<Range, StoreError> {
        let wanted = RANGE.min(file.bytes - offset);
        let length = |found| StoreError::Length { object: self.shown(name), expected: file.bytes, found };
        let request = self.client.get_object().bucket(self.location.bucket()).key(self.key(name));
        // Of an empty file the first byte is asked for all the same: it must not be there.
        let request = request.range(format!("bytes={offset}-{}", offset + wanted.max(1) - 1));
        let request = request.set_if_match(etag.map(str::to_owned)).set_expected_bucket_owner(self.owner());
        let answer = match request.customize().config_override(transfer()).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let fault = AwsFault::new("s3:GetObject", &error);
                return match (fault.http_status, error.code()) {
                    (Some(416), _) if file.bytes == 0 => Ok(Range { content: Vec::new(), etag: None }),
                    (Some(416), _) => Err(length(0)),
                    (Some(412), _) => Err(StoreError::Checksum { object: self.shown(name) }),
                    _ => Err(self.error(name, fault)),
                };
            }
        };
        let found = total_length(answer.content_range(), answer.content_length());
        if let Some(found) = found.filter(|found| *found != file.bytes) {
            return Err(length(found));
        }
        let etag = answer.e_tag().map(str::to_owned);
        let content = answer
            .body
            .collect()
            .await
            .map_err(|error| StoreError::BrokenOff { object: self.shown(name), problem: error.to_string() })?;
        let content = content.to_vec();
        let whole = content.len().try_into().unwrap_or(u64::MAX);
        if whole == wanted { Ok(Range { content, etag }) } else { Err(length(offset + whole)) }
    }
}

/// A part of an object.
struct Range {
    content: Vec<u8>,
    /// What tells this version of the object from another one.
    etag: Option<String>,
}
