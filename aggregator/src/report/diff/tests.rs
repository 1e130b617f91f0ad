use std::path::Path;

use ecr_encryption_core::{EncryptionLevel, ReasonCode, Status};

use super::*;
use crate::diff::{Found, compare};
use crate::finding::FindingType;
use crate::history::reader::RunFolder;
use crate::history::samples::Scanned;
use crate::report::samples;
use crate::report::terminal::layout::{WIDTH, width};

const ACCOUNT: &str = "=cmd()|' /C calc'!A0 \u{202e}🙂 </script>";

fn repository(account: &str, name: &str, status: Status) -> Finding {
    let reason_code = match status {
        Status::Compliant => ReasonCode::LevelMet,
        Status::NonCompliant => ReasonCode::BelowDesiredLevel,
        Status::Undetermined => ReasonCode::KeyStateNotProvable,
        Status::Exempt => ReasonCode::ExemptByTag,
    };
    let reason =
        format!("the reason of {name} | told in [a sentence](x) that is rather long, so that it has to be wrapped");
    Finding {
        account_id: account.to_owned(),
        account_name: Some(if account == "444455556666" { ACCOUNT.into() } else { "Payments".into() }),
        repository_name: name.to_owned(),
        status,
        reason_code,
        reason,
        ..samples::compliant()
    }
}

fn open_since(text: &str, finding: Finding) -> Finding {
    Finding { open_since: Some(text.parse().unwrap()), ..finding }
}

/// Two runs with a change of each kind between them.
fn runs() -> [Scanned; 2] {
    use Status::{Compliant, Exempt, NonCompliant, Undetermined};

    let (one, other, lost) = ("111122223333", "444455556666", "777788889999");
    let template = |status| Finding {
        finding_type: FindingType::RepositoryCreationTemplate,
        repository_arn: None,
        ..repository(one, "ROOT", status)
    };
    let mut old = vec![
        repository(one, "app", Compliant),
        repository(one, "bad", NonCompliant),
        repository(one, "exempt", NonCompliant),
        repository(one, "fixed", NonCompliant),
        repository(one, "gone", Undetermined),
        repository(one, "recreated", NonCompliant),
        repository(one, "state", NonCompliant),
        template(NonCompliant),
        open_since("2026-03-03T08:00:00Z", repository(other, "aged", NonCompliant)),
        repository(other, "policy", NonCompliant),
        repository(other, "same", NonCompliant),
    ];
    let mut new = vec![
        repository(one, "app", NonCompliant),
        Finding { encryption_level: Some(EncryptionLevel::Sse), ..repository(one, "bad", NonCompliant) },
        repository(one, "exempt", Exempt),
        repository(one, "fixed", Compliant),
        Finding {
            created_at: Some("2026-11-23T01:00:00Z".parse().unwrap()),
            ..repository(one, "recreated", NonCompliant)
        },
        Finding {
            key_state: Some("Disabled".to_owned()),
            reason_code: ReasonCode::KeyDisabled,
            ..repository(one, "state", NonCompliant)
        },
        template(Undetermined),
        repository(other, "</script><b>`new`|", Undetermined),
        repository(other, "aged", NonCompliant),
        Finding { reason_code: ReasonCode::KeyNotAllowed, ..repository(other, "policy", NonCompliant) },
        repository(other, "same", NonCompliant),
    ];
    for region in ["eu-central-1", "us-east-1"] {
        for name in ["a", "b", "c"] {
            let status = if name == "a" { Compliant } else { NonCompliant };
            old.push(Finding { region: region.to_owned(), ..repository(lost, name, status) });
        }
    }
    new.insert(
        7,
        Finding {
            repository_name: "a".repeat(256),
            finding_type: FindingType::PullThroughCacheRule,
            ..repository(one, "", NonCompliant)
        },
    );
    let mut runs = [Scanned::at("2026-11-22T08:00:00Z", old), Scanned::at("2026-11-23T13:02:00Z", new)];
    for run in &mut runs {
        run.summary.totals.templates = Some(crate::summary::TemplateTotals::default());
    }
    runs
}

fn told(format: DiffFormat, mut runs: [Scanned; 2], folder: &Path) -> (String, Found) {
    let [older, newer] = runs.each_mut().map(|run| RunFolder::open(&run.keep(folder)).unwrap());
    let mut out = Vec::new();
    let writer = format.writer(&mut out, older.manifest(), newer.manifest()).unwrap();
    let found = compare(&older, &newer, writer).unwrap();
    let text = anstream::adapter::strip_bytes(&out).into_vec();
    let text = String::from_utf8(if format == DiffFormat::Text { text } else { out }).unwrap();
    let [old, new] = [older, newer].map(|run| run.manifest().run_id.clone());
    (text.replace(&old, "OLD_ID").replace(&new, "NEW_ID"), found)
}

