//! AWS `CloudFormation`: the role's `StackSet` and its instances.

use integration_tests::{
    AccountState, CloudFormationService, Delegation, Deny, Generate, Organization, OrganizationalUnit, Role,
    StackInstance, StackSet,
};
use rstest::rstest;

use crate::client::{Answer, Client, elements};
use crate::world::{MANAGEMENT, MEMBER, OTHER, organization, start};

const NAME: (&str, &str) = ("StackSetName", "EcrEncryptionMemberRole");
const DELEGATED: (&str, &str) = ("CallAs", "DELEGATED_ADMIN");
const SERVICE: &str = "member.org.stacksets.cloudformation.amazonaws.com";

fn with(stack_set: StackSet) -> Organization {
    let cloudformation = CloudFormationService { stack_sets: vec![stack_set], ..CloudFormationService::default() };
    Organization { cloudformation, ..organization() }
}

/// MEMBER is a delegated administrator for everything, OTHER for AWS Config's aggregators only.
fn delegating(organization: Organization) -> Organization {
    let services = vec!["config.amazonaws.com".to_owned()];
    Organization {
        delegated_administrators: vec![MEMBER.to_owned()],
        delegations: vec![Delegation { account: OTHER.to_owned(), services }],
        ..organization
    }
}

fn unit(id: &str, parent: Option<&str>) -> OrganizationalUnit {
    OrganizationalUnit { id: id.to_owned(), name: id.to_owned(), parent: parent.map(str::to_owned) }
}

/// Every page of the instances, as account and Region.
fn pages(client: &Client, parameters: &[(&str, &str)]) -> Vec<Vec<(String, String)>> {
    let (mut pages, mut token) = (Vec::new(), None);
    loop {
        let mut all = vec![NAME];
        all.extend(parameters);
        let token_now: Option<String> = token.take();
        all.extend(token_now.as_deref().map(|token| ("NextToken", token)));
        let answer = client.cloudformation("ListStackInstances", &all);
        assert_eq!(answer.status, 200, "{}", answer.text());
        pages.push(elements(&answer, "Account").into_iter().zip(elements(&answer, "Region")).collect());
        match elements(&answer, "NextToken").pop() {
            None => return pages,
            some => token = some,
        }
    }
}

fn accounts(client: &Client, parameters: &[(&str, &str)]) -> Vec<String> {
    pages(client, parameters).concat().into_iter().map(|(account, _)| account).collect()
}

fn refusal(answer: &Answer) -> (u16, String, String) {
    (answer.status, answer.code(), answer.message())
}

#[test]
fn a_well_prepared_organization_has_the_stack_set_everywhere() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let answer = client.cloudformation("DescribeOrganizationsAccess", &[]);
    assert_eq!(answer.element("Status"), "ENABLED");
    let told = client.cloudformation("DescribeStackSet", &[NAME]);
    assert_eq!(told.status, 200, "{}", told.text());
    assert_eq!(told.element("Status"), "ACTIVE");
    assert_eq!(told.element("PermissionModel"), "SERVICE_MANAGED");
    assert_eq!(
        told.element("AutoDeployment"),
        "<Enabled>true</Enabled><RetainStacksOnAccountRemoval>false</RetainStacksOnAccountRemoval>"
    );
    assert_eq!(told.element("ManagedExecution"), "<Active>true</Active>");
    assert_eq!(told.element("OrganizationalUnitIds"), "<member>r-root</member>");
    assert_eq!(told.element("Regions"), "<member>eu-west-1</member>");
    // Everywhere but in the management account, in the StackSet's Region.
    let expected = [MEMBER, OTHER].map(|id| (id.to_owned(), "eu-west-1".to_owned()));
    assert_eq!(pages(&client, &[]), [expected]);
    let instances = client.cloudformation("ListStackInstances", &[NAME]);
    assert_eq!(elements(&instances, "Status"), ["CURRENT", "CURRENT"]);
    assert_eq!(elements(&instances, "DetailedStatus"), ["SUCCEEDED", "SUCCEEDED"]);
    assert_eq!(elements(&instances, "OrganizationalUnitId"), ["r-root", "r-root"]);
    // Its id is as good as its name.
    let id = told.element("StackSetId");
    assert_eq!(client.cloudformation("DescribeStackSet", &[("StackSetName", &id)]).status, 200);
    // Calls are counted where they are made.
    assert_eq!(simulator.counters().calls_of("cloudformation", "ListStackInstances"), 2);
    assert_eq!(simulator.counters().calls_in(MANAGEMENT, "eu-west-1"), 5);
}

