//! Where reports are kept: a folder, or a prefix of an S3 bucket.

pub mod location;
pub mod s3;
