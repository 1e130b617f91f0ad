//! JSON Schemas of the files of a report, from the types that write them. They are kept under `aggregator/schema`.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::config_source::compare::Difference;
use crate::doctor;
use crate::finding::Finding;
use crate::history::change::Change;
use crate::history::manifest::Manifest;
use crate::history::targets::AccountTargets;
use crate::report::json::Document;
use crate::summary::Summary;

/// The schema of one line of `findings.jsonl`.
pub fn finding_schema() -> Schema {
    schema_of::<Finding>(
        "finding",
        "Finding",
        "One line of findings.jsonl: one ECR repository, or a creation template or pull-through cache rule that \
         decides how the next ones are encrypted, its verdict and what to do. Every field is there, null where it \
         is not known. Fields are only ever added, so readers should ignore those they do not know.",
    )
}

/// The schema of `summary.json`.
pub fn summary_schema() -> Schema {
    schema_of::<Summary>(
        "summary",
        "Summary",
        "summary.json: what a run found, what it did not see, and what it cost. Every field is there, null where it is \
         not known. Fields are only ever added, so readers should ignore those they do not know.",
    )
}

/// The schema of one line of `differences.jsonl`.
pub fn difference_schema() -> Schema {
    schema_of::<Difference>(
        "difference",
        "Difference",
        "One line of differences.jsonl: one ECR repository of which AWS Config recorded something else than ECR tells. Fields \
         are only ever added, so readers should ignore those they do not know.",
    )
}

/// The schema of one line of `changes.jsonl`.
pub fn change_schema() -> Schema {
    schema_of::<Change>(
        "change",
        "Change",
        "One line of changes.jsonl: what has become of one finding since the run before. Fields are only ever added, so \
         readers should ignore those they do not know.",
    )
}

/// The schema of one line of `targets.jsonl`.
pub fn targets_schema() -> Schema {
    schema_of::<AccountTargets>(
        "targets",
        "Targets",
        "One line of targets.jsonl: the Regions of one account that were read whole, each with its number of findings. \
         What is not in the findings of those does not exist. Fields are only ever added.",
    )
}

/// The schema of `manifest.json`.
pub fn manifest_schema() -> Schema {
    schema_of::<Manifest>(
        "manifest",
        "Manifest",
        "manifest.json: a run in figures, and the files of its folder with their checksums. It is written last. Fields are \
         only ever added, so readers should ignore those they do not know.",
    )
}

/// The schema of `findings.json`.
pub fn report_schema() -> Schema {
    schema_of::<Document>(
        "report",
        "Report",
        "findings.json: everything that a run tells, in one document that is written in this order and can be read so: \
         findings, changes, targets, and the summary last. Fields are only ever added, so readers should ignore those they do \
         not know.",
    )
}

/// The schema of what `doctor --summary json` prints.
pub fn doctor_schema() -> Schema {
    schema_of::<doctor::Document<'_>>(
        "doctor",
        "Doctor",
        "What doctor --summary json prints: what a deployment and its scans need, and how it stands. Fields are only ever \
         added, so readers should ignore those they do not know.",
    )
}

/// The schema of what is written, as opposed to what is read: every field is there.
fn schema_of<T: JsonSchema>(name: &str, title: &str, description: &str) -> Schema {
    let mut schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), format!("urn:ecr-encryption:{name}.schema.json").into());
    schema.insert("title".to_owned(), title.into());
    schema.insert("description".to_owned(), description.into());
    schema
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use rstest::rstest;
    use serde_json::Value;

    use super::*;
    use crate::report::samples;

    #[rstest]
    #[case("finding", finding_schema())]
    #[case("summary", summary_schema())]
    #[case("difference", difference_schema())]
    #[case("change", change_schema())]
    #[case("targets", targets_schema())]
    #[case("manifest", manifest_schema())]
    #[case("report", report_schema())]
    #[case("doctor", doctor_schema())]
    fn schema(#[case] name: &str, #[case] generated: Schema) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
        let generated = format!("{}\n", serde_json::to_string_pretty(&generated).unwrap());
        if std::env::var_os("ECR_ENCRYPTION_WRITE_SCHEMA").is_some_and(|value| value == "1") {
            fs::write(&path, &generated).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap_or_default(),
            generated,
            "{} is not what the types say; ECR_ENCRYPTION_WRITE_SCHEMA=1 writes it anew",
            path.display()
        );
    }

    #[rstest]
    #[case(finding_schema())]
    #[case(summary_schema())]
    #[case(difference_schema())]
    #[case(change_schema())]
    #[case(targets_schema())]
    #[case(manifest_schema())]
    #[case(report_schema())]
    #[case(doctor_schema())]
    fn every_field_is_required_and_others_are_allowed(#[case] schema: Schema) {
        fn check(value: &Value) {
            if let Some(properties) = value.get("properties").and_then(Value::as_object) {
                let named: BTreeSet<_> = properties.keys().map(String::as_str).collect();
                let required: BTreeSet<_> =
                    value["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
                assert_eq!(named, required);
                assert_eq!(value.get("additionalProperties"), None);
            }
            match value {
                Value::Object(fields) => fields.values().for_each(check),
                Value::Array(items) => items.iter().for_each(check),
                _ => {}
            }
        }
        check(schema.as_value());
    }

    /// A field that a sample has as null must be declared so, and the other way round for those that never are.
    #[test]
    fn fields_that_may_be_null_say_so() {
        let schema = finding_schema();
        let nullable: BTreeSet<_> = schema.as_value()["properties"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, field)| {
                field["type"].as_array().is_some_and(|types| types.contains(&"null".into()))
                    || field["anyOf"].as_array().is_some_and(|any| any.iter().any(|one| one["type"] == "null"))
            })
            .map(|(name, _)| name.clone())
            .collect();
        let null: BTreeSet<_> = samples::findings_with_templates()
            .iter()
            .flat_map(|finding| serde_json::to_value(finding).unwrap().as_object().unwrap().clone())
            .filter(|(_, value)| value.is_null())
            .map(|(name, _)| name)
            .collect();
        assert_eq!(nullable, null);
    }
}
