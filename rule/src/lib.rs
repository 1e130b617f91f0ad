//! The look-ups in AWS that the rule and the aggregator share: repositories, keys, tags, and the credentials for them.
//!
//! [`lookup::Lookup`] says what can be asked; [`aws::AwsLookup`] asks AWS through its SDK. What goes wrong is an
//! [`aws::fault::AwsFault`], which keeps what AWS said.

pub mod aws;
pub mod keys;
pub mod lookup;
