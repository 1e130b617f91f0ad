use rstest::rstest;

use super::*;
use crate::doctor::book::Place;
use crate::doctor::problem::Problem;
use crate::doctor::samples;

#[rstest]
#[case::all_right(&[], None, Verdict::Ready, ExitStatus::Clean)]
#[case::to_come(&[State::ToCome], None, Verdict::Ready, ExitStatus::Clean)]
#[case::unknown(&[State::ToCome, State::Unknown], None, Verdict::Unknown, ExitStatus::Incomplete)]
#[case::missing(&[State::Missing, State::Unknown, State::ToCome], None, Verdict::NotReady, ExitStatus::NonCompliant)]
// What was not looked at is not all right.
#[case::ended_early(&[], Some(false), Verdict::Unknown, ExitStatus::Incomplete)]
#[case::stopped(&[], Some(true), Verdict::Unknown, ExitStatus::Stopped)]
#[case::stopped_with_something_missing(&[State::Missing], Some(true), Verdict::NotReady, ExitStatus::Stopped)]
fn verdicts(
    #[case] states: &[State],
    #[case] interrupted: Option<bool>,
    #[case] verdict: Verdict,
    #[case] status: ExitStatus,
) {
    let mut diagnosis = samples::diagnosis(|book, _| {
        for state in states {
            let problem = match state {
                State::Missing => Problem::missing("x"),
                State::Unknown => Problem::unknown("x"),
                State::ToCome => Problem::to_come("x"),
            };
            book.tell(Check::Role, Place::default(), [problem]);
        }
    });
    if let Some(was_stopped) = interrupted {
        diagnosis.was_stopped = was_stopped;
        diagnosis.preflight.interruption = Some("why".to_owned());
    }
    assert_eq!((diagnosis.verdict(), diagnosis.exit_status()), (verdict, status));
}

#[test]
fn the_document_has_every_place_and_its_own_commands() {
    let diagnosis = samples::everything();
    let document = serde_json::to_value(diagnosis.document()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 8);
    for finding in findings.iter().filter(|finding| finding["check"] == "recorder") {
        let commands = finding["commands"].to_string();
        for field in ["account_id", "region"] {
            assert!(commands.contains(finding[field].as_str().unwrap()), "{finding}");
        }
    }
    let counted: u64 = document["checks"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|check| ["to_come", "missing", "unknown"].map(|state| check[state].as_u64().unwrap()))
        .sum();
    assert_eq!(counted, findings.len() as u64);
}
