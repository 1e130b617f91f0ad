//! The page's data, read back as its script reads it.

use proptest::prelude::*;

use super::*;
use crate::report::html::pattern::Places;
use crate::report::html::row::{BETWEEN_STEPS, COLUMNS};

/// The findings that the data of a page tell.
pub(super) fn findings(data: &Value) -> Vec<Finding> {
    let count = usize::try_from(data["count"].as_u64().unwrap()).unwrap();
    let strings = data["strings"].as_array().unwrap();
    assert_eq!(data["head"]["columns"], serde_json::json!(COLUMNS));
    let columns: Vec<Vec<Value>> = data["rows"].as_array().unwrap().iter().map(|runs| unfold(runs, strings)).collect();
    assert!(columns.iter().all(|column| column.len() == count));
    (0..count)
        .map(|row| {
            let values = COLUMNS.iter().zip(&columns).map(|(name, column)| ((*name).to_owned(), column[row].clone()));
            finding(values.collect())
        })
        .collect()
}

fn unfold(runs: &Value, strings: &[Value]) -> Vec<Value> {
    let mut column: Vec<Value> = Vec::new();
    for run in runs.as_array().unwrap() {
        match run.as_i64().unwrap() {
            number @ 0.. => column.push(strings[usize::try_from(number).unwrap()].clone()),
            more => {
                let last = column.last().unwrap().clone();
                column.extend(std::iter::repeat_n(last, usize::try_from(-more).unwrap()));
            }
        }
    }
    column
}

fn finding(mut values: serde_json::Map<String, Value>) -> Finding {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    values["encryption_level_is_lower_bound"] = (values["encryption_level_is_lower_bound"] == "true").into();
    let (arn, remediation) = (values["repository_arn"].take(), values["remediation"].take());
    let reason = text(&values["reason"]);
    values["remediation"] = Value::Array(Vec::new());
    let mut finding: Finding = serde_json::from_value(Value::Object(values)).unwrap();
    if !arn.is_null() {
        finding.repository_arn = Some(Places::of(&finding).without_arn().fill(&text(&arn)));
    }
    finding.reason = Places::of(&finding).fill(&reason);
    if !remediation.is_null() {
        let steps = Places::of(&finding).fill(&text(&remediation));
        finding.remediation = steps.split(BETWEEN_STEPS).map(str::to_owned).collect();
    }
    finding
}

fn assert_comes_back(given: &[Finding]) {
    let page = page(given, &samples::summary(given), FINDINGS);
    let mut read = findings(&data(&page));
    let mut given = given.to_vec();
    let key = |finding: &Finding| serde_json::to_string(finding).unwrap();
    read.sort_by_key(key);
    given.sort_by_key(key);
    assert_eq!(read, given);
}

#[test]
fn the_data_are_the_findings() {
    let mut given = samples::findings_with_templates();
    let seconds = |text: &str| text.parse().unwrap();
    given.push(Finding {
        repository_name: "\u{1}\u{2e2e}</script>\u{2028}<!-- 👩‍💻 \u{202e}".to_owned(),
        created_at: Some(seconds("2024-03-05T10:11:12.345678Z")),
        recorded_at: Some(seconds("2024-03-05T10:11:12Z")),
        key_recorded_at: Some(seconds("2024-03-05T10:11:13Z")),
        open_since: Some(seconds("2026-01-01T00:00:00Z")),
        reason: "a reason with \u{4} in it".to_owned(),
        ..samples::non_compliant()
    });
    given.push(Finding { repository_name: "n".repeat(256), ..samples::non_compliant() });
    assert_comes_back(&given);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn findings_of_any_names_come_back(names in prop::collection::vec("\\PC{0,12}|[a-c/]{2,9}|\\s\u{1}<!--", 1..20)) {
        let bases = samples::findings_with_templates();
        let given: Vec<_> = names
            .into_iter()
            .zip(bases.iter().cycle())
            .map(|(name, base)| Finding {
                reason: format!("{name} {}", base.reason),
                remediation: if base.remediation.is_empty() { Vec::new() } else { vec![format!("do {name}"), name.clone()] },
                repository_name: name,
                ..base.clone()
            })
            .collect();
        assert_comes_back(&given);
    }
}

#[test]
fn a_change_marks_its_row() {
    let findings = samples::findings();
    let changes = vec![
        everything::change(&samples::non_compliant(), ChangeKind::New),
        everything::change(&samples::unreadable(), ChangeKind::Changed),
        everything::change(
            &Finding { repository_name: "other".to_owned(), ..samples::non_compliant() },
            ChangeKind::New,
        ),
    ];
    let mut summary = samples::summary(&findings);
    summary.changes = Some(everything::totals(&changes));
    let page = page_with(&findings, &summary, FINDINGS, &Beside { changes, ..Beside::default() });
    let data = data(&page);
    let strings = data["strings"].as_array().unwrap();
    let column = |name| unfold(&data["rows"][COLUMNS.iter().position(|column| *column == name).unwrap()], strings);
    let marked: Vec<_> = column("repository_name").into_iter().zip(column("change")).collect();
    let marked: Vec<_> = marked.iter().filter(|(_, change)| !change.is_null()).collect();
    assert_eq!(
        serde_json::json!(marked),
        serde_json::json!([["team-a/web", "new"], ["legacy", "changed"]]),
        "the third change has no row"
    );
}
