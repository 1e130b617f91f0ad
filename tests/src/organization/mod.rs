//! The description of an organization: what a TOML file holds and what tests build in Rust.

mod account;
mod behaviour;
mod chaos;
mod check;
mod cloudformation;
mod config;
mod delegation;
mod generate;
mod inventory;
mod organization_rule;
mod security_hub;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use account::{Account, AccountState, Caller, Deny, DenyKind, OrganizationalUnit, RegionStatus, Role};
pub use behaviour::{AccountStateMember, Answers, Effect, Fault, PathForm, RateLimit};
pub use chaos::{Chaos, Struck};
pub use cloudformation::{CloudFormationService, STACK_SETS_SERVICE, StackInstance, StackSet};
pub use config::{
    AggregatedSource, ConfigRule, ConfigService, ConfigurationAggregator, EarlierResult, Recorder, SourceStatus,
    StaleKey, Unrecorded,
};
pub use delegation::{DEPLOYMENT_SERVICES, Delegation};
pub use generate::Generate;
pub(crate) use generate::{account_id, account_index};
pub(crate) use inventory::key_arn;
pub use inventory::{CreationTemplate, Key, PullThroughCacheRule, Repository};
pub use organization_rule::{MemberRule, ORGANIZATION_RULES_SERVICE, OrganizationRule};
pub use security_hub::{SecurityHubPlace, SecurityHubService};

/// The name of the role that every account has unless it says otherwise.
pub const DEFAULT_ROLE_NAME: &str = "EcrEncryptionAudit";

/// An organization, its accounts and what they hold, and how AWS behaves towards the caller.
///
/// Either everything is listed (`accounts`, `keys`, `repositories` …), or it is computed from sizes
/// and a seed when [`generate`](Self::generate) is given. The first account need not be the
/// management account.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Organization {
    /// The organization's id, `o-` and 10 to 32 characters.
    pub id: String,
    /// The root's id, `r-` and 4 to 32 characters.
    pub root_id: String,
    /// The account that owns the organization.
    pub management_account: String,
    /// `FeatureSet`: `ALL` or `CONSOLIDATED_BILLING`.
    pub feature_set: String,
    /// The service principals that have trusted access; by default [`DEPLOYMENT_SERVICES`].
    pub trusted_services: Vec<String>,
    /// Accounts that may call the `List*` operations although they are not the management account. For which services they are
    /// delegated administrators, `delegations` tells; by default for [`DEPLOYMENT_SERVICES`].
    pub delegated_administrators: Vec<String>,
    /// Which services single accounts are delegated administrators for.
    #[serde(rename = "delegation")]
    pub delegations: Vec<Delegation>,
    /// `false`: no organization exists, Organizations answers `AWSOrganizationsNotInUseException`.
    pub in_use: bool,
    /// The Regions of every account whose own `regions` don't say otherwise.
    /// Empty: the 17 that AWS enables by default, and the opt-in Regions as `DISABLED`.
    pub regions: Vec<String>,
    /// Who runs the scan.
    pub caller: Caller,
    /// Further credentials that the simulator knows.
    #[serde(rename = "other_caller")]
    pub other_callers: Vec<Caller>,
    /// Seconds after which credentials issued by `AssumeRole` expire, whatever was asked for.
    pub credential_lifetime_seconds: Option<u64>,
    /// How answers are put where AWS leaves a choice.
    pub answers: Answers,
    /// The organizational units below the root.
    #[serde(rename = "organizational_unit")]
    pub organizational_units: Vec<OrganizationalUnit>,
    /// The accounts, in the order in which `ListAccounts` tells them.
    #[serde(rename = "account")]
    pub accounts: Vec<Account>,
    /// The KMS keys, also of accounts outside the organization.
    #[serde(rename = "key")]
    pub keys: Vec<Key>,
    /// The ECR repositories.
    #[serde(rename = "repository")]
    pub repositories: Vec<Repository>,
    /// ECR's repository creation templates.
    #[serde(rename = "creation_template")]
    pub creation_templates: Vec<CreationTemplate>,
    /// ECR's pull-through cache rules.
    #[serde(rename = "pull_through_cache_rule")]
    pub pull_through_cache_rules: Vec<PullThroughCacheRule>,
    /// What AWS Config knows.
    pub config: ConfigService,
    /// What AWS `CloudFormation` has deployed.
    pub cloudformation: CloudFormationService,
    /// Where Security Hub is, and how it behaves.
    pub security_hub: SecurityHubService,
    /// Rate limits; none by default.
    #[serde(rename = "rate_limit")]
    pub rate_limits: Vec<RateLimit>,
    /// Milliseconds that every answer takes at least.
    pub latency_ms: u64,
    /// Faults; the first that matches a call has its effect.
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
    /// Everything going wrong by chance, where no fault strikes.
    pub chaos: Option<Chaos>,
    /// Seed of everything that is drawn by chance (faults with a probability, generated contents).
    pub seed: u64,
    /// Compute accounts and their contents instead of listing them.
    pub generate: Option<Generate>,
}

impl Default for Organization {
    fn default() -> Self {
        Self {
            id: "o-simulator1".to_owned(),
            root_id: "r-root".to_owned(),
            management_account: "111111111111".to_owned(),
            feature_set: "ALL".to_owned(),
            trusted_services: DEPLOYMENT_SERVICES.map(str::to_owned).to_vec(),
            delegated_administrators: Vec::new(),
            delegations: Vec::new(),
            in_use: true,
            regions: Vec::new(),
            caller: Caller::default(),
            other_callers: Vec::new(),
            credential_lifetime_seconds: None,
            answers: Answers::default(),
            organizational_units: Vec::new(),
            accounts: Vec::new(),
            keys: Vec::new(),
            repositories: Vec::new(),
            creation_templates: Vec::new(),
            pull_through_cache_rules: Vec::new(),
            config: ConfigService::default(),
            cloudformation: CloudFormationService::default(),
            security_hub: SecurityHubService::default(),
            rate_limits: Vec::new(),
            latency_ms: 0,
            faults: Vec::new(),
            chaos: None,
            seed: 1,
            generate: None,
        }
    }
}

impl Organization {
    /// Reads and checks a description.
    ///
    /// # Errors
    ///
    /// When the file can't be read, isn't TOML, has unknown fields (line and column are told), or
    /// refers to something that it doesn't describe.
    pub fn load(path: &Path) -> Result<Self, DescriptionError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| DescriptionError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Parses and checks a description given as TOML.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn parse(toml: &str) -> Result<Self, DescriptionError> {
        let organization: Self = toml::from_str(toml)?;
        organization.check()?;
        Ok(organization)
    }

    /// An organization that is computed from sizes and a seed.
    pub fn generated(sizes: Generate) -> Self {
        Self {
            management_account: account_id(0),
            caller: Caller { account: account_id(0), ..Caller::default() },
            generate: Some(sizes),
            ..Self::default()
        }
    }

    /// The caller and all other callers.
    pub fn callers(&self) -> impl Iterator<Item = &Caller> {
        std::iter::once(&self.caller).chain(&self.other_callers)
    }
}

/// Why a description can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// The file can't be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Not TOML, an unknown or missing field, or a value of the wrong type.
    #[error("the description is not valid: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Well formed, but it contradicts itself or AWS.
    #[error("{what} `{value}`: {problem}")]
    Contradiction {
        /// The kind of thing that is wrong.
        what: &'static str,
        /// The value in question.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
}
