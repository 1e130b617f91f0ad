//! Runs for tests.

use super::continuation::Reached;
use crate::coverage::{Cause, Coverage, NotCovered};
use crate::deliver::Delivered;
use crate::finished::Finished;
use crate::notify::{Delivery, NotifyError};
use crate::output::Apart;
use crate::report::samples;
use crate::report::terminal::ReportLocation;
use crate::summary::StatusCounts;

fn gap(number: usize) -> NotCovered {
    NotCovered {
        account_id: Some(format!("{number:012}")),
        account_name: None,
        region: None,
        cause: Cause::Failed,
        error_code: None,
        message: String::new(),
        hint: String::new(),
    }
}

/// A run with so many gaps, and a disabled Region, which is none.
pub(super) fn finished(gaps: usize, apart: Option<Apart>) -> Finished {
    let mut summary = samples::summary(&[]);
    summary.run.id = "run".to_owned();
    summary.run.interrupted = apart == Some(Apart::Interrupted);
    summary.totals.repositories = 850;
    summary.totals.by_status = StatusCounts { compliant: 840, non_compliant: 7, undetermined: 1, exempt: 2 };
    let disabled = NotCovered { cause: Cause::RegionDisabled, region: Some("me-south-1".to_owned()), ..gap(0) };
    let not_covered = (1..=gaps).map(gap).chain([disabled]).collect();
    summary.coverage = Coverage { accounts_found: 12, targets_scanned: 204, not_covered };
    Finished {
        summary,
        report: ReportLocation {
            place: "s3://bucket/runs/run".to_owned(),
            kept_as: None,
            names: vec!["report.html".to_owned()],
            overtaken: None,
            older_kept: apart,
        },
        apart,
        delivered: Delivered::default(),
    }
}

/// Its end.
pub(super) fn report(finished: Finished, continues: bool) -> Reached {
    Reached::Report { finished: Box::new(finished), continues }
}

/// The same, where a topic was not reached.
pub(super) fn undelivered(mut finished: Finished) -> Finished {
    let result = Err(NotifyError::Unwritable("no such topic".to_owned()));
    finished.delivered.notifications = vec![Delivery { target: "sns:topic".to_owned(), result }];
    finished
}
