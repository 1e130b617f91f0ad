//! Makes findings of what was read.

use std::collections::BTreeMap;

use ecr_encryption_core::{
    AccountPlace, Decision, EncryptionConfiguration, Exemption, KeyLookup, Policy, ProvableLevel, Repository, Status,
    decide, decide_next, remediation, remediation_next,
};
use ecr_encryption_rule::aws::fault::AwsFault;
use jiff::Timestamp;

use crate::account::Account;
use crate::finding::{Finding, FindingType};
use crate::journal::{Target, Verdict};
use crate::read::{Read, ReadNextRepositories, ReadRepository};

/// The verdict on what was read, in short.
pub fn verdict(policy: &Policy, account: &Account, read: &Read, key: &KeyLookup, read_at: Timestamp) -> Verdict {
    let decision = match read {
        Read::Repository(ReadRepository { repository, .. }) => {
            decide(policy, repository, key, account.place(), read_at)
        }
        Read::NextRepositories(ReadNextRepositories { next, .. }) => {
            decide_next(policy, next, key, account.place(), read_at)
        }
    };
    Verdict { status: decision.status, reason_code: decision.reason_code }
}

/// The finding on what was read, whose key is known as far as `key` says.
pub fn finding(policy: &Policy, account: &Account, read: Read, key: &KeyLookup, read_at: Timestamp) -> Finding {
    match read {
        Read::Repository(ReadRepository { repository, created_at }) => {
            let decision = decide(policy, &repository, key, account.place(), read_at);
            let remediation = remediation(&decision, &repository, key);
            Judged {
                finding_type: FindingType::Repository,
                encryption: repository.encryption.known().cloned(),
                account_id: repository.account_id,
                region: repository.region,
                name: repository.name,
                arn: Some(repository.arn),
                created_at,
                decision,
                remediation,
            }
            .finding(account, key, read_at)
        }
        Read::NextRepositories(read) => {
            let finding_type = read.finding_type();
            let ReadNextRepositories { next, created_at } = read;
            let decision = decide_next(policy, &next, key, account.place(), read_at);
            let remediation = remediation_next(&decision, &next, key);
            // Where it is not known which template applies, neither are the facts.
            let (encryption, key) =
                if next.is_unclear() { (None, &KeyLookup::NotNeeded) } else { (Some(next.encryption), key) };
            Judged {
                finding_type,
                encryption,
                account_id: next.account_id,
                region: next.region,
                name: next.prefix,
                arn: None,
                created_at,
                decision,
                remediation,
            }
            .finding(account, key, read_at)
        }
    }
}

/// What was judged, with the verdict.
struct Judged {
    finding_type: FindingType,
    account_id: String,
    region: String,
    name: String,
    arn: Option<String>,
    created_at: Option<Timestamp>,
    encryption: Option<EncryptionConfiguration>,
    decision: Decision,
    remediation: Vec<String>,
}

impl Judged {
    fn finding(self, account: &Account, key: &KeyLookup, read_at: Timestamp) -> Finding {
        let Self { decision, encryption, .. } = self;
        let facts = match key {
            KeyLookup::Described(facts) => Some(facts),
            _ => None,
        };
        let (encryption_type, kms_key) =
            encryption.map(|known| (known.encryption_type.as_str().to_owned(), known.kms_key)).unzip();
        Finding {
            account_name: account.name.clone(),
            organizational_unit_path: account.units.path.clone(),
            created_at: self.created_at,
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
            remediation: self.remediation,
            evaluated_at: read_at,
            recorded_at: None,
            key_recorded_at: facts.and_then(|facts| facts.recorded_at),
            open_since: None,
            account_id: self.account_id,
            region: self.region,
            repository_name: self.name,
            repository_arn: self.arn,
            finding_type: self.finding_type,
        }
    }
}

/// Whether the policy leaves out what was read, so that its key does not matter.
pub fn is_exempt(policy: &Policy, read: &Read, read_at: Timestamp) -> bool {
    match read {
        Read::Repository(ReadRepository { repository: Repository { name, tags, .. }, .. }) => {
            matches!(policy.exemptions.judge(name, tags, read_at), Exemption::Exempt { .. })
        }
        Read::NextRepositories(ReadNextRepositories { next, .. }) => {
            let decision = decide_next(policy, next, &KeyLookup::NotNeeded, AccountPlace::default(), read_at);
            decision.status == Status::Exempt
        }
    }
}

/// What could not be judged, because its key could not be asked for. That is no verdict: it counts as not covered.
#[derive(Debug)]
pub struct Unjudged {
    of_repositories: bool,
    by_target: BTreeMap<Target, (Vec<String>, AwsFault)>,
}

/// How many names a message gives.
const NAMED: usize = 5;

impl Unjudged {
    /// No repositories yet.
    pub fn of_repositories() -> Self {
        Self { of_repositories: true, by_target: BTreeMap::new() }
    }

    /// No creation templates and pull-through cache rules yet.
    pub fn of_templates() -> Self {
        Self { of_repositories: false, by_target: BTreeMap::new() }
    }

    /// Whether it is repositories.
    pub fn is_of_repositories(&self) -> bool {
        self.of_repositories
    }

    /// Notes a name, and what kept its key from being known.
    pub fn add(&mut self, target: Target, name: String, fault: AwsFault) {
        self.by_target.entry(target).or_insert_with(|| (Vec::new(), fault)).0.push(name);
    }

    /// Whether there is anything of a target.
    pub fn has(&self, target: &Target) -> bool {
        self.by_target.contains_key(target)
    }

    /// Each target with what is to be told of it, and the first fault.
    pub fn into_messages(self) -> impl Iterator<Item = (Target, String, AwsFault)> {
        let (one, many) = if self.of_repositories {
            ("repository", "repositories")
        } else {
            ("creation template or pull-through cache rule", "creation templates and pull-through cache rules")
        };
        self.by_target.into_iter().map(move |(target, (names, fault))| {
            let listed = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = match names.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let what = match names.len() {
                1 => format!("1 {one} was"),
                count => format!("{count} {many} were"),
            };
            let message = format!(
                "{what} read but not judged ({listed}{more}), because a key could not be asked for: {}",
                fault.message
            );
            (target, message, fault)
        })
    }
}
