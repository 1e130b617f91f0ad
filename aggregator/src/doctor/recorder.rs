//! Whether AWS Config records what the rule judges.

use serde_json::{Value, json};

use super::mend;
use super::problem::Problem;
use crate::recording_group::RecordingGroup;

/// What the rule judges, and what its verdict depends on.
pub const TYPES: [&str; 2] = ["AWS::ECR::Repository", "AWS::KMS::Key"];
/// What AWS calls a recorder, and a delivery channel, of no other name.
pub const CHANNEL: &str = "default";

/// A configuration recorder.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recorder {
    /// Its name.
    pub name: String,
    /// The role that it records with.
    pub role_arn: Option<String>,
    /// What it records; `None` where that is not told.
    pub group: Option<RecordingGroup>,
    /// `recordingMode`, in the form of AWS's API.
    pub mode: Option<Value>,
    /// The AWS service that it is of; rules see nothing of those.
    pub service: Option<String>,
}

/// How a recorder fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecorderStatus {
    /// The recorder's name.
    pub name: String,
    /// Whether it is recording.
    pub recording: bool,
    /// `lastStatus`: `Pending`, `Success`, `Failure`, `NotApplicable`, or a value that this version does not know.
    pub last_status: Option<String>,
    /// `lastErrorCode`.
    pub error_code: Option<String>,
    /// `lastErrorMessage`.
    pub error_message: Option<String>,
}

/// What AWS Config tells of an account in a Region.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    /// The recorders: the account's own, and those of AWS services.
    pub recorders: Vec<Recorder>,
    /// How they fare.
    pub statuses: Vec<RecorderStatus>,
    /// Whether there is a delivery channel.
    pub has_channel: bool,
}

/// Where it is.
#[derive(Debug, Clone, Copy)]
pub struct RecorderPlace<'a> {
    /// The partition.
    pub partition: &'a str,
    /// The account.
    pub account_id: &'a str,
    /// The Region.
    pub region: &'a str,
}

const OR_LEAVE_OUT: &str = "where Control Tower governs the account and Region, have it update the account instead; or leave the account \
     out: --exclude-accounts here, organization.excludedAccounts in the CDK app's configuration";

/// Of recorders that Control Tower has made: in their names, and in those of their roles.
const OF_CONTROL_TOWER: &str = "aws-controltower";

const LEAVE_IT_TO_CONTROL_TOWER: &str = "Control Tower manages this recorder, and a control of its own forbids to change it: have Control \
     Tower update the account, or change what its recorders record by a customisation of it; or leave the account out: \
     --exclude-accounts here, organization.excludedAccounts in the CDK app's configuration";

/// What keeps AWS Config from recording repositories and keys there; nothing where nothing does.
pub fn recorder(recording: &Recording, place: RecorderPlace<'_>) -> Vec<Problem> {
    let RecorderPlace { partition, account_id, region } = place;
    let Recording { recorders, statuses, has_channel } = recording;
    let Some(recorder) = recorders.iter().find(|recorder| recorder.service.is_none()) else {
        let problem = Problem::missing("there is no configuration recorder").hint(OR_LEAVE_OUT);
        let services: Vec<&str> = recorders.iter().filter_map(|recorder| recorder.service.as_deref()).collect();
        let said = match services.as_slice() {
            [] => String::new(),
            services => format!("there are only those of AWS services: {}", services.join(", ")),
        };
        return vec![problem.said(said).mend(mend::new_recorder(partition, account_id, region, *has_channel))];
    };
    let mut problems = scope(recorder, place);
    match statuses.iter().find(|status| status.name == recorder.name) {
        Some(status) => problems.extend(state(recorder, status, *has_channel, place)),
        None => problems.push(Problem::unknown("AWS Config does not tell how the recorder fares")),
    }
    if recorder.is_of_control_tower() {
        for problem in problems.iter_mut().filter(|problem| !problem.commands.is_empty()) {
            problem.commands.clear();
            problem.hint = Some(LEAVE_IT_TO_CONTROL_TOWER.to_owned());
        }
    }
    problems
}

