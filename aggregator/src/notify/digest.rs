//! A run in a few lines, for those who only want to know whether they must look.

use jiff::Timestamp;
use serde::Serialize;

use crate::exit::{ExitStatus, FailOn};
use crate::history::change::ChangeTotals;
use crate::history::manifest::Manifest;
use crate::report::phrase;
use crate::report::terminal::layout::{cut, printable};
use crate::summary::{AccountTotals, StatusCounts, Summary, TemplateTotals};

/// The version of the digest's form; fields are added without a new one.
const SCHEMA_VERSION: u32 = 1;
/// How many of the worst accounts are named.
const ACCOUNTS: usize = 5;
/// How many failures are told.
const FAILURES: usize = 10;
/// How much of a failure is told, in columns.
const FAILURE: usize = 500;
/// How much of an account's name is told, in columns.
const NAME: usize = 60;
/// How much of an address is told, in columns.
const REPORT: usize = 1_200;

/// A run in a few lines. It is small whatever the organization's size, and holds no character that could steer a terminal
/// or turn the reading order around.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// The version of this form.
    pub schema_version: u32,
    /// The version of the tool.
    pub tool_version: String,
    /// What was found, whatever the exit status makes of it.
    pub outcome: Outcome,
    /// The exit status.
    pub exit_status: u8,
    /// Whether findings or coverage have changed since the run before, or there is none to compare with.
    pub changed: bool,
    /// The run; null where it could not run.
    pub run: Option<RunDigest>,
    /// Where the report is.
    pub report: Option<String>,
    /// Why it is not the newest run, where a later one was published before it; null where it is.
    pub overtaken: Option<String>,
    /// What has failed beside the scan itself, or why there is none.
    pub failures: Vec<String>,
}

/// What was found, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// There is no result.
    CouldNotRun,
    /// A repository, template or rule does not comply.
    NonCompliant,
    /// None does not, but one is undetermined, or something was not covered.
    Incomplete,
    /// Everything complies, and everything was covered.
    Clean,
}

impl Outcome {
    /// The name that messages give.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CouldNotRun => "could-not-run",
            Self::NonCompliant => "non-compliant",
            Self::Incomplete => "incomplete",
            Self::Clean => "clean",
        }
    }
}

/// A run that has a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunDigest {
    /// Its id.
    pub id: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Whether it was stopped before it was done.
    pub interrupted: bool,
    /// What was scanned: `organization o-exampleorg`, or `account 111122223333`.
    pub scope: String,
    /// The organization; null where one account was scanned by itself.
    pub organization_id: Option<String>,
    /// The account that ran it.
    pub caller_account_id: String,
    /// The share of the judged repositories that comply, rounded down; null where none is judged.
    pub share: Option<String>,
    /// All repositories.
    pub repositories: u64,
    /// By status.
    pub by_status: StatusCounts,
    /// What decides how the next repositories are encrypted, by status; null where it was not asked for.
    pub templates: Option<StatusCounts>,
    /// What has changed since the run before; null where there is none.
    pub changes: Option<ChangeTotals>,
    /// How many accounts × Regions were read whole.
    pub targets_scanned: u64,
    /// What was not seen and may hide repositories.
    pub gaps: u64,
    /// The same for people; null where there is none.
    pub not_seen: Option<String>,
    /// The accounts with most that is open.
    pub worst_accounts: Vec<WorstAccount>,
    /// How many more have something that is open.
    pub more_accounts: u64,
}

/// An account with something that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorstAccount {
    /// Its id.
    pub account_id: String,
    /// Its name in the organization.
    pub account_name: Option<String>,
    /// Its repositories.
    #[serde(flatten)]
    pub counts: StatusCounts,
}

