//! Which unfinished run is gone on with: the one that is here, or one that the bucket has.

use anyhow::Context;
use jiff::Timestamp;
use tracing::{info, warn};

use super::handed_over::MOST_AGE;
use super::handover::GoesOn;
use super::{Opening, UnfinishedManifest};
use crate::history::runs::run_name;
use crate::journal::Journal;
use crate::output::Output;
use crate::store::s3::{S3Store, StoreError};

/// Why an unfinished run of the bucket is not gone on with.
enum Passed {
    /// It cannot be, for this reason.
    Over(String),
    /// It has finished.
    Finished,
    /// What is here has read as much.
    Here,
}

/// Sees to it that `output` goes on with the right run where `resume` says so; else tells what there is. What the bucket does
/// not give is told, and gone without: it costs the time to read it again. It gives why runs that may not have finished are
/// not gone on with, where none is.
///
/// # Errors
/// The folder for what is under way cannot be written.
pub async fn settle(
    store: &S3Store,
    output: &mut Output,
    resume: bool,
    goes_on: GoesOn,
    now: &Opening,
) -> anyhow::Result<Vec<String>> {
    let mut obstacles = Vec::new();
    if output.resumes() {
        obstacles.extend(give_up_what_is_over(store, output, goes_on, now).await?);
    }
    let place = store.location().to_string();
    let ids = match store.unfinished_ids().await {
        Ok(ids) => ids,
        Err(error) => {
            let why = format!("it is not known which unfinished runs there are in `{place}`: {error}");
            warn!("{why}");
            obstacles.push(why);
            return Ok(obstacles);
        }
    };
    if !resume {
        if let Some(newest) = ids.first() {
            warn!(
                "the unfinished run {newest} in `{place}` is given up once this one has finished; --resume goes on with it instead"
            );
        }
        return Ok(Vec::new());
    }
    for run_id in ids {
        match fetch(store, output, &run_id, goes_on, now).await? {
            Ok(()) | Err(Passed::Here) => return Ok(Vec::new()),
            Err(Passed::Finished) => info!(run_id, "what is left of an unfinished run is passed over: it has finished"),
            Err(Passed::Over(why)) => {
                let why = format!("the unfinished run {run_id} in `{place}` is passed over: {why}");
                warn!("{why}");
                obstacles.push(why);
            }
        }
    }
    Ok(obstacles)
}

/// A run that another one has gone on with, and has finished, is over: what is here of it is older than its report. So is one
/// that is too old. It gives why, where it has not finished.
async fn give_up_what_is_over(
    store: &S3Store,
    output: &mut Output,
    goes_on: GoesOn,
    now: &Opening,
) -> anyhow::Result<Option<String>> {
    let cannot = "the folder for what is read cannot be written";
    let opening = match Journal::opening(&output.journal()) {
        Ok(Some(opening)) => opening,
        // It was killed before it could say what it is.
        Ok(None) => return output.begin_anew().context(cannot).map(|()| None),
        // What cannot be read is told when it is gone on with.
        Err(_) => return Ok(None),
    };
    match has_finished(store, &opening.run_id, opening.started_at).await {
        Ok(None) => {}
        Ok(Some(_)) => {
            warn!("the unfinished run {} that is here is given up: another one has finished it", opening.run_id);
            output.begin_anew().context(cannot)?;
            return Ok(None);
        }
        Err(error) => warn!("it is not known whether the run {} was finished by another one: {error}", opening.run_id),
    }
    let Some(why) = too_old(&opening, goes_on, now) else { return Ok(None) };
    let why = format!("the unfinished run {} that is here is given up: {why}", opening.run_id);
    warn!("{why}");
    output.begin_anew().context(cannot)?;
    Ok(Some(why))
}

/// Why a run is too old to be gone on with by itself: its report would tell of another day.
fn too_old(then: &Opening, goes_on: GoesOn, now: &Opening) -> Option<String> {
    let is_old = goes_on == GoesOn::ByItself && then.age(now.started_at) > MOST_AGE;
    is_old.then(|| format!("it was begun more than {} hours ago, at {}", MOST_AGE.as_hours(), then.started_at))
}

/// Where the report of a run is, if it has one.
pub(super) async fn has_finished(
    store: &S3Store,
    run_id: &str,
    started_at: Timestamp,
) -> Result<Option<String>, StoreError> {
    let name = run_name(started_at, run_id);
    match store.run(&name).await {
        // Whatever it is that cannot be read, it stands in the place of the report.
        Ok(Some(_)) | Err(StoreError::Manifest { .. }) => Ok(Some(store.place_of_run(&name))),
        Ok(None) => store.has_finished_apart(run_id).await,
        Err(error) => Err(error),
    }
}

