//! Repositories that a policy leaves out.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::glob::Glob;
use crate::names::Names;
use crate::reason::ReasonCode;
use crate::repository::Tags;

/// What is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Exemptions {
    /// Patterns of names.
    pub exempt_repository_names: Vec<Glob>,
    /// A tag: with it, a repository is exempt.
    pub exempt_tag_key: Option<String>,
}

/// Whether a repository is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exemption {
    /// It is.
    Exempt {
        /// `exempt-by-name` or `exempt-by-tag`.
        reason_code: ReasonCode,
        /// Who or what excluded it.
        reason: String,
        /// The last day of the exemption, UTC.
        until: Option<Date>,
    },
    /// It is not; with what a reader should know about that, such as an exemption that ended.
    NotExempt {
        /// What to tell.
        note: Option<String>,
    },
}

impl Exemptions {
    /// Judges the repository `name` with `tags` at the time `now`.
    pub fn judge(&self, name: &str, tags: &Tags, now: Timestamp) -> Exemption {
        self.judge_by(|pattern| pattern.matches(name), tags, now)
    }

    /// Judges repositories that get any of `names` and all of them `tags`: they are left out by their names only where all
    /// of the names are.
    pub(crate) fn judge_all(&self, names: &Names, tags: &Tags, now: Timestamp) -> Exemption {
        self.judge_by(|pattern| names.all_match(pattern), tags, now)
    }

    /// Whether every name that begins with `start`, and is longer, is left out.
    pub(crate) fn exempts_all_from(&self, start: &str) -> bool {
        self.exempt_repository_names.iter().any(|pattern| pattern.matches_all_from(start))
    }

    fn judge_by(&self, is_meant: impl Fn(&Glob) -> bool, tags: &Tags, now: Timestamp) -> Exemption {
        if let Some(pattern) = self.exempt_repository_names.iter().find(|pattern| is_meant(pattern)) {
            return Exemption::Exempt {
                reason_code: ReasonCode::ExemptByName,
                reason: format!("exempt by the policy's name pattern `{pattern}`"),
                until: None,
            };
        }
        let Some(key) = &self.exempt_tag_key else { return Exemption::NotExempt { note: None } };
        match tags {
            Tags::NotRead => Exemption::NotExempt {
                note: Some(format!("not exempt: its tags were not read, so the exemption tag `{key}` is not proved")),
            },
            Tags::Denied { error_code } => Exemption::NotExempt {
                note: Some(format!(
                    "not exempt: its tags may not be read ({error_code}), so the exemption tag `{key}` is not proved"
                )),
            },
            Tags::Read(tags) => match tags.get(key) {
                None => Exemption::NotExempt { note: None },
                Some(value) => by_tag(key, value, TimeZone::UTC.to_datetime(now).date()),
            },
        }
    }
}

fn by_tag(key: &str, value: &str, today: Date) -> Exemption {
    let exempt = |reason: String, until| Exemption::Exempt { reason_code: ReasonCode::ExemptByTag, reason, until };
    let not_exempt = |note: String| Exemption::NotExempt { note: Some(note) };

    let value = value.trim();
    let (first, rest) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
    match WrittenDate::read(first, value) {
        WrittenDate::Date(until) if until < today => {
            not_exempt(format!("not exempt: the exemption by tag `{key}` ended on {until}"))
        }
        WrittenDate::Date(until) if rest.is_empty() => {
            exempt(format!("exempt by tag `{key}` until {until}"), Some(until))
        }
        WrittenDate::Date(until) => {
            exempt(format!("exempt by tag `{key}` until {until}: {}", rest.trim()), Some(until))
        }
        WrittenDate::LooksLikeOne => not_exempt(format!(
            "not exempt: the value `{value}` of tag `{key}` looks like a date and is none (a date stands first and is \
             written 2027-01-31)"
        )),
        WrittenDate::Text if says_no(value) => {
            not_exempt(format!("not exempt: the value `{value}` of tag `{key}` says no"))
        }
        WrittenDate::Text if value.is_empty() => exempt(format!("exempt by tag `{key}`, without an end date"), None),
        WrittenDate::Text => exempt(format!("exempt by tag `{key}`, without an end date: {value}"), None),
    }
}

