//! Member accounts: the role there is assumed, for the look-ups and for the answer.

use std::time::Duration;

use integration_tests::{Deny, Effect, Fault, Organization};
use rstest::rstest;

use crate::event::Event;
use crate::harness::{
    BANK, Bench, HOME, REGION, ROLE, SHOP, SHORT, assert_names, error, fault, key, organization, repository, rule_name,
    shop_role, under,
};

fn members() -> Organization {
    let mut organization = organization();
    organization.keys = vec![key(HOME, "home"), key(SHOP, "shop")];
    organization.repositories = vec![
        repository(HOME, "home/legacy"),
        under(HOME, "home/app", "home"),
        repository(SHOP, "shop/legacy"),
        under(SHOP, "shop/app", "shop"),
        repository(BANK, "bank/legacy"),
    ];
    organization
}

#[test]
fn a_member_is_looked_at_and_answered_with_its_own_credentials() {
    let bench = Bench::new(members());
    let told = bench.invoke(&bench.change_of(SHOP, "shop/app").parameter("executionRoleName", ROLE));
    let evaluation = told.one();
    assert_eq!((evaluation.account.as_str(), evaluation.region.as_str()), (SHOP, REGION));
    assert_eq!(evaluation.compliance_type, "COMPLIANT");
    let told = bench.invoke(&Event::scheduled().of(SHOP).parameter("executionRoleName", ROLE));
    assert_eq!(told.succeeded(), ["shop/app COMPLIANT", "shop/legacy NON_COMPLIANT"]);
    assert!(told.evaluations.iter().all(|evaluation| evaluation.account == SHOP));
    assert_eq!(bench.simulator.results(SHOP, REGION, &rule_name(SHOP)).len(), 2);
    assert_eq!(bench.calls("sts", "AssumeRole"), 1, "the credentials are kept");
    // Only AssumeRole was called with the function's own.
    assert_eq!(bench.simulator.counters().calls_in(HOME, REGION), 1);
}

#[test]
fn no_role_is_assumed_in_the_function_s_own_account() {
    let bench = Bench::new(members());
    for event in
        [bench.change_of(HOME, "home/app"), bench.change_of(HOME, "home/app").parameter("executionRoleName", ROLE)]
    {
        assert_eq!(bench.invoke(&event).one().account, HOME);
    }
    assert_eq!(bench.calls("sts", "AssumeRole"), 0);
}

#[test]
fn accounts_take_turns_in_one_process() {
    let bench = Bench::new(members());
    for _ in 0..3 {
        for (account, name) in [(HOME, "home/app"), (SHOP, "shop/app"), (SHOP, "shop/legacy"), (HOME, "home/legacy")] {
            let told = bench.invoke(&bench.change_of(account, name).parameter("executionRoleName", ROLE));
            assert_eq!((told.one().account.as_str(), told.one().compliance_resource_id.as_str()), (account, name));
        }
    }
    assert_eq!(bench.calls("sts", "AssumeRole"), 1);
    assert_eq!(bench.calls("kms", "DescribeKey"), 2);
}

/// What is missing is told: the role, the account, and whom the role must trust.
#[rstest]
#[case::not_deployed(BANK, "bank/legacy", ROLE)]
#[case::another_name(SHOP, "shop/legacy", "compliance/Another")]
#[case::another_path(SHOP, "shop/legacy", "EcrEncryptionRule")]
fn a_role_that_can_not_be_assumed(#[case] account: &str, #[case] name: &str, #[case] role: &str) {
    let bench = Bench::new(members());
    for event in [bench.change_of(account, name), Event::scheduled().of(account)] {
        let told = bench.invoke(&event.parameter("executionRoleName", role));
        let arn = format!("arn:aws:iam::{account}:role/{role}");
        assert_names(told.refused(), &[&arn, account, "trust", HOME, "AccessDenied"]);
    }
}

