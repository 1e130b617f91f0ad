//! What may be read in an account and Region.

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};

use super::check::State;
use super::mend;
use super::problem::{Problem, cause_of};
use crate::coverage::hint;

/// Who asks in an account.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The account.
    pub account_id: &'a str,
    /// In words.
    pub who: &'a str,
    /// The role; `None` for the caller in its own account.
    pub role_name: Option<&'a str>,
}

/// What a right comes to: a denial is a right that is missing; anything else is not known.
pub fn right(fault: &AwsFault, asker: Asker<'_>) -> Problem {
    let unread = Problem::unread(fault, asker.who);
    if fault.kind != FaultKind::Denied {
        return unread;
    }
    let problem = Problem { state: State::Missing, ..unread };
    // A policy of the role cannot give what something else denies.
    let is_denied_elsewhere = hint::is_by_service_control_policy(fault)
        || ["permissions boundary", "explicit deny", "resource-based policy", "session policy", "VPC endpoint policy"]
            .iter()
            .any(|what| fault.message.contains(what));
    match asker.role_name {
        Some(role_name) if !is_denied_elsewhere => problem.mend(mend::allow(asker.account_id, role_name, fault.action)),
        _ => problem,
    }
}

/// A key that cannot exist: what KMS says of it tells whether keys may be described, and changes nothing. An alias would not
/// do: asking for that of an AWS-managed key makes the key.
pub const NO_KEY: &str = "00000000-0000-0000-0000-000000000000";

/// Whether keys may be described. `in_use` is what was said of a key that a repository uses; `no_key`, of one that does not
/// exist, which is asked for where there is none in use, or it was denied.
pub fn keys(
    in_use: Option<(&str, &Result<(), AwsFault>)>,
    no_key: Option<&Result<(), AwsFault>>,
    asker: Asker<'_>,
) -> Vec<Problem> {
    // Who is told that there is no such key may ask.
    let proves = |said: &Result<(), AwsFault>| match said {
        Ok(()) => true,
        Err(fault) => fault.kind == FaultKind::NotFound,
    };
    match (in_use, no_key) {
        (Some((_, said)), _) if proves(said) => Vec::new(),
        (Some((key, Err(fault))), Some(no_key)) if proves(no_key) => {
            let cause = format!("{}, by the policy of a key that repositories use", cause_of(fault));
            let hint = format!("let the policy of the key {key} allow {} to {}", fault.action, asker.who);
            vec![Problem::missing(cause).said(&fault.message).hint(hint)]
        }
        (None, Some(said)) if proves(said) => Vec::new(),
        (_, Some(Err(fault))) | (Some((_, Err(fault))), None) => vec![right(fault, asker)],
        (_, None | Some(Ok(()))) => vec![Problem::unknown("no key was asked for")],
    }
}

/// Whether Security Hub is enabled, and may be read.
pub fn security_hub(said: &Result<(), AwsFault>, region: &str, asker: Asker<'_>) -> Vec<Problem> {
    vec![match said {
        Ok(()) => return Vec::new(),
        Err(fault) if fault.says_service_is_off() => Problem::missing("Security Hub is not enabled")
            .said(&fault.message)
            .mend(mend::enable_security_hub(asker.account_id, region)),
        Err(fault) => right(fault, asker),
    }]
}

#[cfg(test)]
mod tests;
