//! Organizations in which something is not as it is to be.

use integration_tests::{Deny, DenyKind, Organization, RegionStatus};

use crate::bench::{SHOP, prepared_but};

/// An organization that lacks something, and how it is asked about.
pub struct Case {
    pub name: &'static str,
    pub organization: Organization,
    pub arguments: &'static [&'static str],
}

fn case(name: &'static str, before: &str, after: &str) -> Case {
    with(name, before, after, &[])
}

fn with(name: &'static str, before: &str, after: &str, arguments: &'static [&'static str]) -> Case {
    Case { name, organization: prepared_but(before, after), arguments }
}

/// As a user of the Shop.
fn from_the_shop(name: &'static str, before: &str, after: &str) -> Case {
    let mut case = case(name, before, after);
    SHOP.clone_into(&mut case.organization.caller.account);
    case
}

/// Everything that a preflight can find.
pub fn cases() -> Vec<Case> {
    let mut nothing_deployed =
        case("nothing is deployed", "", "[cloudformation]\nstack_set = []\n[config]\norganization_rule = []\n");
    for account in &mut nothing_deployed.organization.accounts {
        account.roles = Some(Vec::new());
    }
    let mut cases = vec![
        case("consolidated billing alone", "feature_set = \"CONSOLIDATED_BILLING\"", ""),
        case("no trusted access", "trusted_services = []", ""),
        case("StackSets are not activated", "", "[cloudformation]\norganizations_access = \"DISABLED\"\n"),
        from_the_shop(
            "a delegated administrator of nothing but AWS Config",
            "delegated_administrators = [\"222222222222\"]",
            "[[delegation]]\naccount = \"222222222222\"\nservices = [\"config.amazonaws.com\"]\n",
        ),
        from_the_shop("a plain member", "", ""),
        from_the_shop("no organization", "in_use = false", ""),
        Case { arguments: &["--accounts", SHOP], ..from_the_shop("a member that looks at itself alone", "", "") },
        nothing_deployed,
        case("no automatic deployment", "", "[[cloudformation.stack_set]]\nauto_deployment = false\n"),
        case(
            "stack instances that have not come",
            "",
            "[[cloudformation.stack_set]]\n\
             [[cloudformation.stack_set.instance]]\naccount = \"222222222222\"\nstatus = \"OUTDATED\"\n\
             detailed_status = \"FAILED\"\nstatus_reason = \"Resource of type 'AWS::IAM::Role' already exists\"\n\
             [[cloudformation.stack_set.instance]]\naccount = \"333333333333\"\nabsent = true\n",
        ),
        case(
            "a stack instance that CloudFormation cannot mend, and one under way",
            "",
            "[[cloudformation.stack_set]]\n\
             [[cloudformation.stack_set.instance]]\naccount = \"222222222222\"\nstatus = \"INOPERABLE\"\n\
             detailed_status = \"INOPERABLE\"\n\
             [[cloudformation.stack_set.instance]]\naccount = \"333333333333\"\nstatus = \"OUTDATED\"\n\
             detailed_status = \"RUNNING\"\n",
        ),
        case(
            "a rule that has not come",
            "",
            "[[config.organization_rule]]\nname = \"ecr-encryption\"\nexcluded_accounts = [\"111111111111\"]\n\
             [[config.organization_rule.status]]\naccount = \"222222222222\"\nregion = \"us-east-1\"\n\
             status = \"CREATE_FAILED\"\nerror_code = \"InsufficientPermissionsException\"\n\
             error_message = \"The AWS Lambda function cannot be invoked\"\n\
             [[config.organization_rule.status]]\naccount = \"333333333333\"\nstatus = \"CREATE_IN_PROGRESS\"\n",
        ),
    ];
    cases.extend(rules_of_other_kinds());
    cases.extend(recorders());
    cases.extend(rights());
    cases
}

fn rules_of_other_kinds() -> Vec<Case> {
    let mut nothing_recorded = with("no aggregator", "", "", &["--source", "both"]);
    nothing_recorded.organization.config.aggregators = Vec::new();
    vec![
        with(
            "a rule by StackSets, one of which has not come",
            "",
            "[[cloudformation.stack_set]]\n[[cloudformation.stack_set]]\nname = \"EcrEncryptionRule-us-east-1\"\n\
             auto_deployment = false\nparameters = [\"RuleFunctionArn\"]\n\
             [[cloudformation.stack_set.instance]]\naccount = \"222222222222\"\nstatus = \"OUTDATED\"\n\
             detailed_status = \"FAILED\"\n\
             [[cloudformation.stack_set.instance]]\naccount = \"333333333333\"\nabsent = true\n",
            &["--rule-as", "stack-sets"],
        ),
        with(
            "a conformance pack that has not come",
            "",
            "[[config.organization_conformance_pack]]\nname = \"ecr-encryption\"\nregions = [\"us-east-1\"]\n\
             [[config.organization_conformance_pack.status]]\naccount = \"222222222222\"\nstatus = \"CREATE_FAILED\"\n\
             error_code = \"AccessDenied\"\n",
            &["--rule-as", "conformance-pack"],
        ),
        nothing_recorded,
    ]
}

fn recorders() -> Vec<Case> {
    let recorder = |name, fields: &str| {
        let place = "[[config.recorder]]\naccount = \"222222222222\"\nregion = \"us-east-1\"\n";
        case(name, "", &format!("{place}{fields}\n"))
    };
    vec![
        recorder("no recorder", "absent = true"),
        recorder("a stopped recorder", "stopped = true\nname = \"the account's\""),
        recorder("a recorder that leaves keys out", "excluded_types = [\"AWS::KMS::Key\", \"AWS::S3::Bucket\"]"),
        recorder("a recorder that records buckets alone", "resource_types = [\"AWS::S3::Bucket\"]\ndaily = true"),
        recorder("a recorder from before there were strategies", "without_strategy = true"),
        recorder("no delivery channel", "without_delivery_channel = true"),
        recorder("neither records nor has a delivery channel", "without_delivery_channel = true\nstopped = true"),
        recorder(
            "a recorder that fails",
            "last_status = \"FAILURE\"\nlast_error_code = \"InsufficientDeliveryPolicyException\"\n\
             last_error_message = \"no s3:PutObject\"",
        ),
    ]
}

fn rights() -> Vec<Case> {
    let in_region = |name, actions: &[&str], kind, arguments: &'static [&'static str]| {
        let mut case = with(name, "", "", arguments);
        let regions = vec!["us-east-1".to_owned()];
        let deny = |action: &&str| Deny { action: (*action).to_owned(), regions: regions.clone(), kind: Some(kind) };
        case.organization.accounts[1].deny = actions.iter().map(deny).collect();
        case
    };
    let ecr = ["ecr:DescribeRepositories", "ecr:DescribePullThroughCacheRules"];
    let mut disabled = with("a Region that is not enabled", "", "", &["--regions", "us-east-1"]);
    disabled.organization.accounts[2].regions = [("us-east-1".to_owned(), RegionStatus::Disabled)].into();
    vec![
        disabled,
        in_region("ECR is denied to the role", &ecr, DenyKind::Identity, &["--include", "templates"]),
        in_region("ECR is denied by the organization", &ecr, DenyKind::Scp, &["--include", "templates"]),
        in_region("keys are denied", &["kms:DescribeKey"], DenyKind::Identity, &[]),
        in_region("AWS Config is denied", &["config:DescribeConfigurationRecorders"], DenyKind::Identity, &[]),
        in_region("Regions are denied", &["account:ListRegions"], DenyKind::Identity, &[]),
        in_region("Security Hub is denied", &["securityhub:GetFindings"], DenyKind::Identity, &["--security-hub"]),
        Case {
            name: "Security Hub is off in a Region",
            organization: {
                let mut organization = prepared_but("", "");
                organization.security_hub.enabled[0].region = Some("eu-central-1".to_owned());
                organization
            },
            arguments: &["--security-hub"],
        },
    ]
}
