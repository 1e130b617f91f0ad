//! What went wrong in a call, with everything that AWS said.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

/// What kind of fault it is, as far as it matters to what is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The caller may not do this.
    Denied,
    /// What was asked for does not exist.
    NotFound,
    /// The credentials have expired: a session's in another account, or such as were given for one call.
    Expired,
    /// The caller's own credentials have expired, and cannot be renewed. Every other call of the caller would fail alike.
    CallerExpired,
    /// The credentials are not known here, as in a Region that the account has not enabled.
    UnknownCredentials,
    /// Too many requests, after retries.
    Throttled,
    /// AWS failed, could not be reached, or did not answer in time, after retries.
    Unavailable,
    /// Anything else.
    Other,
}

impl FaultKind {
    /// Whether the same call may well succeed later.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable)
    }

    /// The one place that tells which faults are of which kind.
    fn of(code: Option<&str>, http_status: Option<u16>) -> Self {
        match code.unwrap_or_default() {
            "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "NotAuthorized"
            | "AuthorizationError"
            // AWS Config's: for the management account and its delegates alone.
            | "OrganizationAccessDeniedException"
            // Security Hub's: either this, or `AwsFault::says_service_is_off`.
            | "InvalidAccessException" => Self::Denied,
            "NotFoundException"
            | "RepositoryNotFoundException"
            | "FindingNotFound"
            | "NotFound"
            | "NoSuchBucket"
            | "NoSuchKey"
            | "NoSuchUpload" => Self::NotFound,
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => Self::Expired,
            "UnrecognizedClientException" | "InvalidClientTokenId" | "AuthFailure" => Self::UnknownCredentials,
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "TooManyRequestsException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "SlowDown"
            | "BandwidthLimitExceeded"
            | "PriorRequestNotComplete" => Self::Throttled,
            "InternalFailure"
            | "InternalError"
            | "InternalException"
            | "InternalServerError"
            | "InternalServiceException"
            | "ServerException"
            | "ServiceException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "KMSInternalException"
            | "DependencyTimeoutException"
            | "RequestTimeout"
            | "RequestTimeoutException"
            // Somebody else changes the same finding: Security Hub asks for another attempt.
            | "ConcurrentUpdateError" => Self::Unavailable,
            _ => match http_status {
                Some(429) => Self::Throttled,
                Some(500..) => Self::Unavailable,
                _ => Self::Other,
            },
        }
    }
}

/// A call that failed for good: passing faults were retried before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsFault {
    /// The IAM action, such as `ecr:DescribeRepositories`.
    pub action: &'static str,
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// The HTTP status, where there was an answer.
    pub http_status: Option<u16>,
    /// AWS's error code, where there was one.
    pub code: Option<String>,
    /// AWS's message, or what the SDK says about a call without an answer.
    pub message: String,
    /// AWS's request id, where there was an answer.
    pub request_id: Option<String>,
    /// How long AWS asks to wait before the next attempt, where it does; a minute at most.
    pub retry_after: Option<Duration>,
}

/// Nobody waits longer than this because a header says so.
const MOST_RETRY_AFTER: Duration = Duration::from_mins(1);

impl AwsFault {
    /// Takes over what the SDK knows of a failed call of `action`.
    pub fn new<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let http_status = error.raw_response().map(|response| response.status().as_u16());
        let request_id = error.request_id().map(str::to_owned);
        let code = error.code().map(str::to_owned);
        let kind = match error {
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
                FaultKind::Unavailable
            }
            _ => FaultKind::of(code.as_deref(), http_status),
        };
        let message = match error {
            SdkError::TimeoutError(_) => "no answer in time".to_owned(),
            SdkError::ServiceError(_) => match error.message() {
                Some(message) => message.to_owned(),
                None => format!("an answer without a message, HTTP {}", http_status.unwrap_or_default()),
            },
            // The SDK says "dispatch failure" on the outside and the cause on the inside.
            _ => innermost(error).unwrap_or_else(|| DisplayErrorContext(error).to_string()),
        };
        let retry_after = error.raw_response().and_then(|response| asked_wait(response.headers(), SystemTime::now()));
        Self { action, kind, http_status, code, message, request_id, retry_after }
    }

    /// A fault of which nothing more than this is known.
    pub fn other(action: &'static str, message: impl Into<String>) -> Self {
        Self {
            action,
            kind: FaultKind::Other,
            http_status: None,
            code: None,
            message: message.into(),
            request_id: None,
            retry_after: None,
        }
    }

    /// What AWS says of one item of a batch whose call succeeded.
    pub fn of_item(action: &'static str, code: impl Into<String>, message: impl Into<String>) -> Self {
        let code = code.into();
        Self { kind: FaultKind::of(Some(&code), None), code: Some(code), ..Self::other(action, message) }
    }

    /// Whether Security Hub says that it is not enabled for the account in this Region. It has the same code for that as for
    /// what is denied, so the message decides; what it does not clearly say is no such thing.
    pub fn says_service_is_off(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        self.action.starts_with("securityhub:")
            && match self.code.as_deref() {
                Some("InvalidAccessException") => message.contains("not subscribed") || message.contains("not enabled"),
                // What is asked for has no name of its own, so that it can only be the hub itself.
                Some("ResourceNotFoundException") => true,
                _ => false,
            }
    }

    /// A list that would never end.
    pub fn repeated_token(action: &'static str) -> Self {
        Self::other(action, "the same page token twice: the list would never end")
    }

    /// Whether the caller's own credentials have expired and cannot be renewed: then it is not one account that is lost,
    /// but every call that is still to come.
    pub fn is_callers_expiry(&self) -> bool {
        self.kind == FaultKind::CallerExpired
    }

    /// AWS's error code; where AWS gave none, the HTTP status.
    pub fn code_or_status(&self) -> Option<String> {
        self.code.clone().or_else(|| self.http_status.map(|status| format!("HTTP {status}")))
    }
}

