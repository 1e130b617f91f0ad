//! What an invocation gives back.

use std::time::Duration;

use serde::Serialize;

use super::continuation::Reached;
use super::error::FunctionError;
use crate::exit::{ExitStatus, FailOn};
use crate::finished::Finished;
use crate::output::Apart;

/// How a run ended that the function gives a result of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// It has finished.
    Complete,
    /// Its time was over before it had read everything.
    Interrupted,
    /// Another instance has gone on with the same run, and has finished it: the report is that one's, and it tells.
    FinishedElsewhere,
    /// There was no unfinished run to go on with, and nothing else was asked for.
    Nothing,
}

/// Repositories by status, and what was not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultTotals {
    repositories: u64,
    compliant: u64,
    non_compliant: u64,
    undetermined: u64,
    exempt: u64,
    not_covered: usize,
}

/// The result of an invocation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunResult {
    /// The run's id; `None` where there was none.
    pub run_id: Option<String>,
    /// How it ended.
    pub status: RunStatus,
    /// Whether another invocation follows that goes on with it.
    pub continues: bool,
    /// The command line's exit status.
    pub exit_status: u8,
    /// Where the report is, which may be another instance's; `None` where the time did not do for one.
    pub report: Option<String>,
    /// What was found; `None` without a report of this invocation's own.
    pub totals: Option<ResultTotals>,
    /// How long the invocation took.
    pub duration_seconds: f64,
}

impl RunResult {
    fn without_report(run_id: Option<String>, status: RunStatus, exit_status: ExitStatus, duration: Duration) -> Self {
        Self {
            run_id,
            status,
            continues: status == RunStatus::Interrupted,
            exit_status: exit_status as u8,
            report: None,
            totals: None,
            duration_seconds: seconds(duration),
        }
    }
}

/// The time as it is told: to the millisecond.
pub(super) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e3).round() / 1e3
}

