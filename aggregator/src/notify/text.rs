//! A digest in words, which SNS sends by mail and Slack shows.

use crate::history::change::ChangeTotals;
use crate::report::phrase::{self, number};
use crate::report::terminal::layout::{cut, printable};

use super::digest::{Digest, Outcome, RunDigest, WorstAccount};

/// Lines that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paragraph {
    pub title: Option<&'static str>,
    pub lines: Vec<String>,
}

/// What the digest is on, and the worst of it, in at most 98 columns.
pub(super) fn headline(digest: &Digest) -> String {
    let Some(run) = &digest.run else { return "ECR encryption: the scan could not run".to_owned() };
    let share = run.share.as_ref().map_or_else(|| "nothing is judged".to_owned(), |share| format!("{share} comply"));
    let counts = &run.by_status;
    // Numbers come last: where there is too little place, the report has them too.
    let parts = [
        (true, share),
        (run.interrupted, "INTERRUPTED".to_owned()),
        (run.gaps > 0 && !run.interrupted, "INCOMPLETE".to_owned()),
        (!digest.failures.is_empty(), "failures".to_owned()),
        (counts.non_compliant > 0, format!("{} non-compliant", number(counts.non_compliant))),
        (counts.undetermined > 0, format!("{} undetermined", number(counts.undetermined))),
    ];
    let parts: Vec<_> = parts.into_iter().filter_map(|(is_so, part)| is_so.then_some(part)).collect();
    let of = run.organization_id.as_ref().unwrap_or(&run.caller_account_id);
    cut(&printable(&format!("ECR encryption of {of}: {}", parts.join(", "))), 98)
}

/// The digest below its headline.
pub(super) fn paragraphs(digest: &Digest) -> Vec<Paragraph> {
    let mut all = Vec::new();
    let mut add = |title, lines: Vec<String>| {
        if !lines.is_empty() {
            all.push(Paragraph { title, lines });
        }
    };
    if let Some(run) = &digest.run {
        add(None, digest.overtaken.iter().map(|why| format!("It is not the newest run: {why}")).collect());
        add(None, counts(run));
        add(Some("Not seen"), not_seen(run));
        add(Some("Changes"), since_before(run, digest.changed));
        add(Some("Worst accounts"), accounts(run));
    }
    add(Some("Failed"), digest.failures.clone());
    add(None, ending(digest));
    all
}

/// The whole of it as plain text.
pub(super) fn plain(digest: &Digest) -> String {
    let mut text = headline(digest);
    text.push('\n');
    for Paragraph { title, lines } in paragraphs(digest) {
        text.push('\n');
        if let Some(title) = title {
            text.push_str(title);
            text.push('\n');
        }
        for line in lines {
            text.push_str(if title.is_some() { "  " } else { "" });
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn counts(run: &RunDigest) -> Vec<String> {
    let judged = phrase::judged(&run.by_status);
    let counts = &run.by_status;
    let share = match &run.share {
        Some(share) => {
            let judged = phrase::counted(judged, "repository", "repositories");
            format!("{share} comply: {} of {judged}", number(counts.compliant))
        }
        None if counts.exempt > 0 => {
            format!("All {} are exempt", phrase::counted(counts.exempt, "repository", "repositories"))
        }
        None => "No repositories were found".to_owned(),
    };
    let by_status = format!(
        "{} non-compliant, {} undetermined, {} exempt, {} compliant",
        number(counts.non_compliant),
        number(counts.undetermined),
        number(counts.exempt),
        number(counts.compliant)
    );
    let templates = run.templates.as_ref().filter(|templates| templates.total() > 0).map(|templates| {
        format!(
            "Next repositories: {} of {} templates and pull-through cache rules do not comply, {} undetermined",
            number(templates.non_compliant),
            number(templates.total()),
            number(templates.undetermined)
        )
    });
    [share, by_status].into_iter().chain(templates).collect()
}

fn not_seen(run: &RunDigest) -> Vec<String> {
    let interrupted = run.interrupted.then(|| "The run was stopped before it had seen everything".to_owned());
    let gaps = run.not_seen.as_ref().map(|gaps| format!("{gaps} were not seen, or not whole"));
    interrupted.into_iter().chain(gaps).collect()
}

fn since_before(run: &RunDigest, is_other: bool) -> Vec<String> {
    let Some(totals) = &run.changes else { return vec!["There is no earlier run to compare with".to_owned()] };
    let ChangeTotals { since, new, changed: otherwise, fixed, exempted, gone, no_longer_seen, still_open, .. } = totals;
    let told: Vec<String> = [
        (new, "new"),
        (otherwise, "changed"),
        (fixed, "fixed"),
        (exempted, "exempted"),
        (gone, "gone"),
        (no_longer_seen, "no longer seen, which is no fix"),
    ]
    .into_iter()
    .filter(|(count, _)| **count > 0)
    .map(|(count, what)| format!("{} {what}", number(*count)))
    .collect();
    let told = match (told.is_empty(), is_other) {
        (true, false) => "nothing".to_owned(),
        (true, true) => "coverage alone".to_owned(),
        (false, _) => told.join(", "),
    };
    let mut lines = vec![format!("Since {}: {told}", phrase::time(*since))];
    if *still_open > 0 {
        let oldest = totals.oldest_open_since.map(|at| format!("; the oldest since {}", phrase::time(at)));
        lines.push(format!("{} still open{}", number(*still_open), oldest.unwrap_or_default()));
    }
    lines
}

fn accounts(run: &RunDigest) -> Vec<String> {
    let line = |WorstAccount { account_id, account_name, counts }: &WorstAccount| {
        let name = account_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        format!(
            "{account_id}{name}: {} non-compliant, {} undetermined of {}",
            number(counts.non_compliant),
            number(counts.undetermined),
            number(counts.total())
        )
    };
    let more = (run.more_accounts > 0).then(|| format!("and {} more", number(run.more_accounts)));
    run.worst_accounts.iter().map(line).chain(more).collect()
}

fn ending(digest: &Digest) -> Vec<String> {
    let report = digest.report.as_ref().map(|report| format!("Report: {report}"));
    let run = digest.run.as_ref().map(|run| format!("Run {}, {}", run.id, phrase::time(run.started_at)));
    let failed = (digest.outcome == Outcome::CouldNotRun).then(|| format!("Exit status {}", digest.exit_status));
    report.into_iter().chain(run).chain(failed).collect()
}
