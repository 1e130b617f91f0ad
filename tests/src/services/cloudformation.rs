//! AWS `CloudFormation`: `StackSets` of the organization, and their instances.

use std::fmt::Write as _;

use super::Call;
use super::form::form_value;
use super::paging::Page;
use super::query::{envelope, invalid, required};
use crate::aws::{AwsError, Operation, denial, escaped, violation};
use crate::organization::{Account, AccountState, DenyKind, STACK_SETS_SERVICE, StackInstance, StackSet};
use crate::world::made_up_uuid;

/// The largest page.
const MOST_RESULTS: u64 = 100;
/// Most filters of a call.
const MOST_FILTERS: usize = 3;

/// Performs an operation.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let delegated = acts_by_delegation(call)?;
    match call.operation {
        Operation::DescribeStackSet => Ok(describe_stack_set(call, asked(call, delegated)?)),
        Operation::ListStackInstances => list_instances(call, asked(call, delegated)?),
        _ => describe_access(call, delegated),
    }
}

/// Whether the caller acts as a delegated administrator, which it must be then.
fn acts_by_delegation(call: &Call<'_>) -> Result<bool, AwsError> {
    match form_value(call.body, "CallAs").as_deref() {
        None | Some("SELF") => Ok(false),
        Some("DELEGATED_ADMIN") => {
            let (organization, own) = (call.organization(), call.account());
            let is_delegated =
                organization.in_use && organization.delegated_services(own).contains(&STACK_SETS_SERVICE);
            // CloudFormation asks Organizations with the caller's rights, and says the same where it has none.
            let (principal, operation) = (&call.session.principal, Operation::ListDelegatedAdministrators);
            let denied = principal.denial(operation, call.region).is_some()
                || denial(call.world().denied_to(own), operation, call.region, DenyKind::Scp).is_some();
            if is_delegated && !denied {
                Ok(true)
            } else {
                Err(invalid("Account used is not a delegated administrator"))
            }
        }
        Some(other) => {
            let constraint = "Member must satisfy enum value set: [DELEGATED_ADMIN, SELF]";
            Err(invalid(violation("callAs", other, constraint)))
        }
    }
}

fn describe_access(call: &Call<'_>, delegated: bool) -> Result<Vec<u8>, AwsError> {
    let organization = call.organization();
    let is_management = organization.in_use && call.account() == organization.management_account;
    if !is_management && !delegated {
        return Err(invalid(
            "You must be the management account or delegated admin account of an organization before operating a SERVICE_MANAGED stack set",
        ));
    }
    Ok(envelope(call, &element("Status", organization.organizations_access())))
}

/// The `StackSet` that the call names, by its name or its id, if the caller can see it.
fn asked<'a>(call: &Call<'a>, delegated: bool) -> Result<&'a StackSet, AwsError> {
    let name = required(call.body, "StackSetName", "stackSetName", 1..=1024)?;
    let organization = call.organization();
    let is_management = call.account() == organization.management_account;
    let sees = |stack_set: &&StackSet| {
        let owner = stack_set.account.as_ref().unwrap_or(&organization.management_account);
        let is_own = if stack_set.is_service_managed() {
            organization.in_use && (is_management || delegated)
        } else {
            owner == call.account() && !delegated
        };
        let is_here = stack_set.region.as_deref().is_none_or(|region| region == call.region);
        is_own && is_here && (stack_set.name == name || id(stack_set) == name)
    };
    organization
        .cloudformation
        .stack_sets
        .iter()
        .find(sees)
        .ok_or_else(|| AwsError::new(404, "StackSetNotFoundException", format!("StackSet {name} not found")))
}

fn id(stack_set: &StackSet) -> String {
    format!("{}:{}", stack_set.name, made_up_uuid(&["stack set", &stack_set.name]))
}

