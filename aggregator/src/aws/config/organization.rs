//! AWS Config's rules and conformance packs of the organization, with how far they have come.

use std::collections::{BTreeSet, HashMap};

use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::Access;

use super::{AwsConfig, PAGE};
use crate::account::AccountId;
use crate::aws::units::following;
use crate::doctor::rule::{OrganizationRule, RuleStatus};

impl AwsConfig {
    /// The organization's rule of this name, with how far it has come to each account.
    ///
    /// # Errors
    /// What AWS said, after retries; a rule that does not exist is a fault too.
    pub async fn organization_rule(&self, access: &Access, name: &str) -> Result<OrganizationRule, AwsFault> {
        const RULES: &str = "config:DescribeOrganizationConfigRules";
        const STATUSES: &str = "config:GetOrganizationConfigRuleDetailedStatus";
        let described = self
            .call(access, |with| {
                let request = self.client.describe_organization_config_rules().organization_config_rule_names(name);
                let request = request.customize().config_override(with);
                async move { request.send().await.map_err(|error| AwsFault::new(RULES, &error)) }
            })
            .await?;
        let rule = described.organization_config_rules.unwrap_or_default().into_iter().next();
        let rule = rule.ok_or_else(|| AwsFault::other(RULES, "an answer without the rule"))?;
        let excluded = accounts(rule.excluded_accounts);
        let mut statuses = HashMap::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .call(access, |with| {
                    let request = self
                        .client
                        .get_organization_config_rule_detailed_status()
                        .organization_config_rule_name(name)
                        .limit(PAGE)
                        .set_next_token(token.clone())
                        .customize()
                        .config_override(with);
                    async move { request.send().await.map_err(|error| AwsFault::new(STATUSES, &error)) }
                })
                .await?;
            let page = answer
                .organization_config_rule_detailed_status
                .ok_or_else(|| AwsFault::other(STATUSES, "an answer without its list"))?;
            statuses.extend(page.into_iter().filter_map(|one| {
                let status = RuleStatus::of(one.member_account_rule_status.as_str(), one.error_code, one.error_message);
                Some((AccountId::parse(&one.account_id)?, status))
            }));
            token = match following(STATUSES, answer.next_token, token.as_deref())? {
                None => return Ok(OrganizationRule { is_pack: false, excluded, statuses }),
                some => some,
            };
        }
    }

    /// The organization's conformance pack of this name, with how far it has come to each account.
    ///
    /// # Errors
    /// What AWS said, after retries; a pack that does not exist is a fault too.
    pub async fn organization_conformance_pack(
        &self,
        access: &Access,
        name: &str,
    ) -> Result<OrganizationRule, AwsFault> {
        const PACKS: &str = "config:DescribeOrganizationConformancePacks";
        const STATUSES: &str = "config:GetOrganizationConformancePackDetailedStatus";
        let described = self
            .call(access, |with| {
                let request =
                    self.client.describe_organization_conformance_packs().organization_conformance_pack_names(name);
                let request = request.customize().config_override(with);
                async move { request.send().await.map_err(|error| AwsFault::new(PACKS, &error)) }
            })
            .await?;
        let pack = described.organization_conformance_packs.unwrap_or_default().into_iter().next();
        let pack = pack.ok_or_else(|| AwsFault::other(PACKS, "an answer without the conformance pack"))?;
        let excluded = accounts(pack.excluded_accounts);
        let mut statuses = HashMap::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .call(access, |with| {
                    let request = self
                        .client
                        .get_organization_conformance_pack_detailed_status()
                        .organization_conformance_pack_name(name)
                        .limit(PAGE)
                        .set_next_token(token.clone())
                        .customize()
                        .config_override(with);
                    async move { request.send().await.map_err(|error| AwsFault::new(STATUSES, &error)) }
                })
                .await?;
            let page = answer
                .organization_conformance_pack_detailed_statuses
                .ok_or_else(|| AwsFault::other(STATUSES, "an answer without its list"))?;
            statuses.extend(page.into_iter().filter_map(|one| {
                let status = RuleStatus::of(one.status.as_str(), one.error_code, one.error_message);
                Some((AccountId::parse(&one.account_id)?, status))
            }));
            token = match following(STATUSES, answer.next_token, token.as_deref())? {
                None => return Ok(OrganizationRule { is_pack: true, excluded, statuses }),
                some => some,
            };
        }
    }
}

fn accounts(ids: Option<Vec<String>>) -> BTreeSet<AccountId> {
    ids.unwrap_or_default().iter().filter_map(|id| AccountId::parse(id)).collect()
}
