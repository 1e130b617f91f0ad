//! No event makes the rule panic: the sample events are taken apart and put together wrongly, again and again.
//!
//! A short run by default; `make fuzz` runs it for minutes (`PROPTEST_CASES` says how long).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::LazyLock;

use ecr_encryption_core::rule_parameters;
use ecr_encryption_rule::event::{ConfigEvent, Trigger};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The corpus: one event for each trigger.
static CORPUS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/events");
    let mut events: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    events.sort();
    assert!(events.len() > 10, "the corpus is missing");
    events.iter().map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
});

/// Everything that is read of an event before AWS is asked anything.
fn read(event: Value) -> bool {
    let Ok(event) = ConfigEvent::parse(event) else { return false };
    let parameters = rule_parameters(&event.rule_parameters).is_ok();
    if let Trigger::Change(item) | Trigger::Oversized(item) = &event.trigger {
        std::hint::black_box((item.encryption(), item.tags(), item.repository_name().len()));
    }
    parameters
}

/// Stands for a string with JSON in it.
const JSON: &str = "\u{0}json";

/// Strings that hold JSON are opened, so that what is in them is taken apart too.
fn opened(value: Value) -> Value {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(&text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => json!({ JSON: opened(inner) }),
            _ => Value::String(text),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(opened).collect()),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| (name, opened(value))).collect()),
        other => other,
    }
}

/// The other way round.
fn closed(value: Value) -> Value {
    match value {
        Value::Object(mut fields) => match fields.remove(JSON) {
            Some(inner) => Value::String(closed(inner).to_string()),
            None => Value::Object(fields.into_iter().map(|(name, value)| (name, closed(value))).collect()),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(closed).collect()),
        other => other,
    }
}

/// Changes the node that is the `at`th in depth-first order; gives how many are left to go.
fn change(value: &mut Value, at: usize, how: &Change) -> Option<usize> {
    let Some(mut left) = at.checked_sub(1) else {
        how.apply(value);
        return None;
    };
    match value {
        Value::Array(items) => {
            for item in items {
                left = change(item, left, how)?;
            }
        }
        Value::Object(fields) => {
            for (_, field) in fields.iter_mut() {
                left = change(field, left, how)?;
            }
        }
        _ => {}
    }
    Some(left)
}

#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Cut(usize),
    Insert(usize, String),
    DropField(usize),
    RenameField(usize, String),
}

impl Change {
    fn apply(&self, value: &mut Value) {
        match (self, value) {
            (Self::Replace(other), value) => *value = other.clone(),
            (Self::Cut(length), Value::String(text)) => *text = text.chars().take(*length).collect(),
            (Self::Insert(at, more), Value::String(text)) => {
                let mut characters: Vec<char> = text.chars().collect();
                let at = (*at).min(characters.len());
                characters.splice(at..at, more.chars());
                *text = characters.into_iter().collect();
            }
            (Self::DropField(at), Value::Object(fields)) => {
                if let Some(name) = fields.keys().nth(at % fields.len().max(1)).cloned() {
                    fields.remove(&name);
                }
            }
            (Self::RenameField(at, other), Value::Object(fields)) => {
                let name = fields.keys().nth(at % fields.len().max(1)).cloned();
                if let Some(value) = name.and_then(|name| fields.remove(&name)) {
                    fields.insert(other.clone(), value);
                }
            }
            _ => {}
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        Just(json!("x".repeat(10_000))),
        Just(json!("2026-13-45T99:99:99Z")),
        Just(json!("arn:aws-cn:ecr:cn-north-1:111122223333:repository/x")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{0,12}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => any_value().prop_map(Change::Replace),
        1 => (0..80_usize).prop_map(Change::Cut),
        1 => ((0..80_usize), ".{0,8}").prop_map(|(at, more)| Change::Insert(at, more)),
        2 => any::<usize>().prop_map(Change::DropField),
        1 => (any::<usize>(), "[a-zA-Z]{0,20}").prop_map(|(at, name)| Change::RenameField(at, name)),
    ]
}

#[test]
fn the_corpus_itself_is_read() {
    for event in CORPUS.iter() {
        assert!(read(event.clone()), "{event}");
        assert!(read(closed(opened(event.clone()))), "{event}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_makes_it_panic(
        chosen in any::<prop::sample::Index>(),
        changes in prop::collection::vec((0..60_usize, any_change()), 1..5),
    ) {
        let mut event = opened(chosen.get(&CORPUS).clone());
        for (at, how) in changes {
            change(&mut event, at, &how);
        }
        read(closed(event));
    }

    #[test]
    fn no_json_at_all_makes_it_panic(event in any_value()) {
        read(event);
    }

    #[test]
    fn no_inner_text_makes_it_panic(invoking_event in ".{0,200}", rule_parameters in ".{0,200}") {
        read(json!({
            "accountId": "111122223333", "resultToken": "x", "invokingEvent": invoking_event, "ruleParameters": rule_parameters,
        }));
    }
}
