//! The summary of a run on a terminal: plain text of 80 columns, readable without colour.

pub(super) mod changed;
mod compared;
mod delivered;
pub(crate) mod layout;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use ecr_encryption_core::{EncryptionLevel, Status};

use super::phrase::{self, counted, number};
use crate::coverage::{Cause, Coverage, NotCovered};
use crate::deliver::Delivered;
use crate::output::Apart;
use crate::summary::{AccountTotals, StatusCounts, Summary, TemplateTotals};
use layout::{WIDTH, cut, printable, wrapped};

/// How many of the worst accounts are named.
const ACCOUNTS: usize = 5;
/// How many gaps are named for each cause.
const GAPS: usize = 3;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();

/// Where the files of a report were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLocation {
    /// The run's folder, or what leads there until another run has finished; or where it is on S3.
    pub place: String,
    /// Where it stays after that, from the folder of all runs, where that is another place.
    pub kept_as: Option<String>,
    /// The names of its files.
    pub names: Vec<String>,
    /// Why it is not found as the newest run, although it is kept.
    pub overtaken: Option<Overtaken>,
    /// Why they stand apart from an older report, where there is one that was left as it is.
    pub older_kept: Option<Apart>,
}

/// Why a run that is kept is not found as the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overtaken {
    /// Another one, which has started later: its name.
    By(String),
    /// What leads to the newest could not be written, and leads to an older one.
    NotTold(String),
}

impl std::fmt::Display for Overtaken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::By(name) => write!(formatter, "a later one has finished before it, {name}"),
            Self::NotTold(error) => write!(formatter, "`latest.json` could not be written: {error}"),
        }
    }
}

impl ReportLocation {
    /// Why nobody finds it who looks for the newest run, where that is a failure.
    pub fn not_found(&self) -> Option<String> {
        match &self.overtaken {
            Some(why @ Overtaken::NotTold(_)) => Some(why.to_string()),
            Some(Overtaken::By(_)) | None => None,
        }
    }

    /// The run that has started later and was published before it, by its name.
    pub fn overtaken_by(&self) -> Option<&str> {
        match &self.overtaken {
            Some(Overtaken::By(name)) => Some(name),
            Some(Overtaken::NotTold(_)) | None => None,
        }
    }

    /// Where the report is: its page, where there is one.
    pub fn address(&self) -> String {
        let is_page = |name: &&String| Path::new(name).extension().is_some_and(|extension| extension == "html");
        match self.names.iter().rfind(is_page) {
            Some(page) => format!("{}/{page}", self.place),
            None => self.place.clone(),
        }
    }
}

/// Writes `summary` for a person, with ANSI styles: the caller strips them where they are not wanted.
///
/// # Errors
/// `out` cannot be written.
pub fn write_summary(
    out: &mut dyn Write,
    summary: &Summary,
    delivered: &Delivered,
    report: &ReportLocation,
) -> io::Result<()> {
    headline(out, summary)?;
    statuses(out, &summary.totals.by_status)?;
    levels(out, summary)?;
    next_repositories(out, summary.totals.templates.as_ref())?;
    if let Some(changes) = &summary.changes {
        changed::write(out, changes, summary.run.started_at)?;
    }
    worst_accounts(out, summary)?;
    not_seen(out, summary)?;
    if let Some(comparison) = &summary.comparison {
        compared::write(out, comparison)?;
    }
    delivered::write(out, delivered)?;
    cost(out, summary)?;
    files(out, report)
}

fn headline(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let scope = cut(&printable(&phrase::scope(&summary.run)), 40);
    writeln!(out, "{BOLD}ECR encryption of {scope}{BOLD:#}, {}", phrase::time(summary.run.started_at))?;
    if summary.run.interrupted {
        let why = summary.run.interruption.as_deref().unwrap_or("the run was stopped");
        let text = format!(
            "INTERRUPTED: {why}; this is what it had found until then. The same command with --resume goes on with it."
        );
        for line in wrapped(&printable(&text), WIDTH, usize::MAX) {
            writeln!(out, "{DOUBTFUL}{line}{DOUBTFUL:#}")?;
        }
    }
    writeln!(out)?;
    let counts = &summary.totals.by_status;
    let demanded = phrase::demanded_level(&summary.run).map_or("the policy".to_owned(), |level| match level {
        EncryptionLevel::ExternalKeyStore => level.to_string(),
        _ => format!("{level} or higher"),
    });
    let overrides = if has_overrides(summary) { ", overrides apart" } else { "" };
    match phrase::share(counts) {
        Some(share) => {
            let style = if counts.compliant == phrase::judged(counts) { GOOD } else { BAD };
            let judged = counted(phrase::judged(counts), "repository", "repositories");
            writeln!(out, "{style}{share}{style:#} comply: {} of {judged}", number(counts.compliant))?;
            writeln!(out, "Demanded: {demanded}{overrides}")?;
        }
        None if counts.exempt > 0 => {
            writeln!(out, "All {} are exempt.", counted(counts.exempt, "repository", "repositories"))?;
        }
        None => writeln!(out, "No repositories were found.")?,
    }
    if let Some(selected) = phrase::selected(&summary.run) {
        let text = format!("PART ONLY: {selected}. What lies outside was not looked at.");
        for line in wrapped(&printable(&text), WIDTH, usize::MAX) {
            writeln!(out, "{DOUBTFUL}{line}{DOUBTFUL:#}")?;
        }
    }
    if let Some(unseen) = phrase::unseen(&summary.coverage) {
        for line in wrapped(&format!("INCOMPLETE: {unseen} were not seen, or not whole."), WIDTH, usize::MAX) {
            writeln!(out, "{DOUBTFUL}{line}{DOUBTFUL:#}")?;
        }
    }
    Ok(())
}

