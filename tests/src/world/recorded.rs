//! What AWS Config has recorded, which need not be what there is.

use std::borrow::Cow;
use std::collections::HashMap;

use super::World;
use crate::organization::{Account, AccountState, Key, Organization, Recorder, Repository, Unrecorded, key_arn};

/// The type of a repository's configuration item.
pub const REPOSITORY_TYPE: &str = "AWS::ECR::Repository";
/// The type of a key's configuration item.
pub const KEY_TYPE: &str = "AWS::KMS::Key";
/// The type of a configuration recorder's item.
pub const RECORDER_TYPE: &str = "AWS::Config::ConfigurationRecorder";

/// How Config's view differs from the world.
#[derive(Debug, Default)]
pub struct Recorded {
    repositories: HashMap<(String, String), Vec<Repository>>,
    key_states: HashMap<String, String>,
    unrecorded: Vec<Unrecorded>,
    recorders: Vec<Recorder>,
    /// The positions of the accounts by their ids; absent: the accounts are sorted.
    order: Option<Vec<usize>>,
}

impl Recorded {
    /// Resolves the names of keys. `keys`: the described ones, with their ids.
    pub fn new(organization: &Organization, order: Option<Vec<usize>>, arns: &HashMap<String, String>) -> Self {
        let config = &organization.config;
        let resolved = |name: &String| arns.get(name).cloned().unwrap_or_else(|| name.clone());
        let (unrecorded, recorders) = (config.unrecorded.clone(), config.recorders.clone());
        let mut recorded = Self { unrecorded, recorders, order, ..Self::default() };
        for repository in &config.repositories {
            let mut repository = repository.clone();
            repository.kms_key = match repository.key.as_ref() {
                Some(name) if name == "aws/ecr" => {
                    Some(super::described::managed_ecr_key(&repository.account, &repository.region).arn())
                }
                Some(name) => Some(resolved(name)),
                None => repository.kms_key,
            };
            let place = (repository.account.clone(), repository.region.clone());
            recorded.repositories.entry(place).or_default().push(repository);
        }
        for stale in &config.stale_keys {
            recorded.key_states.insert(resolved(&stale.key), stale.state.clone());
        }
        recorded
    }

    /// What is not recorded of a place and type.
    fn gaps(&self, account: &str, region: &str, kind: &str) -> Vec<&Unrecorded> {
        let same = |narrowed: &Option<String>, value: &str| narrowed.as_deref().is_none_or(|known| known == value);
        let concerns = |gap: &&Unrecorded| {
            same(&gap.account, account) && same(&gap.region, region) && same(&gap.resource_type, kind)
        };
        self.unrecorded.iter().filter(concerns).collect()
    }

    fn known(&self, account: &str, region: &str) -> &[Repository] {
        if self.repositories.is_empty() {
            return &[];
        }
        self.repositories.get(&(account.to_owned(), region.to_owned())).map_or(&[], Vec::as_slice)
    }
}

fn is_missing(gaps: &[&Unrecorded], id: &str) -> bool {
    gaps.iter().any(|gap| gap.resource_ids.is_empty() || gap.resource_ids.iter().any(|known| known == id))
}

impl World {
    /// The account at a position among those sorted by their ids, if Config can see it: it is active.
    pub fn recorded_account(&self, position: usize) -> Option<Option<Cow<'_, Account>>> {
        let index = match &self.recorded.order {
            Some(order) => *order.get(position)?,
            None => position,
        };
        let account = self.account(index)?;
        Some((account.state == AccountState::Active).then_some(account))
    }

    /// Repositories as Config has them: those of ECR, the items that differ in their places, and
    /// then those that ECR doesn't have any more.
    pub fn recorded_repositories<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
    ) -> Box<dyn Iterator<Item = Cow<'a, Repository>> + 'a> {
        let gaps = self.recorded.gaps(account, region, REPOSITORY_TYPE);
        let known = self.recorded.known(account, region);
        let actual = self.repositories(account, region);
        if gaps.is_empty() && known.is_empty() {
            return Box::new(actual);
        }
        if gaps.iter().any(|gap| gap.resource_ids.is_empty()) {
            return Box::new(std::iter::empty());
        }
        let gone = known.iter().filter(|item| self.repository(account, region, &item.name).is_none());
        let current = actual.map(move |repository| {
            known.iter().find(|item| item.name == repository.name).map_or(repository, Cow::Borrowed)
        });
        let recorded = current.chain(gone.map(Cow::Borrowed));
        Box::new(recorded.filter(move |repository| !is_missing(&gaps, &repository.name)))
    }

    /// How many repositories Config has in a place.
    pub fn recorded_repository_count(&self, account: &str, region: &str) -> usize {
        let plain = self.recorded.unrecorded.is_empty() && self.recorded.repositories.is_empty();
        if plain { self.repository_count(account, region) } else { self.recorded_repositories(account, region).count() }
    }

    /// The repository with this name as Config has it.
    pub fn recorded_repository<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        name: &str,
    ) -> Option<Cow<'a, Repository>> {
        if is_missing(&self.recorded.gaps(account, region, REPOSITORY_TYPE), name) {
            return None;
        }
        let known = self.recorded.known(account, region).iter().find(|item| item.name == name);
        known.map(Cow::Borrowed).or_else(|| self.repository(account, region, name))
    }

    /// The keys that Config has in a place.
    pub fn recorded_keys(&self, account: &str, region: &str) -> Vec<Cow<'_, Key>> {
        let gaps = self.recorded.gaps(account, region, KEY_TYPE);
        let mut keys = self.keys(account, region);
        keys.retain(|key| !is_missing(&gaps, key.key_id()));
        keys
    }

    /// How many keys Config has in a place.
    pub fn recorded_key_count(&self, account: &str, region: &str) -> usize {
        if self.recorded.unrecorded.is_empty() {
            return self.key_count(account, region);
        }
        self.recorded_keys(account, region).len()
    }

    /// The key with this id, if Config has it.
    pub fn recorded_key(&self, account: &str, region: &str, id: &str) -> Option<Cow<'_, Key>> {
        let missing = is_missing(&self.recorded.gaps(account, region, KEY_TYPE), id);
        self.key(account, region, id).filter(|_| !missing)
    }

    /// What is described of the configuration recorder of a place.
    pub fn recorder(&self, account: &str, region: &str) -> Option<&Recorder> {
        let same = |narrowed: &Option<String>, value: &str| narrowed.as_deref().is_none_or(|known| known == value);
        self.recorded.recorders.iter().find(|one| same(&one.account, account) && same(&one.region, region))
    }

    /// The types of which nothing is recorded in a place.
    pub fn unrecorded_types(&self, account: &str, region: &str) -> Vec<&'static str> {
        let is_unrecorded =
            |kind: &&str| self.recorded.gaps(account, region, kind).iter().any(|gap| gap.resource_ids.is_empty());
        [REPOSITORY_TYPE, KEY_TYPE].into_iter().filter(is_unrecorded).collect()
    }

    /// The state that Config tells of a key where it is an old one.
    pub fn stale_key_state(&self, key: &Key) -> Option<&str> {
        let states = &self.recorded.key_states;
        if states.is_empty() {
            return None;
        }
        states.get(&key_arn(&key.region, &key.account, key.key_id())).map(String::as_str)
    }
}
