//! What the organization contains, listed or computed.

mod described;
mod generated;
mod hash;
mod recorded;
mod regions;

use std::borrow::Cow;
use std::collections::HashMap;

use crate::organization::{
    Account, Deny, DescriptionError, Key, Organization, OrganizationalUnit, RegionStatus, Repository, Role,
};
use described::Described;
use generated::Generated;
pub use hash::{hash_numbers, hash_text, made_up_uuid};
use recorded::Recorded;
pub use recorded::{KEY_TYPE, RECORDER_TYPE, REPOSITORY_TYPE};

/// What an organization contains. Answers are borrowed where everything is listed, and computed
/// where it is generated.
#[derive(Debug)]
pub struct World {
    organization: Organization,
    contents: Contents,
    recorded: Recorded,
    regions: Vec<(String, RegionStatus)>,
}

#[derive(Debug)]
enum Contents {
    Described(Described),
    Generated(Generated),
}

impl World {
    /// Makes a world of a description.
    ///
    /// # Errors
    ///
    /// When the description contradicts itself.
    pub fn new(mut organization: Organization) -> Result<Self, DescriptionError> {
        organization.check()?;
        let mut regions = regions::of(&organization);
        let mut arns = HashMap::new();
        let mut order = None;
        let contents = if let Some(sizes) = organization.generate.clone() {
            let names = regions.iter().map(|(name, _)| name.clone()).collect();
            let generated = Generated::new(sizes, organization.seed, names);
            organization.organizational_units = generated.organizational_units();
            Contents::Generated(generated)
        } else {
            let (described, named) = Described::new(&organization);
            arns = named;
            let mut positions: Vec<usize> = (0..described.accounts.len()).collect();
            positions.sort_by_key(|position| described.accounts.get(*position).map(|account| account.id.clone()));
            order = Some(positions);
            Contents::Described(described)
        };
        regions.sort();
        let recorded = Recorded::new(&organization, order, &arns);
        Ok(Self { organization, contents, recorded, regions })
    }

    /// The description.
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// The organizational units, parents before children.
    pub fn organizational_units(&self) -> &[OrganizationalUnit] {
        &self.organization.organizational_units
    }

    /// The unit with this id.
    pub fn organizational_unit(&self, id: &str) -> Option<&OrganizationalUnit> {
        self.organizational_units().iter().find(|unit| unit.id == id)
    }

    /// The units from the top down to `id`, without the root; empty for the root or an unknown id.
    pub fn lineage(&self, id: Option<&str>) -> Vec<&OrganizationalUnit> {
        let mut units = Vec::new();
        let mut next = id;
        while let Some(unit) = next.and_then(|id| self.organizational_unit(id)) {
            units.push(unit);
            next = unit.parent.as_deref();
        }
        units.reverse();
        units
    }

    /// The names from the root to the account, `Root/Workloads/Prod`.
    pub fn organizational_unit_path(&self, account: &Account) -> String {
        std::iter::once("Root")
            .chain(self.lineage(account.organizational_unit.as_deref()).iter().map(|unit| unit.name.as_str()))
            .collect::<Vec<_>>()
            .join("/")
    }

    /// How many accounts there are.
    pub fn account_count(&self) -> usize {
        match &self.contents {
            Contents::Described(world) => world.accounts.len(),
            Contents::Generated(world) => world.account_count(),
        }
    }

