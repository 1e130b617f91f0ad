//! What the templates show.

use std::collections::BTreeMap;

use askama::Template;
use ecr_encryption_core::{EncryptionLevel, ReasonCode, Status};

use super::gaps::Unseen;
use super::kept::Kept;
use super::{facts, signs};
use crate::finding::Finding;
use crate::report::phrase;
use crate::summary::{AccountTotals, StatusCounts, Summary};

/// How many accounts the page names.
const ACCOUNTS: usize = 20;
/// How many reasons the overview names.
const SHORTFALLS: usize = 4;

/// The page.
#[derive(Template)]
#[template(path = "report.html", whitespace = "minimize")]
pub(super) struct Page<'a> {
    summary: &'a Summary,
    counts: &'a StatusCounts,
    scope: String,
    share: Option<String>,
    unseen_text: Option<String>,
    demanded: Option<EncryptionLevel>,
    policy: Vec<(String, String)>,
    overrides: u64,
    levels: Vec<LevelRow>,
    reasons: Vec<(ReasonCode, u64)>,
    regions: Vec<PlaceRow<'a>>,
    accounts: Vec<PlaceRow<'a>>,
    all_accounts: u64,
    unseen: Unseen<'a>,
    groups: Vec<Group<'a>>,
    shown: u64,
    next: Option<NextRepositories<'a>>,
    calls: Vec<(&'a str, &'a str, u64)>,
    all_calls: u64,
}

/// A level, and how many repositories have it.
struct LevelRow {
    name: &'static str,
    meaning: &'static str,
    count: u64,
    is_demanded: bool,
}

/// An account or a Region, and its repositories by status.
struct PlaceRow<'a> {
    id: &'a str,
    account: Option<&'a AccountTotals>,
    counts: &'a StatusCounts,
}

/// What decides how the next repositories are encrypted.
struct NextRepositories<'a> {
    told: String,
    groups: Vec<Group<'a>>,
    shown: u64,
    all: u64,
}

/// The findings of one status.
struct Group<'a> {
    status: Status,
    /// What they are on: one of it, and several.
    nouns: (&'static str, &'static str),
    findings: &'a [Finding],
    all: u64,
}

impl<'a> Page<'a> {
    /// The page of a run: `kept` are the findings on repositories that it shows, `kept_templates` those on templates and
    /// rules.
    pub(super) fn new(summary: &'a Summary, kept: &'a Kept, kept_templates: &'a Kept) -> Self {
        let totals = &summary.totals;
        let demanded = phrase::demanded_level(&summary.run);
        let calls: Vec<_> = summary
            .api_calls
            .iter()
            .flat_map(|(service, operations)| {
                operations.iter().map(|(operation, count)| (service.as_str(), operation.as_str(), *count))
            })
            .collect();
        Self {
            summary,
            counts: &totals.by_status,
            scope: phrase::scope(&summary.run),
            share: phrase::share(&totals.by_status),
            unseen_text: phrase::unseen(&summary.coverage),
            demanded,
            policy: policy(&summary.run.policy),
            overrides: summary
                .run
                .policy
                .get("override")
                .and_then(serde_json::Value::as_array)
                .map_or(0, |all| phrase::length(all)),
            levels: levels(&totals.by_level, demanded),
            reasons: reasons(&totals.by_reason_code),
            regions: worst_first(
                totals.by_region.iter().map(|(id, counts)| PlaceRow { id, account: None, counts }).collect(),
            ),
            accounts: worst_first(
                totals
                    .by_account
                    .iter()
                    .map(|(id, account)| PlaceRow { id, account: Some(account), counts: &account.counts })
                    .collect(),
            )
            .into_iter()
            .take(ACCOUNTS)
            .collect(),
            all_accounts: totals.by_account.len().try_into().unwrap_or(u64::MAX),
            unseen: Unseen::of(&summary.coverage),
            groups: groups(kept, &totals.by_status, ("repository", "repositories")),
            shown: kept.len().try_into().unwrap_or(u64::MAX),
            next: totals.templates.as_ref().map(|templates| NextRepositories {
                told: phrase::next_repositories(templates),
                groups: groups(kept_templates, &templates.all(), ("template or rule", "templates and rules")),
                shown: kept_templates.len().try_into().unwrap_or(u64::MAX),
                all: templates.all().total(),
            }),
            all_calls: calls.iter().map(|(_, _, count)| count).sum(),
            calls,
        }
    }

