//! What the organization must allow before anything is deployed for it.

use std::collections::BTreeSet;

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};

use super::mend;
use super::problem::{Problem, cause_of};
use super::rule::RuleAs;
use crate::config_source::Source;

/// What AWS Config's aggregators act as.
pub const CONFIG: &str = "config.amazonaws.com";
/// What its rules and conformance packs act as.
pub const CONFIG_MULTI_ACCOUNT: &str = "config-multiaccountsetup.amazonaws.com";
const STACK_SETS: &str = "member.org.stacksets.cloudformation.amazonaws.com";
/// So many accounts may be delegated for each of AWS Config's principals.
const MOST_DELEGATED: usize = 3;

/// An organization, as AWS describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationDescription {
    /// Its id.
    pub id: Option<String>,
    /// The management account.
    pub management_account_id: Option<String>,
    /// `FeatureSet`: `ALL`, `CONSOLIDATED_BILLING`, or a value that this version does not know.
    pub feature_set: Option<String>,
}

/// What a deployment makes use of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// The rule, in some Region, and how it gets into the accounts.
    pub rule: Option<RuleAs>,
    /// A configuration aggregator, which the scan or somebody else reads.
    pub aggregator: bool,
    /// The role in every account, which a `StackSet` brings.
    pub role: bool,
    /// Only some units are governed: then the deployment brings no role into the management account, which stands in none as
    /// a rule.
    pub units: bool,
    /// Where the scan's repositories come from.
    pub source: Source,
}

impl Use {
    /// Whether a scan takes what AWS Config has recorded.
    pub fn reads_records(self) -> bool {
        self.source != Source::Api
    }

    /// Whether anything takes what AWS Config has recorded.
    pub fn records(self) -> bool {
        self.rule.is_some() || self.reads_records()
    }

    /// Whether a scan asks ECR and KMS.
    pub fn scan_reads_repositories(self) -> bool {
        self.source != Source::Config
    }

    /// Whether anything asks ECR and KMS.
    pub fn reads_repositories(self) -> bool {
        self.rule.is_some() || self.scan_reads_repositories()
    }

    /// What AWS Config's aggregators, its rules and packs, and `StackSets` of an organization act as, where they are used.
    pub fn principals(self) -> impl Iterator<Item = &'static str> {
        let is_by_config = matches!(self.rule, Some(RuleAs::Organization | RuleAs::ConformancePack));
        let principals = [(CONFIG, self.aggregator), (CONFIG_MULTI_ACCOUNT, is_by_config), (STACK_SETS, self.role)];
        principals.into_iter().filter(|(_, is_used)| *is_used).map(|(principal, _)| principal)
    }
}

/// Whether the organization has all features.
pub fn all_features(organization: &OrganizationDescription) -> Vec<Problem> {
    let management_account = organization.management_account_id.as_deref();
    match organization.feature_set.as_deref() {
        Some("ALL") => Vec::new(),
        Some("CONSOLIDATED_BILLING") => vec![
            Problem::missing("the organization has the features of consolidated billing alone")
                .hint("each account that was invited must agree: its handshakes show who has not yet")
                .mend(mend::enable_all_features(management_account)),
        ],
        Some(other) => {
            vec![Problem::unknown(format!("the organization's feature set `{other}` is unknown to this version"))]
        }
        None => vec![Problem::unknown("AWS does not tell the organization's feature set")],
    }
}

/// Something of the organization that the caller may not read.
pub fn unread(fault: &AwsFault, caller: &str) -> Problem {
    let problem = Problem::unread(fault, caller);
    let ask = "ask as the management account, or as an account that it has delegated";
    match fault.code.as_deref() {
        // CloudFormation's word for whoever is no delegated administrator, or may not look whether it is one.
        Some("ValidationError") => {
            problem.hint(format!("{ask} and that may call organizations:ListDelegatedAdministrators"))
        }
        Some(_) if fault.kind == FaultKind::Denied => {
            let hint = problem.hint.clone().unwrap_or_default();
            problem.hint(format!("{ask}, and {hint}"))
        }
        _ => problem,
    }
}

