//! One finding: whether Security Hub takes it, and what it makes of it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The largest finding, in bytes.
const MOST_BYTES: usize = 240 * 1_024;

/// What must be there, with the most characters.
const REQUIRED: [(&str, usize); 9] = [
    ("/SchemaVersion", 10),
    ("/Id", 512),
    ("/ProductArn", 2_048),
    ("/GeneratorId", 512),
    ("/AwsAccountId", 12),
    ("/CreatedAt", 64),
    ("/UpdatedAt", 64),
    ("/Title", 256),
    ("/Description", 1_024),
];

/// What may be there, with the most characters.
const OPTIONAL: [(&str, usize); 4] = [
    ("/Remediation/Recommendation/Text", 512),
    ("/Severity/Original", 64),
    ("/FindingProviderFields/Severity/Original", 64),
    ("/Note/Text", 512),
];

const TIMES: [&str; 4] = ["CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt"];

/// What users decide on: not changed by an import of what is there already.
const USERS: [&str; 4] = ["Note", "UserDefinedFields", "VerificationState", "Workflow"];

/// What users may change, so that it is no more what the provider says.
const SHARED: [&str; 2] = ["Severity", "Types"];

/// Whether a finding is taken.
///
/// # Errors
///
/// What is wrong with it.
pub fn check(finding: &Value, known: Option<&Value>) -> Result<(), String> {
    for (path, most) in REQUIRED {
        let Some(text) = finding.pointer(path).and_then(Value::as_str) else {
            return Err(format!("{path} is missing"));
        };
        fits(path, text, most)?;
    }
    for (path, most) in OPTIONAL {
        if let Some(text) = finding.pointer(path) {
            fits(path, text.as_str().ok_or_else(|| format!("{path} is no text"))?, most)?;
        }
    }
    if finding.get("SchemaVersion").is_none_or(|version| version != "2018-10-08") {
        return Err("/SchemaVersion is not 2018-10-08".to_owned());
    }
    for (name, most_key, most_value) in [("ProductFields", 128, 2_048), ("UserDefinedFields", 128, 1_024)] {
        pairs(name, finding.get(name), most_key, most_value)?;
    }
    let resources = finding.get("Resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !(1..=32).contains(&resources.len()) {
        return Err("/Resources has not between 1 and 32 items".to_owned());
    }
    for resource in resources {
        for (name, most) in [("Type", 256), ("Id", 512)] {
            fits(name, resource.get(name).and_then(Value::as_str).unwrap_or_default(), most)?;
        }
        pairs("Other", resource.pointer("/Details/Other"), 127, 1_023)?;
    }
    for name in TIMES {
        if let Some(time) = finding.get(name)
            && time.as_str().is_none_or(|time| time.parse::<Timestamp>().is_err())
        {
            return Err(format!("/{name} is no time"));
        }
    }
    if known.is_some_and(|known| time(known, "UpdatedAt") > time(finding, "UpdatedAt")) {
        return Err("/UpdatedAt is earlier than that of the finding that is there".to_owned());
    }
    if finding.to_string().len() > MOST_BYTES {
        return Err("Finding size exceeded 240 KB".to_owned());
    }
    Ok(())
}

fn fits(name: &str, text: &str, most: usize) -> Result<(), String> {
    if text.trim().is_empty() || text.chars().count() > most {
        return Err(format!("{name} has not between 1 and {most} characters"));
    }
    Ok(())
}

fn pairs(name: &str, pairs: Option<&Value>, most_key: usize, most_value: usize) -> Result<(), String> {
    let Some(pairs) = pairs.and_then(Value::as_object) else { return Ok(()) };
    if pairs.len() > 50 {
        return Err(format!("{name} has more than 50 pairs"));
    }
    for (key, value) in pairs {
        fits(name, key, most_key)?;
        fits(name, value.as_str().unwrap_or_default(), most_value)?;
    }
    Ok(())
}

fn time(finding: &Value, name: &str) -> Option<Timestamp> {
    finding.get(name)?.as_str()?.parse().ok()
}

/// What becomes of a finding that is imported.
pub fn imported(finding: &Value, known: Option<&Value>, region: &str) -> Value {
    let mut given = finding.as_object().cloned().unwrap_or_default();
    let provider = given.get("FindingProviderFields").cloned().unwrap_or_else(|| json!({}));
    let mut stored = match known.and_then(Value::as_object) {
        None => Map::new(),
        Some(known) => {
            given.retain(|name, _| !USERS.contains(&name.as_str()));
            known.clone()
        }
    };
    for name in SHARED {
        let told = provider.get(name).or_else(|| given.get(name)).cloned();
        let users_own = known.is_some_and(|known| {
            known.get(name) != known.get("FindingProviderFields").and_then(|provider| provider.get(name))
        });
        if let Some(told) = told.filter(|_| !users_own) {
            given.insert(name.to_owned(), told);
        } else {
            given.remove(name);
        }
    }
    let before = (record_state(&stored), passed(&stored));
    stored.extend(given);
    stored.entry("RecordState").or_insert_with(|| "ACTIVE".into());
    stored.entry("Workflow").or_insert_with(|| json!({ "Status": "NEW" }));
    stored.insert("Region".to_owned(), region.into());
    let text = |name: &str| stored.get(name).and_then(Value::as_str).unwrap_or_default();
    let full_id = format!("{}/{}", text("ProductArn"), text("Id"));
    if let Some(fields) = stored.entry("ProductFields").or_insert_with(|| json!({})).as_object_mut() {
        fields.insert("aws/securityhub/FindingId".to_owned(), full_id.into());
        fields.insert("aws/securityhub/ProductName".to_owned(), "Default".into());
        fields.insert("aws/securityhub/CompanyName".to_owned(), "Personal".into());
    }
    let is_back = before.0 == "ARCHIVED" && record_state(&stored) == "ACTIVE";
    let fails_anew = before.1 && !passed(&stored);
    let status = stored.get("Workflow").and_then(|workflow| workflow.get("Status")).and_then(Value::as_str);
    if (is_back || fails_anew) && matches!(status, Some("NOTIFIED" | "RESOLVED")) {
        stored.insert("Workflow".to_owned(), json!({ "Status": "NEW" }));
    }
    Value::Object(stored)
}

fn record_state(finding: &Map<String, Value>) -> String {
    finding.get("RecordState").and_then(Value::as_str).unwrap_or("ACTIVE").to_owned()
}

fn passed(finding: &Map<String, Value>) -> bool {
    finding
        .get("Compliance")
        .is_some_and(|compliance| compliance.get("Status").is_some_and(|status| status == "PASSED"))
}

/// Changes what users decide on. `UpdatedAt` stays.
pub fn updated(known: &mut Value, changes: &Map<String, Value>) {
    let Some(known) = known.as_object_mut() else { return };
    for (name, value) in changes {
        let mut value = value.clone();
        if name == "Note"
            && let Some(note) = value.as_object_mut()
        {
            note.insert("UpdatedAt".to_owned(), Timestamp::now().to_string().into());
        }
        known.insert(name.clone(), value);
    }
}
