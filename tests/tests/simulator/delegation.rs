//! AWS Organizations: trusted services and delegated administrators.

use integration_tests::{DEPLOYMENT_SERVICES, Delegation, Organization};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Client, strings};
use crate::world::{MANAGEMENT, MEMBER, OTHER, organization, start};

const RULES: &str = "config-multiaccountsetup.amazonaws.com";

/// MEMBER is a delegated administrator for everything, OTHER for AWS Config's rules.
fn delegating() -> Organization {
    Organization {
        delegated_administrators: vec![MEMBER.to_owned()],
        delegations: vec![Delegation { account: OTHER.to_owned(), services: vec![RULES.to_owned()] }],
        ..organization()
    }
}

/// Every item of a list, and the sizes of its pages.
fn all(client: &Client, operation: &str, member: &str, input: &Value) -> (Vec<Value>, Vec<usize>) {
    let (mut items, mut sizes, mut input) = (Vec::new(), Vec::new(), input.clone());
    loop {
        let answer = client.organizations(operation, &input).ok();
        let page = answer[member].as_array().expect("a list").clone();
        sizes.push(page.len());
        items.extend(page);
        match answer.get("NextToken") {
            None => return (items, sizes),
            Some(token) => input["NextToken"] = token.clone(),
        }
    }
}

#[test]
fn a_well_prepared_organization_trusts_what_a_deployment_needs() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let (services, _) = all(&client, "ListAWSServiceAccessForOrganization", "EnabledServicePrincipals", &json!({}));
    assert_eq!(strings(&json!(services), "ServicePrincipal"), DEPLOYMENT_SERVICES);
    let told = client.organizations("DescribeOrganization", &json!({})).ok();
    assert_eq!(told["Organization"]["FeatureSet"], "ALL");
    assert_eq!(all(&client, "ListDelegatedAdministrators", "DelegatedAdministrators", &json!({})).0, [] as [Value; 0]);
}

#[test]
fn the_description_says_what_is_on() {
    let text = "feature_set = 'CONSOLIDATED_BILLING'\ntrusted_services = ['sso.amazonaws.com']\n\
                [[delegation]]\naccount = '111111111112'\nservices = ['config.amazonaws.com']\n\
                [[account]]\nid = '111111111111'\n[[account]]\nid = '111111111112'\n";
    let simulator = start(Organization::parse(text).expect("a description"));
    let client = Client::new(&simulator);
    let told = client.organizations("DescribeOrganization", &json!({})).ok();
    assert_eq!(told["Organization"]["FeatureSet"], "CONSOLIDATED_BILLING");
    let (services, _) = all(&client, "ListAWSServiceAccessForOrganization", "EnabledServicePrincipals", &json!({}));
    assert_eq!(strings(&json!(services), "ServicePrincipal"), ["sso.amazonaws.com"]);
    let (services, _) =
        all(&client, "ListDelegatedServicesForAccount", "DelegatedServices", &json!({"AccountId": "111111111112"}));
    assert_eq!(strings(&json!(services), "ServicePrincipal"), ["config.amazonaws.com"]);
    let text = text.replace("account = '111111111112'", "account = '999999999999'");
    let error = Organization::parse(&text).expect_err("refused").to_string();
    assert!(error.starts_with("delegated administrator `999999999999`: is not described"), "{error}");
}

#[rstest]
#[case::all(json!({}), &[MEMBER, OTHER])]
#[case::rules(json!({"ServicePrincipal": RULES}), &[MEMBER, OTHER])]
#[case::aggregators(json!({"ServicePrincipal": "config.amazonaws.com"}), &[MEMBER])]
#[case::other_service(json!({"ServicePrincipal": "sso.amazonaws.com"}), &[])]
fn administrators_are_listed_by_service(#[case] input: Value, #[case] expected: &[&str]) {
    let simulator = start(delegating());
    let client = Client::new(&simulator);
    let (found, _) = all(&client, "ListDelegatedAdministrators", "DelegatedAdministrators", &input);
    assert_eq!(strings(&json!(found), "Id"), expected);
}

#[test]
fn these_lists_come_in_small_and_empty_pages_too() {
    let mut organization = delegating();
    organization.answers.accounts_per_page = 1;
    organization.answers.empty_page_every = 2;
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let pages = |operation, member, input: Value| all(&client, operation, member, &input).1;
    assert_eq!(pages("ListAWSServiceAccessForOrganization", "EnabledServicePrincipals", json!({})), [1, 0, 1, 1]);
    assert_eq!(pages("ListDelegatedAdministrators", "DelegatedAdministrators", json!({})), [1, 0, 1]);
    let of_member = json!({"AccountId": MEMBER});
    assert_eq!(pages("ListDelegatedServicesForAccount", "DelegatedServices", of_member), [1, 0, 1, 1]);
}

#[rstest]
#[case::not_delegated("ListDelegatedServicesForAccount", json!({"AccountId": MANAGEMENT}), "AccountNotRegisteredException")]
#[case::unknown("ListDelegatedServicesForAccount", json!({"AccountId": "999999999999"}), "AccountNotFoundException")]
#[case::no_account("ListDelegatedServicesForAccount", json!({}), "InvalidInputException")]
#[case::bad_account("ListDelegatedServicesForAccount", json!({"AccountId": "1"}), "InvalidInputException")]
#[case::bad_service("ListDelegatedAdministrators", json!({"ServicePrincipal": "a b"}), "InvalidInputException")]
#[case::bad_page("ListAWSServiceAccessForOrganization", json!({"MaxResults": 21}), "InvalidInputException")]
#[case::bad_token("ListDelegatedAdministrators", json!({"NextToken": "x"}), "InvalidInputException")]
fn what_is_asked_wrongly_is_refused(#[case] operation: &str, #[case] input: Value, #[case] code: &str) {
    let simulator = start(delegating());
    let answer = Client::new(&simulator).organizations(operation, &input);
    assert_eq!((answer.status, answer.code().as_str()), (400, code), "{}", answer.text());
}

#[test]
fn members_may_ask_once_they_are_delegated_administrators_for_anything() {
    let mut organization = delegating();
    for services in [vec![RULES.to_owned()], Vec::new()] {
        let may = !services.is_empty();
        organization.delegations = vec![Delegation { account: OTHER.to_owned(), services }];
        let simulator = start(organization.clone());
        let client = Client::new(&simulator).assume(OTHER);
        for operation in ["ListAWSServiceAccessForOrganization", "ListDelegatedAdministrators", "ListAccounts"] {
            let answer = client.organizations(operation, &json!({}));
            let expected = if may { (200, None) } else { (400, Some("AccessDeniedException".to_owned())) };
            let code = (answer.status != 200).then(|| answer.code());
            assert_eq!((answer.status, code), expected, "{operation}");
        }
    }
}

#[test]
fn without_an_organization_nobody_is_told_anything() {
    let simulator = start(Organization { in_use: false, ..delegating() });
    for operation in
        ["ListAWSServiceAccessForOrganization", "ListDelegatedAdministrators", "ListDelegatedServicesForAccount"]
    {
        let answer = Client::new(&simulator).organizations(operation, &json!({"AccountId": MEMBER}));
        assert_eq!((answer.status, answer.code().as_str()), (400, "AWSOrganizationsNotInUseException"));
    }
}
