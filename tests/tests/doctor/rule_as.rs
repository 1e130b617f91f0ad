//! The rule where it is no organization rule: of a StackSet in each rule Region, or in a conformance pack.

use integration_tests::{Effect, Fault, MemberRule, Organization, OrganizationRule};

use crate::bench::{BANK, BOTH_REGIONS, Bench, MANAGEMENT, SHOP, prepared_but};

const STACK_SETS: [&str; 2] = ["--rule-as", "stack-sets"];
const PACK: [&str; 2] = ["--rule-as", "conformance-pack"];

/// What is told of the rule.
fn told(organization: &Organization, arguments: &[&str]) -> (i32, u64, Vec<String>) {
    let outcome = Bench::new(organization.clone()).run(&[&BOTH_REGIONS[..], arguments].concat());
    let lines = outcome.lines().into_iter();
    let lines = lines.filter_map(|line| Some(line.strip_prefix("organization-rule ")?.to_owned())).collect();
    (outcome.status, outcome.ok("organization-rule"), lines)
}

/// One whose rule comes by StackSets of both Regions; `instance` says how it fares in us-east-1.
fn by_stack_sets(instance: &str) -> Organization {
    let set = |region: &str| {
        format!("[[cloudformation.stack_set]]\nname = \"EcrEncryptionRule-{region}\"\nregion = \"{region}\"\n")
    };
    let sets = format!("[[cloudformation.stack_set]]\n{}{}{instance}", set("eu-central-1"), set("us-east-1"));
    prepared_but("", &format!("{sets}\n[config]\norganization_rule = []\n"))
}

#[test]
fn stack_sets() {
    // Two members in two Regions: StackSets leave the management account out.
    assert_eq!(told(&by_stack_sets(""), &STACK_SETS), (0, 4, Vec::new()));
    let failed = "[[cloudformation.stack_set.instance]]\naccount = \"222222222222\"\nstatus = \"OUTDATED\"\n\
                  detailed_status = \"FAILED\"\nstatus_reason = \"no recorder\"\n\
                  [[cloudformation.stack_set.instance]]\naccount = \"333333333333\"\nabsent = true\n";
    let organization = by_stack_sets(failed);
    let expected = vec![
        format!("missing {SHOP} us-east-1: the stack instance is OUTDATED, FAILED"),
        format!("missing {BANK} us-east-1: there is no stack instance"),
    ];
    let (status, ok, mut lines) = told(&organization, &STACK_SETS);
    lines.sort();
    assert_eq!((status, ok, lines), (3, 2, expected));
    let outcome = Bench::new(organization).run(&[&BOTH_REGIONS[..], &STACK_SETS].concat());
    let commands = outcome.commands();
    let update = "update-stack-instances --region us-east-1 --stack-set-name EcrEncryptionRule-us-east-1";
    assert!(commands.iter().any(|line| line.contains(update)), "{commands:?}");
    assert!(commands.iter().any(|line| line.contains("npx cdk deploy EcrEncryptionRule-us-east-1")), "{commands:?}");
    // Nothing of AWS Config's own rules of the organization is asked.
    assert_eq!(outcome.ok("trusted-access"), 1);
    assert_eq!(outcome.document["api_calls"]["config"]["DescribeOrganizationConfigRules"], serde_json::Value::Null);
}

/// The StackSet of the rule has a parameter, which an update would lose that does not say it again.
#[test]
fn an_update_keeps_the_parameters() {
    let mut organization = by_stack_sets("auto_deployment = false\nparameters = [\"RuleFunctionArn\"]\n");
    organization.cloudformation.stack_sets[0].auto_deployment = false;
    let commands = Bench::new(organization).run(&[&BOTH_REGIONS[..], &STACK_SETS].concat()).commands();
    let updates: Vec<&String> = commands.iter().filter(|line| line.contains("update-stack-set")).collect();
    let kept = " --parameters ParameterKey=RuleFunctionArn,UsePreviousValue=true";
    assert_eq!(updates.len(), 2, "{commands:?}");
    for update in updates {
        assert_eq!(update.ends_with(kept), update.contains("EcrEncryptionRule-us-east-1"), "{update}");
    }
}

