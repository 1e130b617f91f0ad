//! What a run brings to Security Hub: what it has found, unless a later run has said already what is so now.

use ecr_encryption_rule::aws::AwsLookup;
use ecr_encryption_rule::aws::calls::CallCounter;
use tracing::warn;

use crate::output::Published;
use crate::pace::PacedLookup;
use crate::scan::Scan;
use crate::security_hub::HubOutcome;
use crate::stop::Stop;
use crate::summary::Summary;

/// Brings the findings to Security Hub, unless the run is asked to stop twice, or its time is over. `later` is a later run that was there before this
/// one was written, as far as is known.
pub(super) async fn bring(
    scan: &Scan<PacedLookup<AwsLookup>>,
    counter: &CallCounter,
    summary: &Summary,
    published: &Published,
    later: Option<String>,
    stop: &Stop,
) -> HubOutcome {
    if let Some(later) = overtaken_by(published, later) {
        // It would replace what is true by what was, and archive what it could not see yet.
        warn!("nothing is brought to Security Hub: the later run {later} was published before this one");
        return HubOutcome::overtaken(later);
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

fn overtaken_by(published: &Published, later: Option<String>) -> Option<String> {
    let location = &published.location;
    // Where nothing says which run is the newest, what was there before is as much as is known.
    let is_unsaid = location.not_found().is_some() || published.apart.is_some();
    location.overtaken_by().map(str::to_owned).or_else(|| later.filter(|_| is_unsaid))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rstest::rstest;

    use super::*;
    use crate::output::Apart;
    use crate::report::terminal::{Overtaken, ReportLocation};

    #[rstest]
    #[case::the_newest(None, None, None)]
    #[case::overtaken(Some(Overtaken::By("tuesday".to_owned())), None, Some("tuesday"))]
    #[case::not_told(Some(Overtaken::NotTold("no".to_owned())), None, Some("monday"))]
    #[case::beside_the_others(None, Some(Apart::OthersLost), Some("monday"))]
    fn a_later_run_is_not_written_over(
        #[case] overtaken: Option<Overtaken>,
        #[case] apart: Option<Apart>,
        #[case] expected: Option<&str>,
    ) {
        let location =
            ReportLocation { place: String::new(), kept_as: None, names: Vec::new(), overtaken, older_kept: apart };
        let published = Published { location, folder: PathBuf::new(), apart, _held: None };
        assert_eq!(overtaken_by(&published, Some("monday".to_owned())).as_deref(), expected);
    }
}
