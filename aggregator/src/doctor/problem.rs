//! What is wrong at a place, in words that hold for every place where the same is wrong.

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};

use super::check::State;
use crate::coverage::hint;

/// Why a check is not all right at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub state: State,
    /// What is wrong, in a few words.
    pub cause: String,
    /// What AWS said.
    pub message: Option<String>,
    /// What helps, in words.
    pub hint: Option<String>,
    /// What mends it: lines for a shell.
    pub commands: Vec<String>,
}

impl Problem {
    fn new(state: State, cause: impl Into<String>) -> Self {
        Self { state, cause: cause.into(), message: None, hint: None, commands: Vec::new() }
    }

    /// Something is missing.
    pub fn missing(cause: impl Into<String>) -> Self {
        Self::new(State::Missing, cause)
    }

    /// It could not be found out.
    pub fn unknown(cause: impl Into<String>) -> Self {
        Self::new(State::Unknown, cause)
    }

    /// It comes with the deployment, or AWS is at it.
    pub fn to_come(cause: impl Into<String>) -> Self {
        Self::new(State::ToCome, cause)
    }

    /// What AWS said.
    #[must_use]
    pub fn said(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into()).filter(|message| !message.is_empty());
        self
    }

    /// What helps, in words.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What mends it.
    #[must_use]
    pub fn mend(mut self, commands: Vec<String>) -> Self {
        self.commands = commands;
        self
    }

    /// Something that could not be read by `who`: `the role arn:…`, `the caller arn:…`.
    pub fn unread(fault: &AwsFault, who: &str) -> Self {
        Self::unknown(cause_of(fault)).said(&fault.message).hint(match fault.kind {
            FaultKind::Denied => hint::on_denial(fault, who),
            FaultKind::Throttled => "run it again, or with a lower --max-rate".to_owned(),
            FaultKind::Expired | FaultKind::CallerExpired => "sign in again, and run it again".to_owned(),
            FaultKind::UnknownCredentials => hint::on_unknown_credentials(who),
            FaultKind::Unavailable => "run it again; if it persists, check the network path to the endpoint".to_owned(),
            FaultKind::NotFound | FaultKind::Other => format!("AWS's message tells more; {} was asked", fault.action),
        })
    }
}

/// A fault in a few words: `sts:AssumeRole is denied (AccessDenied)`.
pub fn cause_of(fault: &AwsFault) -> String {
    let what = if fault.kind == FaultKind::Denied { "is denied" } else { "failed" };
    match fault.code_or_status() {
        Some(code) => format!("{} {what} ({code})", fault.action),
        None => format!("{} {what}", fault.action),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// What could not be read is never all right, whatever kept it from being read.
    #[rstest]
    #[case("AccessDeniedException", "allow ecr:DescribeRepositories to the role r")]
    #[case("ThrottlingException", "run it again, or with a lower --max-rate")]
    #[case("ExpiredTokenException", "sign in again, and run it again")]
    #[case("UnrecognizedClientException", "AWS does not know the credentials of the role r there")]
    #[case("ServerException", "run it again; if it persists")]
    #[case("SomethingNew", "AWS's message tells more")]
    fn unread(#[case] code: &str, #[case] hint: &str) {
        let problem = Problem::unread(&AwsFault::of_item("ecr:DescribeRepositories", code, "no"), "the role r");
        assert_eq!(problem.state, State::Unknown);
        assert!(problem.cause.starts_with("ecr:DescribeRepositories ") && problem.cause.contains(code), "{problem:?}");
        assert!(problem.hint.as_deref().unwrap().starts_with(hint), "{:?}", problem.hint);
        assert_eq!((problem.message.as_deref(), problem.commands.len()), (Some("no"), 0));
    }
}
