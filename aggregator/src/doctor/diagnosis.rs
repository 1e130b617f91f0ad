//! What a preflight has found, and how it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::book::{Found, FoundAt, Group, Help};
use super::check::{Check, State};
use super::shell::special;
use crate::exit::ExitStatus;

/// The version of the document's form.
pub const SCHEMA_VERSION: u32 = 1;

/// A preflight, and what it was of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preflight {
    /// When it started.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started_at: Timestamp,
    /// When it ended.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub finished_at: Timestamp,
    /// The version of this tool.
    pub tool_version: String,
    /// The caller's account.
    pub caller_account_id: String,
    /// The caller's ARN.
    pub caller_arn: String,
    /// The Region that the caller is configured for: where the `StackSet` was looked for.
    pub region: String,
    /// The account that the deployment is made from.
    pub home_account_id: String,
    /// The organization; null where there is none, or it may not be read.
    pub organization_id: Option<String>,
    /// Its management account.
    pub management_account_id: Option<String>,
    /// The role that was assumed in each account but the caller's own.
    pub role_name: String,
    /// Where the rule is, or is to be.
    pub rule_regions: Vec<String>,
    /// What is to be known of which accounts were looked at; null where all of the organization were, or those that were named.
    pub note: Option<String>,
    /// Why it ended before its time; null where it did not.
    pub interruption: Option<String>,
}

/// What was found, with what it was found of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What it was.
    pub preflight: Preflight,
    /// What was found.
    pub found: Found,
    /// The attempts of calls, by service and operation.
    pub api_calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// How many of them were retries.
    pub api_retries: u64,
    /// Whether the user has stopped it.
    pub was_stopped: bool,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing is missing, and nothing is unknown.
    Ready,
    /// Something is missing.
    NotReady,
    /// Nothing is known to be missing, but something is unknown.
    Unknown,
}

impl Diagnosis {
    /// What it comes to; what was not looked at is unknown.
    pub fn verdict(&self) -> Verdict {
        if self.found.total(State::Missing) > 0 {
            Verdict::NotReady
        } else if self.found.total(State::Unknown) > 0 || self.preflight.interruption.is_some() {
            Verdict::Unknown
        } else {
            Verdict::Ready
        }
    }

    /// The exit status.
    pub fn exit_status(&self) -> ExitStatus {
        match self.verdict() {
            _ if self.was_stopped => ExitStatus::Stopped,
            Verdict::Ready => ExitStatus::Clean,
            Verdict::NotReady => ExitStatus::NonCompliant,
            Verdict::Unknown => ExitStatus::Incomplete,
        }
    }

    /// What is printed for machines.
    pub fn document(&self) -> Document<'_> {
        let Self { preflight, found, api_calls, api_retries, .. } = self;
        let count = |check| CheckCounts {
            check,
            description: check.description(),
            ok: found.all_right.get(&check).copied().unwrap_or_default(),
            to_come: found.count(check, State::ToCome),
            missing: found.count(check, State::Missing),
            unknown: found.count(check, State::Unknown),
        };
        Document {
            schema_version: SCHEMA_VERSION,
            verdict: self.verdict(),
            preflight,
            accounts: AccountCounts {
                found: found.accounts.found.len() as u64,
                checked: found.accounts.checked,
                not_active: found.accounts.not_active.iter().map(ToString::to_string).collect(),
            },
            checks: Check::ALL.into_iter().map(count).collect(),
            findings: Findings(found),
            api_calls,
            api_retries: *api_retries,
        }
    }
}

/// What is printed for machines.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The version of this document's form.
    pub schema_version: u32,
    /// What it comes to.
    pub verdict: Verdict,
    /// What it was.
    pub preflight: &'a Preflight,
    /// The accounts.
    pub accounts: AccountCounts,
    /// The checks, in their order.
    pub checks: Vec<CheckCounts>,
    /// What is not all right, each place by itself, by check, state and cause.
    #[schemars(with = "Vec<Finding>")]
    pub findings: Findings<'a>,
    /// The attempts of calls, by service (as in IAM actions) and operation.
    pub api_calls: &'a BTreeMap<String, BTreeMap<String, u64>>,
    /// How many of them were retries.
    pub api_retries: u64,
}

/// The accounts in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccountCounts {
    /// Those that were to be looked at.
    pub found: u64,
    /// How many of them were, to the end.
    pub checked: u64,
    /// Those that are not active, and were left alone.
    pub not_active: Vec<String>,
}

/// A check in figures: how many places stand so. A place that it does not apply to counts nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckCounts {
    /// The check.
    pub check: Check,
    /// What must be so.
    pub description: &'static str,
    /// It is.
    pub ok: u64,
    /// It comes with the deployment, or AWS is at it.
    pub to_come: u64,
    /// It is not.
    pub missing: u64,
    /// It could not be found out.
    pub unknown: u64,
}

/// A place that is not all right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// How it stands.
    pub state: State,
    /// What is wrong, in a few words.
    pub cause: String,
    /// What AWS said of the first place with this check, state and cause; null where it said nothing.
    pub message: Option<String>,
    /// What helps, in words.
    pub hint: Option<String>,
    /// The account; null for the organization.
    pub account_id: Option<String>,
    /// Its name, where known.
    pub account_name: Option<Arc<str>>,
    /// The Region; null for all of them.
    pub region: Option<Arc<str>>,
    /// What mends it: lines for a shell. What begins with `#` says where, and with whose credentials.
    pub commands: Vec<String>,
}

/// The findings, each made as it is written.
#[derive(Debug)]
pub struct Findings<'a>(&'a Found);

impl Findings<'_> {
    fn of(&self, group: &Group, help: &Help, FoundAt { account, region }: FoundAt) -> Finding {
        let account_id = account.map(|id| id.to_string());
        let special = |text: &str| special(text, account_id.as_deref(), region.as_deref());
        Finding {
            check: group.check,
            state: group.state,
            cause: special(&group.cause),
            message: group.message.as_deref().map(special),
            hint: help.hint.as_deref().map(special),
            account_name: account.and_then(|id| self.0.names.get(&id)).cloned(),
            commands: help.commands.iter().map(|command| special(command)).collect(),
            account_id,
            region,
        }
    }
}

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_seq(None)?;
        for group in &self.0.groups {
            for helped in &group.helped {
                for place in self.0.places(helped) {
                    out.serialize_element(&self.of(group, &helped.help, place))?;
                }
            }
        }
        out.end()
    }
}

#[cfg(test)]
mod tests;