/// Whether a service may act in the organization. `listed` is what Organizations tells; `activated`, of `StackSets` alone,
/// what `CloudFormation` tells; `is_deployed`, of AWS Config, whether there is already what acts so.
pub fn trusted_access(
    principal: &str,
    listed: &Result<BTreeSet<String>, AwsFault>,
    activated: &Result<Option<String>, AwsFault>,
    is_deployed: bool,
    place: &HomePlace<'_>,
) -> Vec<Problem> {
    let management_account = place.management_account;
    let is_listed = listed.as_ref().map(|listed| listed.contains(principal));
    if principal != STACK_SETS {
        return match is_listed {
            Ok(true) => Vec::new(),
            Ok(false) => {
                let cause = format!("not enabled for {principal}");
                // Of a delegated administrator AWS Config asks whether it is one, which takes trusted access before.
                let problem = if management_account == Some(place.home_account) && !is_deployed {
                    Problem::to_come(cause)
                        .hint("AWS Config enables it by itself when the management account deploys; or do so before")
                } else {
                    Problem::missing(cause)
                };
                vec![problem.mend(mend::enable_service_access(management_account, principal))]
            }
            Err(fault) => vec![unread(fault, place.caller)],
        };
    }
    let activate = mend::activate_organizations_access(management_account, place.region);
    match (activated.as_ref().map(Option::as_deref), is_listed) {
        (Ok(Some("DISABLED_PERMANENTLY")), _) => vec![
            Problem::missing(format!("CloudFormation tells `DISABLED_PERMANENTLY` for {principal}"))
                .hint("if activating it does not help, ask AWS Support")
                .mend(activate),
        ],
        (Ok(Some("DISABLED")), _) | (_, Ok(false)) => {
            vec![Problem::missing(format!("not enabled for {principal}")).mend(activate)]
        }
        (Ok(Some("ENABLED")), Ok(true)) => Vec::new(),
        (Ok(Some("ENABLED")), Err(fault)) | (Err(fault), _) => vec![unread(fault, place.caller)],
        (Ok(Some(other)), Ok(true)) => {
            vec![Problem::unknown(format!("CloudFormation's status `{other}` is unknown to this version"))]
        }
        (Ok(Some(_) | None), _) => vec![Problem::unknown("CloudFormation does not tell whether it is activated")],
    }
}

/// Where a deployment is made from.
#[derive(Debug, Clone, Copy)]
pub struct HomePlace<'a> {
    /// The account that it is made from.
    pub home_account: &'a str,
    /// The management account, where known.
    pub management_account: Option<&'a str>,
    /// The Region that it is made in.
    pub region: &'a str,
    /// Who asks, in words.
    pub caller: &'a str,
}

/// What is said of a home account that nobody can use, whatever it may do for the organization.
pub fn unusable_home(home_account: &str, state: &str) -> Problem {
    Problem::missing(format!("the home account {home_account} is {state}"))
        .hint("deploy from an account that is active, and name that one: --home-account")
}

/// Whether the home account may act for the organization; `delegated` are the accounts that may for `principal`.
pub fn delegation(
    principal: &str,
    delegated: &Result<Vec<String>, AwsFault>,
    HomePlace { home_account, management_account, caller, .. }: HomePlace<'_>,
) -> Vec<Problem> {
    if management_account == Some(home_account) {
        return Vec::new();
    }
    let delegated = match delegated {
        Ok(delegated) => delegated,
        Err(fault) => return vec![unread(fault, caller)],
    };
    if delegated.iter().any(|id| id == home_account) {
        return Vec::new();
    }
    if management_account.is_none() {
        let cause = format!("it is not known whether {home_account} is the management account, or must be delegated");
        return vec![Problem::unknown(cause).hint("see `organization`")];
    }
    let problem = Problem::missing(format!("account {home_account} is not delegated for {principal}"))
        .mend(mend::register_delegated_administrator(management_account, home_account, principal));
    if principal == STACK_SETS || delegated.len() < MOST_DELEGATED {
        return vec![problem];
    }
    let count = delegated.len();
    vec![problem.hint(format!(
        "{count} accounts are delegated already, and AWS Config takes no more than {MOST_DELEGATED}: deploy from one of them \
         (--home-account), or take one away first: {}",
        delegated.join(", ")
    ))]
}

/// Why the accounts are not known, or not all: `what` could not be listed.
pub fn unlisted(what: &str, fault: &AwsFault, caller: &str) -> Problem {
    Problem { cause: format!("{what}: {}", cause_of(fault)), ..unread(fault, caller) }
}

#[cfg(test)]
mod tests;
