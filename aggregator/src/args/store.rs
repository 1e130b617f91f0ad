//! Flags for reports on S3.

use std::path::PathBuf;

use clap::Args;
use ecr_encryption_core::{InvalidValue, KeyArn, value};

use crate::store::s3::S3Options;

const HEADING: &str = "Reports on S3";

/// The flags that say how a report is kept on S3.
#[derive(Debug, Clone, Default, Args)]
pub struct StoreArgs {
    /// The KMS key to encrypt the report under: key ARN, key id, alias ARN or alias/NAME [default: as the bucket says]
    #[arg(long, help_heading = HEADING, value_name = "KEY", value_parser = kms_key)]
    #[arg(env = "ECR_ENCRYPTION_S3_KMS_KEY", hide_env = true)]
    pub s3_kms_key: Option<String>,

    /// The account that the bucket must be in; where it is in another, nothing is written or read
    #[arg(long, help_heading = HEADING, value_name = "ACCOUNT", value_parser = value::account_id)]
    #[arg(env = "ECR_ENCRYPTION_S3_BUCKET_OWNER", hide_env = true)]
    pub s3_bucket_owner: Option<String>,

    /// Where what is read, and the report until it is uploaded, are kept [default: one in ~/.cache/ecr-encryption]
    #[arg(long, help_heading = HEADING, value_name = "DIR")]
    #[arg(env = "ECR_ENCRYPTION_WORK_DIR", hide_env = true)]
    pub work_dir: Option<PathBuf>,
}

impl StoreArgs {
    /// What is said of the objects.
    pub fn options(&self) -> S3Options {
        S3Options { kms_key: self.s3_kms_key.clone(), bucket_owner: self.s3_bucket_owner.clone() }
    }
}

/// A KMS key as S3 takes it.
fn kms_key(text: &str) -> Result<String, InvalidValue> {
    let is_name = |name: &str| {
        (1..=250).contains(&name.len())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "/_-".contains(letter))
    };
    let is_key_id = |id: &str| {
        let hexadecimal = id.strip_prefix("mrk-").unwrap_or(id);
        matches!(hexadecimal.len(), 32 | 36)
            && hexadecimal.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-')
    };
    let is_alias_arn = || {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, "kms", region, account, alias] = parts.as_slice() else { return false };
        value::region(region).is_ok()
            && value::account_id(account).is_ok()
            && alias.strip_prefix("alias/").is_some_and(is_name)
    };
    let is_key = text
        .strip_prefix("alias/")
        .map_or_else(|| is_key_id(text) || KeyArn::parse(text).is_some() || is_alias_arn(), is_name);
    if is_key {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::new(
            text,
            "is not a KMS key",
            "a key's ARN or id, alias/NAME, or an alias's ARN such as arn:aws:kms:eu-central-1:111122223333:alias/NAME",
        ))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", true)]
    #[case("arn:aws:kms:eu-central-1:111122223333:alias/reports/ecr", true)]
    #[case("1234abcd-12ab-34cd-56ef-1234567890ab", true)]
    #[case("mrk-1234abcd12ab34cd56ef1234567890ab", true)]
    #[case("alias/reports", true)]
    #[case("alias/aws/s3", true)]
    #[case("alias/", false)]
    #[case("alias/re ports", false)]
    #[case("reports", false)]
    #[case("arn:aws:kms:eu-central-1:1111:alias/reports", false)]
    #[case("arn:aws:s3:eu-central-1:111122223333:alias/reports", false)]
    #[case("", false)]
    fn keys(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(kms_key(text).is_ok(), expected);
    }
}
