//! What was found so far. What is all right is counted; of the rest every place is kept, in a few bytes: there may be fifty
//! thousand accounts with seventeen Regions each, of which the same is said.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::check::{Check, State};
use super::problem::Problem;
use super::shell::general;
use crate::account::{Account, AccountId};

/// Where something was looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// The account; `None` for the organization.
    pub account: Option<&'a Account>,
    /// The Region; `None` for all of them.
    pub region: Option<&'a str>,
}

/// A place that is kept, in eight bytes: the account's number, and behind it that of the Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kept(u64);

impl Kept {
    /// No account has this number: it stands for the organization, which comes first.
    const ORGANIZATION: u64 = 0;

    /// `region` counts from 1; 0 is all of them.
    fn new(account: Option<AccountId>, region: u16) -> Self {
        let account = account.map_or(Self::ORGANIZATION, AccountId::number);
        Self((account << 16) | u64::from(region))
    }

    fn account(self) -> Option<AccountId> {
        Some(self.0 >> 16).filter(|number| *number != Self::ORGANIZATION).and_then(AccountId::of_number)
    }

    fn region(self) -> u16 {
        let [.., high, low] = self.0.to_be_bytes();
        u16::from_be_bytes([high, low])
    }
}

/// What is the same for all places of which the same is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    check: Check,
    state: State,
    cause: String,
}

/// The places of which the same is said, by what helps.
#[derive(Debug, Default)]
struct Held {
    /// The first place, and what AWS said of it.
    said: Option<(Kept, Option<String>)>,
    by_help: BTreeMap<Help, Vec<Kept>>,
}

/// What helps, in words that hold for every place where it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Help {
    /// In words.
    pub hint: Option<String>,
    /// What mends it; none where no command does.
    pub commands: Vec<String>,
}

/// The book of a run.
#[derive(Debug, Default)]
pub struct Book(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    all_right: BTreeMap<Check, u64>,
    held: BTreeMap<Key, Held>,
    regions: BTreeMap<Arc<str>, u16>,
    names: BTreeMap<AccountId, Arc<str>>,
    accounts: Accounts,
    checked: BTreeSet<AccountId>,
}

/// The accounts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Those that were to be looked at.
    pub found: BTreeSet<AccountId>,
    /// How many of them were, to the end.
    pub checked: u64,
    /// Those that are not active, and were left alone.
    pub not_active: BTreeSet<AccountId>,
}

impl Book {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down how a check has ended at a place: it is all right where there are no problems.
    pub fn tell(&self, check: Check, place: Place<'_>, problems: impl IntoIterator<Item = Problem>) {
        let mut problems = problems.into_iter().peekable();
        let mut entries = self.entries();
        if problems.peek().is_none() {
            *entries.all_right.entry(check).or_default() += 1;
            return;
        }
        let kept = entries.keep(place);
        let account_id = place.account.map(|account| account.id.to_string());
        let general = |text: &str| general(text, account_id.as_deref(), place.region);
        for problem in problems {
            let Problem { state, cause, message, hint, commands } = problem;
            let key = Key { check, state, cause: general(&cause) };
            let held = entries.held.entry(key).or_default();
            // Whoever answers first changes nothing.
            if held.said.as_ref().is_none_or(|(first, ..)| kept < *first) {
                held.said = Some((kept, message.as_deref().map(general)));
            }
            let commands = commands.iter().map(|command| general(command)).collect();
            let helps = Help { hint: hint.as_deref().map(general), commands };
            held.by_help.entry(helps).or_default().push(kept);
        }
    }

    /// An account is to be looked at; `false` where that is known.
    pub fn found(&self, account: &Account) -> bool {
        self.entries().accounts.found.insert(account.id)
    }

    /// An account is not active, and is left alone.
    pub fn not_active(&self, account: &Account) {
        self.entries().accounts.not_active.insert(account.id);
    }

    /// An account was looked at, to the end.
    pub fn checked(&self, account: &Account) {
        self.entries().checked.insert(account.id);
    }

