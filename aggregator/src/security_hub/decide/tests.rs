use rstest::rstest;

use super::*;
use crate::finding::Finding;
use crate::report::samples;
use crate::security_hub::asff::GONE;
use crate::security_hub::compose::compose;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn now() -> Timestamp {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

/// What Security Hub has of a finding that was brought so many days ago.
fn kept(finding: &Finding, days: i32) -> HubFinding {
    let mut asff = compose(finding);
    asff.updated_at = asff_time(now() - DAY * days);
    asff.created_at = "2026-01-01T00:00:00.000Z".to_owned();
    asff.first_observed_at = "2025-12-31T00:00:00.000Z".to_owned();
    asff.product_fields.insert("aws/securityhub/ProductName".to_owned(), "Default".to_owned());
    HubFinding { finding: asff, workflow: Workflow::New, note: None }
}

fn archive(mut known: HubFinding, gone: bool) -> HubFinding {
    known.finding.record_state = RecordState::Archived;
    if gone {
        known.finding.product_fields.insert(GONE.to_owned(), "yes".to_owned());
    }
    known
}

fn decided(finding: &Finding, known: &HubFinding) -> Decision {
    decide(compose(finding), Some(&Known::of(known)), None, now())
}

#[test]
fn what_is_not_there_is_brought() {
    let Decision { import: Some((asff, Import::New)), workflow: None } =
        decide(compose(&samples::non_compliant()), None, None, now())
    else {
        panic!("it is not brought");
    };
    assert_eq!(asff.updated_at, "2026-11-23T14:00:00.000Z");
    assert!(asff.severity.is_some() && !asff.types.is_empty());
}

#[test]
fn what_is_there_is_not_brought_again() {
    let finding = samples::non_compliant();
    let later = Finding { evaluated_at: now(), ..finding.clone() };
    assert_eq!(decided(&later, &kept(&finding, 59)), Decision { import: None, workflow: None });
}

#[test]
fn what_has_changed_keeps_its_beginning_and_leaves_severity_and_types_to_users() {
    let changed = Finding { reason: "another".to_owned(), ..samples::non_compliant() };
    let Some((asff, Import::Changed)) = decided(&changed, &kept(&samples::non_compliant(), 1)).import else {
        panic!("it is not brought");
    };
    assert_eq!((asff.description.as_str(), asff.record_state), ("another", RecordState::Active));
    assert_eq!(asff.created_at, "2026-01-01T00:00:00.000Z");
    assert_eq!(asff.first_observed_at, "2025-12-31T00:00:00.000Z");
    assert_eq!((asff.severity, asff.types.len()), (None, 0));
    assert_eq!(asff.finding_provider_fields, compose(&changed).finding_provider_fields);
}

/// Active findings are forgotten after 90 days, archived ones after 30.
#[rstest]
#[case::young(false, 59, None)]
#[case::old(false, 60, Some(Import::Refreshed))]
#[case::archived_and_young(true, 19, None)]
#[case::archived_and_old(true, 20, Some(Import::Refreshed))]
fn what_would_be_forgotten_is_brought_again(
    #[case] archived: bool,
    #[case] days: i32,
    #[case] expected: Option<Import>,
) {
    let finding = samples::non_compliant();
    let known = kept(&finding, days);
    let known = if archived { archive(known, false) } else { known };
    let import = decided(&finding, &known).import;
    assert_eq!(import.as_ref().map(|(_, import)| *import), expected);
    if let Some((asff, _)) = import {
        assert_eq!(asff.record_state, known.finding.record_state);
    }
}

#[rstest]
#[case::a_user_has_put_it_away(false, samples::non_compliant(), RecordState::Archived)]
#[case::it_was_gone_and_is_back(true, samples::non_compliant(), RecordState::Active)]
#[case::it_passed_then(false, samples::compliant(), RecordState::Active)]
fn archived_findings_that_have_changed(#[case] gone: bool, #[case] before: Finding, #[case] expected: RecordState) {
    let after = Finding { reason: "another".to_owned(), ..samples::non_compliant() };
    let known = archive(kept(&before, 1), gone);
    let Some((asff, Import::Changed)) = decided(&after, &known).import else { panic!("it is not brought") };
    assert_eq!(asff.record_state, expected);
    assert!(!asff.is_gone());
}

#[test]
fn what_is_back_unchanged_is_brought_all_the_same() {
    let finding = samples::non_compliant();
    assert!(matches!(decided(&finding, &archive(kept(&finding, 1), true)).import, Some((_, Import::Changed))));
}

#[test]
fn what_is_gone_says_what_it_said_last() {
    let known = kept(&samples::non_compliant(), 1);
    let asff = archived(known.finding.clone(), &Known::of(&known), now());
    assert_eq!((asff.record_state, asff.is_gone()), (RecordState::Archived, true));
    assert_eq!(asff.description, known.finding.description);
    // AWS's own keys are not ours to send.
    assert!(asff.product_fields.keys().all(|key| key.starts_with("ecr-encryption/")));
    assert_eq!(asff.severity, None);
}

#[test]
fn updates_are_later_than_what_is_there_whatever_the_clock_says() {
    let changed = Finding { reason: "another".to_owned(), ..samples::non_compliant() };
    let Some((asff, _)) = decided(&changed, &kept(&samples::non_compliant(), -2)).import else {
        panic!("it is not brought");
    };
    assert_eq!(asff.updated_at, "2026-11-25T14:00:00.001Z");
}

const OURS: &str = "Suppressed because the policy exempts it: by name";

fn suppress() -> WorkflowChange {
    WorkflowChange::Suppress(OURS.to_owned())
}

fn take_back() -> WorkflowChange {
    WorkflowChange::TakeBack(NO_LONGER_EXEMPT.to_owned())
}

#[rstest]
#[case::untouched(Workflow::New, None, Some("by name"), Some(suppress()))]
#[case::ours_already(Workflow::Suppressed, Some((AUTHOR, OURS)), Some("by name"), None)]
#[case::for_another_reason(Workflow::Suppressed, Some((AUTHOR, "Suppressed because the policy exempts it: by tag")), Some("by name"), Some(suppress()))]
#[case::exempt_once_more(Workflow::New, Some((AUTHOR, NO_LONGER_EXEMPT)), Some("by name"), Some(suppress()))]
#[case::exempt_no_more(Workflow::Suppressed, Some((AUTHOR, OURS)), None, Some(take_back()))]
#[case::a_user_has_set_it_back(Workflow::New, Some((AUTHOR, OURS)), Some("by name"), None)]
#[case::a_user_works_on_it(Workflow::Notified, None, Some("by name"), None)]
#[case::a_user_has_resolved_it(Workflow::Resolved, Some((AUTHOR, OURS)), Some("by name"), None)]
#[case::a_user_has_suppressed_it(Workflow::Suppressed, None, Some("by name"), None)]
#[case::a_user_has_suppressed_it_and_it_fails(Workflow::Suppressed, None, None, None)]
#[case::a_user_took_over_the_note(Workflow::Suppressed, Some(("alice", OURS)), None, None)]
#[case::a_user_has_a_note(Workflow::New, Some(("alice", "mine")), Some("by name"), None)]
#[case::unknown_to_us(Workflow::Unknown, None, Some("by name"), None)]
#[case::nothing_to_do(Workflow::New, None, None, None)]
fn workflows(
    #[case] workflow: Workflow,
    #[case] note: Option<(&str, &str)>,
    #[case] exemption: Option<&str>,
    #[case] expected: Option<WorkflowChange>,
) {
    let finding = samples::exempt();
    let note = note.map(|(by, text)| Note { text: text.to_owned(), updated_by: by.to_owned() });
    let known = Known::of(&HubFinding { workflow, note, ..kept(&finding, 1) });
    let decision = decide(compose(&finding), Some(&known), exemption, now());
    assert_eq!(decision.workflow, expected);
}

#[test]
fn what_is_exempt_and_new_is_suppressed() {
    let decision = decide(compose(&samples::exempt()), None, Some("by name"), now());
    assert_eq!(decision.workflow, Some(suppress()));
}

#[test]
fn notes_fit() {
    let why = "🔐".repeat(600);
    let Some(WorkflowChange::Suppress(text)) = workflow(None, Some(&why)) else { panic!("not suppressed") };
    assert_eq!(text.chars().count(), limits::NOTE);
    let known = Known::of(&HubFinding {
        workflow: Workflow::Suppressed,
        note: Some(Note { text, updated_by: AUTHOR.to_owned() }),
        ..kept(&samples::exempt(), 1)
    });
    assert_eq!(workflow(Some(&known), Some(&why)), None);
}