#[test]
fn a_role_that_trusts_somebody_else() {
    let mut organization = members();
    shop_role(&mut organization).trusted = Some(vec!["arn:aws:iam::222222222222:role/another".to_owned()]);
    let bench = Bench::new(organization);
    let told = bench.invoke(&bench.change_of(SHOP, "shop/legacy").parameter("executionRoleName", ROLE));
    assert_names(told.refused(), &["role/compliance/EcrEncryptionRule", SHOP, "trust"]);
}

#[rstest]
#[case::missing(None)]
#[case::blank(Some(""))]
fn a_member_without_a_role_to_assume(#[case] role: Option<&str>) {
    let bench = Bench::new(members());
    let mut event = bench.change_of(SHOP, "shop/legacy");
    if let Some(role) = role {
        event = event.parameter("executionRoleName", role);
    }
    assert_names(bench.invoke(&event).refused(), &["executionRoleName", SHOP]);
    assert_eq!(bench.simulator.counters().total_calls(), 0);
}

/// As IAM writes a path: understood, or refused by name, but no role with two slashes is looked for.
#[test]
fn a_role_whose_path_begins_with_a_slash() {
    let bench = Bench::new(members());
    let event = bench.change_of(SHOP, "shop/legacy").parameter("executionRoleName", &format!("/{ROLE}"));
    let told = bench.invoke(&event);
    if told.invocation.error().is_some() {
        assert_names(told.refused(), &["executionRoleName", "allowed"]);
    } else {
        assert_eq!(told.succeeded(), ["shop/legacy NON_COMPLIANT"]);
    }
}

/// Credentials that AWS no longer takes, whatever their lifetime was said to be.
#[rstest]
fn credentials_that_expire_early(
    #[values("kms:DescribeKey", "config:PutEvaluations")] operation: &str,
    #[values(HOME, SHOP)] account: &str,
) {
    let bench = Bench::new(members());
    bench.simulator.set_faults(vec![Fault { effect: Effect::Expired, times: Some(1), ..fault(operation) }]);
    let name = if account == HOME { "home/app" } else { "shop/app" };
    let event = bench.change_of(account, name).parameter("executionRoleName", ROLE);
    let told = bench.invoke(&event);
    // The function's own it can't renew; then Lambda has to try again.
    if account == SHOP || told.invocation.error().is_none() {
        assert_eq!(told.succeeded(), [format!("{name} COMPLIANT")]);
    }
    assert_eq!(bench.invoke(&event).succeeded(), [format!("{name} COMPLIANT")]);
}

/// The function's own credentials hold another rule's token; Config would refuse them.
#[test]
fn a_member_s_token_is_only_good_with_its_credentials() {
    let bench = Bench::new(members());
    let mut event = bench.change_of(SHOP, "shop/legacy").parameter("executionRoleName", ROLE);
    event.token = crate::harness::token(HOME);
    assert_names(bench.invoke(&event).refused(), &["InvalidResultTokenException"]);
}

#[test]
fn credentials_are_renewed_before_they_expire() {
    let mut organization = members();
    organization.credential_lifetime_seconds = Some(2);
    let bench = Bench::new(organization);
    let event = bench.change_of(SHOP, "shop/app").parameter("executionRoleName", ROLE);
    bench.invoke(&event).one();
    std::thread::sleep(Duration::from_millis(2200));
    assert_eq!(bench.invoke(&event).one().account, SHOP);
    assert!(bench.calls("sts", "AssumeRole") >= 2);
    assert_eq!(bench.simulator.counters().outcome("ExpiredTokenException"), 0);
}

#[rstest]
fn sts_that_fails_for_now(#[values(Effect::Throttle, Effect::Http, Effect::Reset)] effect: Effect) {
    let bench = Bench::new(members());
    let event = bench.change_of(SHOP, "shop/app").parameter("executionRoleName", ROLE);
    bench.simulator.set_faults(vec![Fault { effect, ..fault("sts:AssumeRole") }]);
    bench.invoke_within(&event, SHORT).refused();
    bench.simulator.set_faults(vec![Fault { effect, times: Some(1), ..fault("sts:AssumeRole") }]);
    assert_eq!(bench.invoke(&event).succeeded(), ["shop/app COMPLIANT"]);
}

