//! Decides whether the encryption of an Amazon ECR repository meets a policy.
//!
//! Everything here is pure and total: facts that somebody read from AWS, a [`Policy`] and a time go in, a [`Decision`]
//! comes out. There is no SDK, no clock, no environment and no I/O, so the same facts give the same verdict anywhere.
//!
//! What could not be read is a fact of its own ([`KeyLookup::Denied`], [`RepositoryEncryption::Denied`]) and never
//! becomes a pass: see [`decide`].

mod creation;
mod decide;
mod encryption;
mod glob;
mod key;
mod level;
mod names;
mod open_enum;
mod policy;
mod reason;
mod remediation;
mod repository;

pub use creation::{AppliedFor, CreationTemplate, NextRepositories, Origin};
pub use decide::{AccountPlace, Decision, Status, decide, decide_next};
pub use encryption::{EncryptionConfiguration, EncryptionLevel, EncryptionType};
pub use glob::Glob;
pub use key::{AwsManagedKey, KeyArn, KeyFacts, KeyLookup, KeyManager, KeyOrigin, KeyReference, KeyState};
pub use level::ProvableLevel;
pub use policy::exemption::{Exemption, Exemptions};
pub use policy::overrides::{DemandChanges, OrganizationalUnit, Override, Place};
pub use policy::parameters::{RuleParameters, rule_parameters};
pub use policy::value;
pub use policy::{Demands, InvalidSetting, InvalidValue, Policy, RequireUsableKey, UndeterminedCompliance};
pub use reason::ReasonCode;
pub use remediation::{remediation, remediation_next};
pub use repository::{Repository, RepositoryEncryption, Tags};
