//! The part of SQL in which AWS Config is asked: `SELECT a, b.c WHERE … ORDER BY …`.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::config_query_parser::parse;

/// A query that is understood.
#[derive(Debug)]
pub struct Query {
    /// What is asked for; empty: `*`.
    pub columns: Vec<String>,
    condition: Option<Condition>,
    order: Vec<(String, bool)>,
}

/// What a row must fulfil.
#[derive(Debug)]
pub enum Condition {
    /// Every part.
    All(Vec<Condition>),
    /// At least one part.
    Any(Vec<Condition>),
    /// The opposite.
    Not(Box<Condition>),
    /// One of the values of a property passes.
    Test(String, Test),
}

/// What a property must be.
#[derive(Debug)]
pub enum Test {
    /// One of these.
    In(Vec<String>),
    /// Like this pattern.
    Like(String),
    /// From one to the other, both included.
    Between(String, String),
    /// By this operator.
    Compared(&'static str, String),
}

impl Query {
    /// Reads a query; absent where AWS would tell a syntax error, or where it groups or aggregates,
    /// which is not understood here.
    pub fn parse(expression: &str) -> Option<Self> {
        let (columns, condition, order) = parse(expression)?;
        Some(Self { columns, condition, order })
    }

    /// Whether every row for which these properties hold is left out. A property that isn't among
    /// them may be anything.
    pub fn excludes(&self, known: &[(&str, &str)]) -> bool {
        let look = |name: &str| {
            let value = known.iter().find(|(property, _)| *property == name);
            value.map(|(_, value)| vec![(*value).to_owned()])
        };
        self.condition.as_ref().is_some_and(|condition| condition.holds(&look) == Some(false))
    }

    /// Whether a row is asked for.
    pub fn includes(&self, row: &Value) -> bool {
        let look = |name: &str| Some(values(row, name));
        self.condition.as_ref().is_none_or(|condition| condition.holds(&look) == Some(true))
    }

    /// Whether rows must be put into an order other than by account and Region.
    pub fn reorders(&self) -> bool {
        let natural = [("accountId", false), ("awsRegion", false)];
        self.order.len() > natural.len()
            || self.order.iter().zip(natural).any(|((name, down), known)| (name.as_str(), *down) != known)
    }

    /// The order of two rows.
    pub fn compare(&self, one: &Value, other: &Value) -> Ordering {
        let by_each = self.order.iter().map(|(name, down)| {
            let (one, other) = (values(one, name), values(other, name));
            let ordering = match (one.first(), other.first()) {
                (Some(one), Some(other)) => compared(one, other),
                (one, other) => one.is_some().cmp(&other.is_some()),
            };
            if *down { ordering.reverse() } else { ordering }
        });
        by_each.fold(Ordering::Equal, Ordering::then)
    }

    /// The row with nothing but what is asked for.
    pub fn pick(&self, row: &Value) -> Value {
        let mut picked = Map::new();
        if self.columns.is_empty() {
            let members = row.as_object().into_iter().flatten();
            let scalars = members.filter(|(_, value)| !value.is_object() && !value.is_array());
            picked.extend(scalars.map(|(name, value)| (name.clone(), value.clone())));
        }
        for column in &self.columns {
            if let Some(value) = at(row, column) {
                insert(&mut picked, column, value.clone());
            }
        }
        Value::Object(picked)
    }
}

impl Condition {
    /// Whether it holds; absent where that depends on properties that aren't known.
    fn holds(&self, look: &impl Fn(&str) -> Option<Vec<String>>) -> Option<bool> {
        match self {
            Self::All(parts) => decided(parts.iter().map(|part| part.holds(look)), false),
            Self::Any(parts) => decided(parts.iter().map(|part| part.holds(look)), true),
            Self::Not(part) => part.holds(look).map(|holds| !holds),
            Self::Test(name, test) => look(name).map(|values| values.iter().any(|value| test.passes(value))),
        }
    }
}

/// `deciding` where a part says so; its opposite where all parts say that; else absent.
fn decided(parts: impl Iterator<Item = Option<bool>>, deciding: bool) -> Option<bool> {
    let mut result = Some(!deciding);
    for part in parts {
        match part {
            Some(value) if value == deciding => return Some(deciding),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

impl Test {
    fn passes(&self, value: &str) -> bool {
        match self {
            Self::In(list) => list.iter().any(|known| known == value),
            Self::Like(pattern) => is_like(value.as_bytes(), pattern.as_bytes()),
            Self::Between(low, high) => compared(value, low).is_ge() && compared(value, high).is_le(),
            Self::Compared(operator, other) => {
                let ordering = compared(value, other);
                match *operator {
                    "=" => ordering.is_eq(),
                    "<" => ordering.is_lt(),
                    ">" => ordering.is_gt(),
                    "<=" => ordering.is_le(),
                    ">=" => ordering.is_ge(),
                    _ => ordering.is_ne(),
                }
            }
        }
    }
}

/// Numbers by their size, everything else by its text.
fn compared(one: &str, other: &str) -> Ordering {
    if let (Ok(one), Ok(other)) = (one.parse::<f64>(), other.parse::<f64>())
        && let Some(ordering) = one.partial_cmp(&other)
    {
        return ordering;
    }
    one.cmp(other)
}

/// `%` is any run, `_` any one character.
fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'%', rest)) => (0..=text.len()).any(|skip| text.get(skip..).is_some_and(|text| is_like(text, rest))),
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(character, text)| (*first == b'_' || first == character) && is_like(text, rest)),
    }
}

/// The values of a property as text; of an array, those of each element.
fn values(row: &Value, name: &str) -> Vec<String> {
    let mut found = vec![row];
    for part in name.split('.') {
        found = found
            .into_iter()
            .flat_map(|value| value.as_array().map_or_else(|| vec![value], |items| items.iter().collect()))
            .filter_map(|value| value.get(part))
            .collect();
    }
    found
        .into_iter()
        .filter_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        })
        .collect()
}

fn at<'a>(row: &'a Value, name: &str) -> Option<&'a Value> {
    name.split('.').try_fold(row, |value, part| value.get(part))
}

/// Puts a value where a dotted name says.
fn insert(members: &mut Map<String, Value>, name: &str, value: Value) {
    let Some((first, rest)) = name.split_once('.') else {
        members.insert(name.to_owned(), value);
        return;
    };
    let inner = members.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if let Some(inner) = inner.as_object_mut() {
        insert(inner, rest, value);
    }
}
