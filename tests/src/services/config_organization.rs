//! AWS Config's rules and conformance packs of the organization, and how they fare in its accounts.

use serde::Deserialize;
use serde_json::{Value, json};

use super::config::{invalid_next_token, limit, with_next};
use super::config_recorder::{MADE_AT, PlacedRecorder};
use super::paging::Page;
use super::{Call, json};
use crate::aws::{AwsError, Operation};
use crate::organization::{Account, AccountState, MemberRule, ORGANIZATION_RULES_SERVICE, OrganizationRule};
use crate::world::made_up_uuid;

/// The largest page, and that of lists which are asked for no number.
const MOST: usize = 100;
/// Most names in one call.
const MOST_NAMES: usize = 25;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(default, alias = "OrganizationConformancePackNames")]
    organization_config_rule_names: Vec<String>,
    #[serde(alias = "OrganizationConformancePackName")]
    organization_config_rule_name: Option<String>,
    #[serde(default)]
    filters: Filters,
    limit: Option<i64>,
    next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filters {
    account_id: Option<String>,
    #[serde(alias = "Status")]
    member_account_rule_status: Option<String>,
}

/// What is of the organization, and how AWS Config writes of it.
#[derive(Clone, Copy)]
struct Kind {
    operation: &'static str,
    name_member: &'static str,
    list: &'static str,
    statuses: &'static str,
    status_member: &'static str,
    unknown: &'static str,
    words: &'static str,
    is_pack: bool,
}

const RULE: Kind = Kind {
    operation: "DescribeOrganizationConfigRules",
    name_member: "organizationConfigRuleName",
    list: "OrganizationConfigRules",
    statuses: "OrganizationConfigRuleDetailedStatus",
    status_member: "MemberAccountRuleStatus",
    unknown: "NoSuchOrganizationConfigRuleException",
    words: "organization config rule",
    is_pack: false,
};

const PACK: Kind = Kind {
    operation: "DescribeOrganizationConformancePacks",
    name_member: "organizationConformancePackName",
    list: "OrganizationConformancePacks",
    statuses: "OrganizationConformancePackDetailedStatuses",
    status_member: "Status",
    unknown: "NoSuchOrganizationConformancePackException",
    words: "organization conformance pack",
    is_pack: true,
};

/// Performs an operation.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    if !call.organization().administers(call.account(), ORGANIZATION_RULES_SERVICE) {
        return Err(AwsError::bad_request(
            "OrganizationAccessDeniedException",
            "This action can only be performed by the organization's management account or by a delegated administrator of AWS Config.",
        ));
    }
    let input: Input = call.input()?;
    match call.operation {
        Operation::DescribeOrganizationConfigRules => describe(call, RULE, &input),
        Operation::DescribeOrganizationConformancePacks => describe(call, PACK, &input),
        Operation::GetOrganizationConformancePackDetailedStatus => detailed_status(call, PACK, &input),
        _ => detailed_status(call, RULE, &input),
    }
}

/// The rules or packs that the caller sees.
fn seen<'a>(call: &Call<'a>, kind: Kind) -> impl Iterator<Item = &'a OrganizationRule> {
    let (account, region) = (call.account(), call.region);
    let config = &call.organization().config;
    let all = if kind.is_pack { &config.organization_conformance_packs } else { &config.organization_rules };
    all.iter().filter(move |rule| rule.is_seen(account, region))
}

fn named<'a>(call: &Call<'a>, kind: Kind, name: &str) -> Result<&'a OrganizationRule, AwsError> {
    seen(call, kind)
        .find(|rule| rule.name == name)
        .ok_or_else(|| AwsError::bad_request(kind.unknown, format!("Could not find the {}: {name}", kind.words)))
}

fn describe(call: &Call<'_>, kind: Kind, input: &Input) -> Result<Vec<u8>, AwsError> {
    let names = &input.organization_config_rule_names;
    if names.len() > MOST_NAMES {
        let constraint = "Member must have length less than or equal to 25";
        return Err(AwsError::validation(&format!("{}s", kind.name_member), "[…]", constraint));
    }
    let member = |rule: &OrganizationRule| if kind.is_pack { pack_member(call, rule) } else { rule_member(call, rule) };
    if !names.is_empty() {
        let found = names.iter().map(|name| Ok(member(named(call, kind, name)?)));
        let found: Vec<Value> = found.collect::<Result<_, AwsError>>()?;
        return json(&json!({ (kind.list): found }));
    }
    let list = [kind.operation, call.account(), call.region];
    let (page, empty) = page(call, &list, input)?;
    if empty.is_some() {
        return json(&with_next(json!({ (kind.list): [] }), "NextToken", empty));
    }
    let next = seen(call, kind).nth(page.end()).map(|_| Page::token_at(call.state.page_tokens(), &list, page.end()));
    let found = seen(call, kind).skip(page.first).take(page.limit).map(member);
    json(&with_next(json!({ (kind.list): found.collect::<Vec<_>>() }), "NextToken", next))
}

fn pack_member(call: &Call<'_>, pack: &OrganizationRule) -> Value {
    let (account, region, name) = (call.account(), call.region, &pack.name);
    let id = suffix(pack, account, region);
    json!({
        "OrganizationConformancePackName": name,
        "OrganizationConformancePackArn":
            format!("arn:aws:config:{region}:{account}:organization-conformance-pack/{name}-{id}"),
        "ConformancePackInputParameters": [],
        "ExcludedAccounts": pack.excluded_accounts,
        "LastUpdateTime": MADE_AT,
    })
}

