use std::sync::Arc;

use rstest::rstest;

use super::*;
use crate::account::UnitChain;
use crate::doctor::check::State;

fn address() -> StackSetAddress {
    StackSetAddress {
        account_id: "222222222222".to_owned(),
        region: "eu-central-1".to_owned(),
        name: "EcrEncryptionMemberRole".to_owned(),
        call_as: "DELEGATED_ADMIN",
        regions: vec!["eu-central-1".to_owned()],
        stack: mend::ACCESS.to_owned(),
    }
}

fn described() -> StackSetDescription {
    StackSetDescription {
        status: Some("ACTIVE".to_owned()),
        permission_model: Some("SERVICE_MANAGED".to_owned()),
        auto_deployment: Some(true),
        capabilities: vec!["CAPABILITY_NAMED_IAM".to_owned()],
        parameters: Vec::new(),
        regions: vec!["eu-central-1".to_owned()],
    }
}

fn account(unit: Option<&str>) -> Account {
    let ids = unit.map(|unit| vec!["r-ab12".to_owned(), unit.to_owned()]).unwrap_or_default();
    let units = Arc::new(UnitChain { ids, path: None });
    Account { units, ..Account::by_id(AccountId::parse("333333333333").unwrap()) }
}

#[rstest]
#[case::as_it_is_to_be(described(), Standing::There, None)]
#[case::deleted(StackSetDescription { status: Some("DELETED".to_owned()), ..described() }, Standing::ToCome, Some(State::ToCome))]
#[case::a_new_status(StackSetDescription { status: Some("NEW".to_owned()), ..described() }, Standing::There, Some(State::Unknown))]
#[case::no_status(StackSetDescription { status: None, ..described() }, Standing::There, Some(State::Unknown))]
#[case::not_automatic(
    StackSetDescription { auto_deployment: Some(false), ..described() }, Standing::There, Some(State::Missing))]
#[case::automatic_not_told(StackSetDescription { auto_deployment: None, ..described() }, Standing::There, Some(State::Missing))]
#[case::self_managed(
    StackSetDescription { permission_model: Some("SELF_MANAGED".to_owned()), auto_deployment: None, ..described() },
    Standing::There, Some(State::Missing))]
#[case::no_model(StackSetDescription { permission_model: None, ..described() }, Standing::There, Some(State::Unknown))]
fn stack_sets(#[case] described: StackSetDescription, #[case] standing: Standing, #[case] expected: Option<State>) {
    let (found, problems) = stack_set(&Ok(described), &address(), "the caller");
    assert_eq!(found, standing);
    assert_eq!(problems.first().map(|problem| problem.state), expected);
    for problem in problems.iter().filter(|problem| problem.state != State::Unknown) {
        assert!(!problem.commands.is_empty(), "{problem:?}");
    }
}

#[rstest]
#[case("StackSetNotFoundException", Standing::ToCome, State::ToCome)]
#[case("AccessDenied", Standing::Unknown, State::Unknown)]
#[case("ValidationError", Standing::Unknown, State::Unknown)]
#[case("Throttling", Standing::Unknown, State::Unknown)]
fn stack_sets_that_cannot_be_read(#[case] code: &str, #[case] standing: Standing, #[case] expected: State) {
    let fault = AwsFault::of_item("cloudformation:DescribeStackSet", code, "no");
    let (found, problems) = stack_set(&Err(fault), &address(), "the caller");
    assert_eq!((found, problems[0].state), (standing, expected));
}

#[rstest]
#[case(Some("CURRENT"), Some("SUCCEEDED"), None)]
#[case(Some("OUTDATED"), Some("RUNNING"), Some((State::ToCome, None)))]
#[case(Some("OUTDATED"), Some("PENDING"), Some((State::ToCome, None)))]
#[case(Some("OUTDATED"), Some("FAILED"), Some((State::Missing, Some("update-stack-instances"))))]
#[case(Some("OUTDATED"), Some("CANCELLED"), Some((State::Missing, Some("update-stack-instances"))))]
// What has succeeded once and is not so now is not all right.
#[case(Some("CURRENT"), Some("FAILED"), Some((State::Missing, Some("update-stack-instances"))))]
#[case(Some("CURRENT"), None, Some((State::Missing, Some("update-stack-instances"))))]
#[case(Some("INOPERABLE"), Some("INOPERABLE"), Some((State::Missing, Some("delete-stack-instances"))))]
#[case(Some("NEW"), Some("SUCCEEDED"), Some((State::Unknown, None)))]
#[case(None, None, Some((State::Unknown, None)))]
fn instances(
    #[case] status: Option<&str>,
    #[case] detailed: Option<&str>,
    #[case] expected: Option<(State, Option<&str>)>,
) {
    let instance = Instance::of(status, detailed, Some("why".to_owned()));
    let problems = stack_instance(Some(&instance), &account(Some("ou-ab12-11111111")), true, &address());
    let found = problems.first().map(|problem| {
        let operation = problem.commands.get(1).and_then(|command| command.split_whitespace().nth(2));
        (problem.state, operation)
    });
    assert_eq!(found, expected);
    if let Some((_, Some(_))) = expected {
        assert!(problems[0].commands[1].contains("OrganizationalUnitIds=ou-ab12-11111111,Accounts=333333333333"));
        assert_eq!(problems[0].message.as_deref(), Some("why"));
    }
}

#[test]
fn an_account_without_an_instance() {
    let problems = stack_instance(None, &account(Some("ou-ab12-11111111")), true, &address());
    assert_eq!(problems[0].state, State::Missing);
    assert!(problems[0].commands[3].starts_with("aws cloudformation create-stack-instances "), "{problems:?}");
    // No command can be told without the unit.
    let problems = stack_instance(None, &account(None), true, &address());
    assert_eq!((problems[0].state, problems[0].commands.len()), (State::Missing, 0));
    assert!(problems[0].hint.as_deref().unwrap().contains("organizationalUnits"));
    // The management account has none, and can be given none.
    let problems = stack_instance(None, &account(Some("ou-ab12-11111111")), false, &address());
    assert_eq!((problems[0].state, problems[0].commands.len()), (State::Unknown, 0));
    assert_eq!(stack_instance(Some(&Instance::Current), &account(None), false, &address()), []);
}

/// What was not read is not the same as what is not there.
#[test]
fn progress() {
    let id = |text| AccountId::parse(text).unwrap();
    let of = |status, detailed| Instance::of(Some(status), Some(detailed), None);
    let read: Instances = [
        (id("111111111111"), of("CURRENT", "SUCCEEDED")),
        (id("222222222222"), of("OUTDATED", "RUNNING")),
        (id("333333333333"), of("OUTDATED", "FAILED")),
    ]
    .into();
    let of_all = |read| {
        ["111111111111", "222222222222", "333333333333", "444444444444"].map(|text| Progress::of(read, id(text)))
    };
    assert_eq!(of_all(Some(&read)), [Progress::Current, Progress::UnderWay, Progress::Failed, Progress::None]);
    assert_eq!(of_all(None), [Progress::NotRead; 4]);
}

/// The role is the same wherever it came from.
#[test]
fn of_several_instances_the_best_counts() {
    let mut all = [
        Instance::of(Some("INOPERABLE"), Some("INOPERABLE"), None),
        Instance::of(Some("OUTDATED"), Some("RUNNING"), None),
        Instance::of(Some("CURRENT"), Some("SUCCEEDED"), None),
    ];
    all.sort();
    assert_eq!(all[0], Instance::Current);
}
