//! A `StackSet` that brings the role, or the rule, into every account but the management account.

use std::collections::HashMap;

use ecr_encryption_rule::aws::fault::AwsFault;

use super::mend::{self, StackSetAddress};
use super::organization;
use super::problem::Problem;
use crate::account::{Account, AccountId};

/// A `StackSet`, as AWS describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackSetDescription {
    /// `Status`: `ACTIVE` or `DELETED`.
    pub status: Option<String>,
    /// `PermissionModel`: `SERVICE_MANAGED` or `SELF_MANAGED`.
    pub permission_model: Option<String>,
    /// `AutoDeployment.Enabled`.
    pub auto_deployment: Option<bool>,
    /// `Capabilities`.
    pub capabilities: Vec<String>,
    /// The keys of its `Parameters`.
    pub parameters: Vec<String>,
    /// `Regions`: where it deploys to.
    pub regions: Vec<String>,
}

/// Whether accounts can be expected to have the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The `StackSet` is there.
    There,
    /// It is not deployed yet.
    ToCome,
    /// It is not known whether it is there.
    Unknown,
    /// There is no organization.
    NoOrganization,
    /// Neither the `StackSet` nor its role is to be deployed.
    NotUsed,
}

/// How far a `StackSet` has come in an account, the best first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instance {
    /// It is there, as it is to be.
    Current,
    /// `CloudFormation` is at it.
    UnderWay(String),
    /// It is not, or not as it is to be: the statuses, and why.
    Failed(Box<Failure>),
}

/// What is known of the stack instance of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The instances could not be read, or there is no `StackSet` to have them.
    NotRead,
    /// The account has none.
    None,
    /// The instance is as it is to be.
    Current,
    /// `CloudFormation` is at it.
    UnderWay,
    /// It is not as it is to be; what it has brought may be there all the same.
    Failed,
}

impl Progress {
    /// That of an account, of the instances that were read.
    pub fn of(instances: Option<&Instances>, account_id: AccountId) -> Self {
        match instances.map(|instances| instances.get(&account_id)) {
            None => Self::NotRead,
            Some(None) => Self::None,
            Some(Some(Instance::Current)) => Self::Current,
            Some(Some(Instance::UnderWay(_))) => Self::UnderWay,
            Some(Some(Instance::Failed(_))) => Self::Failed,
        }
    }
}

/// Why a stack instance is not as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// `Status`: `CURRENT`, `OUTDATED`, `INOPERABLE`, or a value that this version does not know.
    pub status: String,
    /// `StackInstanceStatus.DetailedStatus`.
    pub detailed: String,
    /// `StatusReason`.
    pub reason: Option<String>,
}

/// The stack instances, by account.
pub type Instances = HashMap<AccountId, Instance>;

impl Instance {
    /// Reads the statuses of a stack instance.
    pub fn of(status: Option<&str>, detailed: Option<&str>, reason: Option<String>) -> Self {
        match (status, detailed) {
            (Some("CURRENT"), Some("SUCCEEDED")) => Self::Current,
            (Some(_), Some(at_it @ ("PENDING" | "RUNNING"))) => Self::UnderWay(at_it.to_owned()),
            (status, detailed) => {
                let told = |text: Option<&str>| text.unwrap_or("not told").to_owned();
                Self::Failed(Box::new(Failure { status: told(status), detailed: told(detailed), reason }))
            }
        }
    }
}

/// Whether the `StackSet` is there, and as it is to be; `region` is where it was looked for.
pub fn stack_set(
    read: &Result<StackSetDescription, AwsFault>,
    address: &StackSetAddress,
    caller: &str,
) -> (Standing, Vec<Problem>) {
    let to_come = || {
        let StackSetAddress { name, region, stack, .. } = address;
        let problem = Problem::to_come(format!("there is no StackSet `{name}` in {region}"));
        let problem = if stack == mend::ACCESS {
            problem.hint("if it is in another Region, say so: AWS_REGION; if it has another name: --stack-set")
        } else {
            problem.hint("if the rule gets into the accounts otherwise, say so: --rule-as")
        };
        (Standing::ToCome, vec![problem.mend(mend::deploy(stack))])
    };
    let described = match read {
        Ok(described) if described.status.as_deref() == Some("DELETED") => return to_come(),
        Ok(described) => described,
        Err(fault) if fault.code.as_deref() == Some("StackSetNotFoundException") => return to_come(),
        Err(fault) => return (Standing::Unknown, vec![organization::unread(fault, caller)]),
    };
    let mut problems = Vec::new();
    match described.status.as_deref() {
        Some("ACTIVE") => {}
        other => {
            let status = other.unwrap_or("not told");
            problems.push(Problem::unknown(format!("the StackSet's status `{status}` is unknown to this version")));
        }
    }
    match (described.permission_model.as_deref(), described.auto_deployment) {
        (Some("SERVICE_MANAGED"), Some(true)) => {}
        (Some("SERVICE_MANAGED"), _) => problems.push(
            Problem::missing("the StackSet does not deploy by itself to accounts that join")
                .mend(address.turn_on_auto_deployment(&described.capabilities, &described.parameters)),
        ),
        (Some("SELF_MANAGED"), _) => problems.push(
            Problem::missing("the StackSet is self-managed, so that accounts that join get nothing")
                .hint("delete it, or give the deployment another name; and deploy")
                .mend(mend::deploy(&address.stack)),
        ),
        (other, _) => {
            let model = other.unwrap_or("not told");
            problems.push(Problem::unknown(format!("its permission model `{model}` is unknown to this version")));
        }
    }
    (Standing::There, problems)
}

/// Whether the `StackSet` has come to an account. `is_member` tells whether it is known not to be the management account,
/// which needs no instance and can have none.
pub fn stack_instance(
    instance: Option<&Instance>,
    account: &Account,
    is_member: bool,
    address: &StackSetAddress,
) -> Vec<Problem> {
    let id = account.id.to_string();
    let unit = account.units.ids.last();
    let no_unit = "its organizational unit is not known: add it to organization.organizationalUnits, and deploy";
    let mended = |problem: Problem, mend: fn(&StackSetAddress, &str, &str) -> Vec<String>| match unit {
        Some(unit) => problem.mend(mend(address, unit, &id)),
        None => problem.hint(no_unit),
    };
    let problem = match instance {
        Some(Instance::Current) => return Vec::new(),
        Some(Instance::UnderWay(detailed)) => Problem::to_come(format!("CloudFormation is at it: {detailed}")),
        Some(Instance::Failed(failure)) => {
            let Failure { status, detailed, reason } = &**failure;
            let statuses = if status == detailed { status.clone() } else { format!("{status}, {detailed}") };
            let problem =
                Problem::missing(format!("the stack instance is {statuses}")).said(reason.clone().unwrap_or_default());
            match status.as_str() {
                "INOPERABLE" => mended(problem, StackSetAddress::replace_instance),
                "CURRENT" | "OUTDATED" => mended(problem, StackSetAddress::update_instance),
                other => Problem::unknown(format!("the stack instance's status `{other}` is unknown to this version")),
            }
        }
        None if !is_member => Problem::unknown("there is no stack instance, and the management account is not known").hint(
            "StackSets leave the management account out; any other account lacks what it brings: ask as one that may call \
             organizations:DescribeOrganization, or organizations:ListAccounts",
        ),
        None => mended(
            Problem::missing("there is no stack instance").hint(
                "or leave the account out: --exclude-accounts here, organization.excludedAccounts in the CDK app's \
                       configuration",
            ),
            StackSetAddress::create_instance,
        ),
    };
    vec![problem]
}

#[cfg(test)]
mod tests;