#[test]
fn text_for_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let (text, found) = told(DiffFormat::Text, runs(), folder.path());
    assert_eq!(found.worsened, 2);
    for line in text.lines() {
        assert!(width(line) <= WIDTH, "{} columns: {line}", width(line));
    }
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn markdown_for_a_pull_request() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(told(DiffFormat::Markdown, runs(), folder.path()).0);
}

#[test]
fn one_document() {
    let folder = tempfile::tempdir().unwrap();
    let (text, found) = told(DiffFormat::Json, runs(), folder.path());
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["totals"]["new"], found.totals.new);
    let changes: Vec<Change> = serde_json::from_value(document["changes"].clone()).unwrap();
    assert_eq!(changes.iter().filter(|change| change.change == crate::history::change::ChangeKind::New).count(), 4);
    insta::assert_snapshot!(text);
    // As many lines as there are changes hold them, and the lines are those of the other form.
    let (lines, _) = told(DiffFormat::Jsonl, runs(), folder.path());
    let read: Vec<Change> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, changes);
    assert!(text.contains(&lines.trim_end().replace('\n', ",\n")));
}

#[test]
fn nothing_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    for format in [DiffFormat::Text, DiffFormat::Markdown, DiffFormat::Json, DiffFormat::Jsonl] {
        let [_, new] = runs();
        let mut again = new.clone();
        again.summary.run.started_at += jiff::SignedDuration::from_hours(24);
        again
            .findings
            .retain(|finding| finding.status != Status::NonCompliant && finding.status != Status::Undetermined);
        let mut same = again.clone();
        same.summary.run.started_at += jiff::SignedDuration::from_hours(24);
        let (text, found) = told(format, [again, same], folder.path());
        assert_eq!((found.totals.new, found.totals.no_longer_seen, found.totals.still_open), (0, 0, 0));
        match format {
            DiffFormat::Jsonl => assert_eq!(text, ""),
            DiffFormat::Json => drop(serde_json::from_str::<serde_json::Value>(&text).unwrap()),
            DiffFormat::Text => assert_eq!(text.lines().count(), 10, "{text}"),
            DiffFormat::Markdown => assert!(!text.contains("##"), "{text}"),
        }
    }
}

/// Twenty are named of each kind, and of those that are still open the oldest.
#[test]
fn lists_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let day = |index: usize| format!("2026-{:02}-{:02}T08:00:00Z", index / 28 + 1, index % 28 + 1);
    let still = |index: usize| repository("111122223333", &format!("still-{index:03}"), Status::NonCompliant);
    // The youngest comes first.
    let old: Vec<_> = (0..100).map(|index| open_since(&day(99 - index), still(index))).collect();
    let new = (0..30).map(|index| repository("111122223333", &format!("new-{index:03}"), Status::NonCompliant));
    let new: Vec<_> = new.chain((0..100).map(still)).collect();
    let lost = (0..30).map(|index| repository(&format!("9999000000{index:02}"), "lost", Status::Compliant));
    let old: Vec<_> = old.into_iter().chain(lost).collect();
    let runs = || [("2026-11-22T08:00:00Z", old.clone()), ("2026-11-23T08:00:00Z", new.clone())];
    let (text, _) = told(DiffFormat::Text, runs().map(|(at, findings)| Scanned::at(at, findings)), folder.path());
    assert_eq!(text.matches("    new-").count(), 20);
    let still: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("    still-")).collect();
    let expected: Vec<_> = (80..100).rev().map(|index| format!("{index:03}")).collect();
    assert_eq!(still, expected, "the oldest first");
    assert_eq!(text.matches("  and 10 more\n").count(), 1, "{text}");
    assert_eq!(text.matches("  and 10 more Regions of accounts\n").count(), 1, "{text}");
    assert_eq!(text.matches("  and 80 more\n").count(), 1, "{text}");
    // The last one that is named does not count those that are not.
    assert!(text.contains("999900000019 Payments, eu-central-1: 1\n"), "{text}");

    let (text, _) = told(DiffFormat::Markdown, runs().map(|(at, findings)| Scanned::at(at, findings)), folder.path());
    assert!(text.len() < 60_000);
    assert!(text.contains("\nAnd 80 more.\n"), "{text}");
}

#[test]
fn styles_say_nothing_that_words_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let (text, _) = told(DiffFormat::Text, runs(), folder.path());
    for word in ["New", "Changed", "No longer seen", "Fixed", "Exempted", "Gone", "Still open", "worse"] {
        assert!(text.contains(word), "{word}");
    }
}
