//! Files that go to S3: in one request, or in parts. They are read from the disk as they are sent.

use std::io;
use std::path::Path;

use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use aws_smithy_types::base64;
use ecr_encryption_rule::aws::fault::AwsFault;
use futures_util::{StreamExt, TryStreamExt, stream};
use tracing::warn;

use super::client::transfer;
use super::error::StoreError;
use super::object::unhexed;
use super::{AT_ONCE, S3Store, names};
use crate::history::manifest::ManifestFile;

/// A larger file is sent in parts.
pub(super) const MOST_AT_ONCE: u64 = 8 << 20;
/// A part is at least so long.
const LEAST_PART: u64 = 16 << 20;
/// S3 takes no more parts than this.
const MOST_PARTS: u64 = 10_000;

/// One part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    /// From 1 on.
    number: i32,
    offset: u64,
    length: u64,
}

/// The parts of a file, all of them as long as each other but for the last.
fn parts(length: u64) -> impl Iterator<Item = Part> {
    let part = length.div_ceil(MOST_PARTS).next_multiple_of(1 << 20).max(LEAST_PART);
    (1_i32..).zip(0..length.div_ceil(part)).map(move |(number, index)| {
        let offset = index * part;
        Part { number, offset, length: part.min(length - offset) }
    })
}

impl S3Store {
    /// Sends a file, which must be as its manifest says. S3 verifies what it gets, and nothing of it stays where that
    /// fails.
    pub(super) async fn put_file(&self, path: &Path, name: &str, file: &ManifestFile) -> Result<(), StoreError> {
        self.go_on()?;
        let length = tokio::fs::metadata(path).await.map_err(StoreError::file(path))?.len();
        if length != file.bytes {
            let error = io::Error::other(format!("it has {length} bytes, and {} by the manifest", file.bytes));
            return Err(StoreError::file(path)(error));
        }
        self.put_piece(path, 0, name, file).await
    }

    /// Sends a piece of a file, from `offset` on, in the same way.
    pub(super) async fn put_piece(
        &self,
        path: &Path,
        offset: u64,
        name: &str,
        piece: &ManifestFile,
    ) -> Result<(), StoreError> {
        if piece.bytes <= MOST_AT_ONCE {
            self.put_at_once(path, offset, name, piece).await
        } else {
            self.put_in_parts(path, offset, name, piece.bytes).await
        }
    }

    async fn put_at_once(&self, path: &Path, offset: u64, name: &str, file: &ManifestFile) -> Result<(), StoreError> {
        let request = self
            .client
            .put_object()
            .bucket(self.location.bucket())
            .key(self.key(name))
            .content_type(names::content_type(name))
            .content_disposition(names::content_disposition(name))
            // The manifest's: what S3 has is what the manifest says.
            .set_checksum_sha256(unhexed(&file.sha256).map(base64::encode))
            .set_server_side_encryption(self.encryption())
            .set_ssekms_key_id(self.options.kms_key.clone())
            .set_bucket_key_enabled(self.bucket_key())
            .set_expected_bucket_owner(self.owner())
            .body(read(path, Part { number: 1, offset, length: file.bytes }).await?);
        self.unless_stopped(async {
            let sent = request.customize().config_override(transfer()).send().await;
            sent.map(drop).map_err(|error| self.error(name, AwsFault::new("s3:PutObject", &error)))
        })
        .await
    }

    async fn put_in_parts(&self, path: &Path, offset: u64, name: &str, length: u64) -> Result<(), StoreError> {
        let request = self
            .client
            .create_multipart_upload()
            .bucket(self.location.bucket())
            .key(self.key(name))
            .content_type(names::content_type(name))
            .content_disposition(names::content_disposition(name))
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .set_server_side_encryption(self.encryption())
            .set_ssekms_key_id(self.options.kms_key.clone())
            .set_bucket_key_enabled(self.bucket_key())
            .set_expected_bucket_owner(self.owner());
        let created = request.send().await;
        let created = created.map_err(|error| self.error(name, AwsFault::new("s3:PutObject", &error)))?;
        let Some(upload_id) = created.upload_id else {
            let fault = AwsFault::other("s3:PutObject", "S3 gives the upload no id");
            return Err(self.error(name, fault));
        };
        let done = self.unless_stopped(self.put_parts(path, offset, name, length, &upload_id)).await;
        if done.is_err() {
            self.abort(name, &upload_id).await;
        }
        done
    }

    async fn put_parts(
        &self,
        path: &Path,
        offset: u64,
        name: &str,
        length: u64,
        upload_id: &str,
    ) -> Result<(), StoreError> {
        let parts = parts(length).map(|part| Part { offset: offset + part.offset, ..part });
        let sending = parts.map(|part| self.put_part(path, name, upload_id, part));
        let sent: Vec<CompletedPart> = stream::iter(sending).buffered(AT_ONCE).try_collect().await?;
        self.still_alone()?;
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(self.location.bucket())
            .key(self.key(name))
            .upload_id(upload_id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(sent)).build())
            .set_mpu_object_size(length.try_into().ok())
            .set_expected_bucket_owner(self.owner());
        let completed = request.customize().config_override(transfer()).send().await;
        completed.map(drop).map_err(|error| self.error(name, AwsFault::new("s3:PutObject", &error)))
    }

    async fn put_part(
        &self,
        path: &Path,
        name: &str,
        upload_id: &str,
        part: Part,
    ) -> Result<CompletedPart, StoreError> {
        self.still_alone()?;
        let request = self
            .client
            .upload_part()
            .bucket(self.location.bucket())
            .key(self.key(name))
            .upload_id(upload_id)
            .part_number(part.number)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .set_expected_bucket_owner(self.owner())
            .body(read(path, part).await?);
        let sent = request.customize().config_override(transfer()).send().await;
        let sent = sent.map_err(|error| self.error(name, AwsFault::new("s3:PutObject", &error)))?;
        let completed = CompletedPart::builder().part_number(part.number);
        Ok(completed.set_e_tag(sent.e_tag).set_checksum_crc32(sent.checksum_crc32).build())
    }

    /// Parts that are not put together cost money for as long as they are there.
    async fn abort(&self, name: &str, upload_id: &str) {
        let request = self.client.abort_multipart_upload().bucket(self.location.bucket()).key(self.key(name));
        let aborted = request.upload_id(upload_id).set_expected_bucket_owner(self.owner()).send().await;
        if let Err(error) = aborted {
            let fault = AwsFault::new("s3:AbortMultipartUpload", &error);
            warn!(%fault, "the parts of an upload to `{}` that failed are still there", self.shown(name));
        }
    }
}

/// A part of a file, to be read when it is sent, and again where it is sent again.
async fn read(path: &Path, part: Part) -> Result<ByteStream, StoreError> {
    let reading = ByteStream::read_from().path(path).offset(part.offset).length(Length::Exact(part.length));
    reading.build().await.map_err(|error| StoreError::file(path)(io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_are_all_of_a_file_and_not_too_many(length in 1..(48_u64 << 40)) {
            // Not all of them are looked at: the first ones, and the sum.
            let all = parts(length);
            let mut next = 0;
            let mut count = 0;
            for part in all {
                prop_assert_eq!(part.offset, next);
                prop_assert!(part.length >= 5 << 20 || part.offset + part.length == length);
                next += part.length;
                count += 1;
                prop_assert_eq!(part.number, count);
            }
            prop_assert_eq!(next, length);
            prop_assert!(count <= 10_000);
        }
    }
}
