//! What goes wrong in AWS or on the way to it: retried, then told, never lost.

use integration_tests::{Effect, Fault, RateLimit};

use crate::harness::{BANK, Bench, HOME, REGIONS, SHOP, aes256, fault, organization, scan};

fn in_us_east_1(operation: &str, effect: Effect) -> Fault {
    Fault { region: Some("us-east-1".to_owned()), effect, ..fault(operation) }
}

/// Faults that pass, in each call of a scan: it ends as if nothing had been.
#[test]
fn passing_faults_are_retried() {
    let undisturbed = scan(organization(), &[]);
    let effects = [
        Fault { effect: Effect::Throttle, ..Fault::default() },
        Fault { effect: Effect::Error, ..Fault::default() },
        Fault { effect: Effect::Http, status: Some(502), ..Fault::default() },
        Fault { effect: Effect::Reset, ..Fault::default() },
        Fault { effect: Effect::ResetBody, ..Fault::default() },
    ];
    for effect in effects {
        let mut organization = organization();
        organization.faults = vec![Fault { times: Some(1), ..effect.clone() }];
        let outcome = scan(organization, &[]);
        assert_eq!(outcome.status, 0, "{effect:?}: {} {:?}", outcome.stderr, outcome.not_covered());
        assert_eq!(outcome.verdicts(), undisturbed.verdicts(), "{effect:?}");
        assert!(outcome.summary["api_retries"].as_u64().unwrap() > 10, "{effect:?}");
    }
}

#[test]
fn throttling_without_end_loses_the_target_and_no_other() {
    let mut organization = organization();
    organization.faults = vec![in_us_east_1("ecr:DescribeRepositories", Effect::Throttle)];
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.status, 4);
    assert_eq!(outcome.not_covered(), [format!("{SHOP} us-east-1 throttled ThrottlingException")]);
    assert_eq!((outcome.targets_scanned(), outcome.findings.len()), (5, 5));
    // One call for each of the other targets, and at least five attempts for this one.
    assert!(outcome.calls()["ecr:DescribeRepositories"] >= 5 + 5);
}

#[test]
fn server_errors_without_end_keep_what_aws_said() {
    let mut organization = organization();
    organization.faults = vec![Fault {
        code: Some("ServerException".to_owned()),
        message: Some("the store is on fire".to_owned()),
        ..in_us_east_1("ecr:DescribeRepositories", Effect::Error)
    }];
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, outcome.not_covered()), (4, vec![format!("{SHOP} us-east-1 failed ServerException")]));
    assert_eq!(outcome.entries()[0]["message"], "the store is on fire");
}

#[test]
fn an_answer_that_is_not_awss_is_told_by_its_http_status() {
    let mut organization = organization();
    organization.faults = vec![in_us_east_1("ecr:DescribeRepositories", Effect::Http)];
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, outcome.not_covered()), (4, vec![format!("{SHOP} us-east-1 failed HTTP 503")]));
}

#[test]
fn an_answer_that_breaks_off_is_no_empty_answer() {
    let mut organization = organization();
    organization.faults = vec![in_us_east_1("ecr:DescribeRepositories", Effect::Malformed)];
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.status, 4, "{:?}", outcome.not_covered());
    assert_eq!(outcome.entries().len(), 1);
    assert_eq!(outcome.entries()[0]["cause"], "failed");
    assert_eq!(outcome.targets_scanned(), 5);
}

#[test]
fn no_answer_in_time_is_retried_and_told() {
    let mut organization = organization();
    organization.faults = vec![in_us_east_1("ecr:DescribeRepositories", Effect::Hang)];
    let bench = Bench::new(organization);
    let mut command = bench.command(&["--attempt-timeout", "1"]);
    // Nothing waits for the whole scan: the others are done, and each attempt ends by itself.
    let outcome = crate::harness::Outcome::new(command.output().unwrap(), &bench.report());
    assert_eq!((outcome.status, outcome.not_covered()), (4, vec![format!("{SHOP} us-east-1 failed -")]));
    assert_eq!(outcome.entries()[0]["message"], "no answer in time");
    assert_eq!(outcome.targets_scanned(), 5);
}

