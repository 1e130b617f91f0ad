//! AWS Config.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::config_aggregator;
use super::config_items::history;
use super::config_organization;
use super::config_recorder;
use super::config_store::{Recorded, RecordedEvaluation, rule_key};
use super::paging::Page;
use super::{Call, json};
use crate::aws::{AwsError, Operation};
use crate::organization::ConfigRule;

/// Most evaluations in one call, and the largest page of every list here.
const MOST: usize = 100;
/// Results on a page that asks for no number; from the API's documentation.
const DEFAULT_RESULTS: usize = 10;

/// Performs an operation.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    match call.operation {
        Operation::PutEvaluations => put_evaluations(call),
        Operation::GetResourceConfigHistory => history(call),
        Operation::GetComplianceDetailsByConfigRule => compliance_details(call),
        Operation::DescribeConfigurationRecorders
        | Operation::DescribeConfigurationRecorderStatus
        | Operation::DescribeDeliveryChannels => config_recorder::perform(call),
        Operation::DescribeOrganizationConfigRules
        | Operation::GetOrganizationConfigRuleDetailedStatus
        | Operation::DescribeOrganizationConformancePacks
        | Operation::GetOrganizationConformancePackDetailedStatus => config_organization::perform(call),
        _ => config_aggregator::perform(call),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvaluations {
    #[serde(default)]
    evaluations: Vec<Evaluation>,
    result_token: Option<String>,
    #[serde(default)]
    test_mode: bool,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Evaluation {
    compliance_resource_type: Option<String>,
    compliance_resource_id: Option<String>,
    compliance_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotation: Option<String>,
    ordering_timestamp: Option<f64>,
}

fn put_evaluations(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: PutEvaluations = call.input()?;
    let token = input.result_token.as_deref().ok_or_else(|| AwsError::missing("resultToken"))?;
    if input.evaluations.len() > MOST {
        return Err(AwsError::validation("evaluations", "[…]", "Member must have length less than or equal to 100"));
    }
    let evaluations = input
        .evaluations
        .iter()
        .enumerate()
        .map(|(index, evaluation)| recorded(call, &input, token, index, evaluation))
        .collect::<Result<Vec<_>, _>>()?;
    let rule = rule_of_token(call, token);
    let known = rule.is_some() || call.organization().config.rules.is_empty();
    // "If you set TestMode to true, Config doesn't require a valid value for ResultToken."
    if token.is_empty() || (!known && !input.test_mode) {
        return Err(AwsError::bad_request("InvalidResultTokenException", "The specified ResultToken is invalid."));
    }
    let mut store = call.state.config().lock();
    let mut failed = Vec::new();
    for (mut recorded, sent) in evaluations.into_iter().zip(&input.evaluations) {
        recorded.accepted = accepts(call, &mut store, &recorded.compliance_resource_id);
        if !recorded.accepted {
            failed.push(sent.clone());
        } else if let Some(rule) = rule.filter(|_| !input.test_mode) {
            remember(&mut store, rule, &recorded);
        }
        store.evaluations.push(recorded);
    }
    json(&json!({ "FailedEvaluations": failed }))
}

/// Checks one evaluation as AWS does before it looks at any.
fn recorded(
    call: &Call<'_>,
    input: &PutEvaluations,
    token: &str,
    index: usize,
    evaluation: &Evaluation,
) -> Result<RecordedEvaluation, AwsError> {
    let member = |name: &str| format!("evaluations.{}.member.{name}", index + 1);
    let text = |value: &Option<String>, name: &str, most: usize| {
        let value = value.clone().ok_or_else(|| AwsError::missing(&member(name)))?;
        let length = value.chars().count();
        if length == 0 || length > most {
            let constraint = format!("Member must have length between 1 and {most}");
            return Err(AwsError::validation(&member(name), &value, &constraint));
        }
        Ok(value)
    };
    let compliance_type = text(&evaluation.compliance_type, "complianceType", 256)?;
    match compliance_type.as_str() {
        "COMPLIANT" | "NON_COMPLIANT" | "NOT_APPLICABLE" => {}
        "INSUFFICIENT_DATA" => {
            return Err(AwsError::bad_request(
                "InvalidParameterValueException",
                "INSUFFICIENT_DATA is not a valid value for ComplianceType.",
            ));
        }
        other => {
            return Err(AwsError::validation(
                &member("complianceType"),
                other,
                "Member must satisfy enum value set: [COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, INSUFFICIENT_DATA]",
            ));
        }
    }
    let annotation = match &evaluation.annotation {
        None => None,
        some => Some(text(some, "annotation", 256)?),
    };
    Ok(RecordedEvaluation {
        account: call.account().to_owned(),
        region: call.region.to_owned(),
        result_token: token.to_owned(),
        test_mode: input.test_mode,
        compliance_resource_type: text(&evaluation.compliance_resource_type, "complianceResourceType", 256)?,
        compliance_resource_id: text(&evaluation.compliance_resource_id, "complianceResourceId", 768)?,
        compliance_type,
        annotation,
        ordering_timestamp: evaluation
            .ordering_timestamp
            .ok_or_else(|| AwsError::missing(&member("orderingTimestamp")))?,
        accepted: true,
    })
}

/// Whether an evaluation is taken: the description may want it returned the first time.
fn accepts(call: &Call<'_>, store: &mut Recorded, resource_id: &str) -> bool {
    let config = &call.organization().config;
    if config.fail_always.iter().any(|id| id == resource_id) {
        return false;
    }
    !config.fail_first.iter().any(|id| id == resource_id) || !store.failed_once.insert(resource_id.to_owned())
}

fn remember(store: &mut Recorded, rule: &ConfigRule, recorded: &RecordedEvaluation) {
    let resource = (recorded.compliance_resource_type.clone(), recorded.compliance_resource_id.clone());
    let results = store.results.entry(rule_key(rule)).or_default();
    if results.get(&resource).is_some_and(|known| known.ordering_timestamp > recorded.ordering_timestamp) {
        // Of an event that was overtaken by a later one.
        return;
    }
    if recorded.compliance_type == "NOT_APPLICABLE" {
        results.remove(&resource);
    } else {
        results.insert(resource, recorded.clone());
    }
}

fn rule_of_token<'a>(call: &Call<'a>, token: &str) -> Option<&'a ConfigRule> {
    call.organization()
        .config
        .rules
        .iter()
        .find(|rule| rule.result_token == token && rule.account == call.account() && rule.region == call.region)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ComplianceDetails {
    config_rule_name: Option<String>,
    compliance_types: Option<Vec<String>>,
    limit: Option<i64>,
    next_token: Option<String>,
}

