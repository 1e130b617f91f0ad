//! AWS Config's rules of the whole organization.

use serde::Deserialize;

/// The service principal in whose name AWS Config puts rules into the accounts of an organization.
pub const ORGANIZATION_RULES_SERVICE: &str = "config-multiaccountsetup.amazonaws.com";

/// A rule of the organization, with a Lambda function. It is in every active account whose Region is enabled, the management
/// account included; `statuses` says what differs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrganizationRule {
    /// Its name.
    pub name: String,
    /// The account that it was made from, which alone sees it; absent: whichever asks.
    pub account: Option<String>,
    /// The Regions that it is in; absent: all.
    pub regions: Option<Vec<String>>,
    /// `ExcludedAccounts`.
    pub excluded_accounts: Vec<String>,
    /// `InputParameters`.
    pub input_parameters: Option<String>,
    /// `LambdaFunctionArn`; absent: made up.
    pub function_arn: Option<String>,
    /// How it fares in single accounts; the first that matches counts. Elsewhere it is `CREATE_SUCCESSFUL`, or
    /// `CREATE_FAILED` where there is no configuration recorder.
    #[serde(rename = "status")]
    pub statuses: Vec<MemberRule>,
}

impl Default for OrganizationRule {
    fn default() -> Self {
        Self {
            name: "ecr-encryption".to_owned(),
            account: None,
            regions: None,
            excluded_accounts: Vec::new(),
            input_parameters: None,
            function_arn: None,
            statuses: Vec::new(),
        }
    }
}

/// How a rule of the organization fares in an account, in one Region or in all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemberRule {
    /// The account; absent: all.
    pub account: Option<String>,
    /// The Region; absent: all.
    pub region: Option<String>,
    /// AWS Config has nothing of the account.
    pub absent: bool,
    /// `MemberAccountRuleStatus`: `CREATE_FAILED`, `UPDATE_IN_PROGRESS` …
    pub status: String,
    /// `ErrorCode`.
    pub error_code: Option<String>,
    /// `ErrorMessage`.
    pub error_message: Option<String>,
}

impl Default for MemberRule {
    fn default() -> Self {
        Self {
            account: None,
            region: None,
            absent: false,
            status: "CREATE_SUCCESSFUL".to_owned(),
            error_code: None,
            error_message: None,
        }
    }
}

impl MemberRule {
    /// What AWS Config tells of an account that has no configuration recorder.
    pub fn without_recorder() -> Self {
        Self {
            status: "CREATE_FAILED".to_owned(),
            error_code: Some("NoAvailableConfigurationRecorder".to_owned()),
            error_message: Some(
                "You must create a configuration recorder before you can create or update a Config rule.".to_owned(),
            ),
            ..Self::default()
        }
    }
}

impl OrganizationRule {
    /// Whether an account that asks in a Region sees it.
    pub fn is_seen(&self, account: &str, region: &str) -> bool {
        self.account.as_deref().is_none_or(|home| home == account)
            && self.regions.as_ref().is_none_or(|regions| regions.iter().any(|known| known == region))
    }

    /// What is described of it in an account.
    pub fn status(&self, account: &str, region: &str) -> Option<&MemberRule> {
        let same = |narrowed: &Option<String>, value: &str| narrowed.as_deref().is_none_or(|known| known == value);
        self.statuses.iter().find(|one| same(&one.account, account) && same(&one.region, region))
    }
}
