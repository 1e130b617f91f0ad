//! Which aggregator is read.

use std::collections::BTreeSet;

use super::query::REPOSITORY;
use crate::account::AccountId;

/// Accounts and Regions that an aggregator collects from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregatorSource {
    /// The accounts; `None` for the whole organization.
    pub accounts: Option<BTreeSet<AccountId>>,
    /// The Regions; `None` for all, future ones included.
    pub regions: Option<BTreeSet<String>>,
}

/// A configuration aggregator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregator {
    /// Its name.
    pub name: String,
    /// Whether the organization is one of its sources.
    pub of_organization: bool,
    /// Where it collects from.
    pub sources: Vec<AggregatorSource>,
    /// The resource types that it collects; `None` for all.
    pub resource_types: Option<BTreeSet<String>>,
}

impl Aggregator {
    /// Whether it collects from any account in `region`.
    pub fn has_region(&self, region: &str) -> bool {
        self.sources.iter().any(|source| source.has_region(region))
    }

    /// Whether it collects from `account_id` in `region`.
    pub fn has(&self, account_id: AccountId, region: &str) -> bool {
        self.sources.iter().any(|source| {
            let has_account = |accounts: &BTreeSet<AccountId>| accounts.contains(&account_id);
            source.accounts.as_ref().is_none_or(has_account) && source.has_region(region)
        })
    }

    fn has_repositories(&self) -> bool {
        self.resource_types.as_ref().is_none_or(|types| types.contains(REPOSITORY))
    }
}

impl AggregatorSource {
    fn has_region(&self, region: &str) -> bool {
        self.regions.as_ref().is_none_or(|regions| regions.contains(region))
    }
}

/// Why no aggregator can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unchosen {
    /// There is none.
    None,
    /// The one that the user has named is not there.
    NotThere {
        /// Its name.
        name: String,
        /// Those that there are.
        there: String,
    },
    /// There are several, and none was named.
    Several {
        /// Their names.
        names: String,
    },
    /// It does not collect repositories.
    WithoutRepositories {
        /// Its name.
        name: String,
        /// Those that there are.
        there: String,
    },
}

impl Unchosen {
    /// What is told of it; `place` says where aggregators were looked for.
    pub fn told(&self, place: &str) -> String {
        match self {
            Self::None => format!(
                "--source: there is no configuration aggregator in {place}: scan with the account that has it, name its \
                 Region with --config-region, or scan with --source api"
            ),
            Self::NotThere { name, there } => format!(
                "--config-aggregator: no aggregator `{name}` in {place}; allowed: {there}, or another --config-region"
            ),
            Self::Several { names } => format!(
                "--source: there are several configuration aggregators in {place}: choose one with --config-aggregator; \
                 allowed: {names}"
            ),
            Self::WithoutRepositories { name, there } => format!(
                "--source: the configuration aggregator `{name}` collects no {REPOSITORY}: add the type to its filter, or \
                 name another with --config-aggregator; there are: {there}"
            ),
        }
    }
}

/// Chooses the aggregator: the one that is `wanted`, else the organization's, else the only one.
///
/// # Errors
/// None can be chosen.
pub fn choose(aggregators: Vec<Aggregator>, wanted: Option<&str>) -> Result<Aggregator, Unchosen> {
    let names = |of: &[Aggregator]| {
        let mut names: Vec<&str> = of.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        names.join(", ")
    };
    if aggregators.is_empty() {
        return Err(Unchosen::None);
    }
    let there = names(&aggregators);
    let chosen = if let Some(name) = wanted {
        match aggregators.into_iter().find(|one| one.name == name) {
            Some(chosen) => chosen,
            None => return Err(Unchosen::NotThere { name: name.to_owned(), there }),
        }
    } else {
        let (mut of_organization, others): (Vec<_>, Vec<_>) =
            aggregators.into_iter().partition(|one| one.of_organization);
        let candidates = if of_organization.is_empty() { others } else { std::mem::take(&mut of_organization) };
        let several = names(&candidates);
        match <[Aggregator; 1]>::try_from(candidates) {
            Ok([one]) => one,
            Err(_) => return Err(Unchosen::Several { names: several }),
        }
    };
    if !chosen.has_repositories() {
        return Err(Unchosen::WithoutRepositories { name: chosen.name, there });
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn one(name: &str, of_organization: bool) -> Aggregator {
        Aggregator {
            name: name.to_owned(),
            of_organization,
            sources: vec![AggregatorSource { accounts: None, regions: None }],
            resource_types: None,
        }
    }

    #[rstest]
    #[case::the_only_one(&[("a", false)], None, "a")]
    #[case::the_organizations(&[("a", false), ("b", true), ("c", false)], None, "b")]
    #[case::the_named_one(&[("a", false), ("b", true)], Some("a"), "a")]
    fn chosen(#[case] there: &[(&str, bool)], #[case] wanted: Option<&str>, #[case] name: &str) {
        let there = there.iter().map(|(name, of_organization)| one(name, *of_organization)).collect();
        assert_eq!(choose(there, wanted).unwrap().name, name);
    }

    #[rstest]
    #[case::none(&[], None, "there is no configuration aggregator in account 1 in eu-west-1")]
    #[case::several(&[("b", false), ("a", false)], None, "allowed: a, b")]
    #[case::several_of_the_organization(&[("b", true), ("a", true), ("c", false)], None, "allowed: a, b")]
    #[case::unknown(&[("b", true), ("a", true)], Some("x"), "no aggregator `x` in account 1 in eu-west-1; allowed: a, b,")]
    fn refused(#[case] there: &[(&str, bool)], #[case] wanted: Option<&str>, #[case] said: &str) {
        let there = there.iter().map(|(name, of_organization)| one(name, *of_organization)).collect();
        let error = choose(there, wanted).unwrap_err().told("account 1 in eu-west-1");
        assert!(error.contains(said), "{error}");
    }

    #[test]
    fn an_aggregator_that_collects_no_repositories_is_refused() {
        let filtered = Aggregator { resource_types: Some(["AWS::S3::Bucket".to_owned()].into()), ..one("a", true) };
        let error = choose(vec![filtered], None).unwrap_err().told("here");
        assert!(error.contains("collects no AWS::ECR::Repository"), "{error}");
    }

    #[test]
    fn sources_are_accounts_in_regions() {
        let accounts = AggregatorSource {
            accounts: AccountId::parse("111122223333").map(|id| [id].into()),
            regions: Some(["eu-west-1".to_owned()].into()),
        };
        let aggregator = Aggregator { sources: vec![accounts], ..one("a", false) };
        let has = |id: &str, region: &str| aggregator.has(AccountId::parse(id).unwrap(), region);
        assert!(has("111122223333", "eu-west-1"));
        assert!(!has("111122223333", "us-east-1"));
        assert!(!has("222233334444", "eu-west-1"));
        assert!(aggregator.has_region("eu-west-1") && !aggregator.has_region("us-east-1"));
    }
}
