//! The list of what was not seen. Disabled Regions, some seventeen an account, are held once for all accounts that have the
//! same, and become entries only as they are given.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Cause, NotCovered};
use crate::account::Account;

/// A Region that an account has not enabled, or is just enabling or disabling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DisabledRegion {
    /// The Region.
    pub region: String,
    /// `RegionOptStatus`.
    pub opt_status: String,
}

/// What was not seen, by account, Region and cause.
#[derive(Debug, Clone, Default)]
pub struct NotCoveredList {
    /// In order, and each once.
    entries: Vec<NotCovered>,
    /// By account; the Regions in order.
    disabled: Vec<(Arc<Account>, Arc<[DisabledRegion]>)>,
}

impl NotCoveredList {
    /// The entries in any order, and the disabled Regions of accounts.
    pub fn new(mut entries: Vec<NotCovered>, mut disabled: Vec<(Arc<Account>, Arc<[DisabledRegion]>)>) -> Self {
        entries.sort();
        // A lost account may have been met in each of its Regions.
        entries.dedup();
        disabled.sort_by_key(|(account, _)| account.id);
        Self { entries, disabled }
    }

    /// Every entry, in order.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, NotCovered>> {
        let mut disabled = self
            .disabled
            .iter()
            .flat_map(|(account, regions)| regions.iter().map(move |region| entry(account, region)));
        let mut entries = self.entries.iter().peekable();
        let mut next_disabled = disabled.next();
        std::iter::from_fn(move || match (entries.peek(), &next_disabled) {
            (Some(one), Some(other)) if *one > other => {
                std::mem::replace(&mut next_disabled, disabled.next()).map(Cow::Owned)
            }
            (Some(_), _) => entries.next().map(Cow::Borrowed),
            (None, _) => std::mem::replace(&mut next_disabled, disabled.next()).map(Cow::Owned),
        })
    }

    /// The entries that are not about disabled Regions, in order.
    pub fn apart_from_disabled_regions(&self) -> impl Iterator<Item = &NotCovered> {
        self.entries.iter().filter(|entry| entry.cause != Cause::RegionDisabled)
    }

    /// The disabled Regions, each with how many accounts have not enabled it.
    pub fn disabled_regions(&self) -> BTreeMap<&str, u64> {
        let listed = self.entries.iter().filter(|entry| entry.cause == Cause::RegionDisabled);
        let listed = listed.filter_map(|entry| entry.region.as_deref());
        let held = self.disabled.iter().flat_map(|(_, regions)| regions.iter().map(|one| one.region.as_str()));
        let mut counts = BTreeMap::new();
        for region in listed.chain(held) {
            *counts.entry(region).or_default() += 1;
        }
        counts
    }

    /// How many accounts have a Region that they have not enabled.
    pub fn accounts_with_disabled_regions(&self) -> u64 {
        let listed = self.entries.iter().filter(|entry| entry.cause == Cause::RegionDisabled);
        let listed = listed.filter_map(|entry| entry.account_id.clone());
        let held = self.disabled.iter().map(|(account, _)| account.id.to_string());
        listed.chain(held).collect::<BTreeSet<_>>().len() as u64
    }
}

fn entry(account: &Account, DisabledRegion { region, opt_status }: &DisabledRegion) -> NotCovered {
    NotCovered {
        account_id: Some(account.id.to_string()),
        account_name: account.name.as_deref().map(str::to_owned),
        region: Some(region.clone()),
        cause: Cause::RegionDisabled,
        error_code: None,
        message: format!("the Region's opt-in status is {opt_status}"),
        hint: if opt_status == "DISABLED" {
            "nothing to do, unless the Region is to be used".to_owned()
        } else {
            "scan again when its status has settled".to_owned()
        },
    }
}

impl FromIterator<NotCovered> for NotCoveredList {
    fn from_iter<I: IntoIterator<Item = NotCovered>>(entries: I) -> Self {
        Self::new(entries.into_iter().collect(), Vec::new())
    }
}

impl PartialEq for NotCoveredList {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for NotCoveredList {}

impl Serialize for NotCoveredList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for NotCoveredList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<NotCovered>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl JsonSchema for NotCoveredList {
    fn schema_name() -> Cow<'static, str> {
        Vec::<NotCovered>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<NotCovered>::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountId;

    fn account(id: &str) -> Arc<Account> {
        Arc::new(Account::by_id(AccountId::parse(id).unwrap()))
    }

    fn listed(account_id: &str, region: Option<&str>, cause: Cause) -> NotCovered {
        NotCovered {
            account_id: Some(account_id.to_owned()),
            account_name: None,
            region: region.map(str::to_owned),
            cause,
            error_code: None,
            message: String::new(),
            hint: String::new(),
        }
    }

    #[test]
    fn disabled_regions_stand_where_their_entries_would() {
        let regions: Arc<[DisabledRegion]> = ["af-south-1", "me-south-1"]
            .map(|region| DisabledRegion { region: region.to_owned(), opt_status: "DISABLED".to_owned() })
            .into();
        let (one, two, three) = ("111111111111", "222222222222", "333333333333");
        let denied = |id, region| listed(id, region, Cause::AccessDenied);
        let entries = vec![denied(three, None), denied(two, Some("ca-west-1")), denied(two, Some("ca-west-1"))];
        let held = vec![(account(two), regions.clone()), (account(one), regions)];
        let list = NotCoveredList::new(entries, held);
        let shown: Vec<String> = list
            .iter()
            .map(|entry| format!("{} {}", entry.account_id.as_ref().unwrap(), entry.region.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(
            shown,
            [
                "111111111111 af-south-1",
                "111111111111 me-south-1",
                "222222222222 af-south-1",
                "222222222222 ca-west-1",
                "222222222222 me-south-1",
                "333333333333 -",
            ]
        );
        let mut sorted: Vec<_> = list.iter().map(Cow::into_owned).collect();
        sorted.sort();
        assert_eq!(list, sorted.iter().cloned().collect());
        assert_eq!(list.accounts_with_disabled_regions(), 2);
        assert_eq!(list.disabled_regions(), [("af-south-1", 2), ("me-south-1", 2)].into());
        // What was written and read back says the same.
        let read: NotCoveredList = serde_json::from_str(&serde_json::to_string(&list).unwrap()).unwrap();
        assert_eq!(read, list);
        assert_eq!(read.disabled_regions(), list.disabled_regions());
        assert_eq!(read.apart_from_disabled_regions().count(), 2);
    }
}
