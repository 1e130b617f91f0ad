//! AWS Config's rules and conformance packs of the organization.

use integration_tests::{
    AccountState, Delegation, Generate, MemberRule, Organization, OrganizationRule, Recorder, RegionStatus,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::{Client, strings};
use crate::world::{MANAGEMENT, MEMBER, OTHER, organization, start};

const SERVICE: &str = "config-multiaccountsetup.amazonaws.com";
const STATUS: &str = "GetOrganizationConfigRuleDetailedStatus";
const RULES: &str = "DescribeOrganizationConfigRules";

fn with(rule: OrganizationRule) -> Organization {
    let mut organization = organization();
    organization.config.organization_rules = vec![rule];
    organization
}

/// Every page of the status of a rule, as account and status.
fn statuses(client: &Client, input: &Value) -> Vec<Vec<(String, String)>> {
    let (mut pages, mut input) = (Vec::new(), input.clone());
    input["OrganizationConfigRuleName"] = json!("ecr-encryption");
    loop {
        let answer = client.config(STATUS, &input).ok();
        let page = &answer["OrganizationConfigRuleDetailedStatus"];
        pages.push(strings(page, "AccountId").into_iter().zip(strings(page, "MemberAccountRuleStatus")).collect());
        match answer.get("NextToken") {
            None => return pages,
            Some(token) => input["NextToken"] = token.clone(),
        }
    }
}

fn told(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(account, status)| ((*account).to_owned(), (*status).to_owned())).collect()
}

#[test]
fn a_well_prepared_organization_has_the_rule_in_every_account() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let rules = client.config(RULES, &json!({})).ok();
    let rule = &rules["OrganizationConfigRules"][0];
    assert_eq!(rule["OrganizationConfigRuleName"], "ecr-encryption");
    let metadata = &rule["OrganizationCustomRuleMetadata"];
    assert_eq!(metadata["LambdaFunctionArn"], "arn:aws:lambda:eu-west-1:111111111111:function:ecr-encryption");
    assert_eq!(metadata["ResourceTypesScope"], json!(["AWS::ECR::Repository", "AWS::KMS::Key"]));
    let by_name = json!({"OrganizationConfigRuleNames": ["ecr-encryption"]});
    assert_eq!(client.config(RULES, &by_name).ok(), rules);
    let expected = [MANAGEMENT, MEMBER, OTHER].map(|account| (account, "CREATE_SUCCESSFUL"));
    assert_eq!(statuses(&client, &json!({})), [told(&expected)]);
}

