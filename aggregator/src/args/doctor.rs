//! The flags of `doctor`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use ecr_encryption_core::{InvalidValue, value};

use super::Include;
use super::calls::CallArgs;
use super::scope::ScopeArgs;
use super::shown::ShownArgs;
use crate::config_source::Source;
use crate::doctor::rule::RuleAs;

pub(super) const AFTER_DOCTOR: &str = "\
Environment:
  What --long-flag takes may be in ECR_ENCRYPTION_LONG_FLAG instead; the command line counts before it.
  Not so: --profile (AWS_PROFILE), and the flags for what is shown.

Exit status:
  0    ready: nothing is missing, or it comes with the deployment
  1    it could not run
  2    the command line or the policy is wrong
  3    something is missing
  4    nothing is known to be missing, but something could not be found out
  130  it was stopped; what it had found is shown";

/// The flags of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Which accounts and Regions, and as whom.
    #[command(flatten)]
    pub scope: ScopeArgs,

    /// Regions where the rule is deployed, or is to be: AWS Config must record there; or `none` [default: the SDK's]
    #[arg(long, value_name = "none|CSV", value_parser = regions)]
    #[arg(env = "ECR_ENCRYPTION_RULE_REGIONS", hide_env = true)]
    pub rule_regions: Option<RuleRegions>,

    /// The account that the deployment is made from [default: the caller's]
    #[arg(long, value_name = "ACCOUNT", value_parser = value::account_id)]
    #[arg(env = "ECR_ENCRYPTION_HOME_ACCOUNT", hide_env = true)]
    pub home_account: Option<String>,

    /// The StackSet that brings the role into the accounts
    #[arg(long, value_name = "NAME", default_value = "EcrEncryptionMemberRole", value_parser = stack_set_name)]
    #[arg(env = "ECR_ENCRYPTION_STACK_SET", hide_env = true)]
    pub stack_set: String,

    /// The role that it brings, path allowed; any other that is refused is not to come
    #[arg(long, value_name = "ROLE", default_value = "EcrEncryptionAudit", value_parser = value::role_name)]
    #[arg(env = "ECR_ENCRYPTION_DEPLOYED_ROLE", hide_env = true)]
    pub deployed_role: String,

    /// The organization's rule
    #[arg(long, value_name = "NAME", default_value = "ecr-encryption", value_parser = rule_name)]
    #[arg(env = "ECR_ENCRYPTION_RULE_NAME", hide_env = true)]
    pub rule_name: String,

    /// How the rule gets into the accounts
    #[arg(long, value_name = "WAY", value_enum, default_value_t)]
    #[arg(env = "ECR_ENCRYPTION_RULE_AS", hide_env = true)]
    pub rule_as: RuleAs,

    /// The policy: a TOML file; where it exempts by tag, tags must be readable
    #[arg(long, value_name = "FILE")]
    #[arg(env = "ECR_ENCRYPTION_POLICY", hide_env = true)]
    pub policy: Option<PathBuf>,

    /// Where the scan's repositories will come from: AWS Config must record them for `config` and `both`
    #[arg(long, value_name = "SOURCE", value_enum, default_value_t)]
    #[arg(env = "ECR_ENCRYPTION_SOURCE", hide_env = true)]
    pub source: Source,

    /// The configuration aggregator that the scan will read [default: the organization's, else the only one]
    #[arg(long, value_name = "NAME", value_parser = super::aggregator_name)]
    #[arg(env = "ECR_ENCRYPTION_CONFIG_AGGREGATOR", hide_env = true)]
    pub config_aggregator: Option<String>,

    /// The Region of the configuration aggregator [default: the SDK's]
    #[arg(long, value_name = "REGION", value_parser = value::region)]
    #[arg(env = "ECR_ENCRYPTION_CONFIG_REGION", hide_env = true)]
    pub config_region: Option<String>,

    /// The deployment makes a configuration aggregator, whether or not the scan reads it
    #[arg(long)]
    #[arg(env = "ECR_ENCRYPTION_AGGREGATOR", hide_env = true)]
    pub aggregator: bool,

    /// What will be judged beside the repositories
    #[arg(long, value_name = "CSV", value_delimiter = ',')]
    #[arg(env = "ECR_ENCRYPTION_INCLUDE", hide_env = true)]
    pub include: Vec<Include>,

    /// Findings will be brought to Security Hub
    #[arg(long)]
    #[arg(env = "ECR_ENCRYPTION_SECURITY_HUB", hide_env = true)]
    pub security_hub: bool,

    /// How AWS is called.
    #[command(flatten)]
    pub calls: CallArgs,

    /// The profile to take credentials and Region from
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// What is shown of it.
    #[command(flatten)]
    pub shown: ShownArgs,
}

/// The Regions of the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRegions(pub BTreeSet<String>);

