//! What all of AWS's services have in common.

mod authentication;
mod credentials;
mod error;
mod operation;
mod page_token;
mod signature;
mod xml;

pub use authentication::{Authentication, authenticate};
pub use credentials::{Principal, Session, Sessions, denial};
pub use error::{AwsError, violation};
pub use operation::{ALL_OPERATIONS, Operation, Protocol, Service};
pub use page_token::PageTokens;
pub use xml::escaped;

/// `2027-01-31T12:00:00Z` from seconds since 1970.
pub fn timestamp_text(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
