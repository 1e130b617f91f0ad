//! What came of the demands, and the verdict that follows.

use super::Status;
use crate::reason::ReasonCode;

/// What came of one demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Met, or nothing to be met.
    Met,
    /// Provably not met.
    Failed(ReasonCode),
    /// Not proved either way.
    Unproven(ReasonCode),
}

/// One demand's outcome, with its words.
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    pub(super) text: String,
}

impl Judged {
    pub(super) fn met(text: impl Into<String>) -> Self {
        Self { outcome: Outcome::Met, text: text.into() }
    }

    pub(super) fn failed(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed(code), text: text.into() }
    }

    pub(super) fn unproven(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unproven(code), text: text.into() }
    }
}

/// The verdict: the first demand that failed decides it, else the first that could not be proved.
pub(super) fn verdict(judged: &[Judged]) -> (Status, ReasonCode) {
    let first = |wanted: fn(Outcome) -> Option<ReasonCode>| judged.iter().find_map(|judged| wanted(judged.outcome));
    let failed = first(|outcome| match outcome {
        Outcome::Failed(code) => Some(code),
        Outcome::Unproven(_) | Outcome::Met => None,
    });
    let unproven = first(|outcome| match outcome {
        Outcome::Unproven(code) => Some(code),
        Outcome::Failed(_) | Outcome::Met => None,
    });
    match (failed, unproven) {
        (Some(code), _) => (Status::NonCompliant, code),
        (None, Some(code)) => (Status::Undetermined, code),
        (None, None) => (Status::Compliant, ReasonCode::LevelMet),
    }
}
