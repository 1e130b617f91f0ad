//! What has become of findings since the run before: some of each kind.

use std::collections::BTreeMap;

use ecr_encryption_core::EncryptionLevel;

use crate::history::change::{Aspect, Change, ChangeKind, ChangeTotals, Facts};
use crate::report::phrase;

/// How many of each kind the page holds; `changes.jsonl` has all.
const SHOWN: usize = 200;

/// The first changes of each kind.
#[derive(Debug, Default)]
pub(super) struct Changed(BTreeMap<ChangeKind, Vec<Change>>);

impl Changed {
    /// Takes a change, unless there are enough of its kind.
    pub(super) fn add(&mut self, change: &Change) {
        let shown = self.0.entry(change.change).or_default();
        if shown.len() < SHOWN {
            shown.push(change.clone());
        }
    }

    /// The kinds of which there are any, what needs attention first.
    pub(super) fn parts<'a>(&'a self, totals: &ChangeTotals) -> Vec<Part<'a>> {
        let kinds = [
            (ChangeKind::New, totals.new),
            (ChangeKind::Changed, totals.changed),
            (ChangeKind::NoLongerSeen, totals.no_longer_seen),
            (ChangeKind::Fixed, totals.fixed),
            (ChangeKind::Exempted, totals.exempted),
            (ChangeKind::Gone, totals.gone),
        ];
        let part = |(kind, all)| Part { kind, all, shown: self.0.get(&kind).map_or(&[][..], Vec::as_slice) };
        kinds.into_iter().filter(|(_, all)| *all > 0).map(part).collect()
    }
}

/// The changes of one kind.
pub(super) struct Part<'a> {
    pub(super) kind: ChangeKind,
    pub(super) all: u64,
    pub(super) shown: &'a [Change],
}

/// A kind as a word for people.
pub(super) const fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "New",
        ChangeKind::Changed => "Changed",
        ChangeKind::Fixed => "Fixed",
        ChangeKind::Exempted => "Exempted",
        ChangeKind::Gone => "Gone",
        ChangeKind::NoLongerSeen => "No longer seen",
    }
}

/// What a kind means.
pub(super) const fn meaning(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "open now, and not before",
        ChangeKind::Changed => "open as before, and not for the same",
        ChangeKind::Fixed => "open before, and now it complies",
        ChangeKind::Exempted => "open before, and now the policy leaves it out",
        ChangeKind::Gone => "open before; its Region was read whole, and it is not there any more",
        ChangeKind::NoLongerSeen => "there before, and not seen now: a loss of coverage, and no fix",
    }
}

/// The name that a kind has in files and in the page's filters.
pub(super) const fn code(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "new",
        ChangeKind::Changed => "changed",
        ChangeKind::Fixed => "fixed",
        ChangeKind::Exempted => "exempted",
        ChangeKind::Gone => "gone",
        ChangeKind::NoLongerSeen => "no-longer-seen",
    }
}

/// The sign of a kind.
pub(super) const fn sign(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "+",
        ChangeKind::Changed => "↻",
        ChangeKind::Fixed => "✓",
        ChangeKind::Exempted => "–",
        ChangeKind::Gone => "∅",
        ChangeKind::NoLongerSeen => "!",
    }
}

/// The class of a kind.
pub(super) const fn class(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "bad",
        ChangeKind::Changed | ChangeKind::NoLongerSeen => "doubt",
        ChangeKind::Fixed => "good",
        ChangeKind::Exempted | ChangeKind::Gone => "exempt",
    }
}

/// What differs, in words.
pub(super) fn why(change: &Change) -> String {
    let word = |aspect: &Aspect| match aspect {
        Aspect::Status => "status",
        Aspect::Reason => "reason",
        Aspect::Level => "level",
        Aspect::EncryptionType => "encryption type",
        Aspect::Key => "key",
        Aspect::KeyState => "key state",
        Aspect::Policy => "policy",
    };
    change.why.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// What a run told, in a few words; `None` where it told nothing.
pub(super) fn told(facts: Option<&Facts>) -> Option<String> {
    let facts = facts?;
    let level = facts.encryption_level.map_or("level not known", EncryptionLevel::as_str);
    let bound = if facts.encryption_level_is_lower_bound { "at least " } else { "" };
    let state = facts.key_state.as_ref().map_or_else(String::new, |state| format!(", key {state}"));
    let demanded = facts.desired_encryption_level;
    Some(format!("{}: {bound}{level}, {demanded} demanded{state}", phrase::status(facts.status)))
}
