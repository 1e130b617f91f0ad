//! The rule in each rule Region, in whichever way it gets into the accounts.

use std::collections::BTreeMap;

use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::Access;
use futures_util::future::join_all;

use super::book::Place;
use super::check::Check;
use super::groundwork::not_fatal;
use super::mend::StackSetAddress;
use super::organization;
use super::problem::Problem;
use super::rule::{self, OrganizationRule, RuleAs, stack_of};
use super::stack_set::{self, Instances, Standing, stack_instance};
use super::survey::Survey;
use crate::account::{Account, AccountId};
use crate::aws::stack_sets::StackSets;
use crate::coverage::hint::who_asks;
use crate::scan::ScanError;

/// The rule of one Region, as far as it is there.
#[derive(Debug)]
pub enum Rule {
    /// AWS Config has put it into the accounts.
    ByConfig(OrganizationRule),
    /// A StackSet has.
    ByStackSet {
        /// What commands name it by.
        address: StackSetAddress,
        /// How far it has come.
        instances: Instances,
    },
}

impl Rule {
    /// Whether it has come to an account; `None` where it never is to. `is_management_account` is `None` where that is not known.
    pub fn problems(&self, account: &Account, is_management_account: Option<bool>) -> Option<Vec<Problem>> {
        match self {
            Self::ByConfig(rule) => Some(rule::organization_rule(rule, account.id)),
            // StackSets leave the management account out.
            Self::ByStackSet { .. } if is_management_account == Some(true) => None,
            Self::ByStackSet { address, instances } => {
                let is_member = is_management_account == Some(false);
                Some(stack_instance(instances.get(&account.id), account, is_member, address))
            }
        }
    }
}

/// The rule in each Region where there is one; tells the book where there is none, or it is not as it is to be. `call_as` is
/// how `StackSets` are asked.
///
/// # Errors
/// The caller's credentials have expired.
pub async fn rules(
    survey: &Survey,
    stack_sets: &StackSets,
    call_as: &'static str,
) -> Result<BTreeMap<String, Rule>, ScanError> {
    let Some(rule_as) = survey.used.rule else { return Ok(BTreeMap::new()) };
    let reads = join_all(survey.rule_regions.iter().map(|region| async move {
        let found = match rule_as {
            RuleAs::StackSets => by_stack_set(survey, &stack_sets.in_region(region), call_as, region).await?,
            RuleAs::Organization | RuleAs::ConformancePack => by_config(survey, rule_as, region).await?,
        };
        Ok::<_, ScanError>((region, found))
    }));
    let mut rules = BTreeMap::new();
    for read in reads.await {
        let (region, (rule, problems)) = read?;
        let home = AccountId::parse(&survey.home_account).map(Account::by_id);
        // That there is one is told with the accounts.
        if !problems.is_empty() {
            let place = Place { account: home.as_ref(), region: Some(region) };
            survey.book.tell(Check::OrganizationRule, place, problems);
        }
        if let Some(rule) = rule {
            rules.insert(region.clone(), rule);
        }
    }
    Ok(rules)
}

type Found = (Option<Rule>, Vec<Problem>);

/// AWS Config's: it belongs to the home account, which alone may ask for it.
async fn by_config(survey: &Survey, rule_as: RuleAs, region: &str) -> Result<Found, ScanError> {
    let Survey { caller, home_account, rule_name, config, .. } = survey;
    let access = Access {
        account_id: home_account.clone(),
        credentials: caller.credentials_in(home_account),
        region: region.to_owned(),
    };
    let read = match rule_as {
        RuleAs::ConformancePack => config.organization_conformance_pack(&access, rule_name).await,
        RuleAs::Organization | RuleAs::StackSets => config.organization_rule(&access, rule_name).await,
    };
    let read = not_fatal(read)?;
    let problem = rule::standing(&read, rule_name, region, &who_asks(caller, Some(home_account)));
    Ok((read.ok().map(Rule::ByConfig), problem.into_iter().collect()))
}

/// That of a StackSet, which the caller asks for.
async fn by_stack_set(
    survey: &Survey,
    stack_sets: &StackSets,
    call_as: &'static str,
    region: &str,
) -> Result<Found, ScanError> {
    let name = stack_of(region);
    let address = StackSetAddress {
        account_id: survey.caller.account_id.clone(),
        region: region.to_owned(),
        name: name.clone(),
        call_as,
        regions: vec![region.to_owned()],
        stack: name.clone(),
    };
    let who = who_asks(&survey.caller, None);
    let read = not_fatal(stack_sets.stack_set(&name).await)?;
    let (standing, mut problems) = stack_set::stack_set(&read, &address, &who);
    if standing != Standing::There {
        return Ok((None, problems));
    }
    let instances: Result<Instances, AwsFault> = not_fatal(stack_sets.instances(&name, Some(region)).await)?;
    Ok(match instances {
        Ok(instances) => (Some(Rule::ByStackSet { address, instances }), problems),
        Err(fault) => {
            problems.push(organization::unread(&fault, &who));
            (None, problems)
        }
    })
}
