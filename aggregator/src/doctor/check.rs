//! What is checked: one table, which the README and the tests share.

use schemars::JsonSchema;
use serde::Serialize;

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Who asks.
    Caller,
    /// Whether there is an organization, whose accounts can be listed.
    Organization,
    /// Whether the organization has all features.
    AllFeatures,
    /// Whether AWS Config and StackSets may act in the organization.
    TrustedAccess,
    /// Whether the home account may deploy for the organization.
    DelegatedAdministrator,
    /// Whether the `StackSet` of the role is there.
    StackSet,
    /// Whether it has brought the role into each account.
    StackInstances,
    /// Whether the organization's rule is in each account.
    OrganizationRule,
    /// Whether there is the configuration aggregator that the scan reads.
    Aggregator,
    /// Whether the role of each account can be assumed.
    Role,
    /// Whether each account has enabled the Regions that were named.
    Regions,
    /// Whether AWS Config records what the rule judges.
    Recorder,
    /// Whether ECR can be read.
    EcrRights,
    /// Whether keys can be described.
    KmsRights,
    /// Whether tags can be read.
    TagRights,
    /// Whether Security Hub is enabled and can be read.
    SecurityHub,
}

impl Check {
    /// Every check, in the order in which they are shown.
    pub const ALL: [Self; 16] = [
        Self::Caller,
        Self::Organization,
        Self::AllFeatures,
        Self::TrustedAccess,
        Self::DelegatedAdministrator,
        Self::StackSet,
        Self::StackInstances,
        Self::OrganizationRule,
        Self::Aggregator,
        Self::Role,
        Self::Regions,
        Self::Recorder,
        Self::EcrRights,
        Self::KmsRights,
        Self::TagRights,
        Self::SecurityHub,
    ];

    /// Its stable id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Organization => "organization",
            Self::AllFeatures => "all-features",
            Self::TrustedAccess => "trusted-access",
            Self::DelegatedAdministrator => "delegated-administrator",
            Self::StackSet => "stack-set",
            Self::StackInstances => "stack-instances",
            Self::OrganizationRule => "organization-rule",
            Self::Aggregator => "aggregator",
            Self::Role => "role",
            Self::Regions => "regions",
            Self::Recorder => "recorder",
            Self::EcrRights => "ecr-rights",
            Self::KmsRights => "kms-rights",
            Self::TagRights => "tag-rights",
            Self::SecurityHub => "security-hub",
        }
    }

    /// What must be so.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Caller => "AWS accepts the caller's credentials",
            Self::Organization => "the organization's accounts can be listed",
            Self::AllFeatures => "the organization has all features",
            Self::TrustedAccess => "AWS Config and StackSets may act in the organization, where they are used",
            Self::DelegatedAdministrator => "the home account may deploy for the organization",
            Self::StackSet => "the StackSet of the role is there, with automatic deployment",
            Self::StackInstances => "it has brought the role into each account",
            Self::OrganizationRule => "the organization's rule is in each account, in each rule Region",
            Self::Aggregator => {
                "there is a configuration aggregator that collects all that is scanned, with --source config or both"
            }
            Self::Role => "the role of each account can be assumed",
            Self::Regions => "each account has enabled the Regions that were named",
            Self::Recorder => {
                "AWS Config records repositories and keys in each rule Region, with --source config or both in each scanned one"
            }
            Self::EcrRights => "ECR can be read",
            Self::KmsRights => "keys can be described",
            Self::TagRights => "tags can be read, where the policy exempts by tag",
            Self::SecurityHub => "Security Hub is enabled and can be read, with --security-hub",
        }
    }

    /// The IAM actions that it takes, as the caller.
    pub const fn callers_actions(self) -> &'static [&'static str] {
        match self {
            Self::Caller => &["sts:GetCallerIdentity"],
            Self::Organization => &[
                "organizations:DescribeOrganization",
                "organizations:ListAccounts",
                "organizations:ListRoots",
                "organizations:ListOrganizationalUnitsForParent",
                "organizations:ListParents",
                "organizations:DescribeOrganizationalUnit",
            ],
            Self::AllFeatures => &["organizations:DescribeOrganization"],
            Self::TrustedAccess => {
                &["organizations:ListAWSServiceAccessForOrganization", "cloudformation:DescribeOrganizationsAccess"]
            }
            Self::DelegatedAdministrator => &["organizations:ListDelegatedAdministrators"],
            Self::StackSet => &["cloudformation:DescribeStackSet"],
            Self::StackInstances => &["cloudformation:ListStackInstances"],
            // Of its StackSets.
            Self::OrganizationRule => &["cloudformation:DescribeStackSet", "cloudformation:ListStackInstances"],
            Self::Role => &["sts:AssumeRole"],
            _ => &[],
        }
    }

    /// The IAM actions that it takes in an account: those of the role there, or of the caller in its own.
    pub const fn actions_in_account(self) -> &'static [&'static str] {
        match self {
            Self::OrganizationRule => &[
                "config:DescribeOrganizationConfigRules",
                "config:GetOrganizationConfigRuleDetailedStatus",
                "config:DescribeOrganizationConformancePacks",
                "config:GetOrganizationConformancePackDetailedStatus",
            ],
            Self::Aggregator => &["config:DescribeConfigurationAggregators"],
            Self::Regions => &["account:ListRegions"],
            Self::Recorder => &[
                "config:DescribeConfigurationRecorders",
                "config:DescribeConfigurationRecorderStatus",
                "config:DescribeDeliveryChannels",
            ],
            Self::EcrRights => &[
                "ecr:DescribeRepositories",
                "ecr:DescribeRepositoryCreationTemplates",
                "ecr:DescribePullThroughCacheRules",
            ],
            Self::KmsRights => &["kms:DescribeKey"],
            Self::TagRights => &["tag:GetResources"],
            Self::SecurityHub => &["securityhub:GetFindings"],
            _ => &[],
        }
    }
}

/// How a place stands with a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Something is missing.
    Missing,
    /// It could not be found out.
    Unknown,
    /// It comes with the deployment, or AWS is at it.
    ToCome,
}

impl State {
    /// Every state but that of what is all right, the worst first.
    pub const ALL: [Self; 3] = [Self::Missing, Self::Unknown, Self::ToCome];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::ToCome => "to-come",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_those_of_the_document_and_stand_once() {
        let ids: BTreeSet<&str> = Check::ALL.into_iter().map(Check::id).collect();
        assert_eq!(ids.len(), Check::ALL.len());
        for check in Check::ALL {
            assert_eq!(serde_json::to_value(check).unwrap(), check.id());
            assert_ne!(check.callers_actions().len() + check.actions_in_account().len(), 0);
        }
        for state in State::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }

    /// A preflight changes nothing: what it may call lists, describes or gets, and becomes a role at most.
    #[test]
    fn nothing_but_reading_is_asked_for() {
        for action in Check::ALL.iter().flat_map(|check| [check.callers_actions(), check.actions_in_account()].concat())
        {
            let (_, operation) = action.split_once(':').unwrap();
            let reads = ["Describe", "List", "Get"].iter().any(|verb| operation.starts_with(verb));
            assert!(reads || action == "sts:AssumeRole", "{action}");
        }
    }
}
