//! What was read whole. One line of `targets.jsonl`.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The Regions of an account that were read whole: what is not in the findings of those does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountTargets {
    /// The account: 12 digits.
    #[schemars(regex(pattern = "^[0-9]{12}$"))]
    pub account_id: String,
    /// The account's name in the organization.
    pub account_name: Option<Arc<str>>,
    /// The names of the account's organizational units from the root, joined by `/`.
    pub organizational_unit_path: Option<Arc<str>>,
    /// By Region, how many findings there are.
    pub regions: BTreeMap<String, u64>,
}