#[test]
fn the_description_says_how_the_rule_fares() {
    let mut organization = with(OrganizationRule {
        regions: Some(vec!["us-east-1".to_owned()]),
        excluded_accounts: vec![MANAGEMENT.to_owned()],
        input_parameters: Some("{\"minimumLevel\":\"awscmk\"}".to_owned()),
        statuses: vec![MemberRule {
            account: Some(MEMBER.to_owned()),
            status: "UPDATE_FAILED".to_owned(),
            error_code: Some("AccessDenied".to_owned()),
            error_message: Some("a service control policy denies it".to_owned()),
            ..MemberRule::default()
        }],
        ..OrganizationRule::default()
    });
    organization.config.recorders =
        vec![Recorder { account: Some(OTHER.to_owned()), absent: true, ..Recorder::default() }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    assert_eq!(client.config(RULES, &json!({})).ok(), json!({"OrganizationConfigRules": []}));
    let client = client.in_region("us-east-1");
    let rule = client.config(RULES, &json!({})).ok()["OrganizationConfigRules"][0].clone();
    assert_eq!(rule["ExcludedAccounts"], json!([MANAGEMENT]));
    assert_eq!(rule["OrganizationCustomRuleMetadata"]["InputParameters"], "{\"minimumLevel\":\"awscmk\"}");
    let input = json!({"OrganizationConfigRuleName": "ecr-encryption"});
    let status = client.config(STATUS, &input).ok()["OrganizationConfigRuleDetailedStatus"].clone();
    assert_eq!(strings(&status, "AccountId"), [MEMBER, OTHER]);
    assert_eq!(strings(&status, "MemberAccountRuleStatus"), ["UPDATE_FAILED", "CREATE_FAILED"]);
    assert_eq!(strings(&status, "ErrorCode"), ["AccessDenied", "NoAvailableConfigurationRecorder"]);
    assert_eq!(status[0]["ErrorMessage"], "a service control policy denies it");
    let one = |filters: Value| statuses(&client, &json!({ "Filters": filters })).concat();
    assert_eq!(one(json!({"AccountId": OTHER})), told(&[(OTHER, "CREATE_FAILED")]));
    assert_eq!(one(json!({"MemberAccountRuleStatus": "UPDATE_FAILED"})), told(&[(MEMBER, "UPDATE_FAILED")]));
    assert_eq!(one(json!({"MemberAccountRuleStatus": "CREATE_SUCCESSFUL"})), []);
}

#[test]
fn accounts_without_the_region_or_not_active_have_no_status() {
    let mut organization = organization();
    organization.accounts[1].regions = [("eu-west-1".to_owned(), RegionStatus::Disabled)].into();
    organization.accounts[2].state = AccountState::Suspended;
    let simulator = start(organization.clone());
    let expected = told(&[(MANAGEMENT, "CREATE_SUCCESSFUL")]);
    assert_eq!(statuses(&Client::new(&simulator), &json!({})), [expected]);
    // Unless the description names them, or says that there is none at all.
    let of = |account: Option<&str>, absent| MemberRule {
        account: account.map(str::to_owned),
        absent,
        status: "DELETE_FAILED".to_owned(),
        ..MemberRule::default()
    };
    organization.config.organization_rules[0].statuses = vec![of(Some(OTHER), false), of(None, true)];
    let simulator = start(organization);
    assert_eq!(statuses(&Client::new(&simulator), &json!({})), [told(&[(OTHER, "DELETE_FAILED")])]);
}

#[rstest]
#[case::small_pages(3, json!({}), &[3, 3, 2])]
#[case::smaller_pages_asked(100, json!({"Limit": 5}), &[5, 3])]
#[case::no_limit(100, json!({"Limit": 0}), &[8])]
fn statuses_come_in_pages(#[case] most: usize, #[case] input: Value, #[case] sizes: &[usize]) {
    let mut organization = Organization::generated(Generate { accounts: 8, ..Generate::default() });
    organization.answers.results_per_page = most;
    let simulator = start(organization);
    let found = statuses(&Client::new(&simulator), &input);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
    let mut accounts = found.concat();
    accounts.dedup();
    assert_eq!(accounts.len(), 8);
}

#[test]
fn pages_of_statuses_may_be_empty_and_go_on() {
    let mut organization = organization();
    (organization.answers.results_per_page, organization.answers.empty_page_every) = (1, 2);
    let simulator = start(organization);
    let found = statuses(&Client::new(&simulator), &json!({}));
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 1, 1]);
}

#[test]
fn rules_come_in_pages() {
    let mut organization = organization();
    organization.config.organization_rules =
        ["a", "b", "c"].map(|name| OrganizationRule { name: name.to_owned(), ..OrganizationRule::default() }).into();
    organization.answers.results_per_page = 2;
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let first = client.config(RULES, &json!({})).ok();
    assert_eq!(strings(&first["OrganizationConfigRules"], "OrganizationConfigRuleName"), ["a", "b"]);
    let second = client.config(RULES, &json!({"NextToken": first["NextToken"]})).ok();
    assert_eq!(strings(&second["OrganizationConfigRules"], "OrganizationConfigRuleName"), ["c"]);
    assert_eq!(second.get("NextToken"), None);
}