fn rule_member(call: &Call<'_>, rule: &OrganizationRule) -> Value {
    let (account, region, name) = (call.account(), call.region, &rule.name);
    let made_up = || format!("arn:aws:lambda:{region}:{account}:function:{name}");
    let mut metadata = json!({
        "LambdaFunctionArn": rule.function_arn.clone().unwrap_or_else(made_up),
        "OrganizationConfigRuleTriggerTypes": [
            "ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification", "ScheduledNotification",
        ],
        "MaximumExecutionFrequency": "TwentyFour_Hours",
        "ResourceTypesScope": ["AWS::ECR::Repository", "AWS::KMS::Key"],
    });
    if let (Some(parameters), Some(members)) = (&rule.input_parameters, metadata.as_object_mut()) {
        members.insert("InputParameters".to_owned(), parameters.clone().into());
    }
    let id = suffix(rule, account, region);
    json!({
        "OrganizationConfigRuleName": name,
        "OrganizationConfigRuleArn":
            format!("arn:aws:config:{region}:{account}:organization-config-rule/{name}-{id}"),
        "OrganizationCustomRuleMetadata": metadata,
        "ExcludedAccounts": rule.excluded_accounts,
        "LastUpdateTime": MADE_AT,
    })
}

/// What AWS Config adds to the names of rules that it makes.
fn suffix(rule: &OrganizationRule, account: &str, region: &str) -> String {
    made_up_uuid(&["organization rule", &rule.name, account, region]).chars().take(8).collect()
}

fn detailed_status(call: &Call<'_>, kind: Kind, input: &Input) -> Result<Vec<u8>, AwsError> {
    let name = input.organization_config_rule_name.as_deref();
    let rule = named(call, kind, name.ok_or_else(|| AwsError::missing(kind.name_member))?)?;
    let Filters { account_id, member_account_rule_status: wanted } = &input.filters;
    let filters = [account_id, wanted].map(|text| text.as_deref().unwrap_or_default());
    let list = [kind.statuses, call.region, &rule.name, filters[0], filters[1]];
    let (page, empty) = page(call, &list, input)?;
    if empty.is_some() {
        return json(&with_next(json!({ (kind.statuses): [] }), "NextToken", empty));
    }
    // Positions are those of the accounts, which need not have a status.
    let accounts = (page.first..).map_while(|position| Some((position, call.world().account(position)?)));
    let mut statuses = accounts
        .filter(|(_, account)| account_id.as_ref().is_none_or(|id| *id == account.id))
        .filter_map(|(position, account)| Some((position, status(call, rule, &account)?, account)))
        .filter(|(_, status, _)| wanted.as_ref().is_none_or(|wanted| *wanted == status.status));
    let found: Vec<Value> = statuses
        .by_ref()
        .take(page.limit)
        .map(|(_, status, account)| status_member(call, kind, rule, &account.id, &status))
        .collect();
    let next = statuses.next().map(|(position, ..)| Page::token_at(call.state.page_tokens(), &list, position));
    json(&with_next(json!({ (kind.statuses): found }), "NextToken", next))
}

/// How the rule fares in an account; absent where AWS Config has nothing of it.
fn status(call: &Call<'_>, rule: &OrganizationRule, account: &Account) -> Option<MemberRule> {
    let (world, region) = (call.world(), call.region);
    if let Some(described) = rule.status(&account.id, region) {
        let named = described.account.is_some() || account.state == AccountState::Active;
        return (named && !described.absent).then(|| described.clone());
    }
    let usable = world.region_status(&account.id, region).is_some_and(crate::organization::RegionStatus::is_usable);
    if account.state != AccountState::Active || !usable || rule.excluded_accounts.contains(&account.id) {
        return None;
    }
    Some(match PlacedRecorder::of(call, &account.id, region) {
        Some(_) => MemberRule::default(),
        None => MemberRule::without_recorder(),
    })
}

fn status_member(call: &Call<'_>, kind: Kind, rule: &OrganizationRule, account: &str, status: &MemberRule) -> Value {
    let id = suffix(rule, account, call.region);
    let (name_member, prefix) =
        if kind.is_pack { ("ConformancePackName", "OrgConformsPack") } else { ("ConfigRuleName", "OrgConfigRule") };
    let mut member = json!({
        "AccountId": account,
        (name_member): format!("{prefix}-{}-{id}", rule.name),
        (kind.status_member): status.status,
        "LastUpdateTime": MADE_AT,
    });
    if let Some(members) = member.as_object_mut() {
        for (name, value) in [("ErrorCode", &status.error_code), ("ErrorMessage", &status.error_message)] {
            if let Some(value) = value {
                members.insert(name.to_owned(), value.clone().into());
            }
        }
    }
    member
}

/// The page that is asked for, as large as the description lets it be, and the token that it carries if it is to be empty.
fn page(call: &Call<'_>, list: &[&str], input: &Input) -> Result<(Page, Option<String>), AwsError> {
    let answers = &call.organization().answers;
    let limit = limit(input.limit, MOST, "InvalidLimitException")?.min(answers.results_per_page);
    let token = input.next_token.as_deref();
    let sizes = (limit, answers.empty_page_every);
    Page::at_or_empty(call.state.page_tokens(), list, token, sizes, invalid_next_token)
}