    /// The reasons why repositories do not comply, the most frequent ones.
    fn shortfalls(&self) -> impl Iterator<Item = &(ReasonCode, u64)> {
        let is_shortfall = |code| {
            !matches!(
                code,
                ReasonCode::LevelMet
                    | ReasonCode::ExemptByName
                    | ReasonCode::ExemptByTag
                    | ReasonCode::RepositoryDeleted
                    | ReasonCode::LeftScope
            )
        };
        self.reasons.iter().filter(move |(code, _)| is_shortfall(*code)).take(SHORTFALLS)
    }

    fn gaps(&self) -> u64 {
        self.unseen.causes.iter().map(|(_, count)| count).sum()
    }

    fn is_cut(&self) -> bool {
        self.shown < self.counts.total()
    }
}

impl Group<'_> {
    /// What needs somebody's attention is unfolded.
    fn is_open(&self) -> bool {
        matches!(self.status, Status::NonCompliant | Status::Undetermined)
    }
}

fn groups<'a>(kept: &'a Kept, counts: &StatusCounts, nouns: (&'static str, &'static str)) -> Vec<Group<'a>> {
    let group = |status| Group { status, nouns, findings: kept.of(status), all: counts.of(status) };
    Status::ALL.into_iter().map(group).filter(|group| group.all > 0).collect()
}

fn levels(counts: &BTreeMap<String, u64>, demanded: Option<EncryptionLevel>) -> Vec<LevelRow> {
    let row = |name, is_demanded| LevelRow {
        name,
        meaning: phrase::level(name),
        count: counts.get(name).copied().unwrap_or_default(),
        is_demanded,
    };
    let known = EncryptionLevel::ALL.into_iter().rev().map(|level| row(level.as_str(), demanded == Some(level)));
    known.chain(std::iter::once(row("unknown", false)).filter(|row| row.count > 0)).collect()
}

fn reasons(counts: &BTreeMap<String, u64>) -> Vec<(ReasonCode, u64)> {
    let mut reasons: Vec<_> =
        ReasonCode::ALL.iter().filter_map(|code| Some((*code, *counts.get(code.as_str())?))).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    reasons
}

fn worst_first(mut rows: Vec<PlaceRow<'_>>) -> Vec<PlaceRow<'_>> {
    rows.sort_by_key(|row| std::cmp::Reverse((row.counts.non_compliant, row.counts.undetermined)));
    rows
}

/// The policy as the summary keeps it, in words; a setting that this version does not know is shown as it is.
fn policy(policy: &serde_json::Value) -> Vec<(String, String)> {
    let Some(settings) = policy.as_object() else { return Vec::new() };
    let mut rows: Vec<_> = settings
        .iter()
        .filter(|(name, _)| *name != "override")
        .map(|(name, value)| (name.clone(), setting(value).unwrap_or_else(|| "not set".to_owned())))
        .collect();
    let overrides = settings.get("override").and_then(serde_json::Value::as_array).into_iter().flatten();
    for (index, one) in overrides.enumerate() {
        let named = one.get("name").and_then(serde_json::Value::as_str);
        let name = named.map_or_else(|| format!("override {}", index + 1), |name| format!("override “{name}”"));
        let fields = one.as_object().into_iter().flatten().filter(|(name, _)| *name != "name");
        let fields = fields.filter_map(|(name, value)| Some(format!("{name}: {}", setting(value)?)));
        rows.push((name, fields.collect::<Vec<_>>().join("; ")));
    }
    rows
}

/// A setting's value; `None` where nothing is set.
fn setting(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(items) if items.is_empty() => None,
        serde_json::Value::Array(items) => Some(items.iter().filter_map(setting).collect::<Vec<_>>().join(", ")),
        other => Some(other.to_string()),
    }
}
