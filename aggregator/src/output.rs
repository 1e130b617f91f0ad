//! The folder that runs are kept in: a run appears whole, and `latest` leads to none that saw too little.

mod incoming;
mod lock;
mod place;
mod staging;
mod writers;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, anyhow};
use thiserror::Error;
use tracing::{info, warn};
use uuid::Uuid;

use crate::config_source::Source;
use crate::history::manifest::MANIFEST;
use crate::history::runs::{self, DATASET, DATASET_PART, KeptRun, LATEST, RUNS, Retention};
use crate::report::Format;
use crate::report::terminal::{Overtaken, ReportLocation};
use crate::summary::{Run, Summary};
use lock::FolderLock;
pub use place::Apart;
use staging::{JOURNAL, SUPERSEDED, Staging};
pub use writers::{CHANGES, SUMMARY, TARGETS, Writers, Written};

/// In a staging folder: the files of the run.
const NEW: &str = "report";

/// The folder, kept from other processes, with a hidden one in it for what is not finished; that one stays where the run can be
/// gone on with, and goes with this value where there is nothing to go on with.
#[derive(Debug)]
pub struct Output {
    directory: PathBuf,
    run_id: String,
    resumes: bool,
    /// Until the report is published, or given up.
    held: Mutex<Option<Held>>,
}

/// Another run has the folder.
#[derive(Debug, Error)]
#[error(
    "another run is writing to the output folder `{}`: wait for it, or name another folder with --output", _0.display()
)]
pub struct Busy(PathBuf);

/// What a run leaves when it ends, in this order.
#[derive(Debug)]
pub struct Held {
    staging: Staging,
    _lock: FolderLock,
}

impl Output {
    /// Makes the folder where it is missing, keeps other processes from it, clears what killed runs left there, and finds out
    /// whether it can be written: before the scan, not after it. Of unfinished runs the one that has read most is gone on
    /// with, where `resume` says so.
    ///
    /// # Errors
    /// It cannot be written, or another run is writing there ([`Busy`]).
    pub fn prepare(directory: &Path, resume: bool) -> anyhow::Result<Self> {
        let shown = directory.display();
        fs::create_dir_all(directory).with_context(|| format!("the output folder `{shown}` cannot be made"))?;
        let cannot = || format!("the output folder `{shown}` cannot be written");
        let lock = FolderLock::take(directory).with_context(cannot)?.ok_or_else(|| Busy(directory.to_owned()))?;
        in_the_way(directory)?;
        clean(directory).with_context(cannot)?;
        let unfinished = staging::furthest(directory).with_context(cannot)?;
        let left = unfinished.filter(|_| resume);
        let resumes = left.is_some();
        let staging = match left {
            Some(staging) => staging,
            None => Staging::create(directory, &Uuid::now_v7().to_string()).with_context(cannot)?,
        };
        Ok(Self {
            directory: directory.to_owned(),
            run_id: staging.run_id().to_owned(),
            resumes,
            held: Mutex::new(Some(Held { staging, _lock: lock })),
        })
    }

    /// Where the report goes.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The run's id: a UUID, version 7, whose order is that of time. A run that is gone on with keeps its own.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Whether an unfinished run is gone on with.
    pub fn resumes(&self) -> bool {
        self.resumes
    }

