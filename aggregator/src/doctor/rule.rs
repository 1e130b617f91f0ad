//! The organization's rule, or its conformance pack, as far as it has come to the accounts.

use std::collections::{BTreeSet, HashMap};

use clap::ValueEnum;
use ecr_encryption_rule::aws::fault::AwsFault;

use super::mend;
use super::organization;
use super::problem::Problem;
use crate::account::AccountId;

/// How the rule gets into the accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RuleAs {
    /// As an organization rule.
    #[default]
    Organization,
    /// By a StackSet in each rule Region, where some units are governed.
    StackSets,
    /// In an organization conformance pack.
    ConformancePack,
}

/// What the names of the rule's stacks begin with, and of its `StackSets`; the Region follows.
const RULE_STACKS: &str = "EcrEncryptionRule-";

/// The stack of the rule in a Region, and the `StackSet` that it has where units are governed.
pub fn stack_of(region: &str) -> String {
    format!("{RULE_STACKS}{region}")
}

/// The organization's rule in one Region, or its conformance pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRule {
    /// Whether it is in a conformance pack.
    pub is_pack: bool,
    /// The accounts that it leaves out.
    pub excluded: BTreeSet<AccountId>,
    /// How far it has come, by account.
    pub statuses: HashMap<AccountId, RuleStatus>,
}

/// How far a rule has come in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleStatus {
    /// It is there.
    There,
    /// It is not, or not as it is to be.
    Other(Box<OtherStatus>),
}

/// A status other than that of success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherStatus {
    /// `MemberAccountRuleStatus`.
    pub status: String,
    /// `ErrorCode`.
    pub error_code: Option<String>,
    /// `ErrorMessage`.
    pub error_message: Option<String>,
}

impl RuleStatus {
    /// Reads `MemberAccountRuleStatus`, and the error beside it.
    pub fn of(status: &str, error_code: Option<String>, error_message: Option<String>) -> Self {
        match status {
            "CREATE_SUCCESSFUL" | "UPDATE_SUCCESSFUL" => Self::There,
            status => Self::Other(Box::new(OtherStatus { status: status.to_owned(), error_code, error_message })),
        }
    }
}

const NO_RULE: &str = "NoSuchOrganizationConfigRuleException";
const NO_PACK: &str = "NoSuchOrganizationConformancePackException";

/// What is said where there is no rule or pack of this name in a Region, or it cannot be read; `None` where there is one.
pub fn standing(read: &Result<OrganizationRule, AwsFault>, name: &str, region: &str, who: &str) -> Option<Problem> {
    match read {
        Ok(_) => None,
        Err(fault) if matches!(fault.code.as_deref(), Some(NO_RULE | NO_PACK)) => {
            let what = if fault.code.as_deref() == Some(NO_PACK) { "conformance pack" } else { "rule" };
            Some(
                Problem::to_come(format!("there is no organization {what} `{name}`"))
                    .hint("if it gets into the accounts otherwise, say so: --rule-as; if it has another name: --rule-name")
                    .mend(mend::deploy(&stack_of(region))),
            )
        }
        Err(fault) if fault.action == "sts:AssumeRole" => Some(Problem::unread(fault, who).hint(
            "the rule is the home account's, which alone sees it: ask from there, or with a role there that trusts the caller \
             (--role-name)",
        )),
        Err(fault) => Some(organization::unread(fault, who)),
    }
}

/// Whether the rule has come to an account.
pub fn organization_rule(rule: &OrganizationRule, account_id: AccountId) -> Vec<Problem> {
    let what = if rule.is_pack { "conformance pack" } else { "rule" };
    let other = match rule.statuses.get(&account_id) {
        Some(RuleStatus::There) => return Vec::new(),
        Some(RuleStatus::Other(other)) => other,
        None if rule.excluded.contains(&account_id) => {
            return vec![Problem::missing(format!("the {what} leaves the account out")).hint(
                "leave it out here too, with --exclude-accounts, or take it out of organization.excludedAccounts and deploy",
            )];
        }
        None => {
            return vec![
                Problem::missing(format!("AWS Config tells of no {what} in the account"))
                    .hint("an account that has just joined gets it within the hour"),
            ];
        }
    };
    let OtherStatus { status, error_code, error_message } = &**other;
    let code = error_code.as_deref();
    let said = error_message.clone().unwrap_or_default();
    vec![match status.as_str() {
        "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" => Problem::to_come(format!("AWS Config is at it: {status}")),
        "CREATE_FAILED" | "UPDATE_FAILED" => {
            let cause = match code {
                Some(code) => format!("{status}: {code}"),
                None => status.clone(),
            };
            Problem::missing(cause).hint(meaning(code.unwrap_or_default(), &said)).said(said)
        }
        "DELETE_IN_PROGRESS" | "DELETE_SUCCESSFUL" | "DELETE_FAILED" => {
            Problem::missing(format!("the {what} is being taken away: {status}")).said(said)
        }
        other => Problem::unknown(format!("the status `{other}` is unknown to this version")).said(said),
    }]
}

/// What an error means, and what helps; AWS publishes no list of them.
fn meaning(code: &str, message: &str) -> &'static str {
    let text = format!("{code} {message}").to_ascii_lowercase().replace(' ', "");
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["configurationrecorder", "recorder"]) {
        "the account has no configuration recorder there, or a stopped one: see `recorder`; AWS Config tries again by itself"
    } else if says(&["insufficientpermission", "lambda"]) {
        "AWS Config may not invoke the rule's function for the account: deploy the rule's stack of that Region again"
    } else if says(&["accessdenied", "notauthorized", "explicitdeny", "servicecontrolpolicy"]) {
        "something denies it to AWS Config, such as a service control policy: except AWSServiceRoleForConfigMultiAccountSetup"
    } else if says(&["limitexceeded", "maxnumberofconfigrules"]) {
        "the account has as many rules as AWS Config allows: ask for a higher quota there, or remove rules"
    } else {
        "AWS's message tells more; once that is mended, deploying the rule again has AWS Config try again"
    }
}

#[cfg(test)]
mod tests;
