//! What a run was told to look at, so that nobody takes a part for the whole.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::scope::{AccountIds, Regions, ScopeArgs, Units};

/// To what the flags narrowed a run; each is null where its flag was not given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Selected {
    /// `--regions`: these alone.
    pub regions: Option<Vec<String>>,
    /// `--accounts`: these alone.
    pub accounts: Option<Vec<String>>,
    /// `--exclude-accounts`: not these.
    pub exclude_accounts: Option<Vec<String>>,
    /// `--organizational-units`: accounts under these alone, as ids or paths.
    pub organizational_units: Option<Vec<String>>,
    /// `--exclude-organizational-units`: no account under these.
    pub exclude_organizational_units: Option<Vec<String>>,
}

impl Selected {
    /// What the flags say.
    pub fn of(args: &ScopeArgs) -> Self {
        let ids = |ids: &Option<AccountIds>| ids.as_ref().map(|ids| ids.0.iter().cloned().collect());
        let units =
            |units: &Option<Units>| units.as_ref().map(|units| units.0.iter().map(ToString::to_string).collect());
        Self {
            regions: match &args.regions {
                Regions::All => None,
                Regions::Named(names) => Some(names.iter().cloned().collect()),
            },
            accounts: ids(&args.accounts),
            exclude_accounts: ids(&args.exclude_accounts),
            organizational_units: units(&args.organizational_units),
            exclude_organizational_units: units(&args.exclude_organizational_units),
        }
    }

    /// The flags that were given, each with its items.
    pub fn flags(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        [
            ("--regions", &self.regions),
            ("--accounts", &self.accounts),
            ("--exclude-accounts", &self.exclude_accounts),
            ("--organizational-units", &self.organizational_units),
            ("--exclude-organizational-units", &self.exclude_organizational_units),
        ]
        .into_iter()
        .filter_map(|(flag, items)| Some((flag, items.as_deref()?)))
    }
}
