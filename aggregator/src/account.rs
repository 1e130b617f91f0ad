//! An account of the organization.

use std::sync::Arc;

use ecr_encryption_core::AccountPlace;

/// An account, and where it is in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id: 12 digits.
    pub id: String,
    /// Its name; `None` where there is no organization, or it may not be read.
    pub name: Option<String>,
    /// What keeps it from being scanned, in AWS's word: `SUSPENDED`, …; `None` for an active account.
    pub inactive_state: Option<String>,
    /// The ids of its root and organizational units, from the root down.
    pub organizational_unit_ids: Vec<String>,
    /// The names of the same, joined by `/`.
    pub organizational_unit_path: Option<Arc<str>>,
}

impl Account {
    /// An account of which only the id is known.
    pub fn by_id(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            inactive_state: None,
            organizational_unit_ids: Vec::new(),
            organizational_unit_path: None,
        }
    }

    /// Where it is, for the policy's overrides.
    pub fn place(&self) -> AccountPlace<'_> {
        AccountPlace {
            organizational_unit_ids: &self.organizational_unit_ids,
            organizational_unit_path: self.organizational_unit_path.as_deref(),
        }
    }
}