    /// The runs that are kept, the oldest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn kept(&self) -> io::Result<Vec<KeptRun>> {
        runs::kept(&self.directory)
    }

    /// Another unfinished run that is there, to be told of.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn other_unfinished(&self) -> io::Result<Option<String>> {
        let others = staging::unfinished(&self.directory)?;
        Ok(others.into_iter().rfind(|id| *id != self.run_id))
    }

    /// Where the journal is, or is to be made.
    pub fn journal(&self) -> PathBuf {
        self.staging().join(JOURNAL)
    }

    /// The folder for what is not finished; what is in it beside the journal goes when the run ends.
    pub fn staging(&self) -> PathBuf {
        staging::path(&self.directory, &self.run_id)
    }

    /// Opens the files of `formats` for the findings of `run`, and those of changes since an earlier run and of differences
    /// where they are wanted.
    ///
    /// # Errors
    /// A file cannot be made.
    pub fn writers(
        &self,
        formats: &[Format],
        run: &Run,
        with_changes: bool,
        with_differences: bool,
    ) -> io::Result<Writers> {
        Writers::create(self.staging().join(NEW), formats, run, with_changes, with_differences)
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the report up: what is staged is removed but for the journal, and nothing is published any more. `false` where
    /// it was published already, or could not be; a publication under way is waited for, as it is short.
    pub fn abandon(&self) -> bool {
        self.held().take().is_some()
    }

    /// Gives the whole run up: there is nothing to go on with.
    pub fn discard(&self) {
        if let Some(held) = self.held().as_mut() {
            held.staging.discard();
        }
    }

    /// Where the files of the run are, until they are published.
    pub fn written(&self) -> PathBuf {
        self.staging().join(NEW)
    }

    /// Whether a run becomes the newest of those that are kept. `older_report`: whether there is one; `read_others`: whether
    /// a Region of another account than the caller's was read whole.
    pub fn placing(&self, older_report: bool, read_others: bool, summary: &Summary) -> Placing {
        // Where the accounts could not be listed, those that were read before may not be lost: there is something to go on with.
        let is_unlisted = summary.coverage.gaps().any(|gap| gap.account_id.is_none() && gap.region.is_none());
        let is_kept = summary.run.source != Source::Config;
        let may_go_on = is_unlisted && is_kept && (self.resumes || read_others);
        // What is to be gone on with has not finished.
        let apart =
            place::apart(older_report, read_others, summary).or_else(|| may_go_on.then_some(Apart::AccountsUnknown));
        Placing { apart, older_report, may_go_on }
    }

    /// Puts the files where users look for them: all of them, or none.
    ///
    /// They become the newest of the runs that are kept, or go into a folder of their own where they must not ([`Apart`]).
    ///
    /// # Errors
    /// A file cannot be moved; the older runs are as they were, and `latest` leads where it led.
    pub fn publish(
        &self,
        written: &Written,
        summary: &Summary,
        read_others: bool,
        retention: Retention,
    ) -> anyhow::Result<Published> {
        // Locked to the end: nobody may end the process in the middle of it.
        let mut held = self.held();
        let held = held.take().context("the report was given up")?;
        let staging = held.staging.path().to_owned();
        in_the_way(&self.directory)?;
        let placing = self.placing(runs::latest(&self.directory)?.is_some(), read_others, summary);
        let later = if self.resumes && placing.apart.is_none() { self.later_than(summary)? } else { None };
        // What it had found when it was stopped, or had seen too little, is in the report that follows.
        let superseded = Superseded::set_aside(&self.directory, &self.run_id, &staging)?;
        let folder = match placing.apart {
            Some(apart) => {
                let folder = self.directory.join(format!("{}-{}", apart.folder(), self.run_id));
                writers::write_json(&staging.join(NEW).join(MANIFEST), &written.manifest)
                    .and_then(|()| fs::rename(staging.join(NEW), &folder))
                    .inspect_err(|_| superseded.put_back())?;
                folder
            }
            None => self.keep(&staging, written, later.is_none()).inspect_err(|_| superseded.put_back())?,
        };
        // Nobody else writes here until the run has ended: what is delivered is read from here.
        let held = self.settled(held, placing);
        // The new names are on disk, not just the files' content. Not every system can be asked for that.
        for directory in [&folder, &self.directory.join(RUNS), &self.directory] {
            if let Ok(handle) = File::open(directory)
                && let Err(error) = handle.sync_all()
            {
                warn!(%error, "it is not known whether the report has reached the disk");
            }
        }
        if placing.apart.is_none() {
            match runs::retain(&self.directory, retention, summary.run.finished_at) {
                Ok(removed) => removed.iter().for_each(|name| info!("the run {name} is no longer kept")),
                Err(error) => warn!("not every run that is no longer to be kept could be removed: {error}"),
            }
        }
        let (place, kept_as) = match placing.apart {
            None if later.is_none() => (self.directory.join(LATEST), folder.file_name()),
            None | Some(_) => (folder.clone(), None),
        };
        let location = ReportLocation {
            place: place.to_string_lossy().into_owned(),
            kept_as: kept_as.map(|name| format!("{RUNS}/{}", name.to_string_lossy())),
            names: match placing.apart {
                None => written.manifest.clone().with_dataset().names(),
                Some(_) => written.manifest.names(),
            },
            older_kept: placing.apart.filter(|_| placing.older_report),
            overtaken: later.map(Overtaken::By),
        };
        Ok(Published { location, folder, apart: placing.apart, _held: Some(held) })
    }

    /// The newest run, where it has begun later than the one of `summary`: a process that was killed right after it had
    /// published a run has left older ones to be gone on with.
    fn later_than(&self, summary: &Summary) -> io::Result<Option<String>> {
        let newest = runs::kept(&self.directory)?.pop();
        let is_later = |newest: &KeptRun| {
            (newest.manifest.started_at, &newest.manifest.run_id) > (summary.run.started_at, &summary.run.id)
        };
        Ok(newest.filter(is_later).map(|newest| newest.name))
    }

    /// Ends a run whose files were published elsewhere. They stay here for as long as what is given lives.
    pub fn settle(&self, placing: Placing) -> Option<Held> {
        Some(self.settled(self.held().take()?, placing))
    }

    /// Says what of the run is to stay, and of others that were not finished.
    fn settled(&self, mut held: Held, placing: Placing) -> Held {
        if placing.has_finished() {
            held.staging.discard();
        }
        if placing.replaces_unfinished() {
            staging::remove_others(&self.directory, &self.run_id);
        }
        held
    }

    /// Makes what is staged one of the runs that are kept, and the newest where `is_newest`.
    fn keep(&self, staging: &Path, written: &Written, is_newest: bool) -> io::Result<PathBuf> {
        let manifest = written.manifest.clone().with_dataset();
        let name = runs::run_name(manifest.started_at, &self.run_id);
        let place = self.directory.join(RUNS).join(&name);
        let mut moves = vec![(staging.join(NEW), place.clone())];
        if let Some(part) = &manifest.dataset {
            moves.insert(0, (staging.join(NEW).join(DATASET_PART), self.directory.join(&part.name)));
        }
        writers::write_json(&staging.join(NEW).join(MANIFEST), &manifest)?;
        let mut done = Vec::new();
        let result = moves.iter().try_for_each(|(from, to)| {
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::rename(from, to)?;
            done.push((from, to));
            Ok(())
        });
        let point = || if is_newest { runs::point_latest(&self.directory, &name) } else { Ok(()) };
        result.and_then(|()| point()).inspect_err(|_| {
            for (from, to) in done.into_iter().rev() {
                if let Err(error) = fs::rename(to, from) {
                    warn!(%error, "`{}` stays, although `{LATEST}` does not lead to it", to.display());
                }
            }
        })?;
        Ok(place)
    }
}

