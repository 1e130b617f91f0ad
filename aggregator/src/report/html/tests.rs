use std::collections::BTreeMap;
use std::fs;

use ecr_encryption_core::{ReasonCode, Status};
use serde_json::Value;

use super::*;
use crate::coverage::NotCovered;
use crate::history::manifest::Manifest;
use crate::report::{Format, samples};
use crate::summary::Summary;

mod everything;
mod payload;

/// What is told of a run beside its findings.
#[derive(Default)]
struct Beside {
    changes: Vec<Change>,
    targets: Vec<AccountTargets>,
    trend: Vec<Manifest>,
}

fn page(findings: &[Finding], summary: &Summary, limit: usize) -> String {
    page_with(findings, summary, limit, &Beside::default())
}

fn page_with(findings: &[Finding], summary: &Summary, limit: usize, beside: &Beside) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(Format::Html.file_name());
    let mut writer = Box::new(HtmlWriter::with_limit(&path, limit).unwrap());
    let mut accounts: Vec<&str> = findings.iter().map(|finding| finding.account_id.as_str()).collect();
    accounts.extend(beside.changes.iter().map(|change| change.account_id.as_str()));
    accounts.extend(beside.targets.iter().map(|targets| targets.account_id.as_str()));
    accounts.sort_unstable();
    accounts.dedup();
    for account in accounts {
        findings.iter().filter(|one| one.account_id == account).for_each(|one| writer.finding(one).unwrap());
        beside.changes.iter().filter(|one| one.account_id == account).for_each(|one| writer.change(one).unwrap());
        beside.targets.iter().filter(|one| one.account_id == account).for_each(|one| writer.account(one).unwrap());
    }
    writer.finish(&Ending { summary, trend: &beside.trend }).unwrap();
    let page = fs::read_to_string(path).unwrap();
    // For looking at the pages in a browser.
    if let Some(samples) = std::env::var_os("ECR_ENCRYPTION_WRITE_SAMPLES") {
        let name = std::thread::current().name().unwrap().rsplit("::").next().unwrap().to_owned();
        fs::write(Path::new(&samples).join(format!("{name}.html")), &page).unwrap();
    }
    page
}

fn position(page: &str, text: &str) -> usize {
    page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"))
}

/// What the page's script reads.
fn data(page: &str) -> Value {
    let begin = "<script type=\"application/json\" id=\"data\">";
    let data = &page[position(page, begin) + begin.len()..];
    serde_json::from_str(&data[..position(data, "</script>")]).unwrap()
}

/// The page's part that people read, without the script's.
fn body(page: &str) -> &str {
    &page[position(page, "</style>")..position(page, "<script")]
}

/// The names of the findings in the page's data, in their order.
fn names(page: &str) -> Vec<String> {
    payload::findings(&data(page)).into_iter().map(|finding| finding.repository_name).collect()
}

#[test]
fn a_page_with_gaps() {
    let findings = samples::findings();
    let page = page(&findings, &samples::summary_with_gaps(&findings), FINDINGS);
    insta::assert_snapshot!(body(&page));
}

