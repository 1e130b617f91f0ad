//! What has come of the delivery to Security Hub.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::layout::{printable, wrapped};
use super::{BAD, BOLD, DOUBTFUL, GOOD, WIDTH};
use crate::deliver::Delivered;
use crate::notify::Delivery;
use crate::report::phrase::{counted, length, number};
use crate::security_hub::{HubOutcome, NotDelivered};

/// How many accounts are named in which Security Hub is off.
const OFF: usize = 3;
/// How many kinds of failures are told.
const KINDS: usize = 5;

/// Writes what has come of everything that was asked for beside the report.
pub(super) fn write(out: &mut dyn Write, delivered: &Delivered) -> io::Result<()> {
    if let Some(outcome) = &delivered.security_hub {
        security_hub(out, outcome)?;
    }
    if delivered.notifications.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}Notifications{BOLD:#}")?;
    for Delivery { target, result } in &delivered.notifications {
        let (style, told) = match result {
            Ok(()) => (GOOD, format!("told: {target}")),
            Err(error) => (BAD, format!("NOT TOLD: {target}: {error}")),
        };
        for line in wrapped(&printable(&told), WIDTH - 2, usize::MAX) {
            writeln!(out, "  {style}{line}{style:#}")?;
        }
    }
    Ok(())
}

fn security_hub(out: &mut dyn Write, outcome: &HubOutcome) -> io::Result<()> {
    writeln!(out, "\n{BOLD}Security Hub{BOLD:#}")?;
    if let Some(later) = &outcome.overtaken_by {
        let what = match outcome.left_out {
            0 => "",
            _ => " It may not bring everything that this one has read: scan again.",
        };
        let told =
            format!("Nothing was brought: a later run was published before this one, {}.{what}", printable(later));
        for line in wrapped(&told, WIDTH - 2, usize::MAX) {
            writeln!(out, "  {BOLD}{line}{BOLD:#}")?;
        }
        return Ok(());
    }
    let style = if outcome.is_complete() { GOOD } else { BOLD };
    for line in wrapped(&sent(outcome), WIDTH - 2, usize::MAX) {
        writeln!(out, "  {style}{line}{style:#}")?;
    }
    if !outcome.off.is_empty() {
        for line in wrapped(&off(outcome), WIDTH - 2, usize::MAX) {
            writeln!(out, "  {line}")?;
        }
    }
    if outcome.left_out > 0 {
        let targets = counted(outcome.left_out, "account × Region was", "accounts × Regions were");
        let told = format!("The delivery ended before its time: {targets} left out. The next run makes up for it.");
        for line in wrapped(&told, WIDTH - 2, usize::MAX) {
            writeln!(out, "  {DOUBTFUL}{line}{DOUBTFUL:#}")?;
        }
    }
    failures(out, outcome)
}

fn sent(outcome: &HubOutcome) -> String {
    let places = counted(outcome.targets, "account × Region", "accounts × Regions");
    let parts = [
        (outcome.imported, "new"),
        (outcome.updated, "changed"),
        (outcome.archived, "archived"),
        (outcome.suppressed, "suppressed"),
        (outcome.taken_back, "taken back"),
        (outcome.refreshed, "refreshed"),
        (outcome.unchanged, "unchanged"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", number(*count)))
        .collect();
    let findings = if parts.is_empty() { "no findings".to_owned() } else { format!("findings {}", parts.join(", ")) };
    format!("{places}: {findings}.")
}

fn off(outcome: &HubOutcome) -> String {
    let targets = counted(outcome.off_targets() as u64, "account × Region", "accounts × Regions");
    let named: Vec<String> = outcome
        .off
        .iter()
        .take(OFF)
        .map(|(account, regions)| match regions.len() {
            1..=2 => format!("{account} ({})", regions.iter().cloned().collect::<Vec<_>>().join(", ")),
            count => format!("{account} ({count} Regions)"),
        })
        .collect();
    let more = match outcome.off.len().saturating_sub(OFF) {
        0 => String::new(),
        more => format!(" and {}", counted(more as u64, "account more", "accounts more")),
    };
    format!("It is not enabled in {targets}, and nothing was sent there: {}{more}.", named.join(", "))
}

/// Failures with the same code and hint are told together, by an example.
fn failures(out: &mut dyn Write, outcome: &HubOutcome) -> io::Result<()> {
    if outcome.failures == 0 {
        return Ok(());
    }
    let count = counted(outcome.failures, "failure", "failures");
    writeln!(out, "  {BAD}NOT DELIVERED: {count}{BAD:#}")?;
    let mut kinds: BTreeMap<_, Vec<&NotDelivered>> = BTreeMap::new();
    for failure in &outcome.failed {
        kinds.entry((failure.action, failure.error_code.as_deref())).or_default().push(failure);
    }
    let mut kinds: Vec<Vec<&NotDelivered>> = kinds.into_values().collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.len()));
    for kind in kinds.iter().take(KINDS) {
        let Some(first) = kind.first() else { continue };
        for line in wrapped(&printable(&told(first, length(kind))), WIDTH - 4, 6) {
            writeln!(out, "    {line}")?;
        }
        for line in wrapped(&printable(&format!("→ {}", first.hint)), WIDTH - 6, 6) {
            writeln!(out, "      {line}")?;
        }
    }
    if kinds.len() > KINDS {
        writeln!(out, "    … and {}", counted((kinds.len() - KINDS) as u64, "other kind", "other kinds"))?;
    }
    Ok(())
}