#[test]
fn only_administrators_of_aws_config_see_rules_and_only_their_own() {
    let mut organization = with(OrganizationRule { account: Some(MEMBER.to_owned()), ..OrganizationRule::default() });
    organization.delegations = [(MEMBER, SERVICE), (OTHER, "config.amazonaws.com")]
        .map(|(account, service)| Delegation { account: account.to_owned(), services: vec![service.to_owned()] })
        .into();
    let simulator = start(organization.clone());
    let client = Client::new(&simulator);
    let input = json!({"OrganizationConfigRuleName": "ecr-encryption"});
    assert_eq!(client.assume(MEMBER).config(STATUS, &input).status, 200);
    assert_eq!(client.config(STATUS, &input).code(), "NoSuchOrganizationConfigRuleException");
    assert_eq!(client.config(RULES, &json!({})).ok(), json!({"OrganizationConfigRules": []}));
    for operation in [RULES, STATUS] {
        let answer = client.assume(OTHER).config(operation, &input);
        assert_eq!((answer.status, answer.code().as_str()), (400, "OrganizationAccessDeniedException"));
    }
    organization.in_use = false;
    let simulator = start(organization);
    assert_eq!(Client::new(&simulator).config(RULES, &json!({})).code(), "OrganizationAccessDeniedException");
}

/// A conformance pack is described and told of as a rule is, in words of its own.
#[test]
fn conformance_packs() {
    const PACKS: &str = "DescribeOrganizationConformancePacks";
    const PACK_STATUS: &str = "GetOrganizationConformancePackDetailedStatus";
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let by_name = json!({"OrganizationConformancePackName": "ecr-encryption"});
    assert_eq!(client.config(PACKS, &json!({})).ok(), json!({"OrganizationConformancePacks": []}));
    assert_eq!(client.config(PACK_STATUS, &by_name).code(), "NoSuchOrganizationConformancePackException");

    let mut organization = with(OrganizationRule::default());
    organization.config.organization_conformance_packs = vec![OrganizationRule {
        excluded_accounts: vec![MANAGEMENT.to_owned()],
        statuses: vec![MemberRule {
            account: Some(MEMBER.to_owned()),
            status: "CREATE_FAILED".to_owned(),
            error_code: Some("AccessDenied".to_owned()),
            ..MemberRule::default()
        }],
        ..OrganizationRule::default()
    }];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    let packs = client.config(PACKS, &json!({"OrganizationConformancePackNames": ["ecr-encryption"]})).ok();
    assert_eq!(packs, client.config(PACKS, &json!({})).ok());
    let pack = &packs["OrganizationConformancePacks"][0];
    assert_eq!(pack["OrganizationConformancePackName"], "ecr-encryption");
    assert_eq!(pack["ExcludedAccounts"], json!([MANAGEMENT]));
    let status = client.config(PACK_STATUS, &by_name).ok()["OrganizationConformancePackDetailedStatuses"].clone();
    assert_eq!(strings(&status, "AccountId"), [MEMBER, OTHER]);
    assert_eq!(strings(&status, "Status"), ["CREATE_FAILED", "CREATE_SUCCESSFUL"]);
    assert_eq!(status[0]["ErrorCode"], "AccessDenied");
    let failed = json!({"OrganizationConformancePackName": "ecr-encryption", "Filters": {"Status": "CREATE_FAILED"}});
    let status = client.config(PACK_STATUS, &failed).ok();
    assert_eq!(strings(&status["OrganizationConformancePackDetailedStatuses"], "AccountId"), [MEMBER]);
    assert_eq!(client.assume(OTHER).config(PACKS, &json!({})).code(), "OrganizationAccessDeniedException");
}

#[rstest]
#[case::unknown(STATUS, json!({"OrganizationConfigRuleName": "other"}), "NoSuchOrganizationConfigRuleException")]
#[case::no_name(STATUS, json!({}), "ValidationException")]
#[case::unknown_name(RULES, json!({"OrganizationConfigRuleNames": ["other"]}), "NoSuchOrganizationConfigRuleException")]
#[case::many_names(RULES, json!({"OrganizationConfigRuleNames": vec!["a"; 26]}), "ValidationException")]
#[case::limit(RULES, json!({"Limit": 101}), "InvalidLimitException")]
#[case::token(RULES, json!({"NextToken": "made-up"}), "InvalidNextTokenException")]
fn what_is_asked_wrongly_is_refused(#[case] operation: &str, #[case] input: Value, #[case] code: &str) {
    let simulator = start(organization());
    let answer = Client::new(&simulator).config(operation, &input);
    assert_eq!((answer.status, answer.code().as_str()), (400, code));
}