/// The result of a run that has written its report, or what is wrong with it. An interrupted run is to be gone on with: what
/// it was to deliver as well, it delivers then.
///
/// # Errors
/// Something was not covered or not delivered.
pub(super) fn of(reached: &Reached, fail_on: FailOn, duration: Duration) -> Result<RunResult, FunctionError> {
    let (Finished { summary, report, apart, delivered }, continues) = match reached {
        Reached::Report { finished, continues } => (finished.as_ref(), *continues),
        Reached::Continuation { run_id } => {
            return Ok(RunResult::without_report(
                Some(run_id.clone()),
                RunStatus::Interrupted,
                ExitStatus::Incomplete,
                duration,
            ));
        }
        Reached::FinishedByAnother { run_id, report } => {
            let (run_id, status) = (Some(run_id.clone()), RunStatus::FinishedElsewhere);
            let result = RunResult::without_report(run_id, status, ExitStatus::CouldNotRun, duration);
            return Ok(RunResult { report: Some(report.clone()), ..result });
        }
        Reached::Nothing => {
            return Ok(RunResult::without_report(None, RunStatus::Nothing, ExitStatus::Clean, duration));
        }
    };
    let gaps = summary.coverage.gaps().count();
    let failures = delivered.failures().join("; ");
    let status = if summary.run.interrupted { RunStatus::Interrupted } else { RunStatus::Complete };
    let report = report.place.clone();
    if status == RunStatus::Complete {
        if let Some(why) = apart.filter(|why| *why != Apart::Empty) {
            return Err(FunctionError::CouldNotRun(format!(
                "{}: its report is not the newest of those that are kept, and is in {report}",
                why.why()
            )));
        }
        if gaps > 0 {
            let also = if failures.is_empty() { String::new() } else { format!("; {failures}") };
            return Err(FunctionError::Incomplete { gaps, report, also });
        }
        if !delivered.is_complete() {
            return Err(FunctionError::Undelivered { failures, report });
        }
    }
    let counts = &summary.totals.by_status;
    Ok(RunResult {
        run_id: Some(summary.run.id.clone()),
        status,
        continues,
        exit_status: ExitStatus::of(summary, delivered.is_complete(), fail_on) as u8,
        report: Some(report),
        totals: Some(ResultTotals {
            repositories: summary.totals.repositories,
            compliant: counts.compliant,
            non_compliant: counts.non_compliant,
            undetermined: counts.undetermined,
            exempt: counts.exempt,
            not_covered: gaps,
        }),
        duration_seconds: seconds(duration),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::samples::{finished, report, undelivered};
    use super::*;

    const TOOK: Duration = Duration::from_micros(41_234_567);

    #[test]
    fn a_run_that_has_covered_everything() {
        let result = of(&report(finished(0, None), false), FailOn::ALL, TOOK).unwrap();
        let expected = json!({
            "run_id": "run",
            "status": "complete",
            "continues": false,
            "exit_status": 3,
            "report": "s3://bucket/runs/run",
            "totals": {
                "repositories": 850, "compliant": 840, "non_compliant": 7, "undetermined": 1, "exempt": 2, "not_covered": 0,
            },
            "duration_seconds": 41.235,
        });
        assert_eq!(serde_json::to_value(result).unwrap(), expected);
    }

    #[test]
    fn a_run_that_another_invocation_goes_on_with() {
        let reached = report(finished(2, Some(Apart::Interrupted)), true);
        let told = serde_json::to_value(of(&reached, FailOn::ALL, TOOK).unwrap()).unwrap();
        assert_eq!((&told["status"], &told["continues"]), (&json!("interrupted"), &json!(true)));
        assert_eq!((&told["report"], &told["totals"]["not_covered"]), (&json!("s3://bucket/runs/run"), &json!(2)));

        let unwritten = Reached::Continuation { run_id: "run".to_owned() };
        let expected = json!({
            "run_id": "run", "status": "interrupted", "continues": true, "exit_status": 4, "report": null, "totals": null,
            "duration_seconds": 41.235,
        });
        assert_eq!(serde_json::to_value(of(&unwritten, FailOn::ALL, TOOK).unwrap()).unwrap(), expected);
    }

    #[test]
    fn a_run_that_another_instance_has_finished() {
        let reached = Reached::FinishedByAnother { run_id: "run".to_owned(), report: "s3://bucket/x".to_owned() };
        let expected = json!({
            "run_id": "run", "status": "finished_elsewhere", "continues": false, "exit_status": 1,
            "report": "s3://bucket/x", "totals": null, "duration_seconds": 41.235,
        });
        assert_eq!(serde_json::to_value(of(&reached, FailOn::ALL, TOOK).unwrap()).unwrap(), expected);
    }

    #[test]
    fn no_run() {
        let expected = json!({
            "run_id": null, "status": "nothing", "continues": false, "exit_status": 0, "report": null, "totals": null,
            "duration_seconds": 41.235,
        });
        assert_eq!(serde_json::to_value(of(&Reached::Nothing, FailOn::ALL, TOOK).unwrap()).unwrap(), expected);
    }

    #[rstest]
    #[case::nothing(0, None, Ok((RunStatus::Complete, 3)))]
    #[case::nothing_to_scan(0, Some(Apart::Empty), Ok((RunStatus::Complete, 3)))]
    #[case::interrupted(2, Some(Apart::Interrupted), Ok((RunStatus::Interrupted, 3)))]
    #[case::gaps(2, None, Err(("Incomplete", "2 not covered; the report is in s3://bucket/runs/run")))]
    #[case::saw_nothing(2, Some(Apart::SawNothing), Err((
        "CouldNotRun",
        "this run read no Region whole: its report is not the newest of those that are kept, and is in s3://bucket/runs/run",
    )))]
    #[case::no_accounts(1, Some(Apart::AccountsUnknown), Err((
        "CouldNotRun",
        "this run does not know whether it saw all of the organization's accounts: its report is not the newest of those that are kept, and is in s3://bucket/runs/run",
    )))]
    fn what_was_not_covered(
        #[case] gaps: usize,
        #[case] apart: Option<Apart>,
        #[case] expected: Result<(RunStatus, u8), (&str, &str)>,
    ) {
        let result = of(&report(finished(gaps, apart), false), FailOn::ALL, TOOK);
        let told = result.as_ref().map(|result| (result.status, result.exit_status));
        let text = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
        assert_eq!(told.map_err(|error| (error.kind(), text.as_str())), expected);
    }

    #[rstest]
    #[case(0, None, Some(("Undelivered", "sns:topic could not be told: the digest cannot be written: no such topic; the report is in s3://bucket/runs/run")))]
    #[case(1, None, Some(("Incomplete", "1 not covered; the report is in s3://bucket/runs/run; sns:topic could not be told: the digest cannot be written: no such topic")))]
    #[case(1, Some(Apart::Interrupted), None)]
    fn what_was_not_delivered(
        #[case] gaps: usize,
        #[case] apart: Option<Apart>,
        #[case] expected: Option<(&str, &str)>,
    ) {
        let error = of(&report(undelivered(finished(gaps, apart)), false), FailOn::ALL, TOOK).err();
        let told = error.map(|error| (error.kind(), error.to_string()));
        assert_eq!(told.as_ref().map(|(kind, text)| (*kind, text.as_str())), expected);
    }
}