fn regions(text: &str) -> Result<RuleRegions, InvalidValue> {
    if text.trim() == "none" {
        return Ok(RuleRegions(BTreeSet::new()));
    }
    let regions = || value::csv_items(text)?.into_iter().map(value::region).collect::<Result<_, _>>();
    regions().map(RuleRegions).map_err(|error: InvalidValue| InvalidValue {
        allowed: format!("{}; or `none` alone, for no rule", error.allowed).into(),
        ..error
    })
}

fn stack_set_name(text: &str) -> Result<String, InvalidValue> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let begins_with_letter = text.starts_with(|character: char| character.is_ascii_alphabetic());
    if text.len() <= 128 && begins_with_letter && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::new(text, "is not a StackSet's name", "1–128 letters, digits and `-`, a letter first"))
    }
}

fn rule_name(text: &str) -> Result<String, InvalidValue> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::new(text, "is not a rule's name", "1–64 letters, digits, `_` and `-`"))
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};
    use rstest::rstest;

    use super::*;
    use crate::args::{Cli, Command};

    /// Whoever has set a flag of `scan` in the environment has set it for `doctor`.
    #[test]
    fn the_flags_that_scan_has_too_are_in_the_same_variables() {
        let cli = Cli::command();
        let of = |name: &str| -> Vec<(String, Option<String>)> {
            let command = cli.find_subcommand(name).unwrap();
            let env = |argument: &clap::Arg| argument.get_env().map(|env| env.to_str().unwrap().to_owned());
            command.get_arguments().map(|one| (one.get_long().unwrap().to_owned(), env(one))).collect()
        };
        let scan = of("scan");
        let mut own = Vec::new();
        for (flag, variable) in of("doctor") {
            if let Some((_, known)) = scan.iter().find(|(known, _)| *known == flag) {
                assert_eq!(&variable, known, "--{flag}");
            } else {
                let expected = format!("ECR_ENCRYPTION_{}", flag.to_uppercase().replace('-', "_"));
                assert_eq!(variable, Some(expected), "--{flag}");
                own.push(flag);
            }
        }
        let expected =
            ["rule-regions", "home-account", "stack-set", "deployed-role", "rule-name", "rule-as", "aggregator"];
        assert_eq!(own, expected);
    }

    #[rstest]
    #[case(&["--rule-regions", "eu-central-1,"], "an empty item")]
    #[case(&["--rule-regions", "Frankfurt"], "Frankfurt")]
    #[case(&["--rule-regions", ""], "or `none` alone, for no rule")]
    #[case(&["--rule-regions", "all"], "or `none` alone, for no rule")]
    #[case(&["--rule-regions", "None"], "or `none` alone, for no rule")]
    #[case(&["--rule-regions", "none,eu-central-1"], "or `none` alone, for no rule")]
    #[case(&["--home-account", "12"], "12 digits")]
    #[case(&["--stack-set", "1st"], "a letter first")]
    #[case(&["--stack-set", "a b"], "1–128 letters")]
    #[case(&["--rule-name", "a/b"], "1–64 letters")]
    #[case(&["--deployed-role", "a b"], "a b")]
    #[case(&["--rule-as", "pack"], "organization, stack-sets, conformance-pack")]
    #[case(&["--config-aggregator", "a b"], "1–256 letters")]
    fn bad_values(#[case] arguments: &[&str], #[case] message: &str) {
        let error = Cli::try_parse_from([&["x", "doctor"], arguments].concat()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(message), "{error}");
    }

    #[rstest]
    #[case("ou-ab12-11111111", false)]
    #[case("Root/Workloads", false)]
    #[case("Root/Workloads,r-ab12", true)]
    #[case("Root", true)]
    fn the_root_stands_for_all(#[case] units: &str, #[case] expected: bool) {
        let parsed = Cli::try_parse_from(["x", "doctor", "--organizational-units", units]).unwrap();
        let Command::Doctor(args) = parsed.command else { panic!() };
        assert_eq!(args.scope.organizational_units.unwrap().have_root(), expected);
    }

    #[test]
    fn there_may_be_no_rule() {
        let parsed = Cli::try_parse_from(["x", "doctor", "--rule-regions", "none"]).unwrap();
        let Command::Doctor(args) = parsed.command else { panic!() };
        assert_eq!(args.rule_regions, Some(RuleRegions(BTreeSet::new())));
    }

    #[test]
    fn defaults_are_those_of_the_deployment() {
        let Command::Doctor(args) = Cli::try_parse_from(["x", "doctor"]).unwrap().command else { panic!() };
        assert_eq!((args.stack_set.as_str(), args.rule_name.as_str()), ("EcrEncryptionMemberRole", "ecr-encryption"));
        assert_eq!(args.deployed_role, args.scope.role_name);
        assert_eq!((args.rule_regions, args.home_account), (None, None));
        assert_eq!((args.rule_as, args.aggregator), (RuleAs::Organization, false));
    }
}
