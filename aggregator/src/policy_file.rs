//! The policy as a TOML file. Every error names the place in the file.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use ecr_encryption_core::{DemandChanges, Glob, InvalidValue, OrganizationalUnit, Override, Policy, value};
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A policy file that cannot be taken.
#[derive(Debug, Error)]
pub enum PolicyFileError {
    /// It cannot be read.
    #[error("policy file `{}` cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("policy file `{}`, line {line}, column {column}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
}

/// Reads the policy file at `path`.
///
/// # Errors
/// It cannot be read, is no TOML, or a setting is unknown or not allowed.
pub fn read(path: &Path) -> Result<Policy, PolicyFileError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| PolicyFileError::Read { path: path.to_owned(), source })?;
    parse(&text).map_err(|Problem { at, text: problem }| {
        let before = text.get(..at).unwrap_or(&text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        PolicyFileError::Content { path: path.to_owned(), line, column, problem }
    })
}

struct Problem {
    at: usize,
    text: String,
}

impl Problem {
    fn new(span: &Range<usize>, text: impl Into<String>) -> Self {
        Self { at: span.start, text: text.into() }
    }
}

type Value<'a> = Spanned<DeValue<'a>>;

const DEMANDS: [&str; 5] =
    ["desired_encryption_level", "kms_key_arns", "kms_key_account_ids", "require_dual_layer", "require_usable_key"];
const POLICY_ONLY: [&str; 4] = ["exempt_repository_names", "exempt_tag_key", "undetermined_compliance", "override"];
const SELECTORS: [&str; 4] = ["accounts", "organizational_units", "regions", "repositories"];

fn parse(text: &str) -> Result<Policy, Problem> {
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.lines().nth(text.get(..at).unwrap_or_default().matches('\n').count()).unwrap_or_default();
        Problem { at, text: format!("{} in `{line}`", error.message()) }
    })?;
    let mut policy = Policy::default();
    let mut demands = DemandChanges::default();
    for (name, value) in document.get_ref() {
        let setting = Setting { name: name.get_ref(), name_at: name.span(), value };
        match setting.name {
            "exempt_repository_names" => {
                if let Some(patterns) = setting.list(value::repository_glob)? {
                    policy.exemptions.exempt_repository_names = patterns;
                }
            }
            "exempt_tag_key" => policy.exemptions.exempt_tag_key = setting.text(value::tag_key)?,
            "undetermined_compliance" => {
                if let Some(compliance) = setting.text(str::parse)? {
                    policy.undetermined_compliance = compliance;
                }
            }
            "override" => policy.overrides = overrides(&setting)?,
            _ => setting.demand(&mut demands, &[&DEMANDS[..], &POLICY_ONLY[..]].concat())?,
        }
    }
    policy.demands = demands.applied_to(&policy.demands);
    Ok(policy)
}

fn overrides(setting: &Setting<'_, '_>) -> Result<Vec<Override>, Problem> {
    let not_tables = || setting.invalid("is not a list of tables", "any number of `[[override]]` tables");
    let DeValue::Array(tables) = setting.value.get_ref() else { return Err(not_tables()) };
    let mut overrides: Vec<Override> = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let DeValue::Table(entries) = table.get_ref() else { return Err(not_tables()) };
        let taken = one_override(entries, index, &table.span())?;
        if overrides.iter().any(|other| other.name == taken.name) {
            return Err(Problem::new(
                &table.span(),
                format!("override `{}`: the name stands twice; allowed: a name of its own", taken.name),
            ));
        }
        overrides.push(taken);
    }
    Ok(overrides)
}

fn one_override(entries: &DeTable<'_>, index: usize, span: &Range<usize>) -> Result<Override, Problem> {
    let mut taken = Override {
        name: format!("override-{}", index + 1),
        accounts: None,
        organizational_units: None,
        regions: None,
        repositories: None,
        changes: DemandChanges::default(),
    };
    for (name, value) in entries {
        let setting = Setting { name: name.get_ref(), name_at: name.span(), value };
        match setting.name {
            "name" => {
                if let Some(name) = setting.text(|text| Ok(text.to_owned()))? {
                    taken.name = name;
                }
            }
            "accounts" => taken.accounts = setting.list(value::account_id)?.map(BTreeSet::from_iter),
            "organizational_units" => taken.organizational_units = setting.list(OrganizationalUnit::parse)?,
            "regions" => taken.regions = setting.list(value::region)?.map(BTreeSet::from_iter),
            "repositories" => taken.repositories = setting.list(value::repository_glob)?,
            _ => setting.demand(&mut taken.changes, &[&["name"], &SELECTORS[..], &DEMANDS[..]].concat())?,
        }
    }
    let missing = |what: &str, allowed: &[&str]| {
        Problem::new(span, format!("override `{}` {what}; allowed: at least one of {}", taken.name, allowed.join(", ")))
    };
    let selects = taken.accounts.is_some()
        || taken.organizational_units.is_some()
        || taken.regions.is_some()
        || taken.repositories.is_some();
    if !selects {
        return Err(missing("does not say where it applies", &SELECTORS));
    }
    if taken.changes == DemandChanges::default() {
        return Err(missing("changes nothing", &DEMANDS));
    }
    Ok(taken)
}

