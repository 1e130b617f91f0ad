//! How a run ends.

use std::process::ExitCode;

use ecr_encryption_core::InvalidValue;

use crate::summary::{Summary, TemplateTotals};

/// The exit status: a problem that was found is not the same as a scan that could not run, or did not see everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// All repositories comply and everything was covered.
    Clean = 0,
    /// It could not run.
    CouldNotRun = 1,
    /// The command line or the policy is wrong.
    Usage = 2,
    /// Something is `NON_COMPLIANT`; of a comparison, something is new or worse.
    NonCompliant = 3,
    /// Nothing is, but something is `UNDETERMINED`, was not covered, or was not delivered; of a comparison, something is no
    /// longer seen.
    Incomplete = 4,
    /// It was stopped and wrote no report: 128 and the number of `SIGINT`, as shells have it.
    Stopped = 130,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

impl ExitStatus {
    /// The status of a run that got to its end.
    ///
    /// `delivered`: whether everything was done that was asked for beside the report.
    pub fn of(summary: &Summary, delivered: bool, fail_on: FailOn) -> Self {
        let (repositories, templates) = (&summary.totals.by_status, summary.totals.templates.as_ref());
        let templates = templates.map(TemplateTotals::all).unwrap_or_default();
        if fail_on.non_compliant && repositories.non_compliant + templates.non_compliant > 0 {
            Self::NonCompliant
        } else if (fail_on.undetermined && repositories.undetermined + templates.undetermined > 0)
            || (fail_on.incomplete && (summary.run.interrupted || !summary.coverage.is_complete()))
            || (fail_on.undelivered && !delivered)
        {
            Self::Incomplete
        } else {
            Self::Clean
        }
    }
}

/// What makes a run fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "any of them may be asked for")]
pub struct FailOn {
    /// A repository that is `NON_COMPLIANT`, or a creation template or pull-through cache rule.
    pub non_compliant: bool,
    /// A repository that is `UNDETERMINED`, or a creation template or pull-through cache rule.
    pub undetermined: bool,
    /// Something that was not covered.
    pub incomplete: bool,
    /// Something that was asked for beside the report, and was not done: Security Hub, those who are told.
    pub undelivered: bool,
}

impl FailOn {
    /// Everything.
    pub const ALL: Self = Self { non_compliant: true, undetermined: true, incomplete: true, undelivered: true };

    /// Reads a list, or `never`.
    ///
    /// # Errors
    /// An unknown name, or `never` beside another.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let mut fail_on = Self { non_compliant: false, undetermined: false, incomplete: false, undelivered: false };
        if text.trim() == "never" {
            return Ok(fail_on);
        }
        for item in ecr_encryption_core::value::csv_items(text)? {
            match item {
                "non-compliant" => fail_on.non_compliant = true,
                "undetermined" => fail_on.undetermined = true,
                "incomplete" => fail_on.incomplete = true,
                "undelivered" => fail_on.undelivered = true,
                other => {
                    return Err(InvalidValue::new(
                        other,
                        "is nothing to fail on",
                        "non-compliant, undetermined, incomplete, undelivered (any of them, with commas), or never by itself",
                    ));
                }
            }
        }
        Ok(fail_on)
    }
}

/// What makes a comparison fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffFailOn {
    /// What is open and was not.
    pub new: bool,
    /// What was open, and is so for something worse.
    pub changed: bool,
    /// What was there, and was not seen.
    pub no_longer_seen: bool,
}

impl DiffFailOn {
    /// Reads a list, or `never`.
    ///
    /// # Errors
    /// An unknown name, or `never` beside another.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let mut fail_on = Self { new: false, changed: false, no_longer_seen: false };
        if text.trim() == "never" {
            return Ok(fail_on);
        }
        for item in ecr_encryption_core::value::csv_items(text)? {
            match item {
                "new" => fail_on.new = true,
                "changed" => fail_on.changed = true,
                "no-longer-seen" => fail_on.no_longer_seen = true,
                other => {
                    return Err(InvalidValue::new(
                        other,
                        "is nothing to fail on",
                        "new, changed, no-longer-seen (any of them, with commas), or never by itself",
                    ));
                }
            }
        }
        Ok(fail_on)
    }
}
