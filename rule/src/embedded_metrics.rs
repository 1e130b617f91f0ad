//! `CloudWatch`'s embedded metric format: metrics in a log line that it reads.

use jiff::Timestamp;
use serde_json::{Value, json};

/// A metric's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// A time.
    Milliseconds,
    /// A time.
    Seconds,
}

impl Unit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Seconds => "Seconds",
        }
    }
}

/// A metric and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    name: &'static str,
    unit: Unit,
    value: Value,
}

impl Metric {
    /// A metric and its value, a number.
    pub fn new(name: &'static str, unit: Unit, value: impl Into<Value>) -> Self {
        Self { name, unit, value: value.into() }
    }

    /// How many.
    pub fn count(name: &'static str, value: u64) -> Self {
        Self::new(name, Unit::Count, value)
    }
}

/// The log line of `metrics`, each under all of `dimensions` (names and values) together.
pub fn document(namespace: &str, dimensions: &[(&str, &str)], now: Timestamp, metrics: &[Metric]) -> Value {
    let described: Vec<_> = metrics.iter().map(|one| json!({ "Name": one.name, "Unit": one.unit.as_str() })).collect();
    let names: Vec<_> = dimensions.iter().map(|(name, _)| *name).collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{ "Namespace": namespace, "Dimensions": [names], "Metrics": described }],
        },
    });
    if let Some(fields) = line.as_object_mut() {
        fields.extend(dimensions.iter().map(|&(name, value)| (name.to_owned(), value.into())));
        fields.extend(metrics.iter().map(|one| (one.name.to_owned(), one.value.clone())));
    }
    line
}
