//! The commands that mend what is missing: lines for a shell. They are printed, never run.
//!
//! Names of options and values are those of AWS's API models; the tests hold them to these.

use serde_json::{Value, json};

use super::recorder::{CHANNEL, Recorder, TYPES};
use super::shell::word;

/// Who is to run a command.
fn in_account(account_id: &str) -> String {
    format!("# in account {account_id}")
}

/// Where the organization is managed.
fn in_management_account(account_id: Option<&str>) -> String {
    match account_id {
        Some(id) => format!("# in account {id}, the management account"),
        None => "# in the management account".to_owned(),
    }
}

/// Gives the organization all features.
pub fn enable_all_features(management_account: Option<&str>) -> Vec<String> {
    vec![in_management_account(management_account), "aws organizations enable-all-features".to_owned()]
}

/// Lets a service act in the organization.
pub fn enable_service_access(management_account: Option<&str>, principal: &str) -> Vec<String> {
    vec![
        in_management_account(management_account),
        format!("aws organizations enable-aws-service-access --service-principal {principal}"),
    ]
}

/// Lets `CloudFormation` `StackSets` act in the organization, which `Organizations` alone cannot allow.
pub fn activate_organizations_access(management_account: Option<&str>, region: &str) -> Vec<String> {
    vec![
        in_management_account(management_account),
        format!("aws cloudformation activate-organizations-access --region {region}"),
    ]
}

/// Lets an account act for the organization with a service.
pub fn register_delegated_administrator(
    management_account: Option<&str>,
    account_id: &str,
    principal: &str,
) -> Vec<String> {
    vec![
        in_management_account(management_account),
        format!(
            "aws organizations register-delegated-administrator --account-id {account_id} --service-principal {principal}"
        ),
    ]
}

/// The stack of the roles, and of the `StackSet` that brings one of them into the accounts.
pub const ACCESS: &str = "EcrEncryptionAccess";

/// Deploys a stack of the CDK app.
pub fn deploy(stack: &str) -> Vec<String> {
    vec!["# in the folder cdk, see its README".to_owned(), format!("npx cdk deploy {}", word(stack))]
}

/// Deploys the role of the management account, which `StackSets` leave out.
pub fn deploy_management_role(account_id: &str) -> Vec<String> {
    vec![
        format!("# in the folder cdk, with the credentials of account {account_id}"),
        "npx cdk deploy EcrEncryptionManagementRole --exclusively".to_owned(),
    ]
}

/// A `StackSet`, as commands name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackSetAddress {
    /// The account whose credentials are used.
    pub account_id: String,
    /// The Region where it is.
    pub region: String,
    /// Its name.
    pub name: String,
    /// `SELF` or `DELEGATED_ADMIN`.
    pub call_as: &'static str,
    /// The Regions that it deploys to.
    pub regions: Vec<String>,
    /// The stack of the CDK app that makes it.
    pub stack: String,
}

impl StackSetAddress {
    fn command(&self, operation: &str, options: &str) -> String {
        let Self { region, name, call_as, .. } = self;
        let name = word(name);
        format!(
            "aws cloudformation {operation} --region {region} --stack-set-name {name} --call-as {call_as} {options}"
        )
    }

    /// One account under a unit, and nothing else.
    fn targets(&self, unit: &str, account_id: &str) -> String {
        let targets = format!("OrganizationalUnitIds={unit},Accounts={account_id},AccountFilterType=INTERSECTION");
        let regions = self.regions.iter().map(|region| word(region)).collect::<Vec<_>>().join(" ");
        format!("--deployment-targets {} --regions {regions}", word(&targets))
    }

    /// Has accounts that join a unit get it by themselves.
    /// What is not said again of `parameters`, CloudFormation does not keep.
    pub fn turn_on_auto_deployment(&self, capabilities: &[String], parameters: &[String]) -> Vec<String> {
        let mut options =
            "--use-previous-template --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false".to_owned();
        if !capabilities.is_empty() {
            let all = capabilities.iter().map(|one| word(one)).collect::<Vec<_>>().join(" ");
            options = format!("{options} --capabilities {all}");
        }
        if !parameters.is_empty() {
            let kept = parameters.iter().map(|key| word(&format!("ParameterKey={key},UsePreviousValue=true")));
            options = format!("{options} --parameters {}", kept.collect::<Vec<_>>().join(" "));
        }
        vec![in_account(&self.account_id), self.command("update-stack-set", &options)]
    }

    /// Deploys it to an account. What its stack does not know of stays when the stack is deleted, so that comes first.
    pub fn create_instance(&self, unit: &str, account_id: &str) -> Vec<String> {
        vec![
            format!(
                "# if {unit} is under none of organization.organizationalUnits in cdk's configuration: add it there, and"
            ),
            format!("# npx cdk deploy {}; else", self.stack),
            in_account(&self.account_id),
            self.command("create-stack-instances", &self.targets(unit, account_id)),
        ]
    }

