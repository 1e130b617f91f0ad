use rstest::rstest;

use super::*;
use crate::doctor::check::State;

const HOME: &str = "222222222222";
const MANAGEMENT: &str = "111111111111";

const PLACE: HomePlace<'static> = HomePlace {
    home_account: HOME,
    management_account: Some(MANAGEMENT),
    region: "eu-central-1",
    caller: "the caller arn:aws:iam::222222222222:user/admin",
};

fn denied(action: &'static str) -> AwsFault {
    AwsFault::of_item(action, "AccessDeniedException", "no")
}

fn shown(problems: &[Problem]) -> Option<(State, &str)> {
    assert!(problems.len() < 2, "{problems:?}");
    problems.first().map(|problem| (problem.state, problem.cause.as_str()))
}

const NOTHING: Use = Use { rule: None, aggregator: false, role: false, units: false, source: Source::Api };

fn rule_as(rule: RuleAs) -> Use {
    Use { rule: Some(rule), role: true, ..NOTHING }
}

/// Nothing is demanded of the organization that the deployment makes no use of.
#[rstest]
#[case::a_rule(rule_as(RuleAs::Organization), &[CONFIG_MULTI_ACCOUNT, STACK_SETS])]
#[case::a_pack(rule_as(RuleAs::ConformancePack), &[CONFIG_MULTI_ACCOUNT, STACK_SETS])]
#[case::a_rule_of_units(rule_as(RuleAs::StackSets), &[STACK_SETS])]
#[case::all(Use { aggregator: true, ..rule_as(RuleAs::Organization) }, &[CONFIG, CONFIG_MULTI_ACCOUNT, STACK_SETS])]
#[case::a_scan(Use { role: true, ..NOTHING }, &[STACK_SETS])]
#[case::a_scan_of_both(Use { aggregator: true, role: true, ..NOTHING }, &[CONFIG, STACK_SETS])]
#[case::a_scan_of_config(Use { aggregator: true, ..NOTHING }, &[CONFIG])]
fn principals(#[case] used: Use, #[case] expected: &[&str]) {
    assert_eq!(used.principals().collect::<Vec<_>>(), expected);
}

#[rstest]
#[case(Some("ALL"), None)]
#[case(Some("CONSOLIDATED_BILLING"), Some(State::Missing))]
#[case(Some("SOMETHING_NEW"), Some(State::Unknown))]
#[case(None, Some(State::Unknown))]
fn features(#[case] feature_set: Option<&str>, #[case] expected: Option<State>) {
    let organization =
        OrganizationDescription { feature_set: feature_set.map(str::to_owned), ..OrganizationDescription::default() };
    assert_eq!(shown(&all_features(&organization)).map(|(state, _)| state), expected);
}

#[rstest]
#[case::on(CONFIG, Ok(true), Ok(None), None)]
#[case::off(CONFIG, Ok(false), Ok(None), Some(State::Missing))]
#[case::not_told(CONFIG, Err(()), Ok(Some("ENABLED")), Some(State::Unknown))]
#[case::both_on(STACK_SETS, Ok(true), Ok(Some("ENABLED")), None)]
#[case::not_trusted(STACK_SETS, Ok(false), Ok(Some("ENABLED")), Some(State::Missing))]
#[case::not_trusted_and_not_told(STACK_SETS, Ok(false), Err(()), Some(State::Missing))]
#[case::not_activated(STACK_SETS, Ok(true), Ok(Some("DISABLED")), Some(State::Missing))]
#[case::not_activated_and_not_told(STACK_SETS, Err(()), Ok(Some("DISABLED")), Some(State::Missing))]
#[case::for_ever_off(STACK_SETS, Ok(true), Ok(Some("DISABLED_PERMANENTLY")), Some(State::Missing))]
#[case::activation_not_told(STACK_SETS, Ok(true), Err(()), Some(State::Unknown))]
#[case::trust_not_told(STACK_SETS, Err(()), Ok(Some("ENABLED")), Some(State::Unknown))]
#[case::nothing_told(STACK_SETS, Err(()), Err(()), Some(State::Unknown))]
#[case::a_new_status(STACK_SETS, Ok(true), Ok(Some("PAUSED")), Some(State::Unknown))]
#[case::no_status(STACK_SETS, Ok(true), Ok(None), Some(State::Unknown))]
fn trust(
    #[case] principal: &str,
    #[case] listed: Result<bool, ()>,
    #[case] activated: Result<Option<&str>, ()>,
    #[case] expected: Option<State>,
) {
    let listed = match listed {
        Ok(true) => Ok(BTreeSet::from([principal.to_owned()])),
        Ok(false) => Ok(BTreeSet::from(["sso.amazonaws.com".to_owned()])),
        Err(()) => Err(denied("organizations:ListAWSServiceAccessForOrganization")),
    };
    let activated = activated
        .map(|status| status.map(str::to_owned))
        .map_err(|()| denied("cloudformation:DescribeOrganizationsAccess"));
    let problems = trusted_access(principal, &listed, &activated, false, &PLACE);
    assert_eq!(shown(&problems).map(|(state, _)| state), expected);
    let mends = problems.iter().filter(|problem| problem.state == State::Missing);
    for problem in mends {
        let mend = if principal == STACK_SETS { "activate-organizations-access" } else { "enable-aws-service-access" };
        assert!(problem.commands[1].contains(mend), "{problem:?}");
        assert!(problem.commands[0].contains(MANAGEMENT), "{problem:?}");
    }
}

