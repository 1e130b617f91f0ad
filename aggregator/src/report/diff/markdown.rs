//! For a pull request or a chat: the figures, and then the first of each kind.

use std::io::{self, Write};

use super::digest::{Digest, Few, Lost, StillOpen};
use super::{Diffed, change_words};
use crate::history::change::{Change, ChangeKind};
use crate::report::markdown::span::{cell, code};
use crate::report::phrase::{self, number};

/// Columns that are shown of a name, of an account's name, and of a sentence: with twenty rows of each kind that is less
/// than a comment may have.
const NAME: usize = 120;
const ACCOUNT: usize = 40;
const SENTENCE: usize = 200;

pub(super) fn write(out: &mut dyn Write, digest: &Digest, diffed: &Diffed<'_>) -> io::Result<()> {
    let Diffed { older, newer, .. } = diffed;
    let scope = phrase::scope_of(newer.organization_id.as_deref(), &newer.caller_account_id);
    writeln!(out, "# Changes in {}\n", code(&scope, ACCOUNT))?;
    let [from, to] = [older, newer].map(|run| phrase::time(run.started_at));
    writeln!(out, "From {from}, to {to}.\n\n| change | findings | |\n|---|---|---|")?;
    for count in digest.counts(diffed) {
        writeln!(out, "| {} | {} | {} |", count.name, number(count.of), count.note)?;
    }
    changes(out, ChangeKind::New, &digest.new)?;
    changes(out, ChangeKind::Changed, &digest.changed)?;
    lost(out, &digest.lost)?;
    changes(out, ChangeKind::Fixed, &digest.fixed)?;
    changes(out, ChangeKind::Exempted, &digest.exempted)?;
    changes(out, ChangeKind::Gone, &digest.gone)?;
    still_open(out, &digest.oldest(), diffed)
}

fn changes(out: &mut dyn Write, kind: ChangeKind, few: &Few<Change>) -> io::Result<()> {
    if few.count == 0 {
        return Ok(());
    }
    heading(out, change_words::title(kind), "| repository | account | Region | why |")?;
    for change in &few.first {
        writeln!(
            out,
            "| {}{} | {} | {} | {} |",
            change_words::prefix(change.finding_type),
            cell(&change.repository_name, NAME),
            account(&change.account_id, change.account_name.as_deref()),
            cell(&change.region, ACCOUNT),
            cell(&change_words::why(change), SENTENCE),
        )?;
    }
    more(out, few.more(), "")
}

fn lost(out: &mut dyn Write, few: &Few<Lost>) -> io::Result<()> {
    if few.count == 0 {
        return Ok(());
    }
    heading(out, change_words::title(ChangeKind::NoLongerSeen), "| account | Region | findings | open |")?;
    for lost in &few.first {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            account(&lost.account_id, lost.account_name.as_deref()),
            cell(&lost.region, ACCOUNT),
            number(lost.count),
            number(lost.open)
        )?;
    }
    more(out, few.more(), " Regions of accounts")
}

fn still_open(out: &mut dyn Write, few: &Few<StillOpen>, diffed: &Diffed<'_>) -> io::Result<()> {
    if few.count == 0 {
        return Ok(());
    }
    heading(out, "Still open, the oldest first", "| repository | account | Region | | why |")?;
    for open in &few.first {
        let since = open.since.map(|since| change_words::since_when(since, diffed.newer.started_at));
        writeln!(
            out,
            "| {}{} | {} | {} | {} | {} |",
            change_words::prefix(open.finding_type),
            cell(&open.name, NAME),
            account(&open.account_id, open.account_name.as_deref()),
            cell(&open.region, ACCOUNT),
            since.unwrap_or_default(),
            cell(&open.reason, SENTENCE),
        )?;
    }
    more(out, few.more(), "")
}

fn heading(out: &mut dyn Write, title: &str, head: &str) -> io::Result<()> {
    let columns = head.matches('|').count().saturating_sub(1);
    writeln!(out, "\n## {title}\n\n{head}\n|{}", "---|".repeat(columns))
}

fn account(id: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{} {}", cell(name, ACCOUNT), cell(id, ACCOUNT)),
        None => cell(id, ACCOUNT),
    }
}

fn more(out: &mut dyn Write, more: u64, what: &str) -> io::Result<()> {
    if more == 0 {
        return Ok(());
    }
    writeln!(out, "\nAnd {} more{what}.", number(more))
}