fn compliance_details(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: ComplianceDetails = call.input()?;
    let name = input.config_rule_name.as_deref().ok_or_else(|| AwsError::missing("configRuleName"))?;
    let (account, region) = (call.account(), call.region);
    let rules = &call.organization().config.rules;
    if !rules.iter().any(|rule| rule.name == name && rule.account == account && rule.region == region) {
        return Err(AwsError::bad_request(
            "NoSuchConfigRuleException",
            format!("The ConfigRule '{name}' provided in the request is invalid. Please check the configRule name"),
        ));
    }
    let list = ["GetComplianceDetailsByConfigRule", account, region, name];
    let limit = limit(input.limit, DEFAULT_RESULTS, "InvalidParameterValueException")?;
    let page = page(call, &list, input.next_token.as_deref(), limit)?;
    let store = call.state.config().lock();
    let key = (account.to_owned(), region.to_owned(), name.to_owned());
    let wanted = input.compliance_types.unwrap_or_default();
    let results: Vec<&RecordedEvaluation> = store
        .results
        .get(&key)
        .into_iter()
        .flat_map(std::collections::BTreeMap::values)
        .filter(|result| wanted.is_empty() || wanted.contains(&result.compliance_type))
        .collect();
    let next = page.next(call.state.page_tokens(), &list, results.len());
    let results: Vec<Value> =
        results.into_iter().skip(page.first).take(page.limit).map(|result| result_member(name, result)).collect();
    json(&with_next(json!({ "EvaluationResults": results }), "NextToken", next))
}

fn result_member(rule: &str, result: &RecordedEvaluation) -> Value {
    let mut member = json!({
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": {
                "ConfigRuleName": rule,
                "ResourceType": result.compliance_resource_type,
                "ResourceId": result.compliance_resource_id,
                "EvaluationMode": "DETECTIVE",
            },
            "OrderingTimestamp": result.ordering_timestamp,
        },
        "ComplianceType": result.compliance_type,
        "ResultRecordedTime": result.ordering_timestamp,
        "ConfigRuleInvokedTime": result.ordering_timestamp,
    });
    if let (Some(annotation), Some(members)) = (&result.annotation, member.as_object_mut()) {
        members.insert("Annotation".to_owned(), annotation.clone().into());
    }
    member
}

/// The size of a page; 0 means the default, as the documentation says.
pub fn limit(asked: Option<i64>, default: usize, code: &'static str) -> Result<usize, AwsError> {
    let asked = asked.unwrap_or(0);
    match usize::try_from(asked) {
        Ok(0) => Ok(default),
        Ok(limit) if limit <= MOST => Ok(limit),
        _ => Err(AwsError::bad_request(code, format!("The limit {asked} is not between 0 and 100."))),
    }
}

/// The page that a token stands for.
pub fn page(call: &Call<'_>, list: &[&str], token: Option<&str>, limit: usize) -> Result<Page, AwsError> {
    Page::at(call.state.page_tokens(), list, token, limit, invalid_next_token)
}

/// A token that AWS Config has not given for this list.
pub fn invalid_next_token() -> AwsError {
    AwsError::bad_request("InvalidNextTokenException", "The specified next token is not valid.")
}

/// An answer with the token of the next page, if there is one.
pub fn with_next(mut answer: Value, member: &str, next: Option<String>) -> Value {
    if let (Some(next), Some(members)) = (next, answer.as_object_mut()) {
        members.insert(member.to_owned(), next.into());
    }
    answer
}
