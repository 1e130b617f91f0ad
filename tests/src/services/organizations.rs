//! AWS Organizations.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::organizations_delegation;
use super::paging::Page;
use super::{Call, json};
use crate::aws::{AwsError, Operation, Service};
use crate::organization::{Account, AccountState, AccountStateMember, OrganizationalUnit, PathForm};

/// AWS's largest page.
const MOST_RESULTS: i64 = 20;
/// A day in 2024, as the time at which every account joined.
pub const JOINED_AT: f64 = 1_717_236_000.0;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Input {
    next_token: Option<String>,
    max_results: Option<i64>,
    parent_id: Option<String>,
    child_id: Option<String>,
    organizational_unit_id: Option<String>,
    /// Whose services are asked for.
    pub account_id: Option<String>,
    /// The service whose delegated administrators are asked for.
    pub service_principal: Option<String>,
}

/// Performs an operation.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let organization = call.organization();
    if !organization.in_use {
        return Err(AwsError::bad_request(
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ));
    }
    let own = call.account();
    // "You can call this operation from any account in a organization"; the others only from the
    // management account or a delegated administrator.
    let may = call.operation == Operation::DescribeOrganization
        || own == organization.management_account
        || organization.is_delegated_administrator(own);
    if !may {
        return Err(AwsError::denied(Service::Organizations, "You don't have permissions to access this resource."));
    }
    let input: Input = call.input()?;
    match call.operation {
        Operation::ListAccounts => list_accounts(call, &input),
        Operation::ListAccountsForParent => list_accounts_for_parent(call, &input),
        Operation::ListRoots => list_roots(call),
        Operation::ListOrganizationalUnitsForParent => list_units(call, &input),
        Operation::DescribeOrganizationalUnit => describe_unit(call, &input),
        Operation::ListParents => list_parents(call, &input),
        Operation::DescribeOrganization => describe_organization(call),
        _ => organizations_delegation::perform(call, &input),
    }
}

fn describe_organization(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let organization = call.organization();
    let (id, management) = (&organization.id, &organization.management_account);
    json(&json!({"Organization": {
        "Id": id,
        "Arn": format!("arn:aws:organizations::{management}:organization/{id}"),
        "FeatureSet": organization.feature_set,
        "MasterAccountArn": account_arn(call, management),
        "MasterAccountId": management,
        "MasterAccountEmail": format!("aws+{management}@example.com"),
        "AvailablePolicyTypes": [],
    }}))
}

fn list_accounts(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    listed(call, input, &["ListAccounts"], "Accounts", |first, limit| {
        (first..first + limit)
            .map_while(|index| call.world().account(index))
            .map(|account| account_member(call, &account))
            .collect()
    })
}

fn list_accounts_for_parent(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let (id, unit) = parent(call, input)?;
    let list = ["ListAccountsForParent", id];
    listed(call, input, &list, "Accounts", |first, limit| {
        let accounts = call.world().accounts_of(unit, first, limit);
        accounts.iter().map(|account| account_member(call, account)).collect()
    })
}

fn list_units(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let (id, unit) = parent(call, input)?;
    let list = ["ListOrganizationalUnitsForParent", id];
    listed(call, input, &list, "OrganizationalUnits", |first, limit| {
        call.world()
            .organizational_units()
            .iter()
            .filter(|child| is_child(call, child, unit))
            .skip(first)
            .take(limit)
            .map(|child| unit_member(call, child))
            .collect()
    })
}

fn list_roots(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let organization = call.organization();
    let (id, root) = (&organization.id, &organization.root_id);
    let management = &organization.management_account;
    json(&json!({"Roots": [{
        "Id": root,
        "Arn": format!("arn:aws:organizations::{management}:root/{id}/{root}"),
        "Name": "Root",
        "PolicyTypes": [],
    }]}))
}

fn describe_unit(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let id = input.organizational_unit_id.as_deref().ok_or_else(required)?;
    let unit = call.world().organizational_unit(id).ok_or_else(|| {
        AwsError::bad_request(
            "OrganizationalUnitNotFoundException",
            "You specified an organizational unit that doesn't exist.",
        )
    })?;
    json(&json!({ "OrganizationalUnit": unit_member(call, unit) }))
}

