//! AWS Organizations: the services that it trusts, and the accounts that stand in for the management account.

use serde_json::{Value, json};

use super::Call;
use super::organizations::{Input, JOINED_AT, account_member, invalid_input, listed, required};
use crate::aws::{AwsError, Operation};

/// Performs an operation.
pub fn perform(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    match call.operation {
        Operation::ListDelegatedAdministrators => list_administrators(call, input),
        Operation::ListDelegatedServicesForAccount => list_services(call, input),
        _ => list_service_access(call, input),
    }
}

fn list_service_access(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let trusted = &call.organization().trusted_services;
    listed(call, input, &["ListAWSServiceAccessForOrganization"], "EnabledServicePrincipals", |first, limit| {
        let page = trusted.iter().skip(first).take(limit);
        page.map(|service| json!({"ServicePrincipal": service, "DateEnabled": JOINED_AT})).collect()
    })
}

fn list_administrators(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let organization = call.organization();
    let asked = input.service_principal.as_deref();
    if asked.is_some_and(|service| !is_service_principal(service)) {
        return Err(invalid_input("You specified an invalid value.", "INVALID_PATTERN"));
    }
    let mut ids = organization.all_delegated_administrators();
    ids.retain(|id| asked.is_none_or(|service| organization.delegated_services(id).contains(&service)));
    let list = ["ListDelegatedAdministrators", asked.unwrap_or_default()];
    listed(call, input, &list, "DelegatedAdministrators", |first, limit| {
        ids.iter().skip(first).take(limit).filter_map(|id| administrator_member(call, id)).collect()
    })
}

fn administrator_member(call: &Call<'_>, id: &str) -> Option<Value> {
    let account = call.world().account_by_id(id)?;
    let mut member = account_member(call, &account);
    let members = member.as_object_mut()?;
    members.remove("Paths");
    members.insert("DelegationEnabledDate".to_owned(), JOINED_AT.into());
    Some(member)
}

fn list_services(call: &Call<'_>, input: &Input) -> Result<Vec<u8>, AwsError> {
    let id = input.account_id.as_deref().ok_or_else(required)?;
    if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid_input("You specified an invalid value.", "INVALID_PATTERN"));
    }
    if call.world().account_by_id(id).is_none() {
        let message = "You specified an account that doesn't exist.";
        return Err(AwsError::bad_request("AccountNotFoundException", message));
    }
    let services = call.organization().delegated_services(id);
    if services.is_empty() {
        let message = "The account that you specified is not a delegated administrator.";
        return Err(AwsError::bad_request("AccountNotRegisteredException", message));
    }
    listed(call, input, &["ListDelegatedServicesForAccount", id], "DelegatedServices", |first, limit| {
        let page = services.iter().skip(first).take(limit);
        page.map(|service| json!({"ServicePrincipal": service, "DelegationEnabledDate": JOINED_AT})).collect()
    })
}

/// `[\w+=,.@-]{1,128}`, the model says.
fn is_service_principal(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character))
}
