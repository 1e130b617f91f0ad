//! Unfinished runs: whether one may be gone on with (only as it was begun), and where the next invocation finds it.

pub mod bucket;
mod handed_over;
pub mod handover;
mod manifest;
mod pieces;

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::args::ScanArgs;
use crate::args::scope::{Regions, Units};
pub use manifest::UnfinishedManifest;

/// The form of the journal; another one cannot be gone on with.
const FORM: u32 = 1;

/// Which run a journal is of, and how it was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The journal's form.
    pub form: u32,
    /// The run's id.
    pub run_id: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// The version of the tool.
    pub tool_version: String,
    /// The account that runs it.
    pub caller_account_id: String,
    /// The policy, with everything that was left at its default.
    pub policy: Value,
    /// The flags that decide what is read, by their names.
    pub flags: Map<String, Value>,
}

/// An unfinished run that cannot be gone on with.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the unfinished run of {started_at} cannot be resumed: {difference}; scan without --resume to begin anew")]
pub struct CannotResume {
    started_at: Timestamp,
    difference: String,
}

impl CannotResume {
    /// What is different, and how.
    pub fn difference(&self) -> &str {
        &self.difference
    }
}

impl Opening {
    /// The run that begins now.
    pub fn new(
        run_id: String,
        started_at: Timestamp,
        caller_account_id: String,
        policy: Value,
        args: &ScanArgs,
    ) -> Self {
        let tool_version = env!("CARGO_PKG_VERSION").to_owned();
        Self { form: FORM, run_id, started_at, tool_version, caller_account_id, policy, flags: flags(args) }
    }

    /// Whether it was begun more than a day before `now`.
    pub fn is_old(&self, now: Timestamp) -> bool {
        self.age(now) > SignedDuration::from_hours(24)
    }

    /// How long before `now` it was begun.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.started_at)
    }

    /// Checks that `self`, an unfinished run, was begun as `now` is.
    ///
    /// # Errors
    /// What is different, and how.
    pub fn check(&self, now: &Self) -> Result<(), CannotResume> {
        let differs = |what: &str, then: &dyn ToString, now: &dyn ToString| {
            let difference = format!("{what} was `{}`, and is `{}` now", then.to_string(), now.to_string());
            Err(CannotResume { started_at: self.started_at, difference })
        };
        if self.form != now.form {
            return differs("the form of its journal", &self.form, &now.form);
        }
        if self.tool_version != now.tool_version {
            return differs("the version of this tool", &self.tool_version, &now.tool_version);
        }
        if self.caller_account_id != now.caller_account_id {
            return differs("the caller's account", &self.caller_account_id, &now.caller_account_id);
        }
        let none = Value::Null;
        for (of, then, now) in [("the policy's", &self.policy, &now.policy)]
            .into_iter()
            .filter_map(|(of, then, now)| Some((of, then.as_object()?, now.as_object()?)))
            .chain([("the flag", &self.flags, &now.flags)])
        {
            for name in then.keys().chain(now.keys()) {
                let (then, now) = (then.get(name).unwrap_or(&none), now.get(name).unwrap_or(&none));
                if then != now {
                    return differs(&format!("{of} {name}"), &text(then), &text(now));
                }
            }
        }
        Ok(())
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "not given".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The flags on which it depends what is read. Those that only say how (`--concurrency`), or what becomes of it
/// (`--format`), may change.
fn flags(args: &ScanArgs) -> Map<String, Value> {
    let units = |units: &Option<Units>| units.as_ref().map(|units| list(units.0.iter()));
    let given = [
        (
            "--regions",
            match &args.scope.regions {
                Regions::All => None,
                Regions::Named(names) => Some(list(names)),
            },
        ),
        ("--accounts", args.scope.accounts.as_ref().map(|accounts| list(&accounts.0))),
        ("--exclude-accounts", args.scope.exclude_accounts.as_ref().map(|accounts| list(&accounts.0))),
        ("--organizational-units", units(&args.scope.organizational_units)),
        ("--exclude-organizational-units", units(&args.scope.exclude_organizational_units)),
        ("--role-name", Some(args.scope.role_name.clone())),
        ("--source", Some(args.source.name().to_owned())),
        ("--config-aggregator", args.config_aggregator.clone()),
        ("--config-region", args.config_region.clone()),
        ("--include", (!args.include.is_empty()).then(|| list(args.include.iter().filter_map(value_name)))),
    ];
    given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect()
}

fn value_name(value: &impl ValueEnum) -> Option<String> {
    Some(value.to_possible_value()?.get_name().to_owned())
}

fn list(items: impl IntoIterator<Item = impl ToString>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rstest::rstest;

    use super::*;
    use crate::args::{Cli, Command};

    fn opening(arguments: &[&str], policy: Value) -> Opening {
        let cli = Cli::parse_from(["ecr-encryption", "scan"].iter().chain(arguments));
        let Command::Scan(args) = cli.command else { panic!("it is no scan") };
        Opening::new("run".to_owned(), Timestamp::UNIX_EPOCH, "111122223333".to_owned(), policy, &args)
    }

    fn policy(level: &str) -> Value {
        json!({ "desired_encryption_level": level, "override": [] })
    }

    #[rstest]
    #[case::the_same(&[], "awscmk", None)]
    #[case::how_and_where_to(&["--concurrency", "7", "--format", "csv", "-o", "elsewhere", "--quiet"], "awscmk", None)]
    #[case::another_policy(&[], "sse", Some("the policy's desired_encryption_level was `awscmk`, and is `sse` now"))]
    #[case::other_regions(&["--regions", "eu-west-1"], "awscmk", Some("the flag --regions was `not given`, and is `eu-west-1` now"))]
    #[case::another_role(&["--role-name", "x"], "awscmk", Some("the flag --role-name was `EcrEncryptionAudit`, and is `x` now"))]
    #[case::fewer_accounts(&["--accounts", "111122223333"], "awscmk", Some("--accounts"))]
    #[case::another_source(&["--source", "both"], "awscmk", Some("the flag --source was `api`, and is `both` now"))]
    #[case::another_aggregator(&["--config-aggregator", "x"], "awscmk", Some("the flag --config-aggregator was `not given`, and is `x` now"))]
    #[case::other_units(&["--exclude-organizational-units", "Root/Dev"], "awscmk", Some("--exclude-organizational-units"))]
    fn a_run_is_gone_on_with_as_it_was_begun(
        #[case] arguments: &[&str],
        #[case] level: &str,
        #[case] expected: Option<&str>,
    ) {
        let checked = opening(&[], policy("awscmk")).check(&opening(arguments, policy(level)));
        match (checked, expected) {
            (Ok(()), None) => {}
            (Err(error), Some(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (checked, expected) => panic!("{checked:?}, {expected:?}"),
        }
    }

    #[test]
    fn another_version_or_caller_is_told() {
        let then = opening(&[], policy("sse"));
        let version = Opening { tool_version: "0.0.1".to_owned(), ..then.clone() };
        assert!(version.check(&then).unwrap_err().to_string().contains("the version of this tool was `0.0.1`"));
        let caller = Opening { caller_account_id: "999988887777".to_owned(), ..then.clone() };
        assert!(caller.check(&then).unwrap_err().to_string().contains("the caller's account was `999988887777`"));
        let form = Opening { form: 0, ..then.clone() };
        assert!(form.check(&then).unwrap_err().to_string().contains("journal"));
    }
}
