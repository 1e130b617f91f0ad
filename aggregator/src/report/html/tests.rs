use std::fs;

use super::*;
use crate::coverage::NotCovered;
use crate::report::{Format, samples};
use crate::summary::Summary;

fn page(findings: &[Finding], summary: &Summary, limit: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(Format::Html.file_name());
    let mut writer = Box::new(HtmlWriter::with_limit(&path, limit).unwrap());
    for finding in findings {
        writer.finding(finding).unwrap();
    }
    writer.finish(&Ending { summary, trend: &[] }).unwrap();
    let page = fs::read_to_string(path).unwrap();
    // For looking at the pages in a browser.
    if let Some(samples) = std::env::var_os("ECR_ENCRYPTION_WRITE_SAMPLES") {
        let name = std::thread::current().name().unwrap().replace("::", "-");
        fs::write(Path::new(&samples).join(format!("{name}.html")), &page).unwrap();
    }
    page
}

fn position(page: &str, text: &str) -> usize {
    page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"))
}

#[test]
fn a_page_with_gaps() {
    let findings = samples::findings();
    let page = page(&findings, &samples::summary_with_gaps(&findings), FINDINGS);
    let body = &page[position(&page, "</style>")..];
    insta::assert_snapshot!(body);
}

#[test]
fn what_accounts_are_called_and_what_aws_says_is_never_markup() {
    let mut findings = samples::findings();
    let hostile = r#""><script>alert(1)</script></title></style>"#;
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
    let mut summary = samples::summary_with_gaps(&findings);
    summary.run.id = hostile.to_owned();
    summary.run.tool_version = hostile.to_owned();
    summary.run.organization_id = Some(hostile.to_owned());
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
    let page = page(&findings, &summary, FINDINGS);
    for markup in ["<script", "<img", "<b>Dev", "<i>Sandbox", "awskms</table>", "<lake>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    for once in ["</title>", "</style>", "</head>", "</html>"] {
        assert_eq!(page.matches(once).count(), 1, "{once}");
    }
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let page = page(&samples::findings(), &samples::summary(&samples::findings()), FINDINGS);
    assert!(page.contains("default-src 'none'"));
    let style = &page[position(&page, "<style>")..position(&page, "</style>")];
    for loads in ["url(", "@import"] {
        assert!(!style.contains(loads), "{loads}");
    }
    for loads in ["<script", "<link", "<iframe", "<img", "<object", "http://", "https://"] {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
fn the_worst_findings_come_first() {
    let page = page(&samples::findings(), &samples::summary(&samples::findings()), FINDINGS);
    let names = ["team-a/web</", "team-b/a-rather", "legacy</", "team-a/cache</", "team-a/api</"];
    let places: Vec<_> = names.iter().map(|name| position(&page, &format!("<span class=\"name\">{name}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_page_that_is_cut_says_so_and_keeps_the_worst() {
    let mut findings = vec![samples::compliant(); 6];
    findings.push(samples::non_compliant());
    let page = page(&findings, &samples::summary(&findings), 3);
    assert!(page.contains("The worst 3 of 7 findings are shown"), "{page}");
    assert_eq!(page.matches("<details class=\"finding").count(), 3);
    assert!(page.contains("<span class=\"name\">team-a/web<"));
}

#[test]
fn templates_have_a_part_of_their_own() {
    let findings = samples::findings_with_templates();
    let page = page(&findings, &samples::summary(&findings), FINDINGS);
    let next = &page[position(&page, "<section id=\"next\"")..];
    let next = &next[..position(next, "</section>")];
    insta::assert_snapshot!(next);
    let before = &page[..position(&page, "<section id=\"next\"")];
    assert!(!before.contains("docker-hub"), "a template stands among the repositories");
    assert!(before.contains("1 of 3 templates and pull-through cache rules do not comply"));
    assert!(before.contains("1 of 4."), "the share is that of the repositories");
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
    assert!(!page.contains("NaN"));
}

#[test]
fn a_large_organization_fits_the_limit() {
    let mut findings = Vec::new();
    for index in 0..6_000 {
        let mut finding = match index % 7 {
            0 => samples::non_compliant(),
            1 => samples::hostile(),
            2 => samples::exempt(),
            _ => samples::compliant(),
        };
        finding.account_id = format!("{:012}", 100_000_000_000_u64 + index % 60);
        finding.repository_name = format!("team-{}/service-{index}", index % 9);
        findings.push(finding);
    }
    let page = page(&findings, &samples::summary_with_gaps(&findings), FINDINGS);
    assert!(page.contains("The worst 5,000 of 6,000 findings are shown"));
    assert!(page.contains("The worst 20 of 60 accounts"));
}
