//! An account of the organization.

use std::fmt;
use std::sync::Arc;

use ecr_encryption_core::AccountPlace;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An account's id, 12 digits, in a form that takes eight bytes: there may be fifty thousand of them in several books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// Reads 12 digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| text.parse().ok().map(Self)).flatten()
    }
}

impl AccountId {
    /// The id as a number, below 10¹².
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The id that a number stands for; `None` for one that has more than 12 digits.
    pub const fn of_number(number: u64) -> Option<Self> {
        if number < 1_000_000_000_000 { Some(Self(number)) } else { None }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:012}", self.0)
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no account id: 12 digits")))
    }
}

/// An account, and where it is in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name; `None` where there is no organization, or it may not be read.
    pub name: Option<Arc<str>>,
    /// What keeps it from being scanned, in AWS's word: `SUSPENDED`, …; `None` for an active account.
    pub inactive_state: Option<Box<str>>,
    /// Its root and organizational units; accounts of the same unit share them.
    pub units: Arc<UnitChain>,
}

/// The root and the organizational units that an account is under.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitChain {
    /// Their ids, from the root down.
    pub ids: Vec<String>,
    /// Their names, joined by `/`; `None` where they may not be read.
    pub path: Option<Arc<str>>,
}

impl Account {
    /// An account of which only the id is known.
    pub fn by_id(id: AccountId) -> Self {
        Self { id, name: None, inactive_state: None, units: Arc::default() }
    }

    /// Where it is, for the policy's overrides.
    pub fn place(&self) -> AccountPlace<'_> {
        AccountPlace { organizational_unit_ids: &self.units.ids, organizational_unit_path: self.units.path.as_deref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_zeros() {
        for text in ["000000000001", "123456789012", "999999999999"] {
            let id = AccountId::parse(text).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(serde_json::from_str::<AccountId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        }
        for text in ["", "1", "12345678901", "1234567890123", "12345678901x", "+23456789012", "１23456789012"] {
            assert_eq!(AccountId::parse(text), None, "{text}");
        }
        assert!(AccountId::parse("000000000002") > AccountId::parse("000000000001"));
    }
}
