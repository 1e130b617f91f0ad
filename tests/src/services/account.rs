//! Account Management: `ListRegions`.

use serde::{Deserialize, Serialize};

use super::paging::Page;
use super::{Call, json};
use crate::aws::{AwsError, Service};

/// The model gives a maximum of 50 and no default; this is a guess.
const DEFAULT_PAGE: usize = 20;

const STATUSES: [&str; 5] = ["ENABLED", "ENABLING", "DISABLING", "DISABLED", "ENABLED_BY_DEFAULT"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    account_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    region_opt_status_contains: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    regions: Vec<Region<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Region<'a> {
    region_name: &'a str,
    region_opt_status: &'static str,
}

/// `ListRegions`.
pub fn list_regions(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: Input = call.input()?;
    let account = account(call, input.account_id.as_deref())?;
    let limit = match input.max_results {
        None => DEFAULT_PAGE,
        Some(n) => usize::try_from(n).ok().filter(|n| (1..=50).contains(n)).ok_or_else(|| {
            AwsError::validation("maxResults", &n.to_string(), "Member must have value between 1 and 50")
        })?,
    };
    let wanted = input.region_opt_status_contains.unwrap_or_default();
    if let Some(unknown) = wanted.iter().find(|status| !STATUSES.contains(&status.as_str())) {
        return Err(AwsError::validation(
            "regionOptStatusContains",
            unknown,
            "Member must satisfy enum value set: [ENABLED, ENABLING, DISABLING, DISABLED, ENABLED_BY_DEFAULT]",
        ));
    }
    let filter = wanted.join(",");
    let list = ["ListRegions", account, &filter];
    let tokens = call.state.page_tokens();
    let page = Page::at(tokens, &list, input.next_token.as_deref(), limit, || {
        AwsError::bad_request("ValidationException", "The provided NextToken is invalid.")
    })?;
    let known = call.world().known_regions(account);
    let asked_for: Vec<_> = known
        .iter()
        .filter(|(_, status)| wanted.is_empty() || wanted.iter().any(|wanted| wanted == status.as_str()))
        .collect();
    let next_token = page.next(tokens, &list, asked_for.len());
    let regions = asked_for
        .into_iter()
        .skip(page.first)
        .take(page.limit)
        .map(|(name, status)| Region { region_name: name, region_opt_status: status.as_str() });
    json(&Output { regions: regions.collect(), next_token })
}

/// The account asked about: the caller's own, or, from the management account or a delegated
/// administrator, another member's. The management account can't name itself.
fn account<'a>(call: &Call<'a>, named: Option<&'a str>) -> Result<&'a str, AwsError> {
    let own = call.account();
    let Some(named) = named else {
        return Ok(own);
    };
    let organization = call.organization();
    let may = organization.in_use
        && own != named
        && (own == organization.management_account || organization.is_delegated_administrator(own));
    let known = call.world().account_by_id(named).is_some();
    if !may || !known {
        let who = &call.session.principal.arn;
        return Err(AwsError::denied(
            Service::Account,
            format!(
                "User: {who} is not authorized to perform: account:ListRegions (Your organization must first enable trusted access with AWS Account Management, or the account is not a member.)"
            ),
        ));
    }
    Ok(named)
}
