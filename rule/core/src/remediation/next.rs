//! What to do about repositories that ECR is going to create: unlike a repository's, their encryption can still be changed.

use std::borrow::Cow;

use super::{KEY_STATES, choose_key, make_usable, name_of_key, prove};
use crate::creation::{AppliedFor, NextRepositories, Origin};
use crate::decide::{Decision, Status};
use crate::encryption::EncryptionType;
use crate::key::KeyLookup;

/// The steps that make the repositories comply before they are created, or that let the verdict be proved; none where
/// nothing is to be done.
///
/// The commands are written for a POSIX shell, with names quoted where they need it; whoever renders the steps escapes them
/// for the format at hand.
pub fn remediation_next(decision: &Decision, next: &NextRepositories, key: &KeyLookup) -> Vec<String> {
    match decision.status {
        Status::Compliant | Status::Exempt => Vec::new(),
        Status::Undetermined => match &next.origin {
            Origin::PullThroughCacheRule { unclear, .. } if !unclear.is_empty() => settle(decision, next, unclear),
            _ => {
                let name = name_of_key(Some(&next.encryption), key);
                prove(decision.reason_code, &next.account_id, name, key)
            }
        },
        Status::NonCompliant => {
            let mut steps = repair_key(decision, next, key);
            steps.push(choose_key(decision, &next.region));
            steps.extend(configure(decision, next));
            steps.push(
                "Repositories that were created already keep their encryption: they have findings of their own."
                    .to_owned(),
            );
            steps
        }
    }
}

fn repair_key(decision: &Decision, next: &NextRepositories, key: &KeyLookup) -> Vec<String> {
    let Some(state) = decision.failed.iter().find(|code| KEY_STATES.contains(code)) else { return Vec::new() };
    let name = name_of_key(Some(&next.encryption), key);
    vec![
        make_usable(*state, name, &next.account_id, &next.region),
        if decision.failed.iter().all(|code| KEY_STATES.contains(code)) {
            "Then nothing else is to be done, unless the key must not be used on: then take another one, as follows."
        } else {
            "That is not enough, because other demands fail too: take another key, as follows."
        }
        .to_owned(),
    ]
}

/// Which template must say what.
fn configure(decision: &Decision, next: &NextRepositories) -> Vec<String> {
    let NextRepositories { account_id, region, prefix, origin, .. } = next;
    let command = |verb, prefix, applied_for: &[AppliedFor], role| {
        template_command(decision, region, verb, prefix, applied_for, role)
    };
    let also_for_pulls = |applied_for: &[AppliedFor]| {
        let mut all = applied_for.to_vec();
        if !all.contains(&AppliedFor::PullThroughCache) {
            all.push(AppliedFor::PullThroughCache);
        }
        all
    };
    match origin {
        Origin::Template { applied_for, custom_role_arn } => vec![
            format!(
                "Give the template that key, in account {account_id}: {}{}",
                command(Verb::Update, prefix, applied_for, custom_role_arn.as_deref()),
                role_hint(custom_role_arn.as_deref())
            ),
            compare(region, prefix),
        ],
        Origin::PullThroughCacheRule { same_prefix: Some(applied_for), .. } => vec![
            format!(
                "Give the creation template of the same prefix that key, and let it apply for pull-through cache rules, in \
                 account {account_id}: {}{}",
                command(Verb::Update, prefix, &also_for_pulls(applied_for), None),
                role_hint(None)
            ),
            compare(region, prefix),
        ],
        Origin::PullThroughCacheRule { template, .. } => {
            let or_change = template.as_ref().map_or_else(String::new, |template| {
                format!(". Or change the template `{template}`, which has a finding of its own, for all that it is for")
            });
            vec![format!(
                "Create a creation template for the rule's prefix with that key, in account {account_id}: {}{}{or_change}",
                command(Verb::Create, prefix, &[AppliedFor::PullThroughCache], None),
                role_hint(None)
            )]
        }
    }
}

/// Templates that leave open whether they apply must say so.
fn settle(decision: &Decision, next: &NextRepositories, unclear: &[String]) -> Vec<String> {
    let NextRepositories { account_id, region, .. } = next;
    let mut steps: Vec<String> = unclear
        .iter()
        .map(|template| {
            let ways = [AppliedFor::PullThroughCache];
            let command = template_command(decision, region, Verb::Update, template, &ways, None);
            format!(
                "Let the creation template `{template}` say that it applies for pull-through cache rules, under a key \
                 that meets the demands, in account {account_id}: {command}; name what else it applies for behind \
                 --applied-for too{}",
                role_hint(None)
            )
        })
        .collect();
    steps.push("Then scan again: until it is proved, the rule counts as neither passed nor failed.".to_owned());
    steps
}

#[derive(Clone, Copy)]
enum Verb {
    Create,
    Update,
}

fn template_command(
    decision: &Decision,
    region: &str,
    verb: Verb,
    prefix: &str,
    applied_for: &[AppliedFor],
    role: Option<&str>,
) -> String {
    let verb = match verb {
        Verb::Create => "create",
        Verb::Update => "update",
    };
    let encryption_type = if decision.requires_dual_layer { EncryptionType::KmsDsse } else { EncryptionType::Kms };
    let ways: Vec<Cow<'_, str>> = applied_for.iter().map(|way| word(way.as_str())).collect();
    let applied_for = if ways.is_empty() { String::new() } else { format!(" --applied-for {}", ways.join(" ")) };
    format!(
        "aws ecr {verb}-repository-creation-template --region {} --prefix {}{applied_for} --encryption-configuration \
         encryptionType={encryption_type},kmsKey=KEY_ARN --custom-role-arn {}",
        word(region),
        word(prefix),
        role.map_or(Cow::Borrowed("ROLE_ARN"), word)
    )
}

fn role_hint(role: Option<&str>) -> &'static str {
    match role {
        Some(_) => "; the role must be allowed to use the key",
        None => {
            "; ROLE_ARN is a role that ECR assumes, without which it cannot create repositories under a KMS key (Amazon ECR \
             User Guide, \"Create an IAM role for repository creation templates\")"
        }
    }
}

fn compare(region: &str, prefix: &str) -> String {
    format!(
        "Compare the template before and after, because a setting that the command leaves out may fall back to its default \
         (the tag mutability does, as AWS documents): aws ecr describe-repository-creation-templates --region {} --prefixes {}",
        word(region),
        word(prefix)
    )
}

/// `text` as one word of a POSIX shell.
fn word(text: &str) -> Cow<'_, str> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-./:=,@+".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("docker-hub/library", "docker-hub/library")]
    #[case("arn:aws:iam::111122223333:role/a+b=c,d.e@f-g_h", "arn:aws:iam::111122223333:role/a+b=c,d.e@f-g_h")]
    #[case("", "''")]
    #[case("a b", "'a b'")]
    #[case("$(reboot)", "'$(reboot)'")]
    #[case("a'; reboot; '", r"'a'\''; reboot; '\'''")]
    fn words_are_quoted_where_a_shell_would_read_more_into_them(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(word(text), expected);
    }
}