fn has_overrides(summary: &Summary) -> bool {
    summary.run.policy.get("override").and_then(serde_json::Value::as_array).is_some_and(|all| !all.is_empty())
}

fn statuses(out: &mut dyn Write, counts: &StatusCounts) -> io::Result<()> {
    if counts.total() == 0 {
        return Ok(());
    }
    writeln!(out)?;
    for status in Status::ALL {
        let style = match status {
            _ if counts.of(status) == 0 => FAINT,
            Status::NonCompliant => BAD,
            Status::Undetermined => DOUBTFUL,
            Status::Exempt => BOLD,
            Status::Compliant => GOOD,
        };
        let note = match status {
            Status::Exempt if counts.exempt > 0 => "  left out of the share",
            Status::Undetermined if counts.undetermined > 0 => "  not proved, so not counted as complying",
            _ => "",
        };
        writeln!(
            out,
            "  {style}{:<18}{:>9}{style:#}{FAINT}{note}{FAINT:#}",
            status.as_str(),
            number(counts.of(status))
        )?;
    }
    Ok(())
}

fn levels(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let known = EncryptionLevel::ALL.into_iter().map(EncryptionLevel::as_str);
    let found: Vec<_> = std::iter::once("unknown")
        .chain(known)
        .filter_map(|name| Some((name, *summary.totals.by_level.get(name)?)))
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}By level{BOLD:#}")?;
    for (name, count) in found {
        writeln!(out, "  {name:<18}{:>9}  {FAINT}{}{FAINT:#}", number(count), phrase::level(name))?;
    }
    Ok(())
}

fn next_repositories(out: &mut dyn Write, templates: Option<&TemplateTotals>) -> io::Result<()> {
    let Some(templates) = templates else { return Ok(()) };
    let counts = templates.all();
    let style = match counts {
        StatusCounts { non_compliant: 1.., .. } => BAD,
        StatusCounts { undetermined: 1.., .. } => DOUBTFUL,
        _ => GOOD,
    };
    writeln!(out, "\n{BOLD}Next repositories{BOLD:#}")?;
    for line in wrapped(&phrase::next_repositories(templates), WIDTH - 2, usize::MAX) {
        writeln!(out, "  {style}{line}{style:#}")?;
    }
    Ok(())
}

fn worst_accounts(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let mut accounts: Vec<_> = summary
        .totals
        .by_account
        .iter()
        .filter(|(_, of)| of.counts.non_compliant + of.counts.undetermined > 0)
        .collect();
    if accounts.is_empty() {
        return Ok(());
    }
    accounts.sort_by(|(_, one), (_, other)| {
        let badness = |of: &AccountTotals| (of.counts.non_compliant, of.counts.undetermined);
        badness(other).cmp(&badness(one))
    });
    writeln!(
        out,
        "\n{BOLD}{:<42}{:>14}{:>13}{:>9}{BOLD:#}",
        "Worst accounts", "non-compliant", "undetermined", "of all"
    )?;
    for (id, AccountTotals { account_name, counts, .. }) in accounts.iter().take(ACCOUNTS) {
        let account = format!("{id} {}", account_name.as_deref().unwrap_or_default());
        writeln!(
            out,
            "  {:<40}{:>14}{:>13}{:>9}",
            cut(&printable(&account), 40),
            number(counts.non_compliant),
            number(counts.undetermined),
            number(counts.total())
        )?;
    }
    if let Some(more) = accounts.len().checked_sub(ACCOUNTS).filter(|more| *more > 0) {
        writeln!(out, "  {FAINT}and {more} more{FAINT:#}")?;
    }
    Ok(())
}

