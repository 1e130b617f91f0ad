//! Metrics of an invocation, in a log line.

use std::io::{self, Write};

use ecr_encryption_core::Status;
use jiff::Timestamp;

use crate::embedded_metrics::{Metric, Unit, document};

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
        let metrics = [
            Metric::count("EvaluationsCompliant", self.compliant),
            Metric::count("EvaluationsNonCompliant", self.non_compliant),
            Metric::count("EvaluationsUndetermined", self.undetermined),
            Metric::count("EvaluationsExempt", self.exempt),
            Metric::count("EvaluationsNotApplicable", self.not_applicable),
            Metric::count("LookupErrors", self.lookup_errors),
            Metric::count("ColdStarts", u64::from(cold_start)),
            Metric::count("InvocationErrors", u64::from(failed)),
            Metric::new("Duration", Unit::Milliseconds, duration_ms),
        ];
        let line = document("EcrEncryptionRule", &[("FunctionName", function_name)], now, &metrics);
        writeln!(out, "{line}")
    }
}
