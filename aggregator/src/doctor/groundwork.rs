//! What there is once: the organization, whom it lets act, the `StackSet`, the rule in each Region.

use std::collections::BTreeMap;

use ecr_encryption_rule::aws::fault::AwsFault;

use super::aggregator;
use super::book::Place;
use super::check::Check;
use super::mend::{self, StackSetAddress};
use super::organization::{self, CONFIG, CONFIG_MULTI_ACCOUNT, HomePlace, OrganizationDescription};
use super::rules::{Rule, rules};
use super::stack_set::{self, Instances, Standing};
use super::survey::Survey;
use crate::account::{Account, AccountId};
use crate::aws::governance::Governance;
use crate::aws::organizations::is_without_organization;
use crate::aws::stack_sets::StackSets;
use crate::config_source::aggregator::Aggregator;
use crate::config_source::client::ConfigClient;
use crate::coverage::hint::who_asks;
use crate::scan::{ScanError, fatal};

/// What the accounts are compared with.
#[derive(Debug)]
pub struct Groundwork {
    /// The organization's id.
    pub organization_id: Option<String>,
    /// The management account; `None` where it is not known, or there is no organization.
    pub management_account: Option<String>,
    /// Whether the `StackSet` is there.
    pub stack_set: Standing,
    /// What commands name it by.
    pub address: StackSetAddress,
    /// How far it has come; `None` where that is not known, or there is none.
    pub instances: Option<Instances>,
    /// The organization's rule in each Region where there is one.
    pub rules: BTreeMap<String, Rule>,
    /// The configuration aggregator that a scan reads, where there is one.
    pub aggregator: Option<Aggregator>,
}

/// Whether there is an organization.
enum Organization {
    None,
    Is(OrganizationDescription),
    NotTold,
}

impl Groundwork {
    /// Whether an account is the management account; `None` where it is not known which one that is.
    pub fn is_management_account(&self, account_id: &str) -> Option<bool> {
        self.management_account.as_deref().map(|id| id == account_id)
    }

    /// Asks for everything that there is once, and tells the book. `listed_management_account` is what the list of
    /// accounts tells, for whoever may not have the organization described.
    ///
    /// # Errors
    /// The caller's credentials have expired.
    pub async fn lay(survey: &Survey, listed_management_account: Option<AccountId>) -> Result<Self, ScanError> {
        let Survey { book, caller, counter, home_account, stack_set_name, .. } = survey;
        book.tell(Check::Caller, Place::default(), []);
        let governance = Governance::new(caller, counter);
        let organization = if survey.is_of_one_account {
            Organization::None
        } else {
            described(survey, governance.organization().await)?
        };
        let management_account = match &organization {
            Organization::Is(OrganizationDescription { management_account_id: Some(id), .. }) => Some(id.clone()),
            Organization::Is(_) | Organization::NotTold => listed_management_account.map(|id| id.to_string()),
            Organization::None => None,
        };
        let is_management = management_account.as_ref() == Some(&caller.account_id);
        let mut address = StackSetAddress {
            account_id: caller.account_id.clone(),
            region: caller.region(),
            name: stack_set_name.clone(),
            call_as: if is_management { "SELF" } else { "DELEGATED_ADMIN" },
            regions: vec![caller.region()],
            stack: mend::ACCESS.to_owned(),
        };
        let aggregator = aggregator(survey).await?;
        let organization_id = match organization {
            Organization::None => {
                return Ok(Self {
                    organization_id: None,
                    management_account,
                    stack_set: Standing::NoOrganization,
                    address,
                    instances: None,
                    rules: BTreeMap::new(),
                    aggregator,
                });
            }
            Organization::Is(described) => {
                book.tell(Check::AllFeatures, Place::default(), organization::all_features(&described));
                described.id
            }
            Organization::NotTold => None,
        };
        let who = who_asks(caller, None);
        let region = caller.region();
        let place = HomePlace {
            home_account,
            management_account: management_account.as_deref(),
            region: &region,
            caller: &who,
        };
        let stack_sets = StackSets::new(caller, counter, address.call_as);
        let rules = rules(survey, &stack_sets, address.call_as).await?;
        // What AWS Config has made once it does not make again.
        let deployed = [
            (CONFIG, aggregator.as_ref().is_some_and(|one| one.of_organization)),
            (CONFIG_MULTI_ACCOUNT, !rules.is_empty()),
        ];
        tell_governance(survey, &governance, &stack_sets, deployed, place).await?;
        if !survey.used.role {
            let (stack_set, instances) = (Standing::NotUsed, None);
            return Ok(Self { organization_id, management_account, stack_set, address, instances, rules, aggregator });
        }
        let read = not_fatal(stack_sets.stack_set(stack_set_name).await)?;
        if let Ok(described) = read.as_ref()
            && !described.regions.is_empty()
        {
            address.regions.clone_from(&described.regions);
        }
        let (stack_set, problems) = stack_set::stack_set(&read, &address, &who);
        book.tell(Check::StackSet, Place::default(), problems);
        let instances = match stack_set {
            Standing::There => match not_fatal(stack_sets.instances(stack_set_name, None).await)? {
                Ok(instances) => Some(instances),
                Err(fault) => {
                    book.tell(Check::StackInstances, Place::default(), [organization::unread(&fault, &who)]);
                    None
                }
            },
            _ => None,
        };
        Ok(Self { organization_id, management_account, stack_set, address, instances, rules, aggregator })
    }
}

