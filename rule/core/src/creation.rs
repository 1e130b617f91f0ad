//! Repositories that ECR is going to create by itself, and how it will encrypt them.
//!
//! What AWS documents, and what is relied on here:
//! - A creation template is for the names under its prefix, a `/` at its end assumed; of two templates the one with the
//!   longer prefix applies; `ROOT` is for names that no other template is for; `appliedFor` says for which ways of creating
//!   repositories (Amazon ECR User Guide, "Templates to control repositories created during a pull through cache, create
//!   on push, or replication action").
//! - Where no template matches a pull-through cache rule, its repositories get `AES256` (the same page).
//! - Where no template matches the repository of a push, ECR creates none (the same page), so there is nothing to judge.
//! - Where no encryption is set, ECR uses `AES256` (API reference, `EncryptionConfiguration`).
//!
//! What it does not document: whether a template that does not apply for a way of creating repositories still keeps a less
//! specific one, that does, from its names; and what an empty `appliedFor` means, as templates from the time of the
//! preview have it. Nothing is proved where this matters: see [`Origin::PullThroughCacheRule`].

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::encryption::{EncryptionConfiguration, EncryptionType};
use crate::names::{Names, start_of};
use crate::open_enum::open_enum;
use crate::repository::Tags;

open_enum! {
    /// A way of creating repositories that a creation template applies for: ECR's `RCTAppliedFor`.
    AppliedFor {
        /// At the first pull through a cache rule.
        PullThroughCache = "PULL_THROUGH_CACHE",
        /// By replication from another Region or account.
        Replication = "REPLICATION",
        /// At the first push.
        CreateOnPush = "CREATE_ON_PUSH",
    }
}

/// A repository creation template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreationTemplate {
    /// `prefix`: `ROOT` for every name in the registry.
    pub prefix: String,
    /// `appliedFor`.
    pub applied_for: Vec<AppliedFor>,
    /// `encryptionConfiguration`, which may be left out.
    pub encryption: Option<EncryptionConfiguration>,
    /// `resourceTags`: the tags of repositories that it creates.
    pub resource_tags: BTreeMap<String, String>,
    /// `customRoleArn`: the role that ECR needs to create repositories under a KMS key.
    pub custom_role_arn: Option<String>,
}

/// What makes ECR create repositories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// A creation template.
    Template {
        /// `appliedFor`.
        applied_for: Vec<AppliedFor>,
        /// `customRoleArn`.
        custom_role_arn: Option<String>,
    },
    /// A pull-through cache rule.
    PullThroughCacheRule {
        /// The prefix of the creation template that applies; `None` where none does.
        template: Option<String>,
        /// The prefixes of the templates that leave open which template applies, or whether one does.
        unclear: Vec<String>,
        /// `appliedFor` of the template that has the rule's own prefix, where there is one.
        same_prefix: Option<Vec<AppliedFor>>,
    },
}

/// The repositories that ECR is going to create with names under a prefix, by a template or by a pull-through cache rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextRepositories {
    /// The account that will own them: 12 digits.
    pub account_id: String,
    /// Their Region.
    pub region: String,
    /// The prefix of their names; `ROOT` for every name.
    pub prefix: String,
    /// What makes ECR create them.
    pub origin: Origin,
    /// How they will be encrypted; with [`Origin::PullThroughCacheRule::unclear`], at best.
    pub encryption: EncryptionConfiguration,
    /// Whether that is ECR's default, because nothing says otherwise.
    pub encryption_is_default: bool,
    /// The tags that they will have.
    pub tags: BTreeMap<String, String>,
    /// Prefixes of names that another template sees to.
    pub except: Vec<String>,
}

/// Whether a template applies for a way of creating repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Applies {
    Yes,
    No,
    Unclear,
}

impl CreationTemplate {
    fn applies_for(&self, way: &AppliedFor) -> Applies {
        if self.applied_for.contains(way) {
            Applies::Yes
        } else if self.applied_for.is_empty()
            || self.applied_for.iter().any(|one| matches!(one, AppliedFor::Unknown(_)))
        {
            Applies::Unclear
        } else {
            Applies::No
        }
    }

    fn is_inside(&self, prefix: &str) -> bool {
        let (own, around) = (start_of(&self.prefix), start_of(prefix));
        own.len() > around.len() && own.starts_with(&around)
    }

