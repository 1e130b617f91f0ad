//! What was found, for a person: plain text of 80 columns, readable without colour. Commands are never broken: they are there
//! to be copied.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::Style;

use super::book::{Found, FoundAt, Group, Helped};
use super::check::{Check, State};
use super::diagnosis::{Diagnosis, Preflight, Verdict};
use super::shell::{differs, special};
use crate::report::phrase::{counted, number, time};
use crate::report::terminal::layout::{WIDTH, cut, printable, wrapped};
use crate::report::terminal::{BAD, BOLD, DOUBTFUL, FAINT, GOOD};

/// How many places are named of those of which the same is said.
const PLACES: usize = 3;
/// How many lines are shown of what AWS said; the document has all of it.
const MESSAGE_LINES: usize = 6;
/// How many ways to mend the same are shown.
const MENDS: usize = 3;

/// Writes a diagnosis, with ANSI styles: the caller strips them where they are not wanted.
///
/// # Errors
/// `out` cannot be written.
pub fn write(out: &mut dyn Write, diagnosis: &Diagnosis) -> io::Result<()> {
    headline(out, &diagnosis.preflight)?;
    table(out, &diagnosis.found)?;
    for state in State::ALL {
        let groups: Vec<&Group> = diagnosis.found.groups.iter().filter(|group| group.state == state).collect();
        if groups.is_empty() {
            continue;
        }
        writeln!(out, "\n{BOLD}{}{BOLD:#}", heading(state))?;
        for group in groups {
            write_group(out, group, &diagnosis.found)?;
        }
    }
    verdict(out, diagnosis)
}

fn paragraph(out: &mut dyn Write, text: &str, indent: usize, style: Style) -> io::Result<()> {
    for line in wrapped(&printable(text), WIDTH - indent, usize::MAX) {
        writeln!(out, "{:indent$}{style}{line}{style:#}", "")?;
    }
    Ok(())
}

fn headline(out: &mut dyn Write, preflight: &Preflight) -> io::Result<()> {
    let of = match &preflight.organization_id {
        Some(id) => format!("organization {id}"),
        None => format!("account {}", preflight.caller_account_id),
    };
    writeln!(out, "{BOLD}Preflight of {}{BOLD:#}, {}", printable(&of), time(preflight.started_at))?;
    if let Some(why) = &preflight.interruption {
        let text = format!("INTERRUPTED: {why}; this is what was found until then.");
        paragraph(out, &text, 0, DOUBTFUL)?;
    }
    paragraph(out, &format!("Caller: {}", preflight.caller_arn), 0, Style::new())?;
    let home = match (&preflight.management_account_id, &preflight.home_account_id) {
        (Some(management), home) if management == home => format!("{home}, the management account"),
        (_, home) => home.clone(),
    };
    let Preflight { region, role_name, rule_regions, .. } = preflight;
    let plan = format!(
        "Home: account {home}, Region {region}. Rule Regions: {}. Role: {role_name}. Nothing was changed.",
        if rule_regions.is_empty() { "none".to_owned() } else { rule_regions.join(", ") }
    );
    paragraph(out, &plan, 0, Style::new())?;
    match &preflight.note {
        Some(note) => paragraph(out, &format!("{note}."), 0, DOUBTFUL),
        None => Ok(()),
    }
}

fn table(out: &mut dyn Write, found: &Found) -> io::Result<()> {
    writeln!(out, "\n{BOLD}{:<24}{:>9}{:>10}{:>10}{:>10}{BOLD:#}", "Check", "ok", "to come", "missing", "unknown")?;
    for check in Check::ALL {
        let ok = found.all_right.get(&check).copied().unwrap_or_default();
        let counts = [State::ToCome, State::Missing, State::Unknown].map(|state| found.count(check, state));
        if ok + counts.iter().sum::<u64>() == 0 {
            continue;
        }
        let style = match counts {
            [0, 0, 0] => GOOD,
            [_, 0, 0] => Style::new(),
            [_, 0, _] => DOUBTFUL,
            _ => BAD,
        };
        write!(out, "{style}{:<24}{style:#}{:>9}", check.id(), number(ok))?;
        for count in counts {
            write!(out, "{:>10}", if count == 0 { "-".to_owned() } else { number(count) })?;
        }
        writeln!(out)?;
    }
    let accounts = &found.accounts;
    let checked = match counted(accounts.found.len() as u64, "account", "accounts") {
        all if accounts.checked == accounts.found.len() as u64 => all,
        all => format!("{} of {all} looked at to the end", number(accounts.checked)),
    };
    let inactive = match accounts.not_active.len() as u64 {
        0 => String::new(),
        count => format!("; left alone, as not active: {}", number(count)),
    };
    paragraph(out, &format!("{checked}{inactive}. What does not apply is not counted."), 0, FAINT)
}

const fn heading(state: State) -> &'static str {
    match state {
        State::Missing => "MISSING",
        State::Unknown => "UNKNOWN: this could not be found out",
        State::ToCome => "TO COME: with the deployment, or AWS is at it",
    }
}

