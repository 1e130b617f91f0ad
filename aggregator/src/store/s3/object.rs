//! Small objects: manifests, and what leads to them.

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ServerSideEncryption};
use ecr_encryption_rule::aws::fault::AwsFault;

use super::error::StoreError;
use super::{S3Store, names};

/// No manifest comes near this: more of an object is not read.
const MOST_SMALL: u64 = 16 << 20;

/// A small object, read whole.
#[derive(Debug)]
pub(super) struct Small {
    pub content: Vec<u8>,
    /// What tells this version of it from another one.
    pub etag: Option<String>,
}

/// What must be so for an object to be written.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// There is none yet.
    Absent,
    /// It is still this one.
    Unchanged(String),
}

/// What has come of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is written.
    Yes,
    /// Somebody else was there before.
    Overtaken,
    /// Whoever answers does not know conditions.
    NoConditions,
}

impl S3Store {
    /// Reads a small object; `None` where there is none.
    pub(super) async fn get_small(&self, name: &str) -> Result<Option<Small>, StoreError> {
        let request = self.client.get_object().bucket(self.location.bucket()).key(self.key(name));
        let request = request.range(format!("bytes=0-{}", MOST_SMALL - 1)).set_expected_bucket_owner(self.owner());
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(SdkError::ServiceError(error)) if error.err().is_no_such_key() => return Ok(None),
            Err(error) => {
                let fault = AwsFault::new("s3:GetObject", &error);
                // An empty object has no first byte.
                return if fault.http_status == Some(416) {
                    Ok(Some(Small { content: Vec::new(), etag: None }))
                } else {
                    Err(self.error(name, fault))
                };
            }
        };
        let length = total_length(answer.content_range(), answer.content_length());
        if length.is_some_and(|length| length > MOST_SMALL) {
            return Err(StoreError::Manifest {
                object: self.shown(name),
                problem: "it is larger than 16 MiB".to_owned(),
            });
        }
        let etag = answer.e_tag().map(str::to_owned);
        let body = answer.body.collect().await.map_err(|error| {
            self.error(name, AwsFault::other("s3:GetObject", format!("the answer broke off: {error}")))
        })?;
        Ok(Some(Small { content: body.to_vec(), etag }))
    }

    /// Writes a small object; with a condition only where that is met.
    pub(super) async fn put_small(
        &self,
        name: &str,
        content: String,
        condition: Option<Condition>,
    ) -> Result<Written, StoreError> {
        let mut request = self
            .client
            .put_object()
            .bucket(self.location.bucket())
            .key(self.key(name))
            .content_type(names::content_type(name))
            // What leads to the newest run is not to be had from a cache.
            .cache_control("no-cache")
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .set_server_side_encryption(self.encryption())
            .set_ssekms_key_id(self.options.kms_key.clone())
            .set_bucket_key_enabled(self.bucket_key())
            .set_expected_bucket_owner(self.owner())
            .body(ByteStream::from(content.into_bytes()));
        let is_conditional = condition.is_some();
        request = match condition {
            None => request,
            Some(Condition::Absent) => request.if_none_match("*"),
            Some(Condition::Unchanged(etag)) => request.if_match(etag),
        };
        let Err(error) = request.send().await else { return Ok(Written::Yes) };
        let fault = AwsFault::new("s3:PutObject", &error);
        match (fault.http_status, fault.code.as_deref()) {
            // The last of them: what was there is gone by now.
            (Some(412), _) | (_, Some("ConditionalRequestConflict" | "NoSuchKey")) if is_conditional => {
                Ok(Written::Overtaken)
            }
            (Some(501), _) | (_, Some("NotImplemented" | "InvalidArgument")) if is_conditional => {
                Ok(Written::NoConditions)
            }
            _ => Err(self.error(name, fault)),
        }
    }

    /// How objects are to be encrypted, where the user says so.
    pub(super) fn encryption(&self) -> Option<ServerSideEncryption> {
        self.options.kms_key.is_some().then_some(ServerSideEncryption::AwsKms)
    }

    /// One key for many objects: it saves a call of KMS each.
    pub(super) fn bucket_key(&self) -> Option<bool> {
        self.options.kms_key.is_some().then_some(true)
    }
}

/// The length of the whole object, of which a part was asked for: `bytes 0-99/1234`.
pub(super) fn total_length(content_range: Option<&str>, content_length: Option<i64>) -> Option<u64> {
    match content_range {
        Some(range) => range.rsplit_once('/')?.1.parse().ok(),
        None => content_length?.try_into().ok(),
    }
}

/// The bytes of a checksum as manifests have it; `None` where it is none.
pub(super) fn unhexed(hex: &str) -> Option<Vec<u8>> {
    let pairs = (0..hex.len()).step_by(2).map(|at| hex.get(at..at + 2));
    pairs.map(|digits| u8::from_str_radix(digits?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Some("bytes 0-99/1234"), Some(100), Some(1_234))]
    #[case(Some("bytes 0-99/*"), Some(100), None)]
    #[case(Some("nonsense"), Some(100), None)]
    #[case(None, Some(100), Some(100))]
    #[case(None, None, None)]
    fn the_length_of_the_whole(#[case] range: Option<&str>, #[case] length: Option<i64>, #[case] whole: Option<u64>) {
        assert_eq!(total_length(range, length), whole);
    }

    #[rstest]
    #[case("00ff10", Some(vec![0, 255, 16]))]
    #[case("00FF", Some(vec![0, 255]))]
    #[case("", Some(Vec::new()))]
    #[case("abc", None)]
    #[case("no", None)]
    #[case("é", None)]
    #[case("€0", None)]
    fn checksums(#[case] hex: &str, #[case] bytes: Option<Vec<u8>>) {
        assert_eq!(unhexed(hex), bytes);
    }
}
