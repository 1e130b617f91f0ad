//! AWS Organizations.

use integration_tests::{AccountStateMember, Organization, OrganizationalUnit, PathForm};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Client, strings};
use crate::world::{MEMBER, OTHER, caller_in, organization, start};

fn with_units() -> Organization {
    let unit = |id: &str, name: &str, parent: Option<&str>| OrganizationalUnit {
        id: id.to_owned(),
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
    };
    let mut organization = organization();
    organization.organizational_units =
        vec![unit("ou-root-aaaaaaaa", "Workloads", None), unit("ou-root-bbbbbbbb", "Prod", Some("ou-root-aaaaaaaa"))];
    organization.accounts[1].organizational_unit = Some("ou-root-bbbbbbbb".to_owned());
    organization.accounts[2].organizational_unit = Some("ou-root-aaaaaaaa".to_owned());
    organization
}

/// Every page of a list: the ids on each.
fn pages(client: &Client, operation: &str, member: &str, input: &Value) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut input = input.clone();
    loop {
        let answer = client.organizations(operation, &input).ok();
        pages.push(strings(&answer[member], "Id"));
        match answer.get("NextToken") {
            None => return pages,
            Some(token) => input["NextToken"] = token.clone(),
        }
    }
}

#[test]
fn accounts_come_in_pages_of_twenty() {
    let simulator = start(Organization::generated(integration_tests::Generate {
        accounts: 41,
        ..integration_tests::Generate::default()
    }));
    let pages = pages(&Client::new(&simulator), "ListAccounts", "Accounts", &json!({}));
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 1]);
}

#[test]
fn pages_may_be_empty_and_go_on() {
    let mut organization = organization();
    organization.answers.accounts_per_page = 1;
    organization.answers.empty_page_every = 2;
    let simulator = start(organization);
    let pages = pages(&Client::new(&simulator), "ListAccounts", "Accounts", &json!({}));
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 1, 1]);
    assert_eq!(pages.concat(), ["111111111111", MEMBER, OTHER]);
}

#[rstest]
#[case::too_many(json!({"MaxResults": 21}), "MAX_VALUE_EXCEEDED")]
#[case::too_few(json!({"MaxResults": 0}), "MIN_VALUE_EXCEEDED")]
#[case::made_up_token(json!({"NextToken": "made-up"}), "INVALID_PAGINATION_TOKEN")]
fn invalid_input_is_refused(#[case] input: Value, #[case] reason: &str) {
    let simulator = start(organization());
    let answer = Client::new(&simulator).organizations("ListAccounts", &input);
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidInputException"));
    assert_eq!(answer.value()["Reason"], reason);
}

#[test]
fn a_token_works_only_for_the_list_that_it_came_from() {
    let mut organization = with_units();
    organization.answers.accounts_per_page = 1;
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let token = client.organizations("ListAccounts", &json!({})).ok()["NextToken"].clone();
    let input = json!({"ParentId": "ou-root-aaaaaaaa", "NextToken": token});
    assert_eq!(client.organizations("ListAccountsForParent", &input).code(), "InvalidInputException");
}

#[test]
fn accounts_tell_their_state_and_path() {
    let mut organization = with_units();
    organization.accounts[1].state = "PENDING_CLOSURE".to_owned().into();
    let simulator = start(organization);
    let accounts = Client::new(&simulator).organizations("ListAccounts", &json!({})).ok()["Accounts"].clone();
    let member = &accounts[1];
    assert_eq!(member["Arn"], "arn:aws:organizations::111111111111:account/o-simulator1/333333333333");
    assert_eq!((&member["State"], member.get("Status")), (&json!("PENDING_CLOSURE"), None));
    assert_eq!(member["Paths"], json!(["o-simulator1/r-root/ou-root-aaaaaaaa/ou-root-bbbbbbbb/"]));
    assert_eq!(accounts[0]["Paths"], json!(["o-simulator1/r-root/"]));
}

#[test]
fn accounts_can_look_as_they_did_before() {
    let mut organization = with_units();
    organization.answers.account_state = AccountStateMember::Status;
    organization.answers.account_paths = PathForm::Absent;
    let simulator = start(organization);
    let accounts = Client::new(&simulator).organizations("ListAccounts", &json!({})).ok()["Accounts"].clone();
    assert_eq!(
        (&accounts[1]["Status"], accounts[1].get("State"), accounts[1].get("Paths")),
        (&json!("ACTIVE"), None, None)
    );
}

