//! What Security Hub is like.

use serde::Deserialize;

/// Security Hub in every account and Region.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityHubService {
    /// Where it is enabled; none by default.
    #[serde(rename = "enabled")]
    pub enabled: Vec<SecurityHubPlace>,
    /// The account that sees the findings of all others.
    pub administrator: Option<String>,
    /// Findings on a page at most; absent: as many as are asked for.
    pub findings_per_page: Option<usize>,
    /// Ids of findings that are refused the first time: with `InternalException` when they are imported, with
    /// `ConcurrentUpdateError` when they are updated.
    pub fail_first: Vec<String>,
    /// Ids of findings that are always refused, with `InvalidInput`.
    pub fail_always: Vec<String>,
}

/// An account and Region.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityHubPlace {
    /// The account; absent: all.
    pub account: Option<String>,
    /// The Region; absent: all.
    pub region: Option<String>,
}

impl SecurityHubService {
    /// Whether it is enabled there.
    pub fn is_enabled(&self, account: &str, region: &str) -> bool {
        self.enabled.iter().any(|place| {
            place.account.as_deref().is_none_or(|known| known == account)
                && place.region.as_deref().is_none_or(|known| known == region)
        })
    }
}
