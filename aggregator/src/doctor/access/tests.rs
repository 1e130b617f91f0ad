use rstest::rstest;

use super::*;
use crate::doctor::check::State;

fn refused(is_management_account: bool, stack_set: Standing) -> Refused<'static> {
    Refused {
        account_id: "333333333333",
        is_deployed_role: true,
        role_arn: "arn:aws:iam::333333333333:role/x",
        principal: "arn:aws:iam::222222222222:user/admin",
        is_management_account: Some(is_management_account),
        of_units: false,
        stack_set,
        instance: Progress::NotRead,
    }
}

fn fault(code: &str) -> AwsFault {
    AwsFault::of_item("sts:AssumeRole", code, "not authorized")
}

#[rstest]
#[case::nothing_deployed(refused(false, Standing::ToCome), State::ToCome, "EcrEncryptionAccess")]
#[case::nothing_deployed_in_the_management_account(
    refused(true, Standing::ToCome),
    State::ToCome,
    "EcrEncryptionManagementRole"
)]
#[case::deployed(
    Refused { instance: Progress::Current, ..refused(false, Standing::There) }, State::Unknown,
    "--role-name OrganizationAccountAccessRole")]
#[case::not_brought(
    Refused { instance: Progress::None, ..refused(false, Standing::There) }, State::Missing, "stack-instances")]
#[case::not_brought_for_all_that_is_known(
    Refused { instance: Progress::None, is_management_account: None, ..refused(false, Standing::There) },
    State::Unknown,
    "not known whether this is the management account"
)]
#[case::being_brought(
    Refused { instance: Progress::UnderWay, ..refused(false, Standing::There) }, State::ToCome, "stack-instances")]
#[case::brought_once(
    Refused { instance: Progress::Failed, ..refused(false, Standing::There) }, State::Unknown, "stack-instances")]
#[case::instances_not_read(refused(false, Standing::There), State::Unknown, "not known whether the StackSet")]
#[case::the_management_account(refused(true, Standing::There), State::Unknown, "EcrEncryptionManagementRole")]
#[case::the_management_account_in_a_unit(
    Refused { of_units: true, ..refused(true, Standing::There) }, State::Unknown, "organization.excludedAccounts")]
#[case::the_management_account_in_a_unit_before(
    Refused { of_units: true, ..refused(true, Standing::ToCome) }, State::Unknown, "organization.excludedAccounts")]
#[case::a_member_in_a_unit(
    Refused { of_units: true, ..refused(false, Standing::ToCome) }, State::ToCome, "EcrEncryptionAccess")]
#[case::nothing_known(refused(false, Standing::Unknown), State::Unknown, "not known whether")]
#[case::no_organization(refused(false, Standing::NoOrganization), State::Unknown, "not known whether")]
#[case::not_used(refused(false, Standing::NotUsed), State::Unknown, "no role is deployed")]
fn roles_that_are_refused(#[case] refused: Refused<'_>, #[case] state: State, #[case] words: &str) {
    let problem = refused_role(&fault("AccessDenied"), refused);
    assert_eq!(problem.state, state);
    let told = format!("{} {:?}", problem.hint.unwrap_or_default(), problem.commands);
    assert!(told.contains(words), "{told}");
}

/// Nobody knows that a deployment brings another role than its own, least of all one that is mistyped.
#[rstest]
fn another_role_is_never_to_come(
    #[values(Standing::ToCome, Standing::There, Standing::Unknown, Standing::NoOrganization)] standing: Standing,
    #[values(false, true)] is_management_account: bool,
) {
    let refused =
        Refused { is_deployed_role: false, instance: Progress::Current, ..refused(is_management_account, standing) };
    let problem = refused_role(&fault("AccessDenied"), refused);
    let hint = problem.hint.unwrap();
    assert_eq!((problem.state, problem.commands.len()), (State::Unknown, 0));
    assert!(
        ["mistyped", "does not have the role", "does not trust"].iter().all(|words| hint.contains(words)),
        "{hint}"
    );
    assert!(!hint.contains("has brought"), "{hint}");
}

/// The functions of another home account need the role where the caller needs none, or has another one.
#[rstest]
#[case(Standing::ToCome, State::ToCome)]
#[case(Standing::There, State::Unknown)]
#[case(Standing::Unknown, State::Unknown)]
fn the_role_of_the_management_account(
    #[case] standing: Standing,
    #[case] state: State,
    #[values(Entered::FromInside, Entered::ByAnotherRole)] entered: Entered,
) {
    let problem = unseen_management_role(standing, "111111111111", entered);
    assert_eq!(problem.state, state);
    assert!(problem.commands[1].contains("EcrEncryptionManagementRole"), "{problem:?}");
}

/// What may pass is neither missing nor to come.
#[rstest]
#[case("Throttling")]
#[case("ServiceUnavailable")]
#[case("RegionDisabledException")]
fn a_role_of_which_nothing_is_known(#[case] code: &str) {
    for standing in [Standing::ToCome, Standing::There, Standing::Unknown, Standing::NoOrganization] {
        assert_eq!(refused_role(&fault(code), refused(false, standing)).state, State::Unknown);
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
