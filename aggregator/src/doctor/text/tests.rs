use super::*;
use crate::doctor::samples;

fn shown(diagnosis: &Diagnosis) -> String {
    let mut out = Vec::new();
    write(&mut out, diagnosis).unwrap();
    let text = anstream::adapter::strip_bytes(&out).into_vec();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'), "something steers the terminal");
    text
}

#[test]
fn something_of_everything() {
    let text = shown(&samples::everything());
    insta::assert_snapshot!(text);
    for line in text.lines().filter(|line| !line.contains("aws ")) {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
}

#[test]
fn nothing_wrong() {
    insta::assert_snapshot!(shown(&samples::diagnosis(|_, _| {})));
}

#[test]
fn an_interrupted_one() {
    let mut diagnosis = samples::diagnosis(|_, _| {});
    diagnosis.preflight.interruption = Some("it was stopped".to_owned());
    diagnosis.preflight.organization_id = None;
    diagnosis.preflight.note =
        Some("AWS Organizations is not in use: looking at the caller's account 111111111111 alone".to_owned());
    diagnosis.found.accounts.checked = 1;
    insta::assert_snapshot!(shown(&diagnosis));
}
