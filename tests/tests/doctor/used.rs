//! Only what a deployment and its scans make use of must be there.

use integration_tests::{Deny, DenyKind, Role};

use crate::bench::{BOTH_REGIONS, Bench, MANAGEMENT, SHOP, prepared_but};

/// Who scans alone needs no recorder, and none is looked for.
#[test]
fn without_a_rule_nothing_must_be_recorded() {
    let recorders = "[cloudformation]\nstack_set = []\n[[config.recorder]]\nabsent = true\n";
    let mut organization = prepared_but("", recorders);
    organization.accounts[1].roles = Some(Vec::new());
    let bench = Bench::new(organization);
    let outcome = bench.run(&["--rule-regions", "none"]);
    // Nothing is recorded, but what else is in the Shop was not seen.
    assert_eq!((outcome.status, outcome.ok("recorder"), outcome.ok("organization-rule")), (4, 0, 0));
    assert_eq!(
        outcome.lines(),
        [
            "stack-set to-come - -: there is no StackSet `EcrEncryptionMemberRole` in eu-central-1".to_owned(),
            format!("role to-come {SHOP} -: the role is not deployed yet"),
            format!("ecr-rights unknown {SHOP} -: the account cannot be entered"),
        ]
    );
    assert_eq!(bench.0.counters().calls_of("config", "DescribeConfigurationRecorders"), 0);
    assert_eq!(bench.run(&[]).status, 3);
}

/// A scan that takes what AWS Config recorded lacks what it did not, rule or none.
#[test]
fn what_a_scan_takes_from_aws_config_must_be_recorded() {
    let recorder = "[[config.recorder]]\naccount = \"222222222222\"\nregion = \"us-east-1\"\nabsent = true\n";
    let bench = Bench::new(prepared_but("", recorder));
    for source in ["config", "both"] {
        for (regions, recorders) in [("none", 5), ("eu-central-1", 5)] {
            let outcome = bench.run(&["--rule-regions", regions, "--source", source]);
            let missing = format!("recorder missing {SHOP} us-east-1: there is no configuration recorder");
            assert_eq!((outcome.status, outcome.ok("recorder")), (3, recorders), "{source} {regions}");
            assert_eq!(outcome.lines(), [missing], "{source} {regions}");
        }
        let outcome = bench.run(&["--rule-regions", "none", "--source", source, "--regions", "eu-central-1"]);
        assert_eq!((outcome.status, outcome.ok("recorder")), (0, 3), "{source}");
    }
    let outcome = bench.run(&["--rule-regions", "eu-central-1"]);
    assert_eq!((outcome.status, outcome.ok("recorder")), (0, 3));
    // Where nobody can look, nobody knows.
    let mut organization = prepared_but("", "");
    organization.accounts[1].roles = Some(Vec::new());
    let outcome = Bench::new(organization).run(&["--rule-regions", "none", "--source", "config"]);
    assert_eq!(outcome.status, 4);
    assert!(outcome.lines().contains(&format!("recorder unknown {SHOP} -: the account cannot be entered")));
}

/// Of what is not made use of, nothing is demanded, and nothing is asked.
#[test]
fn only_what_is_used_must_be_allowed() {
    let mut organization = prepared_but("trusted_services = []", "[cloudformation]\nstack_set = []\n");
    organization.cloudformation.organizations_access = Some("DISABLED".to_owned());
    let bench = Bench::new(organization);
    let principals = |arguments: &[&str]| -> Vec<String> {
        let outcome = bench.run(&[&["--rule-regions", "none"], arguments].concat());
        let findings = outcome.findings().iter().filter(|one| one["check"] == "trusted-access");
        let told = |one: &serde_json::Value| one["cause"].as_str().unwrap().replace("not enabled for ", "");
        findings.map(told).map(|principal| principal.replace(".amazonaws.com", "")).collect()
    };
    let stack_sets = "member.org.stacksets.cloudformation";
    assert_eq!(principals(&[]), [stack_sets]);
    assert_eq!(principals(&["--source", "both"]), ["config", stack_sets]);
    assert_eq!(principals(&["--source", "config", "--security-hub"]), ["config", stack_sets]);
    bench.0.reset();
    assert_eq!(principals(&["--source", "config"]), ["config"]);
    assert_eq!(bench.0.counters().calls_of("cloudformation", "DescribeStackSet"), 0);
    assert_eq!(principals(&["--rule-name", "x"]), [stack_sets]);
}