/// `x-amz-retry-after` is in milliseconds.
fn asked_wait(headers: &Headers, now: SystemTime) -> Option<Duration> {
    let milliseconds = headers.get("x-amz-retry-after").and_then(|text| text.trim().parse().ok());
    match milliseconds.map(Duration::from_millis) {
        Some(asked) => Some(asked.min(MOST_RETRY_AFTER)),
        None => retry_after(headers.get("retry-after")?, now),
    }
}

/// What a `Retry-After` asks for: seconds, or a date of HTTP; a minute at most.
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let seconds = text.trim().parse().ok().map(Duration::from_secs);
    let asked = seconds.or_else(|| {
        let date = DateTime::from_str(text.trim(), Format::HttpDate).ok()?;
        Some(SystemTime::try_from(date).ok()?.duration_since(now).unwrap_or_default())
    });
    asked.map(|asked| asked.min(MOST_RETRY_AFTER))
}

fn innermost(error: &dyn Error) -> Option<String> {
    let mut source = error.source()?;
    let mut texts = vec![source.to_string()];
    while let Some(next) = source.source() {
        source = next;
        texts.push(source.to_string());
    }
    // What the lower layers say, without the repetitions that layers add.
    texts.dedup();
    texts.retain(|text| text != "dispatch failure" && text != "io error" && text != "other");
    (!texts.is_empty()).then(|| texts.join(": "))
}

impl fmt::Display for AwsFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.action)?;
        if let Some(code) = self.code_or_status() {
            write!(formatter, "{code}: ")?;
        }
        formatter.write_str(&self.message)?;
        if let Some(request_id) = &self.request_id {
            write!(formatter, " (request id {request_id})")?;
        }
        Ok(())
    }
}

impl Error for AwsFault {}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Some("AccessDeniedException"), Some(400), FaultKind::Denied)]
    #[case(Some("ThrottlingException"), Some(400), FaultKind::Throttled)]
    #[case(Some("UnrecognizedClientException"), Some(400), FaultKind::UnknownCredentials)]
    #[case(Some("ExpiredTokenException"), Some(400), FaultKind::Expired)]
    #[case(Some("SomethingNew"), Some(503), FaultKind::Unavailable)]
    #[case(Some("LimitExceededException"), Some(429), FaultKind::Throttled)]
    #[case(Some("InvalidAccessException"), Some(401), FaultKind::Denied)]
    #[case(Some("InternalException"), Some(500), FaultKind::Unavailable)]
    #[case(Some("ConcurrentUpdateError"), None, FaultKind::Unavailable)]
    #[case(Some("InvalidInput"), None, FaultKind::Other)]
    #[case(None, Some(429), FaultKind::Throttled)]
    #[case(None, Some(502), FaultKind::Unavailable)]
    #[case(Some("ValidationException"), Some(400), FaultKind::Other)]
    #[case(None, None, FaultKind::Other)]
    fn kinds(#[case] code: Option<&str>, #[case] status: Option<u16>, #[case] kind: FaultKind) {
        assert_eq!(FaultKind::of(code, status), kind);
    }

    /// A lost account must not be told as one that has nothing to show.
    #[rstest]
    #[case("InvalidAccessException", "Account 111111111111 is not subscribed to AWS Security Hub", true)]
    #[case("InvalidAccessException", "Security Hub CSPM is not enabled for the account", true)]
    #[case("InvalidAccessException", "The account doesn't have permission to perform this action.", false)]
    #[case("ResourceNotFoundException", "we can't find the specified resource", true)]
    #[case("AccessDeniedException", "User is not authorized", false)]
    fn security_hub_is_off(#[case] code: &str, #[case] message: &str, #[case] off: bool) {
        let fault = AwsFault::of_item("securityhub:GetFindings", code, message);
        assert_eq!(fault.says_service_is_off(), off);
        let elsewhere = AwsFault::of_item("kms:DescribeKey", code, message);
        assert!(!elsewhere.says_service_is_off());
    }

    #[test]
    fn keeps_what_aws_said() {
        let fault = AwsFault {
            action: "kms:DescribeKey",
            kind: FaultKind::Denied,
            http_status: Some(400),
            code: Some("AccessDeniedException".to_owned()),
            message: "User is not authorized".to_owned(),
            request_id: Some("0f1e".to_owned()),
            retry_after: None,
        };
        assert_eq!(
            fault.to_string(),
            "kms:DescribeKey: AccessDeniedException: User is not authorized (request id 0f1e)"
        );
    }

    #[rstest]
    #[case(&[], None)]
    #[case(&[("x-amz-retry-after", "1500")], Some(1_500))]
    #[case(&[("retry-after", "3")], Some(3_000))]
    #[case(&[("x-amz-retry-after", "1500"), ("retry-after", "3")], Some(1_500))]
    #[case(&[("x-amz-retry-after", "soon"), ("retry-after", "3")], Some(3_000))]
    // Ten seconds after `now`, and before it.
    #[case(&[("retry-after", "Thu, 01 Jan 1970 00:16:50 GMT")], Some(10_000))]
    #[case(&[("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")], Some(0))]
    #[case(&[("retry-after", "86400")], Some(60_000))]
    #[case(&[("retry-after", "soon")], None)]
    fn the_wait_that_aws_asks_for(#[case] given: &[(&'static str, &'static str)], #[case] milliseconds: Option<u64>) {
        let mut headers = Headers::new();
        for (name, value) in given {
            headers.insert(*name, *value);
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        assert_eq!(asked_wait(&headers, now), milliseconds.map(Duration::from_millis));
    }
}