#[rstest]
#[case::management(MANAGEMENT, &[], None)]
#[case::management_by_delegation(MANAGEMENT, &[DELEGATED], Some("Account used is not a delegated administrator"))]
#[case::delegated(MEMBER, &[DELEGATED], None)]
#[case::delegated_for_others(OTHER, &[DELEGATED], Some("Account used is not a delegated administrator"))]
#[case::invalid(
    MANAGEMENT,
    &[("CallAs", "ME")],
    Some("1 validation error detected: Value 'ME' at 'callAs' failed to satisfy constraint: Member must satisfy enum value set: [DELEGATED_ADMIN, SELF]")
)]
fn who_may_call_how(#[case] account: &str, #[case] parameters: &[(&str, &str)], #[case] refused: Option<&str>) {
    let simulator = start(delegating(organization()));
    let mut client = Client::new(&simulator);
    if account != MANAGEMENT {
        client = client.assume(account);
    }
    for operation in ["DescribeOrganizationsAccess", "DescribeStackSet", "ListStackInstances"] {
        let answer = client.cloudformation(operation, &[&[NAME], parameters].concat());
        match refused {
            None => assert_eq!(answer.status, 200, "{}", answer.text()),
            Some(message) => {
                assert_eq!(refusal(&answer), (400, "ValidationError".to_owned(), message.to_owned()), "{operation}");
            }
        }
    }
}

#[test]
fn members_that_call_for_themselves_see_no_stack_set_of_the_organization() {
    let simulator = start(delegating(organization()));
    let client = Client::new(&simulator).assume(MEMBER);
    let answer = client.cloudformation("DescribeStackSet", &[NAME]);
    let message = "StackSet EcrEncryptionMemberRole not found".to_owned();
    assert_eq!(refusal(&answer), (404, "StackSetNotFoundException".to_owned(), message));
    let answer = client.cloudformation("DescribeOrganizationsAccess", &[]);
    assert_eq!((answer.status, answer.code().as_str()), (400, "ValidationError"));
    assert!(answer.message().starts_with("You must be the management account"), "{}", answer.message());
}

#[test]
fn a_delegated_administrator_that_may_not_ask_organizations_is_none() {
    let mut organization = delegating(organization());
    let deny = |action: &str| Deny { action: action.to_owned(), regions: Vec::new(), kind: None };
    organization.accounts[1].roles =
        Some(vec![Role { deny: vec![deny("organizations:ListDelegatedAdministrators")], ..Role::default() }]);
    let simulator = start(organization);
    let client = Client::new(&simulator).assume(MEMBER);
    let answer = client.cloudformation("DescribeStackSet", &[NAME, DELEGATED]);
    assert_eq!(answer.message(), "Account used is not a delegated administrator");
}

#[test]
fn a_denied_call_is_denied_in_the_words_of_its_protocol() {
    let mut organization = organization();
    organization.caller.deny = vec![Deny { action: "cloudformation:*".to_owned(), regions: Vec::new(), kind: None }];
    let simulator = start(organization);
    let answer = Client::new(&simulator).cloudformation("ListStackInstances", &[NAME]);
    assert_eq!((answer.status, answer.code().as_str()), (403, "AccessDenied"));
    assert!(answer.text().contains("http://cloudformation.amazonaws.com/doc/2010-05-15/"), "{}", answer.text());
    assert_eq!(Client::new(&simulator).cloudformation("DeleteStackSet", &[NAME]).code(), "InvalidAction");
}

#[rstest]
#[case::trusted(None, true, "ENABLED")]
#[case::not_trusted(None, false, "DISABLED")]
#[case::trusted_in_vain(Some("DISABLED"), true, "DISABLED")]
fn access_follows_trust_unless_told_otherwise(#[case] said: Option<&str>, #[case] trusted: bool, #[case] told: &str) {
    let mut organization = organization();
    organization.cloudformation.organizations_access = said.map(str::to_owned);
    organization.trusted_services.retain(|service| trusted || service != SERVICE);
    let simulator = start(organization);
    assert_eq!(Client::new(&simulator).cloudformation("DescribeOrganizationsAccess", &[]).element("Status"), told);
}

#[test]
fn a_stack_set_can_be_missing_elsewhere_or_half_done() {
    let text = "[[account]]\nid = '111111111111'\n[cloudformation]\nstack_set = []\n";
    let simulator = start(Organization::parse(text).expect("a description"));
    let answer = Client::new(&simulator).cloudformation("DescribeStackSet", &[NAME]);
    assert_eq!(answer.code(), "StackSetNotFoundException");

    let stack_set = StackSet {
        region: Some("us-east-1".to_owned()),
        description: Some("a <role>".to_owned()),
        auto_deployment: false,
        managed_execution: false,
        ..StackSet::default()
    };
    let simulator = start(with(stack_set));
    let client = Client::new(&simulator);
    assert_eq!(client.cloudformation("DescribeStackSet", &[NAME]).code(), "StackSetNotFoundException");
    let told = client.in_region("us-east-1").cloudformation("DescribeStackSet", &[NAME]);
    assert_eq!(told.element("AutoDeployment"), "<Enabled>false</Enabled>");
    assert_eq!(told.element("ManagedExecution"), "<Active>false</Active>");
    assert_eq!(told.element("Description"), "a &lt;role&gt;");
}

