//! AWS's SDK behind [`Lookup`](crate::lookup::Lookup).

pub mod calls;
pub mod clients;
pub mod config_service;
pub mod credentials;
pub mod environment;
pub mod fault;
mod look_up;
mod registry;

pub use look_up::AwsLookup;
pub use registry::AwsRegistryLookup;