#[test]
fn the_second_page_fails_and_the_first_is_kept() {
    let mut organization = organization();
    organization.answers.repositories_per_page = 10;
    for number in 0..25 {
        organization.repositories.push(aes256(SHOP, "us-east-1", &format!("many/{number:02}")));
    }
    organization.faults = vec![Fault {
        skip: 1,
        code: Some("AccessDeniedException".to_owned()),
        status: Some(400),
        message: Some("not any more".to_owned()),
        ..in_us_east_1("ecr:DescribeRepositories", Effect::Error)
    }];
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.status, 3);
    assert_eq!(outcome.not_covered(), [format!("{SHOP} us-east-1 access-denied AccessDeniedException")]);
    assert_eq!(outcome.entries()[0]["message"], "after 10 repositories: not any more");
    assert_eq!((outcome.targets_scanned(), outcome.findings.len()), (5, 15));
}

#[test]
fn the_second_page_of_accounts_fails_and_the_first_is_scanned() {
    let mut organization = organization();
    organization.answers.accounts_per_page = 2;
    organization.faults = vec![Fault {
        operation: Some("organizations:ListAccounts".to_owned()),
        skip: 1,
        effect: Effect::Throttle,
        ..Fault::default()
    }];
    let bench = Bench::new(organization);
    let output = bench.command(&[]).output().unwrap();
    // The rest of the accounts can be read yet: it is no finished run.
    assert!(!bench.report().exists());
    let outcome = crate::harness::Outcome::new(output, &crate::output::beside(&bench, "failed-"));
    assert_eq!((outcome.status, outcome.targets_scanned()), (4, 4));
    assert_eq!(outcome.not_covered(), ["- - throttled TooManyRequestsException"]);
    assert!(outcome.entries()[0]["message"].as_str().unwrap().contains("could not be listed to the end"));
}

#[test]
fn throttled_roles_are_throttled_and_not_denied() {
    let mut organization = organization();
    organization.faults = vec![Fault { effect: Effect::Throttle, ..fault("sts:AssumeRole") }];
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, outcome.not_covered()), (4, vec![format!("{SHOP} - throttled Throttling")]));
    assert_eq!(outcome.findings.len(), 4);
}

#[test]
fn a_key_that_cannot_be_asked_for_is_no_verdict() {
    let mut organization = organization();
    organization.repositories.push(aes256(SHOP, "us-east-1", "old"));
    organization.faults = vec![in_us_east_1("kms:DescribeKey", Effect::Throttle)];
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.status, 3);
    assert_eq!(outcome.not_covered(), [format!("{SHOP} us-east-1 throttled ThrottlingException")]);
    let message = outcome.entries()[0]["message"].as_str().unwrap();
    assert!(message.starts_with("1 repository was read but not judged (app)"), "{message}");
    // What needs no key is judged all the same, and the target does not count as scanned.
    outcome.finding(SHOP, "us-east-1", "old");
    assert_eq!((outcome.targets_scanned(), outcome.findings.len()), (5, 6));
}

#[test]
fn credentials_that_expire_in_mid_run_are_renewed() {
    // Once, told by AWS although they seemed to live on.
    let mut organization = organization();
    organization.faults = vec![Fault { times: Some(1), ..in_us_east_1("ecr:DescribeRepositories", Effect::Expired) }];
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, outcome.findings.len()), (0, 6), "{:?}", outcome.not_covered());
    assert_eq!(outcome.calls()["sts:AssumeRole"], 3);
}

#[test]
fn credentials_that_live_for_seconds_are_renewed_before_they_expire() {
    let mut organization = organization();
    organization.credential_lifetime_seconds = Some(2);
    // Slow enough that a session does not last for one account's pages.
    organization.answers.repositories_per_page = 1;
    for number in 0..8 {
        organization.repositories.push(aes256(SHOP, "us-east-1", &format!("many/{number}")));
    }
    organization.faults =
        vec![Fault { milliseconds: Some(500), ..in_us_east_1("ecr:DescribeRepositories", Effect::Slow) }];
    let outcome = scan(organization, &["--accounts", SHOP]);
    assert_eq!((outcome.status, outcome.findings.len()), (3, 10), "{:?}", outcome.not_covered());
    assert!(outcome.calls()["sts:AssumeRole"] >= 2, "{:?}", outcome.calls());
}

