//! Which accounts of the organization are scanned.

use std::collections::BTreeSet;

use ecr_encryption_core::{OrganizationalUnit, Policy};

use crate::account::Account;
use crate::args::scope::ScopeArgs;
use crate::aws::organizations::Organizations;
use crate::aws::regions::AccountRegion;
use crate::error::RunError;

/// What is said where nobody is selected.
pub const SELECTS_NOTHING: &str = "the flags leave no account to scan: --accounts, --exclude-accounts, --organizational-units and \
     --exclude-organizational-units exclude each other";

/// What the user asked for, with organizational units by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these accounts; `None` for all.
    pub accounts: Option<BTreeSet<String>>,
    /// Not these.
    pub exclude_accounts: BTreeSet<String>,
    /// Only accounts under these units; `None` for all.
    pub units: Option<BTreeSet<String>>,
    /// Not those under these.
    pub exclude_units: BTreeSet<String>,
}

impl Selection {
    /// Whether `account` is to be scanned.
    pub fn takes(&self, account: &Account) -> bool {
        let under = |units: &BTreeSet<String>| account.units.ids.iter().any(|id| units.contains(id));
        self.accounts.as_ref().is_none_or(|accounts| accounts.contains(&account.id.to_string()))
            && self.units.as_ref().is_none_or(under)
            && !self.excludes(account)
    }

    /// Whether organizational units decide which accounts are scanned.
    pub fn names_units(&self) -> bool {
        self.units.is_some() || !self.exclude_units.is_empty()
    }

    /// Whether the user wants `account` to be left alone, so that it is not even asked for its keys.
    pub fn excludes(&self, account: &Account) -> bool {
        self.exclude_accounts.contains(&account.id.to_string())
            || account.units.ids.iter().any(|id| self.exclude_units.contains(id))
    }
}

/// Whether anything that was asked for hangs on organizational units.
pub fn needs_units(args: &ScopeArgs, policy: &Policy) -> bool {
    args.organizational_units.is_some() || args.exclude_organizational_units.is_some() || names_units(policy)
}

/// Whether organizational units decide what is demanded.
pub fn names_units(policy: &Policy) -> bool {
    policy.overrides.iter().any(|one| one.organizational_units.is_some())
}

/// Resolves and checks everything that names an organizational unit: the selection, and the policy with the ids of its
/// overrides' units. Names may hold a `/`, so that two units can look like one path; ids are what is compared. Without an
/// organization that cannot be done, and must not be skipped: an override that raises the demand would be lost in silence.
///
/// # Errors
/// A unit that the organization does not have, or units that cannot be read.
pub async fn select(
    args: &ScopeArgs,
    policy: &Policy,
    organizations: &mut Organizations,
) -> Result<(Selection, Policy), RunError> {
    let mut selection = Selection {
        accounts: args.accounts.as_ref().map(|accounts| accounts.0.clone()),
        exclude_accounts: args.exclude_accounts.as_ref().map(|accounts| accounts.0.clone()).unwrap_or_default(),
        ..Selection::default()
    };
    if let Some(units) = &args.organizational_units {
        selection.units = Some(resolve("--organizational-units", &units.0, organizations).await?);
    }
    if let Some(units) = &args.exclude_organizational_units {
        selection.exclude_units = resolve("--exclude-organizational-units", &units.0, organizations).await?;
    }
    let mut policy = policy.clone();
    for one in &mut policy.overrides {
        if let Some(units) = &mut one.organizational_units {
            let ids = resolve(&format!("override `{}`", one.name), units, organizations).await?;
            *units = ids.into_iter().map(OrganizationalUnit::Id).collect();
        }
    }
    Ok((selection, policy))
}

/// Checks the names of Regions, each list with who gives it, against those that an account lists: AWS lists all of the
/// partition there, enabled or not.
///
/// # Errors
/// A Region that does not exist.
pub fn check_regions(named: &[(String, &BTreeSet<String>)], listed: &[AccountRegion]) -> Result<(), RunError> {
    let known: BTreeSet<&str> = listed.iter().map(|region| region.name.as_str()).collect();
    for (by, names) in named {
        let unknown: Vec<&str> = names.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
        if !unknown.is_empty() {
            let allowed = known.iter().copied().collect::<Vec<_>>().join(", ");
            return Err(RunError::Usage(format!("{by}: no such Region: {}; allowed: {allowed}", unknown.join(", "))));
        }
    }
    Ok(())
}

async fn resolve(
    by: &str,
    units: &[OrganizationalUnit],
    organizations: &mut Organizations,
) -> Result<BTreeSet<String>, RunError> {
    let mut ids = BTreeSet::new();
    for unit in units {
        let id = organizations.unit_id(unit).await.map_err(|fault| {
            RunError::CouldNotRun(anyhow::anyhow!(fault).context(format!(
                "{by} names the organizational unit `{unit}`, and organizational units cannot be read"
            )))
        })?;
        let Some(id) = id else {
            return Err(RunError::Usage(format!(
                "{by}: the organizational unit `{unit}` is not in the organization; allowed: an id such as ou-ab12-11111111, \
                 or the path of names from the root, such as Root/Workloads/Prod"
            )));
        };
        ids.insert(id);
    }
    Ok(ids)
}
