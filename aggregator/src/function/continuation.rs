//! An invocation whose time was over lets another one follow, by an object in the bucket.

use tracing::warn;

use super::error::FunctionError;
use crate::error::RunError;
use crate::finished::Finished;
use crate::run::Ended;
use crate::unfinished::handover::{HandedOver, Handover};

/// What an invocation has reached.
#[derive(Debug)]
pub(super) enum Reached {
    /// The report is written.
    Report {
        /// What the run leaves behind.
        finished: Box<Finished>,
        /// Whether another invocation goes on with it.
        continues: bool,
    },
    /// There was nothing to go on with, and nothing else was asked for.
    Nothing,
    /// Another instance has gone on with the same run, and has finished it: that one tells.
    FinishedByAnother {
        /// The run.
        run_id: String,
        /// Where its report is.
        report: String,
    },
    /// The time did not do for a report of what was found until then: another invocation goes on.
    Continuation {
        /// With this run.
        run_id: String,
    },
}

/// Lets another invocation follow, where the run is to go on. It is the last thing that is done: nothing of this one is under
/// way any more.
///
/// # Errors
/// The run has no result; or it is to go on, and will not.
pub(super) async fn after(ended: Ended) -> Result<Reached, FunctionError> {
    let Ended { result, handover } = ended;
    match (result, handover) {
        (Ok(finished), handover) if finished.summary.run.interrupted => {
            let place = finished.report.place.clone();
            let also = |why: String| FunctionError::CouldNotRun(format!("{why}; what was found is in {place}"));
            let continues = match handover {
                Handover::None => false,
                Handover::Failed(why) => return Err(also(alone(&why))),
                Handover::Done(done) => follow(&done).await.map(|()| true).map_err(also)?,
            };
            Ok(Reached::Report { finished: Box::new(finished), continues })
        }
        (Ok(finished), _) => Ok(Reached::Report { finished: Box::new(finished), continues: false }),
        (Err(RunError::NothingUnfinished), _) => Ok(Reached::Nothing),
        (Err(RunError::FinishedByAnother { run_id, place }), _) => {
            Ok(Reached::FinishedByAnother { run_id, report: place })
        }
        (Err(RunError::Stopped(_)), Handover::Done(done)) => {
            follow(&done).await.map_err(FunctionError::CouldNotRun)?;
            Ok(Reached::Continuation { run_id: done.run_id })
        }
        (Err(error @ RunError::Stopped(_)), Handover::Failed(why)) => {
            Err(FunctionError::CouldNotRun(format!("{error}; {}", alone(&why))))
        }
        (Err(error), Handover::Done(done)) => {
            if let Err(why) = follow(&done).await {
                warn!("{why}");
            }
            Err(error.into())
        }
        (Err(error), Handover::None | Handover::Failed(_)) => Err(error.into()),
    }
}

fn alone(why: &str) -> String {
    format!("no other invocation can go on with the run: {why}")
}

async fn follow(done: &HandedOver) -> Result<(), String> {
    if let Some(obstacle) = done.obstacle() {
        return Err(obstacle);
    }
    done.put_continuation().await.map_err(|error| {
        format!(
            "no other invocation hears of the run {}, which {{\"resume\": true}} goes on with: {error}",
            done.run_id
        )
    })
}
