//! What `--notify` takes. A webhook's address is a secret: whoever has it can write there. It is shown nowhere, neither in
//! messages nor in logs, nor where it is mistyped.

use std::ffi::OsStr;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use http::Uri;
use http::uri::Scheme;
use thiserror::Error;

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An SNS topic.
    Sns(TopicArn),
    /// A server that takes JSON.
    Webhook(Webhook),
}

/// The ARN of an SNS topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicArn {
    pub(super) arn: String,
    pub(super) region: String,
}

/// The address of a webhook, and the form that it takes.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    pub(super) uri: Uri,
    /// Slack's form, and not the plain digest.
    pub(super) is_slack: bool,
}

/// A target that cannot be. What was given is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "it {0}; allowed: sns:TOPIC_ARN, webhook:https://HOST/PATH, slack:https://HOST/PATH (what was given is not shown, as it \
     may be a secret)"
)]
pub struct InvalidTarget(&'static str);

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        match text.split_once(':') {
            Some(("sns", arn)) => TopicArn::parse(arn).map(Self::Sns),
            Some(("webhook", address)) => Webhook::parse(address, false).map(Self::Webhook),
            Some(("slack", address)) => Webhook::parse(address, true).map(Self::Webhook),
            _ => Err(InvalidTarget("begins with none of sns:, webhook: and slack:")),
        }
    }
}

impl TopicArn {
    fn parse(arn: &str) -> Result<Self, InvalidTarget> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "sns", region, account, name] = parts.as_slice() else {
            return Err(InvalidTarget("is not the ARN of an SNS topic, such as arn:aws:sns:REGION:ACCOUNT:NAME"));
        };
        let is_word = |text: &str, more: &str| {
            !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
        };
        let plain_name = name.strip_suffix(".fifo").unwrap_or(name);
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if is_word(partition, "-")
            && is_word(region, "-")
            && is_account
            && is_word(plain_name, "-_")
            && name.len() <= 256
        {
            Ok(Self { arn: arn.to_owned(), region: (*region).to_owned() })
        } else {
            Err(InvalidTarget("is not the ARN of an SNS topic, such as arn:aws:sns:REGION:ACCOUNT:NAME"))
        }
    }

    /// Whether it keeps messages in order, and each once.
    pub(super) fn is_fifo(&self) -> bool {
        self.arn.rsplit_once('.').is_some_and(|(_, end)| end == "fifo")
    }
}

impl Webhook {
    fn parse(address: &str, is_slack: bool) -> Result<Self, InvalidTarget> {
        let uri: Uri = address.parse().map_err(|_| InvalidTarget("is no address"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(InvalidTarget("is no address with a scheme and a host"));
        };
        if authority.as_str().contains('@') {
            return Err(InvalidTarget("has a name or password in front of its host, which is not supported"));
        }
        let host = authority.host();
        if host.is_empty() {
            return Err(InvalidTarget("is an address without a host"));
        }
        if *scheme == Scheme::HTTP && !is_loopback(host) {
            return Err(InvalidTarget("is an http address of another machine, where anybody on the way could read it"));
        }
        if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS {
            return Err(InvalidTarget("is neither an https nor an http address"));
        }
        let is_slack =
            is_slack || ["hooks.slack.com", "hooks.slack-gov.com"].iter().any(|slack| host.eq_ignore_ascii_case(slack));
        Ok(Self { uri, is_slack })
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sns(topic) => write!(formatter, "sns:{}", topic.arn),
            Self::Webhook(webhook) => webhook.fmt(formatter),
        }
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_slack { "slack" } else { "webhook" };
        let (scheme, host) = (self.uri.scheme_str().unwrap_or_default(), self.uri.host().unwrap_or_default());
        write!(formatter, "{kind}:{scheme}://{host}/…")
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Webhook({self})")
    }
}

/// For clap, whose own errors would repeat the value.
#[derive(Debug, Clone, Copy, Default)]
pub struct TargetParser;

impl TypedValueParser for TargetParser {
    type Value = Target;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let parsed = value.to_str().ok_or(InvalidTarget("is not UTF-8")).and_then(str::parse);
        parsed.map_err(|error| {
            let flag = arg.map_or_else(|| "--notify".to_owned(), ToString::to_string);
            let message = format!("invalid value for '{flag}': {error}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("sns:arn:aws:sns:eu-central-1:111122223333:ecr", "sns:arn:aws:sns:eu-central-1:111122223333:ecr")]
    #[case(
        "sns:arn:aws-us-gov:sns:us-gov-west-1:111122223333:a_b-c.fifo",
        "sns:arn:aws-us-gov:sns:us-gov-west-1:111122223333:a_b-c.fifo"
    )]
    #[case("webhook:https://hooks.slack.com/services/T0/B0/secret", "slack:https://hooks.slack.com/…")]
    #[case("webhook:https://HOOKS.slack-gov.com/services/T0/B0/secret", "slack:https://HOOKS.slack-gov.com/…")]
    #[case("webhook:https://hooks.slack.com.example.com/secret", "webhook:https://hooks.slack.com.example.com/…")]
    #[case("webhook:https://example.com:8443/secret?token=secret", "webhook:https://example.com/…")]
    #[case("slack:https://mattermost.example.com/hooks/secret", "slack:https://mattermost.example.com/…")]
    #[case("webhook:http://127.0.0.1:8080/secret", "webhook:http://127.0.0.1/…")]
    #[case("webhook:http://localhost/secret", "webhook:http://localhost/…")]
    #[case("webhook:http://[::1]:8080/secret", "webhook:http://[::1]/…")]
    fn targets_are_read_and_shown_without_what_is_secret(#[case] text: &str, #[case] shown: &str) {
        let target: Target = text.parse().unwrap();
        assert_eq!(target.to_string(), shown);
        assert!(!format!("{target:?}").contains("secret"));
    }

    #[rstest]
    #[case("https://example.com/secret", "begins with none")]
    #[case("mail:secret@example.com", "begins with none")]
    #[case("secret", "begins with none")]
    #[case("sns:secret", "not the ARN")]
    #[case("sns:arn:aws:sqs:eu-central-1:111122223333:secret", "not the ARN")]
    #[case("sns:arn:aws:sns:eu-central-1:1111:secret", "not the ARN")]
    #[case("sns:arn:aws:sns:eu-central-1:111122223333:secret:subscription", "not the ARN")]
    #[case("webhook:http://example.com/secret", "another machine")]
    #[case("webhook:http://127.0.0.1.example.com/secret", "another machine")]
    #[case("webhook:ftp://example.com/secret", "neither an https")]
    #[case("webhook:https://user:secret@example.com/", "in front of its host")]
    #[case("webhook:/secret", "a scheme and a host")]
    #[case("webhook:https://exam ple.com/secret", "is no address")]
    #[case("webhook:", "is no address")]
    fn what_is_refused_is_not_repeated(#[case] text: &str, #[case] problem: &str) {
        let error = text.parse::<Target>().unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
        assert!(!error.contains("secret@") && !error.contains("/secret") && !error.contains(":secret"), "{error}");
    }
}
