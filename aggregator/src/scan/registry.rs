//! What a target's registry is set up to create by itself.

use ecr_encryption_core::NextRepositories;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::{Access, Lookup, RegistryLookup};

use super::{Scan, ScanError, fatal};
use crate::account::Account;
use crate::journal::{Item, Target};
use crate::read::ReadNextRepositories;

/// What was read of a registry, and whether that is all.
pub(super) struct Registry {
    pub(super) items: Vec<Item>,
    pub(super) is_whole: bool,
}

impl<L: Lookup + 'static> Scan<L> {
    /// Reads the creation templates and pull-through cache rules of a target. What could not be read is in the books, and
    /// takes nothing from the target's repositories.
    pub(super) async fn next_repositories(
        &self,
        registry: &impl RegistryLookup,
        account: &Account,
        target: &Target,
        access: &Access,
    ) -> Result<Registry, ScanError> {
        let templates = registry.creation_templates(access).await;
        let rules = registry.pull_through_cache_rules(access).await;
        let is_whole = templates.is_ok() && rules.is_ok();
        let lost = |what: &str, fault: AwsFault| -> Result<(), ScanError> {
            let fault = &fatal(fault)?;
            // Where it was no call of ECR that failed, it is the account that cannot be read.
            let message = if fault.action.starts_with("ecr:") {
                format!("{what}: {}", fault.message)
            } else {
                fault.message.clone()
            };
            // The entry may be one of the whole account, where its role is refused by now.
            self.ledger.target_not_whole(target);
            self.ledger.not_covered(self.fault_entry(account, Some(target.region.clone()), fault, message));
            Ok(())
        };
        let rules = match rules {
            Ok(rules) => rules,
            Err(fault) => {
                lost("the pull-through cache rules could not be read", fault)?;
                Vec::new()
            }
        };
        let described = match templates {
            Ok(described) => described,
            Err(fault) => {
                let prefixes: Vec<String> = rules.iter().map(|rule| format!("`{}`", rule.prefix)).collect();
                let unjudged = if prefixes.is_empty() {
                    String::new()
                } else {
                    format!(", so the pull-through cache rules were not judged ({})", prefixes.join(", "))
                };
                lost(&format!("the repository creation templates could not be read{unjudged}"), fault)?;
                return Ok(Registry { items: Vec::new(), is_whole });
            }
        };
        let (templates, created): (Vec<_>, Vec<_>) =
            described.into_iter().map(|description| (description.template, description.created_at)).unzip();
        let (account_id, region) = (&target.account_id.to_string(), &target.region);
        let by_templates = templates.iter().zip(created).map(|(template, created_at)| ReadNextRepositories {
            next: NextRepositories::of_template(account_id, region, template, &templates),
            created_at,
        });
        let by_rules = rules.into_iter().map(|rule| ReadNextRepositories {
            next: NextRepositories::of_pull_through_cache_rule(account_id, region, &rule.prefix, &templates),
            created_at: rule.created_at,
        });
        Ok(Registry { items: by_templates.chain(by_rules).map(Item::next_repositories).collect(), is_whole })
    }
}