#[test]
fn what_accounts_are_called_and_what_aws_says_is_never_markup() {
    let mut findings = samples::findings();
    let hostile = r#""><script>alert(1)</script></title></style><!--"#;
    findings.push(Finding {
        account_id: hostile.to_owned(),
        account_name: Some(hostile.into()),
        organizational_unit_path: Some(hostile.into()),
        region: hostile.to_owned(),
        repository_name: hostile.to_owned(),
        repository_arn: Some(hostile.to_owned()),
        encryption_type: Some(hostile.to_owned()),
        kms_key: Some(hostile.to_owned()),
        kms_key_arn: Some(hostile.to_owned()),
        key_manager: Some(hostile.to_owned()),
        key_origin: Some(hostile.to_owned()),
        key_state: Some(hostile.to_owned()),
        reason: hostile.to_owned(),
        override_name: Some(hostile.to_owned()),
        remediation: vec![hostile.to_owned()],
        ..samples::non_compliant()
    });
    let change = everything::change(&findings[findings.len() - 1], ChangeKind::New);
    let mut summary = samples::summary_with_gaps(&findings);
    summary.changes = Some(everything::totals(std::slice::from_ref(&change)));
    summary.run.id = hostile.to_owned();
    summary.run.tool_version = hostile.to_owned();
    summary.run.organization_id = Some(hostile.to_owned());
    summary.run.interrupted = true;
    summary.run.interruption = Some(hostile.to_owned());
    summary.run.policy = serde_json::json!({ hostile: hostile, "override": [{ "name": hostile, hostile: [hostile] }] });
    summary.api_calls.entry(hostile.to_owned()).or_default().insert(hostile.to_owned(), 1);
    let entries = summary.coverage.not_covered.iter().map(|entry| NotCovered {
        account_id: Some(hostile.to_owned()),
        account_name: Some(hostile.into()),
        region: Some(hostile.to_owned()),
        cause: entry.cause,
        error_code: Some(hostile.to_owned()),
        message: hostile.to_owned(),
        hint: hostile.to_owned(),
    });
    summary.coverage.not_covered = entries.collect();
    let targets = AccountTargets {
        account_id: hostile.to_owned(),
        account_name: Some(hostile.into()),
        organizational_unit_path: Some(hostile.into()),
        regions: BTreeMap::from([(hostile.to_owned(), 1)]),
    };
    let trend = vec![Manifest::of(&summary), Manifest::of(&summary)];
    let page =
        page_with(&findings, &summary, FINDINGS, &Beside { changes: vec![change], targets: vec![targets], trend });
    for markup in ["<script>alert", "<img", "<b>Dev", "<i>Sandbox", "awskms</table>", "<lake>", "<!--"] {
        assert!(!page.contains(markup), "{markup}");
    }
    for (markup, times) in
        [("<script", 2), ("</script>", 2), ("</title>", 1), ("</style>", 1), ("</head>", 1), ("</html>", 1)]
    {
        assert_eq!(page.matches(markup).count(), times, "{markup}");
    }
}

#[test]
fn what_cannot_be_seen_is_shown_in_names() {
    let mut findings = samples::findings();
    findings[0].account_name = Some("pay\u{202e}gnp\u{200b} 👩‍💻".into());
    let page = page(&findings, &samples::summary(&findings), FINDINGS);
    assert!(body(&page).contains("pay[U+202E]gnp[U+200B] 👩‍💻"), "{}", body(&page));
    assert!(!body(&page).contains('\u{202e}'));
}

