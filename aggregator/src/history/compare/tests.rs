use std::collections::BTreeSet;

use ecr_encryption_core::{EncryptionLevel, ReasonCode};
use rstest::rstest;

use super::super::change::Aspect;
use super::*;
use crate::report::samples;

const OLD: &str = "2026-11-01T08:00:00Z";
const NEW: &str = "2026-11-02T08:00:00Z";
const OLDER: &str = "2026-10-01T08:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A run as it is kept.
#[derive(Debug, Clone, Default)]
struct Kept {
    findings: Vec<Finding>,
    changes: Vec<Change>,
    targets: Vec<AccountTargets>,
}

/// A finding on a repository of which AWS always says the same.
fn finding(account: u8, region: &str, name: &str, status: Status) -> Finding {
    let reason_code = match status {
        Status::Compliant => ReasonCode::LevelMet,
        Status::NonCompliant => ReasonCode::BelowDesiredLevel,
        Status::Undetermined => ReasonCode::LevelNotProvable,
        Status::Exempt => ReasonCode::ExemptByTag,
    };
    Finding {
        account_id: format!("{account:012}"),
        region: region.to_owned(),
        repository_name: name.to_owned(),
        status,
        reason_code,
        ..samples::compliant()
    }
}

fn targets(account: u8, regions: &[&str]) -> AccountTargets {
    AccountTargets {
        account_id: format!("{account:012}"),
        account_name: None,
        organizational_unit_path: None,
        regions: regions.iter().map(|region| ((*region).to_owned(), 0)).collect(),
    }
}

fn earlier(run: &Kept, started_at: &str) -> EarlierRun {
    EarlierRun {
        id: "old".to_owned(),
        started_at: at(started_at),
        findings: Box::new(run.findings.clone().into_iter().map(Ok)),
        unseen: Box::new(run.changes.clone().into_iter().map(Ok)),
    }
}

/// Joins two runs; the later one is given its changes, and its findings since when they are open.
fn join_with(old: &Kept, new: &mut Kept, with_templates: bool, most: usize) -> io::Result<ChangeTotals> {
    let later = LaterRun { started_at: at(NEW), with_templates, folder: std::env::temp_dir() };
    let mut join = ChangeJoin::open(earlier(old, OLD), later)?;
    join.pending.hold_at_most(most);
    let mut changes = Vec::new();
    let mut emit = |change: &Change| {
        changes.push(change.clone());
        Ok(())
    };
    let mut accounts: BTreeSet<String> = new.findings.iter().map(|finding| finding.account_id.clone()).collect();
    accounts.extend(new.targets.iter().map(|targets| targets.account_id.clone()));
    for account in accounts {
        for finding in new.findings.iter_mut().filter(|finding| finding.account_id == account) {
            join.finding(finding, &mut emit)?;
        }
        if let Some(targets) = new.targets.iter().find(|targets| targets.account_id == account) {
            join.account(targets, &mut emit)?;
        }
    }
    let totals = join.finish(&mut emit)?;
    new.changes = changes;
    Ok(totals)
}

fn join(old: &Kept, new: &mut Kept) -> ChangeTotals {
    join_with(old, new, true, 4_096).unwrap()
}

/// The change of a lone repository; what is `None` is not there. The Region is read whole where `whole` says so.
fn lone(before: Option<Finding>, after: Option<Finding>, whole: bool) -> (Vec<Change>, Vec<Finding>) {
    let old = Kept { findings: before.into_iter().collect(), ..Kept::default() };
    let targets = if whole { vec![targets(1, &["eu-west-1"])] } else { Vec::new() };
    let mut new = Kept { findings: after.into_iter().collect(), targets, ..Kept::default() };
    join(&old, &mut new);
    (new.changes, new.findings)
}

use Status::{Compliant as C, Exempt as E, NonCompliant as N, Undetermined as U};

