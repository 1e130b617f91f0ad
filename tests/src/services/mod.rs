//! The operations, service by service.

mod account;
mod cloudformation;
mod config;
mod config_aggregator;
mod config_items;
mod config_organization;
mod config_query;
mod config_query_parser;
mod config_recorder;
mod config_select;
mod config_store;
mod ecr;
mod ecr_registry;
mod form;
mod kms;
mod organizations;
mod organizations_delegation;
mod paging;
mod query;
mod security_hub;
mod security_hub_finding;
mod security_hub_store;
mod sts;
mod tagging;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::aws::{AwsError, Operation, Service, Session};
use crate::organization::Organization;
use crate::server::State;
use crate::world::World;
pub use config_store::{ConfigStore, RecordedEvaluation};
pub use form::form_value;
pub use security_hub_store::SecurityHubStore;
pub use sts::assumed_account;

/// A call that may be answered.
#[derive(Debug)]
pub struct Call<'a> {
    /// What all calls share.
    pub state: &'a State,
    /// The operation.
    pub operation: Operation,
    /// The caller's credentials, which are valid.
    pub session: &'a Session,
    /// The Region.
    pub region: &'a str,
    /// The request's body.
    pub body: &'a [u8],
    /// The id that the answer carries.
    pub request_id: &'a str,
}

impl<'a> Call<'a> {
    fn world(&self) -> &'a World {
        self.state.world()
    }

    fn organization(&self) -> &'a Organization {
        self.state.world().organization()
    }

    /// The account of the credentials.
    fn account(&self) -> &'a str {
        &self.session.principal.account
    }

    /// The body as the operation's input.
    fn input<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        let body = if self.body.is_empty() { b"{}" } else { self.body };
        serde_json::from_slice(body).map_err(|_| AwsError::serialization())
    }
}

/// Performs an operation; the answer's body.
pub fn perform(call: &Call<'_>) -> Result<Vec<u8>, AwsError> {
    match call.operation.service() {
        Service::Organizations => organizations::perform(call),
        Service::Sts => sts::perform(call),
        Service::Account => account::list_regions(call),
        Service::Ecr => ecr::perform(call),
        Service::Kms => kms::describe_key(call),
        Service::Tagging => tagging::get_resources(call),
        Service::Config => config::perform(call),
        Service::SecurityHub => security_hub::perform(call),
        Service::CloudFormation => cloudformation::perform(call),
    }
}

/// An answer as JSON.
fn json(answer: &impl Serialize) -> Result<Vec<u8>, AwsError> {
    serde_json::to_vec(answer).map_err(|error| AwsError::new(500, "InternalFailure", error.to_string()))
}