/// The management account's own deployment has AWS Config enable it: once, so that what is there already brings nothing.
#[rstest]
#[case::to_come(CONFIG, MANAGEMENT, false, State::ToCome)]
#[case::a_rule_to_come(CONFIG_MULTI_ACCOUNT, MANAGEMENT, false, State::ToCome)]
#[case::disabled_later(CONFIG_MULTI_ACCOUNT, MANAGEMENT, true, State::Missing)]
#[case::a_delegated_administrator(CONFIG, HOME, false, State::Missing)]
#[case::stack_sets(STACK_SETS, MANAGEMENT, false, State::Missing)]
fn access_that_comes_with_the_deployment(
    #[case] principal: &str,
    #[case] home_account: &str,
    #[case] is_deployed: bool,
    #[case] state: State,
) {
    let place = HomePlace { home_account, ..PLACE };
    let problems =
        trusted_access(principal, &Ok(BTreeSet::new()), &Ok(Some("DISABLED".to_owned())), is_deployed, &place);
    assert_eq!((problems[0].state, problems[0].commands.len()), (state, 2), "{problems:?}");
    // Where it is not known which one is the management account, nobody knows that it comes.
    let place = HomePlace { management_account: None, ..place };
    let problems = trusted_access(principal, &Ok(BTreeSet::new()), &Ok(None), is_deployed, &place);
    assert_eq!(problems[0].state, State::Missing);
}

#[rstest]
#[case::delegated(CONFIG, Ok(vec![HOME]), None)]
#[case::nobody(CONFIG, Ok(vec![]), Some(State::Missing))]
#[case::others(CONFIG, Ok(vec!["333333333333", "444444444444"]), Some(State::Missing))]
#[case::not_told(CONFIG, Err(()), Some(State::Unknown))]
fn delegations(#[case] principal: &str, #[case] delegated: Result<Vec<&str>, ()>, #[case] expected: Option<State>) {
    let delegated = delegated
        .map(|ids| ids.into_iter().map(str::to_owned).collect())
        .map_err(|()| denied("organizations:ListDelegatedAdministrators"));
    assert_eq!(shown(&delegation(principal, &delegated, PLACE)).map(|(state, _)| state), expected);
    // The management account needs nobody's leave.
    let place = HomePlace { home_account: MANAGEMENT, ..PLACE };
    assert_eq!(delegation(principal, &delegated, place), []);
    // Where it is not known which one that is, it may be this one.
    let place = HomePlace { management_account: None, ..PLACE };
    assert_eq!(
        shown(&delegation(principal, &delegated, place)).map(|(state, _)| state),
        expected.map(|_| State::Unknown)
    );
}

/// AWS Config takes three; `StackSets` more.
#[rstest]
#[case(CONFIG, 3, true)]
#[case(CONFIG_MULTI_ACCOUNT, 4, true)]
#[case(CONFIG, 2, false)]
#[case(STACK_SETS, 4, false)]
fn more_delegates_than_there_may_be(#[case] principal: &str, #[case] count: usize, #[case] is_told: bool) {
    let delegated: Vec<String> = (0..count).map(|number| format!("3333333333{number:02}")).collect();
    let problems = delegation(principal, &Ok(delegated.clone()), PLACE);
    let hint = problems[0].hint.clone().unwrap_or_default();
    assert_eq!(hint.contains("no more than 3"), is_told, "{hint}");
    assert_eq!(delegated.iter().all(|id| hint.contains(id)), is_told);
}

#[test]
fn who_may_not_read_the_organization_is_told_who_may() {
    let problem = unread(&denied("organizations:ListAWSServiceAccessForOrganization"), PLACE.caller);
    let hint = problem.hint.unwrap();
    assert!(hint.contains("management account") && hint.contains("organizations:ListAWSServiceAccessForOrganization"));
    let problem = unlisted("the accounts could not be listed", &denied("organizations:ListAccounts"), PLACE.caller);
    assert_eq!(problem.state, State::Unknown);
    assert!(problem.cause.starts_with("the accounts could not be listed: organizations:ListAccounts"));
}

/// `CloudFormation` calls it a wrong value to be nobody's delegate.
#[test]
fn who_is_no_delegate_is_told_to_be_one() {
    let fault = AwsFault::of_item(
        "cloudformation:DescribeStackSet",
        "ValidationError",
        "Account used is not a delegated administrator",
    );
    let problem = unread(&fault, PLACE.caller);
    assert_eq!(problem.state, State::Unknown);
    assert!(problem.hint.unwrap().contains("organizations:ListDelegatedAdministrators"));
}