#[test]
fn stack_sets_that_are_to_come() {
    let (status, ok, lines) = told(&prepared_but("", ""), &STACK_SETS);
    let to_come = |region: &str| {
        format!("to-come {MANAGEMENT} {region}: there is no StackSet `EcrEncryptionRule-{region}` in {region}")
    };
    assert_eq!((status, ok, lines), (0, 0, vec![to_come("eu-central-1"), to_come("us-east-1")]));
    let commands = Bench::new(prepared_but("", "")).run(&[&BOTH_REGIONS[..], &STACK_SETS].concat()).commands();
    assert!(commands.contains(&"npx cdk deploy EcrEncryptionRule-us-east-1".to_owned()), "{commands:?}");
}

fn with_pack(statuses: Vec<MemberRule>) -> Organization {
    let mut organization = prepared_but("", "[config]\norganization_rule = []\n");
    organization.config.organization_conformance_packs =
        vec![OrganizationRule { statuses, ..OrganizationRule::default() }];
    organization
}

#[test]
fn a_conformance_pack() {
    assert_eq!(told(&with_pack(Vec::new()), &PACK), (0, 6, Vec::new()));
    let failed = MemberRule {
        account: Some(SHOP.to_owned()),
        region: Some("us-east-1".to_owned()),
        status: "CREATE_FAILED".to_owned(),
        error_code: Some("AccessDenied".to_owned()),
        ..MemberRule::default()
    };
    let gone = MemberRule { account: Some(BANK.to_owned()), absent: true, ..MemberRule::default() };
    let mut organization = with_pack(vec![failed, gone]);
    organization.config.organization_conformance_packs[0].excluded_accounts = vec![MANAGEMENT.to_owned()];
    let (status, ok, mut lines) = told(&organization, &PACK);
    lines.sort();
    let mut expected = vec![
        format!("missing {MANAGEMENT} eu-central-1: the conformance pack leaves the account out"),
        format!("missing {MANAGEMENT} us-east-1: the conformance pack leaves the account out"),
        format!("missing {SHOP} us-east-1: CREATE_FAILED: AccessDenied"),
        format!("missing {BANK} eu-central-1: AWS Config tells of no conformance pack in the account"),
        format!("missing {BANK} us-east-1: AWS Config tells of no conformance pack in the account"),
    ];
    expected.sort();
    assert_eq!((status, ok, lines), (3, 1, expected));

    let (status, ok, lines) = told(&prepared_but("", ""), &PACK);
    let to_come = |region: &str| {
        format!("to-come {MANAGEMENT} {region}: there is no organization conformance pack `ecr-encryption`")
    };
    assert_eq!((status, ok, lines), (0, 0, vec![to_come("eu-central-1"), to_come("us-east-1")]));
}

/// What may not be read is never all right.
#[test]
fn rules_that_may_not_be_read() {
    for (organization, arguments, operation) in [
        (with_pack(Vec::new()), PACK, "config:DescribeOrganizationConformancePacks"),
        (with_pack(Vec::new()), PACK, "config:GetOrganizationConformancePackDetailedStatus"),
        (by_stack_sets(""), STACK_SETS, "cloudformation:DescribeStackSet"),
        (by_stack_sets(""), STACK_SETS, "cloudformation:ListStackInstances"),
    ] {
        let mut organization = organization;
        let operation = operation.to_owned();
        organization.faults =
            vec![Fault { operation: Some(operation.clone()), effect: Effect::Deny, ..Fault::default() }];
        let (status, ok, lines) = told(&organization, &arguments);
        assert_eq!((status, ok), (4, 0), "{operation}: {lines:?}");
        assert!(lines.len() == 2 && lines.iter().all(|line| line.starts_with("unknown ")), "{operation}: {lines:?}");
    }
}