    /// Deploys it to an account once more.
    pub fn update_instance(&self, unit: &str, account_id: &str) -> Vec<String> {
        vec![in_account(&self.account_id), self.command("update-stack-instances", &self.targets(unit, account_id))]
    }

    /// Gives up what `CloudFormation` cannot mend any more, and deploys it anew.
    pub fn replace_instance(&self, unit: &str, account_id: &str) -> Vec<String> {
        let targets = self.targets(unit, account_id);
        vec![
            in_account(&self.account_id),
            self.command("delete-stack-instances", &format!("{targets} --retain-stacks")),
            "# when that is done, and the stack that it left in the account is deleted".to_owned(),
            self.command("create-stack-instances", &targets),
        ]
    }
}

/// Has the account use a Region.
pub fn enable_region(account_id: &str, region: &str) -> Vec<String> {
    vec![in_account(account_id), format!("aws account enable-region --region-name {region}")]
}

/// A recorder of what the rule judges, where there is none.
pub fn new_recorder(partition: &str, account_id: &str, region: &str, has_channel: bool) -> Vec<String> {
    let role =
        format!("arn:{partition}:iam::{account_id}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig");
    let group = json!({
        "allSupported": false,
        "includeGlobalResourceTypes": false,
        "resourceTypes": TYPES,
        "recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"},
    });
    let mut commands = vec![
        in_account(account_id),
        "# says that it is taken where the role is there already".to_owned(),
        "aws iam create-service-linked-role --aws-service-name config.amazonaws.com".to_owned(),
        put_recorder_command(region, &json!({"name": CHANNEL, "roleARN": role}), &group),
    ];
    if !has_channel {
        commands.extend(put_channel_commands(region));
    }
    commands.push(start_command(region, CHANNEL));
    commands
}

/// The same recorder, with what the rule judges.
pub fn widen_recorder(account_id: &str, region: &str, recorder: &Recorder) -> Vec<String> {
    let mut described = serde_json::Map::new();
    described.insert("name".to_owned(), recorder.name.clone().into());
    if let Some(role) = &recorder.role_arn {
        described.insert("roleARN".to_owned(), role.clone().into());
    }
    // What is not said again would be reset.
    if let Some(mode) = &recorder.mode {
        described.insert("recordingMode".to_owned(), mode.clone());
    }
    vec![in_account(account_id), put_recorder_command(region, &Value::Object(described), &recorder.widened_group())]
}

/// Where AWS Config brings what it records, and the start that failed without.
pub fn put_channel(account_id: &str, region: &str, recorder_to_start: Option<&str>) -> Vec<String> {
    let mut commands = vec![in_account(account_id)];
    commands.extend(put_channel_commands(region));
    commands.extend(recorder_to_start.map(|name| start_command(region, name)));
    commands
}

/// Has a recorder record again.
pub fn start_recorder(account_id: &str, region: &str, name: &str) -> Vec<String> {
    vec![in_account(account_id), start_command(region, name)]
}

fn put_recorder_command(region: &str, recorder: &Value, group: &Value) -> String {
    let (recorder, group) = (word(&recorder.to_string()), word(&group.to_string()));
    format!(
        "aws configservice put-configuration-recorder --region {region} --configuration-recorder {recorder} \
         --recording-group {group}"
    )
}

// A comment stands on a line of its own: zsh takes one behind a command for arguments.
fn put_channel_commands(region: &str) -> [String; 2] {
    [
        "# BUCKET: one that AWS Config may write to".to_owned(),
        format!(
            "aws configservice put-delivery-channel --region {region} --delivery-channel \
             name={CHANNEL},s3BucketName=BUCKET"
        ),
    ]
}

fn start_command(region: &str, name: &str) -> String {
    let name = word(name);
    format!("aws configservice start-configuration-recorder --region {region} --configuration-recorder-name {name}")
}

/// Gives a role rights.
pub fn allow(account_id: &str, role_name: &str, actions: &[&str]) -> Vec<String> {
    // IAM knows a role by its name, without its path.
    let name = role_name.rsplit('/').next().unwrap_or(role_name);
    if name.starts_with("AWSReservedSSO_") {
        let all = actions.join(", ");
        return vec![format!("# IAM Identity Center made the role: allow {all} in its permission set")];
    }
    let role = word(name);
    // Named for what it allows: a policy of the same name, which another preflight had asked for, would be replaced.
    let allows: Vec<&str> = actions.iter().filter_map(|action| Some(action.split_once(':')?.1)).collect();
    let policy_name = word(&format!("EcrEncryption-{}", allows.join("-")));
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    });
    let policy = word(&policy.to_string());
    vec![
        in_account(account_id),
        format!("aws iam put-role-policy --role-name {role} --policy-name {policy_name} --policy-document {policy}"),
    ]
}

/// Enables Security Hub, without standards: those have a price of their own.
pub fn enable_security_hub(account_id: &str, region: &str) -> Vec<String> {
    vec![
        in_account(account_id),
        format!("aws securityhub enable-security-hub --region {region} --no-enable-default-standards"),
    ]
}

#[cfg(test)]
mod tests;
