//! What a page tells of one finding.

use std::borrow::Cow;

use crate::finding::{Finding, FindingType};
use crate::report::phrase;

/// A fact with its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fact<'a> {
    pub(super) name: &'static str,
    pub(super) value: Cow<'a, str>,
    /// Whether it is an identifier, which is set in type of one width.
    pub(super) is_code: bool,
}

/// What a finding is on: a repository's name, or what creates repositories under a prefix.
pub(super) fn name(finding: &Finding) -> Cow<'_, str> {
    let prefix = &finding.repository_name;
    match finding.finding_type {
        FindingType::Repository => Cow::Borrowed(prefix),
        FindingType::RepositoryCreationTemplate => Cow::Owned(format!("{prefix} (creation template)")),
        FindingType::PullThroughCacheRule => Cow::Owned(format!("{prefix} (pull-through cache rule)")),
    }
}

/// The level in words: `at least awscmk` where it is a lower bound.
pub(super) fn level(finding: &Finding) -> Cow<'static, str> {
    match finding.encryption_level {
        None => Cow::Borrowed("not known"),
        Some(level) if finding.encryption_level_is_lower_bound => Cow::Owned(format!("at least {level}")),
        Some(level) => Cow::Borrowed(level.as_str()),
    }
}

/// The facts, in the order in which they are shown. What bears on the verdict but is not known says so.
pub(super) fn of(finding: &Finding) -> Vec<Fact<'_>> {
    let mut facts = Vec::new();
    let mut add = |name, value: Cow<'_, str>, is_code| facts.push((name, value.into_owned(), is_code));
    let not_known = || Cow::Borrowed("not known");
    let known = |value: &Option<String>| value.clone().map_or_else(not_known, Cow::Owned);

    add(
        "Level",
        finding
            .encryption_level
            .map_or_else(not_known, |found| Cow::Owned(format!("{} ({})", level(finding), found.description()))),
        false,
    );
    let demanded = finding.desired_encryption_level;
    add("Demanded", Cow::Owned(format!("{demanded} or higher ({})", demanded.description())), false);
    if let Some(name) = &finding.override_name {
        add("Demanded by override", Cow::Borrowed(name), false);
    }
    if let Some(date) = finding.exempt_until {
        add("Exempt until", Cow::Owned(format!("{date}, UTC, that day included")), false);
    }
    add("Encryption type", known(&finding.encryption_type), true);
    if let Some(key) = &finding.kms_key_arn {
        add("Key", Cow::Borrowed(key), true);
    }
    if let Some(key) = finding.kms_key.as_ref().filter(|key| Some(*key) != finding.kms_key_arn.as_ref()) {
        add("Key as ECR names it", Cow::Borrowed(key), true);
    }
    if finding.kms_key.is_some() || finding.kms_key_arn.is_some() {
        add("Key manager", known(&finding.key_manager), true);
        add("Key origin", known(&finding.key_origin), true);
        add("Key state", known(&finding.key_state), true);
    }
    if let Some(arn) = &finding.repository_arn {
        add("Repository ARN", Cow::Borrowed(arn), true);
    }
    if let Some(path) = &finding.organizational_unit_path {
        add("Organizational unit", Cow::Borrowed(path), false);
    }
    add("Created", finding.created_at.map_or_else(not_known, |at| Cow::Owned(phrase::time(at))), false);
    add("Evaluated", Cow::Owned(phrase::time(finding.evaluated_at)), false);
    if let Some(at) = finding.recorded_at {
        add("Recorded by AWS Config", Cow::Owned(phrase::time(at)), false);
    }
    if let Some(at) = finding.key_recorded_at {
        add("Key recorded by AWS Config", Cow::Owned(phrase::time(at)), false);
    }
    facts.into_iter().map(|(name, value, is_code)| Fact { name, value: Cow::Owned(value), is_code }).collect()
}
