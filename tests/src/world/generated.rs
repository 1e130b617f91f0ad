//! A world that is computed: each item from the seed, the account, the Region and the position.

use std::collections::BTreeMap;

use super::described::managed_ecr_key;
use super::hash::hash_numbers;
use crate::organization::{
    Account, AccountState, Generate, Key, OrganizationalUnit, Repository, Role, account_id, account_index, key_arn,
};

/// Parents have this many children.
const BRANCHES: usize = 4;

/// What is drawn for what, so that draws are independent.
const DRAW_STATE: u64 = 1;
const DRAW_ROLE: u64 = 2;
const DRAW_COUNT: u64 = 3;
const DRAW_ENCRYPTION: u64 = 4;
const DRAW_KEY: u64 = 5;
const DRAW_EXEMPT: u64 = 6;
const DRAW_KEY_FACTS: u64 = 7;

/// The computed world.
#[derive(Debug)]
pub struct Generated {
    sizes: Generate,
    seed: u64,
    regions: Vec<String>,
}

impl Generated {
    /// `regions`: the enabled ones first.
    pub fn new(sizes: Generate, seed: u64, regions: Vec<String>) -> Self {
        Self { sizes, seed, regions }
    }

    pub fn organizational_units(&self) -> Vec<OrganizationalUnit> {
        (0..self.sizes.organizational_units)
            .map(|index| OrganizationalUnit {
                id: unit_id(index),
                name: format!("Unit {index}"),
                parent: index.checked_sub(BRANCHES).map(|rest| unit_id(rest / BRANCHES)),
            })
            .collect()
    }

    pub fn account_count(&self) -> usize {
        self.sizes.accounts
    }

    pub fn account_by_id(&self, id: &str) -> Option<Account> {
        self.account(account_index(id)?)
    }

    pub fn account(&self, index: usize) -> Option<Account> {
        (index < self.sizes.accounts).then(|| Account {
            id: account_id(index),
            name: format!("account-{index:05}"),
            organizational_unit: self.unit_of(index).map(unit_id),
            state: if self.is_suspended(index) { AccountState::Suspended } else { AccountState::Active },
            roles: Some(self.roles(index)),
            ..Account::default()
        })
    }

    /// The management account is in the root, the others go round the units.
    fn unit_of(&self, index: usize) -> Option<usize> {
        index.checked_sub(1)?.checked_rem(self.sizes.organizational_units)
    }

    pub fn accounts_of(&self, unit: Option<&str>, skip: usize, limit: usize) -> Vec<Account> {
        let units = self.sizes.organizational_units;
        let positions: Box<dyn Iterator<Item = usize>> = match unit {
            None if units == 0 => Box::new(0..self.sizes.accounts),
            None => Box::new(std::iter::once(0)),
            Some(unit) => match (0..units).find(|index| unit_id(*index) == unit) {
                Some(index) => Box::new((index + 1..self.sizes.accounts).step_by(units)),
                None => Box::new(std::iter::empty()),
            },
        };
        positions.skip(skip).take(limit).filter_map(|index| self.account(index)).collect()
    }

    fn is_suspended(&self, index: usize) -> bool {
        index > 0 && self.draw(DRAW_STATE, &[index as u64]) % 1000 < self.sizes.suspended_per_mille
    }

    fn roles(&self, index: usize) -> Vec<Role> {
        let lacks = self.draw(DRAW_ROLE, &[index as u64]) % 1000 < self.sizes.without_role_per_mille;
        if lacks && index > 0 { Vec::new() } else { vec![Role::default()] }
    }

    pub fn role(&self, account: &str, path_and_name: &str) -> Option<Role> {
        let index = account_index(account).filter(|index| *index < self.sizes.accounts)?;
        if self.is_suspended(index) {
            return None;
        }
        self.roles(index).into_iter().find(|role| path_and_name.strip_prefix('/') == Some(role.name.as_str()))
    }

    /// The positions of account and Region, where both exist and the Region is enabled.
    fn place(&self, account: &str, region: &str) -> Option<(usize, usize)> {
        let account = account_index(account).filter(|index| *index < self.sizes.accounts)?;
        let region = self.regions.iter().take(self.sizes.regions).position(|known| known == region)?;
        Some((account, region))
    }

    pub fn repository_count(&self, account: &str, region: &str) -> usize {
        self.place(account, region).map_or(0, |(account, region)| self.count(account, region))
    }

    fn count(&self, account: usize, region: usize) -> usize {
        let mean = self.sizes.repositories;
        if !self.sizes.uneven {
            return mean;
        }
        let draw = self.draw(DRAW_COUNT, &[account as u64, region as u64]);
        usize::try_from(draw % (2 * mean as u64 + 1)).unwrap_or(mean)
    }

