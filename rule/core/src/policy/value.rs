//! What each setting allows. A value is refused with what is wrong and what is allowed; nothing is repaired in silence.

use std::collections::BTreeSet;

use crate::glob::Glob;
use crate::key::{KeyArn, is_account_id};
use crate::policy::InvalidValue;

/// `true` or `false`.
///
/// # Errors
/// Anything else.
pub fn boolean(text: &str) -> Result<bool, InvalidValue> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(InvalidValue::new(other, "is neither true nor false", "true, false")),
    }
}

/// The items of a comma-separated list, trimmed.
///
/// # Errors
/// An empty item.
pub fn csv_items(text: &str) -> Result<Vec<&str>, InvalidValue> {
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    if items.iter().any(|item| item.is_empty()) {
        return Err(InvalidValue::new(text, "has an empty item", "items separated by single commas"));
    }
    Ok(items)
}

/// An AWS account id.
///
/// # Errors
/// Anything but 12 digits.
pub fn account_id(text: &str) -> Result<String, InvalidValue> {
    if is_account_id(text) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::new(text, "is not an account id", "12 digits"))
    }
}

/// A set of AWS account ids.
///
/// # Errors
/// As [`account_id`].
pub fn account_ids<'a>(items: impl IntoIterator<Item = &'a str>) -> Result<BTreeSet<String>, InvalidValue> {
    items.into_iter().map(account_id).collect()
}

/// A Region's name by its form, such as `eu-central-1`; whether AWS has it is not known here.
///
/// # Errors
/// A text of another form.
pub fn region(text: &str) -> Result<String, InvalidValue> {
    let parts: Vec<&str> = text.split('-').collect();
    let well_formed = match parts.as_slice() {
        [area, middle @ .., number] => {
            area.len() >= 2
                && !middle.is_empty()
                && std::iter::once(area)
                    .chain(middle)
                    .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    };
    if well_formed {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::new(text, "is not a Region", "names such as us-east-1, eu-central-1"))
    }
}

/// A pattern of repository names.
///
/// # Errors
/// A character that no repository's name contains.
pub fn repository_glob(text: &str) -> Result<Glob, InvalidValue> {
    const ALLOWED: &str = "lower-case letters, digits, `.`, `_`, `-`, `/`, and the wildcards `*` and `?`";
    let allowed =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "._-/*?".contains(character);
    if text.is_empty() {
        return Err(InvalidValue::new(text, "is empty", ALLOWED));
    }
    match text.chars().find(|&character| !allowed(character)) {
        Some(character) => {
            Err(InvalidValue::new(text, format!("contains `{character}`, which no repository name does"), ALLOWED))
        }
        None => Ok(Glob::new(text)),
    }
}

const KEY_ARN_ALLOWED: &str =
    "key ARNs such as arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-…, with the wildcards `*` and `?`";

/// A pattern of key ARNs.
///
/// # Errors
/// An alias's ARN, a character that no key ARN contains, or a text that can match no key ARN.
pub fn key_arn_glob(text: &str) -> Result<Glob, InvalidValue> {
    let invalid = |problem: String| Err(InvalidValue::new(text, problem, KEY_ARN_ALLOWED));
    if text.contains(":alias/") || text.starts_with("alias/") {
        return invalid("names an alias, which can be pointed at another key at any time".to_owned());
    }
    let allowed = |character: char| character.is_ascii_alphanumeric() || ":/-*?".contains(character);
    if let Some(character) = text.chars().find(|&character| !allowed(character)) {
        return invalid(format!("contains `{character}`, which no key ARN does"));
    }
    if !text.contains(['*', '?']) {
        return if KeyArn::parse(text).is_some() {
            Ok(Glob::new(text))
        } else {
            invalid("is not a key ARN".to_owned())
        };
    }
    if can_match_a_key_arn(text) { Ok(Glob::new(text)) } else { invalid("matches no key ARN".to_owned()) }
}

/// Checks the sections of an ARN pattern from the left, up to the first `*`: behind it, sections can no longer be told.
fn can_match_a_key_arn(pattern: &str) -> bool {
    let before_star = pattern.split('*').next().unwrap_or_default();
    let closed = before_star.len() == pattern.len();
    let sections: Vec<&str> = before_star.splitn(6, ':').collect();
    let last = sections.len() - 1;
    sections.iter().enumerate().all(|(index, section)| {
        // The section that the star is in may go on.
        let open = index == last && !closed;
        match index {
            0 => fits(section, "arn", open),
            2 => fits(section, "kms", open),
            1 | 3 => open || !section.is_empty(),
            4 => {
                section.bytes().all(|byte| byte.is_ascii_digit() || byte == b'?')
                    && (section.len() == 12 || (open && section.len() < 12))
            }
            _ => {
                let key: String = section.chars().take(4).collect();
                fits(&key, "key/", open && section.len() < 4) && (open || section.len() > 4)
            }
        }
    }) && (!closed || sections.len() == 6)
}

fn fits(section: &str, wanted: &str, open: bool) -> bool {
    (section.len() == wanted.len() || (open && section.len() < wanted.len()))
        && section.chars().zip(wanted.chars()).all(|(have, want)| have == '?' || have == want)
}

