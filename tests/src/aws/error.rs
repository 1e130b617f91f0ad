//! AWS's errors: which status, code and message each service uses for what goes wrong everywhere.

use std::borrow::Cow;

use super::operation::{Protocol, Service};

/// An error as AWS answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError {
    /// HTTP status.
    pub status: u16,
    /// `__type`, `x-amzn-errortype` or `<Code>`.
    pub code: Cow<'static, str>,
    /// The message.
    pub message: String,
    /// A further member: its name and value.
    pub detail: Option<(&'static str, &'static str)>,
    /// `Retry-After`, in seconds.
    pub retry_after_seconds: Option<u64>,
}

impl AwsError {
    /// An error with a status of its own.
    pub fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), detail: None, retry_after_seconds: None }
    }

    /// An error of status 400.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// The body isn't what the protocol says.
    pub fn serialization() -> Self {
        Self::bad_request("SerializationException", "Start of structure or map found where not expected.")
    }

    /// The service's throttling error.
    pub fn throttled(service: Service) -> Self {
        match service {
            _ if is_query(service) => Self::new(400, "Throttling", "Rate exceeded"),
            Service::SecurityHub => Self::new(429, "LimitExceededException", "Rate exceeded"),
            Service::Account => Self::new(429, "TooManyRequestsException", "Rate exceeded"),
            Service::Organizations => Self {
                detail: Some(("Type", "MEMBER_THROTTLING")),
                ..Self::new(
                    429,
                    "TooManyRequestsException",
                    "AWS Organizations can't complete your request because another request is already in progress. Try again later.",
                )
            },
            _ => Self::new(400, "ThrottlingException", "Rate exceeded"),
        }
    }

    /// The same with a `Retry-After`.
    pub fn retry_after(self, seconds: Option<u64>) -> Self {
        Self { retry_after_seconds: seconds, ..self }
    }

    /// Expired credentials.
    pub fn expired(service: Service) -> Self {
        let message = "The security token included in the request is expired";
        match service {
            _ if is_query(service) => Self::new(403, "ExpiredToken", message),
            _ => Self::new(front_door(service), "ExpiredTokenException", message),
        }
    }

    /// Credentials that AWS doesn't know, or not in this Region.
    pub fn unrecognized(service: Service) -> Self {
        let message = "The security token included in the request is invalid.";
        match service {
            _ if is_query(service) => Self::new(403, "InvalidClientTokenId", message),
            _ => Self::new(front_door(service), "UnrecognizedClientException", message),
        }
    }

    /// A signature that doesn't hold.
    pub fn signature(service: Service, message: &str) -> Self {
        match service {
            _ if is_query(service) => Self::new(403, "SignatureDoesNotMatch", message),
            _ => Self::new(front_door(service), "InvalidSignatureException", message),
        }
    }

    /// No signature at all.
    pub fn not_signed(service: Service) -> Self {
        match service {
            _ if is_query(service) => {
                Self::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
            }
            _ => Self::new(front_door(service), "MissingAuthenticationTokenException", "Missing Authentication Token"),
        }
    }

    /// Denied.
    pub fn denied(service: Service, message: impl Into<String>) -> Self {
        match service {
            _ if is_query(service) => Self::new(403, "AccessDenied", message),
            _ => Self::new(front_door(service), "AccessDeniedException", message),
        }
    }

    /// `1 validation error detected: …`, AWS's way to tell a member that breaks its constraint.
    pub fn validation(member: &str, value: &str, constraint: &str) -> Self {
        Self::bad_request("ValidationException", violation(member, value, constraint))
    }

    /// A member that must be there and isn't.
    pub fn missing(member: &str) -> Self {
        Self::bad_request(
            "ValidationException",
            format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ),
        )
    }
}

/// The text of a broken constraint.
pub fn violation(member: &str, value: &str, constraint: &str) -> String {
    format!("1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}")
}

/// The status of what is refused before a service's own code sees it.
fn front_door(service: Service) -> u16 {
    match service {
        Service::Account | Service::SecurityHub => 403,
        _ if is_query(service) => 403,
        _ => 400,
    }
}

/// Services of this protocol have names of their own for what all refuse.
fn is_query(service: Service) -> bool {
    service.protocol() == Protocol::Query
}
