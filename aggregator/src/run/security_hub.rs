//! What a run brings to Security Hub: what it has found, unless a later run has said already what is so now.

use ecr_encryption_rule::aws::AwsLookup;
use ecr_encryption_rule::aws::calls::CallCounter;
use tracing::warn;

use crate::destination::LaterRun;
use crate::output::Published;
use crate::pace::PacedLookup;
use crate::scan::Scan;
use crate::security_hub::HubOutcome;
use crate::stop::Stop;
use crate::summary::Summary;

/// Brings the findings to Security Hub, unless the run is asked to stop twice, or its time is over. `later` are the later runs that were there before
/// this one was written.
pub(super) async fn bring(
    scan: &Scan<PacedLookup<AwsLookup>>,
    counter: &CallCounter,
    summary: &Summary,
    published: &Published,
    later: &[LaterRun],
    stop: &Stop,
) -> HubOutcome {
    let targets = summary.coverage.targets_scanned;
    // It would replace what is true by what was, and archive what it could not see yet.
    match overtaken(published.location.overtaken_by(), later, targets) {
        None => {}
        Some(Overtaken { by, is_covered: true }) => {
            warn!(
                "nothing is brought to Security Hub: the later run {by} was published before this one, and brings more"
            );
            return HubOutcome::overtaken(by);
        }
        Some(Overtaken { by, is_covered: false }) => {
            warn!(
                "nothing is brought to Security Hub: the later run {by} was published before this one, and may not bring \
                 everything that this one has read: scan again"
            );
            return HubOutcome { left_out: targets, ..HubOutcome::overtaken(by) };
        }
    }
    let (heard, bringing) = (stop.times(), scan.bring_to_security_hub(counter, &published.folder, summary, stop));
    let ends = async {
        tokio::select! {
            () = stop.asked(heard + 2) => {}
            // It may have been asked for the last time while the report was still being written.
            () = stop.ends_telling() => {}
        }
    };
    tokio::select! {
        outcome = bringing => outcome,
        () = ends => HubOutcome { left_out: summary.coverage.targets_scanned, ..HubOutcome::default() },
    }
}

/// A later run that was published before.
#[derive(Debug, PartialEq, Eq)]
struct Overtaken {
    /// Its name.
    by: String,
    /// Whether it brings what this one would, as far as can be told: no fewer accounts × Regions.
    is_covered: bool,
}

/// `newest` is the newest run, where it is a later one, and may have been published after `later` was listed. A later run that
/// brings nothing to Security Hub overtakes none there.
fn overtaken(newest: Option<&str>, later: &[LaterRun], targets: u64) -> Option<Overtaken> {
    let mut bringing = later.iter().rev().filter(|run| run.security_hub);
    let last = bringing.clone().next();
    let covering = bringing.find(|run| run.targets >= targets);
    let unlisted = newest.filter(|name| later.iter().all(|run| run.name != *name));
    match (covering, last, unlisted) {
        (Some(run), ..) => Some(Overtaken { by: run.name.clone(), is_covered: true }),
        (None, Some(run), _) => Some(Overtaken { by: run.name.clone(), is_covered: false }),
        (None, None, Some(name)) => Some(Overtaken { by: name.to_owned(), is_covered: false }),
        (None, None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn later(name: &str, security_hub: bool, targets: u64) -> LaterRun {
        LaterRun { name: name.to_owned(), security_hub, targets }
    }

    #[rstest]
    #[case::the_newest(None, &[], None)]
    #[case::one_brings_as_much(Some("tuesday"), &[later("tuesday", true, 6)], Some(("tuesday", true)))]
    #[case::one_of_several(
        Some("thursday"), &[later("tuesday", true, 9), later("wednesday", true, 2), later("thursday", false, 9)],
        Some(("tuesday", true)))]
    #[case::one_brings_less(Some("tuesday"), &[later("tuesday", true, 5)], Some(("tuesday", false)))]
    #[case::none_brings_anything(Some("tuesday"), &[later("monday", false, 9), later("tuesday", false, 9)], None)]
    #[case::listed_and_not_the_newest(None, &[later("tuesday", true, 6)], Some(("tuesday", true)))]
    #[case::published_after_the_list(Some("tuesday"), &[later("monday", false, 9)], Some(("tuesday", false)))]
    fn a_later_run_is_not_written_over(
        #[case] newest: Option<&str>,
        #[case] listed: &[LaterRun],
        #[case] expected: Option<(&str, bool)>,
    ) {
        let expected = expected.map(|(by, is_covered)| Overtaken { by: by.to_owned(), is_covered });
        assert_eq!(overtaken(newest, listed, 6), expected);
    }
}