#[test]
fn paths_can_end_in_the_account() {
    let mut organization = with_units();
    organization.answers.account_paths = PathForm::WithAccount;
    let simulator = start(organization);
    let accounts = Client::new(&simulator).organizations("ListAccounts", &json!({})).ok()["Accounts"].clone();
    assert_eq!(accounts[2]["Paths"], json!(["o-simulator1/r-root/ou-root-aaaaaaaa/444444444444/"]));
}

#[test]
fn the_tree_can_be_walked() {
    let simulator = start(with_units());
    let client = Client::new(&simulator);
    let roots = client.organizations("ListRoots", &json!({})).ok();
    assert_eq!(strings(&roots["Roots"], "Id"), ["r-root"]);
    let below =
        |operation, member, parent: &str| pages(&client, operation, member, &json!({ "ParentId": parent })).concat();
    let units = |parent| below("ListOrganizationalUnitsForParent", "OrganizationalUnits", parent);
    let accounts = |parent| below("ListAccountsForParent", "Accounts", parent);
    assert_eq!(units("r-root"), ["ou-root-aaaaaaaa"]);
    assert_eq!(units("ou-root-aaaaaaaa"), ["ou-root-bbbbbbbb"]);
    // Not recursive.
    assert_eq!(accounts("r-root"), ["111111111111"]);
    assert_eq!(accounts("ou-root-aaaaaaaa"), [OTHER]);
    assert_eq!(accounts("ou-root-bbbbbbbb"), [MEMBER]);
    let parents = client.organizations("ListParents", &json!({"ChildId": "ou-root-bbbbbbbb"})).ok();
    assert_eq!(parents["Parents"], json!([{"Id": "ou-root-aaaaaaaa", "Type": "ORGANIZATIONAL_UNIT"}]));
    let parents = client.organizations("ListParents", &json!({"ChildId": "111111111111"})).ok();
    assert_eq!(parents["Parents"], json!([{"Id": "r-root", "Type": "ROOT"}]));
    let input = json!({"OrganizationalUnitId": "ou-root-bbbbbbbb"});
    let unit = client.organizations("DescribeOrganizationalUnit", &input).ok();
    assert_eq!(unit["OrganizationalUnit"]["Name"], "Prod");
}

#[rstest]
#[case("ListAccountsForParent", json!({"ParentId": "ou-root-zzzzzzzz"}), "ParentNotFoundException")]
#[case("ListOrganizationalUnitsForParent", json!({"ParentId": "r-none"}), "ParentNotFoundException")]
#[case("ListOrganizationalUnitsForParent", json!({}), "InvalidInputException")]
#[case("DescribeOrganizationalUnit", json!({"OrganizationalUnitId": "ou-root-zzzzzzzz"}), "OrganizationalUnitNotFoundException")]
#[case("ListParents", json!({"ChildId": "999999999999"}), "ChildNotFoundException")]
fn what_does_not_exist_is_not_found(#[case] operation: &str, #[case] input: Value, #[case] code: &str) {
    let simulator = start(with_units());
    let answer = Client::new(&simulator).organizations(operation, &input);
    assert_eq!((answer.status, answer.code().as_str()), (400, code));
}

#[test]
fn members_may_not_list_unless_they_are_delegated_administrators() {
    for delegated in [false, true] {
        let mut organization = organization();
        if delegated {
            organization.delegated_administrators = vec![MEMBER.to_owned()];
        }
        let simulator = start(organization);
        let member = caller_in(MEMBER);
        let client = Client {
            access_key_id: member.access_key_id,
            secret_access_key: member.secret_access_key,
            ..Client::new(&simulator)
        };
        let answer = client.organizations("ListAccounts", &json!({}));
        if delegated {
            assert_eq!(answer.status, 200);
        } else {
            assert_eq!((answer.status, answer.code().as_str()), (400, "AccessDeniedException"));
        }
        // Every member may ask for this.
        let organization = client.organizations("DescribeOrganization", &json!({})).ok();
        assert_eq!(organization["Organization"]["MasterAccountId"], "111111111111");
    }
}

#[test]
fn without_an_organization_everything_says_so() {
    let mut organization = organization();
    organization.in_use = false;
    let simulator = start(organization);
    for operation in ["DescribeOrganization", "ListAccounts", "ListRoots"] {
        let answer = Client::new(&simulator).organizations(operation, &json!({}));
        assert_eq!((answer.status, answer.code().as_str()), (400, "AWSOrganizationsNotInUseException"));
    }
}
