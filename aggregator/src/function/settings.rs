//! The flags of `scan`, from the environment.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};

use super::event::ScanEvent;
use crate::args::{Cli, Command, ScanArgs};

const PREFIX: &str = "ECR_ENCRYPTION_";

/// The flags, as the environment has them.
///
/// # Errors
/// A variable is wrong, or there is none of its name.
pub fn from_environment(event: ScanEvent) -> Result<ScanArgs, String> {
    // One that is mistyped would not apply, and nobody would know.
    known(std::env::vars_os().map(|(name, _)| name))?;
    match Cli::try_parse_from(["ecr-encryption", "scan"]) {
        Ok(Cli { command: Command::Scan(mut args) }) => {
            args.resume = event.resume;
            args.only_resume = !event.begin;
            Ok(*args)
        }
        Ok(_) => Err("the command is not `scan`".to_owned()),
        Err(error) => Err(explained(&error)),
    }
}

fn known(given: impl Iterator<Item = OsString>) -> Result<(), String> {
    let allowed = variables();
    let given: BTreeSet<String> = given.map(|name| name.to_string_lossy().into_owned()).collect();
    match given.iter().find(|name| name.starts_with(PREFIX) && !allowed.contains(*name)) {
        None => Ok(()),
        Some(unknown) => {
            let allowed = allowed.into_iter().collect::<Vec<_>>().join(", ");
            Err(format!("there is no setting `{unknown}`; allowed: {allowed}"))
        }
    }
}

/// The variables that there are.
fn variables() -> BTreeSet<String> {
    let command = Cli::command();
    let scan = command.find_subcommand("scan").into_iter();
    scan.flat_map(clap::Command::get_arguments)
        .filter_map(|argument| Some(argument.get_env()?.to_string_lossy().into_owned()))
        .collect()
}

/// What clap says of a flag, said of its variable.
fn explained(error: &clap::Error) -> String {
    let text = error.render().to_string();
    // What follows tells how to ask for help on the command line.
    let text = text.split("\n\n").next().unwrap_or(&text);
    let text = text.strip_prefix("error: ").unwrap_or(text).trim().replace('\n', " ");
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => match variable(flag) {
            Some(variable) => format!("{variable}: {text}"),
            None => text,
        },
        _ => text,
    }
}

/// Of `--max-rate <N>`, `ECR_ENCRYPTION_MAX_RATE`.
fn variable(flag: &str) -> Option<String> {
    let name = flag.split_whitespace().next()?.strip_prefix("--")?;
    Some(format!("{PREFIX}{}", name.replace('-', "_").to_uppercase()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// What only a person at a terminal needs, what the event says, and what the SDK has a variable for.
    const WITHOUT: [&str; 8] =
        ["help", "version", "resume", "profile", "progress", "no-progress", "verbose", "summary"];

    #[test]
    fn each_flag_has_its_variable() {
        let command = Cli::command();
        for argument in command.find_subcommand("scan").unwrap().get_arguments() {
            let flag = argument.get_long().unwrap();
            let expected =
                (![&WITHOUT[..], &["quiet"]].concat().contains(&flag)).then(|| variable(&format!("--{flag}")));
            let found = argument.get_env().map(|name| Some(name.to_str().unwrap().to_owned()));
            assert_eq!(found, expected, "--{flag}");
        }
    }

    #[rstest]
    #[case(&["PATH", "AWS_REGION", "ECR_ENCRYPTION_OUTPUT", "ECR_ENCRYPTION_SECURITY_HUB"], None)]
    #[case(&["ECR_ENCRYPTION_RESUME"], Some("there is no setting `ECR_ENCRYPTION_RESUME`; allowed: ECR_ENCRYPTION_ACCOUNTS, "))]
    #[case(&["ECR_ENCRYPTION_DESIRED_LEVL"], Some("there is no setting `ECR_ENCRYPTION_DESIRED_LEVL`; allowed: "))]
    fn a_variable_that_is_not_known_is_told(#[case] names: &[&str], #[case] expected: Option<&str>) {
        match (known(names.iter().map(OsString::from)), expected) {
            (Ok(()), None) => {}
            (Err(error), Some(expected)) => assert!(error.starts_with(expected), "{error}"),
            (found, expected) => panic!("{found:?}, {expected:?}"),
        }
    }

    #[rstest]
    #[case("--max-rate", "many", "ECR_ENCRYPTION_MAX_RATE: invalid value 'many' for '--max-rate <N>': ")]
    #[case("--accounts", "12", "ECR_ENCRYPTION_ACCOUNTS: invalid value '12' for '--accounts <CSV|@FILE>': ")]
    #[case("--source", "s3", "ECR_ENCRYPTION_SOURCE: invalid value 's3' for '--source <SOURCE>' ")]
    fn what_clap_says_names_the_variable(#[case] flag: &str, #[case] value: &str, #[case] expected: &str) {
        let error = Cli::try_parse_from(["ecr-encryption", "scan", flag, value]).unwrap_err();
        let text = explained(&error);
        assert!(text.starts_with(expected), "{text}");
        assert!(!text.contains("--help") && !text.contains('\n'), "{text}");
    }
}
