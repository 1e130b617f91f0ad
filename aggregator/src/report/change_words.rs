//! How reports for people put into words what has changed.

use ecr_encryption_core::EncryptionLevel;
use jiff::Timestamp;

use super::phrase::{counted, number};
use crate::finding::FindingType;
use crate::history::aspects::is_worse;
use crate::history::change::{Aspect, Change, ChangeKind, ChangeTotals, Facts};

/// What has become of a finding, as the title of a list.
pub(super) const fn title(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "New",
        ChangeKind::Changed => "Changed",
        ChangeKind::Fixed => "Fixed",
        ChangeKind::Exempted => "Exempted",
        ChangeKind::Gone => "Gone",
        ChangeKind::NoLongerSeen => "No longer seen",
    }
}

/// What stands before a name that is no repository's.
pub(super) const fn prefix(finding_type: FindingType) -> &'static str {
    match finding_type {
        FindingType::Repository => "",
        FindingType::RepositoryCreationTemplate => "creation template ",
        FindingType::PullThroughCacheRule => "pull-through cache rule ",
    }
}

/// What is counted, in words.
pub(super) const NEW: &str = "new";
pub(super) const CHANGED: &str = "changed";
pub(super) const NO_LONGER_SEEN: &str = "no longer seen";
pub(super) const FIXED: &str = "fixed";

/// How many findings something has become of.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) name: &'static str,
    pub(super) of: u64,
    /// What is to be said of them; most often nothing.
    pub(super) note: String,
}

/// What is counted, in the order in which it concerns people. `at`: when the later run started.
pub(super) fn counts(totals: &ChangeTotals, at: Timestamp) -> [Count; 7] {
    let counted = |name, of| Count { name, of, note: String::new() };
    let unseen = match (totals.no_longer_seen, totals.no_longer_seen_open) {
        (0, _) => String::new(),
        (_, open) => format!("{} of them open; not seen is not fixed", number(open)),
    };
    let oldest = match totals.oldest_open_since {
        Some(since) if totals.still_open > 0 => format!("the oldest open {}", since_when(since, at)),
        _ => String::new(),
    };
    [
        counted(NEW, totals.new),
        counted(CHANGED, totals.changed),
        Count { note: unseen, ..counted(NO_LONGER_SEEN, totals.no_longer_seen) },
        counted(FIXED, totals.fixed),
        counted("exempted", totals.exempted),
        counted("gone", totals.gone),
        Count { note: oldest, ..counted("still open", totals.still_open) },
    ]
}

/// Since when something is open, seen from `at`: `since 3 Mar 2026 (265 days)`.
pub(super) fn since_when(since: Timestamp, at: Timestamp) -> String {
    let days = u64::try_from(at.duration_since(since).as_hours() / 24).unwrap_or_default();
    let age = if days == 0 { "under a day".to_owned() } else { counted(days, "day", "days") };
    format!("since {} ({age})", since.strftime("%-d %b %Y"))
}

/// What differs, for people: `key state Enabled → Disabled; worse`. Of what is new without anything before, its reason.
pub(super) fn why(change: &Change) -> String {
    let told = match (&change.before, &change.after) {
        (Some(before), Some(after)) => differences(change, before, after),
        (_, Some(after)) => format!("{}: {}", after.status, after.reason),
        (Some(before), None) => format!("was {}: {}", before.status, before.reason),
        (None, None) => String::new(),
    };
    match change.open_since {
        Some(_) if change.change == ChangeKind::Changed && is_worsened(change) => format!("{told}; worse"),
        _ => told,
    }
}

/// Whether what was open and still is has got worse.
pub(super) fn is_worsened(change: &Change) -> bool {
    change.before.as_ref().zip(change.after.as_ref()).is_some_and(|(before, after)| is_worse(before, after))
}

