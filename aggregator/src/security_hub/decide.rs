//! What is to be done with a finding, by what Security Hub has of it.
//!
//! Users decide on the workflow status and the note, and may archive a finding. What they decided stays, but for two things:
//! a finding that was archived while it passed becomes active when it fails, as nobody has seen that; and what this tool has
//! suppressed itself, which its note tells, it takes back.

use jiff::{SignedDuration, Timestamp};

use super::asff::{AsffFinding, ComplianceStatus, RecordState, asff_time};
use super::hub::{HubFinding, Note, Workflow};
use super::limits::{self, fitted};

/// Who has written our notes.
pub const AUTHOR: &str = "ecr-encryption";
const EXEMPT: &str = "Suppressed because the policy exempts it: ";
const NO_LONGER_EXEMPT: &str = "Taken back: the policy does not exempt it any more.";

/// Security Hub forgets an active finding that was not updated for 90 days.
const REFRESH_ACTIVE: SignedDuration = SignedDuration::from_hours(60 * 24);
/// And an archived one after 30 days, with what users decided on it.
const REFRESH_ARCHIVED: SignedDuration = SignedDuration::from_hours(20 * 24);

/// What is kept of a finding that Security Hub has, while its Region is compared: small, as there may be 100,000.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    fingerprint: Option<Box<str>>,
    state: RecordState,
    gone: bool,
    passed: bool,
    workflow: Workflow,
    note: KnownNote,
    created_at: Box<str>,
    first_observed_at: Box<str>,
    updated_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum KnownNote {
    None,
    Users,
    /// Ours, of an exemption, with its text.
    Exempt(Box<str>),
    /// Ours, of an exemption that has ended.
    Ended,
}

/// What a finding is brought for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Import {
    /// It is not there.
    New,
    /// It is another now.
    Changed,
    /// It is the same, and would be forgotten.
    Refreshed,
    /// Its repository does not exist any more.
    Gone,
}

/// A change of what users decide on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkflowChange {
    /// It is exempt: suppressed, with this note.
    Suppress(String),
    /// It is exempt no more: new, with this note.
    TakeBack(String),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is brought, and what for; `None` where Security Hub has it already.
    pub import: Option<(AsffFinding, Import)>,
    /// What changes of the workflow.
    pub workflow: Option<WorkflowChange>,
}

impl Known {
    /// What is kept of a finding.
    pub fn of(known: &HubFinding) -> Self {
        let HubFinding { finding, workflow, note } = known;
        Self {
            fingerprint: finding.kept_fingerprint().map(Into::into),
            state: finding.record_state,
            gone: finding.is_gone(),
            passed: finding.compliance.status == ComplianceStatus::Passed,
            workflow: *workflow,
            note: KnownNote::of(note.as_ref()),
            created_at: finding.created_at.as_str().into(),
            first_observed_at: finding.first_observed_at.as_str().into(),
            updated_at: finding.updated_at.parse().ok(),
        }
    }

    /// Whether it is active: else nothing of it need be archived.
    pub fn is_active(&self) -> bool {
        self.state == RecordState::Active
    }

    /// Security Hub takes no update that is older than what it has, whatever the clocks say.
    fn later(&self, now: Timestamp) -> String {
        let least = self.updated_at.and_then(|time| time.checked_add(SignedDuration::from_millis(1)).ok());
        asff_time(least.map_or(now, |least| least.max(now)))
    }

    fn record_state(&self, status: ComplianceStatus) -> RecordState {
        let fails_anew = self.passed && status != ComplianceStatus::Passed;
        match self.state {
            RecordState::Archived if self.gone || fails_anew => RecordState::Active,
            state => state,
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let most = match self.state {
            RecordState::Active => REFRESH_ACTIVE,
            RecordState::Archived => REFRESH_ARCHIVED,
        };
        self.updated_at.is_none_or(|time| now.duration_since(time) >= most)
    }
}

impl KnownNote {
    fn of(note: Option<&Note>) -> Self {
        match note {
            None => Self::None,
            Some(note) if note.updated_by != AUTHOR => Self::Users,
            Some(note) if note.text.starts_with(EXEMPT) => Self::Exempt(note.text.as_str().into()),
            Some(_) => Self::Ended,
        }
    }
}

/// What is to be done with `finding`, of which Security Hub has `known`; `exemption` is why it is exempt, if it is.
pub fn decide(mut finding: AsffFinding, known: Option<&Known>, exemption: Option<&str>, now: Timestamp) -> Decision {
    let workflow = workflow(known, exemption);
    let Some(known) = known else {
        finding.updated_at = asff_time(now);
        return Decision { import: Some((finding, Import::New)), workflow };
    };
    let state = known.record_state(finding.compliance.status);
    let is_same = known.fingerprint.as_deref() == finding.kept_fingerprint() && known.state == state && !known.gone;
    let import = match is_same {
        false => Some(Import::Changed),
        true if known.is_due(now) => Some(Import::Refreshed),
        true => None,
    };
    let import = import.map(|import| {
        finding.record_state = state;
        finding.created_at = known.created_at.to_string();
        finding.first_observed_at = known.first_observed_at.to_string();
        (updated(finding, known, now), import)
    });
    Decision { import, workflow }
}

/// The finding on what does not exist any more, archived. What it said last stays.
pub fn archived(mut finding: AsffFinding, known: &Known, now: Timestamp) -> AsffFinding {
    finding.record_state = RecordState::Archived;
    finding.product_fields.retain(|key, _| key.starts_with(super::asff::PREFIX));
    finding.product_fields.insert(super::asff::GONE.to_owned(), "yes".to_owned());
    updated(finding, known, now)
}

/// As an update of what is there: severity and types are the users' to change.
fn updated(mut finding: AsffFinding, known: &Known, now: Timestamp) -> AsffFinding {
    finding.updated_at = known.later(now);
    finding.severity = None;
    finding.types = Vec::new();
    finding
}

fn workflow(known: Option<&Known>, exemption: Option<&str>) -> Option<WorkflowChange> {
    let (workflow, note) = known.map_or((Workflow::New, &KnownNote::None), |known| (known.workflow, &known.note));
    match (exemption, workflow, note) {
        (Some(why), Workflow::New, KnownNote::None | KnownNote::Ended) => Some(WorkflowChange::Suppress(text(why))),
        (Some(why), Workflow::Suppressed, KnownNote::Exempt(told)) => {
            let text = text(why);
            (text.as_str() != &**told).then_some(WorkflowChange::Suppress(text))
        }
        (None, Workflow::Suppressed, KnownNote::Exempt(_)) => {
            Some(WorkflowChange::TakeBack(NO_LONGER_EXEMPT.to_owned()))
        }
        // A user has decided otherwise, be it by what stands beside our note.
        _ => None,
    }
}

fn text(why: &str) -> String {
    fitted(&format!("{EXEMPT}{why}"), limits::NOTE, EXEMPT)
}

#[cfg(test)]
mod tests;
