//! `findings.junit.xml`: the report as test results, for what shows those.
//!
//! A suite is an account's Region, a case a repository: what is `NON_COMPLIANT` fails, what is `UNDETERMINED` is in error,
//! what is exempt is skipped. A last suite, `coverage`, is in error for everything that was not seen. The form is that of
//! Jenkins (`junit-4.xsd`), which GitLab, Azure DevOps and Bamboo read too.

mod xml;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ecr_encryption_core::Status;
use jiff::Timestamp;

use super::spool::Spool;
use super::{Ending, ReportWriter, close, csv, phrase};
use crate::coverage::{Coverage, NotCovered};
use crate::finding::{Finding, FindingType};
use crate::summary::Run;
use xml::{Attribute, Text};

/// Writes `findings.junit.xml`.
#[derive(Debug)]
pub struct JunitWriter {
    out: BufWriter<File>,
    /// The cases of the suite that is being written: their number stands before them.
    cases: Spool,
    suite: Option<Suite>,
    started_at: Timestamp,
}

/// What is known of a suite while its cases come.
#[derive(Debug, Default)]
struct Suite {
    account_id: String,
    account_name: Option<String>,
    region: String,
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl JunitWriter {
    /// A writer into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, run: &Run) -> io::Result<Self> {
        let mut out = BufWriter::new(File::create(path)?);
        out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ecr-encryption\">\n")?;
        Ok(Self { out, cases: Spool::beside(path), suite: None, started_at: run.started_at })
    }

    fn end_suite(&mut self) -> io::Result<()> {
        let Some(suite) = self.suite.take() else { return Ok(()) };
        let name = format!("{} {}", suite.account_id, suite.region);
        self.begin_suite(&name, &suite)?;
        writeln!(self.out, "    <properties>")?;
        let account_name = suite.account_name.as_deref().unwrap_or_default();
        for (name, value) in
            [("account_id", &*suite.account_id), ("account_name", account_name), ("region", &suite.region)]
        {
            writeln!(self.out, "      <property name=\"{name}\" value=\"{}\"/>", Attribute(value))?;
        }
        writeln!(self.out, "    </properties>")?;
        self.cases.pour(&mut self.out)?;
        writeln!(self.out, "  </testsuite>")
    }

    fn begin_suite(&mut self, name: &str, suite: &Suite) -> io::Result<()> {
        let Suite { tests, failures, errors, skipped, .. } = suite;
        writeln!(
            self.out,
            "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" \
             timestamp=\"{}\">",
            Attribute(name),
            self.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
        )
    }

    fn coverage(&mut self, coverage: &Coverage) -> io::Result<()> {
        let gaps = coverage.gaps().count().try_into().unwrap_or(u64::MAX);
        self.begin_suite("coverage", &Suite { tests: gaps.max(1), errors: gaps, ..Suite::default() })?;
        if gaps == 0 {
            // Where there are no repositories, there is still a test that was run.
            writeln!(self.out, "    <testcase classname=\"coverage\" name=\"everything was seen\"/>")?;
        }
        for gap in coverage.gaps() {
            self.gap(gap)?;
        }
        writeln!(self.out, "  </testsuite>")
    }

    fn gap(&mut self, gap: &NotCovered) -> io::Result<()> {
        let account = gap.account_id.as_deref().unwrap_or("every account");
        let code = gap.error_code.as_deref().map_or_else(String::new, |code| format!("{code}: "));
        writeln!(
            self.out,
            "    <testcase classname=\"coverage\" name=\"{}: {}\">\n      <error type=\"{}\" message=\"{}: {}{}\">{}</error>\n    \
             </testcase>",
            Attribute(account),
            Attribute(phrase::place(gap)),
            gap.cause.as_str(),
            phrase::cause(gap.cause),
            Attribute(&code),
            Attribute(&gap.message),
            Text(&gap.hint),
        )
    }
}

impl ReportWriter for JunitWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let goes_on = |suite: &Suite| suite.account_id == finding.account_id && suite.region == finding.region;
        if !self.suite.as_ref().is_some_and(goes_on) {
            self.end_suite()?;
        }
        let suite = self.suite.get_or_insert_with(|| Suite {
            account_id: finding.account_id.clone(),
            account_name: finding.account_name.as_deref().map(str::to_owned),
            region: finding.region.clone(),
            ..Suite::default()
        });
        suite.tests += 1;
        match finding.status {
            Status::NonCompliant => suite.failures += 1,
            Status::Undetermined => suite.errors += 1,
            Status::Exempt => suite.skipped += 1,
            Status::Compliant => {}
        }
        case(&mut self.cases, finding)
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<()> {
        self.end_suite()?;
        self.coverage(&ending.summary.coverage)?;
        self.out.write_all(b"</testsuites>\n")?;
        close(self.out)
    }
}

fn case(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let kind = match finding.finding_type {
        FindingType::Repository => "",
        FindingType::RepositoryCreationTemplate => "creation template ",
        FindingType::PullThroughCacheRule => "pull-through cache rule ",
    };
    let Finding { account_id, region, repository_name, reason, .. } = finding;
    write!(
        out,
        "    <testcase classname=\"{}.{}\" name=\"{kind}{}\"",
        Attribute(account_id),
        Attribute(region),
        Attribute(repository_name)
    )?;
    let element = match finding.status {
        Status::NonCompliant => "failure",
        Status::Undetermined => "error",
        Status::Exempt => {
            return writeln!(out, ">\n      <skipped>{}</skipped>\n    </testcase>", Text(reason));
        }
        Status::Compliant => return writeln!(out, "/>"),
    };
    let (code, steps) = (finding.reason_code, csv::steps(&finding.remediation, "\n"));
    writeln!(
        out,
        ">\n      <{element} type=\"{code}\" message=\"{}\">{}</{element}>\n    </testcase>",
        Attribute(reason),
        Text(&steps),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, golden, samples};

    #[test]
    fn the_golden_organization() {
        insta::assert_snapshot!(golden::written(Format::Junit));
    }

    #[test]
    fn nothing_at_all_is_one_test_that_passes() {
        let text = samples::written(Format::Junit, &[]);
        assert_eq!(text.matches("<testcase").count(), 1);
        assert!(text.contains(r#"tests="1" failures="0" errors="0""#), "{text}");
    }

    /// The cases of a suite are not held in memory, and come back whole and in order.
    #[test]
    fn a_large_suite() {
        let findings: Vec<_> = (0..5_000)
            .map(|index| Finding { repository_name: format!("repository-{index:05}"), ..samples::non_compliant() })
            .collect();
        let text = samples::written(Format::Junit, &findings);
        assert!(text.contains(r#"tests="5000" failures="5000" errors="0" skipped="0""#));
        let names: Vec<_> =
            text.match_indices("name=\"repository-").map(|(at, _)| text[at + 17..at + 22].to_owned()).collect();
        assert_eq!(names, (0..5_000).map(|index| format!("{index:05}")).collect::<Vec<_>>());
    }
}