#[test]
fn instances_are_where_the_units_and_the_description_want_them() {
    let mut organization = with(StackSet {
        organizational_units: vec!["ou-root-aaaaaaaa".to_owned()],
        instance_regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
        instances: vec![StackInstance {
            account: Some(MEMBER.to_owned()),
            region: Some("us-east-1".to_owned()),
            status: "OUTDATED".to_owned(),
            detailed_status: Some("FAILED".to_owned()),
            status_reason: Some("Resource EcrEncryptionMemberRole already exists".to_owned()),
            ..StackInstance::default()
        }],
        ..StackSet::default()
    });
    organization.organizational_units =
        vec![unit("ou-root-aaaaaaaa", None), unit("ou-root-bbbbbbbb", Some("ou-root-aaaaaaaa"))];
    organization.accounts[1].organizational_unit = Some("ou-root-bbbbbbbb".to_owned());
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let answer = client.cloudformation("ListStackInstances", &[NAME]);
    assert_eq!(elements(&answer, "Account"), [MEMBER, MEMBER]);
    assert_eq!(elements(&answer, "OrganizationalUnitId"), ["ou-root-aaaaaaaa", "ou-root-aaaaaaaa"]);
    assert_eq!(elements(&answer, "Status"), ["CURRENT", "OUTDATED"]);
    assert_eq!(elements(&answer, "DetailedStatus"), ["SUCCEEDED", "FAILED"]);
    assert_eq!(elements(&answer, "StatusReason"), ["Resource EcrEncryptionMemberRole already exists"]);
    let filtered = |parameters: &[(&str, &str)]| pages(&client, parameters).concat();
    let there = |region: &str| vec![(MEMBER.to_owned(), region.to_owned())];
    assert_eq!(filtered(&[("StackInstanceRegion", "us-east-1")]), there("us-east-1"));
    let failed = [("Filters.member.1.Name", "DETAILED_STATUS"), ("Filters.member.1.Values", "FAILED")];
    assert_eq!(filtered(&failed), there("us-east-1"));
    assert_eq!(filtered(&[("StackInstanceAccount", OTHER)]), []);
}

#[test]
fn suspended_accounts_have_no_instance_unless_the_description_names_it() {
    let mut organization = with(StackSet {
        instances: vec![
            StackInstance {
                account: Some(MEMBER.to_owned()),
                status: "OUTDATED".to_owned(),
                detailed_status: Some("SKIPPED_SUSPENDED_ACCOUNT".to_owned()),
                ..StackInstance::default()
            },
            StackInstance { absent: true, ..StackInstance::default() },
        ],
        ..StackSet::default()
    });
    organization.accounts[1].state = AccountState::Suspended;
    let simulator = start(organization.clone());
    assert_eq!(accounts(&Client::new(&simulator), &[]), [MEMBER]);
    organization.cloudformation.stack_sets[0].instances.clear();
    let simulator = start(organization);
    assert_eq!(accounts(&Client::new(&simulator), &[]), [OTHER]);
}

#[rstest]
#[case::small_pages(2, &[], &[2, 2, 2, 1])]
#[case::smaller_pages_asked(100, &[("MaxResults", "3")], &[3, 3, 1])]
#[case::one_account(1, &[("StackInstanceAccount", "200000000004")], &[1])]
fn instances_come_in_pages(#[case] most: usize, #[case] parameters: &[(&str, &str)], #[case] sizes: &[usize]) {
    let mut organization = Organization::generated(Generate { accounts: 8, ..Generate::default() });
    organization.answers.results_per_page = most;
    let simulator = start(organization);
    let found = pages(&Client::new(&simulator), parameters);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
    let mut ids: Vec<_> = found.concat();
    ids.dedup();
    assert_eq!(ids.len(), sizes.iter().sum::<usize>());
}

#[test]
fn pages_may_be_empty_and_go_on() {
    let mut organization = Organization::generated(Generate { accounts: 6, ..Generate::default() });
    (organization.answers.results_per_page, organization.answers.empty_page_every) = (2, 2);
    let simulator = start(organization);
    let found = pages(&Client::new(&simulator), &[]);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0, 2, 1]);
    assert_eq!(found.concat().len(), 5);
}

#[rstest]
#[case::no_name(&[], "Value null at 'stackSetName'")]
#[case::page_of_none(&[NAME, ("MaxResults", "0")], "greater than or equal to 1")]
#[case::too_large_a_page(&[NAME, ("MaxResults", "101")], "less than or equal to 100")]
#[case::made_up_token(&[NAME, ("NextToken", "made-up")], "Invalid NextToken")]
fn what_is_asked_wrongly_is_refused(#[case] parameters: &[(&str, &str)], #[case] part: &str) {
    let simulator = start(organization());
    let answer = Client::new(&simulator).cloudformation("ListStackInstances", parameters);
    assert_eq!((answer.status, answer.code().as_str()), (400, "ValidationError"));
    assert!(answer.message().contains(part), "{}", answer.message());
}
