//! Issued credentials: whose account they speak for, their token, their end; what they may not do.

use integration_tests::{Deny, DenyKind, Role, Simulator};
use rstest::rstest;
use serde_json::json;

use crate::client::{Answer, Client, admin, strings};
use crate::world::{MANAGEMENT, MEMBER, OTHER, organization, repository, start};

#[test]
fn the_registry_is_that_of_the_credentials() {
    let mut organization = organization();
    organization.repositories = vec![repository(MEMBER, "of-member"), repository(OTHER, "of-other")];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    for (account, name) in [(MEMBER, "of-member"), (OTHER, "of-other")] {
        let answer = client.assume(account).ecr("DescribeRepositories", &json!({})).ok();
        assert_eq!(strings(&answer["repositories"], "repositoryName"), [name]);
        assert_eq!(strings(&answer["repositories"], "registryId"), [account]);
    }
}

#[test]
fn temporary_credentials_need_their_own_token() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let (member, other) = (client.assume(MEMBER), client.assume(OTHER));
    for token in [None, Some("made-up".to_owned()), other.token] {
        let client = Client { token, ..member.clone() };
        assert_eq!(client.ecr("DescribeRepositories", &json!({})).code(), "UnrecognizedClientException");
        assert_eq!(client.sts("GetCallerIdentity", &[]).code(), "InvalidClientTokenId");
    }
}

#[test]
fn expired_credentials_are_refused_by_every_service() {
    let mut organization = organization();
    organization.credential_lifetime_seconds = Some(0);
    let simulator = start(organization);
    let client = Client::new(&simulator).assume(MEMBER);
    let answer = client.ecr("DescribeRepositories", &json!({}));
    assert_eq!((answer.status, answer.code().as_str()), (400, "ExpiredTokenException"));
    let answer = client.sts("GetCallerIdentity", &[]);
    assert_eq!((answer.status, answer.code().as_str()), (403, "ExpiredToken"));
    let answer = client.list_regions(&json!({}));
    assert_eq!((answer.status, answer.code().as_str()), (403, "ExpiredTokenException"));
}

#[rstest]
#[case::identity(DenyKind::Identity, "because no identity-based policy allows the ecr:DescribeRepositories action")]
#[case::explicit(DenyKind::Explicit, "with an explicit deny in an identity-based policy")]
#[case::scp(DenyKind::Scp, "with an explicit deny in a service control policy")]
fn a_role_may_be_denied_an_action_in_a_region(#[case] kind: DenyKind, #[case] why: &str) {
    let mut organization = organization();
    let deny =
        Deny { action: "ecr:DescribeRepositories".to_owned(), regions: vec!["eu-west-1".to_owned()], kind: Some(kind) };
    organization.accounts[1].roles = Some(vec![Role { deny: vec![deny], ..Role::default() }]);
    let simulator = start(organization);
    let client = Client::new(&simulator).assume(MEMBER);
    let answer = client.ecr("DescribeRepositories", &json!({}));
    assert_eq!((answer.status, answer.code().as_str()), (400, "AccessDeniedException"));
    assert_eq!(
        answer.message(),
        format!(
            "User: arn:aws:sts::{MEMBER}:assumed-role/EcrEncryptionAudit/test is not authorized to perform: ecr:DescribeRepositories on resource: arn:aws:ecr:eu-west-1:{MEMBER}:repository/* {why}"
        )
    );
    assert_eq!(client.in_region("us-east-1").ecr("DescribeRepositories", &json!({})).status, 200);
    assert_eq!(client.describe_key("alias/none").code(), "NotFoundException");
}

#[test]
fn a_service_control_policy_strikes_members_and_not_the_management_account() {
    let mut organization = organization();
    let deny = Deny { action: "ecr:*".to_owned(), regions: Vec::new(), kind: None };
    organization.accounts[0].deny = vec![deny.clone()];
    organization.accounts[1].deny = vec![deny];
    let simulator = start(organization);
    let client = Client::new(&simulator);
    assert_eq!(client.ecr("DescribeRepositories", &json!({})).status, 200);
    let answer = client.assume(MEMBER).ecr("DescribeRepositories", &json!({}));
    assert!(answer.message().ends_with("with an explicit deny in a service control policy"), "{}", answer.message());
}