fn scope(recorder: &Recorder, RecorderPlace { account_id, region, .. }: RecorderPlace<'_>) -> Vec<Problem> {
    let mut left_out = Vec::new();
    let mut problems = Vec::new();
    for name in TYPES {
        let records = match &recorder.group {
            Some(group) => group.records(name),
            None => Err("its recording group is not told".to_owned()),
        };
        match records {
            Ok(true) => {}
            Ok(false) => left_out.push(name),
            Err(why) => {
                problems.push(Problem::unknown(format!("it is not known whether {name} is recorded: {why}")));
            }
        }
    }
    if !left_out.is_empty() {
        let cause = format!("the configuration recorder does not record {}", left_out.join(" and "));
        let commands = mend::widen_recorder(account_id, region, recorder);
        problems.push(Problem::missing(cause).hint(OR_LEAVE_OUT).mend(commands));
    }
    problems
}

fn state(
    recorder: &Recorder,
    status: &RecorderStatus,
    has_channel: bool,
    RecorderPlace { account_id, region, .. }: RecorderPlace<'_>,
) -> Option<Problem> {
    let name = &recorder.name;
    let error = || {
        let texts = [status.error_code.as_deref(), status.error_message.as_deref()];
        texts.into_iter().flatten().collect::<Vec<_>>().join(": ")
    };
    let problem = match (status.recording, has_channel) {
        (false, true) => Problem::missing("the configuration recorder is stopped")
            .said(error())
            .hint(OR_LEAVE_OUT)
            .mend(mend::start_recorder(account_id, region, name)),
        (false, false) => Problem::missing("the configuration recorder is stopped, and has no delivery channel")
            .hint(OR_LEAVE_OUT)
            .mend(mend::put_channel(account_id, region, Some(name))),
        (true, false) => Problem::missing("the configuration recorder has no delivery channel")
            .mend(mend::put_channel(account_id, region, None)),
        (true, true) => return last_status(status).map(|problem| problem.said(error())),
    };
    Some(problem)
}

fn last_status(status: &RecorderStatus) -> Option<Problem> {
    // The model has `Success`, the examples of AWS have `SUCCESS`.
    match status.last_status.as_deref().map(str::to_ascii_uppercase).as_deref() {
        Some("SUCCESS" | "NOTAPPLICABLE" | "NOT_APPLICABLE") => None,
        Some("PENDING") => Some(Problem::to_come("the configuration recorder has just been started")),
        Some("FAILURE") => {
            let code = status.error_code.as_deref().unwrap_or("no error code");
            let hint = "look at the recorder's role and at the policies of its bucket, its key and its topic: AWS Config \
                        must be able to use them";
            Some(Problem::missing(format!("the configuration recorder fails: {code}")).hint(hint))
        }
        Some(other) => Some(Problem::unknown(format!("the recorder's status `{other}` is unknown to this version"))),
        None => Some(Problem::unknown("AWS Config does not tell how the recorder fares")),
    }
}

impl Recorder {
    fn is_of_control_tower(&self) -> bool {
        let names = [Some(&self.name), self.role_arn.as_ref()];
        names.into_iter().flatten().any(|name| name.to_ascii_lowercase().contains(OF_CONTROL_TOWER))
    }

    /// What it records, and what the rule judges beside it, in the form of AWS's API.
    pub fn widened_group(&self) -> Value {
        let group = self.group.clone().unwrap_or_default();
        if group.strategy.as_deref() != Some("EXCLUSION_BY_RESOURCE_TYPES") {
            let mut types = group.resource_types.unwrap_or_default();
            let missing = TYPES.into_iter().filter(|name| !types.iter().any(|known| known == name));
            let missing: Vec<String> = missing.map(str::to_owned).collect();
            types.extend(missing);
            return json!({
                "allSupported": false,
                "includeGlobalResourceTypes": false,
                "resourceTypes": types,
                "recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"},
            });
        }
        let mut excluded = group.excluded_types.unwrap_or_default();
        excluded.retain(|name| !TYPES.contains(&name.as_str()));
        if excluded.is_empty() {
            // Nothing else was left out, the global types included.
            return json!({
                "allSupported": true,
                "includeGlobalResourceTypes": true,
                "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
            });
        }
        json!({
            "allSupported": false,
            "includeGlobalResourceTypes": false,
            "exclusionByResourceTypes": {"resourceTypes": excluded},
            "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
        })
    }
}

#[cfg(test)]
mod tests;