fn told(failure: &NotDelivered, alike: u64) -> String {
    let place: Vec<&str> = [&failure.account_id, &failure.region].into_iter().filter_map(Option::as_deref).collect();
    let place = match (&failure.finding_id, place.join(" ")) {
        (Some(finding), _) => format!("{finding}: "),
        (None, place) if place.is_empty() => place,
        (None, place) => format!("{place}: "),
    };
    let what = [failure.action, failure.error_code.as_deref(), Some(failure.message.as_str())];
    let what: Vec<&str> = what.into_iter().flatten().collect();
    let more = match alike {
        0 | 1 => String::new(),
        alike => format!(" (and {} alike)", number(alike - 1)),
    };
    format!("{place}{}{more}", what.join(": "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ecr_encryption_rule::aws::fault::AwsFault;

    use super::*;

    fn shown(outcome: &HubOutcome) -> String {
        let mut out = Vec::new();
        security_hub(&mut out, outcome).unwrap();
        let text = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        text
    }

    #[test]
    fn all_went_well() {
        let outcome = HubOutcome { targets: 2, imported: 1_200, unchanged: 3, archived: 1, ..HubOutcome::default() };
        insta::assert_snapshot!(shown(&outcome));
        insta::assert_snapshot!(shown(&HubOutcome { targets: 1, ..HubOutcome::default() }));
    }

    #[test]
    fn a_later_run_was_there_before() {
        insta::assert_snapshot!(shown(&HubOutcome::overtaken("2026-11-24-019ab3c4-5d6e-7f80-9a1b-000000000001".to_owned())), @r"

        Security Hub
          Nothing was brought: a later run was published before this one,
          2026-11-24-019ab3c4-5d6e-7f80-9a1b-000000000001.
        ");
    }

    #[test]
    fn some_did_not() {
        let regions = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let off = (1..=5).map(|number| (format!("{number:012}"), regions(&["eu-west-1", "us-east-1"])));
        let mut outcome =
            HubOutcome { targets: 40, suppressed: 2, off: off.collect(), left_out: 7, ..HubOutcome::default() };
        outcome.off.insert("000000000002".to_owned(), regions(&["a", "b", "c"]));
        let failure = |finding: Option<&str>, code: &str| {
            let fault = AwsFault::of_item("securityhub:BatchImportFindings", code, "something\u{1b}[2J is not right");
            NotDelivered {
                account_id: Some("222222222222".to_owned()),
                region: Some("eu-west-1".to_owned()),
                finding_id: finding.map(str::to_owned),
                action: Some(fault.action),
                error_code: fault.code,
                message: fault.message,
                hint: "allow securityhub:BatchImportFindings to the role arn:aws:iam::222222222222:role/EcrEncryptionAudit"
                    .to_owned(),
            }
        };
        outcome.failed = vec![
            failure(None, "AccessDeniedException"),
            failure(Some("ecr-encryption/222222222222/eu-west-1/repository/a"), "InvalidInput"),
            failure(Some("ecr-encryption/222222222222/eu-west-1/repository/b"), "InvalidInput"),
        ];
        outcome.failures = 3;
        insta::assert_snapshot!(shown(&outcome));
    }
}
