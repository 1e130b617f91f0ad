//! An invocation whose time was over lets another one follow, by an object in the bucket.

use std::time::Duration;

use ecr_encryption_rule::deadline::Deadline;
use tracing::warn;

use super::error::FunctionError;
use crate::error::RunError;
use crate::finished::Finished;
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

/// How long one attempt to let another invocation follow may take, at most.
const ATTEMPT: Duration = Duration::from_secs(10);
/// How many there are.
const ATTEMPTS: u32 = 3;

/// Lets another invocation follow, where the run is to go on. It is the last thing that is done: nothing of this one is under
/// way any more.
///
/// # Errors
/// The run has no result; or it is to go on, and will not.
pub(super) async fn after(
    result: Result<Finished, RunError>,
    handover: Handover,
    deadline: Deadline,
) -> Result<Reached, FunctionError> {
    match (result, handover) {
        (Ok(finished), handover) if finished.summary.run.interrupted => {
            let continues = match handover {
                Handover::None => Ok(false),
                Handover::Failed(why) => Err(alone(&why)),
                Handover::Done(done) => follow(&done, deadline).await.map(|()| true),
            };
            match continues {
                Ok(continues) => Ok(Reached::Report { finished: Box::new(finished), continues }),
                Err(why) => Err(FunctionError::LeftOff {
                    why: format!("{why}; what was found is in {}", finished.report.place),
                    gaps: finished.summary.coverage.gaps().count(),
                    started_at: Some(finished.summary.run.started_at),
                }),
            }
        }
        (Ok(finished), _) => Ok(Reached::Report { finished: Box::new(finished), continues: false }),
        (Err(RunError::NothingUnfinished), _) => Ok(Reached::Nothing),
        (Err(RunError::FinishedByAnother { run_id, place }), _) => {
            Ok(Reached::FinishedByAnother { run_id, report: place })
        }
        (Err(RunError::Stopped(_)), Handover::Done(done)) => match follow(&done, deadline).await {
            Ok(()) => Ok(Reached::Continuation { run_id: done.run_id }),
            Err(why) => Err(FunctionError::LeftOff { why, gaps: 0, started_at: Some(done.started_at) }),
        },
        (Err(error @ RunError::Stopped(_)), Handover::Failed(why)) => {
            Err(FunctionError::LeftOff { why: format!("{error}; {}", alone(&why)), gaps: 0, started_at: None })
        }
        (Err(error), Handover::Done(done)) => {
            if let Err(why) = follow(&done, deadline).await {
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

async fn follow(done: &HandedOver, deadline: Deadline) -> Result<(), String> {
    if let Some(obstacle) = done.obstacle() {
        return Err(obstacle);
    }
    let attempt = ATTEMPT.min(deadline.left() / ATTEMPTS);
    let mut why = String::new();
    for _ in 0..ATTEMPTS {
        match tokio::time::timeout(attempt, done.put_continuation()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => {
                why = error.to_string();
                break;
            }
            Err(_) => why = format!("S3 gives no answer within {} ms", attempt.as_millis()),
        }
    }
    Err(format!("no other invocation hears of the run {}, which {{\"resume\": true}} goes on with: {why}", done.run_id))
}