#[test]
fn credentials_that_are_always_expired_lose_the_target() {
    let mut organization = organization();
    organization.faults = vec![in_us_east_1("ecr:DescribeRepositories", Effect::Expired)];
    let outcome = scan(organization, &[]);
    assert_eq!(
        (outcome.status, outcome.not_covered()),
        (4, vec![format!("{SHOP} us-east-1 failed ExpiredTokenException")])
    );
}

#[test]
fn credentials_that_a_region_does_not_know_are_explained() {
    let mut organization = organization();
    organization.faults = vec![Fault {
        code: Some("UnrecognizedClientException".to_owned()),
        status: Some(400),
        ..in_us_east_1("ecr:DescribeRepositories", Effect::Error)
    }];
    let outcome = scan(organization, &[]);
    assert_eq!(outcome.not_covered(), [format!("{SHOP} us-east-1 failed UnrecognizedClientException")]);
    assert!(outcome.entries()[0]["hint"].as_str().unwrap().contains("valid in all Regions"));
}

#[test]
fn tags_that_cannot_be_read_exempt_nothing() {
    let mut organization = organization();
    let mut exempt = aes256(SHOP, "us-east-1", "exempt");
    exempt.tags = [("exempt".to_owned(), String::new())].into();
    organization.repositories.push(exempt);
    organization.faults = vec![Fault {
        code: Some("AccessDeniedException".to_owned()),
        status: Some(400),
        ..in_us_east_1("tag:GetResources", Effect::Error)
    }];
    let bench = Bench::new(organization);
    let policy = bench.policy("exempt_tag_key = \"exempt\"");
    let outcome = bench.scan(&["--policy", &policy]);
    assert_eq!(outcome.status, 3);
    let finding = outcome.finding(SHOP, "us-east-1", "exempt");
    assert_eq!(finding["status"], "NON_COMPLIANT");
    assert!(finding["reason"].as_str().unwrap().contains("its tags may not be read (AccessDeniedException)"));
    assert_eq!(outcome.finding(SHOP, "us-east-1", "app")["status"], "COMPLIANT");
}

#[test]
fn a_low_rate_is_kept_to() {
    let mut organization = organization();
    organization.rate_limits = vec![RateLimit {
        operation: "ecr:DescribeRepositories".to_owned(),
        requests_per_second: 4.0,
        burst: 1.0,
        account: None,
        region: None,
        ..RateLimit::default()
    }];
    organization.answers.repositories_per_page = 1;
    for number in 0..5 {
        organization.repositories.push(aes256(BANK, "eu-west-1", &format!("many/{number}")));
    }
    let outcome = scan(organization, &[]);
    assert_eq!((outcome.status, outcome.findings.len()), (3, 11), "{:?}", outcome.not_covered());
}

#[test]
fn an_endpoint_that_is_down_from_the_start_ends_the_run() {
    let bench = Bench::new(organization());
    let mut command = bench.command(&["--attempt-timeout", "1"]);
    // A port of a listener that is gone.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")).output().unwrap();
    let outcome = crate::harness::Outcome::new(output, &bench.report());
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("AWS STS does not answer"), "{}", outcome.stderr);
    assert!(outcome.summary.is_null());
}

#[test]
fn an_endpoint_that_is_down_for_one_service_is_a_gap_everywhere() {
    let bench = Bench::new(organization());
    let mut command = bench.command(&[]);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = command.env("AWS_ENDPOINT_URL_ECR", format!("http://127.0.0.1:{port}")).output().unwrap();
    let outcome = crate::harness::Outcome::new(output, &bench.report());
    assert_eq!(outcome.status, 4);
    let expected: Vec<String> = [HOME, SHOP, BANK]
        .iter()
        .flat_map(|account| REGIONS.map(|region| format!("{account} {region} failed -")))
        .collect();
    assert_eq!(outcome.not_covered(), expected);
    assert!(outcome.entries()[0]["message"].as_str().unwrap().contains("refused"), "{}", outcome.entries()[0]);
}