/// The key of a tag.
///
/// # Errors
/// An empty key, one of more than 128 characters, or one with a character that AWS does not allow.
pub fn tag_key(text: &str) -> Result<String, InvalidValue> {
    const ALLOWED: &str = "1–128 letters, digits, spaces and `_ . : / = + - @`";
    let length = text.chars().count();
    if length == 0 || length > 128 {
        return Err(InvalidValue::new(text, format!("has {length} characters"), ALLOWED));
    }
    let allowed = |character: char| character.is_alphanumeric() || " _.:/=+-@".contains(character);
    match text.chars().find(|&character| !allowed(character)) {
        Some(character) => {
            Err(InvalidValue::new(text, format!("contains `{character}`, which no tag key does"), ALLOWED))
        }
        None => Ok(text.to_owned()),
    }
}

/// The name of an IAM role, with its path where it has one: `EcrEncryptionAudit`, `security/EcrEncryptionAudit`. A leading
/// `/` is taken off, so that it can stand behind `role/` in an ARN.
///
/// # Errors
/// A name of more than 64 characters, a path of more than 512, or a character that IAM does not allow.
pub fn role_name(text: &str) -> Result<String, InvalidValue> {
    let trimmed = text.strip_prefix('/').unwrap_or(text);
    let (path, name) = trimmed.rsplit_once('/').unwrap_or(("", trimmed));
    let name_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    let well_formed = !name.is_empty()
        && !trimmed.starts_with("arn:")
        && name.len() <= 64
        && name.bytes().all(name_allowed)
        && path.len() <= 510
        && path.bytes().all(|byte| byte.is_ascii_graphic())
        && (path.is_empty() || path.split('/').all(|part| !part.is_empty()));
    if well_formed {
        Ok(trimmed.to_owned())
    } else {
        Err(InvalidValue::new(
            text,
            "is not a role name",
            "a role name of 1–64 letters, digits and `_+=,.@-`, behind an optional path such as `security/`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ID: &str = "0a1b2c3d-1111-2222-3333-444455556666";

    #[rstest]
    #[case("*")]
    #[case("arn:aws:kms:*")]
    #[case("arn:aws:kms:eu-central-1:111122223333:key/*")]
    #[case("arn:aws:kms:*:111122223333:key/*")]
    #[case("arn:aws*:kms:??-*:1111????3333:key/mrk-*")]
    #[case("a*")]
    #[case("*:111122223333:key/*")]
    #[case("arn:aws:kms:eu-central-1:111122223333:k*")]
    #[case("arn:aws:kms:eu-central-1:111122223333:key/?")]
    fn takes_key_arn_patterns(#[case] text: &str) {
        assert_eq!(key_arn_glob(text).unwrap().as_str(), text);
    }

    #[rstest]
    #[case("arn:aws:kms:eu-central-1:111122223333:alias/images", "names an alias")]
    #[case("alias/images", "names an alias")]
    #[case("arn:aws:s3:*", "matches no key ARN")]
    #[case("arn:aws:kms:eu-central-1:11112222333:key/*", "matches no key ARN")]
    #[case("arn:aws:kms:eu-central-1:1111222233334*", "matches no key ARN")]
    #[case("arn:aws:kms:eu-central-1:111122223333:grant/*", "matches no key ARN")]
    #[case("arn:aws:kms::111122223333:key/*", "matches no key ARN")]
    #[case("?rn:aws:kms", "matches no key ARN")]
    #[case("1234abcd*", "matches no key ARN")]
    #[case("arn:aws:kms:eu-central-1:111122223333:key/", "is not a key ARN")]
    #[case("0a1b2c3d-1111-2222-3333-444455556666", "is not a key ARN")]
    #[case("", "is not a key ARN")]
    #[case("arn:aws:kms:eu_central:*", "contains `_`")]
    #[case("arn:aws:kms:eu-central-1:111122223333:key/[ab]*", "contains `[`")]
    fn refuses_what_matches_no_key(#[case] text: &str, #[case] problem: &str) {
        let error = key_arn_glob(text).unwrap_err();
        assert!(error.problem.contains(problem), "{error}");
        assert_eq!(error.value, text);
    }

    #[test]
    fn takes_a_whole_key_arn() {
        key_arn_glob(&format!("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/{ID}")).unwrap();
    }

    #[rstest]
    #[case("us-east-1", true)]
    #[case("us-gov-west-1", true)]
    #[case("ap-southeast-15", true)]
    #[case("us-east", false)]
    #[case("us-1", false)]
    #[case("US-EAST-1", false)]
    #[case("us--1", false)]
    #[case("", false)]
    #[case("all", false)]
    #[case("-east-1", false)]
    fn knows_a_region_by_its_form(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(region(text).is_ok(), expected);
    }

    #[rstest]
    #[case("a, b ,c", Some(vec!["a", "b", "c"]))]
    #[case("a", Some(vec!["a"]))]
    #[case("a,,b", None)]
    #[case("a,", None)]
    #[case(" ", None)]
    fn splits_lists(#[case] text: &str, #[case] expected: Option<Vec<&str>>) {
        assert_eq!(csv_items(text).ok(), expected);
    }

    #[test]
    fn names_the_character_that_no_name_contains() {
        assert_eq!(
            repository_glob("Team/*").unwrap_err().to_string(),
            "`Team/*` contains `T`, which no repository name does; allowed: lower-case letters, digits, `.`, `_`, `-`, `/`, \
             and the wildcards `*` and `?`"
        );
        assert!(repository_glob("").is_err());
        assert!(tag_key("").is_err());
        assert!(tag_key(&"x".repeat(129)).is_err());
        assert!(tag_key("a\tb").is_err());
        assert_eq!(tag_key("aws:cloudformation:stack-name").unwrap(), "aws:cloudformation:stack-name");
        assert!(account_id("12345678901").is_err());
        assert!(account_id("1234567890123").is_err());
        assert!(account_id("12345678901x").is_err());
    }
}
