//! What an organization demands.

pub mod exemption;
pub mod overrides;
pub mod parameters;
pub mod value;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use crate::encryption::EncryptionLevel;
use crate::glob::Glob;
use crate::names::Names;
use exemption::Exemptions;
use overrides::{Override, Place};

/// A value that a setting does not allow. The caller adds the setting's name, see [`InvalidSetting`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{value}` {problem}; allowed: {allowed}")]
pub struct InvalidValue {
    /// The value, as it was given.
    pub value: String,
    /// What is wrong with it, in words that follow the value.
    pub problem: Cow<'static, str>,
    /// What is allowed.
    pub allowed: Cow<'static, str>,
}

impl InvalidValue {
    /// Names a value, what is wrong with it and what is allowed.
    pub fn new(
        value: impl Into<String>,
        problem: impl Into<Cow<'static, str>>,
        allowed: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { value: value.into(), problem: problem.into(), allowed: allowed.into() }
    }
}

/// A setting that cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidSetting {
    /// The value is wrong.
    #[error("parameter `{name}`: {invalid}")]
    Value {
        /// The setting's name, as the user writes it.
        name: String,
        /// What is wrong.
        invalid: InvalidValue,
    },
    /// No setting has this name.
    #[error("unknown parameter `{name}` with value `{value}`; allowed: {allowed}")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The value that was given.
        value: String,
        /// Every name that is allowed.
        allowed: String,
    },
}

/// What is demanded of a key's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequireUsableKey {
    /// A key known to be unusable is a finding; a state that may not be read is told in the reason.
    True,
    /// The state must have been read.
    Proven,
    /// The state is no demand.
    False,
}

impl FromStr for RequireUsableKey {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "true" => Ok(Self::True),
            "proven" => Ok(Self::Proven),
            "false" => Ok(Self::False),
            other => Err(InvalidValue::new(other, "is no such demand", "true, proven, false")),
        }
    }
}

/// What AWS Config is told about a repository whose verdict is not provable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UndeterminedCompliance {
    /// `NON_COMPLIANT`.
    NonCompliant,
    /// `NOT_APPLICABLE`.
    NotApplicable,
}

impl FromStr for UndeterminedCompliance {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "NON_COMPLIANT" => Ok(Self::NonCompliant),
            "NOT_APPLICABLE" => Ok(Self::NotApplicable),
            other => Err(InvalidValue::new(other, "is no compliance type for this", "NON_COMPLIANT, NOT_APPLICABLE")),
        }
    }
}

/// What is demanded of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Demands {
    /// The lowest level that complies.
    pub desired_encryption_level: EncryptionLevel,
    /// Patterns of the key ARNs that may be used; `None` for any.
    pub kms_key_arns: Option<Vec<Glob>>,
    /// The accounts whose keys may be used; `None` for any.
    pub kms_key_account_ids: Option<BTreeSet<String>>,
    /// Whether only `KMS_DSSE` complies.
    pub require_dual_layer: bool,
    /// What is demanded of the key's state.
    pub require_usable_key: RequireUsableKey,
}

impl Default for Demands {
    fn default() -> Self {
        Self {
            desired_encryption_level: EncryptionLevel::AwsCmk,
            kms_key_arns: None,
            kms_key_account_ids: None,
            require_dual_layer: false,
            require_usable_key: RequireUsableKey::True,
        }
    }
}

/// Everything that an organization demands, and what it leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// What is demanded where no override says otherwise.
    #[serde(flatten)]
    pub demands: Demands,
    /// Which repositories are left out.
    #[serde(flatten)]
    pub exemptions: Exemptions,
    /// What AWS Config is told where the verdict is not provable.
    pub undetermined_compliance: UndeterminedCompliance,
    /// Other demands for some places, in order: the last that matches wins.
    #[serde(rename = "override")]
    pub overrides: Vec<Override>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            demands: Demands::default(),
            exemptions: Exemptions::default(),
            undetermined_compliance: UndeterminedCompliance::NonCompliant,
            overrides: Vec::new(),
        }
    }
}

impl Policy {
    /// What is demanded at `place`, and the override that says so, if one does.
    pub fn demands_at(&self, place: &Place<'_>) -> (Cow<'_, Demands>, Option<&str>) {
        match self.overrides.iter().rev().find(|candidate| candidate.matches(place)) {
            Some(matching) => (Cow::Owned(matching.changes.applied_to(&self.demands)), Some(matching.name.as_str())),
            None => (Cow::Borrowed(&self.demands), None),
        }
    }

    /// All that may be demanded of repositories with any of `names` at `place`, whose own name does not matter, each with
    /// the override that says so, if one does.
    ///
    /// Of an override for certain repositories it counts that one of the names could be meant, so that no demand is
    /// missed; those before it count too then, unless it is for all of the names.
    pub(crate) fn demands_on(&self, place: &Place<'_>, names: &Names) -> Vec<(Cow<'_, Demands>, Option<&str>)> {
        let mut all = Vec::new();
        for one in self.overrides.iter().rev().filter(|one| one.matches_target(place)) {
            let patterns = one.repositories.as_deref();
            let is_exempt = |pattern: &Glob| self.exemptions.exempts_all_from(pattern.literal_start());
            let for_all = patterns.is_none_or(|patterns| patterns.iter().any(|pattern| names.all_match(pattern)));
            let for_some = patterns.is_none_or(|patterns| {
                patterns.iter().any(|pattern| names.some_may_match(pattern) && !is_exempt(pattern))
            });
            if for_all || for_some {
                all.push((Cow::Owned(one.changes.applied_to(&self.demands)), Some(one.name.as_str())));
            }
            if for_all {
                return all;
            }
        }
        all.push((Cow::Borrowed(&self.demands), None));
        all
    }

    /// Whether a repository's tags bear on its verdict, so that they must be read.
    pub fn needs_tags(&self) -> bool {
        self.exemptions.exempt_tag_key.is_some()
    }
}