#[rstest]
#[case::complies_still(Some(C), Some(C), None)]
#[case::exempt_now(Some(C), Some(E), None)]
#[case::exempt_no_more(Some(E), Some(C), None)]
#[case::exempt_still(Some(E), Some(E), None)]
#[case::open_still(Some(N), Some(N), None)]
#[case::unproved_still(Some(U), Some(U), None)]
#[case::failed_now(Some(C), Some(N), Some(ChangeKind::New))]
#[case::unproved_now(Some(C), Some(U), Some(ChangeKind::New))]
#[case::exemption_ended(Some(E), Some(N), Some(ChangeKind::New))]
#[case::exemption_ended_unproved(Some(E), Some(U), Some(ChangeKind::New))]
#[case::was_not_there(None, Some(N), Some(ChangeKind::New))]
#[case::was_not_there_unproved(None, Some(U), Some(ChangeKind::New))]
#[case::was_not_there_and_complies(None, Some(C), None)]
#[case::was_not_there_and_exempt(None, Some(E), None)]
#[case::proved_now(Some(U), Some(N), Some(ChangeKind::Changed))]
#[case::no_longer_proved(Some(N), Some(U), Some(ChangeKind::Changed))]
#[case::fixed(Some(N), Some(C), Some(ChangeKind::Fixed))]
#[case::proved_to_comply(Some(U), Some(C), Some(ChangeKind::Fixed))]
#[case::exempted(Some(N), Some(E), Some(ChangeKind::Exempted))]
#[case::exempted_unproved(Some(U), Some(E), Some(ChangeKind::Exempted))]
#[case::gone(Some(N), None, Some(ChangeKind::Gone))]
#[case::gone_unproved(Some(U), None, Some(ChangeKind::Gone))]
#[case::nobody_misses(Some(C), None, None)]
#[case::nobody_misses_exempt(Some(E), None, None)]
fn what_becomes_of_a_finding(
    #[case] before: Option<Status>,
    #[case] after: Option<Status>,
    #[case] expected: Option<ChangeKind>,
) {
    let of = |status: Option<Status>| status.map(|status| finding(1, "eu-west-1", "app", status));
    let (changes, findings) = lone(of(before), of(after), true);
    assert_eq!(changes.iter().map(|change| change.change).collect::<Vec<_>>(), Vec::from_iter(expected));
    let was_open = before.is_some_and(is_open);
    for change in &changes {
        assert_eq!(change.before.as_ref().map(|facts| facts.status), before);
        assert_eq!(change.after.as_ref().map(|facts| facts.status), after);
        assert_eq!(change.open_since, Some(at(if was_open { OLD } else { NEW })));
        assert_eq!(change.why.is_empty(), before.is_none() || after.is_none());
    }
    for finding in findings {
        let expected = is_open(finding.status).then(|| at(if was_open { OLD } else { NEW }));
        assert_eq!(finding.open_since, expected);
    }
    // Where the Region was not read whole, what is seen is told all the same, and what is not seen was lost.
    let (partial, _) = lone(of(before), of(after), false);
    match (before, after) {
        (Some(_), None) => assert!(matches!(&*partial, [one] if one.change == ChangeKind::NoLongerSeen)),
        _ => assert_eq!(partial, changes),
    }
}

#[test]
fn another_level_is_a_change_with_its_reason() {
    let before = finding(1, "eu-west-1", "app", N);
    let after = Finding { encryption_level: Some(EncryptionLevel::Sse), ..before.clone() };
    let (changes, _) = lone(Some(before), Some(after), true);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].change, &*changes[0].why), (ChangeKind::Changed, &[Aspect::Level][..]));
}

#[rstest]
#[case::open_still(N, N, &[ChangeKind::Gone, ChangeKind::New])]
#[case::fixed_by_it(N, C, &[ChangeKind::Fixed])]
#[case::exempt_now(N, E, &[ChangeKind::Exempted])]
#[case::made_worse_by_it(C, N, &[ChangeKind::New])]
#[case::complies(C, C, &[])]
fn deleted_and_created_anew(#[case] before: Status, #[case] after: Status, #[case] expected: &[ChangeKind]) {
    let before = finding(1, "eu-west-1", "app", before);
    let after = Finding { created_at: Some(at("2026-11-01T12:00:00Z")), ..finding(1, "eu-west-1", "app", after) };
    let (changes, findings) = lone(Some(before.clone()), Some(after.clone()), true);
    assert_eq!(changes.iter().map(|change| change.change).collect::<Vec<_>>(), expected);
    if expected.len() == 2 {
        assert_eq!(findings[0].open_since, Some(at(NEW)));
        assert_eq!((&changes[0].after, &changes[1].before), (&None, &None));
        // ECR tells fractions of a second, and AWS Config another time.
        let finer =
            Finding { created_at: before.created_at.map(|at| at + jiff::SignedDuration::from_millis(7)), ..after };
        assert_eq!(lone(Some(before.clone()), Some(finer.clone()), true).0, []);
        let recorded = Finding { created_at: Some(at(OLDER)), recorded_at: Some(at(OLD)), ..finer };
        assert_eq!(lone(Some(before), Some(recorded), true).0, []);
    }
}

/// Run after run: open, then its account is lost twice, then it is seen again.
#[test]
fn what_was_lost_keeps_its_age_until_it_is_seen() {
    let open = Finding { open_since: Some(at(OLDER)), ..finding(2, "eu-west-1", "app", N) };
    let complies = finding(2, "eu-west-1", "tool", C);
    let mut run = Kept { findings: vec![open, complies], ..Kept::default() };
    for _ in 0..2 {
        let mut lost =
            Kept { targets: vec![targets(1, &["eu-west-1"]), targets(3, &["eu-west-1"])], ..Kept::default() };
        let totals = join(&run, &mut lost);
        assert_eq!((totals.no_longer_seen, totals.no_longer_seen_open, totals.gone), (2, 1, 0));
        assert_eq!(lost.changes[0].open_since, Some(at(OLDER)));
        assert_eq!(lost.changes[0].before.as_ref().map(|facts| facts.status), Some(N));
        run = lost;
    }
    let whole = [targets(2, &["eu-west-1"])];
    let findings = [("app", N), ("tool", N)].map(|(name, status)| finding(2, "eu-west-1", name, status));
    let mut seen = Kept { findings: findings.to_vec(), targets: whole.to_vec(), ..Kept::default() };
    let totals = join(&run, &mut seen);
    assert_eq!((totals.still_open, totals.new, totals.oldest_open_since), (1, 1, Some(at(OLDER))));
    assert_eq!(
        seen.findings.iter().map(|finding| finding.open_since).collect::<Vec<_>>(),
        [Some(at(OLDER)), Some(at(NEW))]
    );
    let mut emptied = Kept { targets: whole.to_vec(), ..Kept::default() };
    let totals = join(&run, &mut emptied);
    assert_eq!((totals.gone, totals.no_longer_seen), (1, 0), "what complied is dropped");
}

