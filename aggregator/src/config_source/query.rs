//! The queries: what is selected, and why it is cut the way it is.
//!
//! The pages of a query follow one another by token, so one query cannot be read faster than one page at a time. It is cut
//! by Region, since Regions are few, known beforehand, and read at once. Within a Region the rows are ordered by account, so
//! that an account is complete when the next one begins, and nothing holds more than one account of each Region.
//!
//! `configuration` is selected whole: the published schema of `AWS::ECR::Repository` does not name its
//! `EncryptionConfiguration`, so a query for that field alone may well be refused.

use std::fmt::Display;

use crate::account::AccountId;

/// AWS Config's name of a repository.
pub const REPOSITORY: &str = "AWS::ECR::Repository";
/// AWS Config's name of a key.
pub const KEY: &str = "AWS::KMS::Key";
/// AWS Config's name of its own recorder.
pub const RECORDER: &str = "AWS::Config::ConfigurationRecorder";

/// The longest expression that AWS Config takes, in characters.
pub const LONGEST: usize = 4096;
/// How many accounts a query names at most; where more are wanted, all are read and the others dropped.
const MOST_ACCOUNTS: usize = 100;
/// How many keys a query names: their ids, of 36 characters and 40 with quotes, comma and blank, leave room for the rest; and the
/// answer is one page of at most 100 rows.
pub const KEYS_AT_ONCE: usize = 90;

/// The repositories of a Region, in the order of their accounts.
pub fn repositories(region: &str, accounts: Option<&[AccountId]>) -> String {
    format!(
        "SELECT accountId, awsRegion, arn, resourceId, resourceName, resourceCreationTime, configurationItemCaptureTime, \
         configurationItemStatus, tags, configuration WHERE resourceType = '{REPOSITORY}' AND awsRegion = '{region}'{} \
         ORDER BY accountId",
        of(accounts)
    )
}

/// The configuration recorders of a Region.
pub fn recorders(region: &str, accounts: Option<&[AccountId]>) -> String {
    format!(
        "SELECT accountId, awsRegion, configurationItemStatus, configurationItemCaptureTime, configuration WHERE \
         resourceType = '{RECORDER}' AND awsRegion = '{region}'{}",
        of(accounts)
    )
}

/// Keys of a Region by their ids, of which there are at most [`KEYS_AT_ONCE`].
pub fn keys(region: &str, ids: &[String]) -> String {
    format!(
        "SELECT accountId, awsRegion, arn, resourceId, configurationItemCaptureTime, configurationItemStatus, configuration \
         WHERE resourceType = '{KEY}' AND awsRegion = '{region}' AND resourceId IN ({})",
        list(ids)
    )
}

fn of(accounts: Option<&[AccountId]>) -> String {
    match accounts {
        Some(ids) if (1..=MOST_ACCOUNTS).contains(&ids.len()) => format!(" AND accountId IN ({})", list(ids)),
        _ => String::new(),
    }
}

/// Ids have no character that needs care in a literal: digits, letters and hyphens.
fn list(ids: &[impl Display]) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_expression_is_too_long() {
        let accounts: Vec<AccountId> =
            (0..MOST_ACCOUNTS).filter_map(|index| AccountId::parse(&format!("{index:012}"))).collect();
        assert_eq!(accounts.len(), MOST_ACCOUNTS);
        let keys_named: Vec<String> = (0..KEYS_AT_ONCE).map(|index| format!("mrk-{index:032x}")).collect();
        let region = "ap-northeast-1-and-longer";
        for expression in
            [repositories(region, Some(&accounts)), recorders(region, Some(&accounts)), keys(region, &keys_named)]
        {
            assert!(expression.len() <= LONGEST, "{}", expression.len());
        }
    }

    #[test]
    fn accounts_are_named_only_where_they_are_few() {
        let accounts = ["111122223333", "222233334444"].map(|id| AccountId::parse(id).unwrap());
        assert!(recorders("eu-west-1", Some(&accounts)).ends_with("AND accountId IN ('111122223333', '222233334444')"));
        assert!(recorders("eu-west-1", None).ends_with("AND awsRegion = 'eu-west-1'"));
        let many = vec![accounts[0]; MOST_ACCOUNTS + 1];
        assert_eq!(recorders("eu-west-1", Some(&many)), recorders("eu-west-1", None));
    }
}