    /// What was found; the book is empty afterwards.
    pub fn close(&self) -> Found {
        let Entries { all_right, held, regions, names, mut accounts, checked } = std::mem::take(&mut *self.entries());
        accounts.checked = checked.len() as u64;
        // They were numbered as they came, and are ordered by their names.
        let ranks: HashMap<u16, u16> = regions.values().zip(1..).map(|(number, rank)| (*number, rank)).collect();
        let groups = held.into_iter().map(|(key, held)| {
            let mut helped: Vec<Helped> =
                held.by_help.into_iter().map(|(help, kept)| Helped::new(help, kept, &ranks)).collect();
            helped.sort_by(|one, other| one.places.cmp(&other.places));
            let message = held.said.and_then(|(_, message)| message);
            Group { check: key.check, state: key.state, cause: key.cause, message, helped }
        });
        Found { all_right, groups: groups.collect(), names, accounts, regions: regions.into_keys().collect() }
    }
}

impl Entries {
    fn keep(&mut self, Place { account, region }: Place<'_>) -> Kept {
        if let Some((id, name)) = account.and_then(|account| Some((account.id, account.name.clone()?))) {
            self.names.entry(id).or_insert(name);
        }
        let next = u16::try_from(self.regions.len() + 1).unwrap_or(u16::MAX);
        // AWS has some forty.
        let region = region.map_or(0, |region| *self.regions.entry(region.into()).or_insert(next));
        Kept::new(account.map(|account| account.id), region)
    }
}

/// A place of which something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAt {
    /// The account; `None` for the organization.
    pub account: Option<AccountId>,
    /// The Region; `None` for all of them.
    pub region: Option<Arc<str>>,
}

/// The places where the same helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helped {
    /// What helps.
    pub help: Help,
    /// In order, each once.
    places: Vec<Kept>,
}

impl Helped {
    fn new(help: Help, mut places: Vec<Kept>, ranks: &HashMap<u16, u16>) -> Self {
        for place in &mut places {
            *place = Kept::new(place.account(), ranks.get(&place.region()).copied().unwrap_or_default());
        }
        places.sort_unstable();
        places.dedup();
        Self { help, places }
    }

    /// How many places there are.
    pub fn count(&self) -> u64 {
        self.places.len() as u64
    }
}

/// The places of which the same is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The check.
    pub check: Check,
    /// How it stands.
    pub state: State,
    /// What is wrong.
    pub cause: String,
    /// What AWS said of the first place.
    pub message: Option<String>,
    /// The places, by what helps.
    pub helped: Vec<Helped>,
}

impl Group {
    /// How many places there are.
    pub fn places(&self) -> u64 {
        self.helped.iter().map(Helped::count).sum()
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many places are all right.
    pub all_right: BTreeMap<Check, u64>,
    /// The rest, in the order of the checks; the worst first.
    pub groups: Vec<Group>,
    /// The names of accounts that are in the groups.
    pub names: BTreeMap<AccountId, Arc<str>>,
    /// The accounts.
    pub accounts: Accounts,
    /// The names of the Regions, in order.
    regions: Vec<Arc<str>>,
}

impl Found {
    /// The places of which the same is said, in order.
    pub fn places(&self, helped: &Helped) -> impl Iterator<Item = FoundAt> {
        helped.places.iter().map(|place| {
            let index = usize::from(place.region()).checked_sub(1);
            FoundAt { account: place.account(), region: index.and_then(|index| self.regions.get(index)).cloned() }
        })
    }

    /// Whether the list of accounts was read, and the flags have left none of them that could be looked at.
    pub fn selects_nothing(&self) -> bool {
        self.accounts.found.is_empty() && self.count(Check::Organization, State::Unknown) == 0
    }

    /// How many places of a check stand so.
    pub fn count(&self, check: Check, state: State) -> u64 {
        self.groups.iter().filter(|group| group.check == check && group.state == state).map(Group::places).sum()
    }

    /// How many places stand so, of whatever check.
    pub fn total(&self, state: State) -> u64 {
        Check::ALL.into_iter().map(|check| self.count(check, state)).sum()
    }
}

#[cfg(test)]
mod tests;
