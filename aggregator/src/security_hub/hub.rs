//! What is asked of Security Hub, whoever answers.

use std::future::Future;

use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::Access;

use super::asff::AsffFinding;

/// The IAM action that tells the findings which are there.
pub const GET_FINDINGS: &str = "securityhub:GetFindings";
/// The IAM action that brings findings.
pub const IMPORT_FINDINGS: &str = "securityhub:BatchImportFindings";
/// The IAM action that changes what users decide on.
pub const UPDATE_FINDINGS: &str = "securityhub:BatchUpdateFindings";

/// A finding that Security Hub has, and what users have decided on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubFinding {
    /// The finding, as far as it is ours.
    pub finding: AsffFinding,
    /// The workflow status.
    pub workflow: Workflow,
    /// The note.
    pub note: Option<Note>,
}

/// `Workflow.Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workflow {
    /// Nobody has taken it in hand.
    New,
    /// Somebody was notified.
    Notified,
    /// Somebody holds it for resolved.
    Resolved,
    /// It is not to be acted on.
    Suppressed,
    /// A value that this version does not know.
    Unknown,
}

/// `Note`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// At most 512 characters.
    pub text: String,
    /// Who wrote it.
    pub updated_by: String,
}

/// A page of findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingsPage {
    /// The findings, in no order.
    pub findings: Vec<HubFinding>,
    /// What to ask the next page with; `None` at the end.
    pub next_token: Option<String>,
}

/// A change of what users decide on, for several findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowUpdate {
    /// The product of the findings.
    pub product_arn: String,
    /// The findings: at most [`BATCH`](super::limits::BATCH).
    pub ids: Vec<String>,
    /// What it becomes: new or suppressed.
    pub suppressed: bool,
    /// The text of the note.
    pub note: String,
}

/// A finding of a batch that was not taken, though the call succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFault {
    /// The id of the finding.
    pub id: String,
    /// Why.
    pub fault: AwsFault,
}

/// Security Hub. Passing faults of whole calls were retried before an answer is a fault; those of items are told.
pub trait Hub: Send + Sync {
    /// One page of the findings of this account and Region that this tool has brought.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn findings(
        &self,
        access: &Access,
        next_token: Option<String>,
    ) -> impl Future<Output = Result<FindingsPage, AwsFault>> + Send;

    /// Brings findings of this account and Region: at most [`BATCH`](super::limits::BATCH).
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn import(
        &self,
        access: &Access,
        findings: &[AsffFinding],
    ) -> impl Future<Output = Result<Vec<ItemFault>, AwsFault>> + Send;

    /// Changes what users decide on.
    ///
    /// # Errors
    /// What AWS said, after retries.
    fn update(
        &self,
        access: &Access,
        update: &WorkflowUpdate,
    ) -> impl Future<Output = Result<Vec<ItemFault>, AwsFault>> + Send;
}
