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
    /// Whose rights are seen by it.
    pub rights: Whose<'a>,
}

/// Whose rights are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Those that count: of the role that is deployed, or of the caller in its own account.
    TheirOwn,
    /// Those of a role that does nothing but look, in place of the deployed one of this ARN; `None` where none is deployed.
    OfALooker(Option<&'a str>),
}

/// What several rights of one service come to, of which these were not proved: a denial is a right that is missing, unless it
/// is that of a role which does nothing but look; anything else is not known.
pub fn rights(faults: &[AwsFault], asker: Asker<'_>) -> Vec<Problem> {
    let (denied, others): (Vec<&AwsFault>, Vec<&AwsFault>) =
        faults.iter().partition(|fault| fault.kind == FaultKind::Denied);
    let mut problems: Vec<Problem> = others.into_iter().map(|fault| Problem::unread(fault, asker.who)).collect();
    // What the account itself can give, and what it cannot.
    let (given_elsewhere, given_here): (Vec<&AwsFault>, Vec<&AwsFault>) =
        denied.into_iter().partition(|fault| match asker.rights {
            Whose::TheirOwn => is_denied_elsewhere(fault),
            Whose::OfALooker(_) => is_denied_to_all(fault),
        });
    for (denied, is_mended_here) in [(given_here, true), (given_elsewhere, false)] {
        let Some(first) = denied.first() else { continue };
        let actions: Vec<&str> = denied.iter().map(|fault| fault.action).collect();
        let all = actions.join(", ");
        let code = first.code_or_status().unwrap_or_default();
        let cause = match actions.len() {
            1 => cause_of(first),
            _ => format!("{all} are denied ({code})"),
        };
        if let Whose::OfALooker(deployed) = asker.rights
            && is_mended_here
        {
            problems.push(Problem::unknown(cause).said(&first.message).hint(lookers(&all, asker.who, deployed)));
            continue;
        }
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

/// Whether the organization denies it, to the deployed role too. Other policies bind who looks.
fn is_denied_to_all(fault: &AwsFault) -> bool {
    hint::is_by_service_control_policy(fault) || fault.message.contains("resource control policy")
}

/// What helps where the role that looks lacks a right.
fn lookers(actions: &str, who: &str, deployed: Option<&str>) -> String {
    let allow = format!("allow {actions} to {who}, which looks");
    match deployed {
        None => allow,
        Some(arn) => format!(
            "that says nothing of the role {arn}, which is given its rights with the deployment; to see more, {allow}; or if \
             that one is what scans enter accounts by, say so with --deployed-role"
        ),
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
        // What it says of another key does not matter where it says nothing of this one.
        (Some((_, Err(fault))), _) if fault.kind != FaultKind::Denied => rights(std::slice::from_ref(fault), asker),
        (Some((key, Err(fault))), Some(no_key)) if proves(no_key) => {
            let cause = format!("{}, by the policy of a key that repositories use", cause_of(fault));
            // What it denies to a role that looks says nothing of another one.
            let (problem, hint) = match asker.rights {
                Whose::OfALooker(Some(arn)) => (
                    Problem::unknown(cause),
                    format!(
                        "see that the policy of the key {key} allows {} to the role {arn}, once it is there",
                        fault.action
                    ),
                ),
                Whose::OfALooker(None) | Whose::TheirOwn => (
                    Problem::missing(cause),
                    format!("let the policy of the key {key} allow {} to {}", fault.action, asker.who),
                ),
            };
            vec![problem.said(&fault.message).hint(hint)]
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
