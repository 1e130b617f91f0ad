//! Which accounts an organization has.

use std::future::Future;
use std::sync::Arc;

use aws_sdk_organizations::config::Builder;
use aws_sdk_organizations::types::{Account as ListedAccount, AccountState, AccountStatus};
use ecr_encryption_core::OrganizationalUnit;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use ecr_encryption_rule::{call_config, shared_client};
use tracing::warn;

use crate::account::{Account, AccountId};
use crate::aws::caller::Caller;
use crate::aws::units::{Units, following};
use crate::pace::{LaneKey, Pacer, Service};

/// One page of accounts.
#[derive(Debug)]
pub struct AccountPage {
    /// The accounts; a page may be empty.
    pub accounts: Vec<Account>,
    /// The organization's id, where an account tells it.
    pub organization_id: Option<String>,
    /// The organization's management account, where an account tells it.
    pub management_account_id: Option<AccountId>,
    /// What to ask the next page with; `None` at the end.
    pub next_token: Option<String>,
}

/// Calls AWS Organizations as the caller.
#[derive(Debug, Clone)]
pub(super) struct Client {
    sdk: aws_sdk_organizations::Client,
    credentials: AccountCredentials,
    pacer: Pacer,
}

impl Client {
    /// Builds the client; `counter` counts what it sends.
    pub(super) fn new(caller: &Caller, counter: &CallCounter) -> Self {
        Self {
            sdk: shared_client!(aws_sdk_organizations, &caller.sdk_config, counter),
            credentials: caller.credentials.clone(),
            pacer: caller.pacer.clone(),
        }
    }

    /// Makes a call; `send` makes one attempt of it.
    pub(super) async fn call<T, F, R>(&self, send: F) -> Result<T, AwsFault>
    where
        T: Send,
        F: Fn(&aws_sdk_organizations::Client, Builder) -> R + Send + Sync,
        R: Future<Output = Result<T, AwsFault>> + Send,
    {
        let key = LaneKey::of_caller(Service::Organizations);
        let send = |credentials| send(&self.sdk, call_config!(aws_sdk_organizations, credentials));
        self.pacer.call(key, &self.credentials, send).await
    }
}

/// Asks AWS Organizations.
#[derive(Debug)]
pub struct Organizations {
    client: Client,
    units: Units,
    /// Whether the accounts' units decide what is scanned or demanded.
    units_are_needed: bool,
    /// Units that may not be read are told once, not once an account.
    unit_fault_told: bool,
}

impl Organizations {
    /// Builds the client; `counter` counts what it sends. `units_are_needed` tells whether an account whose organizational
    /// units cannot be read is a fault: without them it could be left out, or judged too mildly, in silence.
    pub fn new(caller: &Caller, counter: &CallCounter, units_are_needed: bool) -> Self {
        let client = Client::new(caller, counter);
        Self { units: Units::new(client.clone()), client, units_are_needed, unit_fault_told: false }
    }

