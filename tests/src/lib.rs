//! The organization simulator: a server that speaks AWS's wire protocols for the operations which
//! the product uses, driven by a description of an organization.
//!
//! It is an independent opinion of AWS: nothing here depends on the product's own crates.
//!
//! ```no_run
//! # async fn example() -> Result<(), integration_tests::SimulatorError> {
//! use integration_tests::{Organization, Simulator};
//!
//! let organization = Organization::load("organizations/demo.toml".as_ref())?;
//! let simulator = Simulator::start(organization).await?;
//! for (name, value) in simulator.environment() {
//!     println!("{name}={value}");
//! }
//! assert_eq!(simulator.counters().calls_of("sts", "AssumeRole"), 0);
//! # Ok(()) }
//! ```
//!
//! `tests/README.md` describes the format of the description, the faults, and what is guesswork.

mod aws;
mod called_operations;
pub mod command_line;
mod counters;
pub mod lambda;
pub mod moto;
mod organization;
mod places;
mod server;
mod services;
mod simulator;
mod tally;
mod world;

pub use called_operations::called_operations;
pub use counters::{Counters, OUTCOME_OK, Peak};
pub use organization::{
    Account, AccountState, AccountStateMember, AggregatedSource, Answers, Caller, Chaos, CloudFormationService,
    ConfigRule, ConfigService, ConfigurationAggregator, CreationTemplate, DEPLOYMENT_SERVICES, Delegation, Deny,
    DenyKind, DescriptionError, EarlierResult, Effect, Fault, Generate, Key, MemberRule, Organization,
    OrganizationRule, OrganizationalUnit, PathForm, PullThroughCacheRule, RateLimit, Recorder, RegionStatus,
    Repository, Role, SecurityHubPlace, SecurityHubService, SourceStatus, StackInstance, StackSet, StaleKey,
    Unrecorded,
};
pub use services::RecordedEvaluation;
pub use simulator::{Simulator, SimulatorError, StartOptions};
pub use world::World;
