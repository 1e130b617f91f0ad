//! What should be found, worked out from the simulator's world alone: a second decision core, for one policy. It shares no
//! code with the product, and panics where it meets what no generated organization has.

use std::collections::BTreeMap;

use integration_tests::{AccountState, Repository, World};

/// What a finding must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub status: &'static str,
    pub reason_code: &'static str,
    pub level: &'static str,
}

/// What the scan can see of an account.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// The account isn't active.
    NotActive,
    /// Its role can't be assumed.
    Denied,
    /// The repositories of each Region; absent for one that the account has not enabled.
    Regions(BTreeMap<String, Option<BTreeMap<String, Verdict>>>),
}

/// What the scan can see of each account, by id.
pub fn expected(world: &World) -> BTreeMap<String, Seen> {
    let organization = world.organization();
    let seen = |id: &str, state: &AccountState, has_role: bool| {
        let is_callers = id == organization.caller.account;
        let denied = organization.chaos.as_ref().is_some_and(|chaos| chaos.is_denied(id)) || !has_role;
        if *state != AccountState::Active {
            return Seen::NotActive;
        }
        if denied && !is_callers {
            return Seen::Denied;
        }
        let regions = world.regions(id).into_iter().map(|(region, status)| {
            let repositories = || world.repositories(id, &region).map(|one| (one.name.clone(), verdict(world, &one)));
            let repositories = status.is_usable().then(|| repositories().collect());
            (region, repositories)
        });
        Seen::Regions(regions.collect())
    };
    let accounts = world.accounts().map(|account| {
        let has_role = account.roles.as_ref().is_none_or(|roles| !roles.is_empty());
        (account.id.clone(), seen(&account.id, &account.state, has_role))
    });
    accounts.collect()
}

/// The default policy, with `encryption-exempt` as the tag that exempts; its generated value is a day far ahead.
fn verdict(world: &World, repository: &Repository) -> Verdict {
    let (level, state) = match (repository.encryption_type.as_deref(), &repository.kms_key) {
        (Some("AES256"), None) => ("sse", Some("Enabled".to_owned())),
        (Some("KMS" | "KMS_DSSE"), None) => ("awskms", Some("Enabled".to_owned())),
        (Some("KMS" | "KMS_DSSE"), Some(arn)) => key(world, arn),
        other => panic!("{other:?}"),
    };
    let (status, reason_code) = match state.as_deref() {
        _ if repository.tags.contains_key("encryption-exempt") => ("EXEMPT", "exempt-by-tag"),
        None => ("NON_COMPLIANT", "key-not-found"),
        Some("Disabled") => ("NON_COMPLIANT", "key-disabled"),
        Some("PendingDeletion") => ("NON_COMPLIANT", "key-pending-deletion"),
        Some("Unavailable") => ("NON_COMPLIANT", "key-unavailable"),
        Some("Enabled") if matches!(level, "sse" | "awskms") => ("NON_COMPLIANT", "below-desired-level"),
        Some("Enabled") => ("COMPLIANT", "level-met"),
        Some(state) => panic!("{state}"),
    };
    Verdict { status, reason_code, level }
}

/// The level and the state of a key; no state where it doesn't exist.
fn key(world: &World, arn: &str) -> (&'static str, Option<String>) {
    let parts: Vec<&str> = arn.split(':').collect();
    let [_, _, _, region, account, resource] = parts[..] else { panic!("{arn}") };
    let id = resource.strip_prefix("key/").unwrap_or_else(|| panic!("{arn}"));
    let Some(key) = world.key(account, region, id) else {
        // Some key of KMS it was.
        return ("awskms", None);
    };
    let level = match (key.manager.as_str(), key.origin.as_str()) {
        ("AWS", _) => "awskms",
        ("CUSTOMER", "AWS_KMS") => "awscmk",
        ("CUSTOMER", "EXTERNAL") => "externalcmk",
        ("CUSTOMER", "AWS_CLOUDHSM") => "cloudhsm",
        ("CUSTOMER", "EXTERNAL_KEY_STORE") => "externalkeystore",
        other => panic!("{other:?}"),
    };
    (level, Some(key.state.clone()))
}
