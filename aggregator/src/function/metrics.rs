//! What an invocation tells `CloudWatch`.

use std::time::Duration;

use ecr_encryption_rule::embedded_metrics::{Metric, Unit, document};
use jiff::Timestamp;
use serde_json::Value;

use super::continuation::Reached;
use super::error::FunctionError;
use super::outcome::seconds;
use crate::finished::Finished;
use crate::output::Apart;

const NAMESPACE: &str = "EcrEncryption";

/// The log line of an invocation; none where no run began.
///
/// A run that was interrupted, or whose report may not be the newest, counts for none: whoever waits for a run waits on. An
/// interrupted run has left something unread, whatever its books say; where another invocation goes on with it, that one tells.
pub(super) fn of(reached: Result<&Reached, &FunctionError>, duration: Duration, now: Timestamp) -> Option<Value> {
    let mut metrics = vec![Metric::new("DurationSeconds", Unit::Seconds, seconds(duration))];
    match reached {
        Err(error) if !error.is_of_a_run() => return None,
        Ok(Reached::Nothing) => return None,
        Err(FunctionError::LeftOff { gaps, .. }) => metrics.push(Metric::count("NotCovered", (*gaps).max(1) as u64)),
        Err(_)
        | Ok(
            Reached::Continuation { .. } | Reached::FinishedByAnother { .. } | Reached::Report { continues: true, .. },
        ) => {}
        Ok(Reached::Report { finished, continues: false }) => {
            let Finished { summary, apart, .. } = finished.as_ref();
            let gaps = summary.coverage.gaps().count() as u64;
            if summary.run.interrupted {
                metrics.push(Metric::count("NotCovered", gaps.max(1)));
            } else if matches!(*apart, None | Some(Apart::Empty)) {
                metrics.extend([
                    Metric::count("Runs", 1),
                    Metric::count("Repositories", summary.totals.repositories),
                    Metric::count("NonCompliant", summary.totals.by_status.non_compliant),
                    Metric::count("Undetermined", summary.totals.by_status.undetermined),
                    Metric::count("NotCovered", gaps),
                ]);
            }
        }
    }
    Some(document(NAMESPACE, &[], now, &metrics))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::event::InvalidEvent;
    use super::super::samples::{finished, report};
    use super::*;

    const TOOK: Duration = Duration::from_millis(41_200);

    #[test]
    fn the_line_is_what_cloudwatch_reads() {
        let metric = |name: &str| json!({ "Name": name, "Unit": "Count" });
        let expected = json!({
            "_aws": {
                "Timestamp": 0,
                "CloudWatchMetrics": [{
                    "Namespace": "EcrEncryption",
                    "Dimensions": [[]],
                    "Metrics": [
                        { "Name": "DurationSeconds", "Unit": "Seconds" },
                        metric("Runs"), metric("Repositories"), metric("NonCompliant"), metric("Undetermined"),
                        metric("NotCovered"),
                    ],
                }],
            },
            "DurationSeconds": 41.2,
            "Runs": 1,
            "Repositories": 850,
            "NonCompliant": 7,
            "Undetermined": 1,
            "NotCovered": 0,
        });
        assert_eq!(of(Ok(&report(finished(0, None), false)), TOOK, Timestamp::UNIX_EPOCH), Some(expected));
    }

    /// How many runs are told, and how much was not covered.
    #[rstest]
    #[case::whole(0, None, false, Some(1), Some(0))]
    #[case::gaps(2, None, false, Some(1), Some(2))]
    #[case::nothing_to_scan(0, Some(Apart::Empty), false, Some(1), Some(0))]
    #[case::interrupted(3, Some(Apart::Interrupted), false, None, Some(3))]
    #[case::interrupted_without_a_gap(0, Some(Apart::Interrupted), false, None, Some(1))]
    #[case::gone_on_with(3, Some(Apart::Interrupted), true, None, None)]
    #[case::saw_nothing(3, Some(Apart::SawNothing), false, None, None)]
    fn a_run_counts_when_its_report_is_there(
        #[case] gaps: usize,
        #[case] apart: Option<Apart>,
        #[case] continues: bool,
        #[case] runs: Option<u64>,
        #[case] not_covered: Option<u64>,
    ) {
        let line = of(Ok(&report(finished(gaps, apart), continues)), TOOK, Timestamp::UNIX_EPOCH).unwrap();
        let told = |name: &str| line.get(name).and_then(Value::as_u64);
        assert_eq!((told("Runs"), told("NotCovered")), (runs, not_covered));
        assert_eq!(line["DurationSeconds"], 41.2);
        let described = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        assert_eq!(described.len() + 1, line.as_object().unwrap().len(), "{line}");
    }

    #[test]
    fn a_report_that_there_was_no_time_for_counts_for_nothing() {
        let elsewhere = Reached::FinishedByAnother { run_id: "run".to_owned(), report: "s3://bucket".to_owned() };
        for reached in [Reached::Continuation { run_id: "run".to_owned() }, elsewhere] {
            let line = of(Ok(&reached), TOOK, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(line.as_object().unwrap().keys().collect::<Vec<_>>(), ["DurationSeconds", "_aws"]);
        }
    }

    #[test]
    fn where_there_was_nothing_to_do_nothing_is_told() {
        assert_eq!(of(Ok(&Reached::Nothing), TOOK, Timestamp::UNIX_EPOCH), None);
    }

    #[rstest]
    #[case(0, 1)]
    #[case(3, 3)]
    fn what_is_left_unread_is_told(#[case] gaps: usize, #[case] expected: u64) {
        let error = FunctionError::LeftOff { why: "it does not get on".to_owned(), gaps };
        let line = of(Err(&error), TOOK, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((line["NotCovered"].as_u64(), line.get("Runs")), (Some(expected), None));
    }

    #[rstest]
    #[case(FunctionError::InvalidEvent(InvalidEvent::Nothing), false)]
    #[case(FunctionError::InvalidSettings("no such Region".to_owned()), false)]
    #[case(FunctionError::CouldNotRun("no credentials".to_owned()), true)]
    fn the_time_of_a_run_that_began_is_told(#[case] error: FunctionError, #[case] expected: bool) {
        let line = of(Err(&error), TOOK, Timestamp::UNIX_EPOCH);
        assert_eq!(line.as_ref().map(|line| line["DurationSeconds"].as_f64()), expected.then_some(Some(41.2)));
        assert!(line.is_none_or(|line| line.get("NotCovered").is_none() && line.get("Runs").is_none()));
    }
}