/// A refusal is not remembered: somebody may have deployed the role since.
#[test]
fn a_role_may_appear_later() {
    let bench = Bench::new(members());
    let event = bench.change_of(SHOP, "shop/app").parameter("executionRoleName", ROLE);
    bench.simulator.set_faults(vec![Fault { status: Some(403), ..error("sts:AssumeRole", "AccessDenied") }]);
    bench.invoke(&event).refused();
    bench.simulator.set_faults(Vec::new());
    assert_eq!(bench.invoke(&event).succeeded(), ["shop/app COMPLIANT"]);
}

fn denied(action: &str) -> Deny {
    Deny { action: action.to_owned(), regions: Vec::new(), kind: None }
}

/// One repository that may not be described is a finding; a sweep that can't see any is a failure.
#[test]
fn repositories_that_may_not_be_described() {
    let mut organization = members();
    shop_role(&mut organization).deny = vec![denied("ecr:DescribeRepositories")];
    let bench = Bench::new(organization);
    let mut event = bench.change_of(SHOP, "shop/app").parameter("executionRoleName", ROLE);
    event.invoking["configurationItem"]["configuration"].as_object_mut().unwrap().remove("EncryptionConfiguration");
    let told = bench.invoke(&event);
    let evaluation = told.one();
    assert_eq!(evaluation.compliance_type, "NON_COMPLIANT");
    let annotation = evaluation.annotation.as_deref().unwrap();
    assert!(annotation.starts_with("Undetermined: "), "{annotation}");
    assert_names(annotation, &["ecr:DescribeRepositories"]);
    assert_eq!(told.reason_code("shop/app"), "repository-access-denied");
    let told = bench.invoke(&event.parameter("undeterminedCompliance", "NOT_APPLICABLE"));
    assert_eq!(told.succeeded(), ["shop/app NOT_APPLICABLE"]);

    let told = bench.invoke(&Event::scheduled().of(SHOP).parameter("executionRoleName", ROLE));
    assert_names(told.refused(), &["ecr:DescribeRepositories"]);
    // What the item says needs no permission.
    let told = bench.invoke(&bench.change_of(SHOP, "shop/app").parameter("executionRoleName", ROLE));
    assert_eq!(told.succeeded(), ["shop/app COMPLIANT"]);
}

#[test]
fn tags_that_may_not_be_read_exempt_nobody() {
    let mut organization = members();
    shop_role(&mut organization).deny = vec![denied("tag:GetResources")];
    organization.repositories[2].tags.insert("exempt".to_owned(), String::new());
    let bench = Bench::new(organization);
    let event = Event::scheduled().of(SHOP).parameter("executionRoleName", ROLE).parameter("exemptTagKey", "exempt");
    let told = bench.invoke(&event);
    assert_eq!(told.succeeded(), ["shop/app COMPLIANT", "shop/legacy NON_COMPLIANT"]);
    let of_legacy = told.evaluations.iter().find(|it| it.compliance_resource_id == "shop/legacy").unwrap();
    assert_names(of_legacy.annotation.as_deref().unwrap(), &["tag"]);
}

#[test]
fn another_account_s_key_is_asked_with_the_member_s_credentials() {
    let mut organization = members();
    organization.keys[0].describe_allowed = vec![SHOP.to_owned()];
    organization.keys[0].state = "Disabled".to_owned();
    organization.repositories.push(under(SHOP, "shop/central", "home"));
    let bench = Bench::new(organization);
    let told = bench.invoke(&bench.change_of(SHOP, "shop/central").parameter("executionRoleName", ROLE));
    assert_eq!(told.succeeded(), ["shop/central NON_COMPLIANT"]);
    assert_eq!(told.reason_code("shop/central"), "key-disabled");
}
