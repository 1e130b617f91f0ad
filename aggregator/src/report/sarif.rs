//! `findings.sarif`: SARIF 2.1.0, for code scanning and its viewers.
//!
//! A rule is a reason code, a result is a finding that is open or exempt; an exempt one is suppressed, with the reason as
//! justification. GitHub takes a file for a path in the repository and rejects any other URI, so that the location of a
//! result is the finding's identity as a relative path, and its ARN is the logical location. It shows 5,000 results of a run
//! and takes 25,000. The tool's notifications are what was not seen; the run then was not successful.

mod form;
mod rules;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ecr_encryption_core::Status;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::identity::Identity;
use super::json::Items;
use super::{Ending, ReportWriter, close, csv, phrase};
use crate::coverage::NotCovered;
use crate::finding::Finding;
use crate::summary::Run;
use form::{
    ArtifactLocation, Descriptor, Location, LogicalLocation, Message, Notification, PartialFingerprints,
    PhysicalLocation, Properties, Region, SarifResult, Suppression,
};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes `findings.sarif`.
#[derive(Debug)]
pub struct SarifWriter {
    out: BufWriter<File>,
    results: Items,
    started_at: Timestamp,
}

impl SarifWriter {
    /// A writer into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, run: &Run) -> io::Result<Self> {
        let mut out = BufWriter::new(File::create(path)?);
        write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":")?;
        serde_json::to_writer(&mut out, &rules::driver(&run.tool_version))?;
        // What stands before the last slash is what code scanning tells the runs of one organization from others by.
        let scope = run.organization_id.as_deref().unwrap_or(&run.caller_account_id);
        out.write_all(b"},\"automationDetails\":{\"id\":")?;
        serde_json::to_writer(&mut out, &format!("ecr-encryption/{scope}/{}", run.id))?;
        out.write_all(b"},\"columnKind\":\"unicodeCodePoints\",\"results\":[")?;
        Ok(Self { out, results: Items::default(), started_at: run.started_at })
    }
}

impl ReportWriter for SarifWriter {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        match result(finding) {
            Some(result) => self.results.write(&mut self.out, &result),
            None => Ok(()),
        }
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<()> {
        let (run, coverage) = (&ending.summary.run, &ending.summary.coverage);
        let successful = !run.interrupted && coverage.is_complete();
        let (start, end) = (time(self.started_at), time(run.finished_at));
        write!(
            self.out,
            "\n],\"invocations\":[{{\"executionSuccessful\":{successful},\"startTimeUtc\":\"{start}\",\"endTimeUtc\":\"{end}\",\
             \"toolConfigurationNotifications\":["
        )?;
        let mut notifications = Items::default();
        for gap in coverage.gaps() {
            notifications.write(&mut self.out, &notification(gap))?;
        }
        self.out.write_all(b"\n]}]}]}\n")?;
        close(self.out)
    }
}

/// The result of a finding; `None` where it complies.
fn result(finding: &Finding) -> Option<SarifResult<'_>> {
    let (level, suppressions) = match finding.status {
        Status::Compliant => return None,
        Status::NonCompliant => ("error", None),
        // Not of the kind `open`, which viewers leave out by default: what is not proved has to be looked at.
        Status::Undetermined => ("warning", None),
        Status::Exempt => {
            ("note", Some([Suppression { kind: "external", status: "accepted", justification: &finding.reason }]))
        }
    };
    let identity = Identity::from(finding).to_string();
    let steps = csv::steps(&finding.remediation, "\n");
    let between = if steps.is_empty() { "" } else { "\nWhat to do:\n" };
    let name = &finding.repository_name;
    let hash = fingerprint(&identity)?;
    Some(SarifResult {
        rule_id: finding.reason_code.as_str(),
        rule_index: rules::index(finding.reason_code)?,
        level,
        message: Message { text: plain(&format!("{name}: {}{between}{steps}", finding.reason)).into_owned() },
        locations: [Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: relative_uri(&identity) },
                region: Region { start_line: 1 },
            },
            logical_locations: [LogicalLocation {
                name,
                fully_qualified_name: finding.repository_arn.as_deref().map_or(Cow::Owned(identity), Cow::Borrowed),
                kind: "resource",
            }],
        }],
        partial_fingerprints: PartialFingerprints { finding: hash.clone(), primary_location_line_hash: hash },
        suppressions,
        properties: Properties::of(finding),
    })
}

