//! A world whose contents are listed in a description.

use std::collections::HashMap;

use super::hash::made_up_uuid;
use crate::organization::{Account, AccountState, Key, Organization, Repository, Role};

type ByPlace<T> = HashMap<String, HashMap<String, Vec<T>>>;

/// The contents of a description, sorted into accounts and Regions.
#[derive(Debug)]
pub struct Described {
    /// In the description's order.
    pub accounts: Vec<Account>,
    positions: HashMap<String, usize>,
    repositories: ByPlace<Repository>,
    keys: ByPlace<Key>,
}

impl Described {
    /// Resolves references and gives keys their ids; also the ARNs of the keys by what they are called.
    pub fn new(organization: &Organization) -> (Self, HashMap<String, String>) {
        let accounts: Vec<Account> = organization
            .accounts
            .iter()
            .map(|account| Account {
                roles: Some(account.roles.clone().unwrap_or_else(|| vec![Role::default()])),
                // The root may be named or left out; from here on it is left out.
                organizational_unit: account.organizational_unit.clone().filter(|unit| *unit != organization.root_id),
                ..account.clone()
            })
            .collect();
        let positions = accounts.iter().enumerate().map(|(position, account)| (account.id.clone(), position)).collect();
        let mut world = Self { accounts, positions, repositories: ByPlace::new(), keys: ByPlace::new() };
        let mut arns = HashMap::new();
        for key in &organization.keys {
            let mut key = key.clone();
            if key.id.is_none() {
                key.id = Some(made_up_uuid(&[&key.name, &key.account, &key.region]));
            }
            arns.insert(key.name.clone(), key.arn());
            world.add_key(key);
        }
        for repository in &organization.repositories {
            let mut repository = repository.clone();
            repository.kms_key = match repository.key.as_deref() {
                Some("aws/ecr") => Some(world.managed_key(&repository.account, &repository.region).arn()),
                Some(name) => arns.get(name).cloned(),
                None => repository.kms_key,
            };
            if is_kms(&repository) && repository.kms_key.is_none() {
                world.managed_key(&repository.account, &repository.region);
            }
            world.add_repository(repository);
        }
        world.force_managed_keys(organization);
        (world, arns)
    }

    fn force_managed_keys(&mut self, organization: &Organization) {
        let regions = super::regions::of(organization);
        for account in &organization.accounts {
            match account.aws_managed_ecr_key {
                Some(true) => {
                    let names = regions.iter().map(|(name, _)| name);
                    for region in names.chain(account.regions.keys()) {
                        self.managed_key(&account.id, region);
                    }
                }
                Some(false) => {
                    for keys in self.keys.get_mut(&account.id).into_iter().flat_map(HashMap::values_mut) {
                        keys.retain(|key| key.name != MANAGED_KEY_NAME);
                    }
                }
                None => {}
            }
        }
    }

    /// The AWS-managed key of ECR, made where it doesn't exist yet, as AWS does on first use.
    fn managed_key(&mut self, account: &str, region: &str) -> Key {
        let alias = MANAGED_KEY_ALIAS.to_owned();
        if let Some(key) = self.keys(account, region).iter().find(|key| key.aliases.contains(&alias)) {
            return key.clone();
        }
        let key = managed_ecr_key(account, region);
        self.add_key(key.clone());
        key
    }

    fn add_key(&mut self, key: Key) {
        self.keys.entry(key.account.clone()).or_default().entry(key.region.clone()).or_default().push(key);
    }

    fn add_repository(&mut self, repository: Repository) {
        self.repositories
            .entry(repository.account.clone())
            .or_default()
            .entry(repository.region.clone())
            .or_default()
            .push(repository);
    }

    pub fn account_by_id(&self, id: &str) -> Option<&Account> {
        self.accounts.get(*self.positions.get(id)?)
    }

    pub fn role(&self, account: &str, path_and_name: &str) -> Option<&Role> {
        let account = self.account_by_id(account)?;
        if account.state != AccountState::Active {
            return None;
        }
        account
            .roles
            .iter()
            .flatten()
            .find(|role| path_and_name.strip_prefix(role.path.as_str()).is_some_and(|name| name == role.name))
    }

    pub fn repositories(&self, account: &str, region: &str) -> &[Repository] {
        place(&self.repositories, account, region)
    }

    pub fn keys(&self, account: &str, region: &str) -> &[Key] {
        place(&self.keys, account, region)
    }
}

/// The alias of the key that AWS makes for ECR.
const MANAGED_KEY_ALIAS: &str = "alias/aws/ecr";

/// What that key is called inside the simulator.
const MANAGED_KEY_NAME: &str = "aws/ecr";

/// The key that AWS makes for ECR in each account and Region.
pub fn managed_ecr_key(account: &str, region: &str) -> Key {
    Key {
        name: MANAGED_KEY_NAME.to_owned(),
        id: Some(made_up_uuid(&[MANAGED_KEY_NAME, account, region])),
        account: account.to_owned(),
        region: region.to_owned(),
        manager: "AWS".to_owned(),
        aliases: vec![MANAGED_KEY_ALIAS.to_owned()],
        ..Key::default()
    }
}

fn is_kms(repository: &Repository) -> bool {
    matches!(repository.encryption_type.as_deref(), Some("KMS" | "KMS_DSSE"))
}

fn place<'a, T>(by_place: &'a ByPlace<T>, account: &str, region: &str) -> &'a [T] {
    by_place.get(account).and_then(|regions| regions.get(region)).map_or(&[], Vec::as_slice)
}