/// AWS Config turns its own access on where the management account deploys; whoever was delegated cannot.
#[test]
fn what_config_enables_by_itself_comes_with_the_deployment() {
    let mut untrusted = prepared_but("trusted_services = []", "[config]\norganization_rule = []\n");
    untrusted.config.aggregators = Vec::new();
    let told = |bench: &Bench, arguments: &[&str]| -> Vec<String> {
        let outcome = bench.run(arguments);
        let findings = outcome.findings().iter().filter(|one| one["check"] == "trusted-access");
        let told = |one: &serde_json::Value| {
            let cause = one["cause"].as_str().unwrap().replace("not enabled for ", "").replace(".amazonaws.com", "");
            assert!(one["commands"][1].as_str().unwrap().starts_with("aws "), "{one}");
            format!("{} {cause}", one["state"].as_str().unwrap())
        };
        findings.map(told).collect()
    };
    let bench = Bench::new(untrusted);
    let stack_sets = "missing member.org.stacksets.cloudformation";
    let rule = |state: &str| format!("{state} config-multiaccountsetup");
    let aggregator = |state: &str| format!("{state} config");
    assert_eq!(told(&bench, &[]), [stack_sets.to_owned(), rule("to-come")]);
    assert_eq!(told(&bench, &["--rule-as", "conformance-pack"]), [stack_sets.to_owned(), rule("to-come")]);
    assert_eq!(told(&bench, &["--rule-as", "stack-sets"]), [stack_sets]);
    assert_eq!(told(&bench, &["--source", "both"]), [stack_sets.to_owned(), rule("to-come"), aggregator("to-come")]);
    let elsewhere = ["--source", "both", "--home-account", SHOP];
    assert_eq!(told(&bench, &elsewhere), [rule("missing"), aggregator("missing"), stack_sets.to_owned()]);
    // What is there already has been made with it: it was disabled later, and deploying again does not enable it.
    let bench = Bench::new(prepared_but("trusted_services = []", ""));
    assert_eq!(told(&bench, &["--source", "both"]), [rule("missing"), aggregator("missing"), stack_sets.to_owned()]);
}

/// An aggregator that the deployment makes for others needs no recorders; one that is read does.
#[test]
fn an_aggregator_that_no_scan_reads() {
    let before = "delegated_administrators = [\"222222222222\"]\ntrusted_services = []";
    let recorders = "[[config.recorder]]\nabsent = true\n";
    let bench = Bench::new(prepared_but(before, recorders));
    let made = ["--rule-regions", "none", "--aggregator", "--home-account", SHOP];
    let outcome = bench.run(&made);
    let lines = outcome.lines();
    assert!(
        lines.contains(&"trusted-access missing - -: not enabled for config.amazonaws.com".to_owned()),
        "{lines:?}"
    );
    assert_eq!((outcome.ok("delegated-administrator"), outcome.ok("aggregator")), (2, 0));
    assert!(lines.iter().all(|line| !line.starts_with("recorder") && !line.starts_with("aggregator")), "{lines:?}");
    assert_eq!(bench.0.counters().calls_of("config", "DescribeConfigurationRecorders"), 0);
}

/// A scan of what was recorded ends at once where there is no aggregator.
#[test]
fn the_aggregator_that_a_scan_reads() {
    let aggregators = |toml: &str| {
        let mut organization = prepared_but("", toml);
        organization.config.aggregators.remove(0);
        Bench::new(organization)
    };
    let told = |bench: &Bench, arguments: &[&str]| -> (i32, Vec<String>) {
        let outcome = bench.run(&[&["--source", "config"], arguments].concat());
        (outcome.status, outcome.lines().into_iter().filter(|line| line.starts_with("aggregator ")).collect())
    };
    let aggregator = |name: &str, rest: &str| {
        let place = "account = \"111111111111\"\nregion = \"eu-central-1\"";
        format!("[[config.aggregator]]\nname = \"{name}\"\n{place}\n{rest}\n")
    };
    let at_home = |state: &str, cause: &str| format!("aggregator {state} {MANAGEMENT} eu-central-1: {cause}");

    let none = aggregators("");
    let absent = at_home("to-come", "there is no configuration aggregator");
    assert_eq!(told(&none, &[]), (0, vec![absent.clone()]));
    let outcome = none.run(&["--source", "both", "--rule-regions", "none"]);
    assert!(outcome.commands().contains(&"npx cdk deploy EcrEncryptionAggregator".to_owned()));
    // Where it is not read, nobody asks for it.
    none.0.reset();
    assert_eq!(none.run(&[]).ok("aggregator"), 0);
    assert_eq!(none.0.counters().calls_of("config", "DescribeConfigurationAggregators"), 0);

    let of_others = aggregators(&aggregator("others", ""));
    assert_eq!(told(&of_others, &[]), (0, Vec::new()));
    let named = at_home("to-come", "there is no configuration aggregator `ecr-encryption`");
    assert_eq!(told(&of_others, &["--config-aggregator", "ecr-encryption"]), (0, vec![named]));
    // Nobody brings what is mistyped.
    let mistyped = at_home("missing", "there is no configuration aggregator `other`");
    assert_eq!(told(&of_others, &["--config-aggregator", "other"]), (3, vec![mistyped]));
    assert_eq!(
        told(&of_others, &["--config-region", "us-east-1"]),
        (3, vec![absent.replace("eu-central-1", "us-east-1").replace("to-come", "missing")])
    );

    let several = aggregators(&(aggregator("a", "") + &aggregator("b", "")));
    let cause = at_home("missing", "the scan cannot tell which configuration aggregator to read");
    assert_eq!(told(&several, &[]), (3, vec![cause]));
    assert_eq!(told(&several, &["--config-aggregator", "b"]), (0, Vec::new()));
    let buckets = aggregators(&aggregator("a", "resource_types = [\"AWS::S3::Bucket\"]"));
    let cause = at_home("missing", "the configuration aggregator `a` collects no AWS::ECR::Repository");
    assert_eq!(told(&buckets, &[]), (3, vec![cause]));

    // What it does not collect from, the scan does not see.
    let partial =
        aggregators(&aggregator("a", "regions = [\"eu-central-1\"]\naccounts = [\"111111111111\", \"222222222222\"]"));
    let (status, lines) = told(&partial, &["--regions", "eu-central-1"]);
    let gap = |account: &str, region: &str| {
        format!("aggregator missing {account} {region}: the configuration aggregator does not collect from there")
    };
    assert_eq!((status, lines), (3, vec![gap("333333333333", "eu-central-1")]));
    assert_eq!(
        told(&partial, &["--exclude-accounts", "333333333333"]).1,
        [gap(MANAGEMENT, "us-east-1"), gap(SHOP, "us-east-1")]
    );

    let mut organization = prepared_but("", "");
    let action = "config:DescribeConfigurationAggregators".to_owned();
    organization.caller.deny = vec![Deny { action, regions: Vec::new(), kind: Some(DenyKind::Identity) }];
    let (status, lines) = told(&Bench::new(organization), &[]);
    assert_eq!((status, lines.len()), (4, 1));
    assert!(lines[0].contains(" unknown "), "{lines:?}");
}

