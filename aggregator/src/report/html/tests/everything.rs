//! A page with everything that one can show, which the tests in a browser open too.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::history::change::{Aspect, ChangeTotals, Facts};
use crate::summary::TemplateTotals;

/// A change that ends in `finding`.
pub(super) fn change(finding: &Finding, kind: ChangeKind) -> Change {
    let after = Facts::from(finding);
    let before = Facts {
        status: Status::NonCompliant,
        desired_encryption_level: finding.desired_encryption_level,
        ..after.clone()
    };
    let (before, after) = match kind {
        ChangeKind::New => (Some(Facts { status: Status::Compliant, ..before }), Some(after)),
        ChangeKind::Gone | ChangeKind::NoLongerSeen => (Some(before), None),
        ChangeKind::Changed | ChangeKind::Fixed | ChangeKind::Exempted => (Some(before), Some(after)),
    };
    Change {
        account_id: finding.account_id.clone(),
        account_name: finding.account_name.clone(),
        organizational_unit_path: finding.organizational_unit_path.clone(),
        region: finding.region.clone(),
        finding_type: finding.finding_type,
        repository_name: finding.repository_name.clone(),
        repository_arn: finding.repository_arn.clone(),
        change: kind,
        why: if kind == ChangeKind::New { vec![Aspect::Status, Aspect::Level] } else { vec![Aspect::KeyState] },
        open_since: finding.open_since,
        before,
        after,
    }
}

pub(super) fn totals(changes: &[Change]) -> ChangeTotals {
    let count = |kind| changes.iter().filter(|change| change.change == kind).count() as u64;
    ChangeTotals {
        since_run_id: "019ab111-0000-7000-8000-000000000000".to_owned(),
        since: "2026-11-22T13:02:00Z".parse().unwrap(),
        new: count(ChangeKind::New),
        changed: count(ChangeKind::Changed),
        fixed: count(ChangeKind::Fixed),
        exempted: count(ChangeKind::Exempted),
        gone: count(ChangeKind::Gone),
        no_longer_seen: count(ChangeKind::NoLongerSeen),
        no_longer_seen_open: count(ChangeKind::NoLongerSeen),
        newly_lost: 0,
        still_open: 41,
        oldest_open_since: Some("2026-03-01T06:00:00Z".parse().unwrap()),
    }
}

const REGIONS: [&str; 8] = [
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-west-2",
];
const UNITS: [&str; 5] = [
    "Root/Workloads/Prod",
    "Root/Workloads/Prod/Cards",
    "Root/Workloads/Staging",
    "Root/Sandbox",
    "Root/Infrastructure/Shared",
];
const ACCOUNTS: [&str; 16] = [
    "Payments",
    "Checkout",
    "Search",
    "Data lake",
    "Identity",
    "Mobile",
    "Build",
    "Observability",
    "Partners",
    "Shop",
    "pay\u{202e}sgnirs\u{200b}",
    "=cmd()|'/c calc'!A1",
    "Übersee 👩‍💻 東京",
    "Logistics",
    "Internal tools",
    "Archive",
];
const SERVICES: [&str; 6] = ["api", "web", "worker", "migrations", "proxy", "batch"];

/// A finding that depends on its numbers alone.
fn finding(account: u64, region: usize, service: usize) -> Finding {
    let mix = (account * 31 + region as u64 * 17 + service as u64 * 7) % 23;
    let heat = (account * account + region as u64 * 5) % 11;
    let base = match (mix, heat) {
        (0..=18, 0) | (0..=10, 3) | (0..=6, 5) | (2, 1..=7) => samples::non_compliant(),
        (_, 8..) => samples::compliant(),
        (4, _) => Finding {
            status: Status::NonCompliant,
            reason_code: ReasonCode::KeyPendingDeletion,
            key_state: Some("PendingDeletion".to_owned()),
            reason: "the key is scheduled for deletion".to_owned(),
            remediation: vec![
                "Cancel the deletion of the key at once: after it, no image can ever be read again. Do it in account \
                 111122223333, which owns the key KEY: aws kms cancel-key-deletion --region eu-central-1 --key-id KEY && \
                 aws kms enable-key --region eu-central-1 --key-id KEY"
                    .to_owned(),
            ],
            ..samples::compliant()
        },
        (5, _) => samples::hostile(),
        (6, _) => samples::unreadable(),
        (7, _) => samples::exempt(),
        _ => samples::compliant(),
    };
    let name = format!("{}/{}", ["shop", "pay", "core", "edge"][service % 4], SERVICES[service]);
    let account_id = format!("{}", 100_000_000_007 + account * 11_111_111_111);
    let is_open = matches!(base.status, Status::NonCompliant | Status::Undetermined);
    let since: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
    let place = |text: &str| {
        text.replace(&base.repository_name, &name)
            .replace(&base.account_id, &account_id)
            .replace(&base.region, REGIONS[region])
    };
    Finding {
        account_name: Some(ACCOUNTS[usize::try_from(account).unwrap()].into()),
        organizational_unit_path: Some(UNITS[usize::try_from(account % 5).unwrap()].into()),
        region: REGIONS[region].to_owned(),
        repository_arn: base.repository_arn.as_deref().map(place),
        kms_key: base.kms_key.as_deref().map(place),
        kms_key_arn: base.kms_key_arn.as_deref().map(place),
        reason: place(&base.reason),
        remediation: base.remediation.iter().map(|step| place(step)).collect(),
        open_since: is_open.then(|| since - SignedDuration::from_hours(24 * i64::try_from(mix * 19).unwrap())),
        repository_name: name.clone(),
        account_id: account_id.clone(),
        ..base.clone()
    }
}

