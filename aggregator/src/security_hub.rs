//! Security Hub: brings the findings of a run to where security teams already look, each under its own account and Region.
//!
//! [`deliver`] reads what the run has written, and asks each Security Hub what it has of it. Only what differs is sent: a
//! second delivery of the same run sends nothing. What is composed, compared and decided is pure ([`compose`], [`decide`]).

pub mod asff;
pub mod compose;
pub mod decide;
mod deliver;
pub mod hub;
pub mod limits;
pub mod outcome;
pub mod partition;
mod send;
pub mod severity;
mod target;
#[cfg(test)]
mod tests;
pub mod walk;

pub use deliver::{Delivery, deliver};
pub use outcome::{HubOutcome, NotDelivered};
