//! What a run leaves behind.

use serde::Serialize;

use crate::deliver::Delivered;
use crate::notify::Delivery;
use crate::output::Apart;
use crate::report::terminal::ReportLocation;
use crate::security_hub::HubOutcome;
use crate::summary::Summary;

/// What a run leaves behind.
#[derive(Debug)]
pub struct Finished {
    /// The summary, as it was written.
    pub summary: Summary,
    /// Where the report is.
    pub report: ReportLocation,
    /// Why the report is not the newest of the runs that are kept, if it is not.
    pub apart: Option<Apart>,
    /// What has come of everything else that was asked for.
    pub delivered: Delivered,
}

/// What `--summary json` prints: the summary, and what is not in a file.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    /// Where the report is.
    report: String,
    /// Why it stands apart from an older report.
    older_kept: Option<&'static str>,
    /// Why it is not found as the newest run.
    overtaken: Option<String>,
    security_hub: Option<&'a HubOutcome>,
    notifications: Vec<Notification<'a>>,
}

#[derive(Debug, Serialize)]
struct Notification<'a> {
    target: &'a str,
    error: Option<String>,
}

impl Finished {
    /// The run as a document.
    pub fn document(&self) -> Document<'_> {
        let Self { summary, report, delivered, .. } = self;
        let notification = |one: &'_ Delivery| one.result.as_ref().err().map(ToString::to_string);
        Document {
            summary,
            report: report.address(),
            older_kept: report.older_kept.map(Apart::why),
            overtaken: report.overtaken.as_ref().map(ToString::to_string),
            security_hub: delivered.security_hub.as_ref(),
            notifications: delivered
                .notifications
                .iter()
                .map(|one| Notification { target: &one.target, error: notification(one) })
                .collect(),
        }
    }
}
