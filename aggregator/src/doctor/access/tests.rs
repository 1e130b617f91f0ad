use rstest::rstest;

use super::*;
use crate::doctor::check::State;

const ROLE: &str = "security/EcrEncryptionAudit";

fn refused(role_name: &str, is_management_account: bool, stack_set: Standing) -> Refused<'_> {
    Refused {
        account_id: "333333333333",
        role_name,
        role_arn: "arn:aws:iam::333333333333:role/x",
        principal: "arn:aws:iam::222222222222:user/admin",
        is_management_account,
        stack_set,
        instance: None,
    }
}

fn fault(code: &str) -> AwsFault {
    AwsFault::of_item("sts:AssumeRole", code, "not authorized")
}

#[rstest]
#[case::nothing_deployed(refused(ROLE, false, Standing::ToCome), State::ToCome, "EcrEncryptionAccess")]
#[case::nothing_deployed_in_the_management_account(
    refused(ROLE, true, Standing::ToCome),
    State::ToCome,
    "EcrEncryptionManagementRole"
)]
#[case::others_role(
    refused("OrganizationAccountAccessRole", false, Standing::ToCome),
    State::Unknown,
    "does not trust"
)]
#[case::others_role_with_path(
    refused("x/AWSControlTowerExecution", false, Standing::There),
    State::Unknown,
    "does not trust"
)]
#[case::deployed(
    Refused { instance: Some(&Instance::Current), ..refused(ROLE, false, Standing::There) }, State::Unknown,
    "--role-name OrganizationAccountAccessRole")]
#[case::deployed_elsewhere(refused(ROLE, false, Standing::There), State::Missing, "stack-instances")]
#[case::the_management_account(refused(ROLE, true, Standing::There), State::Unknown, "EcrEncryptionManagementRole")]
#[case::nothing_known(refused(ROLE, false, Standing::Unknown), State::Unknown, "not known whether")]
#[case::no_organization(refused(ROLE, false, Standing::NoOrganization), State::Unknown, "not known whether")]
fn roles_that_are_refused(#[case] refused: Refused<'_>, #[case] state: State, #[case] words: &str) {
    let problem = refused_role(&fault("AccessDenied"), refused);
    assert_eq!(problem.state, state);
    let told = format!("{} {:?}", problem.hint.unwrap_or_default(), problem.commands);
    assert!(told.contains(words), "{told}");
}

/// What may pass is neither missing nor to come.
#[rstest]
#[case("Throttling")]
#[case("ServiceUnavailable")]
#[case("RegionDisabledException")]
fn a_role_of_which_nothing_is_known(#[case] code: &str) {
    for standing in [Standing::ToCome, Standing::There, Standing::Unknown, Standing::NoOrganization] {
        assert_eq!(refused_role(&fault(code), refused(ROLE, false, standing)).state, State::Unknown);
    }
}

#[rstest]
#[case("ENABLED", None)]
#[case("ENABLED_BY_DEFAULT", None)]
#[case("ENABLING", Some(State::ToCome))]
#[case("DISABLED", Some(State::Missing))]
#[case("DISABLING", Some(State::Missing))]
#[case("SOMETHING_NEW", Some(State::Unknown))]
fn regions(#[case] status: &str, #[case] expected: Option<State>) {
    let listed = [AccountRegion { name: "me-south-1".to_owned(), opt_status: status.to_owned() }];
    let problems = region(&listed, "me-south-1", "333333333333");
    assert_eq!(problems.first().map(|problem| problem.state), expected);
    assert_eq!(region(&listed, "eu-central-1", "333333333333")[0].state, State::Missing);
}
