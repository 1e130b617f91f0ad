//! `findings.jsonl`: one finding a line.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Ending, ReportWriter, close};
use crate::finding::Finding;

/// Writes `findings.jsonl`.
#[derive(Debug)]
pub struct JsonlWriter {
    out: BufWriter<File>,
}

impl JsonlWriter {
    /// A writer into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { out: BufWriter::new(File::create(path)?) })
    }
}

impl ReportWriter for JsonlWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, finding)?;
        self.out.write_all(b"\n")
    }

    fn finish(self: Box<Self>, _ending: &Ending<'_>) -> io::Result<()> {
        close(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;
    use crate::report::samples;

    #[test]
    fn every_finding_is_one_line_and_reads_back() {
        let findings = samples::findings_with_templates();
        let text = samples::written(Format::Jsonl, &findings);
        let read: Vec<Finding> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, findings);
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn what_is_not_known_is_null() {
        let text = samples::written(Format::Jsonl, &[samples::compliant()]);
        assert!(text.contains(r#""exempt_until":null"#), "{text}");
        assert!(text.contains(r#""remediation":[]"#), "{text}");
    }

    #[test]
    fn a_finding_of_an_older_version_is_on_a_repository() {
        let mut json = serde_json::to_value(samples::compliant()).unwrap();
        json.as_object_mut().unwrap().remove("finding_type");
        assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), samples::compliant());
    }

    #[test]
    fn no_findings_make_an_empty_file() {
        assert_eq!(samples::written(Format::Jsonl, &[]), "");
    }
}