impl Digest {
    /// Of a run with a result. `earlier` is the run before; `report` where the report is; `failures` is what has failed
    /// beside the scan.
    pub fn of(
        summary: &Summary,
        earlier: Option<&Manifest>,
        exit: ExitStatus,
        report: Option<&str>,
        failures: &[String],
    ) -> Self {
        let outcome = match ExitStatus::of(summary, true, FailOn::ALL) {
            ExitStatus::Clean => Outcome::Clean,
            ExitStatus::NonCompliant => Outcome::NonCompliant,
            _ => Outcome::Incomplete,
        };
        Self {
            outcome,
            exit_status: exit as u8,
            changed: has_changed(summary, earlier),
            run: Some(RunDigest::of(summary)),
            report: report.map(|report| cut(&printable(report), REPORT)),
            ..Self::without_run(failures)
        }
    }

    /// The same, of a run that a later one was published before.
    #[must_use]
    pub fn overtaken(self, why: Option<String>) -> Self {
        Self { overtaken: why.map(|why| cut(&printable(&why), FAILURE)), ..self }
    }

    /// Of a run without a result, and why it has none.
    pub fn of_failure(exit: ExitStatus, why: &str) -> Self {
        Self { exit_status: exit as u8, ..Self::without_run(&[why.to_owned()]) }
    }

    fn without_run(failures: &[String]) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            outcome: Outcome::CouldNotRun,
            exit_status: ExitStatus::CouldNotRun as u8,
            changed: true,
            run: None,
            report: None,
            overtaken: None,
            failures: failures
                .iter()
                .take(FAILURES)
                .map(|failure| cut(&printable(&on_one_line(failure)), FAILURE))
                .collect(),
        }
    }
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether anything that people would look at has changed.
fn has_changed(summary: &Summary, earlier: Option<&Manifest>) -> bool {
    let Some(changes) = &summary.changes else { return true };
    // What was lost before is lost still: that is no news.
    let ChangeTotals { new, changed, fixed, exempted, gone, newly_lost, .. } = changes;
    let gaps = length(summary.coverage.gaps().count());
    let coverage = (summary.coverage.accounts_found, summary.coverage.targets_scanned, gaps);
    new + changed + fixed + exempted + gone + newly_lost > 0
        || earlier.is_some_and(|run| (run.accounts_found, run.targets_scanned, run.gaps) != coverage)
}

fn length(count: usize) -> u64 {
    count.try_into().unwrap_or(u64::MAX)
}

impl RunDigest {
    fn of(summary: &Summary) -> Self {
        let Summary { run, totals, coverage, changes, .. } = summary;
        let mut open: Vec<_> = totals.by_account.iter().filter(|(_, account)| badness(account) > (0, 0)).collect();
        open.sort_by_key(|(_, account)| std::cmp::Reverse(badness(account)));
        let worst_accounts = open.iter().take(ACCOUNTS).map(|(id, account)| WorstAccount {
            account_id: (*id).clone(),
            account_name: account.account_name.as_ref().map(|name| cut(&printable(name), NAME)),
            counts: account.counts.clone(),
        });
        Self {
            id: run.id.clone(),
            started_at: run.started_at,
            finished_at: run.finished_at,
            interrupted: run.interrupted,
            scope: phrase::scope(run),
            organization_id: run.organization_id.clone(),
            caller_account_id: run.caller_account_id.clone(),
            share: phrase::share(&totals.by_status),
            repositories: totals.repositories,
            by_status: totals.by_status.clone(),
            templates: totals.templates.as_ref().map(TemplateTotals::all),
            changes: changes.clone(),
            targets_scanned: coverage.targets_scanned,
            gaps: length(coverage.gaps().count()),
            not_seen: phrase::unseen(coverage),
            worst_accounts: worst_accounts.collect(),
            more_accounts: length(open.len().saturating_sub(ACCOUNTS)),
        }
    }
}

fn badness(account: &AccountTotals) -> (u64, u64) {
    (account.counts.non_compliant, account.counts.undetermined)
}

#[cfg(test)]
pub(super) mod tests;
