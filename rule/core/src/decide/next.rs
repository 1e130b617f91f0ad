//! The verdict on repositories that ECR is going to create.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::demand::{Facts, Subject};
use super::{AccountPlace, Decision, Status, by_demands, with_notes};
use crate::creation::{DEFAULT, NextRepositories, Origin};
use crate::encryption::{EncryptionConfiguration, EncryptionLevel};
use crate::key::KeyLookup;
use crate::level::ProvableLevel;
use crate::policy::exemption::Exemption;
use crate::policy::overrides::Place;
use crate::policy::{Demands, Policy};
use crate::reason::ReasonCode;
use crate::repository::Tags;

/// Judges the repositories that ECR is going to create, whose key is known as far as `key` says, by `policy` at the time
/// `now`; as [`decide`](super::decide) would judge each of them, were it there.
///
/// What differs from one name under the prefix to another is decided by the name that comes off worst, so that no
/// repository with such a name can fail what was passed here: an override for certain repositories counts as soon as it
/// may be meant for one of the names, and the verdict is the worst by any demand that counts; an exemption by name counts
/// only where a single pattern exempts all of the names. Names that a more specific template sees to, in every way that
/// this one applies for, do not count. An exemption by tag goes by the tags that the repositories will have.
///
/// Where AWS does not say which template applies, or whether one does, the verdict is `NON_COMPLIANT` only if it is so with
/// the template and without one, and else `UNDETERMINED`, unless the names themselves are exempt.
pub fn decide_next(
    policy: &Policy,
    next: &NextRepositories,
    key: &KeyLookup,
    account: AccountPlace<'_>,
    now: Timestamp,
) -> Decision {
    let place = Place {
        account_id: &next.account_id,
        organizational_unit_ids: account.organizational_unit_ids,
        organizational_unit_path: account.organizational_unit_path,
        region: &next.region,
        repository_name: &next.prefix,
    };
    let names = next.names();
    let demanded = policy.demands_on(&place, &names);
    let judged = |creation: &Creation<'_>| {
        let exemption = policy.exemptions.judge_all(&names, &creation.tags, now);
        // Of verdicts that are equally bad, the one by the highest demand tells what meets all of them.
        demanded
            .iter()
            .map(|(demands, override_name)| creation.judge(demands, *override_name, &next.account_id, &exemption))
            .min_by_key(|decision| (decision.status, Reverse(decision.desired_level)))
    };
    let by_template = judged(&Creation { encryption: &next.encryption, key, tags: next.tags() });
    let by_default = next.is_unclear().then(|| {
        judged(&Creation { encryption: &DEFAULT, key: &KeyLookup::NotNeeded, tags: Tags::Read(BTreeMap::new()) })
    });
    let decision = match (by_template, by_default) {
        (Some(decision), None) => decision,
        (Some(decision), Some(Some(other)))
            if decision.status == other.status && decision.status != Status::Compliant =>
        {
            decision
        }
        // Something is always demanded, so there always is a verdict; without one nothing would be proved either.
        (decision, _) => not_provable(decision, &policy.demands),
    };
    Decision { reason: format!("{}: {}", introduction(next), decision.reason), ..decision }
}

/// One way in which the repositories may be created.
struct Creation<'a> {
    encryption: &'a EncryptionConfiguration,
    key: &'a KeyLookup,
    tags: Tags,
}

impl Creation<'_> {
    fn judge(
        &self,
        demands: &Demands,
        override_name: Option<&str>,
        account_id: &str,
        exemption: &Exemption,
    ) -> Decision {
        let Self { encryption, key, .. } = *self;
        let level = ProvableLevel::of_configuration(encryption, key, account_id);
        match exemption {
            Exemption::Exempt { reason_code, reason, until } => Decision {
                level,
                exempt_until: *until,
                ..Decision::new(demands, override_name, Status::Exempt, *reason_code, reason.clone())
            },
            Exemption::NotExempt { note } => {
                let subject = Subject::NextRepositories;
                let facts = Facts { demands, configuration: encryption, key, level: &level, account_id, subject };
                let decision = by_demands(&facts, override_name);
                Decision { reason: with_notes(&decision.reason, note.clone()), ..decision }
            }
        }
    }
}

/// The verdict where it depends on what AWS leaves open; `decision` is the one if the template applies.
fn not_provable(decision: Option<Decision>, demands: &Demands) -> Decision {
    let reason = "AWS does not say which template applies then, so nothing is proved";
    let code = ReasonCode::LevelNotProvable;
    let decision = decision.unwrap_or_else(|| Decision::new(demands, None, Status::Undetermined, code, String::new()));
    Decision {
        status: Status::Undetermined,
        reason_code: code,
        reason: reason.to_owned(),
        level: ProvableLevel::AtLeast(EncryptionLevel::Sse),
        failed: Vec::new(),
        exempt_until: None,
        ..decision
    }
}

/// Which repositories are meant, and where their encryption comes from.
fn introduction(next: &NextRepositories) -> String {
    let NextRepositories { prefix, encryption_is_default, .. } = next;
    let default = if *encryption_is_default { ", which sets no encryption, so they get AES256" } else { "" };
    match &next.origin {
        Origin::Template { .. } => format!("repositories that this template creates{default}"),
        Origin::PullThroughCacheRule { template: None, .. } => {
            "repositories that this rule creates get AES256, as no creation template for PULL_THROUGH_CACHE is for its prefix"
                .to_owned()
        }
        Origin::PullThroughCacheRule { template: Some(template), unclear, .. } if unclear.is_empty() => {
            format!("repositories that this rule creates by the creation template `{template}`{default}")
        }
        Origin::PullThroughCacheRule { unclear, .. } => {
            let unclear: Vec<String> = unclear.iter().map(|prefix| format!("`{prefix}`")).collect();
            format!(
                "some names under `{prefix}` are under a creation template that does not say that it applies for \
                 PULL_THROUGH_CACHE ({})",
                unclear.join(", ")
            )
        }
    }
}