    /// The account at a position.
    pub fn account(&self, index: usize) -> Option<Cow<'_, Account>> {
        match &self.contents {
            Contents::Described(world) => world.accounts.get(index).map(Cow::Borrowed),
            Contents::Generated(world) => world.account(index).map(Cow::Owned),
        }
    }

    /// The account with this id.
    pub fn account_by_id(&self, id: &str) -> Option<Cow<'_, Account>> {
        match &self.contents {
            Contents::Described(world) => world.account_by_id(id).map(Cow::Borrowed),
            Contents::Generated(world) => world.account_by_id(id).map(Cow::Owned),
        }
    }

    /// What the account's policies deny to everyone in it.
    pub fn denied_to(&self, account: &str) -> &[Deny] {
        match &self.contents {
            Contents::Described(world) => world.account_by_id(account).map_or(&[], |account| account.deny.as_slice()),
            Contents::Generated(_) => &[],
        }
    }

    /// Every account, in the order in which `ListAccounts` tells them.
    pub fn accounts(&self) -> impl Iterator<Item = Cow<'_, Account>> {
        (0..self.account_count()).filter_map(|index| self.account(index))
    }

    /// The positions of the accounts directly in a unit (absent: the root), from the `skip`-th on.
    pub fn accounts_of(&self, unit: Option<&str>, skip: usize, limit: usize) -> Vec<Cow<'_, Account>> {
        match &self.contents {
            Contents::Described(world) => world
                .accounts
                .iter()
                .filter(|account| account.organizational_unit.as_deref() == unit)
                .skip(skip)
                .take(limit)
                .map(Cow::Borrowed)
                .collect(),
            Contents::Generated(world) => world.accounts_of(unit, skip, limit).into_iter().map(Cow::Owned).collect(),
        }
    }

    /// Every Region that the account knows, with its status, by name.
    pub fn regions(&self, account: &str) -> Vec<(String, RegionStatus)> {
        self.known_regions(account).into_owned()
    }

    /// The same, borrowed where the account has nothing of its own.
    pub fn known_regions(&self, account: &str) -> Cow<'_, [(String, RegionStatus)]> {
        let own = match &self.contents {
            Contents::Described(world) => world.account_by_id(account).map(|account| &account.regions),
            Contents::Generated(_) => None,
        };
        let Some(own) = own.filter(|own| !own.is_empty()) else {
            return Cow::Borrowed(&self.regions);
        };
        let mut regions = self.regions.clone();
        for (name, status) in own {
            match regions.iter_mut().find(|(known, _)| known == name) {
                Some(known) => known.1 = *status,
                None => regions.push((name.clone(), *status)),
            }
        }
        regions.sort();
        Cow::Owned(regions)
    }

    /// The status of one Region, absent where the account doesn't know it.
    pub fn region_status(&self, account: &str, region: &str) -> Option<RegionStatus> {
        if let Contents::Described(world) = &self.contents
            && let Some(account) = world.account_by_id(account)
            && let Some(status) = account.regions.get(region)
        {
            return Some(*status);
        }
        self.regions.iter().find(|(known, _)| known == region).map(|(_, status)| *status)
    }

    /// The role with this path and name (`/path/Name`) of an active account.
    pub fn role(&self, account: &str, path_and_name: &str) -> Option<Cow<'_, Role>> {
        match &self.contents {
            Contents::Described(world) => world.role(account, path_and_name).map(Cow::Borrowed),
            Contents::Generated(world) => world.role(account, path_and_name).map(Cow::Owned),
        }
    }

    /// How many repositories a registry has.
    pub fn repository_count(&self, account: &str, region: &str) -> usize {
        match &self.contents {
            Contents::Described(world) => world.repositories(account, region).len(),
            Contents::Generated(world) => world.repository_count(account, region),
        }
    }

    /// Repositories of a registry, from a position on.
    pub fn repositories_from<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        first: usize,
    ) -> Box<dyn Iterator<Item = Cow<'a, Repository>> + 'a> {
        match &self.contents {
            Contents::Described(world) => {
                let repositories = world.repositories(account, region).iter();
                Box::new(repositories.skip(first).map(Cow::Borrowed))
            }
            Contents::Generated(world) => Box::new(world.repositories_from(account, region, first).map(Cow::Owned)),
        }
    }

    /// Every repository of a registry.
    pub fn repositories<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
    ) -> impl Iterator<Item = Cow<'a, Repository>> + 'a {
        self.repositories_from(account, region, 0)
    }

    /// The repository with this name.
    pub fn repository(&self, account: &str, region: &str, name: &str) -> Option<Cow<'_, Repository>> {
        match &self.contents {
            Contents::Described(world) => {
                world.repositories(account, region).iter().find(|repository| repository.name == name).map(Cow::Borrowed)
            }
            Contents::Generated(world) => world.repository_named(account, region, name).map(Cow::Owned),
        }
    }

    /// Every key of an account in a Region, the AWS-managed one included where it exists.
    pub fn keys(&self, account: &str, region: &str) -> Vec<Cow<'_, Key>> {
        match &self.contents {
            Contents::Described(world) => world.keys(account, region).iter().map(Cow::Borrowed).collect(),
            Contents::Generated(world) => world.keys(account, region).into_iter().map(Cow::Owned).collect(),
        }
    }

    /// How many keys an account has in a Region.
    pub fn key_count(&self, account: &str, region: &str) -> usize {
        match &self.contents {
            Contents::Described(world) => world.keys(account, region).len(),
            Contents::Generated(world) => world.key_count(account, region),
        }
    }

    /// The key with this id.
    pub fn key(&self, account: &str, region: &str, id: &str) -> Option<Cow<'_, Key>> {
        match &self.contents {
            Contents::Described(world) => {
                world.keys(account, region).iter().find(|key| key.key_id() == id).map(Cow::Borrowed)
            }
            Contents::Generated(world) => world.key(account, region, id).map(Cow::Owned),
        }
    }

    /// The key that an alias (`alias/…`) stands for.
    pub fn key_by_alias(&self, account: &str, region: &str, alias: &str) -> Option<Cow<'_, Key>> {
        match &self.contents {
            Contents::Described(world) => world
                .keys(account, region)
                .iter()
                .find(|key| key.aliases.iter().any(|known| known == alias))
                .map(Cow::Borrowed),
            Contents::Generated(world) => world
                .keys(account, region)
                .into_iter()
                .find(|key| key.aliases.iter().any(|known| known == alias))
                .map(Cow::Owned),
        }
    }
}
