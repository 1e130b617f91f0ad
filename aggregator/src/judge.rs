//! Makes findings of what was read.

use std::collections::BTreeMap;

use ecr_encryption_core::{Exemption, KeyLookup, Policy, ProvableLevel, Repository, decide, remediation};
use ecr_encryption_rule::aws::fault::AwsFault;
use jiff::Timestamp;

use crate::account::Account;
use crate::finding::Finding;
use crate::journal::{Target, Verdict};

/// The verdict on a repository in short.
pub fn verdict(
    policy: &Policy,
    account: &Account,
    repository: &Repository,
    key: &KeyLookup,
    read_at: Timestamp,
) -> Verdict {
    let decision = decide(policy, repository, key, account.place(), read_at);
    Verdict { status: decision.status, reason_code: decision.reason_code }
}

/// The finding on a repository whose key is known as far as `key` says.
pub fn finding(
    policy: &Policy,
    account: &Account,
    repository: Repository,
    created_at: Option<Timestamp>,
    key: &KeyLookup,
    read_at: Timestamp,
) -> Finding {
    let decision = decide(policy, &repository, key, account.place(), read_at);
    let remediation = remediation(&decision, &repository, key);
    let facts = match key {
        KeyLookup::Described(facts) => Some(facts),
        _ => None,
    };
    let configuration = repository.encryption.known().cloned();
    let (encryption_type, kms_key) =
        configuration.map(|known| (known.encryption_type.as_str().to_owned(), known.kms_key)).unzip();
    Finding {
        account_name: account.name.as_deref().map(str::to_owned),
        organizational_unit_path: account.organizational_unit_path().map(str::to_owned),
        created_at,
        encryption_type,
        kms_key: kms_key.flatten(),
        kms_key_arn: facts.map(|facts| facts.arn.clone()),
        key_manager: facts.map(|facts| facts.manager.as_str().to_owned()),
        key_origin: facts.map(|facts| facts.origin.as_str().to_owned()),
        key_state: facts.map(|facts| facts.state.as_str().to_owned()),
        encryption_level: decision.level.level(),
        encryption_level_is_lower_bound: matches!(decision.level, ProvableLevel::AtLeast(_)),
        desired_encryption_level: decision.desired_level,
        status: decision.status,
        reason_code: decision.reason_code,
        reason: decision.reason,
        override_name: decision.override_name,
        exempt_until: decision.exempt_until,
        remediation,
        evaluated_at: read_at,
        recorded_at: None,
        key_recorded_at: facts.and_then(|facts| facts.recorded_at),
        account_id: repository.account_id,
        region: repository.region,
        repository_name: repository.name,
        repository_arn: repository.arn,
    }
}

/// Whether the policy leaves a repository out, so that its key does not matter.
pub fn is_exempt(policy: &Policy, repository: &Repository, read_at: Timestamp) -> bool {
    let Repository { name, tags, .. } = repository;
    matches!(policy.exemptions.judge(name, tags, read_at), Exemption::Exempt { .. })
}

/// Repositories that could not be judged, because their key could not be asked for. That is no verdict: the target counts
/// as not covered.
#[derive(Debug, Default)]
pub struct Unjudged(BTreeMap<Target, (Vec<String>, AwsFault)>);

/// How many names a message gives.
const NAMED: usize = 5;

impl Unjudged {
    /// Notes a repository, and what kept its key from being known.
    pub fn add(&mut self, target: Target, name: String, fault: AwsFault) {
        self.0.entry(target).or_insert_with(|| (Vec::new(), fault)).0.push(name);
    }

    /// Each target with what is to be told of it, and the first fault.
    pub fn into_messages(self) -> impl Iterator<Item = (Target, String, AwsFault)> {
        self.0.into_iter().map(|(target, (names, fault))| {
            let listed = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = match names.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let repositories = match names.len() {
                1 => "1 repository was".to_owned(),
                count => format!("{count} repositories were"),
            };
            let message = format!(
                "{repositories} read but not judged ({listed}{more}), because a key could not be asked for: {}",
                fault.message
            );
            (target, message, fault)
        })
    }
}