/// Half of a SHA-256 in hexadecimal: more than enough to tell findings apart.
fn fingerprint(identity: &str) -> Option<String> {
    Sha256::digest(identity).first_chunk().map(|half| format!("{:032x}", u128::from_be_bytes(*half)))
}

/// `text` as a message: what could be taken for a link or a placeholder is told not to be one.
fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(['[', ']', '{', '}', '\\']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '[' | ']' | '\\' => escaped.push('\\'),
            '{' | '}' => escaped.push(letter),
            _ => {}
        }
        escaped.push(letter);
    }
    Cow::Owned(escaped)
}

/// `path` as a reference to what is not a file of any host.
fn relative_uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // A string can always be written to.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

fn notification(gap: &NotCovered) -> Notification<'_> {
    let account = gap.account_id.as_deref().unwrap_or("every account");
    let name = gap.account_name.as_deref().map_or_else(String::new, |name| format!(" ({name})"));
    let code = gap.error_code.as_deref().map_or_else(String::new, |code| format!("{code}: "));
    let (place, cause) = (phrase::place(gap), phrase::cause(gap.cause));
    let text = format!("{account}{name}, {place}: {cause}: {code}{}\nWhat helps: {}", gap.message, gap.hint);
    Notification {
        descriptor: Descriptor { id: gap.cause.as_str() },
        level: "error",
        message: Message { text: plain(&text).into_owned() },
    }
}

fn time(at: Timestamp) -> impl std::fmt::Display {
    at.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::Value;

    use super::*;
    use crate::report::{Format, golden, samples};
    use crate::summary::Summary;

    fn log(findings: &[Finding]) -> Value {
        serde_json::from_str(&samples::written(Format::Sarif, findings)).unwrap()
    }

    #[test]
    fn the_golden_organization() {
        insta::assert_snapshot!(golden::written(Format::Sarif));
    }

    #[test]
    fn what_complies_has_no_result_and_what_is_exempt_is_suppressed() {
        let findings = golden::findings();
        let log = log(&findings);
        let results = log["runs"][0]["results"].as_array().unwrap();
        let others = findings.iter().filter(|finding| finding.status != Status::Compliant);
        for (result, finding) in results.iter().zip(others.clone()) {
            assert_eq!(result["suppressions"].is_array(), finding.status == Status::Exempt);
            assert_eq!(result["ruleId"], finding.reason_code.as_str());
            let rule = &log["runs"][0]["tool"]["driver"]["rules"]
                [usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        }
        assert_eq!(results.len(), others.count());
    }

    #[test]
    fn a_run_that_did_not_see_everything_was_not_successful() {
        let success = |summary: &Summary| {
            let log: Value = serde_json::from_str(&samples::written_of(Format::Sarif, &[], summary)).unwrap();
            let invocation = log["runs"][0]["invocations"][0].clone();
            let told = invocation["toolConfigurationNotifications"].as_array().unwrap().len();
            (invocation["executionSuccessful"].as_bool().unwrap(), told)
        };
        assert_eq!(success(&samples::summary(&[])), (true, 0));
        let gaps = samples::coverage().gaps().count();
        assert_eq!(success(&samples::summary_with_gaps(&[])), (false, gaps));
        assert_eq!(success(&samples::summary_interrupted(&[])), (false, gaps + 1));
    }

    #[test]
    fn fingerprints_stay_when_the_reason_does_not() {
        let other = Finding { reason: "another".to_owned(), status: Status::Undetermined, ..samples::non_compliant() };
        let elsewhere = Finding { region: "us-east-1".to_owned(), ..samples::non_compliant() };
        let log = log(&[samples::non_compliant(), other, elsewhere]);
        let hash = |index: usize| &log["runs"][0]["results"][index]["partialFingerprints"];
        assert_eq!(hash(0), hash(1));
        assert_ne!(hash(0), hash(2));
    }

    #[rstest]
    #[case("team-a/web", "team-a/web")]
    #[case("a b:c\u{202e}", "a%20b%3Ac%E2%80%AE")]
    #[case("../%41", "../%2541")]
    fn paths_are_uris(#[case] path: &str, #[case] uri: &str) {
        assert_eq!(relative_uri(path), uri);
    }

    #[rstest]
    #[case("no signs", "no signs")]
    #[case("[link](1) {0} \\", "\\[link\\](1) {{0}} \\\\")]
    fn messages_hold_neither_links_nor_placeholders(#[case] text: &str, #[case] escaped: &str) {
        assert_eq!(plain(text), escaped);
    }
}
