//! The verdict on one repository.

mod demand;
mod next;
mod outcome;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::encryption::EncryptionLevel;
use crate::glob::Glob;
use crate::key::KeyLookup;
use crate::level::ProvableLevel;
use crate::policy::exemption::Exemption;
use crate::policy::overrides::Place;
use crate::policy::{Demands, Policy};
use crate::reason::ReasonCode;
use crate::repository::{Repository, RepositoryEncryption};
use demand::{Facts, Subject};
use outcome::{Outcome, verdict};

pub use next::decide_next;

/// The status of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// A demand is provably not met.
    NonCompliant,
    /// It could not be proved either way; never a pass.
    Undetermined,
    /// Left out by the policy.
    Exempt,
    /// Every demand is met, provably.
    Compliant,
}

impl Status {
    /// Every status, the one that needs most attention first.
    pub const ALL: [Self; 4] = [Self::NonCompliant, Self::Undetermined, Self::Exempt, Self::Compliant];

    /// The status as reports give it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NonCompliant => "NON_COMPLIANT",
            Self::Undetermined => "UNDETERMINED",
            Self::Exempt => "EXEMPT",
            Self::Compliant => "COMPLIANT",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The verdict on one repository, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The status.
    pub status: Status,
    /// The first demand that decided it.
    pub reason_code: ReasonCode,
    /// The reason for people: every demand that failed or could not be proved, and what else they should know.
    pub reason: String,
    /// What is proved about the level.
    pub level: ProvableLevel,
    /// The level that is demanded here.
    pub desired_level: EncryptionLevel,
    /// Every demand that is provably not met.
    pub failed: Vec<ReasonCode>,
    /// Whether `KMS_DSSE` is demanded here.
    pub requires_dual_layer: bool,
    /// The keys that are allowed here, in words; `None` where any is.
    pub allowed_keys: Option<String>,
    /// The override that applied.
    pub override_name: Option<String>,
    /// The last day of an exemption, UTC.
    pub exempt_until: Option<Date>,
}

/// Judges `repository`, whose key is known as far as `key` says, by `policy` at the time `now`.
///
/// `account` tells where its account is in the organization.
///
/// A demand that is provably not met makes the repository `NON_COMPLIANT`, whatever could not be proved beside it. If
/// none is, but one could not be proved, it is `UNDETERMINED`. The code is that of the first such demand, in the order
/// key exists, key state, level, key allowed, dual layer.
pub fn decide(
    policy: &Policy,
    repository: &Repository,
    key: &KeyLookup,
    account: AccountPlace<'_>,
    now: Timestamp,
) -> Decision {
    let place = Place {
        account_id: &repository.account_id,
        organizational_unit_ids: account.organizational_unit_ids,
        organizational_unit_path: account.organizational_unit_path,
        region: &repository.region,
        repository_name: &repository.name,
    };
    let (demands, override_name) = policy.demands_at(&place);
    let level = ProvableLevel::of(repository, key);
    let undecided = |status, reason_code, reason| Decision {
        level: level.clone(),
        ..Decision::new(&demands, override_name, status, reason_code, reason)
    };

    let note = match policy.exemptions.judge(&repository.name, &repository.tags, now) {
        Exemption::Exempt { reason_code, reason, until } => {
            return Decision { exempt_until: until, ..undecided(Status::Exempt, reason_code, reason) };
        }
        Exemption::NotExempt { note } => note,
    };
    let configuration = match &repository.encryption {
        RepositoryEncryption::Known(configuration) => configuration,
        RepositoryEncryption::NotReported => {
            let reason = with_notes("ECR does not report the repository's encryption", note);
            return undecided(Status::Undetermined, ReasonCode::LevelNotProvable, reason);
        }
        RepositoryEncryption::NotRecorded => {
            let reason = "AWS Config's item does not tell the repository's encryption, and ECR was not asked";
            let reason = with_notes(reason, note);
            return undecided(Status::Undetermined, ReasonCode::LevelNotProvable, reason);
        }
        RepositoryEncryption::Denied { error_code } => {
            let reason =
                format!("the repository may not be described ({error_code}); needed: ecr:DescribeRepositories");
            return undecided(Status::Undetermined, ReasonCode::RepositoryAccessDenied, with_notes(&reason, note));
        }
    };
    let facts = Facts {
        demands: &demands,
        configuration,
        key,
        level: &level,
        account_id: &repository.account_id,
        subject: Subject::Repository,
    };
    let decision = by_demands(&facts, override_name);
    Decision { reason: with_notes(&decision.reason, note), ..decision }
}

/// The verdict by the demands alone.
fn by_demands(facts: &Facts<'_>, override_name: Option<&str>) -> Decision {
    let judged = facts.judge_all();
    let (status, reason_code) = verdict(&judged);
    let decisive: Vec<&str> = judged
        .iter()
        .filter(|judged| match judged.outcome {
            Outcome::Failed(_) | Outcome::Unproven(_) => true,
            Outcome::Met => status == Status::Compliant,
        })
        .map(|judged| judged.text.as_str())
        .collect();
    let failed = judged.iter().filter_map(|judged| match judged.outcome {
        Outcome::Failed(code) => Some(code),
        Outcome::Unproven(_) | Outcome::Met => None,
    });
    Decision {
        failed: failed.collect(),
        level: facts.level.clone(),
        ..Decision::new(facts.demands, override_name, status, reason_code, decisive.join("; "))
    }
}

impl Decision {
    /// A verdict of which nothing but this is known yet.
    fn new(
        demands: &Demands,
        override_name: Option<&str>,
        status: Status,
        reason_code: ReasonCode,
        reason: String,
    ) -> Self {
        Self {
            status,
            reason_code,
            reason,
            level: ProvableLevel::Unknown,
            desired_level: demands.desired_encryption_level,
            failed: Vec::new(),
            requires_dual_layer: demands.require_dual_layer,
            allowed_keys: allowed_keys(demands),
            override_name: override_name.map(str::to_owned),
            exempt_until: None,
        }
    }
}

fn allowed_keys(demands: &Demands) -> Option<String> {
    let arns = demands.kms_key_arns.as_ref().map(|patterns| {
        let patterns: Vec<&str> = patterns.iter().map(Glob::as_str).collect();
        format!("an ARN that matches {}", patterns.join(" or "))
    });
    let accounts = demands.kms_key_account_ids.as_ref().map(|ids| {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        format!("a key of account {}", ids.join(" or "))
    });
    match (arns, accounts) {
        (Some(arns), Some(accounts)) => Some(format!("{arns}, and {accounts}")),
        (arns, accounts) => arns.or(accounts),
    }
}

/// Where an account is in its organization.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountPlace<'a> {
    /// See [`Place::organizational_unit_ids`].
    pub organizational_unit_ids: &'a [String],
    /// See [`Place::organizational_unit_path`].
    pub organizational_unit_path: Option<&'a str>,
}

fn with_notes(text: &str, note: Option<String>) -> String {
    match note {
        Some(note) => format!("{text}; {note}"),
        None => text.to_owned(),
    }
}
