//! The flags that say which accounts and Regions are looked at, and as whom.

use std::collections::BTreeSet;

use clap::Args;
use ecr_encryption_core::{InvalidValue, OrganizationalUnit, value};

use super::list;

/// Which accounts and Regions are looked at, and as whom.
#[derive(Debug, Args)]
pub struct ScopeArgs {
    /// Regions to scan: `all` that an account has enabled, or a list
    #[arg(long, value_name = "all|CSV", default_value = "all", value_parser = regions)]
    #[arg(env = "ECR_ENCRYPTION_REGIONS", hide_env = true)]
    pub regions: Regions,

    /// Scan only these accounts
    #[arg(long, value_name = "CSV|@FILE", value_parser = account_ids)]
    #[arg(env = "ECR_ENCRYPTION_ACCOUNTS", hide_env = true)]
    pub accounts: Option<AccountIds>,

    /// Leave these accounts out
    #[arg(long, value_name = "CSV|@FILE", value_parser = account_ids)]
    #[arg(env = "ECR_ENCRYPTION_EXCLUDE_ACCOUNTS", hide_env = true)]
    pub exclude_accounts: Option<AccountIds>,

    /// Scan only the accounts under these organizational units: ids, or paths such as Root/Workloads
    #[arg(long, value_name = "CSV|@FILE", value_parser = units)]
    #[arg(env = "ECR_ENCRYPTION_ORGANIZATIONAL_UNITS", hide_env = true)]
    pub organizational_units: Option<Units>,

    /// Leave out the accounts under these organizational units
    #[arg(long, value_name = "CSV|@FILE", value_parser = units)]
    #[arg(env = "ECR_ENCRYPTION_EXCLUDE_ORGANIZATIONAL_UNITS", hide_env = true)]
    pub exclude_organizational_units: Option<Units>,

    /// The role to assume in every account but the caller's own, path allowed
    #[arg(long, value_name = "ROLE", default_value = "EcrEncryptionAudit", value_parser = value::role_name)]
    #[arg(env = "ECR_ENCRYPTION_ROLE_NAME", hide_env = true)]
    pub role_name: String,

    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID", value_parser = external_id)]
    #[arg(env = "ECR_ENCRYPTION_EXTERNAL_ID", hide_env = true)]
    pub external_id: Option<String>,
}

/// Which Regions to scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Regions {
    /// All that an account has enabled.
    All,
    /// These.
    Named(BTreeSet<String>),
}

/// A list of account ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountIds(pub BTreeSet<String>);

/// A list of organizational units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units(pub Vec<OrganizationalUnit>);

impl Units {
    /// Whether the root is among them, which stands for all.
    pub fn have_root(&self) -> bool {
        self.0.iter().any(|unit| match unit {
            OrganizationalUnit::Id(id) => id.starts_with("r-"),
            OrganizationalUnit::Path(path) => !path.contains('/'),
        })
    }
}

fn regions(text: &str) -> Result<Regions, InvalidValue> {
    if text.trim() == "all" {
        return Ok(Regions::All);
    }
    Ok(Regions::Named(value::csv_items(text)?.into_iter().map(value::region).collect::<Result<_, _>>()?))
}

fn account_ids(text: &str) -> Result<AccountIds, InvalidValue> {
    Ok(AccountIds(value::account_ids(list::items(text)?.iter().map(String::as_str))?))
}

fn units(text: &str) -> Result<Units, InvalidValue> {
    Ok(Units(list::items(text)?.iter().map(|unit| OrganizationalUnit::parse(unit)).collect::<Result<_, _>>()?))
}

fn external_id(text: &str) -> Result<String, InvalidValue> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_+=,.@:/-".contains(character);
    if (2..=1224).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::new(text, "is not an external id", "2–1,224 letters, digits and `_+=,.@:/-`"))
    }
}
