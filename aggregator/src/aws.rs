//! What only the aggregator asks of AWS: who it is, which accounts and Regions there are.

pub mod caller;
pub mod config;
pub mod governance;
pub mod organizations;
pub mod regions;
pub mod security_hub;
pub mod stack_sets;
mod units;
