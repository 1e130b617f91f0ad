//! A run that was handed over: whether another invocation follows by itself, and how it hears of that.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use tracing::info;

use crate::journal::now;
use crate::store::s3::{S3Store, StoreError};

/// How often a run goes on by itself: with fifteen minutes each, four hours.
const MOST_CONTINUATIONS: u32 = 16;

/// How long after its beginning a run is gone on with by itself: sixteen continuations take four hours, and the next event of a
/// daily schedule is to begin anew rather than to bring yesterday's facts.
pub(super) const MOST_AGE: SignedDuration = SignedDuration::from_hours(20);

/// How long the event that lets another invocation follow may wait to be heard; later it is dropped.
const MOST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// A run that another invocation can go on with.
#[derive(Debug)]
pub struct HandedOver {
    pub(super) store: S3Store,
    /// The run.
    pub run_id: String,
    /// When it was begun.
    pub started_at: Timestamp,
    /// Whose event it is that lets another invocation follow.
    pub(super) session: String,
    /// What had been read whole before that one.
    pub(super) before: u64,
    /// How often it was gone on with.
    pub resumed: u32,
    /// How many accounts × Regions it has read whole.
    pub targets: u64,
    /// How many of them since it was gone on with.
    pub new_targets: u64,
}

impl HandedOver {
    /// Why no other invocation is to follow by itself.
    pub fn obstacle(&self) -> Option<String> {
        let age = now().duration_since(self.started_at);
        let why = obstacle(self.resumed, self.targets, self.new_targets, age)?;
        Some(format!("the run {} {why}", self.run_id))
    }

    /// Puts the object that lets another invocation follow, with the first number that is free. One that is there already was
    /// heard before this session began, and is passed over; or it is this session's own, whose answer was lost, or that of
    /// another one which has come further than this one had when it began: then an invocation follows, and two need not.
    ///
    /// # Errors
    /// It cannot be written, or no number is free.
    pub async fn put_continuation(&self) -> Result<(), StoreError> {
        for number in self.resumed + 1..=MOST_CONTINUATIONS {
            let content = json!({
                "run_id": self.run_id, "continuation": number, "targets_read": self.targets, "by": self.session,
            });
            let content = format!("{content}\n");
            match self.store.put_continuation(&self.run_id, number, content).await? {
                None => return Ok(()),
                Some(there) if self.is_out(&there) => {
                    info!(run_id = self.run_id, number, "another invocation has been asked for already");
                    return Ok(());
                }
                Some(_) => {}
            }
        }
        Err(StoreError::Overtaken { object: format!("continue-{MOST_CONTINUATIONS}.json of the run {}", self.run_id) })
    }

    /// Whether what is there lets an invocation follow that goes on from where this one ends, or from further. What cannot be
    /// read lets nobody follow who is known of: two are better than none.
    fn is_out(&self, there: &[u8]) -> bool {
        let Ok(there) = serde_json::from_slice::<Heard>(there) else { return false };
        there.by.as_ref() == Some(&self.session) || there.targets_read > self.before
    }
}

/// What is read of an object that is there already.
#[derive(Debug, Deserialize)]
struct Heard {
    targets_read: u64,
    by: Option<String>,
}

/// Why a run does not go on by itself: it would not get on either, or that was enough, or the event would come too late.
fn obstacle(resumed: u32, targets: u64, new_targets: u64, age: SignedDuration) -> Option<String> {
    if age > MOST_AGE - MOST_WAIT {
        Some(format!(
            "was begun {} hours ago and is not done ({targets} accounts × Regions were read): it no longer goes on by itself",
            age.as_hours()
        ))
    } else if new_targets == 0 {
        Some(format!(
            "does not get on: since it was begun, or gone on with, no account × Region was read whole that was not before \
             ({targets} are)"
        ))
    } else if resumed >= MOST_CONTINUATIONS {
        Some(format!(
            "was gone on with {resumed} times and is not done ({targets} accounts × Regions were read): it no longer goes on \
             by itself"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::first(0, 5, 5, 0, None)]
    #[case::sixteenth(15, 5_000, 1, 19, None)]
    #[case::too_late(
        1,
        5_000,
        1,
        20,
        Some("was begun 20 hours ago and is not done (5000 accounts × Regions were read)")
    )]
    #[case::seventeenth(
        16,
        5_000,
        1,
        4,
        Some("was gone on with 16 times and is not done (5000 accounts × Regions were read)")
    )]
    #[case::stands_still(
        1,
        5,
        0,
        1,
        Some("does not get on: since it was begun, or gone on with, no account × Region was")
    )]
    #[case::nothing_at_all(0, 0, 0, 0, Some("does not get on"))]
    fn a_run_goes_on_by_itself_as_long_as_it_gets_on(
        #[case] resumed: u32,
        #[case] targets: u64,
        #[case] new_targets: u64,
        #[case] hours: i64,
        #[case] expected: Option<&str>,
    ) {
        match (obstacle(resumed, targets, new_targets, SignedDuration::from_hours(hours)), expected) {
            (None, None) => {}
            (Some(why), Some(expected)) => assert!(why.starts_with(expected), "{why}"),
            (why, expected) => panic!("{why:?}, {expected:?}"),
        }
    }
}
