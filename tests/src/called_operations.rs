//! What the product is known to call in member accounts: `cdk/test/called-operations.json`, to which the tests of the CDK app
//! hold the role there.

use std::collections::{BTreeMap, BTreeSet};

/// The IAM actions that doing `what` takes in a member account; none where that is not known.
///
/// # Errors
/// The file is not what it should be.
pub fn called_operations(what: &str) -> serde_json::Result<BTreeSet<String>> {
    let text = include_str!("../../cdk/test/called-operations.json");
    let mut all: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(text)?;
    Ok(all.remove(what).unwrap_or_default())
}
