//! How the product's clients get to a server of the test's.

use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use ecr_encryption_aggregator::store::location::{Location, S3Location};
use ecr_encryption_aggregator::store::s3::{S3Options, S3Store};
use ecr_encryption_rule::aws::clients;
use integration_tests::moto::MotoServer;

/// The Region that the caller is configured for.
pub const REGION: &str = "eu-central-1";

/// What the command line gives the clients, with short waits between attempts.
pub fn sdk_config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("testing", "testing", None, None, "test");
    let retries = clients::retry_config(None).with_initial_backoff(Duration::from_millis(1));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(clients::http_client(16))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .retry_config(retries.with_max_backoff(Duration::from_millis(5)))
        .timeout_config(clients::timeout_config(Duration::from_secs(30)))
        .stalled_stream_protection(clients::stalled_stream_protection())
        .endpoint_url(endpoint)
        .build()
}

pub fn location(text: &str) -> S3Location {
    match text.parse().unwrap() {
        Location::S3(location) => location,
        Location::Folder(path) => panic!("{}", path.display()),
    }
}

pub async fn open(endpoint: &str, at: &str, options: S3Options) -> S3Store {
    S3Store::open(&sdk_config(endpoint), location(at), options).await.unwrap()
}

/// One server for all tests. It ends with the test's process.
pub fn moto() -> &'static str {
    static MOTO: OnceLock<MotoServer> = OnceLock::new();
    MOTO.get_or_init(|| MotoServer::start(None).unwrap()).endpoint()
}

/// A client of the test's own, for buckets in `region`.
pub fn client(region: &'static str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&sdk_config(moto())).region(Region::new(region));
    aws_sdk_s3::Client::from_conf(config.force_path_style(true).build())
}

/// A new bucket on moto, each test its own.
pub async fn bucket(name: &str, region: &'static str) -> aws_sdk_s3::Client {
    let client = client(region);
    let place =
        CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region)).build();
    client.create_bucket().bucket(name).create_bucket_configuration(place).send().await.unwrap();
    client
}

/// All keys of a bucket.
pub async fn keys(client: &aws_sdk_s3::Client, bucket: &str) -> Vec<String> {
    let listed = client.list_objects_v2().bucket(bucket).send().await.unwrap();
    listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}