/// Brings a run here, to be gone on with. The outer error is one of this machine.
async fn fetch(
    store: &S3Store,
    output: &mut Output,
    run_id: &str,
    goes_on: GoesOn,
    now: &Opening,
) -> anyhow::Result<Result<(), Passed>> {
    let manifest = match usable(store, run_id, goes_on, now).await {
        Ok(manifest) => manifest,
        Err(passed) => return Ok(Err(passed)),
    };
    let (bytes, targets) = (manifest.bytes(), manifest.targets);
    if let Some(here) = output.unfinished_bytes() {
        let (place, own) = (store.location(), output.run_id());
        if here == bytes && own == run_id {
            info!(run_id, "what is here of the unfinished run is what the bucket has");
            return Ok(Err(Passed::Here));
        }
        // What cannot be read is of no use.
        let here =
            Journal::reopen(&output.journal()).ok().flatten().map_or(0, |(_, there)| there.done.targets() as u64);
        if here >= targets {
            warn!(
                "the unfinished run {own} that is here is gone on with: it has read as much as the run {run_id} in `{place}`, \
                 or more ({here} accounts × Regions, {targets} there)"
            );
            return Ok(Err(Passed::Here));
        }
        warn!(
            "the unfinished run {run_id} in `{place}` is gone on with: it has read more than the run {own} that is here \
             ({targets} accounts × Regions, {here} here)"
        );
    }
    let cannot = || "the folder for what is read cannot be written";
    let path = output.incoming(run_id).with_context(cannot)?;
    match store.fetch_journal(&manifest, &path).await {
        Ok(()) => {
            output.adopt(run_id).with_context(cannot)?;
            info!(run_id, bytes, targets = manifest.targets, "an unfinished run was fetched");
            Ok(Ok(()))
        }
        Err(error) => {
            output.refuse(run_id);
            match error {
                StoreError::File { .. } => Err(anyhow::anyhow!(error).context(cannot())),
                error => Ok(Err(Passed::Over(error.to_string()))),
            }
        }
    }
}

/// The manifest of a run that can be gone on with, or why it cannot.
async fn usable(store: &S3Store, run_id: &str, goes_on: GoesOn, now: &Opening) -> Result<UnfinishedManifest, Passed> {
    let told = |error: StoreError| Passed::Over(error.to_string());
    let Some(found) = store.unfinished(run_id).await.map_err(told)? else {
        // What is removed once it has finished loses its manifest first.
        let is_over = store.is_among_runs(run_id).await.map_err(told)?;
        return Err(if is_over {
            Passed::Finished
        } else {
            Passed::Over("it is not whole: it has no manifest.json".to_owned())
        });
    };
    let opening = &found.manifest.opening;
    if has_finished(store, run_id, opening.started_at).await.map_err(told)?.is_some() {
        return Err(Passed::Finished);
    }
    opening.check(now).map_err(|error| Passed::Over(error.difference().to_owned()))?;
    match too_old(opening, goes_on, now) {
        Some(why) => Err(Passed::Over(why)),
        None => Ok(found.manifest),
    }
}

/// Removes what the bucket has of `finished`, a run that has finished; with `older`, that of runs as well that had begun before
/// it as it was begun, and that nobody writes: they are of no use any more. What others have left stays for them.
pub async fn remove(store: &S3Store, finished: &Opening, older: bool) {
    let ids = match store.unfinished_ids().await {
        Ok(ids) => ids,
        Err(error) => return warn!("it is not known which unfinished runs are to be removed: {error}"),
    };
    for id in ids {
        if id != finished.run_id && !(older && id < finished.run_id && is_superseded(store, &id, finished).await) {
            continue;
        }
        if let Err(error) = store.remove_unfinished(&id).await {
            warn!("what the unfinished run {id} has read stays in `{}`: {error}", store.location());
        }
    }
}

async fn is_superseded(store: &S3Store, run_id: &str, finished: &Opening) -> bool {
    let is_as_finished = match store.unfinished(run_id).await {
        Ok(Some(there)) => there.manifest.opening.check(finished).is_ok(),
        _ => false,
    };
    is_as_finished && store.is_locked(run_id).await.is_ok_and(|is_locked| !is_locked)
}
