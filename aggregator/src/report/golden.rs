//! One organization that every text format is shown with: a finding of each kind, and names that try to get out of theirs.

use std::fs;

use ecr_encryption_core::{EncryptionLevel, ReasonCode, Status};

use super::{Ending, Format, samples};
use crate::finding::Finding;
use crate::history::change::{Aspect, Change, ChangeKind, ChangeTotals, Facts};
use crate::history::manifest::Manifest;
use crate::history::targets::AccountTargets;
use crate::summary::Summary;

/// The findings, in the order in which a run gives them.
pub(super) fn findings() -> Vec<Finding> {
    let at = |text: &str| Some(text.parse().unwrap());
    let mut findings = samples::findings_with_templates();
    let hostile = |name: &str, account: &str, reason: &str| Finding {
        account_id: "444455556666".to_owned(),
        account_name: Some(account.into()),
        organizational_unit_path: Some("Root/</script>/=cmd()".into()),
        repository_name: name.to_owned(),
        repository_arn: Some(format!("arn:aws:ecr:eu-central-1:444455556666:repository/{name}")),
        reason: reason.to_owned(),
        remediation: vec![format!("Replace {name}"), "Then `scan` again | @here <!channel> #1\u{1b}[31m".to_owned()],
        ..samples::non_compliant()
    };
    let account = "=cmd()|' /C calc'!A0 🙂 </script>";
    findings.extend([
        hostile("</script><script>alert(1)</script>", account, "]]> \u{202e}gnp.exe {0} [link](1) `a``b`"),
        Finding {
            encryption_level: Some(EncryptionLevel::AwsCmk),
            status: Status::NonCompliant,
            reason_code: ReasonCode::KeyPendingDeletion,
            open_since: at("2026-11-20T06:00:00Z"),
            ..hostile("=cmd()", account, "\u{0}\u{b}\u{fffe}the key is scheduled for deletion")
        },
        hostile(&"a".repeat(256), account, "+1 @team <!here> <@U1>"),
        Finding { open_since: at("2026-11-23T13:02:00Z"), ..hostile("\u{200f}א\u{202e}b", account, "-\ta\r\nb") },
    ]);
    findings
}

/// What has changed since the run before.
pub(super) fn changes() -> Vec<Change> {
    let of = |finding: &Finding, change, why, before| Change {
        account_id: finding.account_id.clone(),
        account_name: finding.account_name.clone(),
        organizational_unit_path: finding.organizational_unit_path.clone(),
        region: finding.region.clone(),
        finding_type: finding.finding_type,
        repository_name: finding.repository_name.clone(),
        repository_arn: finding.repository_arn.clone(),
        change,
        why,
        open_since: finding.open_since,
        before,
        after: (!matches!(change, ChangeKind::Gone | ChangeKind::NoLongerSeen)).then(|| Facts::from(finding)),
    };
    let findings = findings();
    let last = findings.last().unwrap();
    let gone = Finding { repository_name: "team-a/gone | `x`".to_owned(), ..samples::non_compliant() };
    let unseen = Finding { account_id: "555566667777".to_owned(), ..samples::non_compliant() };
    vec![
        of(&gone, ChangeKind::Gone, Vec::new(), Some(Facts::from(&gone))),
        of(last, ChangeKind::New, vec![Aspect::Status], Some(Facts::from(&samples::compliant()))),
        of(&unseen, ChangeKind::NoLongerSeen, Vec::new(), Some(Facts::from(&unseen))),
    ]
}

/// What was read whole.
pub(super) fn targets() -> Vec<AccountTargets> {
    let mut targets: Vec<AccountTargets> = Vec::new();
    for finding in findings() {
        if targets.last().is_none_or(|account| account.account_id != finding.account_id) {
            targets.push(AccountTargets {
                account_id: finding.account_id,
                account_name: finding.account_name,
                organizational_unit_path: finding.organizational_unit_path,
                regions: [("us-west-2".to_owned(), 0)].into(),
            });
        }
        *targets.last_mut().unwrap().regions.entry(finding.region).or_default() += 1;
    }
    targets
}

/// The summary, with gaps and with what has changed.
pub(super) fn summary() -> Summary {
    let changes = ChangeTotals {
        since_run_id: "019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6070".to_owned(),
        since: "2026-11-22T13:02:00Z".parse().unwrap(),
        new: 1,
        changed: 0,
        fixed: 2,
        exempted: 0,
        gone: 1,
        no_longer_seen: 1,
        no_longer_seen_open: 1,
        newly_lost: 0,
        still_open: 6,
        oldest_open_since: Some("2026-11-20T06:00:00Z".parse().unwrap()),
    };
    Summary { changes: Some(changes), ..samples::summary_with_gaps(&findings()) }
}

/// What a file of `format` holds for all that.
pub(super) fn written(format: Format) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format.file_name());
    let summary = summary();
    let mut writer = format.writer(&path, &summary.run).unwrap();
    let (findings, changes) = (findings(), changes());
    for account in targets() {
        let of = |id: &str| id == account.account_id;
        findings.iter().filter(|one| of(&one.account_id)).for_each(|one| writer.finding(one).unwrap());
        changes.iter().filter(|one| of(&one.account_id)).for_each(|one| writer.change(one).unwrap());
        writer.account(&account).unwrap();
    }
    // Of an account that was not read at all.
    writer.change(changes.last().unwrap()).unwrap();
    writer.finish(&Ending { summary: &summary, trend: &[Manifest::of(&summary)] }).unwrap();
    fs::read_to_string(path).unwrap()
}
