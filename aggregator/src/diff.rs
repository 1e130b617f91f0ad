//! `ecr-encryption diff`: what has changed from one run that is kept to another.

use std::io::Write;

use anyhow::{Context, anyhow};
use tracing::warn;

use crate::args::DiffArgs;
use crate::error::RunError;
use crate::exit::{DiffFailOn, ExitStatus};
use crate::history::aspects::is_open;
use crate::history::change::{Change, ChangeKind, ChangeTotals};
use crate::history::compare::{ChangeJoin, LaterRun};
use crate::history::parts::{Part, Parts};
use crate::history::reader::RunFolder;
use crate::history::resolve::OpenedRun;
use crate::report::diff::{DiffWriter, Diffed, is_worsened};

/// What matters of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How much has changed.
    pub totals: ChangeTotals,
    /// How many of those that have changed did so for the worse.
    pub worsened: u64,
}

impl DiffFailOn {
    /// The status of a comparison that got to its end.
    pub fn status(self, found: &Found) -> ExitStatus {
        if (self.new && found.totals.new > 0) || (self.changed && found.worsened > 0) {
            ExitStatus::NonCompliant
        } else if self.no_longer_seen && found.totals.newly_lost > 0 {
            ExitStatus::Incomplete
        } else {
            ExitStatus::Clean
        }
    }
}

/// Tells `out` what has changed from OLD to NEW.
///
/// # Errors
/// A run cannot be read, they cannot be compared, or `out` cannot be written.
pub fn run(args: &DiffArgs, old: &OpenedRun, new: &OpenedRun, out: &mut dyn Write) -> Result<ExitStatus, RunError> {
    check(old, new)?;
    let (older, newer) = (&old.folder, &new.folder);
    let writer = args.format.writer(out, older.manifest(), newer.manifest());
    let found = compare(older, newer, writer.context("the comparison cannot be told")?)?;
    Ok(args.fail_on.status(&found))
}

/// Whether the runs can be compared.
fn check(older: &OpenedRun, newer: &OpenedRun) -> Result<(), RunError> {
    let (old, old_place) = (older.folder.manifest(), &older.location);
    let (new, new_place) = (newer.folder.manifest(), &newer.location);
    if old.run_id == new.run_id {
        let both = if old_place == new_place {
            format!("OLD and NEW are both `{old_place}`")
        } else {
            format!("`{old_place}` and `{new_place}` are the same run, {}", old.run_id)
        };
        return Err(RunError::Usage(format!("{both}: there is nothing to compare")));
    }
    if old.started_at > new.started_at {
        return Err(RunError::Usage(format!(
            "OLD and NEW are mixed up: the run in `{old_place}` started at {}, after the one in `{new_place}`, which started \
             at {}; swap them",
            old.started_at, new.started_at
        )));
    }
    if old.organization_id != new.organization_id {
        let [one, other] = [old, new].map(|run| match &run.organization_id {
            Some(id) => format!("the organization {id}"),
            None => format!("the account {} by itself", run.caller_account_id),
        });
        warn!("the runs are not of the same organization: OLD is of {one}, NEW of {other}");
    } else if old.caller_account_id != new.caller_account_id {
        let [one, other] = [old, new].map(|run| &run.caller_account_id);
        warn!("the runs were not made by the same account: OLD by {one}, NEW by {other}; they may see other accounts");
    }
    Ok(())
}

/// Compares two runs, and gives what has changed to `writer`.
///
/// # Errors
/// A run cannot be read, or `writer` fails.
pub fn compare(older: &RunFolder, newer: &RunFolder, mut writer: Box<dyn DiffWriter + '_>) -> anyhow::Result<Found> {
    let later = LaterRun {
        started_at: newer.manifest().started_at,
        with_templates: newer.summary()?.totals.templates.is_some(),
        folder: std::env::temp_dir(),
    };
    let mut worsened = 0;
    let mut join = ChangeJoin::open(older.earlier()?, later)?;
    for part in Parts::without_changes(newer)? {
        let mut emit = |change: &Change| {
            worsened += u64::from(change.change == ChangeKind::Changed && is_worsened(change));
            writer.change(change)
        };
        match part? {
            Part::Finding(mut finding) => {
                let change = join.finding(&mut finding, &mut emit)?;
                if change.is_none() && is_open(finding.status) {
                    writer.still_open(&finding);
                }
            }
            Part::Account(targets) => join.account(&targets, &mut emit)?,
            Part::Change(_) => return Err(anyhow!("changes of another comparison were read")),
        }
    }
    let totals = join.finish(&mut |change: &Change| {
        worsened += u64::from(change.change == ChangeKind::Changed && is_worsened(change));
        writer.change(change)
    })?;
    writer.finish(&Diffed { older: older.manifest(), newer: newer.manifest(), totals: &totals })?;
    Ok(Found { totals, worsened })
}

#[cfg(test)]
mod tests;
