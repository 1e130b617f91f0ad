//! Accounts that are to be entered: with which role, whether it is there, and what is not seen without.

use integration_tests::{Effect, Fault, Organization, Role};

use crate::bench::{BANK, BOTH_REGIONS, Bench, MANAGEMENT, SHOP, prepared_but};

/// Before anything is deployed, what is in the accounts is seen with a role that is there already.
#[test]
fn with_a_role_that_others_have_made() {
    let mut organization = prepared_but(
        "",
        "[cloudformation]\nstack_set = []\n[config]\norganization_rule = []\n[[config.recorder]]\nabsent = true\n",
    );
    for account in &mut organization.accounts {
        let name = "OrganizationAccountAccessRole".to_owned();
        account.roles = Some(vec![Role { name, ..Role::default() }]);
    }
    let bench = Bench::new(organization);
    let outcome = bench.run(&[&BOTH_REGIONS[..], &["--role-name", "OrganizationAccountAccessRole"]].concat());
    assert_eq!((outcome.status, outcome.ok("role"), outcome.ok("ecr-rights")), (3, 2, 6));
    let states = |check: &str| -> Vec<&str> {
        let findings = outcome.findings().iter().filter(|one| one["check"] == check);
        findings.map(|finding| finding["state"].as_str().unwrap()).collect()
    };
    assert_eq!(states("recorder"), ["missing"; 6]);
    assert_eq!((states("stack-set"), states("organization-rule")), (vec!["to-come"], vec!["to-come"; 2]));
}

/// With nothing deployed and recorders that nobody could see, it is not ready for all that anybody knows.
#[test]
fn an_account_that_cannot_be_entered_is_never_all_right() {
    let mut organization = prepared_but("", "[cloudformation]\nstack_set = []\n");
    organization.accounts[1].roles = Some(Vec::new());
    let outcome = Bench::new(organization).run(&[]);
    assert_eq!(outcome.status, 4);
    let of_the_shop: Vec<String> = outcome.lines().into_iter().filter(|line| line.contains(SHOP)).collect();
    assert_eq!(
        of_the_shop,
        [
            format!("role to-come {SHOP} -: the role is not deployed yet"),
            format!("recorder unknown {SHOP} -: the account cannot be entered"),
            format!("ecr-rights unknown {SHOP} -: the account cannot be entered"),
        ]
    );
    assert!(outcome.lines().iter().all(|line| !line.contains(BANK)));
    // Each check that was asked for.
    let mut organization = prepared_but("", "[cloudformation]\nstack_set = []\n");
    organization.accounts[1].roles = Some(Vec::new());
    let outcome = Bench::new(organization).run(&["--rule-regions", "none", "--security-hub"]);
    assert_eq!(outcome.status, 4);
    assert!(outcome.lines().contains(&format!("security-hub unknown {SHOP} -: the account cannot be entered")));
}

