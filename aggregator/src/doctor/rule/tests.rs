use rstest::rstest;

use super::*;
use crate::doctor::check::State;

fn id(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn rule(status: &str, code: Option<&str>, message: Option<&str>) -> OrganizationRule {
    let status = RuleStatus::of(status, code.map(str::to_owned), message.map(str::to_owned));
    OrganizationRule { is_pack: false, excluded: BTreeSet::new(), statuses: [(id("333333333333"), status)].into() }
}

#[rstest]
#[case("CREATE_SUCCESSFUL", None)]
#[case("UPDATE_SUCCESSFUL", None)]
#[case("CREATE_IN_PROGRESS", Some(State::ToCome))]
#[case("UPDATE_IN_PROGRESS", Some(State::ToCome))]
#[case("CREATE_FAILED", Some(State::Missing))]
#[case("UPDATE_FAILED", Some(State::Missing))]
#[case("DELETE_FAILED", Some(State::Missing))]
#[case("DELETE_SUCCESSFUL", Some(State::Missing))]
#[case("DELETE_IN_PROGRESS", Some(State::Missing))]
#[case("SOMETHING_NEW", Some(State::Unknown))]
fn statuses(#[case] status: &str, #[case] expected: Option<State>) {
    let problems = organization_rule(&rule(status, None, None), id("333333333333"));
    assert_eq!(problems.first().map(|problem| problem.state), expected);
}

#[rstest]
#[case("NoAvailableConfigurationRecorder", "", "see `recorder`")]
#[case("", "Config rule needs a configuration recorder", "see `recorder`")]
#[case("InsufficientPermissionsException", "The AWS Lambda function cannot be invoked", "deploy the rule's stack")]
#[case("AccessDeniedException", "explicit deny in a service control policy", "service control policy")]
#[case("MaxNumberOfConfigRulesExceededException", "", "quota")]
#[case("SomethingNew", "odd", "AWS's message tells more")]
fn errors_are_explained(#[case] code: &str, #[case] message: &str, #[case] hint: &str) {
    let problems = organization_rule(&rule("CREATE_FAILED", Some(code), Some(message)), id("333333333333"));
    assert_eq!((problems[0].state, problems.len()), (State::Missing, 1));
    assert!(problems[0].hint.as_deref().unwrap().contains(hint), "{problems:?}");
    assert!(problems[0].cause.contains(code));
}

#[test]
fn accounts_of_which_nothing_is_told() {
    let mut rule = rule("CREATE_SUCCESSFUL", None, None);
    let problems = organization_rule(&rule, id("444444444444"));
    assert_eq!(problems[0].state, State::Missing);
    rule.excluded.insert(id("444444444444"));
    let problems = organization_rule(&rule, id("444444444444"));
    assert_eq!((problems[0].state, problems[0].cause.as_str()), (State::Missing, "the rule leaves the account out"));
}

#[rstest]
#[case("NoSuchOrganizationConfigRuleException", State::ToCome)]
#[case("OrganizationAccessDeniedException", State::Unknown)]
#[case("ThrottlingException", State::Unknown)]
fn rules_that_are_not_there(#[case] code: &str, #[case] expected: State) {
    let fault = AwsFault::of_item("config:DescribeOrganizationConfigRules", code, "no");
    let problem = standing(&Err(fault), "ecr-encryption", "eu-central-1", "the caller").unwrap();
    assert_eq!(problem.state, expected);
    let deploys = problem.commands.iter().any(|command| command == "npx cdk deploy EcrEncryptionRule-eu-central-1");
    assert_eq!(deploys, expected == State::ToCome);
    let refused = AwsFault::of_item("sts:AssumeRole", "AccessDenied", "no");
    let problem = standing(&Err(refused), "ecr-encryption", "eu-central-1", "the role").unwrap();
    assert_eq!(problem.state, State::Unknown);
    assert!(problem.hint.unwrap().contains("home account"));
    assert_eq!(standing(&Ok(rule("CREATE_FAILED", None, None)), "ecr-encryption", "eu-central-1", "x"), None);
}
