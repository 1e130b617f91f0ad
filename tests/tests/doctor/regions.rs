//! The Regions of each account: those that are needed, what is looked at in them, and those of which nothing is known.

use integration_tests::{Deny, DenyKind, Organization, RegionStatus};

use crate::bench::{BANK, BOTH_REGIONS, Bench, MANAGEMENT, SHOP, prepared_but};

/// One in which the Bank has a Region in another state.
fn with_region(region: &str, status: RegionStatus) -> Organization {
    let mut organization = prepared_but("", "");
    organization.accounts[2].regions = [(region.to_owned(), status)].into();
    organization
}

/// The StackSet puts the role's stack into the home Region of each account.
#[test]
fn the_home_region_must_be_enabled() {
    let elsewhere = ["--regions", "us-east-1", "--rule-regions", "none"];
    let bench = Bench::new(with_region("eu-central-1", RegionStatus::Disabled));
    let outcome = bench.run(&elsewhere);
    assert_eq!(
        (outcome.status, outcome.lines()),
        (3, vec![format!("regions missing {BANK} eu-central-1: the Region is DISABLED")])
    );
    // Two in each member, one in the management account, which gets no stack of it.
    assert_eq!(outcome.ok("regions"), 4);
    // Without a role there is no stack.
    let outcome = bench.run(&[&elsewhere[..], &["--source", "config"]].concat());
    assert_eq!(outcome.ok("regions"), 3, "{:?}", outcome.lines());
    // No recorder is needed there.
    let bench = Bench::new(with_region("eu-central-1", RegionStatus::Enabling));
    let outcome = bench.run(&[&elsewhere[..], &["--source", "both"]].concat());
    assert_eq!(
        (outcome.status, outcome.lines()),
        (0, vec![format!("regions to-come {BANK} eu-central-1: AWS is enabling the Region")])
    );
}

/// The Regions of the StackSet count, wherever the caller's are.
#[test]
fn the_home_region_is_that_of_the_stack_set() {
    let mut organization = with_region("us-east-1", RegionStatus::Disabled);
    organization.cloudformation.stack_sets[0].instance_regions = vec!["us-east-1".to_owned()];
    let outcome = Bench::new(organization).run(&["--regions", "eu-central-1"]);
    assert!(
        outcome.lines().contains(&format!("regions missing {BANK} us-east-1: the Region is DISABLED")),
        "{:?}",
        outcome.lines()
    );
}

/// The rule reads repositories, keys and tags where it judges, whether or not a scan goes there.
#[test]
fn rights_are_needed_where_the_rule_judges() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "exempt_tag_key = \"encryption-exempt\"\n").unwrap();
    let policy = ["--policy", policy.to_str().unwrap()];
    let bench = Bench::new(prepared_but("", ""));
    let everything = ["--regions", "eu-central-1", "--security-hub", "--include", "templates"];
    let outcome = bench.run(&[&BOTH_REGIONS[..], &policy, &everything].concat());
    assert_eq!((outcome.status, outcome.lines()), (0, Vec::new()));
    for (check, count) in [("ecr-rights", 6), ("kms-rights", 6), ("tag-rights", 6), ("security-hub", 3)] {
        assert_eq!(outcome.ok(check), count, "{check}");
    }
    // Templates are judged by the scan alone.
    let counters = bench.0.counters();
    assert_eq!(counters.calls_of("ecr", "DescribeRepositoryCreationTemplates"), 3);
    // A scan that takes what was recorded reads nothing itself; the rule does, where it judges.
    let outcome = bench.run(&["--rule-regions", "us-east-1", "--source", "config"]);
    assert_eq!((outcome.ok("ecr-rights"), outcome.ok("kms-rights")), (3, 3), "{:?}", outcome.lines());

    let mut organization = prepared_but("", "");
    let regions = vec!["us-east-1".to_owned()];
    let denied = Deny { action: "kms:DescribeKey".to_owned(), regions, kind: Some(DenyKind::Identity) };
    organization.accounts[1].deny = vec![denied];
    let outcome = Bench::new(organization).run(&["--regions", "eu-central-1", "--rule-regions", "us-east-1"]);
    assert_eq!(outcome.status, 3);
    assert!(outcome.lines()[0].starts_with(&format!("kms-rights missing {SHOP} us-east-1")), "{:?}", outcome.lines());
}

/// An account whose Regions are not told is not looked at: each check that is not made of it says so.
#[test]
fn regions_that_may_not_be_listed() {
    let mut organization = prepared_but("", "");
    let action = "account:ListRegions".to_owned();
    organization.accounts[1].deny = vec![Deny { action, regions: Vec::new(), kind: Some(DenyKind::Identity) }];
    let bench = Bench::new(organization);
    let outcome = bench.run(&["--security-hub"]);
    let unseen = |check: &str| format!("{check} unknown {SHOP} -: the Regions of the account are not known");
    assert_eq!(outcome.status, 3);
    assert_eq!(
        outcome.lines(),
        [
            format!("regions missing {SHOP} -: account:ListRegions is denied (AccessDeniedException)"),
            unseen("recorder"),
            unseen("ecr-rights"),
            unseen("security-hub"),
        ]
    );
    assert!(outcome.commands().iter().any(|line| line.contains("iam put-role-policy") && line.contains("ListRegions")));
    assert_eq!(outcome.document["accounts"]["checked"], 3);
}

/// A Region that is being enabled comes by itself, a recorder in it does not.
#[test]
fn a_region_that_is_being_enabled() {
    let mut organization = prepared_but("", "[config]\norganization_rule = []\n");
    organization.accounts[2].regions = [("us-east-1".to_owned(), RegionStatus::Enabling)].into();
    let bench = Bench::new(organization);
    let of_the_region = |arguments: &[&str]| -> (i32, Vec<String>) {
        let outcome = bench.run(arguments);
        let place = format!("{BANK} us-east-1");
        (outcome.status, outcome.lines().into_iter().filter(|line| line.contains(&place)).collect())
    };
    let region = format!("regions to-come {BANK} us-east-1: AWS is enabling the Region");
    let recorder = format!("recorder unknown {BANK} us-east-1: AWS is enabling the Region");
    assert_eq!(of_the_region(&BOTH_REGIONS), (4, vec![region.clone(), recorder]));
    assert_eq!(of_the_region(&["--regions", "us-east-1", "--rule-regions", "none"]), (0, vec![region]));
}

/// What this version does not know may be in use, and is no Region that is left out.
#[test]
fn a_region_in_a_new_state() {
    let bench = Bench::new(with_region("us-east-1", RegionStatus::SomethingNew));
    for arguments in [&["--regions", "all"][..], &["--regions", "us-east-1"], &BOTH_REGIONS] {
        let outcome = bench.run(arguments);
        let unknown =
            format!("regions unknown {BANK} us-east-1: the Region's status `SOMETHING_NEW` is unknown to this version");
        let told: Vec<String> = outcome.lines().into_iter().filter(|line| line.starts_with("regions ")).collect();
        assert_eq!(told, [unknown], "{arguments:?}");
    }
    // Nobody asks for it.
    assert_eq!(bench.run(&["--regions", "eu-central-1"]).status, 0);
    assert_eq!(bench.run(&["--exclude-accounts", BANK, "--accounts", MANAGEMENT]).status, 0);
}
