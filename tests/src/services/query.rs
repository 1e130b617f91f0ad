//! awsQuery: parameters in a form, answers in XML.

use super::Call;
use super::form::form_value;
use crate::aws::{AwsError, violation};

/// An answer around its result.
pub fn envelope(call: &Call<'_>, result: &str) -> Vec<u8> {
    let (name, id) = (call.operation.name(), call.request_id);
    let namespace = call.operation.service().xml_namespace();
    format!(
        "<{name}Response xmlns=\"{namespace}\"><{name}Result>{result}</{name}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{name}Response>"
    )
    .into_bytes()
}

/// A parameter that must be there and have a length of so many characters; `member` is what errors call it.
pub fn required(
    body: &[u8],
    name: &str,
    member: &str,
    length: std::ops::RangeInclusive<usize>,
) -> Result<String, AwsError> {
    let Some(value) = form_value(body, name) else {
        return Err(invalid(AwsError::missing(member).message));
    };
    if length.contains(&value.chars().count()) {
        return Ok(value);
    }
    let constraint = if value.chars().count() < *length.start() {
        format!("Member must have length greater than or equal to {}", length.start())
    } else {
        format!("Member must have length less than or equal to {}", length.end())
    };
    Err(invalid(violation(member, &value, &constraint)))
}

/// `ValidationError`.
pub fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::bad_request("ValidationError", message)
}