/// Where nothing is read of ECR, nothing is demanded of it; an account that nobody can enter is never all right.
#[test]
fn a_scan_of_what_was_recorded_reads_nothing_itself() {
    let mut organization = prepared_but("", "");
    let deny = |action: &str| Deny { action: action.to_owned(), regions: Vec::new(), kind: Some(DenyKind::Scp) };
    organization.accounts[1].deny = vec![deny("ecr:*"), deny("kms:*")];
    let recorded = ["--rule-regions", "none", "--source", "config"];
    let bench = Bench::new(organization.clone());
    let outcome = bench.run(&recorded);
    assert_eq!((outcome.status, outcome.lines()), (0, Vec::new()));
    assert_eq!((outcome.ok("ecr-rights"), outcome.ok("kms-rights"), outcome.ok("recorder")), (0, 0, 6));
    assert_eq!(bench.0.counters().calls_of("ecr", "DescribeRepositories"), 0);

    organization.accounts[1].roles = Some(Vec::new());
    let bench = Bench::new(organization);
    for source in ["api", "config", "both"] {
        for rule in ["none", "eu-central-1"] {
            for hub in [&["--security-hub"][..], &[]] {
                let outcome = bench.run(&[&["--source", source, "--rule-regions", rule], hub].concat());
                let unseen =
                    |line: &&String| line.ends_with(&format!("unknown {SHOP} -: the account cannot be entered"));
                let lines = outcome.lines();
                assert_ne!(outcome.status, 0, "{source} {rule} {hub:?}");
                assert!(lines.iter().any(|line| unseen(&line)), "{source} {rule} {hub:?}: {lines:?}");
                let is_read = source != "config" || rule != "none";
                assert_eq!(lines.iter().any(|line| line.starts_with("ecr-rights")), is_read, "{source} {rule}");
            }
        }
    }
}

/// What the role that looks may not do says nothing of the one that is deployed.
#[test]
fn another_role_lacks_rights() {
    let mut organization = prepared_but("", "");
    for account in &mut organization.accounts {
        let name = "Audit".to_owned();
        account.roles = Some(vec![Role { name, ..Role::default() }]);
    }
    let deny = |kind| Deny { action: "ecr:DescribeRepositories".to_owned(), regions: Vec::new(), kind: Some(kind) };
    let by_audit = [&BOTH_REGIONS[..], &["--role-name", "Audit", "--regions", "eu-central-1"]].concat();
    let told = |kind, arguments: &[&str]| -> (i32, Vec<String>, Vec<String>) {
        let mut organization = organization.clone();
        organization.accounts[1].deny = vec![deny(kind)];
        let outcome = Bench::new(organization).run(arguments);
        let states = outcome.findings().iter().filter(|one| one["check"] == "ecr-rights");
        let states = states.map(|one| one["state"].as_str().unwrap().to_owned()).collect();
        (outcome.status, states, outcome.commands())
    };
    let (exit_status, states, commands) = told(DenyKind::Identity, &by_audit);
    assert_eq!((exit_status, states), (4, vec!["unknown".to_owned(); 2]));
    assert!(commands.iter().all(|line| !line.contains("put-role-policy")), "{commands:?}");
    let (exit_status, states, commands) =
        told(DenyKind::Identity, &[&by_audit[..], &["--deployed-role", "Audit"]].concat());
    assert_eq!((exit_status, states), (3, vec!["missing".to_owned(); 2]));
    assert!(commands.iter().any(|line| line.contains("put-role-policy")), "{commands:?}");
    // A service control policy binds both.
    let (exit_status, states, _) = told(DenyKind::Scp, &by_audit);
    assert_eq!((exit_status, states), (3, vec!["missing".to_owned(); 2]));
}