/// A name and what stands behind it.
struct Setting<'s, 'a> {
    name: &'s str,
    name_at: Range<usize>,
    value: &'s Value<'a>,
}

impl Setting<'_, '_> {
    fn problem(&self, span: &Range<usize>, invalid: &InvalidValue) -> Problem {
        Problem::new(span, format!("parameter `{}`: {invalid}", self.name))
    }

    fn invalid(&self, problem: &'static str, allowed: &'static str) -> Problem {
        self.problem(&self.value.span(), &InvalidValue::new(shown(self.value.get_ref()), problem, allowed))
    }

    /// A text; `None` where it is blank, which counts as not given.
    fn text<T>(&self, take: impl Fn(&str) -> Result<T, InvalidValue>) -> Result<Option<T>, Problem> {
        let DeValue::String(text) = self.value.get_ref() else {
            return Err(self.invalid("is not a text", "a text in quotes"));
        };
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        take(text).map(Some).map_err(|invalid| self.problem(&self.value.span(), &invalid))
    }

    /// A list of texts, or one text with commas; `None` where it is a blank text.
    fn list<T>(&self, take: impl Fn(&str) -> Result<T, InvalidValue>) -> Result<Option<Vec<T>>, Problem> {
        let DeValue::Array(items) = self.value.get_ref() else {
            return match self.value.get_ref() {
                DeValue::String(_) => {
                    self.text(|text| value::csv_items(text)?.into_iter().map(&take).collect::<Result<Vec<T>, _>>())
                }
                _ => Err(self.invalid("is not a list", "a list of texts, or one text with commas")),
            };
        };
        if items.is_empty() {
            return Err(self.invalid("is empty", "at least one item, or no such line"));
        }
        let taken = items.iter().map(|item| {
            let one = Setting { name: self.name, name_at: self.name_at.clone(), value: item };
            one.text(&take)?.ok_or_else(|| one.invalid("is an empty item", "items that are not blank"))
        });
        taken.collect::<Result<Vec<T>, Problem>>().map(Some)
    }

    /// `true` and `false` may be written with or without quotes.
    fn word<T>(&self, take: impl Fn(&str) -> Result<T, InvalidValue>) -> Result<Option<T>, Problem> {
        match self.value.get_ref() {
            DeValue::Boolean(truth) => take(if *truth { "true" } else { "false" })
                .map(Some)
                .map_err(|invalid| self.problem(&self.value.span(), &invalid)),
            DeValue::String(_) => self.text(take),
            // Names the value and, with it, what is allowed.
            other => match take(&shown(other)) {
                Ok(_) => Err(self.invalid("is not a text", "a text in quotes")),
                Err(invalid) => Err(self.problem(&self.value.span(), &invalid)),
            },
        }
    }

    /// One of the demands that the policy and its overrides share.
    fn demand(&self, demands: &mut DemandChanges, allowed: &[&str]) -> Result<(), Problem> {
        match self.name {
            "desired_encryption_level" => demands.desired_encryption_level = self.word(str::parse)?,
            "kms_key_arns" => demands.kms_key_arns = self.list::<Glob>(value::key_arn_glob)?,
            "kms_key_account_ids" => {
                demands.kms_key_account_ids = self.list(value::account_id)?.map(BTreeSet::from_iter);
            }
            "require_dual_layer" => demands.require_dual_layer = self.word(value::boolean)?,
            "require_usable_key" => demands.require_usable_key = self.word(str::parse)?,
            unknown => {
                return Err(Problem::new(
                    &self.name_at,
                    format!(
                        "unknown parameter `{unknown}` with value `{}`; allowed: {}",
                        shown(self.value.get_ref()),
                        allowed.join(", ")
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// A value as it stands in the file, more or less.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(items) => {
            format!("[{}]", items.iter().map(|item| shown(item.get_ref())).collect::<Vec<_>>().join(", "))
        }
        DeValue::Table(_) => "a table".to_owned(),
    }
}
