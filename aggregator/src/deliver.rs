//! What becomes of a report that is there: findings go to Security Hub, and people are told.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_types::SdkConfig;
use ecr_encryption_rule::aws::clients;
use tracing::warn;

use crate::args::notify::NotifyArgs;
use crate::aws::caller;
use crate::exit::{ExitStatus, FailOn};
use crate::history::manifest::Manifest;
use crate::notify::{Delivery, Digest, Notifier};
use crate::report::terminal::ReportLocation;
use crate::security_hub::HubOutcome;
use crate::stop::Stop;
use crate::summary::Summary;

/// How long one attempt of a call may take where there was no scan.
const ATTEMPT: Duration = Duration::from_secs(30);

/// What was asked for beside the report, and what has come of it.
#[derive(Debug, Default)]
pub struct Delivered {
    /// Why nobody finds the run who looks for the newest, where that is so.
    pub not_found: Option<String>,
    /// Security Hub, where that was asked for.
    pub security_hub: Option<HubOutcome>,
    /// Each of those who were to be told.
    pub notifications: Vec<Delivery>,
}

impl Delivered {
    /// Whether all that was asked for was done.
    pub fn is_complete(&self) -> bool {
        self.not_found.is_none()
            && self.security_hub.as_ref().is_none_or(HubOutcome::is_complete)
            && self.notifications.iter().all(|delivery| delivery.result.is_ok())
    }

    /// What was not, for people.
    pub fn failures(&self) -> Vec<String> {
        let hub = self
            .security_hub
            .iter()
            .filter(|hub| !hub.is_complete())
            .map(|hub| format!("Security Hub: {} not delivered, {} left out", hub.failures, hub.left_out));
        let told = self.notifications.iter().filter_map(|Delivery { target, result }| {
            let error = result.as_ref().err()?;
            Some(format!("{target} could not be told: {error}"))
        });
        self.not_found.iter().cloned().chain(hub).chain(told).collect()
    }
}

/// A run that people are to be told of.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// What it found.
    pub summary: &'a Summary,
    /// The run before.
    pub earlier: Option<&'a Manifest>,
    /// Where the report is.
    pub report: &'a ReportLocation,
    /// What makes it fail.
    pub fail_on: FailOn,
}

/// Tells people of a run, if they want to hear of it; once `stop` ends telling, who has not answered counts as not told.
pub async fn tell(
    args: &NotifyArgs,
    sdk_config: &SdkConfig,
    attempts: u32,
    run: Told<'_>,
    stop: &Stop,
    delivered: &mut Delivered,
) {
    let exit = ExitStatus::of(run.summary, delivered.is_complete(), run.fail_on);
    let address = run.report.address();
    let digest = Digest::of(run.summary, run.earlier, exit, Some(&address), &delivered.failures());
    // What could not be found out is among the failures.
    let overtaken = run.report.overtaken.as_ref().filter(|_| run.report.overtaken_by().is_some());
    let digest = digest.overtaken(overtaken.map(ToString::to_string));
    if !args.notify.is_empty() && args.notify_on.wants(&digest) {
        let notifier = Notifier::new(clients::with_retries(sdk_config, attempts)).until(stop.clone());
        delivered.notifications = notifier.notify(&args.notify, &digest).await;
    }
}

/// Tells people that there is no result, and why; until `stop` ends telling.
pub async fn tell_failure(args: &NotifyArgs, profile: Option<&str>, why: &str, stop: &Stop) {
    if args.notify.is_empty() {
        return;
    }
    let finding_out = caller::sdk_config(profile, ATTEMPT, clients::http_client(1));
    let found = tokio::select! {
        found = Box::pin(finding_out) => found,
        () = stop.ends_telling() => return warn!("nobody can be told: the time is over"),
    };
    let sdk_config = match found {
        Ok((sdk_config, attempts)) => clients::with_retries(&sdk_config, attempts),
        // It may be what the run has failed for; webhooks can be told without.
        Err(error) => {
            warn!("nobody can be told by SNS: {error}");
            SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build()
        }
    };
    // What cannot be told either is logged.
    let notifier = Notifier::new(sdk_config).until(stop.clone());
    notifier.notify(&args.notify, &Digest::of_failure(ExitStatus::CouldNotRun, why)).await;
}