fn differences(change: &Change, before: &Facts, after: &Facts) -> String {
    let from_to = |what: &str, one: &str, other: &str| format!("{what}{one} → {other}");
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let parts = change.why.iter().map(|aspect| match aspect {
        Aspect::Status => from_to("", before.status.as_str(), after.status.as_str()),
        Aspect::Reason => from_to("", before.reason_code.as_str(), after.reason_code.as_str()),
        Aspect::Level => from_to("level ", &level(before), &level(after)),
        Aspect::EncryptionType => from_to("encryption ", &text(&before.encryption_type), &text(&after.encryption_type)),
        Aspect::Key => from_to("key ", &key(before), &key(after)),
        Aspect::KeyState => {
            let state = |facts: &Facts| facts.key_state.clone().unwrap_or_else(|| "unknown".to_owned());
            from_to("key state ", &state(before), &state(after))
        }
        Aspect::Policy if before.desired_encryption_level != after.desired_encryption_level => {
            let [one, other] = [before, after].map(|facts| facts.desired_encryption_level.as_str());
            from_to("policy: demanded ", one, other)
        }
        Aspect::Policy => "policy: the same facts are judged otherwise".to_owned(),
    });
    parts.collect::<Vec<_>>().join("; ")
}

fn level(facts: &Facts) -> String {
    let name = facts.encryption_level.map_or("unknown", EncryptionLevel::as_str);
    if facts.encryption_level_is_lower_bound { format!("at least {name}") } else { name.to_owned() }
}

/// A key by its id, which is enough to tell it from another one.
fn key(facts: &Facts) -> String {
    let name = facts.kms_key_arn.as_deref().or(facts.kms_key.as_deref());
    name.map_or("none", |name| name.rsplit('/').next().unwrap_or(name)).to_owned()
}

#[cfg(test)]
mod tests {
    use ecr_encryption_core::{ReasonCode, Status};
    use rstest::rstest;

    use super::*;
    use crate::history::aspects::aspects;
    use crate::report::samples;

    #[rstest]
    #[case("2026-11-23T13:02:00Z", "since 23 Nov 2026 (under a day)")]
    #[case("2026-11-22T13:02:00Z", "since 22 Nov 2026 (1 day)")]
    #[case("2026-03-03T08:00:00Z", "since 3 Mar 2026 (265 days)")]
    #[case("2027-01-01T08:00:00Z", "since 1 Jan 2027 (under a day)")]
    fn ages(#[case] since: &str, #[case] expected: &str) {
        assert_eq!(since_when(since.parse().unwrap(), "2026-11-23T13:02:00Z".parse().unwrap()), expected);
    }

    #[rstest]
    #[case::state(|after: &mut Facts| after.key_state = Some("Disabled".to_owned()),
        "key state unknown → Disabled")]
    #[case::level(|after: &mut Facts| {
        (after.encryption_level, after.encryption_level_is_lower_bound) = (Some(EncryptionLevel::AwsKms), true);
    }, "level sse → at least awskms")]
    #[case::key(|after: &mut Facts| after.kms_key_arn = Some("arn:aws:kms:x:1:key/abc".to_owned()), "")]
    #[case::verdict(|after: &mut Facts| {
        (after.status, after.reason_code) = (Status::Undetermined, ReasonCode::KeyAccessDenied);
    }, "NON_COMPLIANT → UNDETERMINED; below-desired-level → key-access-denied")]
    #[case::policy(|after: &mut Facts| after.desired_encryption_level = EncryptionLevel::AwsKms,
        "policy: demanded cloudhsm → awskms")]
    #[case::judged_otherwise(|after: &mut Facts| after.reason_code = ReasonCode::KeyNotAllowed,
        "below-desired-level → key-not-allowed; policy: the same facts are judged otherwise")]
    #[case::a_key_at_last(|after: &mut Facts| {
        (after.kms_key, after.encryption_type) = (Some("arn:aws:kms:x:1:key/abc".to_owned()), Some("KMS".to_owned()));
    }, "encryption AES256 → KMS; key none → abc")]
    fn differences_in_words(#[case] differ: fn(&mut Facts), #[case] expected: &str) {
        let finding = samples::non_compliant();
        let before = Facts::from(&finding);
        let mut after = before.clone();
        differ(&mut after);
        let change = Change {
            account_id: finding.account_id,
            account_name: None,
            organizational_unit_path: None,
            region: finding.region,
            finding_type: finding.finding_type,
            repository_name: finding.repository_name,
            repository_arn: None,
            change: ChangeKind::Changed,
            why: aspects(&before, &after),
            open_since: None,
            before: Some(before),
            after: Some(after),
        };
        assert_eq!(why(&change), expected);
    }
}