fn not_seen(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let coverage = &summary.coverage;
    writeln!(out, "\n{BOLD}Coverage{BOLD:#}")?;
    writeln!(
        out,
        "  {} found, {} scanned (a target is one account in one Region)",
        counted(coverage.accounts_found, "account", "accounts"),
        counted(coverage.targets_scanned, "target", "targets")
    )?;
    if coverage.is_complete() {
        match phrase::selected(&summary.run) {
            None => writeln!(out, "  {GOOD}Nothing was left unseen.{GOOD:#}")?,
            Some(_) => writeln!(out, "  Nothing was left unseen of the part that was asked for.")?,
        }
    }
    let mut causes: BTreeMap<Cause, Vec<&NotCovered>> = BTreeMap::new();
    for gap in coverage.gaps() {
        causes.entry(gap.cause).or_default().push(gap);
    }
    for (cause, gaps) in causes {
        gaps_of(out, cause, &gaps)?;
    }
    told(out, coverage)
}

fn gaps_of(out: &mut dyn Write, cause: Cause, gaps: &[&NotCovered]) -> io::Result<()> {
    let count = number(phrase::length(gaps));
    writeln!(
        out,
        "  {DOUBTFUL}NOT SEEN{DOUBTFUL:#} {}: {count} {FAINT}({}){FAINT:#}",
        phrase::cause(cause),
        cause.as_str()
    )?;
    let mut hints = BTreeSet::new();
    for gap in gaps.iter().take(GAPS) {
        let account = match (&gap.account_id, &gap.account_name) {
            (Some(id), Some(name)) => format!("{id} {}, ", cut(&printable(name), 24)),
            (Some(id), None) => format!("{id}, "),
            (None, _) => String::new(),
        };
        let why = gap.error_code.as_deref().unwrap_or(&gap.message);
        let line = format!("{account}{}: {why}", phrase::place(gap));
        writeln!(out, "    {}", cut(&printable(&line), WIDTH - 4))?;
        if hints.insert(phrase::general_hint(gap)) {
            for line in wrapped(&format!("Hint: {}", printable(&gap.hint)), WIDTH - 6, 3) {
                writeln!(out, "      {FAINT}{line}{FAINT:#}")?;
            }
        }
    }
    if let Some(more) = phrase::length(gaps).checked_sub(phrase::length(&[(); GAPS])).filter(|more| *more > 0) {
        writeln!(out, "    {FAINT}and {} more, see summary.json{FAINT:#}", number(more))?;
    }
    Ok(())
}

/// What is told but is no gap.
fn told(out: &mut dyn Write, coverage: &Coverage) -> io::Result<()> {
    let regions = coverage.not_covered.disabled_regions().len() as u64;
    if regions > 0 {
        let regions = counted(regions, "Region", "Regions");
        let accounts = counted(coverage.not_covered.accounts_with_disabled_regions(), "account", "accounts");
        writeln!(out, "  Not enabled, so not scanned: {regions}, in {accounts}")?;
    }
    let told = coverage.not_covered.apart_from_disabled_regions();
    let inactive = told.filter(|entry| entry.cause == Cause::AccountNotActive);
    let inactive: BTreeMap<_, _> = inactive.filter_map(|entry| Some((entry.account_id.as_deref()?, entry))).collect();
    if !inactive.is_empty() {
        let count = counted(inactive.len() as u64, "account", "accounts");
        let ids: Vec<_> = inactive.into_keys().collect();
        let line = format!("Not active, so not scanned: {count} ({})", ids.join(", "));
        writeln!(out, "  {}", cut(&printable(&line), WIDTH - 2))?;
    }
    Ok(())
}

fn cost(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let calls: u64 = summary.api_calls.values().flat_map(BTreeMap::values).sum();
    let calls = counted(calls, "API call", "API calls");
    let retries = counted(summary.api_retries, "retry", "retries");
    writeln!(out, "\n{FAINT}{calls}, {retries} among them, in {}{FAINT:#}", phrase::duration(&summary.run))
}

/// Paths are never cut: they are there to be copied.
fn files(out: &mut dyn Write, report: &ReportLocation) -> io::Result<()> {
    if let Some(apart) = report.older_kept {
        let why = apart.why();
        let text = format!("The older report was left as it is: {why}. The files of this run stand apart from it.");
        for line in wrapped(&text, WIDTH, usize::MAX) {
            writeln!(out, "{line}")?;
        }
    }
    let names = report.names.iter().map(|name| printable(name)).collect::<Vec<_>>().join(", ");
    if !names.is_empty() {
        for line in wrapped(&format!("Files: {names}"), WIDTH, usize::MAX) {
            writeln!(out, "{line}")?;
        }
    }
    if let Some(name) = &report.kept_as {
        writeln!(out, "Kept as: {}", printable(name))?;
    }
    if let Some(overtaken) = &report.overtaken {
        for line in wrapped(&printable(&format!("It is not the newest run: {overtaken}.")), WIDTH, usize::MAX) {
            writeln!(out, "{DOUBTFUL}{line}{DOUBTFUL:#}")?;
        }
    }
    writeln!(out, "Report: {BOLD}{}{BOLD:#}", printable(&report.address()))
}

#[cfg(test)]
mod tests;
