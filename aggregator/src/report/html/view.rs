//! What the templates show.

use std::collections::BTreeMap;

use askama::Template;
use ecr_encryption_core::{EncryptionLevel, ReasonCode, Status};

use super::changed::Part;
use super::gaps::Unseen;
use super::matrix::{Cell, HeatMap};
use super::payload::Payload;
use super::trend::Point;
use super::units::Unit;
use super::{Held, assets, changed, links, signs, trend, units};
use crate::finding::Finding;
use crate::history::change::ChangeTotals;
use crate::report::{Ending, phrase};
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
    selected: Option<String>,
    demanded: Option<EncryptionLevel>,
    policy: Vec<(String, String)>,
    overrides: u64,
    levels: Vec<LevelRow>,
    reasons: Vec<(ReasonCode, u64)>,
    regions: Vec<PlaceRow<'a>>,
    accounts: Vec<PlaceRow<'a>>,
    all_accounts: u64,
    unseen: Unseen<'a>,
    changes: Option<&'a ChangeTotals>,
    changed: Vec<Part<'a>>,
    heat_map: &'a HeatMap,
    units: Vec<Unit>,
    all_units: usize,
    trend: Vec<Point<'a>>,
    without_script: Vec<&'a Finding>,
    shown: u64,
    all: u64,
    next: Option<String>,
    calls: Vec<(&'a str, &'a str, u64)>,
    all_calls: u64,
    payload: Payload<'a>,
}

/// A level, and how many repositories have it.
struct LevelRow {
    name: &'static str,
    meaning: &'static str,
    count: u64,
    is_demanded: bool,
    class: &'static str,
}

/// An account or a Region, and its repositories by status.
struct PlaceRow<'a> {
    id: &'a str,
    account: Option<&'a AccountTotals>,
    counts: &'a StatusCounts,
}

impl<'a> Page<'a> {
    /// The page of a run of which `held` is what a page shows.
    pub(super) fn new(ending: &Ending<'a>, held: &'a Held, heat_map: &'a HeatMap) -> Self {
        let summary = ending.summary;
        let totals = &summary.totals;
        let templates = totals.templates.as_ref();
        let (units, all_units) = units::tree(&totals.by_account);
        let Held { strings, kept, kept_templates, without_script, changed, .. } = held;
        let shown = kept.len() + kept_templates.len();
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
            selected: phrase::selected(&summary.run),
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
            changes: summary.changes.as_ref(),
            changed: summary.changes.as_ref().map_or_else(Vec::new, |totals| changed.parts(totals)),
            heat_map,
            units,
            all_units,
            trend: trend::points(ending.trend),
            without_script: without_script.iter().collect(),
            shown: shown.try_into().unwrap_or(u64::MAX),
            all: totals.by_status.total() + templates.map_or(0, |templates| templates.all().total()),
            next: templates.map(phrase::next_repositories),
            payload: Payload { summary, trend: ending.trend, strings, kept, kept_templates },
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
        self.shown < self.all
    }
}

fn levels(counts: &BTreeMap<String, u64>, demanded: Option<EncryptionLevel>) -> Vec<LevelRow> {
    let row = |name, level: Option<EncryptionLevel>| LevelRow {
        name,
        meaning: phrase::level(name),
        count: counts.get(name).copied().unwrap_or_default(),
        is_demanded: level.is_some() && level == demanded,
        class: if level.is_none() {
            "doubt"
        } else if level < demanded {
            "bad"
        } else {
            "good"
        },
    };
    let known = EncryptionLevel::ALL.into_iter().rev().map(|level| row(level.as_str(), Some(level)));
    known.chain(std::iter::once(row("unknown", None)).filter(|row| row.count > 0)).collect()
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