/// Whether a run becomes the newest of those that are kept.
#[derive(Debug, Clone, Copy)]
pub struct Placing {
    /// Why not, if it does not.
    pub apart: Option<Apart>,
    /// Whether there was one before.
    pub older_report: bool,
    /// Whether there is something to go on with, although it has come to an end.
    may_go_on: bool,
}

impl Placing {
    /// Whether there is nothing to go on with.
    pub fn has_finished(self) -> bool {
        self.apart != Some(Apart::Interrupted) && !self.may_go_on
    }

    /// Whether nobody needs other runs any more that were not finished.
    pub fn replaces_unfinished(self) -> bool {
        matches!(self.apart, None | Some(Apart::Empty)) && !self.may_go_on
    }
}

/// A run that users find where they look for it.
#[derive(Debug)]
pub struct Published {
    /// Where that is.
    pub location: ReportLocation,
    /// A folder with its files.
    pub folder: PathBuf,
    /// Why it is not the newest of those that are kept, if it is not.
    pub apart: Option<Apart>,
    /// That folder goes with it, where it is not where users look.
    pub(crate) _held: Option<Held>,
}

/// What the same run had left when it was stopped earlier, set aside until there is better.
struct Superseded(Vec<(PathBuf, PathBuf)>);

impl Superseded {
    fn set_aside(directory: &Path, run_id: &str, staging: &Path) -> io::Result<Self> {
        let mut moved = Vec::new();
        for folder in Apart::FOLDERS {
            let name = format!("{folder}-{run_id}");
            let (place, aside) = (directory.join(&name), staging.join(SUPERSEDED).join(&name));
            if staging::found(&place)?.is_some() {
                fs::create_dir_all(staging.join(SUPERSEDED))?;
                fs::rename(&place, &aside)?;
                moved.push((place, aside));
            }
        }
        Ok(Self(moved))
    }

    fn put_back(&self) {
        for (place, aside) in &self.0 {
            if let Err(error) = fs::rename(aside, place) {
                warn!(%error, "`{}` could not be put back", place.display());
            }
        }
    }
}

/// Whether something of the user's stands where something else is to be.
fn in_the_way(directory: &Path) -> anyhow::Result<()> {
    let shown = directory.display();
    for name in [RUNS, DATASET] {
        if staging::found(&directory.join(name))?.is_some_and(|metadata| !metadata.is_dir()) {
            return Err(anyhow!("the output folder `{shown}` has a file `{name}`, where a folder is to be made"));
        }
    }
    if staging::found(&directory.join(LATEST))?.is_some_and(|metadata| metadata.is_dir()) {
        return Err(anyhow!("the output folder `{shown}` has a folder `{LATEST}`, where a link is to be made"));
    }
    Ok(())
}

/// Sets right what processes that were killed have left.
fn clean(directory: &Path) -> io::Result<()> {
    for run_id in staging::unfinished(directory)? {
        // It was killed between the last two steps: it has finished.
        if runs::name_of(directory, &run_id)?.is_some() {
            staging::remove(&staging::path(directory, &run_id));
        } else {
            runs::remove_dataset_part(directory, &run_id)?;
        }
    }
    runs::repair(directory)
}

#[cfg(test)]
mod tests;
