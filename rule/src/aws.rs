//! AWS's SDK behind [`Lookup`](crate::lookup::Lookup).

pub mod calls;
pub mod clients;
pub mod credentials;
pub mod fault;
mod look_up;

pub use look_up::AwsLookup;
