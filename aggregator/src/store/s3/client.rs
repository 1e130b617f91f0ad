//! The client for one bucket: in the bucket's Region, with the SDK's settings.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    Builder, Region, RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_types::service_config::ServiceConfigKey;
use ecr_encryption_rule::aws::clients;
use ecr_encryption_rule::aws::fault::AwsFault;

/// How long the transfer of one part may take: 16 MiB at 28 kB/s. An upload that stands still ends long before.
const TRANSFER: Duration = Duration::from_mins(10);

/// How long an upload may stand still.
const STALLED: Duration = Duration::from_secs(30);

/// The header in which S3 tells a bucket's Region, whatever else it answers.
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// A client for buckets in `region`; without one for those in the configuration's own.
pub(super) fn client(sdk_config: &SdkConfig, region: Option<Region>) -> Client {
    let mut builder = Builder::from(sdk_config)
        .retry_partition(clients::retry_partition())
        // Whatever the environment says: uploads are verified by S3, downloads by the manifest.
        .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    if let Some(region) = region {
        builder = builder.region(region);
    }
    if has_endpoint(sdk_config) {
        builder = builder.force_path_style(true);
    }
    Client::from_conf(builder.build())
}

/// What differs for calls that carry a file, or a part of one.
pub(super) fn transfer() -> Builder {
    let stalled = StalledStreamProtectionConfig::enabled().upload_enabled(true).download_enabled(false);
    Builder::new()
        .timeout_config(clients::timeout_config(TRANSFER))
        .stalled_stream_protection(stalled.grace_period(STALLED).build())
}

/// Whether an endpoint is configured: it need not know names such as `bucket.endpoint`.
fn has_endpoint(sdk_config: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_service = key.ok().and_then(|key| sdk_config.service_config()?.load_config(key));
    of_service.is_some() || sdk_config.endpoint_url().is_some()
}

/// Where a bucket is, as far as S3 tells; whether it may be used is left to the calls that follow, whose answers say more
/// than this one's, which has no body.
///
/// # Errors
/// S3 cannot be reached, or does not answer.
pub(super) async fn region_of(client: &Client, bucket: &str, owner: Option<&str>) -> Result<Option<Region>, AwsFault> {
    let request = client.head_bucket().bucket(bucket).set_expected_bucket_owner(owner.map(str::to_owned));
    let region = match request.send().await {
        Ok(answer) => answer.bucket_region,
        Err(error) => {
            let told = error.raw_response().and_then(|answer| answer.headers().get(BUCKET_REGION)).map(str::to_owned);
            let fault = AwsFault::new("s3:ListBucket", &error);
            if told.is_none() && fault.kind.is_passing() {
                return Err(fault);
            }
            told
        }
    };
    Ok(region.filter(|region| !region.is_empty()).map(Region::new))
}