fn write_group(out: &mut dyn Write, group: &Group, found: &Found) -> io::Result<()> {
    let Some(first) = group.helped.first() else { return Ok(()) };
    let example = found.places(first).next();
    let example = example.unwrap_or(FoundAt { account: None, region: None });
    let said_of = |text: &str, place: &FoundAt| {
        special(text, place.account.map(|id| id.to_string()).as_deref(), place.region.as_deref())
    };
    let style = match group.state {
        State::Missing => BAD,
        State::Unknown => DOUBTFUL,
        State::ToCome => BOLD,
    };
    let count = match group.places() {
        1 => String::new(),
        count => format!(" ({} places)", number(count)),
    };
    let title = format!("{}: {}{count}", group.check.id(), said_of(&group.cause, &example));
    let mut lines = wrapped(&printable(&title), WIDTH - 2, usize::MAX).into_iter();
    if let Some(line) = lines.next() {
        writeln!(out, "  {style}{line}{style:#}")?;
    }
    for line in lines {
        writeln!(out, "    {style}{line}{style:#}")?;
    }
    places(out, group, found)?;
    if let Some(message) = &group.message {
        for line in wrapped(&printable(&format!("AWS: {}", said_of(message, &example))), WIDTH - 6, MESSAGE_LINES) {
            writeln!(out, "      {FAINT}{line}{FAINT:#}")?;
        }
    }
    for helped in group.helped.iter().take(MENDS) {
        let Some(place) = found.places(helped).next() else { continue };
        for command in &helped.help.commands {
            writeln!(out, "      {}", printable(&said_of(command, &place)))?;
        }
        if helped.help.commands.iter().any(|command| differs(command)) && helped.count() > 1 {
            let more = counted(helped.count() - 1, "other place", "other places");
            writeln!(out, "      {FAINT}# and so at {more}: --summary json has the commands of each{FAINT:#}")?;
        }
    }
    let more = group.helped.iter().skip(MENDS).filter(|helped| !helped.help.commands.is_empty());
    let more = more.map(Helped::count).sum::<u64>();
    if more > 0 {
        let more = counted(more, "other place", "other places");
        writeln!(out, "      {FAINT}# and otherwise at {more}: see --summary json{FAINT:#}")?;
    }
    let mut hints = BTreeSet::new();
    for helped in &group.helped {
        let Some(hint) = helped.help.hint.as_ref().filter(|hint| hints.insert(hint.as_str())) else { continue };
        if hints.len() > MENDS {
            break;
        }
        let place = found.places(helped).next().unwrap_or(FoundAt { account: None, region: None });
        paragraph(out, &format!("Hint: {}", said_of(hint, &place)), 6, FAINT)?;
    }
    Ok(())
}

fn places(out: &mut dyn Write, group: &Group, found: &Found) -> io::Result<()> {
    let all = || group.helped.iter().flat_map(|helped| found.places(helped));
    for FoundAt { account, region } in all().take(PLACES) {
        let account = account.map(|id| match found.names.get(&id) {
            Some(name) => format!("{id} {}", cut(&printable(name), 40)),
            None => id.to_string(),
        });
        let place = match (account, region) {
            (Some(account), Some(region)) => format!("{account}, {region}"),
            (Some(account), None) => account,
            (None, Some(region)) => region.to_string(),
            // Of the organization itself there is nothing to add.
            (None, None) => continue,
        };
        writeln!(out, "    {}", printable(&place))?;
    }
    if let Some(more) = group.places().checked_sub(PLACES as u64).filter(|more| *more > 0) {
        writeln!(out, "    {FAINT}and {} more{FAINT:#}", number(more))?;
    }
    Ok(())
}

fn verdict(out: &mut dyn Write, diagnosis: &Diagnosis) -> io::Result<()> {
    let count = |state, one: &str, many: &str| match diagnosis.found.total(state) {
        0 => None,
        count => Some(counted(count, one, many)),
    };
    let missing = count(State::Missing, "thing is missing", "things are missing");
    let unknown = count(State::Unknown, "could not be found out", "could not be found out");
    let to_come = count(State::ToCome, "comes with the deployment", "come with the deployment");
    let interrupted = diagnosis.preflight.interruption.is_some().then(|| "the rest was not looked at".to_owned());
    let parts: Vec<String> = [missing, unknown, to_come, interrupted].into_iter().flatten().collect();
    let (style, word) = match diagnosis.verdict() {
        Verdict::Ready => (GOOD, "READY"),
        Verdict::NotReady => (BAD, "NOT READY"),
        Verdict::Unknown => (DOUBTFUL, "NOT KNOWN TO BE READY"),
    };
    let why = if parts.is_empty() { "everything is there".to_owned() } else { parts.join(", ") };
    writeln!(out)?;
    paragraph(out, &format!("{word}: {why}."), 0, style)
}

#[cfg(test)]
mod tests;
