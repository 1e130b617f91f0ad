use super::*;
use crate::report::{Format, golden, samples};

#[test]
fn the_golden_organization() {
    insta::assert_snapshot!(golden::written(Format::Markdown));
}

#[test]
fn an_organization_without_repositories() {
    insta::assert_snapshot!(samples::written(Format::Markdown, &[]));
}

/// The worst that names and numbers can do.
#[test]
fn it_is_never_longer_than_a_comment_may_be() {
    let wide = "🙂".repeat(256);
    let findings: Vec<_> = (0..1_000)
        .map(|index| Finding {
            account_id: format!("{index:012}"),
            account_name: Some(wide.as_str().into()),
            repository_name: wide.clone(),
            reason: wide.repeat(4),
            remediation: vec![wide.repeat(20); 9],
            ..samples::non_compliant()
        })
        .collect();
    let text = samples::written_of(Format::Markdown, &findings, &samples::summary_with_gaps(&findings));
    assert!(text.len() < 60_000, "{}", text.len());
    assert!(text.contains("980 more findings") || text.contains("more findings with what to do"), "{text}");
}

#[test]
fn what_fails_comes_before_what_is_not_proved() {
    let mut findings = vec![samples::unreadable(); 30];
    findings.push(samples::non_compliant());
    let text = samples::written(Format::Markdown, &findings);
    assert!(text.contains("| 1 | `team-a/web` |"), "{text}");
    assert!(text.contains("| 20 | `legacy` |") && !text.contains("| 21 |"), "{text}");
    assert!(text.contains("11 more findings with what to do: `findings.jsonl`."), "{text}");
}