/// What the organization is; that there is none is no problem, and told by its absence.
fn described(survey: &Survey, read: Result<OrganizationDescription, AwsFault>) -> Result<Organization, ScanError> {
    Ok(match not_fatal(read)? {
        Ok(described) => {
            survey.book.tell(Check::Organization, Place::default(), []);
            Organization::Is(described)
        }
        Err(fault) if is_without_organization(&fault) => Organization::None,
        Err(fault) => {
            let problem = organization::unread(&fault, &who_asks(&survey.caller, None));
            survey.book.tell(Check::Organization, Place::default(), [problem]);
            Organization::NotTold
        }
    })
}

/// Trusted access, and delegation.
async fn tell_governance(
    Survey { book, used, home_state, .. }: &Survey,
    governance: &Governance,
    stack_sets: &StackSets,
    deployed: [(&str, bool); 2],
    place: HomePlace<'_>,
) -> Result<(), ScanError> {
    let listed = not_fatal(governance.service_access().await)?;
    let activated = if used.role { not_fatal(stack_sets.organizations_access().await)? } else { Ok(None) };
    let is_delegation_needed = place.management_account != Some(place.home_account);
    if let Some(state) = home_state {
        let problem = organization::unusable_home(place.home_account, state);
        book.tell(Check::DelegatedAdministrator, Place::default(), [problem]);
    }
    for principal in used.principals() {
        let is_deployed = deployed.contains(&(principal, true));
        let problems = organization::trusted_access(principal, &listed, &activated, is_deployed, &place);
        book.tell(Check::TrustedAccess, Place::default(), problems);
        if home_state.is_some() {
            continue;
        }
        let delegated = if is_delegation_needed {
            not_fatal(governance.delegated_administrators(principal).await)?
        } else {
            Ok(Vec::new())
        };
        book.tell(
            Check::DelegatedAdministrator,
            Place::default(),
            organization::delegation(principal, &delegated, place),
        );
    }
    Ok(())
}

/// The aggregator that a scan reads: it belongs to the home account.
async fn aggregator(survey: &Survey) -> Result<Option<Aggregator>, ScanError> {
    let Survey { book, caller, counter, home_account, .. } = survey;
    if !survey.used.reads_records() {
        return Ok(None);
    }
    let client = ConfigClient::of_account(home_account, caller, counter, survey.config_region.clone());
    let read = not_fatal(client.aggregators().await)?;
    let (who, place) = (who_asks(caller, Some(home_account)), format!("account {home_account} in {}", client.region));
    let wanted = survey.config_aggregator.as_deref();
    let comes = wanted.is_none_or(|name| name == aggregator::DEPLOYED) && survey.config_region == caller.region();
    let chosen = aggregator::standing(read, wanted, comes, &who, &place);
    let home = AccountId::parse(home_account).map(Account::by_id);
    let place = Place { account: home.as_ref(), region: Some(&client.region) };
    Ok(match chosen {
        Ok(chosen) => {
            book.tell(Check::Aggregator, place, []);
            Some(chosen)
        }
        Err(problem) => {
            book.tell(Check::Aggregator, place, [problem]);
            None
        }
    })
}

/// A fault after which there is going on, as it is.
pub fn not_fatal<T>(read: Result<T, AwsFault>) -> Result<Result<T, AwsFault>, ScanError> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(fault) => fatal(fault).map(Err),
    }
}