/// The run of some day, whose figures get better.
fn earlier(summary: &Summary, days: u64) -> Manifest {
    let mut manifest = Manifest::of(summary);
    manifest.run_id = format!("019ab000-0000-7000-8000-{days:012}");
    manifest.started_at -= SignedDuration::from_hours(24 * i64::try_from(days).unwrap());
    let fixed_since = days * 2 + days % 5;
    manifest.by_status.non_compliant += fixed_since;
    manifest.by_status.compliant = manifest.by_status.compliant.saturating_sub(fixed_since + days / 2);
    manifest.gaps = if days % 9 == 4 { 3 } else { 0 };
    manifest
}

#[test]
fn a_page_with_everything() {
    let mut findings: Vec<Finding> = Vec::new();
    for account in 0..16 {
        for region in 0..REGIONS.len() {
            let services = if (account * 7 + region as u64 * 5).is_multiple_of(4) { 0 } else { SERVICES.len() };
            findings.extend((0..services).map(|service| finding(account, region, service)));
        }
    }
    let long = "a-name-of-two-hundred-and-fifty-six-characters/".repeat(6);
    findings.push(Finding { repository_name: long[..256].to_owned(), ..finding(2, 2, 0) });
    findings.push(Finding { repository_name: "</script><!--<b>&amp;".to_owned(), ..finding(11, 2, 1) });
    findings.push(Finding { repository_name: "evil\u{202e}lmth.gnp\u{2066}".to_owned(), ..finding(11, 3, 1) });
    for template in [samples::creation_template(), samples::pull_through_cache_rule()] {
        findings.push(Finding { account_id: findings[0].account_id.clone(), ..template });
    }
    let open: Vec<_> = findings.iter().filter(|finding| finding.open_since.is_some()).cloned().collect();
    let changes: Vec<_> = open
        .iter()
        .take(60)
        .enumerate()
        .map(|(index, finding)| {
            let kind = [
                ChangeKind::New,
                ChangeKind::Changed,
                ChangeKind::Fixed,
                ChangeKind::NoLongerSeen,
                ChangeKind::Gone,
                ChangeKind::Exempted,
            ][index % 6];
            change(finding, kind)
        })
        .collect();

    let mut summary = samples::summary_with_gaps(&findings);
    summary.changes = Some(totals(&changes));
    summary.totals.templates = Some(TemplateTotals::default());
    for finding in &findings {
        if finding.finding_type != FindingType::Repository {
            summary.totals.add(finding);
        }
    }
    summary.coverage.accounts_found = 19;
    let lost = |account: u64, region: &str| NotCovered {
        account_id: Some(format!("{}", 100_000_000_007 + account * 11_111_111_111)),
        account_name: None,
        region: Some(region.to_owned()),
        ..samples::coverage().gaps().nth(2).unwrap().clone()
    };
    let told = summary.coverage.not_covered.iter().map(std::borrow::Cow::into_owned);
    let lost = (0..16).map(|account| lost(account, REGIONS[usize::try_from(account % 8).unwrap()])).filter(|gap| {
        !findings.iter().any(|finding| {
            Some(&finding.account_id) == gap.account_id.as_ref() && Some(&finding.region) == gap.region.as_ref()
        })
    });
    summary.coverage.not_covered = told.chain(lost).collect();
    let targets = (0..16_u64).map(|account| AccountTargets {
        account_id: format!("{}", 100_000_000_007 + account * 11_111_111_111),
        account_name: None,
        organizational_unit_path: None,
        regions: REGIONS.iter().take(7).map(|region| ((*region).to_owned(), 0)).collect(),
    });
    let mut trend: Vec<_> = (1..=24).rev().map(|days| earlier(&summary, days)).collect();
    trend.push(Manifest::of(&summary));
    let beside = Beside { changes, targets: targets.collect(), trend };
    let page = page_with(&findings, &summary, FINDINGS, &beside);

    let body = body(&page);
    for told in [
        "No longer seen",
        "were not seen now",
        "a loss of coverage, and no fix",
        "The figures of 25 runs",
        "class=\"unseen\"",
        "class=\"empty\"",
        "class=\"h5\"",
    ] {
        assert!(body.contains(told), "{told}");
    }
    let changes = &body[position(body, "<section id=\"changes\"")..];
    insta::assert_snapshot!(&changes[..2_500]);
    let heat = &body[position(body, "<table class=\"heat\"")..];
    insta::assert_snapshot!(&heat[..3_500]);
}
