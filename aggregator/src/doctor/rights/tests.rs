use rstest::rstest;

use super::*;
use crate::doctor::check::State;

const ROLE: Asker<'static> = Asker {
    account_id: "333333333333",
    who: "the role arn:aws:iam::333333333333:role/security/Audit",
    role_name: Some("security/Audit"),
    rights: Whose::TheirOwn,
};
const DEPLOYED: &str = "arn:aws:iam::333333333333:role/EcrEncryptionAudit";
const LOOKER: Asker<'static> = Asker { rights: Whose::OfALooker(Some(DEPLOYED)), ..ROLE };
const CALLER: Asker<'static> = Asker { role_name: None, ..ROLE };
const KEY: &str = "arn:aws:kms:eu-central-1:333333333333:key/1";

fn fault(code: &str, message: &str) -> AwsFault {
    AwsFault::of_item("kms:DescribeKey", code, message)
}

fn denied() -> Result<(), AwsFault> {
    Err(fault("AccessDeniedException", "no identity-based policy allows it"))
}

fn not_found() -> Result<(), AwsFault> {
    Err(fault("NotFoundException", "Key 'x' does not exist"))
}

fn throttled() -> Result<(), AwsFault> {
    Err(fault("ThrottlingException", "slowly"))
}

#[rstest]
#[case::described(Some(Ok(())), None, None)]
#[case::gone(Some(not_found()), None, None)]
#[case::none_in_use(None, Some(not_found()), None)]
#[case::none_in_use_and_denied(None, Some(denied()), Some((State::Missing, "is denied")))]
#[case::none_in_use_and_throttled(None, Some(throttled()), Some((State::Unknown, "failed")))]
#[case::denied_by_the_key(Some(denied()), Some(not_found()), Some((State::Missing, "by the policy of a key")))]
#[case::denied_by_all(Some(denied()), Some(denied()), Some((State::Missing, "kms:DescribeKey is denied")))]
#[case::throttled(Some(throttled()), Some(throttled()), Some((State::Unknown, "failed")))]
#[case::nothing_asked(None, None, Some((State::Unknown, "no key was asked for")))]
fn keys_that_may_be_described(
    #[case] in_use: Option<Result<(), AwsFault>>,
    #[case] no_key: Option<Result<(), AwsFault>>,
    #[case] expected: Option<(State, &str)>,
) {
    let problems = keys(in_use.as_ref().map(|said| (KEY, said)), no_key.as_ref(), ROLE);
    assert_eq!(problems.first().map(|problem| problem.state), expected.map(|(state, _)| state));
    assert!(problems.iter().all(|problem| problem.cause.contains(expected.unwrap().1)), "{problems:?}");
}

/// A key in use that was throttled says nothing of the right; that another one could be asked for says nothing of it either.
#[test]
fn a_passing_fault_of_a_key_in_use() {
    let (in_use, no_key) = (throttled(), not_found());
    let problems = keys(Some((KEY, &in_use)), Some(&no_key), ROLE);
    assert_eq!(problems.first().map(|problem| problem.state), Some(State::Unknown), "{problems:?}");
}

#[test]
fn rights_of_one_service_are_given_together() {
    let fault = |action, message: &str| AwsFault::of_item(action, "AccessDeniedException", message);
    let faults = [
        fault("ecr:DescribeRepositories", "no identity-based policy allows it"),
        fault("ecr:DescribePullThroughCacheRules", "no identity-based policy allows it"),
        fault("ecr:DescribeRepositoryCreationTemplates", "with an explicit deny in a service control policy"),
    ];
    let problems = rights(&faults, ROLE);
    let causes: Vec<&str> = problems.iter().map(|problem| problem.cause.as_str()).collect();
    assert_eq!(
        causes,
        [
            "ecr:DescribeRepositories, ecr:DescribePullThroughCacheRules are denied (AccessDeniedException)",
            "ecr:DescribeRepositoryCreationTemplates is denied (AccessDeniedException)"
        ]
    );
    assert!(
        problems[0].commands[1]
            .contains(r#""Action":["ecr:DescribeRepositories","ecr:DescribePullThroughCacheRules"]"#)
    );
    // No policy of the role gives what another one denies.
    assert_eq!(problems[1].commands, Vec::<String>::new());
    assert!(problems[1].hint.as_deref().unwrap().starts_with("a service control policy denies"));
    // And nobody knows what the caller is.
    assert!(rights(&faults, CALLER).iter().all(|problem| problem.commands.is_empty()));
}

/// What a role that only looks may not do says nothing of the deployed one, unless the organization denies it to all.
#[rstest]
#[case::not_allowed("no identity-based policy allows it", State::Unknown)]
#[case::boundary("no permissions boundary allows it", State::Unknown)]
#[case::explicit("with an explicit deny in an identity-based policy", State::Unknown)]
#[case::not_told("not authorized", State::Unknown)]
#[case::service_control_policy("with an explicit deny in a service control policy", State::Missing)]
#[case::resource_control_policy("with an explicit deny in a resource control policy", State::Missing)]
fn rights_of_a_role_that_looks(#[case] message: &str, #[case] state: State) {
    let faults = [fault("AccessDeniedException", message)];
    for asker in [LOOKER, Asker { rights: Whose::OfALooker(None), ..ROLE }] {
        let problems = rights(&faults, asker);
        assert_eq!((problems.len(), problems[0].state, problems[0].commands.len()), (1, state, 0), "{problems:?}");
    }
    let hint = rights(&faults, LOOKER)[0].hint.clone().unwrap();
    assert_eq!(hint.contains(DEPLOYED) && hint.contains("--deployed-role"), state == State::Unknown, "{hint}");
    assert_eq!(rights(&faults, ROLE)[0].state, State::Missing);
}

/// The key is to be described by the role that is deployed, whoever looks.
#[test]
fn the_policy_of_a_key_is_to_name_the_deployed_role() {
    let (in_use, no_key) = (denied(), not_found());
    let told = |asker| {
        let problem = &keys(Some((KEY, &in_use)), Some(&no_key), asker)[0];
        (problem.state, problem.hint.clone().unwrap())
    };
    let (state, hint) = told(LOOKER);
    assert!(state == State::Unknown && hint.ends_with(&format!("to the role {DEPLOYED}, once it is there")), "{hint}");
    let (state, hint) = told(ROLE);
    assert!(state == State::Missing && hint.ends_with("role/security/Audit"), "{hint}");
}

#[rstest]
#[case::on(None, None)]
#[case::off(Some(("InvalidAccessException", "Account 3 is not subscribed to AWS Security Hub")), Some((State::Missing, true)))]
#[case::denied(Some(("AccessDeniedException", "not authorized")), Some((State::Missing, false)))]
#[case::throttled(Some(("TooManyRequestsException", "slowly")), Some((State::Unknown, false)))]
fn hubs(#[case] said: Option<(&str, &str)>, #[case] expected: Option<(State, bool)>) {
    let said = said.map_or(Ok(()), |(code, message)| Err(AwsFault::of_item("securityhub:GetFindings", code, message)));
    let problems = security_hub(&said, "eu-central-1", ROLE);
    let enables = |problem: &Problem| problem.commands.iter().any(|line| line.contains("enable-security-hub"));
    assert_eq!(problems.first().map(|problem| (problem.state, enables(problem))), expected);
}