fn list_parents(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let child = input.child_id.as_deref().ok_or_else(required)?;
    let not_found = || AwsError::bad_request("ChildNotFoundException", "You specified a child that doesn't exist.");
    let parent = if child.starts_with("ou-") {
        let unit = call.world().organizational_unit(child);
        unit.ok_or_else(not_found)?.parent.clone()
    } else {
        let account = call.world().account_by_id(child);
        account.ok_or_else(not_found)?.organizational_unit.clone()
    };
    let root = &call.organization().root_id;
    let member = match parent.filter(|parent| parent != root) {
        Some(unit) => json!({"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}),
        None => json!({"Id": root, "Type": "ROOT"}),
    };
    json(&json!({ "Parents": [member] }))
}

/// The parent that the input names, as it was named and as the world calls it (the root: absent).
fn parent<'i>(call: &Call<'_>, input: &'i Input) -> Result<(&'i str, Option<&'i str>), AwsError> {
    let id = input.parent_id.as_deref().ok_or_else(required)?;
    if id == call.organization().root_id {
        return Ok((id, None));
    }
    if call.world().organizational_unit(id).is_none() {
        return Err(AwsError::bad_request("ParentNotFoundException", "You specified parent that doesn't exist."));
    }
    Ok((id, Some(id)))
}

fn is_child(call: &Call<'_>, child: &OrganizationalUnit, parent: Option<&str>) -> bool {
    let root = Some(call.organization().root_id.as_str());
    child.parent.as_deref().filter(|id| Some(*id) != root) == parent
}

/// A page of a list.
pub fn listed(
    call: &Call<'_>,
    input: &Input,
    list: &[&str],
    member: &str,
    items: impl Fn(usize, usize) -> Vec<Value>,
) -> Result<Vec<u8>, AwsError> {
    let answers = &call.organization().answers;
    let asked = input.max_results.unwrap_or(MOST_RESULTS);
    let limit = usize::try_from(asked)
        .ok()
        .filter(|limit| *limit >= 1 && asked <= MOST_RESULTS)
        .ok_or_else(|| {
            let reason = if asked < 1 { "MIN_VALUE_EXCEEDED" } else { "MAX_VALUE_EXCEEDED" };
            invalid_input("You specified an invalid value for MaxResults.", reason)
        })?
        .min(answers.accounts_per_page);
    let tokens = call.state.page_tokens();
    let token = input.next_token.as_deref();
    let sizes = (limit, answers.empty_page_every);
    let (Page { first, .. }, empty) = Page::at_or_empty(tokens, list, token, sizes, || {
        invalid_input("You specified an invalid value.", "INVALID_PAGINATION_TOKEN")
    })?;
    let mut page = Map::new();
    if let Some(next) = empty {
        page.insert(member.to_owned(), Value::Array(Vec::new()));
        page.insert("NextToken".to_owned(), next.into());
        return json(&page);
    }
    let mut found = items(first, limit + 1);
    if found.len() > limit {
        found.truncate(limit);
        page.insert("NextToken".to_owned(), Page::token_at(tokens, list, first + limit).into());
    }
    page.insert(member.to_owned(), found.into());
    json(&page)
}

/// An account as lists tell it.
pub fn account_member(call: &Call<'_>, account: &Account) -> Value {
    let organization = call.organization();
    let answers = &organization.answers;
    let mut member = json!({
        "Id": account.id,
        "Arn": account_arn(call, &account.id),
        "Name": account.name,
        "Email": account.email.clone().unwrap_or_else(|| format!("aws+{}@example.com", account.id)),
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": JOINED_AT,
    });
    let Some(members) = member.as_object_mut() else {
        return member;
    };
    let state = account.state.as_str();
    if answers.account_state != AccountStateMember::Status {
        members.insert("State".to_owned(), state.into());
    }
    if answers.account_state != AccountStateMember::State {
        // The old member has fewer values.
        let status = match &account.state {
            AccountState::PendingActivation => "ACTIVE",
            AccountState::Closed => "SUSPENDED",
            _ => state,
        };
        members.insert("Status".to_owned(), status.into());
    }
    if answers.account_paths != PathForm::Absent {
        let mut path = unit_path(call, account.organizational_unit.as_deref());
        if answers.account_paths == PathForm::WithAccount {
            path.push_str(&account.id);
            path.push('/');
        }
        members.insert("Paths".to_owned(), json!([path]));
    }
    member
}

fn unit_member(call: &Call<'_>, unit: &OrganizationalUnit) -> Value {
    let organization = call.organization();
    let (organization_id, management) = (&organization.id, &organization.management_account);
    json!({
        "Id": unit.id,
        "Arn": format!("arn:aws:organizations::{management}:ou/{organization_id}/{}", unit.id),
        "Name": unit.name,
        "Path": unit_path(call, Some(&unit.id)),
    })
}

/// `o-…/r-…/ou-…/`.
fn unit_path(call: &Call<'_>, unit: Option<&str>) -> String {
    let organization = call.organization();
    let mut path = format!("{}/{}/", organization.id, organization.root_id);
    for unit in call.world().lineage(unit) {
        path.push_str(&unit.id);
        path.push('/');
    }
    path
}

fn account_arn(call: &Call<'_>, account: &str) -> String {
    let organization = call.organization();
    let (id, management) = (&organization.id, &organization.management_account);
    format!("arn:aws:organizations::{management}:account/{id}/{account}")
}

/// A member that must be there is not.
pub fn required() -> AwsError {
    invalid_input("You must specify a value.", "INPUT_REQUIRED")
}

/// The input is not what it should be.
pub fn invalid_input(message: &str, reason: &'static str) -> AwsError {
    AwsError { detail: Some(("Reason", reason)), ..AwsError::bad_request("InvalidInputException", message) }
}