fn describe_stack_set(call: &Call<'_>, stack_set: &StackSet) -> Vec<u8> {
    let (organization, region, id) = (call.organization(), call.region, id(stack_set));
    let owner = stack_set.account.as_ref().unwrap_or(&organization.management_account);
    let mut body = String::new();
    for (name, value) in [
        ("StackSetName", stack_set.name.as_str()),
        ("StackSetId", &id),
        ("StackSetARN", &format!("arn:aws:cloudformation:{region}:{owner}:stackset/{id}")),
        ("Status", &stack_set.status),
        ("PermissionModel", &stack_set.permission_model),
    ] {
        body.push_str(&element(name, value));
    }
    if let Some(description) = &stack_set.description {
        body.push_str(&element("Description", description));
    }
    body.push_str("<Parameters>");
    for key in &stack_set.parameters {
        let value = element("ParameterValue", "made up");
        let _ = write!(body, "<member>{}{value}</member>", element("ParameterKey", key));
    }
    body.push_str("</Parameters><Tags/><Capabilities><member>CAPABILITY_NAMED_IAM</member></Capabilities>");
    let active = element("Active", &stack_set.managed_execution.to_string());
    let _ = write!(body, "<ManagedExecution>{active}</ManagedExecution>");
    if stack_set.is_service_managed() {
        let retained = if stack_set.auto_deployment {
            element("RetainStacksOnAccountRemoval", &stack_set.retain_stacks.to_string())
        } else {
            String::new()
        };
        let enabled = element("Enabled", &stack_set.auto_deployment.to_string());
        let _ = write!(body, "<AutoDeployment>{enabled}{retained}</AutoDeployment>");
        let units = units(call, stack_set);
        let _ = write!(body, "<OrganizationalUnitIds>{}</OrganizationalUnitIds>", members(&units));
    }
    let _ = write!(body, "<Regions>{}</Regions>", members(&regions(call, stack_set)));
    envelope(call, &format!("<StackSet>{body}</StackSet>"))
}

/// The units that it is deployed to.
fn units<'a>(call: &Call<'a>, stack_set: &'a StackSet) -> Vec<&'a str> {
    if stack_set.organizational_units.is_empty() {
        return vec![&call.organization().root_id];
    }
    stack_set.organizational_units.iter().map(String::as_str).collect()
}

/// The Regions that its instances are in.
fn regions<'a>(call: &Call<'a>, stack_set: &'a StackSet) -> Vec<&'a str> {
    if stack_set.instance_regions.is_empty() {
        return vec![stack_set.region.as_deref().unwrap_or(call.region)];
    }
    stack_set.instance_regions.iter().map(String::as_str).collect()
}

/// The unit by which it is deployed to an account, if it is.
fn target<'a>(call: &Call<'a>, stack_set: &'a StackSet, account: &Account) -> Option<&'a str> {
    let units = units(call, stack_set);
    let lineage = call.world().lineage(account.organizational_unit.as_deref());
    let nearest = lineage.iter().rev().find_map(|unit| units.iter().find(|id| **id == unit.id));
    nearest.or_else(|| units.iter().find(|id| **id == call.organization().root_id)).copied()
}

fn list_instances(call: &Call<'_>, stack_set: &StackSet) -> Result<Vec<u8>, AwsError> {
    let filters = Filters::of(call);
    let answers = &call.organization().answers;
    let limit = limit(call)?.min(answers.results_per_page);
    let tokens = call.state.page_tokens();
    let list = ["ListStackInstances", call.region, &stack_set.name, &format!("{filters:?}")];
    let token = form_value(call.body, "NextToken");
    let sizes = (limit, answers.empty_page_every);
    let (page, empty) = Page::at_or_empty(tokens, &list, token.as_deref(), sizes, || invalid("Invalid NextToken"))?;
    if let Some(next) = empty {
        return Ok(envelope(call, &format!("<Summaries/>{}", element("NextToken", &next))));
    }
    let regions = regions(call, stack_set);
    let (mut body, mut count, mut next) = (String::new(), 0, String::new());
    // A position counts the Regions of every account, whether it has an instance there or not.
    let mut positions = page.first..;
    while let Some(position) = positions.next() {
        let Some(account) = call.world().account(position / regions.len()) else {
            break;
        };
        if filters.account.as_ref().is_some_and(|wanted| *wanted != account.id) {
            positions.start = (position / regions.len() + 1) * regions.len();
            continue;
        }
        let Some(region) = regions.get(position % regions.len()) else {
            break;
        };
        let Some(instance) = instance(call, stack_set, &account, region).filter(|it| filters.wants(it, region)) else {
            continue;
        };
        if count == page.limit {
            next = element("NextToken", &Page::token_at(tokens, &list, position));
            break;
        }
        count += 1;
        let unit = target(call, stack_set, &account);
        body.push_str(&summary(stack_set, &account.id, region, unit, &instance));
    }
    Ok(envelope(call, &format!("<Summaries>{body}</Summaries>{next}")))
}

