//! Runs that are not kept any longer.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};

use super::error::StoreError;
use super::{S3Store, names};
use crate::history::manifest::MANIFEST;

/// S3 deletes so many objects in one call.
const MOST_DELETED: i32 = 1_000;

impl S3Store {
    /// Removes a run: its manifest, so that there is no such run from then on, then its other files and its part of the
    /// dataset. What is not there is no error.
    ///
    /// # Errors
    /// Something cannot be deleted.
    pub async fn remove(&self, run_name: &str) -> Result<(), StoreError> {
        if !names::is_plain(run_name) {
            return Err(StoreError::Name(run_name.to_owned()));
        }
        self.remove_folder(&names::of_run(run_name)).await?;
        match names::of_dataset(run_name) {
            Some(name) => self.delete(&name, vec![self.key(&name)]).await,
            None => Ok(()),
        }
    }

    /// Removes a run that is not among the others, if there is one.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub async fn remove_apart(&self, folder_name: &str) -> Result<(), StoreError> {
        match self.manifest_in(&names::within(folder_name, MANIFEST)).await? {
            Some(_) => self.remove_folder(folder_name).await,
            None => Ok(()),
        }
    }

    /// Removes what is in the folder of a run, the manifest first.
    pub(super) async fn remove_folder(&self, folder: &str) -> Result<(), StoreError> {
        let manifest = names::within(folder, MANIFEST);
        self.delete(&manifest, vec![self.key(&manifest)]).await?;
        // With its slash: a folder whose name begins with this one's is another one.
        let prefix = names::within(folder, "");
        loop {
            let request = self.client.list_objects_v2().bucket(self.location.bucket()).prefix(self.key(&prefix));
            let page = request.max_keys(MOST_DELETED).set_expected_bucket_owner(self.owner()).send().await;
            let page = page.map_err(|error| self.error(&prefix, AwsFault::new("s3:ListBucket", &error)))?;
            let keys: Vec<String> =
                page.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect();
            if keys.is_empty() {
                return Ok(());
            }
            self.delete(&prefix, keys).await?;
        }
    }

    /// Deletes objects; `name` is for the error.
    pub(super) async fn delete(&self, name: &str, keys: Vec<String>) -> Result<(), StoreError> {
        let objects: Result<Vec<_>, _> =
            keys.into_iter().map(|key| ObjectIdentifier::builder().key(key).build()).collect();
        let delete = objects.and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build());
        let delete = delete.map_err(|error| self.error(name, AwsFault::other(DELETE, error.to_string())))?;
        let request = self.client.delete_objects().bucket(self.location.bucket()).delete(delete);
        let answer = request.set_expected_bucket_owner(self.owner()).send().await;
        let answer = answer.map_err(|error| self.error(name, AwsFault::new(DELETE, &error)))?;
        let Some(error) = answer.errors().first() else { return Ok(()) };
        let mut fault = AwsFault::other(DELETE, error.message().unwrap_or("S3 does not say why"));
        fault.code = error.code().map(str::to_owned);
        if fault.code.as_deref() == Some("AccessDenied") {
            fault.kind = FaultKind::Denied;
        }
        Err(self.asked(error.key().unwrap_or(name)).error(fault))
    }
}

const DELETE: &str = "s3:DeleteObject";