#[test]
fn what_the_earlier_run_saw_counts_where_it_says_that_it_did_not() {
    let seen = finding(1, "eu-west-1", "app", C);
    let mut lost = Kept::default();
    join(&Kept { findings: vec![finding(1, "eu-west-1", "app", N)], ..Kept::default() }, &mut lost);
    let both = Kept { findings: vec![seen], changes: lost.changes, ..Kept::default() };
    let mut new = Kept { targets: vec![targets(1, &["eu-west-1"])], ..Kept::default() };
    join(&both, &mut new);
    assert_eq!(new.changes, []);
}

#[test]
fn templates_that_were_not_looked_for_are_not_gone() {
    let template = Finding { finding_type: FindingType::RepositoryCreationTemplate, ..finding(1, "eu-west-1", "a", N) };
    let old = Kept { findings: vec![finding(1, "eu-west-1", "b", N), template], ..Kept::default() };
    let mut new = Kept { targets: vec![targets(1, &["eu-west-1"])], ..Kept::default() };
    for (with_templates, gone, no_longer_seen) in [(true, 2, 0), (false, 1, 1)] {
        let totals = join_with(&old, &mut new, with_templates, 4_096).unwrap();
        assert_eq!((totals.gone, totals.no_longer_seen), (gone, no_longer_seen));
    }
}

#[test]
fn since_when_it_is_open_is_kept_where_the_run_knows() {
    let before = finding(1, "eu-west-1", "app", N);
    let known = Finding { open_since: Some(at(OLDER)), ..finding(1, "eu-west-1", "app", N) };
    assert_eq!(lone(Some(before), Some(known), true).1[0].open_since, Some(at(OLDER)));
    let complies = Finding { open_since: Some(at(OLDER)), ..finding(1, "eu-west-1", "app", C) };
    assert_eq!(lone(None, Some(complies), true).1[0].open_since, None);
}

#[rstest]
#[case::names(&[(1, "eu-west-1", "b"), (1, "eu-west-1", "a")])]
#[case::twice(&[(1, "eu-west-1", "a"), (1, "eu-west-1", "a")])]
#[case::regions(&[(1, "us-east-1", "a"), (1, "eu-west-1", "b")])]
#[case::accounts(&[(2, "eu-west-1", "a"), (1, "eu-west-1", "b")])]
fn what_is_out_of_order_is_an_error(#[case] places: &[(u8, &str, &str)]) {
    let later = LaterRun { started_at: at(NEW), with_templates: false, folder: std::env::temp_dir() };
    let mut join = ChangeJoin::open(earlier(&Kept::default(), OLD), later).unwrap();
    let mut findings = places.iter().map(|(account, region, name)| finding(*account, region, name, C));
    join.finding(&mut findings.next().unwrap(), &mut |_| Ok(())).unwrap();
    let error = join.finding(&mut findings.next().unwrap(), &mut |_| Ok(())).unwrap_err();
    assert!(error.to_string().ends_with("is out of order"), "{error}");
}

#[test]
fn an_account_is_closed_once() {
    let later = LaterRun { started_at: at(NEW), with_templates: false, folder: std::env::temp_dir() };
    let mut join = ChangeJoin::open(earlier(&Kept::default(), OLD), later).unwrap();
    let mut emit = |_: &Change| Ok(());
    join.account(&targets(2, &["eu-west-1"]), &mut emit).unwrap();
    join.account(&targets(2, &["eu-west-1"]), &mut emit).unwrap_err();
    join.account(&targets(1, &["eu-west-1"]), &mut emit).unwrap_err();
    join.finding(&mut finding(2, "eu-west-1", "late", C), &mut emit).unwrap_err();
    join.finding(&mut finding(3, "eu-west-1", "next", C), &mut emit).unwrap();
}

#[test]
fn an_earlier_run_that_cannot_be_read_ends_the_join() {
    let broken = EarlierRun {
        findings: Box::new([Ok(finding(1, "eu-west-1", "a", N)), Err(invalid("line 2"))].into_iter()),
        ..earlier(&Kept::default(), OLD)
    };
    let later = LaterRun { started_at: at(NEW), with_templates: false, folder: std::env::temp_dir() };
    let join = ChangeJoin::open(broken, later).unwrap();
    assert_eq!(join.finish(&mut |_| Ok(())).unwrap_err().to_string(), "line 2");
}

mod properties;