/// A role whose name is mistyped comes with no deployment; one that was given another name does.
#[test]
fn only_the_deployed_role_is_to_come() {
    let mut organization = prepared_but("", "[cloudformation]\nstack_set = []\n");
    for account in &mut organization.accounts {
        account.roles = Some(Vec::new());
    }
    let bench = Bench::new(organization);
    let roles = |arguments: &[&str]| -> Vec<String> {
        let outcome = bench.run(arguments);
        assert_eq!(outcome.status, 4, "{:?}", outcome.lines());
        let states = outcome.findings().iter().filter(|one| one["check"] == "role");
        states.map(|one| one["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(roles(&["--role-name", "EcrEncryptionAudti"]), ["unknown"; 2]);
    assert_eq!(roles(&["--role-name", "security/EcrEncryptionAudit"]), ["unknown"; 2]);
    let renamed = ["--role-name", "security/EcrAudit", "--deployed-role", "security/EcrAudit"];
    assert_eq!(roles(&renamed), ["to-come"; 2]);
}

/// Whoever may not have the organization described learns from the list of accounts which one is the management account.
#[test]
fn the_management_account_lacks_no_stack_instance() {
    let before = "delegated_administrators = [\"222222222222\"]";
    let mut organization = prepared_but(before, "");
    SHOP.clone_into(&mut organization.caller.account);
    let denied =
        |operation: &str| Fault { operation: Some(operation.to_owned()), effect: Effect::Deny, ..Fault::default() };
    organization.faults = vec![denied("organizations:DescribeOrganization")];
    let outcome = Bench::new(organization.clone()).run(&[]);
    assert_eq!((outcome.status, outcome.ok("stack-instances")), (4, 2), "{:?}", outcome.lines());
    assert!(outcome.lines().iter().all(|line| line.starts_with("organization unknown")), "{:?}", outcome.lines());
    assert_eq!(outcome.document["preflight"]["management_account_id"], MANAGEMENT);

    // Nobody knows which one it is, so that it may be each of those without an instance.
    organization.faults.push(denied("organizations:ListAccounts"));
    let outcome = Bench::new(organization).run(&["--accounts", &[MANAGEMENT, SHOP, BANK].join(",")]);
    assert_eq!((outcome.status, outcome.ok("stack-instances")), (4, 2), "{:?}", outcome.lines());
    let unknown = format!("stack-instances unknown {MANAGEMENT} -: ");
    assert!(outcome.lines().iter().any(|line| line.starts_with(&unknown)), "{:?}", outcome.lines());
    assert_eq!(outcome.commands(), Vec::<String>::new());
}

/// A refusal tells that a role is missing only where the StackSet is known not to have brought it.
#[test]
fn refused_roles_follow_the_stack_instances() {
    let instances = "[[cloudformation.stack_set]]\n\
         [[cloudformation.stack_set.instance]]\naccount = \"222222222222\"\nstatus = \"OUTDATED\"\n\
         detailed_status = \"RUNNING\"\n\
         [[cloudformation.stack_set.instance]]\naccount = \"333333333333\"\nabsent = true\n";
    let mut organization = prepared_but("", instances);
    for account in &mut organization.accounts {
        account.roles = Some(Vec::new());
    }
    let states = |organization: Organization| -> Vec<String> {
        let outcome = Bench::new(organization).run(&[]);
        let findings = outcome.findings().iter().filter(|one| one["check"] == "role");
        let mut told: Vec<String> =
            findings.map(|one| ["account_id", "state"].map(|name| one[name].as_str().unwrap()).join(" ")).collect();
        told.sort();
        told
    };
    let read = states(organization.clone());
    assert_eq!(read, [format!("{SHOP} to-come"), format!("{BANK} missing")]);
    let operation = Some("cloudformation:ListStackInstances".to_owned());
    organization.faults = vec![Fault { operation, effect: Effect::Deny, ..Fault::default() }];
    assert_eq!(states(organization), [format!("{SHOP} unknown"), format!("{BANK} unknown")]);
}

/// The management account's own role is no StackSet's: that another role lets the caller in says nothing of it.
#[test]
fn a_management_account_that_is_entered_by_another_role() {
    let mut organization = prepared_but("delegated_administrators = [\"222222222222\"]", "");
    SHOP.clone_into(&mut organization.caller.account);
    for account in &mut organization.accounts {
        let name = "Audit".to_owned();
        account.roles = Some(vec![Role { name, ..Role::default() }]);
    }
    let by_audit = [&BOTH_REGIONS[..], &["--role-name", "Audit"]].concat();
    let outcome = Bench::new(organization.clone()).run(&by_audit);
    let unseen =
        format!("role unknown {MANAGEMENT} -: the deployed role of the management account is not seen by another role");
    assert_eq!((outcome.status, outcome.lines(), outcome.ok("role")), (4, vec![unseen], 1));
    assert!(outcome.commands().iter().any(|line| line.contains("cdk deploy EcrEncryptionManagementRole")));

    // Where it is the one that is deployed, it is there.
    let as_deployed = [&by_audit[..], &["--deployed-role", "Audit"]].concat();
    let outcome = Bench::new(organization.clone()).run(&as_deployed);
    assert_eq!((outcome.status, outcome.lines()), (0, Vec::new()));
    // Where no role is deployed, none is looked for.
    let without = ["--role-name", "Audit", "--rule-regions", "none", "--source", "config"];
    let outcome = Bench::new(organization.clone()).run(&without);
    assert!(outcome.lines().iter().all(|line| !line.starts_with("role ")), "{:?}", outcome.lines());

    organization.cloudformation.stack_sets = Vec::new();
    let outcome = Bench::new(organization).run(&by_audit);
    assert!(outcome.lines().contains(&format!("role to-come {MANAGEMENT} -: the role is not deployed yet")));
}
