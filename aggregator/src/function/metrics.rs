//! What an invocation tells `CloudWatch`.

use ecr_encryption_rule::embedded_metrics::{Metric, Unit, document};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::continuation::Reached;
use super::error::FunctionError;
use super::outcome::seconds;
use crate::finished::Finished;
use crate::output::Apart;

const NAMESPACE: &str = "EcrEncryption";

/// The log line of an invocation; none where no run has ended with it.
///
/// A run that was interrupted, or whose report may not be the newest, counts for none: whoever waits for a run waits on. An
/// interrupted run has left something unread, whatever its books say; where another invocation goes on with it, that one tells.
pub(super) fn of(reached: Result<&Reached, &FunctionError>, now: Timestamp) -> Option<Value> {
    let mut metrics = Vec::new();
    match reached {
        Err(FunctionError::LeftOff { gaps, started_at, .. }) => {
            metrics.extend(started_at.map(|started_at| run_seconds(started_at, now)));
            metrics.push(Metric::count("NotCovered", (*gaps).max(1) as u64));
        }
        Ok(Reached::Report { finished, continues: false }) => {
            let Finished { summary, apart, .. } = finished.as_ref();
            let gaps = summary.coverage.gaps().count() as u64;
            metrics.push(run_seconds(summary.run.started_at, now));
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
        Err(_)
        | Ok(
            Reached::Nothing
            | Reached::Continuation { .. }
            | Reached::FinishedByAnother { .. }
            | Reached::Report { continues: true, .. },
        ) => {}
    }
    (!metrics.is_empty()).then(|| document(NAMESPACE, &[], now, &metrics))
}

/// How long the run took, over all of its invocations: of one alone `Lambda` tells. The clock of the machine that has begun it
/// may be ahead of this one's.
fn run_seconds(started_at: Timestamp, now: Timestamp) -> Metric {
    let took = now.duration_since(started_at).max(SignedDuration::ZERO).unsigned_abs();
    Metric::new("RunSeconds", Unit::Seconds, seconds(took))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::event::InvalidEvent;
    use super::super::samples::{finished, report};
    use super::*;

    /// 41.2 s after the samples' run was begun.
    fn now() -> Timestamp {
        finished(0, None).summary.run.started_at + SignedDuration::from_millis(41_200)
    }

    #[test]
    fn the_line_is_what_cloudwatch_reads() {
        let metric = |name: &str| json!({ "Name": name, "Unit": "Count" });
        let expected = json!({
            "_aws": {
                "Timestamp": now().as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "EcrEncryption",
                    "Dimensions": [[]],
                    "Metrics": [
                        { "Name": "RunSeconds", "Unit": "Seconds" },
                        metric("Runs"), metric("Repositories"), metric("NonCompliant"), metric("Undetermined"),
                        metric("NotCovered"),
                    ],
                }],
            },
            "RunSeconds": 41.2,
            "Runs": 1,
            "Repositories": 850,
            "NonCompliant": 7,
            "Undetermined": 1,
            "NotCovered": 0,
        });
        assert_eq!(of(Ok(&report(finished(0, None), false)), now()), Some(expected));
    }

    /// How many runs are told, and how much was not covered.
    #[rstest]
    #[case::whole(0, None, Some(1), Some(0))]
    #[case::gaps(2, None, Some(1), Some(2))]
    #[case::nothing_to_scan(0, Some(Apart::Empty), Some(1), Some(0))]
    #[case::interrupted(3, Some(Apart::Interrupted), None, Some(3))]
    #[case::interrupted_without_a_gap(0, Some(Apart::Interrupted), None, Some(1))]
    #[case::saw_nothing(3, Some(Apart::SawNothing), None, None)]
    fn a_run_counts_when_its_report_is_there(
        #[case] gaps: usize,
        #[case] apart: Option<Apart>,
        #[case] runs: Option<u64>,
        #[case] not_covered: Option<u64>,
    ) {
        let line = of(Ok(&report(finished(gaps, apart), false)), now()).unwrap();
        let told = |name: &str| line.get(name).and_then(Value::as_u64);
        assert_eq!((told("Runs"), told("NotCovered")), (runs, not_covered));
        assert_eq!(line["RunSeconds"], 41.2);
        let described = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        assert_eq!(described.len() + 1, line.as_object().unwrap().len(), "{line}");
    }

    /// One alarm is about runs that take too long: an invocation is no run.
    #[test]
    fn the_time_of_a_run_is_told_when_it_has_ended_and_is_that_of_all_its_invocations() {
        let hours = |hours| finished(0, None).summary.run.started_at + SignedDuration::from_hours(hours);
        assert_eq!(of(Ok(&report(finished(3, Some(Apart::Interrupted)), true)), hours(3)), None);
        let line = of(Ok(&report(finished(0, None), false)), hours(4)).unwrap();
        assert_eq!(line["RunSeconds"], 14_400.0);
        let ahead = of(Ok(&report(finished(0, None), false)), hours(-1)).unwrap();
        assert_eq!(ahead["RunSeconds"], 0.0);
    }

    #[test]
    fn where_no_run_has_ended_nothing_is_told() {
        let elsewhere = Reached::FinishedByAnother { run_id: "run".to_owned(), report: "s3://bucket".to_owned() };
        for reached in [Reached::Nothing, Reached::Continuation { run_id: "run".to_owned() }, elsewhere] {
            assert_eq!(of(Ok(&reached), now()), None);
        }
    }

    #[rstest]
    #[case::nothing_is_known(0, None, 1, None)]
    #[case::the_time_is_known(3, Some(SignedDuration::from_hours(4)), 3, Some(14_400.0))]
    fn what_is_left_unread_is_told(
        #[case] gaps: usize,
        #[case] age: Option<SignedDuration>,
        #[case] expected: u64,
        #[case] took: Option<f64>,
    ) {
        let started_at = age.map(|age| now() - age);
        let error = FunctionError::LeftOff { why: "it does not get on".to_owned(), gaps, started_at };
        let line = of(Err(&error), now()).unwrap();
        assert_eq!((line["NotCovered"].as_u64(), line.get("Runs")), (Some(expected), None));
        assert_eq!(line.get("RunSeconds").and_then(Value::as_f64), took);
    }

    #[rstest]
    #[case(FunctionError::InvalidEvent(InvalidEvent::Nothing))]
    #[case(FunctionError::InvalidSettings("no such Region".to_owned()))]
    #[case(FunctionError::CouldNotRun("no credentials".to_owned()))]
    fn of_an_invocation_that_failed_lambda_tells(#[case] error: FunctionError) {
        assert_eq!(of(Err(&error), now()), None);
    }
}