fn says_no(value: &str) -> bool {
    ["false", "no", "off", "0", "disabled"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

enum WrittenDate {
    Date(Date),
    LooksLikeOne,
    Text,
}

impl WrittenDate {
    /// Reads `YYYY-MM-DD` as the first word of a value. Somebody who writes another form of date, or writes it elsewhere,
    /// means an end too, so it must not become a reason that lets the exemption last for ever.
    fn read(first: &str, value: &str) -> Self {
        let strict = first.len() == 10
            && first.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if strict {
            return first.parse().map_or(Self::LooksLikeOne, Self::Date);
        }
        let in_figures = value.split(|character: char| !(character.is_ascii_digit() || "-/.".contains(character)));
        if in_figures.into_iter().any(is_date_in_figures) || has_month_and_year(value) {
            Self::LooksLikeOne
        } else {
            Self::Text
        }
    }
}

/// `2027-1-31`, `31.12.2027`, `12/2027`, `2027-01`, `20271231`, with anything behind them.
fn is_date_in_figures(text: &str) -> bool {
    let groups: Vec<&str> = text.split(['-', '/', '.']).filter(|group| !group.is_empty()).collect();
    let is_year = |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let is_short = |group: &str| group.len() <= 2;
    let compact = |group: &str| group.len() == 8 && (group.starts_with("19") || group.starts_with("20"));
    groups.iter().any(|group| compact(group))
        || groups.windows(2).any(|pair| match pair {
            &[one, other] => (is_year(one) && is_short(other)) || (is_short(one) && is_year(other)),
            _ => false,
        })
        || groups.windows(3).any(|three| three.iter().all(|group| is_short(group)))
}

/// `31-Dec-2027`, `Jan 31 2027`.
fn has_month_and_year(text: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words = || text.split(|character: char| !character.is_ascii_alphanumeric());
    let is_month = |word: &str| {
        let word = word.to_ascii_lowercase();
        MONTHS.iter().any(|month| word.starts_with(month)) && word.len() <= 9
    };
    let is_year =
        |word: &str| word.len() == 4 && word.starts_with("20") && word.bytes().all(|byte| byte.is_ascii_digit());
    words().any(is_month) && words().any(is_year)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rstest::rstest;

    use super::*;

    fn judged(value: &str, now: &str) -> Exemption {
        let exemptions = Exemptions { exempt_repository_names: Vec::new(), exempt_tag_key: Some("exempt".to_owned()) };
        let tags = Tags::Read(BTreeMap::from([("exempt".to_owned(), value.to_owned())]));
        exemptions.judge("app", &tags, now.parse().unwrap())
    }

    #[rstest]
    #[case("", Some("exempt by tag `exempt`, without an end date"), None)]
    #[case("JIRA-1234", Some("exempt by tag `exempt`, without an end date: JIRA-1234"), None)]
    #[case("2027-01-31", Some("exempt by tag `exempt` until 2027-01-31"), Some("2027-01-31"))]
    #[case(" 2027-01-31 ", Some("exempt by tag `exempt` until 2027-01-31"), Some("2027-01-31"))]
    #[case("2027-01-31 moving out", Some("exempt by tag `exempt` until 2027-01-31: moving out"), Some("2027-01-31"))]
    #[case("2027-01-30", None, None)]
    #[case("2027-01-30 moving out", None, None)]
    #[case("2027-02-30", None, None)]
    #[case("2027-2-3", None, None)]
    #[case("2027/02/03", None, None)]
    #[case("31.12.2027", None, None)]
    #[case("20271231", None, None)]
    #[case("2027-12-31T00:00:00Z", None, None)]
    #[case("10023456", Some("exempt by tag `exempt`, without an end date: 10023456"), None)]
    #[case("CVE-2020-12345", Some("exempt by tag `exempt`, without an end date: CVE-2020-12345"), None)]
    #[case("public base images", Some("exempt by tag `exempt`, without an end date: public base images"), None)]
    #[case("ab-2027-12-31", None, None)]
    #[case("2020-01", None, None)]
    #[case("2020-1", None, None)]
    #[case("12/2020", None, None)]
    #[case("31.12.20", None, None)]
    #[case("2020-01-31/jane", None, None)]
    #[case("2020-01-31_legacy", None, None)]
    #[case("2020-01-31-legacy", None, None)]
    #[case("until 2020-01-31", None, None)]
    #[case("until=2020-01-31", None, None)]
    #[case("expires 31.12.2020", None, None)]
    #[case("31-Dec-2020", None, None)]
    #[case("Jan 31 2020", None, None)]
    #[case("false", None, None)]
    #[case("No", None, None)]
    fn reads_tag_values(#[case] value: &str, #[case] reason: Option<&str>, #[case] until: Option<&str>) {
        match judged(value, "2027-01-31T23:59:59Z") {
            Exemption::Exempt { reason_code, reason: text, until: end } => {
                assert_eq!(reason_code, ReasonCode::ExemptByTag);
                assert_eq!(Some(text.as_str()), reason);
                assert_eq!(end.map(|date| date.to_string()).as_deref(), until);
            }
            Exemption::NotExempt { note } => {
                assert_eq!(reason, None, "{note:?}");
                assert!(note.unwrap().starts_with("not exempt: "));
            }
        }
    }

    #[test]
    fn ends_after_its_last_day() {
        assert!(matches!(judged("2027-01-31", "2027-01-31T23:59:59.999Z"), Exemption::Exempt { .. }));
        assert!(matches!(judged("2027-01-31", "2027-02-01T00:00:00Z"), Exemption::NotExempt { .. }));
    }
}
