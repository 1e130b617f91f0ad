//! Metrics of an invocation in `CloudWatch`'s embedded metric format: a log line that it reads.

use std::io::{self, Write};

use ecr_encryption_core::Status;
use jiff::Timestamp;
use serde_json::json;

/// What an invocation did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Repositories by status.
    pub compliant: u64,
    /// Repositories by status.
    pub non_compliant: u64,
    /// Repositories by status.
    pub undetermined: u64,
    /// Repositories by status.
    pub exempt: u64,
    /// Results that withdraw: gone, out of scope, of another type.
    pub not_applicable: u64,
    /// Look-ups that AWS refused or failed, after retries.
    pub lookup_errors: u64,
}

impl Metrics {
    /// Counts a verdict.
    pub fn add(&mut self, status: Status) {
        *match status {
            Status::Compliant => &mut self.compliant,
            Status::NonCompliant => &mut self.non_compliant,
            Status::Undetermined => &mut self.undetermined,
            Status::Exempt => &mut self.exempt,
        } += 1;
    }

    /// Writes the log line.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write(
        &self,
        out: &mut dyn Write,
        function_name: &str,
        now: Timestamp,
        duration_ms: f64,
        cold_start: bool,
        failed: bool,
    ) -> io::Result<()> {
        let metric = |name: &str, unit: &str| json!({ "Name": name, "Unit": unit });
        let counts = [
            ("EvaluationsCompliant", self.compliant),
            ("EvaluationsNonCompliant", self.non_compliant),
            ("EvaluationsUndetermined", self.undetermined),
            ("EvaluationsExempt", self.exempt),
            ("EvaluationsNotApplicable", self.not_applicable),
            ("LookupErrors", self.lookup_errors),
            ("ColdStarts", u64::from(cold_start)),
            ("InvocationErrors", u64::from(failed)),
        ];
        let mut names: Vec<_> = counts.iter().map(|(name, _)| metric(name, "Count")).collect();
        names.push(metric("Duration", "Milliseconds"));
        let mut line = json!({
            "_aws": {
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "EcrEncryptionRule",
                    "Dimensions": [["FunctionName"]],
                    "Metrics": names,
                }],
            },
            "FunctionName": function_name,
            "Duration": duration_ms,
        });
        if let Some(fields) = line.as_object_mut() {
            fields.extend(counts.map(|(name, count)| (name.to_owned(), count.into())));
        }
        writeln!(out, "{line}")
    }
}
