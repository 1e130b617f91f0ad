//! The page, section by section, never longer than a comment may be.

use ecr_encryption_core::{EncryptionLevel, Status};

use super::span::{cell, code};
use crate::coverage::Coverage;
use crate::finding::Finding;
use crate::history::change::{Change, ChangeTotals};
use crate::report::change_words;
use crate::report::phrase::{self, counted, number};
use crate::summary::{AccountTotals, Summary};

/// In bytes; GitHub takes comments of 65,536 characters.
const LONGEST: usize = 60_000;
/// What is kept free for telling what was left out.
const RESERVE: usize = 1_000;
/// So many accounts are shown.
const ACCOUNTS: usize = 5;
/// So many gaps are shown.
const GAPS: usize = 10;

/// Columns that are shown of a name, of an account's name, and of a sentence.
const NAME: usize = 256;
const ACCOUNT: usize = 64;
const SENTENCE: usize = 400;

/// A page that takes no more than fits.
struct Page(String);

impl Page {
    /// Writes a paragraph of our own words, which are few.
    fn paragraph(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// Writes `block`, unless the page would be too long.
    fn fits(&mut self, block: &str) -> bool {
        let fits = self.0.len() + block.len() + RESERVE <= LONGEST;
        if fits {
            self.0.push_str(block);
        }
        fits
    }

    /// Writes a table of as many of `rows` as fit, and tells how many that are.
    fn table(&mut self, head: &str, rows: impl IntoIterator<Item = String>) -> usize {
        let columns = head.matches('|').count().saturating_sub(1);
        self.paragraph(&format!("{head}\n|{}", "---|".repeat(columns)));
        rows.into_iter().take_while(|row| self.fits(&format!("{row}\n"))).count()
    }
}

/// The page of a run, `findings` being the first of those that are open, and `changes` the first for the worse.
pub(super) fn of(summary: &Summary, findings: &[&Finding], changes: &[Change]) -> String {
    let mut page = Page(String::new());
    headline(&mut page, summary);
    statuses(&mut page, summary);
    if let Some(totals) = &summary.changes {
        compared(&mut page, totals, changes);
    }
    worst_accounts(&mut page, summary);
    not_seen(&mut page, &summary.coverage);
    open(&mut page, summary, findings);
    page.0
}

fn headline(page: &mut Page, summary: &Summary) {
    let run = &summary.run;
    let scope = code(&phrase::scope(run), ACCOUNT);
    page.paragraph(&format!("# ECR encryption of {scope}, {}", phrase::time(run.started_at)));
    let counts = &summary.totals.by_status;
    let share = match phrase::share(counts) {
        Some(share) => {
            let judged = counted(phrase::judged(counts), "repository", "repositories");
            format!("**{share} comply**: {} of {judged}.", number(counts.compliant))
        }
        None if counts.exempt > 0 => {
            format!("All {} are exempt.", counted(counts.exempt, "repository", "repositories"))
        }
        None => "No repositories were found.".to_owned(),
    };
    let demanded = match phrase::demanded_level(run) {
        Some(level @ EncryptionLevel::ExternalKeyStore) => format!(" Demanded: {level}."),
        Some(level) => format!(" Demanded: {level} or higher."),
        None => String::new(),
    };
    page.paragraph(&format!("{share}{demanded}"));
    if run.interrupted {
        let why = code(run.interruption.as_deref().unwrap_or("the run was stopped"), SENTENCE);
        page.paragraph(&format!("**INTERRUPTED**: {why}. This is what was found until then."));
    }
    if let Some(selected) = phrase::selected(run) {
        page.paragraph(&format!("**PART ONLY**: {}. What lies outside was not looked at.", code(&selected, SENTENCE)));
    }
    if let Some(unseen) = phrase::unseen(&summary.coverage) {
        page.paragraph(&format!("**INCOMPLETE**: {unseen} were not seen, or not whole."));
    }
}

fn statuses(page: &mut Page, summary: &Summary) {
    let counts = &summary.totals.by_status;
    if counts.total() > 0 {
        let row = |status| format!("| {} | {} |", phrase::status(status), number(counts.of(status)));
        page.table("| status | repositories |", Status::ALL.map(row));
    }
    if let Some(templates) = &summary.totals.templates {
        page.paragraph(&format!("Next repositories: {}.", phrase::next_repositories(templates)));
    }
}

fn compared(page: &mut Page, totals: &ChangeTotals, changes: &[Change]) {
    page.paragraph(&format!("## Since {}", phrase::time(totals.since)));
    let seen = match totals.no_longer_seen_open {
        0 => String::new(),
        open => format!(", {} of them open", number(open)),
    };
    let oldest = totals
        .oldest_open_since
        .map_or_else(String::new, |since| format!(", the oldest since {}", phrase::time(since)));
    let rows = [
        ("new", totals.new, String::new()),
        ("changed", totals.changed, String::new()),
        ("fixed", totals.fixed, String::new()),
        ("exempted", totals.exempted, String::new()),
        ("gone", totals.gone, String::new()),
        ("no longer seen, which is no fix", totals.no_longer_seen, seen),
        ("still open", totals.still_open, oldest),
    ];
    page.table(
        "| change | findings |",
        rows.into_iter().map(|(name, count, more)| format!("| {name} | {}{more} |", number(count))),
    );
    if changes.is_empty() {
        return;
    }
    let shown = page.table("| change | repository | account | Region |", changes.iter().map(change));
    let all = totals.new + totals.changed + totals.no_longer_seen;
    more(page, all, shown, "changes", "changes.jsonl");
}

fn change(change: &Change) -> String {
    let kind = change_words::title(change.change).to_lowercase();
    format!(
        "| {kind} | {}{} | {} | {} |",
        change_words::prefix(change.finding_type),
        cell(&change.repository_name, NAME),
        account(&change.account_id, change.account_name.as_deref()),
        cell(&change.region, ACCOUNT),
    )
}

fn worst_accounts(page: &mut Page, summary: &Summary) {
    let is_bad = |account: &AccountTotals| account.counts.non_compliant + account.counts.undetermined > 0;
    let mut worst: Vec<_> = summary.totals.by_account.iter().filter(|(_, account)| is_bad(account)).collect();
    if worst.len() < 2 {
        return;
    }
    // In the order of their ids where they are as bad.
    worst.sort_by_key(|(_, AccountTotals { counts, .. })| {
        std::cmp::Reverse((counts.non_compliant, counts.undetermined))
    });
    page.paragraph("## Worst accounts");
    let rows = worst.iter().take(ACCOUNTS).map(|(id, AccountTotals { account_name, counts, .. })| {
        let [non_compliant, undetermined, all] =
            [counts.non_compliant, counts.undetermined, counts.total()].map(number);
        let account = account(id, account_name.as_deref());
        format!("| {account} | {non_compliant} | {undetermined} | {all} |")
    });
    let shown = page.table("| account | non-compliant | undetermined | repositories |", rows);
    more(page, phrase::length(&worst), shown, "accounts", "summary.json");
}

fn not_seen(page: &mut Page, coverage: &Coverage) {
    let gaps = coverage.gaps().count().try_into().unwrap_or(u64::MAX);
    if gaps == 0 {
        return;
    }
    page.paragraph("## Not seen");
    let rows = coverage.gaps().take(GAPS).map(|gap| {
        let account =
            gap.account_id.as_deref().map_or_else(|| "–".to_owned(), |id| account(id, gap.account_name.as_deref()));
        let place = gap.region.as_deref().map_or_else(|| phrase::place(gap).to_owned(), |region| cell(region, ACCOUNT));
        format!("| {account} | {place} | {} | {} |", phrase::cause(gap.cause), cell(&gap.hint, SENTENCE))
    });
    let shown = page.table("| account | where | why | what helps |", rows);
    more(page, gaps, shown, "gaps", "summary.json");
}

fn open(page: &mut Page, summary: &Summary, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    let counts = &summary.totals.by_status;
    let next = summary.totals.templates.as_ref().map(crate::summary::TemplateTotals::all).unwrap_or_default();
    let all = counts.non_compliant + counts.undetermined + next.non_compliant + next.undetermined;
    page.paragraph("## Open findings");
    let rows = findings.iter().enumerate().map(|(index, finding)| {
        format!(
            "| {} | {}{} | {} | {} | {} | {} |",
            index + 1,
            change_words::prefix(finding.finding_type),
            cell(&finding.repository_name, NAME),
            account(&finding.account_id, finding.account_name.as_deref()),
            cell(&finding.region, ACCOUNT),
            phrase::status(finding.status),
            cell(&finding.reason, SENTENCE),
        )
    });
    let shown = page.table("| | repository | account | Region | status | why |", rows);
    let mut told = 0;
    for (index, finding) in findings.iter().take(shown).enumerate() {
        let steps: Vec<String> = finding
            .remediation
            .iter()
            .zip(1..)
            .map(|(step, number)| format!("{number}. {}\n", code(step, usize::MAX)))
            .collect();
        let steps = steps.concat();
        let title = format!("{}. What to do", index + 1);
        if !steps.is_empty() && !page.fits(&format!("\n<details><summary>{title}</summary>\n\n{steps}\n</details>\n")) {
            break;
        }
        told += 1;
    }
    more(page, all, told, "findings with what to do", "findings.jsonl");
}

/// Tells where the rest is.
fn more(page: &mut Page, all: u64, shown: usize, what: &str, file: &str) {
    let rest = all.saturating_sub(shown.try_into().unwrap_or(u64::MAX));
    if rest > 0 {
        page.paragraph(&format!("{} more {what}: `{file}`.", number(rest)));
    }
}

fn account(id: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{} {}", cell(name, ACCOUNT), cell(id, ACCOUNT)),
        None => cell(id, ACCOUNT),
    }
}
