//! `findings.ocsf.jsonl`: OCSF 1.8.0 Compliance Findings (class 2003), one a line, for Security Lake and SIEMs.
//!
//! | status | `compliance.status_id` | `status_id` | `activity_id` |
//! |---|---|---|---|
//! | `COMPLIANT` | 1 Pass | 4 Resolved | 3 Close |
//! | `NON_COMPLIANT` | 3 Fail | 1 New | 1 Create, 2 Update where it was open before |
//! | `UNDETERMINED` | 2 Warning | 1 New | as above |
//! | `EXEMPT` | 99 Other: `Exempt` | 3 Suppressed | 2 Update |
//! | gone since the run before | 99 Other: `Gone` | 4 Resolved | 3 Close |
//! | not covered: a gap | 0 Unknown | 1 New | 1 Create |
//!
//! `finding_info.uid` is the same in every run. What was not seen is told as a finding on the account: who reads nothing but
//! this file would take silence for a pass. What OCSF has no field for is under `unmapped`, by its name in `findings.jsonl`.

mod event;
mod form;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Ending, ReportWriter, close};
use crate::finding::Finding;
use crate::history::change::{Change, ChangeKind};
use crate::summary::Run;
use event::Context;
use form::Event;

/// Writes `findings.ocsf.jsonl`.
#[derive(Debug)]
pub struct OcsfWriter {
    out: BufWriter<File>,
    context: Context,
}

impl OcsfWriter {
    /// A writer into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, run: &Run) -> io::Result<Self> {
        Ok(Self { out: BufWriter::new(File::create(path)?), context: Context::of(run) })
    }

    fn write(out: &mut impl Write, event: &Event<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut *out, event)?;
        out.write_all(b"\n")
    }
}

impl ReportWriter for OcsfWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        Self::write(&mut self.out, &Event::of_finding(finding, &self.context))
    }

    fn change(&mut self, change: &Change) -> io::Result<()> {
        // The others are findings of this run, or not known to be gone.
        if change.change == ChangeKind::Gone {
            Self::write(&mut self.out, &Event::of_gone(change, &self.context))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<()> {
        for gap in ending.summary.coverage.gaps() {
            Self::write(&mut self.out, &Event::of_gap(gap, &self.context))?;
        }
        close(self.out)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::report::{Format, golden, samples};

    fn lines(text: &str) -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn the_golden_organization() {
        insta::assert_snapshot!(golden::written(Format::Ocsf));
    }

    #[test]
    fn every_finding_every_gap_and_what_is_gone_has_its_own_id() {
        let lines = lines(&golden::written(Format::Ocsf));
        let gone = golden::changes().iter().filter(|change| change.change == ChangeKind::Gone).count();
        assert!(gone > 0);
        assert_eq!(lines.len(), golden::findings().len() + gone + golden::summary().coverage.gaps().count());
        let ids: BTreeSet<_> = lines.iter().map(|line| line["finding_info"]["uid"].to_string()).collect();
        assert_eq!(ids.len(), lines.len());
    }

    #[test]
    fn only_what_complies_passes() {
        for line in lines(&golden::written(Format::Ocsf)) {
            let passes = line["compliance"]["status_id"] == 1;
            assert_eq!(passes, line["status_code"] == "level-met", "{line}");
        }
    }

    #[test]
    fn what_was_open_before_is_updated() {
        let open_since = |text: &str| Finding { open_since: Some(text.parse().unwrap()), ..samples::non_compliant() };
        let findings =
            [open_since("2026-11-01T00:00:00Z"), open_since("2026-11-23T13:02:00Z"), samples::non_compliant()];
        let lines = lines(&samples::written(Format::Ocsf, &findings));
        let activities: Vec<_> = lines.iter().map(|line| line["activity_id"].as_u64().unwrap()).collect();
        assert_eq!(activities, [2, 1, 1]);
        assert_eq!(lines[0]["type_uid"], 200_302);
        assert_eq!(lines[0]["finding_info"]["first_seen_time"], 1_793_491_200_000_u64);
    }
}
