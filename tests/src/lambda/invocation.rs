//! What became of an event.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::Value;

/// One event that was handed to a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// The request id that the function was told.
    pub request_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// From handing over the event to the answer (or to whatever ended the invocation).
    pub duration: Duration,
    /// What the process wrote to stdout and stderr in that time, in order. Empty for a
    /// [`RuntimeApi`](super::RuntimeApi) without a process of its own.
    pub log_lines: Vec<LogLine>,
}

impl Invocation {
    /// The function's answer; absent where there is none.
    pub fn response(&self) -> Option<&Value> {
        match &self.outcome {
            Outcome::Response(answer) => Some(answer),
            _ => None,
        }
    }

    /// The error's type and message; absent unless the function reported one.
    pub fn error(&self) -> Option<(&str, &str)> {
        match &self.outcome {
            Outcome::Error { error_type, message } => Some((error_type, message)),
            _ => None,
        }
    }

    /// The log lines that are JSON.
    pub fn json_lines(&self) -> impl Iterator<Item = &Value> {
        self.log_lines.iter().filter_map(|line| match line {
            LogLine::Json(value) => Some(value),
            LogLine::Text(_) => None,
        })
    }
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The function answered. What isn't JSON is a string.
    Response(Value),
    /// The function reported an error, or that it can't start.
    Error {
        /// `errorType`.
        error_type: String,
        /// `errorMessage`.
        message: String,
    },
    /// The deadline passed. Lambda ends the process then, and so do we.
    TimedOut,
    /// The process ended instead of answering.
    Exited(ExitStatus),
}

/// A line that the function wrote.
#[derive(Debug, Clone, PartialEq)]
pub enum LogLine {
    /// A JSON object.
    Json(Value),
    /// Anything else.
    Text(String),
}

impl LogLine {
    /// Reads a line, without its end.
    pub(super) fn new(line: &str) -> Self {
        match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => Self::Json(value),
            _ => Self::Text(line.to_owned()),
        }
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(value) => value.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}