#[test]
fn a_caller_may_be_denied_assuming_roles() {
    let mut organization = organization();
    organization.caller.deny = vec![Deny { action: "sts:AssumeRole".to_owned(), regions: Vec::new(), kind: None }];
    let simulator = start(organization);
    let arn = "arn:aws:iam::333333333333:role/EcrEncryptionAudit";
    let client = Client::new(&simulator);
    assert_eq!(client.sts("AssumeRole", &[("RoleArn", arn), ("RoleSessionName", "test")]).code(), "AccessDenied");
    assert_eq!(client.sts("GetCallerIdentity", &[]).status, 200);
}

#[test]
fn issued_credentials_can_not_be_made_up() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let member = client.assume(MEMBER);
    let token = member.token.clone().expect("a token");
    // Another server with another seed issues other credentials for the same.
    let mut other = organization();
    other.seed = 2;
    let stranger = Client { address: simulator.address(), ..Client::new(&start(other)).assume(MEMBER) };
    // Its last digit belongs to what the token says.
    let last = if token.ends_with('0') { "1" } else { "0" };
    let changed = Client { token: Some(format!("{}{last}", &token[..token.len() - 1])), ..member.clone() };
    let secret = Client { secret_access_key: "made-up".to_owned(), ..member.clone() };
    assert_eq!(member.sts("GetCallerIdentity", &[]).status, 200);
    assert_eq!(stranger.sts("GetCallerIdentity", &[]).code(), "InvalidClientTokenId");
    assert_eq!(changed.sts("GetCallerIdentity", &[]).code(), "InvalidClientTokenId");
    assert_eq!(secret.sts("GetCallerIdentity", &[]).code(), "SignatureDoesNotMatch");
}

fn renewed(simulator: &Simulator) -> Answer {
    admin(simulator, "GET", "caller-credentials", "")
}

fn client_with(simulator: &Simulator, answer: &Answer) -> Client {
    let told = answer.ok();
    let text = |name: &str| told[name].as_str().expect("a text").to_owned();
    Client {
        access_key_id: text("AccessKeyId"),
        secret_access_key: text("SecretAccessKey"),
        token: Some(text("Token")),
        ..Client::new(simulator)
    }
}

#[test]
fn a_caller_can_renew_its_credentials_until_its_session_ends() {
    let mut organization = organization();
    organization.caller.renewals = Some(2);
    let simulator = start(organization);
    let clients = [renewed(&simulator), renewed(&simulator)].map(|answer| client_with(&simulator, &answer));
    assert_ne!(clients[0].access_key_id, clients[1].access_key_id);
    for client in &clients {
        let identity = client.sts("GetCallerIdentity", &[]);
        assert_eq!(identity.element("Arn"), format!("arn:aws:iam::{MANAGEMENT}:user/security-auditor"));
        assert_eq!(client.assume(MEMBER).ecr("DescribeRepositories", &json!({})).status, 200);
    }
    let refused = renewed(&simulator);
    assert_eq!((refused.status, refused.value()["code"].as_str()), (403, Some("ExpiredSession")));
    assert_eq!(simulator.counters().caller_credentials_issued, 2);
    simulator.set_caller_renewals(Some(1));
    assert_eq!((renewed(&simulator).status, renewed(&simulator).status), (200, 403));
    assert_eq!(admin(&simulator, "POST", "caller-credentials", r#"{"renewals": null}"#).status, 204);
    assert_eq!(renewed(&simulator).status, 200);
    assert_eq!(admin(&simulator, "POST", "caller-credentials", r#"{"renewal": 1}"#).status, 400);
}

#[test]
fn a_caller_s_credentials_expire() {
    let mut organization = organization();
    organization.caller.lifetime_seconds = 0;
    let simulator = start(organization);
    let client = client_with(&simulator, &renewed(&simulator));
    assert_eq!(client.sts("GetCallerIdentity", &[]).code(), "ExpiredToken");
    // Those in the description last.
    assert_eq!(Client::new(&simulator).sts("GetCallerIdentity", &[]).status, 200);
}

#[test]
fn the_environment_of_a_renewing_caller_has_no_lasting_credentials() {
    let simulator = start(organization());
    let environment = simulator.renewing_environment();
    let value = |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let uri = format!("{}/_simulator/caller-credentials", simulator.endpoint());
    assert_eq!(value("AWS_CONTAINER_CREDENTIALS_FULL_URI"), Some(uri));
    assert_eq!(value("AWS_ACCESS_KEY_ID"), None);
    assert_eq!(value("AWS_ENDPOINT_URL"), Some(simulator.endpoint()));
}
