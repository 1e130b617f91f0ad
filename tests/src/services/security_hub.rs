//! Security Hub: the findings that an account brings itself, and what its users make of them.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::paging::Page;
use super::security_hub_finding::{check, imported, updated};
use super::{Call, json};
use crate::aws::{AwsError, Operation};
use crate::organization::SecurityHubService;
use crate::world::hash_text;

/// Most findings in one call.
const MOST: usize = 100;

/// Performs an operation.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    if !service(call).is_enabled(call.account(), call.region) {
        let message = format!("Account {} is not subscribed to AWS Security Hub", call.account());
        return Err(AwsError::new(401, "InvalidAccessException", message));
    }
    match call.operation {
        Operation::BatchImportFindings => import(call),
        Operation::BatchUpdateFindings => update(call),
        _ => get_findings(call),
    }
}

fn service<'a>(call: &Call<'a>) -> &'a SecurityHubService {
    &call.organization().security_hub
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::bad_request("InvalidInputException", message)
}

fn text<'a>(finding: &'a Value, name: &str) -> &'a str {
    finding.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Import {
    findings: Vec<Value>,
}

fn import(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: Import = call.input()?;
    if input.findings.is_empty() || input.findings.len() > MOST {
        return Err(invalid("Invalid parameter 'Findings'. Between 1 and 100 findings are allowed."));
    }
    let (account, region) = (call.account(), call.region);
    let product_arn = format!("arn:aws:securityhub:{region}:{account}:product/{account}/default");
    // One that is not the caller's own makes AWS refuse the whole call, with an error that does not tell which.
    if input.findings.iter().any(|one| text(one, "AwsAccountId") != account || text(one, "ProductArn") != product_arn) {
        let who = &call.session.principal.arn;
        return Err(AwsError::new(
            403,
            "AccessDeniedException",
            format!(
                "User: {who} is not authorized to perform: securityhub:BatchImportFindings on resource: {product_arn}"
            ),
        ));
    }
    let mut hubs = call.state.security_hub().lock();
    let mut failed = Vec::new();
    for finding in &input.findings {
        let id = text(finding, "Id").to_owned();
        let known = hubs.findings.get(&(account.to_owned(), region.to_owned())).and_then(|hub| hub.get(&id));
        let refusal = if service(call).fail_always.contains(&id) {
            Some(("InvalidInput", "the description says so".to_owned()))
        } else if let Err(problem) = check(finding, known) {
            Some(("InvalidInput", problem))
        } else if service(call).fail_first.contains(&id) && hubs.failed_once.insert(("import", id.clone())) {
            Some(("InternalException", "Internal service failure".to_owned()))
        } else {
            None
        };
        if let Some((code, message)) = refusal {
            failed.push(json!({ "Id": id, "ErrorCode": code, "ErrorMessage": message }));
            continue;
        }
        let hub = hubs.findings.entry((account.to_owned(), region.to_owned())).or_default();
        let stored = imported(finding, hub.get(&id), region);
        hub.insert(id, stored);
    }
    json(&json!({
        "FailedCount": failed.len(),
        "SuccessCount": input.findings.len() - failed.len(),
        "FailedFindings": failed,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    finding_identifiers: Vec<Value>,
    #[serde(flatten)]
    changes: Map<String, Value>,
}

fn update(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: Update = call.input()?;
    if input.finding_identifiers.is_empty() || input.finding_identifiers.len() > MOST {
        return Err(invalid("Invalid parameter 'FindingIdentifiers'. Between 1 and 100 are allowed."));
    }
    if let Some(note) = input.changes.get("Note")
        && !(1..=512).contains(&text(note, "Text").chars().count())
    {
        return Err(invalid("Invalid parameter 'Note.Text'. Between 1 and 512 characters are allowed."));
    }
    if let Some(unknown) = input.changes.keys().find(|name| !["Note", "Workflow"].contains(&name.as_str())) {
        return Err(invalid(format!("the simulator does not know `{unknown}`")));
    }
    let mut hubs = call.state.security_hub().lock();
    let key = (call.account().to_owned(), call.region.to_owned());
    let (mut processed, mut unprocessed) = (Vec::new(), Vec::new());
    for identifier in input.finding_identifiers {
        let id = text(&identifier, "Id").to_owned();
        let is_known = hubs
            .findings
            .get(&key)
            .and_then(|hub| hub.get(&id))
            .is_some_and(|known| text(known, "ProductArn") == text(&identifier, "ProductArn"));
        let refusal = if !is_known {
            Some(("FindingNotFound", "Finding Not Found"))
        } else if service(call).fail_always.contains(&id) {
            Some(("InvalidInput", "Invalid Input"))
        } else if service(call).fail_first.contains(&id) && hubs.failed_once.insert(("update", id.clone())) {
            Some(("ConcurrentUpdateError", "Concurrent finding updates detected"))
        } else {
            None
        };
        if let Some((code, message)) = refusal {
            let told = json!({ "FindingIdentifier": identifier, "ErrorCode": code, "ErrorMessage": message });
            unprocessed.push(told);
            continue;
        }
        if let Some(known) = hubs.findings.get_mut(&key).and_then(|hub| hub.get_mut(&id)) {
            updated(known, &input.changes);
        }
        processed.push(identifier);
    }
    json(&json!({ "ProcessedFindings": processed, "UnprocessedFindings": unprocessed }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetFindings {
    #[serde(default)]
    filters: Map<String, Value>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

fn get_findings(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    let input: GetFindings = call.input()?;
    let asked = input.max_results.unwrap_or(MOST);
    if !(1..=MOST).contains(&asked) {
        return Err(invalid("Invalid parameter 'MaxResults'. Valid range is 1 to 100."));
    }
    let limit = service(call).findings_per_page.map_or(asked, |most| most.min(asked));
    let filters =
        input.filters.iter().map(|(name, values)| Filter::new(name, values)).collect::<Result<Vec<_>, _>>()?;
    let list = ["GetFindings", call.account(), call.region, &Value::Object(input.filters.clone()).to_string()];
    let tokens = call.state.page_tokens();
    let page =
        Page::at(tokens, &list, input.next_token.as_deref(), limit, || invalid("Invalid parameter 'NextToken'"))?;
    let hubs = call.state.security_hub().lock();
    let sees_all = service(call).administrator.as_deref() == Some(call.account());
    let mut findings: Vec<&Value> = hubs
        .findings
        .iter()
        .filter(|((account, region), _)| (sees_all || account == call.account()) && region == call.region)
        .flat_map(|(_, hub)| hub.values())
        .filter(|finding| filters.iter().all(|filter| filter.matches(finding)))
        .collect();
    // In no order that anybody could rely on.
    findings.sort_by_cached_key(|finding| hash_text(text(finding, "Id")));
    let next = page.next(tokens, &list, findings.len());
    let findings: Vec<&Value> = findings.into_iter().skip(page.first).take(page.limit).collect();
    json(&json!({ "Findings": findings, "NextToken": next }))
}

/// Conditions on one attribute, any of which may hold.
struct Filter<'a> {
    name: &'a str,
    conditions: Vec<(bool, &'a str)>,
}

impl<'a> Filter<'a> {
    fn new(name: &'a str, values: &'a Value) -> Result<Self, AwsError> {
        if !["AwsAccountId", "GeneratorId", "Id", "ProductArn", "RecordState"].contains(&name) {
            return Err(invalid(format!("the simulator does not know the filter `{name}`")));
        }
        let conditions = values.as_array().filter(|conditions| conditions.len() <= 20);
        let conditions = conditions.ok_or_else(|| invalid(format!("Invalid parameter 'Filters.{name}'")))?;
        let conditions = conditions.iter().map(|condition| match text(condition, "Comparison") {
            "EQUALS" => Ok((false, text(condition, "Value"))),
            "PREFIX" => Ok((true, text(condition, "Value"))),
            other => Err(invalid(format!("the simulator does not know the comparison `{other}`"))),
        });
        Ok(Self { name, conditions: conditions.collect::<Result<_, _>>()? })
    }

    fn matches(&self, finding: &Value) -> bool {
        let value = text(finding, self.name);
        self.conditions
            .iter()
            .any(|(prefix, wanted)| if *prefix { value.starts_with(wanted) } else { value == *wanted })
    }
}
