//! Security Token Service.

use integration_tests::{Caller, Role};
use rstest::rstest;

use crate::client::Client;
use crate::world::{MANAGEMENT, MEMBER, caller_in, organization, start};

const ARN: &str = "arn:aws:iam::333333333333:role/EcrEncryptionAudit";

#[test]
fn identity_of_a_user_and_of_a_session() {
    let simulator = start(organization());
    let client = Client::new(&simulator);
    let answer = client.sts("GetCallerIdentity", &[]);
    assert_eq!(answer.element("Arn"), "arn:aws:iam::111111111111:user/security-auditor");
    let answer = client.assume(MEMBER).sts("GetCallerIdentity", &[]);
    assert_eq!(answer.element("Account"), MEMBER);
    assert_eq!(answer.element("Arn"), "arn:aws:sts::333333333333:assumed-role/EcrEncryptionAudit/test");
}

#[rstest]
#[case::no_name(&[("RoleArn", ARN)], "ValidationError")]
#[case::short_name(&[("RoleArn", ARN), ("RoleSessionName", "x")], "ValidationError")]
#[case::bad_name(&[("RoleArn", ARN), ("RoleSessionName", "a b")], "ValidationError")]
#[case::no_arn(&[("RoleSessionName", "test")], "ValidationError")]
#[case::no_role_arn(&[("RoleArn", "arn:aws:iam::333333333333:user/someone"), ("RoleSessionName", "test")], "ValidationError")]
#[case::too_short(&[("RoleArn", ARN), ("RoleSessionName", "test"), ("DurationSeconds", "899")], "ValidationError")]
#[case::longer_than_the_role_allows(&[("RoleArn", ARN), ("RoleSessionName", "test"), ("DurationSeconds", "3601")], "ValidationError")]
#[case::unknown_role(&[("RoleArn", "arn:aws:iam::333333333333:role/Other"), ("RoleSessionName", "test")], "AccessDenied")]
#[case::unknown_account(&[("RoleArn", "arn:aws:iam::999999999999:role/EcrEncryptionAudit"), ("RoleSessionName", "test")], "AccessDenied")]
#[case::other_path(&[("RoleArn", "arn:aws:iam::333333333333:role/x/EcrEncryptionAudit"), ("RoleSessionName", "test")], "AccessDenied")]
fn assume_role_refuses(#[case] parameters: &[(&str, &str)], #[case] code: &str) {
    let simulator = start(organization());
    let answer = Client::new(&simulator).sts("AssumeRole", parameters);
    assert_eq!(answer.code(), code, "{}", answer.text());
    assert_eq!(answer.status, if code == "AccessDenied" { 403 } else { 400 });
    assert_eq!(simulator.counters().outcome(code), 1);
}

#[test]
fn a_denial_names_who_what_and_which_role() {
    let simulator = start(organization());
    let arn = "arn:aws:iam::333333333333:role/Other";
    let answer = Client::new(&simulator).sts("AssumeRole", &[("RoleArn", arn), ("RoleSessionName", "test")]);
    assert_eq!(
        answer.message(),
        "User: arn:aws:iam::111111111111:user/security-auditor is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::333333333333:role/Other"
    );
}

fn assume_with(role: Role, parameters: &[(&str, &str)]) -> (u16, String) {
    let mut organization = organization();
    let arn = format!("arn:aws:iam::{MEMBER}:role{}{}", role.path, role.name);
    organization.accounts[1].roles = Some(vec![role]);
    let simulator = start(organization);
    let mut all = vec![("RoleArn", arn.as_str()), ("RoleSessionName", "test")];
    all.extend(parameters);
    let answer = Client::new(&simulator).sts("AssumeRole", &all);
    let code = if answer.status == 200 { String::new() } else { answer.code() };
    (answer.status, code)
}

#[test]
fn an_external_id_must_be_the_role_s() {
    let role = || Role { external_id: Some("secret".to_owned()), ..Role::default() };
    assert_eq!(assume_with(role(), &[("ExternalId", "secret")]).0, 200);
    assert_eq!(assume_with(role(), &[("ExternalId", "other")]).1, "AccessDenied");
    assert_eq!(assume_with(role(), &[]).1, "AccessDenied");
    // A role that asks for none takes any.
    assert_eq!(assume_with(Role::default(), &[("ExternalId", "any")]).0, 200);
}

#[rstest]
#[case::account(MANAGEMENT, 200)]
#[case::root("arn:aws:iam::111111111111:root", 200)]
#[case::user("arn:aws:iam::111111111111:user/security-auditor", 200)]
#[case::anyone("*", 200)]
#[case::another_user("arn:aws:iam::111111111111:user/somebody", 403)]
#[case::another_account("444444444444", 403)]
fn a_role_trusts_whom_it_names(#[case] principal: &str, #[case] status: u16) {
    let role = Role { trusted: Some(vec![principal.to_owned()]), ..Role::default() };
    assert_eq!(assume_with(role, &[]).0, status);
}

#[test]
fn roles_have_paths_and_longest_sessions() {
    let role = || Role { path: "/audit/ecr/".to_owned(), max_session_seconds: 7200, ..Role::default() };
    assert_eq!(assume_with(role(), &[("DurationSeconds", "7200")]).0, 200);
    assert_eq!(assume_with(role(), &[("DurationSeconds", "7201")]).1, "ValidationError");
}

#[test]
fn sessions_of_sessions_last_an_hour_at_most() {
    let mut organization = organization();
    organization.caller = Caller {
        access_key_id: "ASIACALLER".to_owned(),
        session_token: Some("token".to_owned()),
        role: Some("Auditor".to_owned()),
        ..Caller::default()
    };
    let trusted = Some(vec!["arn:aws:iam::111111111111:role/Auditor".to_owned()]);
    organization.accounts[1].roles = Some(vec![Role { trusted, max_session_seconds: 43_200, ..Role::default() }]);
    let simulator = start(organization);
    let assume = |seconds| {
        let duration = ("DurationSeconds", seconds);
        Client::new(&simulator).sts("AssumeRole", &[("RoleArn", ARN), ("RoleSessionName", "test"), duration])
    };
    assert_eq!(assume("3600").status, 200);
    let refused = assume("3601");
    assert_eq!(refused.code(), "ValidationError");
    assert!(refused.message().contains("role chaining"), "{}", refused.message());
}

#[test]
fn only_active_accounts_can_be_entered() {
    let mut organization = organization();
    organization.accounts[1].state = "SUSPENDED".to_owned().into();
    let simulator = start(organization);
    let answer = Client::new(&simulator).sts("AssumeRole", &[("RoleArn", ARN), ("RoleSessionName", "test")]);
    assert_eq!((answer.status, answer.code().as_str()), (403, "AccessDenied"));
}

#[test]
fn a_user_of_another_account_is_not_trusted_by_default() {
    let simulator = start(organization());
    let other = caller_in(MEMBER);
    let client = Client {
        access_key_id: other.access_key_id,
        secret_access_key: other.secret_access_key,
        ..Client::new(&simulator)
    };
    let arn = "arn:aws:iam::444444444444:role/EcrEncryptionAudit";
    let answer = client.sts("AssumeRole", &[("RoleArn", arn), ("RoleSessionName", "test")]);
    assert_eq!(answer.code(), "AccessDenied");
}
