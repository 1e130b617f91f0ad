//! Other demands for some accounts, organizational units, Regions or repositories.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::encryption::EncryptionLevel;
use crate::glob::Glob;
use crate::policy::{Demands, InvalidValue, RequireUsableKey};

/// An organizational unit, by id or by the path of its names; the units below it are meant too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum OrganizationalUnit {
    /// `ou-…`, or a root's `r-…`.
    Id(String),
    /// The names from the root, such as `Root/Workloads/Prod`.
    Path(String),
}

impl OrganizationalUnit {
    /// Reads an id or a path.
    ///
    /// # Errors
    /// An empty text, or a path with an empty name in it.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let is_id = |prefix: &str, parts: usize| {
            text.strip_prefix(prefix).is_some_and(|rest| {
                rest.split('-').count() == parts
                    && rest.split('-').all(|part| {
                        part.len() >= 4 && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                    })
            })
        };
        if is_id("ou-", 2) || is_id("r-", 1) {
            return Ok(Self::Id(text.to_owned()));
        }
        if text.split('/').any(|name| name.trim().is_empty()) {
            return Err(InvalidValue::new(
                text,
                "is not an organizational unit",
                "an id such as ou-ab12-11111111, or a path of names such as Root/Workloads/Prod",
            ));
        }
        Ok(Self::Path(text.to_owned()))
    }
}

impl fmt::Display for OrganizationalUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(text) | Self::Path(text) => formatter.write_str(text),
        }
    }
}

/// Where a repository is.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its account.
    pub account_id: &'a str,
    /// The ids of the account's root and organizational units, from the root down; empty where there is no organization.
    pub organizational_unit_ids: &'a [String],
    /// The names of the same, joined by `/`; `None` where there is no organization.
    pub organizational_unit_path: Option<&'a str>,
    /// Its Region.
    pub region: &'a str,
    /// Its name.
    pub repository_name: &'a str,
}

impl Place<'_> {
    fn is_under(&self, unit: &OrganizationalUnit) -> bool {
        match unit {
            OrganizationalUnit::Id(id) => self.organizational_unit_ids.contains(id),
            OrganizationalUnit::Path(path) => self.organizational_unit_path.is_some_and(|own| {
                own.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }),
        }
    }
}

/// What an override sets; `None` leaves the policy's own demand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DemandChanges {
    /// See [`Demands::desired_encryption_level`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_encryption_level: Option<EncryptionLevel>,
    /// See [`Demands::kms_key_arns`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_arns: Option<Vec<Glob>>,
    /// See [`Demands::kms_key_account_ids`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_account_ids: Option<BTreeSet<String>>,
    /// See [`Demands::require_dual_layer`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_dual_layer: Option<bool>,
    /// See [`Demands::require_usable_key`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_usable_key: Option<RequireUsableKey>,
}

impl DemandChanges {
    /// `demands` with these changes.
    pub fn applied_to(&self, demands: &Demands) -> Demands {
        Demands {
            desired_encryption_level: self.desired_encryption_level.unwrap_or(demands.desired_encryption_level),
            kms_key_arns: self.kms_key_arns.clone().or_else(|| demands.kms_key_arns.clone()),
            kms_key_account_ids: self.kms_key_account_ids.clone().or_else(|| demands.kms_key_account_ids.clone()),
            require_dual_layer: self.require_dual_layer.unwrap_or(demands.require_dual_layer),
            require_usable_key: self.require_usable_key.unwrap_or(demands.require_usable_key),
        }
    }
}

/// Other demands for the places that match all of its selectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Override {
    /// The name that findings give.
    pub name: String,
    /// The accounts that are meant; `None` for every account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<BTreeSet<String>>,
    /// The organizational units that are meant, those below them included; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizational_units: Option<Vec<OrganizationalUnit>>,
    /// The Regions that are meant; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<BTreeSet<String>>,
    /// Patterns of the repositories' names; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Vec<Glob>>,
    /// What is demanded there.
    #[serde(flatten)]
    pub changes: DemandChanges,
}

impl Override {
    /// Whether every selector that is given matches `place`.
    pub fn matches(&self, place: &Place<'_>) -> bool {
        self.matches_target(place)
            && self
                .repositories
                .as_ref()
                .is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(place.repository_name)))
    }

    /// Whether every selector but that of the repositories' names matches `place`.
    pub(crate) fn matches_target(&self, place: &Place<'_>) -> bool {
        let unless_given = true;
        self.accounts.as_ref().map_or(unless_given, |accounts| accounts.contains(place.account_id))
            && self
                .organizational_units
                .as_ref()
                .map_or(unless_given, |units| units.iter().any(|unit| place.is_under(unit)))
            && self.regions.as_ref().map_or(unless_given, |regions| regions.contains(place.region))
    }
}
