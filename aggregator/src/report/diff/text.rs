//! For people on a terminal: the figures, and then the first of each kind.

use std::io::{self, Write};

use anstyle::Style;

use super::digest::{Digest, Few, Lost, StillOpen};
use super::{Diffed, change_words};
use crate::history::change::{Change, ChangeKind};
use crate::report::phrase::{self, number};
use crate::report::terminal::layout::{WIDTH, cut, printable, wrapped};
use crate::report::terminal::{BAD, BOLD, DOUBTFUL, FAINT, GOOD, changed};

/// How many lines the reason of one change takes at most.
const REASON: usize = 3;

pub(super) fn write(out: &mut dyn Write, digest: &Digest, diffed: &Diffed<'_>) -> io::Result<()> {
    let Diffed { older, newer, .. } = diffed;
    let scope = cut(&printable(&phrase::scope_of(newer.organization_id.as_deref(), &newer.caller_account_id)), 40);
    writeln!(out, "{BOLD}Changes in {scope}{BOLD:#}")?;
    let [from, to] = [older, newer].map(|run| phrase::time(run.started_at));
    writeln!(out, "from {from}, to {to}\n")?;
    figures(out, digest, diffed)?;
    changes(out, ChangeKind::New, &digest.new)?;
    changes(out, ChangeKind::Changed, &digest.changed)?;
    lost(out, &digest.lost)?;
    changes(out, ChangeKind::Fixed, &digest.fixed)?;
    changes(out, ChangeKind::Exempted, &digest.exempted)?;
    changes(out, ChangeKind::Gone, &digest.gone)?;
    still_open(out, &digest.oldest(), diffed)
}

fn figures(out: &mut dyn Write, digest: &Digest, diffed: &Diffed<'_>) -> io::Result<()> {
    digest.counts(diffed).iter().try_for_each(|count| changed::row(out, count))
}

const fn style(kind: ChangeKind) -> Style {
    match kind {
        ChangeKind::New => BAD,
        ChangeKind::Changed | ChangeKind::NoLongerSeen => DOUBTFUL,
        ChangeKind::Fixed => GOOD,
        ChangeKind::Exempted | ChangeKind::Gone => BOLD,
    }
}

fn changes(out: &mut dyn Write, kind: ChangeKind, few: &Few<Change>) -> io::Result<()> {
    if few.count == 0 {
        return Ok(());
    }
    let style = style(kind);
    writeln!(out, "\n{style}{}{style:#}", change_words::title(kind))?;
    let mut place = None;
    for change in &few.first {
        let here = (&change.account_id, &change.region);
        if place.replace(here) != Some(here) {
            target(out, &change.account_id, change.account_name.as_deref(), &change.region)?;
        }
        let name = format!("{}{}", change_words::prefix(change.finding_type), change.repository_name);
        writeln!(out, "    {}", cut(&printable(&name), WIDTH - 4))?;
        // What was fixed, and what is gone, needs no reason.
        if !matches!(kind, ChangeKind::Gone) {
            for line in wrapped(&printable(&change_words::why(change)), WIDTH - 6, REASON) {
                writeln!(out, "      {FAINT}{line}{FAINT:#}")?;
            }
        }
    }
    more(out, few.more(), "")
}

fn lost(out: &mut dyn Write, few: &Few<Lost>) -> io::Result<()> {
    if few.count == 0 {
        return Ok(());
    }
    writeln!(out, "\n{DOUBTFUL}{}{DOUBTFUL:#}", change_words::title(ChangeKind::NoLongerSeen))?;
    for lost in &few.first {
        let open = if lost.open > 0 { format!(", {} open", number(lost.open)) } else { String::new() };
        let count = format!(": {}{open}", number(lost.count));
        let place = place(&lost.account_id, lost.account_name.as_deref(), &lost.region);
        writeln!(out, "  {}{count}", cut(&printable(&place), WIDTH - 2 - count.len()))?;
    }
    more(out, few.more(), " Regions of accounts")
}

fn still_open(out: &mut dyn Write, few: &Few<StillOpen>, diffed: &Diffed<'_>) -> io::Result<()> {
    if few.count == 0 {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}Still open, the oldest first{BOLD:#}")?;
    for open in &few.first {
        let since = open.since.map(|since| change_words::since_when(since, diffed.newer.started_at));
        target(out, &open.account_id, open.account_name.as_deref(), &open.region)?;
        let name = format!("{}{}", change_words::prefix(open.finding_type), open.name);
        writeln!(out, "    {}", cut(&printable(&name), WIDTH - 4))?;
        let text = format!("{}: {}", since.unwrap_or_default(), printable(&open.reason));
        for line in wrapped(&text, WIDTH - 6, REASON) {
            writeln!(out, "      {FAINT}{line}{FAINT:#}")?;
        }
    }
    more(out, few.more(), "")
}

fn place(account_id: &str, account_name: Option<&str>, region: &str) -> String {
    let name = account_name.map(|name| format!(" {}", cut(&printable(name), 40))).unwrap_or_default();
    format!("{account_id}{name}, {region}")
}

fn target(out: &mut dyn Write, account_id: &str, account_name: Option<&str>, region: &str) -> io::Result<()> {
    writeln!(out, "  {}", cut(&printable(&place(account_id, account_name, region)), WIDTH - 2))
}

fn more(out: &mut dyn Write, more: u64, what: &str) -> io::Result<()> {
    if more == 0 {
        return Ok(());
    }
    writeln!(out, "  {FAINT}and {} more{what}{FAINT:#}", number(more))
}
