//! What it takes to go on with a run that was interrupted: its journal in pieces, and a manifest that is written last. It is
//! never half there: a piece is not written over, and the manifest names those that belong to it.

use std::path::Path;

use tokio::io::AsyncWriteExt;
use tracing::warn;

use super::error::StoreError;
use super::object::{Condition, Written};
use super::{S3Store, names};
use crate::history::manifest::{MANIFEST, ManifestFile};
use crate::unfinished::UnfinishedManifest;

/// An unfinished run that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedRun {
    /// What there is of it.
    pub manifest: UnfinishedManifest,
    /// What tells this state of it from another one.
    etag: Option<String>,
}

/// How often a manifest is tried to be written while others do the same.
const TRIES: u32 = 6;

impl S3Store {
    /// The ids of the unfinished runs of which there is anything, the one that has begun last first.
    ///
    /// # Errors
    /// S3 does not list them.
    pub async fn unfinished_ids(&self) -> Result<Vec<String>, StoreError> {
        let mut ids = self.folder_names(names::UNFINISHED).await?;
        // UUIDs, version 7: their order is that of time.
        ids.sort_unstable_by(|one, other| other.cmp(one));
        Ok(ids)
    }

    /// What there is of an unfinished run; `None` where it is not whole.
    ///
    /// # Errors
    /// S3 does not give its manifest, or that is none.
    pub async fn unfinished(&self, run_id: &str) -> Result<Option<UnfinishedRun>, StoreError> {
        let name = manifest_of(run_id)?;
        let Some(object) = self.get_small(&name).await? else { return Ok(None) };
        let manifest: UnfinishedManifest = self.parsed(&name, &object.content)?;
        if manifest.opening.run_id != run_id {
            return Err(StoreError::Manifest {
                object: self.shown(&name),
                problem: format!("it is of another run, `{}`", manifest.opening.run_id),
            });
        }
        match manifest.journal.iter().find(|piece| !names::is_plain(&piece.name)) {
            Some(piece) => Err(StoreError::Name(piece.name.clone())),
            None => Ok(Some(UnfinishedRun { manifest, etag: object.etag })),
        }
    }

    /// Sends a piece of the journal at `path`, from `offset` on.
    ///
    /// # Errors
    /// It cannot be sent; nothing of it is there.
    pub async fn put_journal_piece(
        &self,
        run_id: &str,
        path: &Path,
        offset: u64,
        piece: &ManifestFile,
    ) -> Result<(), StoreError> {
        if !names::is_plain(run_id) || !names::is_plain(&piece.name) {
            return Err(StoreError::Name(format!("{run_id}/{}", piece.name)));
        }
        self.put_piece(path, offset, &names::within(&names::of_unfinished(run_id), &piece.name), piece).await
    }

    /// Tells what there is of an unfinished run, once its pieces are there. Where somebody else who goes on with the same
    /// run has read more, that stays; it gives what there is then.
    ///
    /// # Errors
    /// It cannot be written; what there was is as it was.
    pub async fn put_unfinished(&self, manifest: &UnfinishedManifest) -> Result<UnfinishedManifest, StoreError> {
        let name = manifest_of(&manifest.opening.run_id)?;
        let content = serde_json::to_string_pretty(manifest)
            .map_err(|error| StoreError::Manifest { object: self.shown(&name), problem: error.to_string() })?;
        for _ in 0..TRIES {
            let there = match self.unfinished(&manifest.opening.run_id).await {
                Ok(there) => there,
                // It leads nowhere: nobody loses anything by it.
                Err(StoreError::Manifest { .. } | StoreError::Name(_)) => {
                    self.put_small(&name, content.clone(), None).await?;
                    return Ok(manifest.clone());
                }
                Err(error) => return Err(error),
            };
            let condition = match there {
                Some(there) if there.manifest.targets > manifest.targets => return Ok(there.manifest),
                Some(there) => there.etag.map(Condition::Unchanged),
                None => Some(Condition::Absent),
            };
            match self.put_small(&name, content.clone(), condition).await? {
                Written::Yes => return Ok(manifest.clone()),
                Written::Overtaken => {}
                Written::NoConditions => {
                    self.put_small(&name, content, None).await?;
                    return Ok(manifest.clone());
                }
            }
        }
        Err(StoreError::Overtaken { object: self.shown(&name) })
    }

    /// Fetches the journal of an unfinished run to the file at `path`.
    ///
    /// # Errors
    /// S3 does not give a piece, or it is not what the manifest says.
    pub async fn fetch_journal(&self, manifest: &UnfinishedManifest, path: &Path) -> Result<(), StoreError> {
        let folder = names::of_unfinished(&manifest.opening.run_id);
        let mut out = tokio::fs::File::create(path).await.map_err(StoreError::file(path))?;
        for piece in &manifest.journal {
            self.fetch_onto(&names::within(&folder, &piece.name), piece, &mut out, path).await?;
        }
        out.flush().await.map_err(StoreError::file(path))
    }

    /// Removes all that there is of an unfinished run, its manifest first.
    ///
    /// # Errors
    /// Something cannot be deleted.
    pub async fn remove_unfinished(&self, run_id: &str) -> Result<(), StoreError> {
        if names::is_plain(run_id) {
            self.remove_folder(&names::of_unfinished(run_id)).await
        } else {
            Err(StoreError::Name(run_id.to_owned()))
        }
    }

    /// Puts the object by which the `number`th invocation hears that it is to go on with a run. Where there was one already it
    /// gives what is in that one: nothing where it is gone by now, or cannot be read.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn put_continuation(
        &self,
        run_id: &str,
        number: u32,
        content: String,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let name = names::within(&names::of_unfinished(run_id), &format!("continue-{number}.json"));
        match self.put_small(&name, content.clone(), Some(Condition::Absent)).await? {
            Written::Yes => Ok(None),
            Written::Overtaken => match self.get_small(&name).await {
                Ok(there) => Ok(Some(there.map(|there| there.content).unwrap_or_default())),
                Err(error) => {
                    warn!(%error, "it is not known whose event lets another invocation follow");
                    Ok(Some(Vec::new()))
                }
            },
            Written::NoConditions => self.put_small(&name, content, None).await.map(|_| None),
        }
    }
}

/// The name of an unfinished run's manifest.
fn manifest_of(run_id: &str) -> Result<String, StoreError> {
    if names::is_plain(run_id) {
        Ok(names::within(&names::of_unfinished(run_id), MANIFEST))
    } else {
        Err(StoreError::Name(run_id.to_owned()))
    }
}
