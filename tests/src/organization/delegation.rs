//! Which AWS services the organization trusts, and which of them it has handed to members.

use serde::Deserialize;

use super::Organization;

/// The services that a deployment for a whole organization needs: AWS Config's aggregators and its rules, and `StackSets`.
pub const DEPLOYMENT_SERVICES: [&str; 3] = [
    "config.amazonaws.com",
    "config-multiaccountsetup.amazonaws.com",
    "member.org.stacksets.cloudformation.amazonaws.com",
];

/// An account and the services that it is a delegated administrator for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delegation {
    /// The account; it need not be listed among `delegated_administrators`.
    pub account: String,
    /// The service principals; none: it is no delegated administrator.
    pub services: Vec<String>,
}

impl Organization {
    /// The services that an account is a delegated administrator for: what a [`Delegation`] says, else all of
    /// [`DEPLOYMENT_SERVICES`] for those listed as delegated administrators.
    pub fn delegated_services(&self, account: &str) -> Vec<&str> {
        if let Some(delegation) = self.delegations.iter().find(|delegation| delegation.account == account) {
            return delegation.services.iter().map(String::as_str).collect();
        }
        let listed = self.delegated_administrators.iter().any(|id| id == account);
        if listed { DEPLOYMENT_SERVICES.to_vec() } else { Vec::new() }
    }

    /// Whether the account is a delegated administrator for any service.
    pub fn is_delegated_administrator(&self, account: &str) -> bool {
        !self.delegated_services(account).is_empty()
    }

    /// Whether the account may act for the organization in a service's name: as its management account, or by delegation.
    pub fn administers(&self, account: &str, service: &str) -> bool {
        self.in_use && (account == self.management_account || self.delegated_services(account).contains(&service))
    }

    /// Every account that somebody may have made a delegated administrator.
    pub(super) fn possible_delegates(&self) -> impl Iterator<Item = &String> {
        self.delegated_administrators.iter().chain(self.delegations.iter().map(|delegation| &delegation.account))
    }

    /// The delegated administrators in the order of their ids.
    pub fn all_delegated_administrators(&self) -> Vec<&str> {
        let mut ids: Vec<&str> =
            self.possible_delegates().map(String::as_str).filter(|id| self.is_delegated_administrator(id)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