/// The instance in an account and Region, if there is one.
fn instance(call: &Call<'_>, stack_set: &StackSet, account: &Account, region: &str) -> Option<StackInstance> {
    if account.id == call.organization().management_account {
        return None;
    }
    let described = stack_set.instance(&account.id, region);
    let is_named = described.is_some_and(|instance| instance.account.is_some());
    let is_due = account.state == AccountState::Active && target(call, stack_set, account).is_some();
    let instance = described.cloned().unwrap_or_default();
    ((is_due || is_named) && !instance.absent).then_some(instance)
}

fn summary(stack_set: &StackSet, account: &str, region: &str, unit: Option<&str>, instance: &StackInstance) -> String {
    let uuid = made_up_uuid(&[&stack_set.name, account, region]);
    let name = format!("StackSet-{}-{uuid}", stack_set.name);
    let stack = format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid}");
    let mut body = String::new();
    for (name, value) in [
        ("StackSetId", Some(id(stack_set).as_str())),
        ("Region", Some(region)),
        ("Account", Some(account)),
        ("StackId", Some(stack.as_str()).filter(|_| instance.status == "CURRENT")),
        ("Status", Some(instance.status.as_str())),
        ("StatusReason", instance.status_reason.as_deref()),
        ("OrganizationalUnitId", unit.filter(|_| stack_set.is_service_managed())),
        ("DriftStatus", Some(NOT_CHECKED)),
    ] {
        if let Some(value) = value {
            body.push_str(&element(name, value));
        }
    }
    if let Some(detailed) = &instance.detailed_status {
        let _ = write!(body, "<StackInstanceStatus>{}</StackInstanceStatus>", element("DetailedStatus", detailed));
    }
    format!("<member>{body}</member>")
}

/// The drift of every instance.
const NOT_CHECKED: &str = "NOT_CHECKED";

/// Which instances are asked for.
#[derive(Debug)]
struct Filters {
    account: Option<String>,
    region: Option<String>,
    /// Name and value.
    others: Vec<(String, String)>,
}

impl Filters {
    fn of(call: &Call<'_>) -> Self {
        let value = |name: &str| form_value(call.body, name);
        let others = (1..=MOST_FILTERS).map_while(|number| {
            let part = |part| value(&format!("Filters.member.{number}.{part}"));
            part("Name").zip(part("Values"))
        });
        Self { account: value("StackInstanceAccount"), region: value("StackInstanceRegion"), others: others.collect() }
    }

    fn wants(&self, instance: &StackInstance, region: &str) -> bool {
        let matches = |(name, value): &(String, String)| match name.as_str() {
            "DETAILED_STATUS" => instance.detailed_status.as_ref() == Some(value),
            "DRIFT_STATUS" => value == NOT_CHECKED,
            _ => false,
        };
        self.region.as_deref().is_none_or(|wanted| wanted == region) && self.others.iter().all(matches)
    }
}

/// The size of the page that is asked for.
fn limit(call: &Call<'_>) -> Result<usize, AwsError> {
    let Some(text) = form_value(call.body, "MaxResults") else {
        return Ok(usize::MAX);
    };
    let problem = |constraint: &str| Err(invalid(violation("maxResults", &text, constraint)));
    match text.parse::<u64>() {
        Err(_) => Err(AwsError::bad_request("MalformedInput", "")),
        Ok(0) => problem("Member must have value greater than or equal to 1"),
        Ok(limit) if limit > MOST_RESULTS => problem("Member must have value less than or equal to 100"),
        Ok(limit) => Ok(usize::try_from(limit).unwrap_or(usize::MAX)),
    }
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

fn members(values: &[&str]) -> String {
    values.iter().map(|value| element("member", value)).collect()
}
