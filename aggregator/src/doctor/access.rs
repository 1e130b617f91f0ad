//! Whether an account can be entered, and has the Regions that are needed.

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};

use super::mend;
use super::problem::{Problem, cause_of};
use super::stack_set::{Progress, Standing};
use crate::aws::regions::AccountRegion;

/// What is known of an account whose role was refused.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'a> {
    /// The account.
    pub account_id: &'a str,
    /// Whether it is the role that the deployment brings.
    pub is_deployed_role: bool,
    /// The role's ARN.
    pub role_arn: &'a str,
    /// Whom its trust policy must name.
    pub principal: &'a str,
    /// Whether it is the management account, which `StackSets` leave out; `None` where that is not known.
    pub is_management_account: Option<bool>,
    /// Whether only some units are governed.
    pub of_units: bool,
    /// Whether the `StackSet` is there.
    pub stack_set: Standing,
    /// What it has done in the account.
    pub instance: Progress,
}

/// What a refused role means.
pub fn refused_role(fault: &AwsFault, refused: Refused<'_>) -> Problem {
    let Refused { account_id, role_arn, principal, .. } = refused;
    if fault.kind != FaultKind::Denied {
        return Problem::unread(fault, &format!("the caller {principal}"));
    }
    let elsewhere = "a role that trusts the caller, such as --role-name OrganizationAccountAccessRole or \
                     AWSControlTowerExecution, tells more";
    let unknown = |hint: String| Problem::unknown(cause_of(fault)).said(&fault.message).hint(hint);
    match (refused.stack_set, refused.instance) {
        // Whatever is deployed, it does not bring this one.
        _ if !refused.is_deployed_role => unknown(format!(
            "the account does not have the role {role_arn}, or it does not trust {principal}; or the caller lacks \
             sts:AssumeRole on it; or --role-name is mistyped: if it is the role that is deployed, say so with --deployed-role"
        )),
        (Standing::ToCome | Standing::There, _) if refused.of_units && refused.is_management_account == Some(true) => {
            no_management_role().said(&fault.message)
        }
        (Standing::ToCome, _) if refused.is_management_account == Some(true) => {
            not_deployed(mend::deploy_management_role(account_id))
        }
        (Standing::ToCome, _) => not_deployed(mend::deploy(mend::ACCESS)),
        (Standing::There, _) if refused.is_management_account == Some(true) => unknown(format!(
            "StackSets leave the management account out: its role is that of the stack EcrEncryptionManagementRole, and may \
             trust the deployed functions alone; {elsewhere}"
        )),
        (Standing::There, Progress::Current) => unknown(format!(
            "the StackSet has brought the role, which may trust the deployed functions alone; {elsewhere}, and so does the \
             report of the deployed scan, which names each account that it cannot enter"
        )),
        (Standing::There, Progress::UnderWay) => {
            Problem::to_come("CloudFormation is bringing the role").said(&fault.message).hint("see `stack-instances`")
        }
        (Standing::There, Progress::None) if refused.is_management_account.is_none() => unknown(format!(
            "it is not known whether this is the management account, whose role comes otherwise: see `stack-instances`; \
             {elsewhere}"
        )),
        (Standing::There, Progress::None) => Problem::missing(cause_of(fault))
            .said(&fault.message)
            .hint(format!("the role is not there: see `stack-instances`; {elsewhere}")),
        (Standing::There, Progress::Failed) => unknown(format!(
            "the stack instance is not as it is to be, see `stack-instances`: the role may be missing, or there and trust the \
             deployed functions alone; {elsewhere}"
        )),
        (Standing::There, Progress::NotRead) => unknown(format!(
            "it is not known whether the StackSet has brought the role, which may trust the deployed functions alone: see \
             `stack-instances`; {elsewhere}"
        )),
        (Standing::NotUsed, _) => {
            unknown(format!("no role is deployed where AWS Config is all that is read: {elsewhere}"))
        }
        (Standing::Unknown | Standing::NoOrganization, _) => unknown(format!(
            "it is not known whether the role is deployed; if it is, it may trust the deployed functions alone: {elsewhere}"
        )),
    }
}

fn not_deployed(mend: Vec<String>) -> Problem {
    Problem::to_come("the role is not deployed yet").mend(mend)
}

/// How the management account was entered, where it was not by the role that is deployed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// By none: the caller is in there.
    FromInside,
    /// By another role.
    ByAnotherRole,
}

/// The role of the management account, which the deployment enters by it from another account, and the caller has not.
pub fn unseen_management_role(stack_set: Standing, account_id: &str, entered: Entered) -> Problem {
    let mend = mend::deploy_management_role(account_id);
    let unseen = match entered {
        Entered::FromInside => "the role of the management account is not seen from inside it",
        Entered::ByAnotherRole => "the deployed role of the management account is not seen by another role",
    };
    match stack_set {
        Standing::ToCome => not_deployed(mend),
        _ => Problem::unknown(unseen)
            .hint(
                "StackSets leave the management account out: its role is that of the stack EcrEncryptionManagementRole; where \
                 that is deployed, deploying it again changes nothing",
            )
            .mend(mend),
    }
}

/// The role of the management account where it stands in a unit that is governed: nothing brings one there.
pub fn no_management_role() -> Problem {
    Problem::unknown("the deployment brings no role into the management account").hint(
        "where units are governed, neither the StackSet nor a stack of its own reaches it: leave it out (--exclude-accounts; \
         organization.excludedAccounts of the configuration), or govern the root, or make the role there yourself",
    )
}

/// What is not seen of an account that cannot be entered, whether or not its role is to come.
pub fn unseen(role_arn: &str) -> Problem {
    Problem::unknown("the account cannot be entered").hint(format!(
        "the role {role_arn} cannot be assumed, so that nothing in the account is seen: --role-name names one that is there, \
         such as OrganizationAccountAccessRole or AWSControlTowerExecution"
    ))
}

/// What is not seen of an account whose Regions are not told.
pub fn without_regions() -> Problem {
    Problem::unknown("the Regions of the account are not known")
        .hint("nothing is looked at in Regions that AWS does not tell: see `regions`")
}

/// What is not seen of a Region that AWS is enabling.
pub fn not_enabled_yet() -> Problem {
    Problem::unknown("AWS is enabling the Region").hint("look again once it is enabled")
}

/// Whether an account has enabled a Region.
pub fn region(listed: &[AccountRegion], region: &str, account_id: &str) -> Vec<Problem> {
    let Some(listed) = listed.iter().find(|one| one.name == region) else {
        return vec![
            Problem::missing("the account does not list the Region")
                .hint("check the spelling, and whether the account's partition has the Region"),
        ];
    };
    vec![match listed.opt_status.as_str() {
        "ENABLED" | "ENABLED_BY_DEFAULT" => return Vec::new(),
        "ENABLING" => Problem::to_come("AWS is enabling the Region"),
        status @ ("DISABLED" | "DISABLING") => Problem::missing(format!("the Region is {status}"))
            .hint("or leave the account or the Region out")
            .mend(mend::enable_region(account_id, region)),
        other => Problem::unknown(format!("the Region's status `{other}` is unknown to this version")),
    }]
}

#[cfg(test)]
mod tests;
