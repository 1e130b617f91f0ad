//! How reports for people put numbers, times and causes into words: the same on a terminal and on a page.

use ecr_encryption_core::{EncryptionLevel, Status};
use jiff::Timestamp;

use crate::coverage::{Cause, Coverage, NotCovered};
use crate::summary::{Run, StatusCounts, TemplateTotals};

/// A number with thousands apart: `1,203`.
pub(crate) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and what it counts: `1 account`, `12 accounts`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// A length as a number.
pub(super) fn length<T>(items: &[T]) -> u64 {
    items.len().try_into().unwrap_or(u64::MAX)
}

/// How many repositories the policy judges: all but the exempt ones.
pub(crate) fn judged(counts: &StatusCounts) -> u64 {
    counts.total() - counts.exempt
}

/// The share of the judged repositories that comply, rounded down, so that it is 100% only where all of them do.
/// `None` where the policy judges none.
pub(crate) fn share(counts: &StatusCounts) -> Option<String> {
    let judged = judged(counts);
    if judged == 0 {
        return None;
    }
    let permille = u128::from(counts.compliant) * 1000 / u128::from(judged);
    Some(match permille {
        1000 => "100%".to_owned(),
        0 if counts.compliant > 0 => "under 0.1%".to_owned(),
        _ => format!("{}.{}%", permille / 10, permille % 10),
    })
}

/// What was found of the next repositories: `2 of 5 templates and pull-through cache rules do not comply`.
pub(crate) fn next_repositories(templates: &TemplateTotals) -> String {
    let counts = templates.all();
    if counts.total() == 0 {
        return "no creation templates and no pull-through cache rules".to_owned();
    }
    let mut parts = vec![format!(
        "{} of {} templates and pull-through cache rules do not comply",
        number(counts.non_compliant),
        number(counts.total())
    )];
    for (count, what) in [(counts.undetermined, "undetermined"), (counts.exempt, "exempt")] {
        if count > 0 {
            parts.push(format!("{} {what}", number(count)));
        }
    }
    parts.join(", ")
}

/// A status as a word for people.
pub(super) const fn status(status: Status) -> &'static str {
    match status {
        Status::NonCompliant => "Non-compliant",
        Status::Undetermined => "Undetermined",
        Status::Exempt => "Exempt",
        Status::Compliant => "Compliant",
    }
}

/// What a level means; `unknown` included.
pub(super) fn level(name: &str) -> &'static str {
    name.parse::<EncryptionLevel>().map_or("no level is proved", EncryptionLevel::description)
}

/// A cause as a sentence without its full stop.
pub(super) const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::AssumeRoleDenied => "The audit role could not be assumed",
        Cause::RegionDisabled => "The Region is not enabled",
        Cause::AccountNotActive => "The account is not active",
        Cause::AccessDenied => "A permission is missing",
        Cause::Throttled => "AWS throttled every attempt",
        Cause::Failed => "AWS could not be read",
        Cause::Interrupted => "The run was stopped before",
        Cause::NotRecorded => "AWS Config does not provably record repositories there",
        Cause::Outdated => "The data of AWS Config are not the most recent",
    }
}

/// What an entry of the coverage is about, beside its account.
pub(super) fn place(entry: &NotCovered) -> &str {
    match (&entry.region, &entry.account_id) {
        (Some(region), _) => region,
        (None, Some(_)) => "whole account",
        (None, None) => "whole organization",
    }
}

/// What helps, said so that it holds for other accounts too: the account's id is `ACCOUNT_ID`.
pub(super) fn general_hint(entry: &NotCovered) -> String {
    match &entry.account_id {
        Some(id) if !id.is_empty() => entry.hint.replace(id.as_str(), "ACCOUNT_ID"),
        _ => entry.hint.clone(),
    }
}

/// How much was not seen, or not whole: `2 whole accounts and 4 Regions of accounts`. `None` where everything was.
pub(crate) fn unseen(coverage: &Coverage) -> Option<String> {
    let (mut organization, mut accounts, mut regions) = (0, 0, 0);
    for gap in coverage.gaps() {
        *match (&gap.account_id, &gap.region) {
            (_, Some(_)) => &mut regions,
            (Some(_), None) => &mut accounts,
            (None, None) => &mut organization,
        } += 1;
    }
    let mut parts = Vec::new();
    if organization > 0 {
        parts.push("parts of the organization".to_owned());
    }
    if accounts > 0 {
        parts.push(counted(accounts, "whole account", "whole accounts"));
    }
    if regions > 0 {
        parts.push(counted(regions, "Region of an account", "Regions of accounts"));
    }
    let last = parts.pop()?;
    Some(if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) })
}