    /// One page of accounts. Only a missing token ends the list: pages may be empty.
    ///
    /// # Errors
    /// What AWS said, after retries. Accounts whose organizational units may not be read are given without them.
    pub async fn accounts(&mut self, token: Option<String>) -> Result<AccountPage, AwsFault> {
        const ACTION: &str = "organizations:ListAccounts";
        let answer = self
            .client
            .call(|sdk, caller| {
                let request = sdk.list_accounts().set_next_token(token.clone()).customize().config_override(caller);
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        let mut accounts = Vec::new();
        let (mut organization_id, mut management_account_id) = (None, None);
        let page = answer.accounts.ok_or_else(|| AwsFault::other(ACTION, "an answer without accounts"))?;
        let of_page = page.iter().filter_map(|listed| listed.paths.as_deref()?.first());
        self.units.learn(of_page.flat_map(|path| unit_ids(path)).collect::<Vec<_>>()).await;
        for listed in page {
            organization_id = organization_id.or_else(|| organization_of(listed.arn.as_deref()));
            management_account_id = management_account_id.or_else(|| management_account_of(listed.arn.as_deref()));
            accounts.push(self.account(listed).await?);
        }
        let next_token = following(ACTION, answer.next_token, token.as_deref())?;
        Ok(AccountPage { accounts, organization_id, management_account_id, next_token })
    }

    async fn account(&mut self, listed: ListedAccount) -> Result<Account, AwsFault> {
        let listed_id = listed.id.as_deref().unwrap_or_default();
        let Some(id) = AccountId::parse(listed_id) else {
            let message = format!("an account whose id is `{listed_id}`, and not 12 digits");
            return Err(AwsFault::other("organizations:ListAccounts", message));
        };
        let unit_ids = listed.paths.as_deref().unwrap_or_default().first().map_or_else(Vec::new, |path| unit_ids(path));
        let units = match self.units.of(unit_ids, listed_id).await {
            Err(fault) if self.units_are_needed => return Err(fault),
            Err(fault) => {
                if !self.unit_fault_told {
                    self.unit_fault_told = true;
                    warn!(%fault, "organizational units cannot be read: findings are given without their names");
                }
                Arc::default()
            }
            Ok(units) => units,
        };
        Ok(Account {
            id,
            inactive_state: inactive_state(&listed).map(Into::into),
            name: listed.name.map(Into::into),
            units,
        })
    }

    /// The id of a unit that a user named; `None` where the organization has no such unit.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn unit_id(&mut self, unit: &OrganizationalUnit) -> Result<Option<String>, AwsFault> {
        match unit {
            OrganizationalUnit::Path(path) => self.units.id_of_path(path).await,
            OrganizationalUnit::Id(id) => match self.units.name(id).await {
                Ok(_) => Ok(Some(id.clone())),
                Err(fault) if is_unknown_unit(&fault) => Ok(None),
                Err(fault) => Err(fault),
            },
        }
    }
}

fn is_unknown_unit(fault: &AwsFault) -> bool {
    fault.kind == FaultKind::NotFound
        || matches!(fault.code.as_deref(), Some("OrganizationalUnitNotFoundException" | "InvalidInputException"))
}

/// Whether the fault says that the caller's account is in no organization.
pub fn is_without_organization(fault: &AwsFault) -> bool {
    fault.code.as_deref() == Some("AWSOrganizationsNotInUseException")
}

/// The states in which nobody can use an account.
const INACTIVE: [&str; 4] = ["PENDING_ACTIVATION", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"];

/// `State` is read first; `Status` was retired in September 2026. An account of which AWS says neither, or something that
/// this version does not know, is taken for active: the attempt to scan it tells more than leaving it out.
fn inactive_state(listed: &ListedAccount) -> Option<String> {
    let state = listed.state.as_ref().map(AccountState::as_str);
    let status = || listed.status.as_ref().map(AccountStatus::as_str);
    state.or_else(status).filter(|state| INACTIVE.contains(state)).map(str::to_owned)
}

/// The ids of the root and units in a path such as `o-ab/r-cd/ou-cd-1/ou-cd-2/`.
fn unit_ids(path: &str) -> Vec<String> {
    path.split('/').filter(|part| part.starts_with("r-") || part.starts_with("ou-")).map(str::to_owned).collect()
}

/// An account's ARN names its organization: `arn:aws:organizations::111122223333:account/o-ab/444455556666`.
fn organization_of(arn: Option<&str>) -> Option<String> {
    arn?.split('/').find(|part| part.starts_with("o-")).map(str::to_owned)
}

/// And its management account, whose resource it is: `arn:aws:organizations::111122223333:account/o-ab/444455556666`.
fn management_account_of(arn: Option<&str>) -> Option<AccountId> {
    AccountId::parse(arn?.split(':').nth(4)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_s_arn_names_the_organization_and_its_management_account() {
        let arn = Some("arn:aws-us-gov:organizations::111122223333:account/o-ab/444455556666");
        assert_eq!(organization_of(arn).as_deref(), Some("o-ab"));
        assert_eq!(management_account_of(arn), AccountId::parse("111122223333"));
        for none in [None, Some(""), Some("arn:aws:organizations::aws:account/ab"), Some("444455556666")] {
            assert_eq!((organization_of(none), management_account_of(none)), (None, None), "{none:?}");
        }
    }
}
