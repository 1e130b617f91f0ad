//! Sizes of an organization that is computed instead of listed.

use serde::Deserialize;

/// The id of the first generated account; the others follow.
const FIRST_ACCOUNT: u64 = 200_000_000_000;

/// Sizes of a generated organization. Nothing of it is kept in memory: each page is computed from
/// the seed, the account, the Region and the position.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Generate {
    /// Accounts, the management account included.
    pub accounts: usize,
    /// Enabled Regions of each account: AWS's 17 default ones first, then opt-in ones.
    pub regions: usize,
    /// Repositories of each account in each Region.
    pub repositories: usize,
    /// `true`: `repositories` is the mean, and accounts differ from 0 to twice as many.
    pub uneven: bool,
    /// Customer-managed keys of each account in each Region.
    pub keys: usize,
    /// Organizational units, four to a parent.
    pub organizational_units: usize,
    /// Of 1,000 accounts, how many lack the role.
    pub without_role_per_mille: u64,
    /// Of 1,000 accounts, how many are suspended.
    pub suspended_per_mille: u64,
    /// Of 1,000 repositories, how many carry the tag `encryption-exempt`.
    pub exempt_per_mille: u64,
}

impl Default for Generate {
    fn default() -> Self {
        Self {
            accounts: 10,
            regions: 17,
            repositories: 5,
            uneven: false,
            keys: 3,
            organizational_units: 20,
            without_role_per_mille: 0,
            suspended_per_mille: 0,
            exempt_per_mille: 10,
        }
    }
}

/// The id of the generated account at a position.
pub fn account_id(index: usize) -> String {
    (FIRST_ACCOUNT + index as u64).to_string()
}

/// The position of a generated account.
pub fn account_index(id: &str) -> Option<usize> {
    let number: u64 = id.parse().ok()?;
    usize::try_from(number.checked_sub(FIRST_ACCOUNT)?).ok()
}
