//! Texts that differ from finding to finding only in what the finding says elsewhere: with places left open for that, they
//! are the same.

use std::borrow::Cow;

use crate::finding::Finding;

/// Begins a text in which nothing was left open.
const AS_IT_IS: char = '\u{7}';

/// What stands for which column, in the order in which they are looked for. The page's script has the same list.
const OPEN: [char; 6] = ['\u{1}', '\u{2}', '\u{3}', '\u{4}', '\u{5}', '\u{6}'];

/// The texts that a finding says elsewhere, those first that contain the others.
pub(super) struct Places<'a>([Option<&'a str>; 6]);

impl<'a> Places<'a> {
    pub(super) fn of(finding: &'a Finding) -> Self {
        Self([
            finding.repository_arn.as_deref(),
            finding.kms_key_arn.as_deref(),
            finding.kms_key.as_deref(),
            Some(&finding.repository_name),
            Some(&finding.account_id),
            Some(&finding.region),
        ])
    }

    /// The same without the ARN, for the ARN itself.
    pub(super) fn without_arn(mut self) -> Self {
        if let Some(arn) = self.0.first_mut() {
            *arn = None;
        }
        self
    }

    /// `text` with open places.
    pub(super) fn open<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let is_mark = |character: char| character <= AS_IT_IS;
        if text.contains(is_mark) {
            return Cow::Owned(format!("{AS_IT_IS}{text}"));
        }
        let mut open = Cow::Borrowed(text);
        for (place, mark) in self.0.iter().zip(OPEN) {
            let Some(place) = place.filter(|place| !place.is_empty() && !place.contains(is_mark)) else { continue };
            if open.contains(place) {
                open = Cow::Owned(open.replace(place, mark.encode_utf8(&mut [0; 4])));
            }
        }
        open
    }

    /// The text again.
    #[cfg(test)]
    pub(super) fn fill(&self, open: &str) -> String {
        if let Some(text) = open.strip_prefix(AS_IT_IS) {
            return text.to_owned();
        }
        let mut text = String::new();
        for character in open.chars() {
            match OPEN.iter().position(|mark| *mark == character) {
                Some(index) => text.push_str(self.0[index].unwrap_or_default()),
                None => text.push(character),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::samples;

    #[test]
    fn the_steps_of_two_repositories_are_the_same() {
        let one = samples::non_compliant();
        let mut other = Finding { repository_name: "other/name".to_owned(), ..one.clone() };
        other.repository_arn = one.repository_arn.as_ref().map(|arn| arn.replace(&one.repository_name, "other/name"));
        for step in &one.remediation {
            let theirs = step.replace(&one.repository_name, "other/name");
            assert_eq!(Places::of(&one).open(step), Places::of(&other).open(&theirs));
        }
        let arns = [&one, &other].map(|finding| {
            let arn = finding.repository_arn.as_deref().unwrap();
            Places::of(finding).without_arn().open(arn).into_owned()
        });
        assert_eq!(arns[0], arns[1]);
    }

    proptest! {
        #[test]
        fn a_text_comes_back_as_it_was(
            text in "[ab:/\u{1}-\u{7} ]{0,40}", name in "[ab/\u{4}]{0,3}", account in "[ab]{1,2}", key in "[ab:]{0,4}"
        ) {
            let finding = Finding {
                repository_name: name, account_id: account, kms_key: Some(key), repository_arn: Some("a:b".to_owned()),
                ..samples::compliant()
            };
            let places = Places::of(&finding);
            let open = places.open(&text).into_owned();
            prop_assert_eq!(places.fill(&open), text.clone());
            let places = Places::of(&finding).without_arn();
            let open = places.open(&text).into_owned();
            prop_assert_eq!(places.fill(&open), text);
        }
    }
}
