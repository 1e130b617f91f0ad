//! What may be read in an account and Region.

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};

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

/// What several rights of one service come to, of which these were not proved: a denial is a right that is missing; anything
/// else is not known.
pub fn rights(faults: &[AwsFault], asker: Asker<'_>) -> Vec<Problem> {
    let (denied, others): (Vec<&AwsFault>, Vec<&AwsFault>) =
        faults.iter().partition(|fault| fault.kind == FaultKind::Denied);
    let mut problems: Vec<Problem> = others.into_iter().map(|fault| Problem::unread(fault, asker.who)).collect();
    // What the account itself can give, and what it cannot.
    let (given_elsewhere, given_here): (Vec<&AwsFault>, Vec<&AwsFault>) =
        denied.into_iter().partition(|fault| is_denied_elsewhere(fault));
    for (denied, is_mended_here) in [(given_here, true), (given_elsewhere, false)] {
        let Some(first) = denied.first() else { continue };
        let actions: Vec<&str> = denied.iter().map(|fault| fault.action).collect();
        let all = actions.join(", ");
        let code = first.code_or_status().unwrap_or_default();
        let cause = match actions.len() {
            1 => cause_of(first),
            _ => format!("{all} are denied ({code})"),
        };
        let problem = Problem::missing(cause)
            .said(&first.message)
            .hint(hint::on_denial(first, asker.who).replace(first.action, &all));
        problems.push(match asker.role_name {
            Some(role_name) if is_mended_here => problem.mend(mend::allow(asker.account_id, role_name, &actions)),
            _ => problem,
        });
    }
    problems
}

/// Whether a policy of the role cannot give what something else denies.
fn is_denied_elsewhere(fault: &AwsFault) -> bool {
    let others =
        ["permissions boundary", "explicit deny", "resource-based policy", "session policy", "VPC endpoint policy"];
    hint::is_by_service_control_policy(fault) || others.iter().any(|other| fault.message.contains(other))
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
        // What it says of another key does not matter where it says nothing of this one.
        (Some((_, Err(fault))), _) if fault.kind != FaultKind::Denied => rights(std::slice::from_ref(fault), asker),
        (Some((key, Err(fault))), Some(no_key)) if proves(no_key) => {
            let cause = format!("{}, by the policy of a key that repositories use", cause_of(fault));
            let hint = format!("let the policy of the key {key} allow {} to {}", fault.action, asker.who);
            vec![Problem::missing(cause).said(&fault.message).hint(hint)]
        }
        (None, Some(said)) if proves(said) => Vec::new(),
        (_, Some(Err(fault))) | (Some((_, Err(fault))), None) => rights(std::slice::from_ref(fault), asker),
        (_, None | Some(Ok(()))) => vec![Problem::unknown("no key was asked for")],
    }
}

/// Whether Security Hub is enabled, and may be read.
pub fn security_hub(said: &Result<(), AwsFault>, region: &str, asker: Asker<'_>) -> Vec<Problem> {
    match said {
        Ok(()) => Vec::new(),
        Err(fault) if fault.says_service_is_off() => vec![
            Problem::missing("Security Hub is not enabled")
                .said(&fault.message)
                .hint("where an administrator configures Security Hub for the organization, have it enabled there instead")
                .mend(mend::enable_security_hub(asker.account_id, region)),
        ],
        Err(fault) => rights(std::slice::from_ref(fault), asker),
    }
}

#[cfg(test)]
mod tests;
