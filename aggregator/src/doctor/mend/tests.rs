use super::*;
use crate::recording_group::RecordingGroup;

fn stack_set() -> StackSetAddress {
    StackSetAddress {
        account_id: "222222222222".to_owned(),
        region: "eu-central-1".to_owned(),
        name: "EcrEncryptionMemberRole".to_owned(),
        call_as: "DELEGATED_ADMIN",
        regions: vec!["eu-central-1".to_owned(), "us-east-1".to_owned()],
        stack: ACCESS.to_owned(),
    }
}

fn recorder(name: &str) -> Recorder {
    Recorder {
        name: name.to_owned(),
        role_arn: Some("arn:aws:iam::333333333333:role/Recorder".to_owned()),
        group: Some(RecordingGroup {
            resource_types: Some(vec!["AWS::S3::Bucket".to_owned()]),
            ..RecordingGroup::default()
        }),
        mode: Some(json!({"recordingFrequency": "DAILY"})),
        service: None,
    }
}

/// Every command that there is.
#[test]
fn all_of_them() {
    let (management, member, region) = (Some("111111111111"), "333333333333", "eu-central-1");
    let (stack_set, unit) = (stack_set(), "ou-ab12-11111111");
    let capabilities = ["CAPABILITY_NAMED_IAM".to_owned()];
    let all = [
        enable_all_features(management),
        enable_all_features(None),
        enable_service_access(management, "config.amazonaws.com"),
        activate_organizations_access(management, region),
        register_delegated_administrator(management, "222222222222", "config.amazonaws.com"),
        deploy("EcrEncryptionAccess"),
        deploy_management_role("111111111111"),
        stack_set.turn_on_auto_deployment(&capabilities, &[]),
        stack_set.turn_on_auto_deployment(&[], &["RuleFunctionArn".to_owned()]),
        stack_set.create_instance(unit, member),
        stack_set.update_instance(unit, member),
        stack_set.replace_instance(unit, member),
        enable_region(member, "me-south-1"),
        new_recorder("aws", member, region, false),
        widen_recorder(member, region, &recorder("default")),
        put_channel(member, region, Some("default")),
        start_recorder(member, region, "default"),
        allow(member, "security/EcrEncryptionAudit", &["ecr:DescribeRepositories"]),
        allow(member, "Audit", &["ecr:DescribeRepositories", "ecr:DescribePullThroughCacheRules"]),
        allow(member, "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Audit_0123456789abcdef", &["kms:DescribeKey"]),
        enable_security_hub(member, region),
    ];
    insta::assert_snapshot!(all.map(|lines| lines.join("\n")).join("\n\n"));
}

/// Names of recorders are given by others.
#[test]
fn names_do_nothing_but_name() {
    let name = "x'; rm -rf ~ #\u{1b}[2J";
    for line in [
        start_recorder("333333333333", "eu-central-1", name),
        widen_recorder("333333333333", "eu-central-1", &recorder(name)),
    ]
    .concat()
    {
        assert!(!line.chars().any(char::is_control), "{line}");
        let words =
            std::process::Command::new("bash").args(["-c", &format!("printf '%s\\n' {line}")]).output().unwrap();
        let words = String::from_utf8(words.stdout).unwrap();
        assert!(line.starts_with('#') || words.contains("x'; rm -rf ~ #"), "{words}");
    }
}
