//! What AWS `CloudFormation` has deployed into the accounts.

use serde::Deserialize;

use super::Organization;

/// The service principal of `StackSets` that the organization trusts.
pub const STACK_SETS_SERVICE: &str = "member.org.stacksets.cloudformation.amazonaws.com";

/// AWS `CloudFormation`'s `StackSets`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CloudFormationService {
    /// What `DescribeOrganizationsAccess` tells: `ENABLED`, `DISABLED`, `DISABLED_PERMANENTLY`. Absent: `ENABLED` where the
    /// organization trusts `StackSets`, else `DISABLED`. Where it was trusted by other means than `ActivateOrganizationsAccess`
    /// AWS may tell `DISABLED` all the same.
    pub organizations_access: Option<String>,
    /// The `StackSets`; by default one, see [`StackSet::default`].
    #[serde(rename = "stack_set")]
    pub stack_sets: Vec<StackSet>,
}

impl Default for CloudFormationService {
    fn default() -> Self {
        Self { organizations_access: None, stack_sets: vec![StackSet::default()] }
    }
}

/// A `StackSet`. It has an instance in every active account below its units but the management account; `instances` says what
/// differs, and may name accounts that are not active.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StackSet {
    /// Its name.
    pub name: String,
    /// The Region that it is in; absent: whichever is asked, so that it is there for every caller.
    pub region: Option<String>,
    /// `Status`: `ACTIVE` or `DELETED`.
    pub status: String,
    /// `Description`.
    pub description: Option<String>,
    /// `PermissionModel`: `SERVICE_MANAGED`, which is the organization's, or `SELF_MANAGED`.
    pub permission_model: String,
    /// Whose it is where it is `SELF_MANAGED`; absent: the management account's.
    pub account: Option<String>,
    /// `AutoDeployment.Enabled`.
    pub auto_deployment: bool,
    /// `AutoDeployment.RetainStacksOnAccountRemoval`.
    pub retain_stacks: bool,
    /// `ManagedExecution.Active`.
    pub managed_execution: bool,
    /// The organizational units that it is deployed to; empty: the root.
    pub organizational_units: Vec<String>,
    /// The keys of its `Parameters`, whose values are made up.
    pub parameters: Vec<String>,
    /// The Regions that its instances are in; empty: its own.
    pub instance_regions: Vec<String>,
    /// The instances that differ; the first that matches counts. Others are `CURRENT` and `SUCCEEDED`.
    #[serde(rename = "instance")]
    pub instances: Vec<StackInstance>,
}

impl Default for StackSet {
    fn default() -> Self {
        Self {
            name: "EcrEncryptionMemberRole".to_owned(),
            region: None,
            status: "ACTIVE".to_owned(),
            description: None,
            permission_model: "SERVICE_MANAGED".to_owned(),
            account: None,
            auto_deployment: true,
            retain_stacks: false,
            managed_execution: true,
            organizational_units: Vec::new(),
            parameters: Vec::new(),
            instance_regions: Vec::new(),
            instances: Vec::new(),
        }
    }
}

/// How the instances of a `StackSet` fare in an account, in one Region or in all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StackInstance {
    /// The account; absent: all.
    pub account: Option<String>,
    /// The Region; absent: all.
    pub region: Option<String>,
    /// There is none.
    pub absent: bool,
    /// `Status`: `CURRENT`, `OUTDATED`, `INOPERABLE`.
    pub status: String,
    /// `StackInstanceStatus.DetailedStatus`: `SUCCEEDED`, `FAILED`, `PENDING`, `SKIPPED_SUSPENDED_ACCOUNT` …; absent: AWS doesn't
    /// tell it.
    pub detailed_status: Option<String>,
    /// `StatusReason`.
    pub status_reason: Option<String>,
}

impl Default for StackInstance {
    fn default() -> Self {
        Self {
            account: None,
            region: None,
            absent: false,
            status: "CURRENT".to_owned(),
            detailed_status: Some("SUCCEEDED".to_owned()),
            status_reason: None,
        }
    }
}

impl StackSet {
    /// Whether the whole organization is its place.
    pub fn is_service_managed(&self) -> bool {
        self.permission_model == "SERVICE_MANAGED"
    }

    /// What is described of an instance.
    pub fn instance(&self, account: &str, region: &str) -> Option<&StackInstance> {
        let same = |narrowed: &Option<String>, value: &str| narrowed.as_deref().is_none_or(|known| known == value);
        self.instances.iter().find(|one| same(&one.account, account) && same(&one.region, region))
    }
}

impl Organization {
    /// What `DescribeOrganizationsAccess` tells.
    pub fn organizations_access(&self) -> &str {
        let trusted = self.trusted_services.iter().any(|service| service == STACK_SETS_SERVICE);
        let by_trust = if trusted { "ENABLED" } else { "DISABLED" };
        self.cloudformation.organizations_access.as_deref().unwrap_or(by_trust)
    }
}