/// So many items of a flag are named.
const ITEMS: usize = 5;

/// To what the flags narrowed a run; nothing where they did not.
pub(super) fn selected(run: &Run) -> Option<String> {
    let flag = |(flag, items): (&str, &[String])| {
        let (named, more) = items.split_at_checked(ITEMS).unwrap_or((items, &[]));
        let named = named.join(",");
        if more.is_empty() {
            format!("{flag} {named}")
        } else {
            format!("{flag} {named} and {} more", number(length(more)))
        }
    };
    // Outside an organization the caller's account is all there is.
    let is_all = |(flag, items): &(&str, &[String])| {
        run.organization_id.is_none() && *flag == "--accounts" && *items == [run.caller_account_id.as_str()]
    };
    let flags: Vec<_> = run.selected.flags().filter(|given| !is_all(given)).map(flag).collect();
    (!flags.is_empty()).then(|| flags.join("; "))
}

/// What was scanned: `organization o-abc123`, or `account 111122223333`.
pub(crate) fn scope(run: &Run) -> String {
    scope_of(run.organization_id.as_deref(), &run.caller_account_id)
}

/// The same of a run that is known by less.
pub(super) fn scope_of(organization_id: Option<&str>, caller_account_id: &str) -> String {
    match organization_id {
        Some(id) => format!("organization {id}"),
        None => format!("account {caller_account_id}"),
    }
}

/// The level that the policy demands where no override says otherwise, as the summary keeps it.
pub(super) fn demanded_level(run: &Run) -> Option<EncryptionLevel> {
    run.policy.get("desired_encryption_level")?.as_str()?.parse().ok()
}

/// A time for people, UTC: `23 Nov 2026, 13:02 UTC`.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// How long the run took: `3 min 12 s`.
pub(super) fn duration(run: &Run) -> String {
    let seconds = run.finished_at.duration_since(run.started_at).as_secs().max(0);
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) if rest == 0 => "under 1 s".to_owned(),
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes} min {rest} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::report::samples;

    #[rstest]
    #[case(0, "0")]
    #[case(999, "999")]
    #[case(1_000, "1,000")]
    #[case(1_234_567, "1,234,567")]
    fn thousands_stand_apart(#[case] count: u64, #[case] text: &str) {
        assert_eq!(number(count), text);
    }

    #[rstest]
    #[case::all(5, 0, Some("100%"))]
    #[case::all_but_one(99_999, 1, Some("99.9%"))]
    #[case::hardly_any(1, 99_999, Some("under 0.1%"))]
    #[case::none(0, 7, Some("0.0%"))]
    #[case::a_third(1, 2, Some("33.3%"))]
    #[case::nothing_is_judged(0, 0, None)]
    fn a_share_is_never_rounded_up(#[case] compliant: u64, #[case] others: u64, #[case] text: Option<&str>) {
        let counts = StatusCounts { compliant, undetermined: others, exempt: 3, ..StatusCounts::default() };
        assert_eq!(share(&counts).as_deref(), text);
    }

    #[rstest]
    #[case(0, "under 1 s")]
    #[case(59, "59 s")]
    #[case(192, "3 min 12 s")]
    #[case(3_720, "1 h 2 min")]
    fn durations(#[case] seconds: i64, #[case] text: &str) {
        let mut run = samples::summary(&[]).run;
        run.finished_at = run.started_at + jiff::SignedDuration::from_secs(seconds);
        assert_eq!(duration(&run), text);
    }

    #[test]
    fn what_was_not_seen_is_counted_by_kind() {
        assert_eq!(unseen(&Coverage::default()), None);
        assert_eq!(unseen(&samples::coverage()).as_deref(), Some("2 whole accounts and 4 Regions of accounts"));
    }

    #[test]
    fn a_part_is_told_as_one() {
        let mut run = samples::summary(&[]).run;
        assert_eq!(selected(&run), None);
        run.selected.regions = Some(vec!["eu-central-1".to_owned()]);
        run.selected.exclude_accounts = Some((0..7).map(|n| format!("{n:012}")).collect());
        let told = "--regions eu-central-1; --exclude-accounts \
                    000000000000,000000000001,000000000002,000000000003,000000000004 and 2 more";
        assert_eq!(selected(&run).as_deref(), Some(told));
        run.selected =
            crate::selected::Selected { accounts: Some(vec![run.caller_account_id.clone()]), ..Default::default() };
        assert!(selected(&run).is_some());
        run.organization_id = None;
        assert_eq!(selected(&run), None);
    }
}
