//! Words that a shell takes as they are meant, whatever is in them: names come from AWS, where others gave them.

use std::fmt::Write as _;

use crate::report::terminal::layout::is_obeyed;

/// `text` as one word of a POSIX shell; with characters that steer a terminal, of bash, zsh and ksh.
pub fn word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter) || is_mark(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if !text.chars().any(is_obeyed) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut quoted = String::from("$'");
    for letter in text.chars() {
        match letter {
            '\'' | '\\' => quoted.extend(['\\', letter]),
            letter if is_obeyed(letter) => {
                // Writing into a string cannot fail.
                let _infallible = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('\'');
    quoted
}

/// Stands for the account's id in a text that holds for other accounts too.
const ACCOUNT: char = '\u{e000}';
/// Stands for the Region.
const REGION: char = '\u{e001}';

fn is_mark(letter: char) -> bool {
    matches!(letter, ACCOUNT | REGION)
}

/// `text` about a place, so that it is the same for every place of which the same is said.
pub fn general(text: &str, account_id: Option<&str>, region: Option<&str>) -> String {
    let text = match account_id {
        Some(id) if !id.is_empty() => text.replace(id, ACCOUNT.encode_utf8(&mut [0; 4])),
        _ => text.to_owned(),
    };
    match region {
        Some(region) if !region.is_empty() => text.replace(region, REGION.encode_utf8(&mut [0; 4])),
        _ => text,
    }
}

/// Whether a text is another one at another place.
pub fn differs(text: &str) -> bool {
    text.chars().any(is_mark)
}

/// A general text, said of one place.
pub fn special(text: &str, account_id: Option<&str>, region: Option<&str>) -> String {
    text.replace(ACCOUNT, account_id.unwrap_or("ACCOUNT_ID")).replace(REGION, region.unwrap_or("REGION"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("default", "default")]
    #[case("", "''")]
    #[case("my recorder", "'my recorder'")]
    #[case("it's", r"'it'\''s'")]
    #[case("$(rm -rf ~)`x`;&|<>*?#!", "'$(rm -rf ~)`x`;&|<>*?#!'")]
    #[case("~user", "'~user'")]
    #[case("a\u{1b}[2J'\\b", r"$'a\u001b[2J\'\\b'")]
    #[case("a\nb", r"$'a\u000ab'")]
    #[case("a\u{202e}b", r"$'a\u202eb'")]
    fn words(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(word(text), expected);
    }

    proptest! {
        /// What a shell makes of it is what was meant.
        #[test]
        fn a_shell_reads_what_was_meant(text in "[^\\x00\u{e000}\u{e001}]{0,20}") {
            let quoted = word(&text);
            prop_assert!(!quoted.chars().any(is_obeyed), "{quoted}");
            let output = std::process::Command::new("bash")
                .env("LC_ALL", "C.UTF-8")
                .args(["-c", &format!("printf %s {quoted}")])
                .output()
                .unwrap();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }

        #[test]
        fn what_is_said_of_a_place_comes_back(before in "[a-z:/]{0,9}", after in "[a-z:/]{0,9}") {
            let (account, region) = (Some("111122223333"), Some("eu-central-1"));
            let text = format!("{before}111122223333{after}eu-central-1");
            let held = general(&text, account, region);
            prop_assert!(!held.contains("1111") && differs(&held) && !differs(&text));
            prop_assert_eq!(special(&held, account, region), text);
            let elsewhere = special(&held, Some("444455556666"), Some("us-east-1"));
            prop_assert_eq!(elsewhere, format!("{before}444455556666{after}us-east-1"));
        }
    }
}