#[test]
fn nothing_is_loaded_and_only_the_pages_own_script_may_run() {
    let page = page(&samples::findings(), &samples::summary(&samples::findings()), FINDINGS);
    let policy = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">", assets::policy());
    assert_eq!(page.matches(&policy).count(), 1);
    assert!(position(&page, &policy) < position(&page, "<style>"), "what comes before the policy is not under it");
    assert!(policy.contains("default-src 'none'; script-src 'sha256-"));
    assert!(!policy.contains("unsafe"));
    // What the policy names is what stands there.
    for (begin, end, text) in [("<style>", "</style>", assets::STYLE), ("<script>", "</script>", assets::SCRIPT)] {
        let found = &page[position(&page, begin) + begin.len()..];
        assert_eq!(&found[..position(found, end)], text);
    }
    let page = page.replace(assets::SCRIPT, "").replace(assets::STYLE, "");
    for loads in ["<link", "<iframe", "<img", "<object", "http://", "https://", " style=", "<base", "<form"] {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
fn the_worst_findings_come_first() {
    let findings = samples::findings();
    let page = page(&findings, &samples::summary(&findings), FINDINGS);
    let names = names(&page);
    assert_eq!(names[0], "team-a/web");
    assert!(names[1].starts_with("team-b/a-rather"));
    assert_eq!(names[2..], ["legacy", "team-a/cache", "team-a/api"]);
    let places: Vec<_> =
        names.iter().map(|name| position(&page, &format!("<bdi class=\"name\">{name}</bdi>"))).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_page_that_is_cut_says_so_and_keeps_the_worst() {
    let mut findings = vec![samples::compliant(); 6];
    findings.push(samples::non_compliant());
    let page = page(&findings, &samples::summary(&findings), 3);
    assert!(page.contains("The worst 3 of 7 findings are in this page"), "{page}");
    assert!(page.contains("<code>findings.jsonl</code>"), "it says where the whole is");
    assert_eq!(names(&page), ["team-a/web", "team-a/api", "team-a/api"]);
    assert_eq!(data(&page)["head"]["all"], 7);
}

#[test]
fn templates_have_a_part_of_their_own() {
    let findings = samples::findings_with_templates();
    let page = page(&findings, &samples::summary(&findings), FINDINGS);
    let next = &page[position(&page, "<section id=\"next\"")..];
    insta::assert_snapshot!(&next[..position(next, "</section>")]);
    assert!(page.contains("1 of 3 templates and pull-through cache rules do not comply"));
    assert!(page.contains("1 of 4."), "the share is that of the repositories");
    assert_eq!(names(&page).len(), findings.len());
    let templates = names(&page).into_iter().skip(5).collect::<Vec<_>>();
    assert_eq!(templates, ["docker-hub", "quay", "ROOT"], "they come after the repositories");
}

#[test]
fn templates_that_nobody_asked_for_are_not_mentioned() {
    let page = page(&samples::findings(), &samples::summary(&samples::findings()), FINDINGS);
    assert!(!page.contains("Next repositories"));
}

#[test]
fn an_interrupted_run_is_marked() {
    let findings = samples::findings();
    let page = page(&findings, &samples::summary_interrupted(&findings), FINDINGS);
    assert!(page.contains("This run was interrupted"));
    assert!(page.contains("Incomplete"));
}

#[test]
fn a_run_that_saw_everything_says_so() {
    let findings = samples::findings();
    let page = page(&findings, &samples::summary(&findings), FINDINGS);
    assert!(page.contains("Nothing was left unseen"));
    assert!(!page.contains("Incomplete"));
}

#[test]
fn an_empty_organization_still_shows_its_coverage() {
    let page = page(&[], &samples::summary_with_gaps(&[]), FINDINGS);
    assert!(page.contains("No repositories were found"));
    assert!(page.contains("The audit role could not be assumed"));
    assert!(!body(&page).contains("NaN"));
    assert_eq!(names(&page), Vec::<String>::new());
}

#[test]
fn a_large_organization_fits_the_limit() {
    let mut findings = Vec::new();
    for index in 0..6_000_u64 {
        let mut finding = match index % 7 {
            0 => samples::non_compliant(),
            1 => samples::hostile(),
            2 => samples::exempt(),
            _ => samples::compliant(),
        };
        finding.account_id = format!("{:012}", 100_000_000_000 + index % 60);
        finding.repository_name = format!("team-{}/service-{index}", index % 9);
        findings.push(finding);
    }
    let page = page(&findings, &samples::summary_with_gaps(&findings), 2_000);
    assert!(page.contains("The worst 2,000 of 6,000 findings are in this page"));
    assert!(page.contains("The worst 20 of 60 accounts"));
    assert!(page.contains("Without its script this page shows the worst 100 of 6,000 findings"));
    assert!(page.len() < 900_000, "{} bytes", page.len());
    let kept = payload::findings(&data(&page));
    assert!(kept.iter().take(858).all(|finding| finding.status == Status::NonCompliant));
    assert!(
        kept.iter()
            .all(|finding| matches!(finding.status, Status::NonCompliant | Status::Undetermined | Status::Exempt))
    );
    assert_eq!(kept[0].reason_code, ReasonCode::BelowDesiredLevel);
}

#[test]
fn what_is_held_does_not_grow_with_what_comes() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = HtmlWriter::with_limit(&folder.path().join("report.html"), 50).unwrap();
    let mut held = Vec::new();
    for index in 0..6_000_u64 {
        // Ever worse, so that each takes the place of another, and every text is one that no other has.
        let base = if index < 3_000 { samples::compliant() } else { samples::non_compliant() };
        let finding = Finding {
            account_id: format!("{:012}", 100_000_000_000 + index / 10),
            repository_name: format!("service-{index}"),
            reason: format!("reason of {index} and nothing else"),
            remediation: vec![format!("step {index}"), "x".repeat(usize::try_from(index % 97).unwrap())],
            ..base
        };
        writer.finding(&finding).unwrap();
        writer.change(&everything::change(&finding, ChangeKind::New)).unwrap();
        held.push((writer.held.strings.len(), writer.held.kept.len()));
    }
    assert!(held.iter().all(|(strings, kept)| *strings <= 50 * row::COLUMNS.len() && *kept <= 50));
    assert!(held.last().unwrap().0 < 400, "{:?}", held.last());
}