    pub fn repositories_from<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        first: usize,
    ) -> impl Iterator<Item = Repository> + 'a {
        let place = self.place(account, region);
        let count = place.map_or(0, |(account, region)| self.count(account, region));
        (first..count).filter_map(move |index| place.map(|place| self.repository(account, region, place, index)))
    }

    /// `team-3/service-000042`: the number at the end is the position.
    pub fn repository_named(&self, account: &str, region: &str, name: &str) -> Option<Repository> {
        let place = self.place(account, region)?;
        let index: usize = name.rsplit_once('-')?.1.parse().ok()?;
        if index >= self.count(place.0, place.1) {
            return None;
        }
        let repository = self.repository(account, region, place, index);
        (repository.name == name).then_some(repository)
    }

    fn repository(&self, account: &str, region: &str, place: (usize, usize), index: usize) -> Repository {
        let position = [place.0 as u64, place.1 as u64, index as u64];
        let (encryption_type, kms_key) = self.encryption(account, region, place, position);
        let mut tags = BTreeMap::new();
        if self.draw(DRAW_EXEMPT, &position) % 1000 < self.sizes.exempt_per_mille {
            tags.insert("encryption-exempt".to_owned(), "2099-12-31".to_owned());
        }
        Repository {
            account: account.to_owned(),
            region: region.to_owned(),
            name: format!("team-{}/service-{index:06}", index % 7),
            encryption_type: Some(encryption_type.to_owned()),
            kms_key,
            tags,
            ..Repository::default()
        }
    }

    /// Of 100 repositories: 40 `AES256`, 5 without a key, 15 under the AWS-managed key, 28 under an
    /// own key, 5 with two layers, 5 under another account's key, 2 under a key that is gone.
    fn encryption(
        &self,
        account: &str,
        region: &str,
        place: (usize, usize),
        position: [u64; 3],
    ) -> (&'static str, Option<String>) {
        let keys = self.sizes.keys;
        let pick = self.draw(DRAW_KEY, &position);
        let key = usize::try_from(pick % keys.max(1) as u64).unwrap_or(0);
        let own = || (keys > 0).then(|| key_arn(region, account, &generated_key_id(place, key)));
        let managed = || Some(managed_ecr_key(account, region).arn());
        match self.draw(DRAW_ENCRYPTION, &position) % 100 {
            0..40 => ("AES256", None),
            40..45 => ("KMS", None),
            45..60 => ("KMS", managed()),
            60..88 => ("KMS", own().or_else(managed)),
            88..93 => ("KMS_DSSE", own().or_else(managed)),
            93..98 => {
                let owner = account_id(0);
                let id = generated_key_id((0, place.1), key);
                ("KMS", Some(key_arn(region, &owner, &id)))
            }
            _ => {
                let id = generated_key_id(place, keys);
                ("KMS", Some(key_arn(region, account, &id)))
            }
        }
    }

    pub fn keys(&self, account: &str, region: &str) -> Vec<Key> {
        let Some(place) = self.place(account, region) else {
            return Vec::new();
        };
        let own = (0..self.sizes.keys).map(|index| self.customer_key(account, region, place, index));
        std::iter::once(managed_ecr_key(account, region)).chain(own).collect()
    }

    pub fn key_count(&self, account: &str, region: &str) -> usize {
        self.place(account, region).map_or(0, |_| 1 + self.sizes.keys)
    }

    pub fn key(&self, account: &str, region: &str, id: &str) -> Option<Key> {
        let place = self.place(account, region)?;
        if let Some(index) = id.rsplit_once('-').and_then(|(_, index)| usize::from_str_radix(index, 16).ok())
            && index < self.sizes.keys
            && generated_key_id(place, index) == id
        {
            return Some(self.customer_key(account, region, place, index));
        }
        let managed = managed_ecr_key(account, region);
        (managed.key_id() == id).then_some(managed)
    }

    fn customer_key(&self, account: &str, region: &str, place: (usize, usize), index: usize) -> Key {
        let draw = self.draw(DRAW_KEY_FACTS, &[place.0 as u64, place.1 as u64, index as u64]);
        let origin = match draw % 20 {
            0..14 => "AWS_KMS",
            14..17 => "EXTERNAL",
            17..19 => "AWS_CLOUDHSM",
            _ => "EXTERNAL_KEY_STORE",
        };
        let state = match (draw >> 8) % 50 {
            0..44 => "Enabled",
            44..47 => "Disabled",
            47..49 => "PendingDeletion",
            _ => "Unavailable",
        };
        // The management account shares its keys with the whole organization.
        let describe_allowed = if place.0 == 0 { "everyone" } else { "own" };
        Key {
            name: format!("key-{index}"),
            id: Some(generated_key_id(place, index)),
            account: account.to_owned(),
            region: region.to_owned(),
            origin: origin.to_owned(),
            state: state.to_owned(),
            aliases: vec![format!("alias/key-{index}")],
            describe_allowed: vec![describe_allowed.to_owned()],
            ..Key::default()
        }
    }

    fn draw(&self, purpose: u64, position: &[u64]) -> u64 {
        let seed = hash_numbers(&[self.seed, purpose]);
        hash_numbers(&[seed, hash_numbers(position)])
    }
}

fn unit_id(index: usize) -> String {
    format!("ou-root-{index:08}")
}

/// A key id from which account, Region and position can be read again.
fn generated_key_id((account, region): (usize, usize), index: usize) -> String {
    format!("{account:08x}-{region:04x}-4000-8000-{index:012x}")
}
