//! `findings.asff.jsonl`: one finding a line in the AWS Security Finding Format, as `BatchImportFindings` takes it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Ending, ReportWriter, close};
use crate::finding::Finding;
use crate::security_hub::compose::compose;

/// Writes `findings.asff.jsonl`.
#[derive(Debug)]
pub struct AsffWriter {
    out: BufWriter<File>,
}

impl AsffWriter {
    /// A writer into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { out: BufWriter::new(File::create(path)?) })
    }
}

impl ReportWriter for AsffWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, &compose(finding))?;
        self.out.write_all(b"\n")
    }

    fn finish(self: Box<Self>, _ending: &Ending<'_>) -> io::Result<()> {
        close(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, samples};
    use crate::security_hub::asff::AsffFinding;

    #[test]
    fn every_finding_is_one_line_and_reads_back() {
        let findings = samples::findings_with_templates();
        let text = samples::written(Format::Asff, &findings);
        let read: Vec<AsffFinding> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, findings.iter().map(compose).collect::<Vec<_>>());
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn as_people_would_read_it() {
        let text = samples::written(Format::Asff, &samples::findings_with_templates());
        let values: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        insta::assert_snapshot!(serde_json::to_string_pretty(&values).unwrap());
    }
}
