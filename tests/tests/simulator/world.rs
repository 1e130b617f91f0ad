//! A small organization for tests, and its ids.

use integration_tests::{Account, Caller, Key, Organization, Repository, Simulator};

pub const MANAGEMENT: &str = "111111111111";
pub const MEMBER: &str = "333333333333";
pub const OTHER: &str = "444444444444";
pub const REGION: &str = "eu-west-1";

/// Three accounts, the caller in the first, two Regions.
pub fn organization() -> Organization {
    let account = |id: &str, name: &str| Account { id: id.to_owned(), name: name.to_owned(), ..Account::default() };
    Organization {
        regions: vec![REGION.to_owned(), "us-east-1".to_owned()],
        accounts: vec![account(MANAGEMENT, "Management"), account(MEMBER, "Member"), account(OTHER, "Other")],
        other_callers: vec![caller_in(MEMBER)],
        ..Organization::default()
    }
}

/// A user of another account than the caller's.
pub fn caller_in(account: &str) -> Caller {
    Caller {
        access_key_id: format!("AKIA{account}TEST"),
        secret_access_key: "another/secret".to_owned(),
        account: account.to_owned(),
        user: "somebody".to_owned(),
        ..Caller::default()
    }
}

pub fn repository(account: &str, name: &str) -> Repository {
    Repository {
        account: account.to_owned(),
        region: REGION.to_owned(),
        name: name.to_owned(),
        encryption_type: Some("AES256".to_owned()),
        ..Repository::default()
    }
}

pub fn key(account: &str, name: &str) -> Key {
    Key { account: account.to_owned(), region: REGION.to_owned(), name: name.to_owned(), ..Key::default() }
}

pub fn start(organization: Organization) -> Simulator {
    Simulator::start_blocking(organization).expect("the simulator starts")
}
