//! What an organization is, and whom it lets act for it.

use std::collections::BTreeSet;

use aws_sdk_organizations::types::OrganizationFeatureSet;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::fault::AwsFault;

use crate::aws::caller::Caller;
use crate::aws::organizations::Client;
use crate::aws::units::following;
use crate::doctor::organization::OrganizationDescription;

/// Asks AWS Organizations, as the caller.
#[derive(Debug, Clone)]
pub struct Governance(Client);

impl Governance {
    /// Builds the client; `counter` counts what it sends.
    pub fn new(caller: &Caller, counter: &CallCounter) -> Self {
        Self(Client::new(caller, counter))
    }

    /// The organization that the caller's account is in.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn organization(&self) -> Result<OrganizationDescription, AwsFault> {
        const ACTION: &str = "organizations:DescribeOrganization";
        let answer = self
            .0
            .call(|sdk, caller| {
                let request = sdk.describe_organization().customize().config_override(caller);
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        let organization =
            answer.organization.ok_or_else(|| AwsFault::other(ACTION, "an answer without the organization"))?;
        Ok(OrganizationDescription {
            id: organization.id,
            management_account_id: organization.master_account_id,
            feature_set: organization.feature_set.as_ref().map(OrganizationFeatureSet::as_str).map(str::to_owned),
        })
    }

    /// The services that may act in the organization.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn service_access(&self) -> Result<BTreeSet<String>, AwsFault> {
        const ACTION: &str = "organizations:ListAWSServiceAccessForOrganization";
        let mut principals = BTreeSet::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .0
                .call(|sdk, caller| {
                    let request = sdk.list_aws_service_access_for_organization().set_next_token(token.clone());
                    let request = request.customize().config_override(caller);
                    async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
                })
                .await?;
            // A missing list is no empty one.
            let page = answer
                .enabled_service_principals
                .ok_or_else(|| AwsFault::other(ACTION, "an answer without service principals"))?;
            principals.extend(page.into_iter().filter_map(|one| one.service_principal));
            token = match following(ACTION, answer.next_token, token.as_deref())? {
                None => return Ok(principals),
                some => some,
            };
        }
    }

    /// The accounts that may act for the organization with a service.
    ///
    /// # Errors
    /// What AWS said, after retries.
    pub async fn delegated_administrators(&self, principal: &str) -> Result<Vec<String>, AwsFault> {
        const ACTION: &str = "organizations:ListDelegatedAdministrators";
        let mut accounts = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .0
                .call(|sdk, caller| {
                    let request =
                        sdk.list_delegated_administrators().service_principal(principal).set_next_token(token.clone());
                    let request = request.customize().config_override(caller);
                    async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
                })
                .await?;
            let page = answer
                .delegated_administrators
                .ok_or_else(|| AwsFault::other(ACTION, "an answer without delegated administrators"))?;
            accounts.extend(page.into_iter().filter_map(|one| one.id));
            token = match following(ACTION, answer.next_token, token.as_deref())? {
                None => return Ok(accounts),
                some => some,
            };
        }
    }
}
