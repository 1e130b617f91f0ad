//! The account that the deployment is made from, where it is not the caller's.

use integration_tests::AccountState;

use crate::bench::{BANK, BOTH_REGIONS, Bench, MANAGEMENT, SHOP, prepared_but};

/// The home account is another one than the caller's: delegation is asked about that one, and the rule is read as its role.
#[test]
fn another_home_account() {
    let mut organization = prepared_but("delegated_administrators = [\"222222222222\"]", "");
    let bench = Bench::new(organization.clone());
    let arguments = [&BOTH_REGIONS[..], &["--home-account", SHOP]].concat();
    let outcome = bench.run(&arguments);
    // The caller needs no role in its own account, the management account; the functions of the home account do.
    let unseen = format!("role unknown {MANAGEMENT} -: the role of the management account is not seen from inside it");
    assert_eq!((outcome.status, outcome.lines()), (4, vec![unseen]));
    assert!(outcome.commands().iter().any(|line| line.contains("cdk deploy EcrEncryptionManagementRole")));
    assert_eq!((outcome.ok("delegated-administrator"), outcome.ok("organization-rule")), (2, 6));
    assert_eq!(outcome.document["preflight"]["home_account_id"], SHOP);

    let mut not_deployed = organization.clone();
    not_deployed.cloudformation.stack_sets = Vec::new();
    let outcome = Bench::new(not_deployed).run(&arguments);
    assert!(outcome.lines().contains(&format!("role to-come {MANAGEMENT} -: the role is not deployed yet")));
    assert!(outcome.commands().iter().any(|line| line.contains("cdk deploy EcrEncryptionManagementRole")));

    organization.delegated_administrators = Vec::new();
    let outcome = Bench::new(organization).run(&arguments);
    let missing: Vec<String> =
        outcome.lines().into_iter().filter(|line| line.starts_with("delegated-administrator missing")).collect();
    assert_eq!((outcome.status, missing.len()), (3, 2), "{:?}", outcome.lines());
    assert!(outcome.commands().iter().any(|line| line.contains(&format!("--account-id {SHOP}"))));
    assert!(outcome.commands().iter().any(|line| line.contains(MANAGEMENT)));
}

/// Where units are governed, nothing that is deployed reaches a management account that stands in one.
#[test]
fn a_management_account_in_a_unit() {
    let mut organization = prepared_but("delegated_administrators = [\"222222222222\"]", "");
    organization.accounts[0].organizational_unit = Some("ou-root-workload".to_owned());
    let units = ["--home-account", SHOP, "--rule-as", "stack-sets", "--organizational-units", "ou-root-workload"];
    let outcome = Bench::new(organization).run(&[&BOTH_REGIONS[..], &units].concat());
    let told = format!("role unknown {MANAGEMENT} -: the deployment brings no role into the management account");
    assert!(outcome.lines().contains(&told), "{:?}", outcome.lines());
    assert!(!outcome.commands().iter().any(|line| line.contains("EcrEncryptionManagementRole")));
}

/// What is told on the command line's account, of `arguments` that are refused.
fn refused(bench: &Bench, arguments: &[&str]) -> String {
    let output = bench.command(arguments).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Where one account is all that is looked at, only its own credentials tell what it needs.
#[test]
fn one_account_is_looked_at_from_inside() {
    let alone = Bench::new(prepared_but("in_use = false", ""));
    let told = refused(&alone, &["--home-account", "999999999999"]);
    assert!(told.contains("--home-account: it is `999999999999`") && told.contains(MANAGEMENT), "{told}");
    let told = refused(&alone, &["--home-account", SHOP, "--accounts", SHOP]);
    assert!(told.contains(&format!("allowed: those of `{SHOP}`")), "{told}");
    assert_eq!(alone.run(&["--home-account", MANAGEMENT]).status, 0);

    // What the CDK app prints for a single account.
    let single = ["--home-account", SHOP, "--accounts", SHOP];
    let mut organization = prepared_but("", "");
    let told = refused(&Bench::new(organization.clone()), &single);
    assert!(told.contains(&format!("--home-account: it is `{SHOP}`")) && told.contains(MANAGEMENT), "{told}");
    SHOP.clone_into(&mut organization.caller.account);
    let outcome = Bench::new(organization).run(&single);
    assert_eq!((outcome.status, outcome.lines(), outcome.ok("delegated-administrator")), (0, Vec::new(), 0));
}

#[test]
fn a_home_account_that_the_organization_does_not_have() {
    let mut organization = prepared_but("", "");
    organization.answers.accounts_per_page = 1;
    let bench = Bench::new(organization);
    let told = refused(&bench, &["--home-account", "999999999999"]);
    assert!(
        told.contains("--home-account: not in the organization: 999999999999; allowed: the ids of its 3"),
        "{told}"
    );
}

/// Nobody is told to delegate to an account that nobody can use.
#[test]
fn a_home_account_that_is_not_active() {
    let mut organization = prepared_but("", "");
    organization.accounts[2].state = AccountState::Suspended;
    let outcome = Bench::new(organization).run(&["--home-account", BANK]);
    let missing = "delegated-administrator missing - -: the home account 333333333333 is SUSPENDED".to_owned();
    assert_eq!(outcome.status, 3);
    assert!(outcome.lines().contains(&missing), "{:?}", outcome.lines());
    assert!(outcome.commands().iter().all(|line| !line.contains("register-delegated")), "{:?}", outcome.commands());
}

/// What cannot be listed cannot be told from what does not exist.
#[test]
fn a_home_account_of_which_nothing_is_known() {
    let mut organization = prepared_but("", "");
    SHOP.clone_into(&mut organization.caller.account);
    let outcome = Bench::new(organization).run(&["--home-account", BANK]);
    assert_eq!(outcome.status, 4, "{:?}", outcome.lines());
}
