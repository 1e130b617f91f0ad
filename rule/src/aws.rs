//! AWS's SDK behind [`Lookup`](crate::lookup::Lookup).

pub mod calls;
pub mod clients;
pub mod config_service;
pub mod credentials;
pub mod environment;
pub mod fault;
pub mod http;
mod look_up;
mod registry;
pub mod roles;

pub use look_up::AwsLookup;
pub use registry::AwsRegistryLookup;
