//! What is found, what is said of it, and how it ends.

use std::fmt::Write as _;

use integration_tests::{Effect, Fault, RateLimit};

use crate::bench::{BANK, BOTH_REGIONS, Bench, SHOP, prepared_but};
use crate::organization::cases;

#[test]
fn everything_is_there() {
    let bench = Bench::new(prepared_but("", ""));
    let arguments = [&BOTH_REGIONS[..], &["--security-hub", "--include", "templates"]].concat();
    let outcome = bench.run(&arguments);
    assert_eq!((outcome.status, outcome.lines()), (0, Vec::new()), "{}", outcome.stderr);
    assert_eq!(outcome.document["verdict"], "ready");
    // Three accounts, of which the caller's needs no role, and the management account gets no stack instance.
    let expected = [
        ("caller", 1),
        ("organization", 1),
        ("all-features", 1),
        ("trusted-access", 2),
        ("delegated-administrator", 2),
        ("stack-set", 1),
        ("stack-instances", 2),
        ("organization-rule", 6),
        ("aggregator", 0),
        ("role", 2),
        ("regions", 6),
        ("recorder", 6),
        ("ecr-rights", 6),
        ("kms-rights", 6),
        ("tag-rights", 0),
        ("security-hub", 6),
    ];
    for (check, count) in expected {
        assert_eq!(outcome.ok(check), count, "{check}");
    }
    let (status, text) = bench.text(&[&arguments[..], &["--no-progress"]].concat());
    assert_eq!(status, 0);
    insta::with_settings!({filters => filters()}, { insta::assert_snapshot!(text) });
}

/// What differs from run to run.
fn filters() -> Vec<(&'static str, &'static str)> {
    vec![(r"\d+ \w+ \d{4}, \d\d:\d\d UTC", "TIME"), (r"request id [0-9a-f-]+", "request id ID")]
}

/// One snapshot for machines, of all that can be wrong; a person's of some of it.
#[test]
fn whatever_is_not_as_it_is_to_be() {
    let mut told = String::new();
    for case in cases() {
        let bench = Bench::new(case.organization);
        let arguments = [&BOTH_REGIONS[..], case.arguments].concat();
        let outcome = bench.run(&arguments);
        writeln!(told, "{}\n  exit status {}", case.name, outcome.status).unwrap();
        for line in outcome.lines() {
            writeln!(told, "  {line}").unwrap();
        }
        told.push('\n');
        let expected = match &outcome.document["verdict"] {
            verdict if verdict == "ready" => 0,
            verdict if verdict == "not-ready" => 3,
            _ => 4,
        };
        assert_eq!(outcome.status, expected, "{}", case.name);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn as_a_person_reads_it() {
    let told: Vec<String> = cases()
        .into_iter()
        .filter(|case| {
            [
                "a delegated administrator of nothing but AWS Config",
                "nothing is deployed",
                "a plain member",
                "no organization",
                "a member that looks at itself alone",
            ]
            .contains(&case.name)
        })
        .map(|case| {
            Bench::new(case.organization).text(&[&BOTH_REGIONS[..], &["--no-progress"], case.arguments].concat()).1
        })
        .collect();
    let told = told.join("\n────────\n\n");
    insta::with_settings!({filters => filters()}, { insta::assert_snapshot!(told) });
}

/// Passing faults are retried; those that last are told as unknown, whatever they strike.
#[test]
fn throttling() {
    let limit = |operation: &str| RateLimit {
        operation: operation.to_owned(),
        requests_per_second: 4.0,
        burst: 1.0,
        account: None,
        region: None,
        retry_after_seconds: None,
    };
    let mut organization = prepared_but("", "");
    organization.rate_limits = vec![limit("organizations:*"), limit("config:*")];
    let bench = Bench::new(organization);
    assert_eq!(bench.run(&[]).status, 0);
    let throttled =
        bench.0.counters().outcome("ThrottlingException") + bench.0.counters().outcome("TooManyRequestsException");
    assert!(throttled > 0, "{:?}", bench.0.counters().outcomes);

    // All at once and each elsewhere, as each takes its time.
    let throttled = |operation: &str, account: &str, region: &str| Fault {
        operation: Some(operation.to_owned()),
        account: Some(account.to_owned()),
        region: Some(region.to_owned()),
        effect: Effect::Throttle,
        ..Fault::default()
    };
    bench.0.reset();
    bench.0.set_faults(vec![
        throttled("config:DescribeDeliveryChannels", SHOP, "eu-central-1"),
        throttled("ecr:DescribeRepositories", SHOP, "us-east-1"),
        throttled("kms:DescribeKey", BANK, "us-east-1"),
    ]);
    let outcome = bench.run(&["--max-rate", "100"]);
    assert_eq!(outcome.status, 4, "{:?}", outcome.lines());
    let told: Vec<String> = outcome
        .findings()
        .iter()
        .map(|one| ["check", "state", "account_id", "region"].map(|name| one[name].as_str().unwrap()).join(" "))
        .collect();
    assert_eq!(
        told,
        [
            format!("recorder unknown {SHOP} eu-central-1"),
            format!("ecr-rights unknown {SHOP} us-east-1"),
            format!("kms-rights unknown {BANK} us-east-1"),
        ]
    );
    assert_eq!(outcome.document["accounts"]["checked"], 3);
}

/// What of the organization may not be read is unknown, and keeps nobody from looking at the accounts.
#[test]
fn an_organization_that_may_not_be_read() {
    for (operation, check) in [
        ("organizations:DescribeOrganization", "organization"),
        ("organizations:ListAccounts", "organization"),
        ("organizations:ListAWSServiceAccessForOrganization", "trusted-access"),
        ("cloudformation:DescribeOrganizationsAccess", "trusted-access"),
        ("cloudformation:DescribeStackSet", "stack-set"),
        ("cloudformation:ListStackInstances", "stack-instances"),
        ("config:DescribeOrganizationConfigRules", "organization-rule"),
        ("config:GetOrganizationConfigRuleDetailedStatus", "organization-rule"),
    ] {
        let mut organization = prepared_but("", "");
        let (operation, effect) = (operation.to_owned(), Effect::Deny);
        organization.faults = vec![Fault { operation: Some(operation.clone()), effect, ..Fault::default() }];
        let outcome = Bench::new(organization).run(&[]);
        assert_eq!(outcome.status, 4, "{operation}: {:?}", outcome.lines());
        let told = outcome.lines().iter().any(|line| line.starts_with(&format!("{check} unknown ")));
        assert!(told, "{operation}: {:?}", outcome.lines());
        assert!(outcome.ok("recorder") > 0, "{operation}");
    }
}

/// Accounts that nobody can use are told, and are no problem; those that are left out are not looked at.
#[test]
fn accounts_that_are_left_alone() {
    let suspended = "[[account]]\nid = \"444444444444\"\nname = \"Old\"\nstate = \"SUSPENDED\"\n";
    let bench = Bench::new(prepared_but("", suspended));
    let outcome = bench.run(&["--exclude-accounts", BANK]);
    assert_eq!((outcome.status, outcome.lines()), (0, Vec::new()));
    assert_eq!(outcome.document["accounts"]["not_active"], serde_json::json!(["444444444444"]));
    assert_eq!(outcome.document["accounts"]["found"], 2);
    assert_eq!(bench.0.counters().calls_in(BANK, "eu-central-1"), 0);
    // Where there is no other, nothing was looked at, and nothing is ready.
    let output = bench.command(&["--accounts", "444444444444"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("no account that is active") && stderr.contains("444444444444"), "{stderr}");
}
