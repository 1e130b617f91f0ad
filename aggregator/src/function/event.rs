//! What the function is asked for.

use serde_json::Value;
use thiserror::Error;

/// The event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanEvent {
    /// Go on with an unfinished run that this instance still has, or the bucket.
    pub resume: bool,
    /// Where there is none, begin anew. What tells that a run is unfinished may come late, or twice.
    pub begin: bool,
}

impl Default for ScanEvent {
    fn default() -> Self {
        Self { resume: false, begin: true }
    }
}

/// An event that is none of this function's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidEvent {
    /// It is no object.
    #[error("the event is `{0}`; it may be an object, {{}} or {{\"resume\": true}}")]
    NoObject(String),
    /// It has a field that does not exist.
    #[error("the event has a field `{field}`, which is `{value}`; it may have the fields `resume` and `begin`")]
    UnknownField {
        /// The field.
        field: String,
        /// What is in it, shortened.
        value: String,
    },
    /// A field is not what it may be.
    #[error("the event's field `{field}` is `{value}`; it may be true or false")]
    NoBoolean {
        /// The field.
        field: &'static str,
        /// What is in it, shortened.
        value: String,
    },
    /// It asks for nothing.
    #[error(
        "the event's field `begin` is `false`; allowed with {{\"resume\": true}}, since nothing would be done else"
    )]
    Nothing,
}

/// So much of a value is told, in characters.
const LONGEST: usize = 100;

fn shown(value: &str) -> String {
    let mut shown: String = value.chars().take(LONGEST).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}

impl ScanEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// It is no object, has anything but `resume` and `begin`, or asks for nothing.
    pub fn parse(event: &Value) -> Result<Self, InvalidEvent> {
        let Some(fields) = event.as_object() else { return Err(InvalidEvent::NoObject(shown(&event.to_string()))) };
        let mut parsed = Self::default();
        for (field, value) in fields {
            match (field.as_str(), value) {
                ("resume", Value::Bool(resume)) => parsed.resume = *resume,
                ("begin", Value::Bool(begin)) => parsed.begin = *begin,
                ("resume", other) => return Err(no_boolean("resume", other)),
                ("begin", other) => return Err(no_boolean("begin", other)),
                (other, value) => {
                    return Err(InvalidEvent::UnknownField { field: shown(other), value: shown(&value.to_string()) });
                }
            }
        }
        if parsed.resume || parsed.begin { Ok(parsed) } else { Err(InvalidEvent::Nothing) }
    }
}

fn no_boolean(field: &'static str, value: &Value) -> InvalidEvent {
    InvalidEvent::NoBoolean { field, value: shown(&value.to_string()) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!({}), false, true)]
    #[case(json!({ "resume": false }), false, true)]
    #[case(json!({ "resume": true }), true, true)]
    #[case(json!({ "resume": true, "begin": false }), true, false)]
    #[case(json!({ "begin": true }), false, true)]
    fn what_may_be_asked(#[case] event: Value, #[case] resume: bool, #[case] begin: bool) {
        assert_eq!(ScanEvent::parse(&event), Ok(ScanEvent { resume, begin }));
    }

    #[rstest]
    #[case(json!(null), "the event is `null`; it may be an object, {} or {\"resume\": true}")]
    #[case(json!([{ "resume": true }]), "the event is `[{\"resume\":true}]`; it may be an object, {} or {\"resume\": true}")]
    #[case(json!("resume"), "the event is `\"resume\"`; it may be an object, {} or {\"resume\": true}")]
    #[case(json!({ "resume": "true" }), "the event's field `resume` is `\"true\"`; it may be true or false")]
    #[case(json!({ "resume": null }), "the event's field `resume` is `null`; it may be true or false")]
    #[case(json!({ "resume": true, "begin": "no" }), "the event's field `begin` is `\"no\"`; it may be true or false")]
    #[case(json!({ "begin": false }), "the event's field `begin` is `false`; allowed with {\"resume\": true}, since nothing would be done else")]
    #[case(json!({ "Resume": true }), "the event has a field `Resume`, which is `true`; it may have the fields `resume` and `begin`")]
    #[case(json!({ "resume": true, "time": 1 }), "the event has a field `time`, which is `1`; it may have the fields `resume` and `begin`")]
    fn what_may_not(#[case] event: Value, #[case] expected: &str) {
        assert_eq!(ScanEvent::parse(&event).unwrap_err().to_string(), expected);
    }

    #[test]
    fn no_more_of_a_value_is_told_than_shows_it() {
        let error = ScanEvent::parse(&json!({ "resume": "ä".repeat(5_000) })).unwrap_err().to_string();
        assert!(error.contains(&format!("`\"{}…`", "ä".repeat(LONGEST - 1))), "{error}");
    }
}