    /// How it says that repositories are encrypted, and whether that is ECR's default.
    fn encryption(&self) -> (EncryptionConfiguration, bool) {
        match &self.encryption {
            Some(encryption) => (encryption.clone(), false),
            None => (DEFAULT, true),
        }
    }
}

/// How ECR encrypts a repository where nothing says otherwise.
pub(crate) const DEFAULT: EncryptionConfiguration =
    EncryptionConfiguration { encryption_type: EncryptionType::Aes256, kms_key: None };

impl NextRepositories {
    /// What `template` creates, which is one of `templates`: all of its registry.
    pub fn of_template(
        account_id: &str,
        region: &str,
        template: &CreationTemplate,
        templates: &[CreationTemplate],
    ) -> Self {
        let CreationTemplate { prefix, applied_for, custom_role_arn, resource_tags, .. } = template;
        // A template inside sees to its names only if it does so in every way that this one applies for.
        let sees_to_all = |other: &CreationTemplate| {
            !applied_for.is_empty() && applied_for.iter().all(|way| other.applies_for(way) == Applies::Yes)
        };
        let except = templates.iter().filter(|other| other.is_inside(prefix) && sees_to_all(other));
        let (encryption, encryption_is_default) = template.encryption();
        Self {
            account_id: account_id.to_owned(),
            region: region.to_owned(),
            prefix: prefix.clone(),
            origin: Origin::Template { applied_for: applied_for.clone(), custom_role_arn: custom_role_arn.clone() },
            encryption,
            encryption_is_default,
            tags: resource_tags.clone(),
            except: except.map(|other| other.prefix.clone()).collect(),
        }
    }

    /// What the pull-through cache rule with the prefix `prefix` creates; `templates` are all of its registry.
    pub fn of_pull_through_cache_rule(
        account_id: &str,
        region: &str,
        prefix: &str,
        templates: &[CreationTemplate],
    ) -> Self {
        let start = start_of(prefix);
        let applies = |template: &CreationTemplate| template.applies_for(&AppliedFor::PullThroughCache);
        // The most specific one first.
        let mut covering: Vec<&CreationTemplate> =
            templates.iter().filter(|template| start.starts_with(&start_of(&template.prefix))).collect();
        covering.sort_by_key(|template| Reverse(start_of(&template.prefix).len()));
        let inside = || templates.iter().filter(|template| template.is_inside(prefix));

        let first = |wanted| covering.iter().copied().find(|template| applies(template) == wanted);
        let by = first(Applies::Yes).or_else(|| first(Applies::Unclear));
        // Without a template that may apply, those that do not apply leave nothing open: it is ECR's default.
        let unclear = by.map_or_else(Vec::new, |by| {
            let more_specific = covering.iter().copied().take_while(|template| template.prefix != by.prefix);
            let doubtful = more_specific.chain(inside()).filter(|template| applies(template) != Applies::Yes);
            doubtful
                .chain((applies(by) == Applies::Unclear).then_some(by))
                .map(|template| template.prefix.clone())
                .collect()
        });
        let (encryption, encryption_is_default) = by.map_or((DEFAULT, true), CreationTemplate::encryption);
        let same_prefix = covering.iter().find(|template| start_of(&template.prefix) == start);
        Self {
            account_id: account_id.to_owned(),
            region: region.to_owned(),
            prefix: prefix.to_owned(),
            origin: Origin::PullThroughCacheRule {
                template: by.map(|template| template.prefix.clone()),
                unclear,
                same_prefix: same_prefix.map(|template| template.applied_for.clone()),
            },
            encryption,
            encryption_is_default,
            tags: by.map(|template| template.resource_tags.clone()).unwrap_or_default(),
            except: inside()
                .filter(|template| applies(template) == Applies::Yes)
                .map(|template| template.prefix.clone())
                .collect(),
        }
    }

    /// Whether it is not known which creation template applies, if any.
    pub fn is_unclear(&self) -> bool {
        matches!(&self.origin, Origin::PullThroughCacheRule { unclear, .. } if !unclear.is_empty())
    }

    pub(crate) fn names(&self) -> Names {
        Names::under(&self.prefix, &self.except)
    }

    pub(crate) fn tags(&self) -> Tags {
        Tags::Read(self.tags.clone())
    }
}

#[cfg(test)]
mod tests;
