//! The scan as a Lambda function: settings from the environment, the event says whether to go on with an unfinished run.

mod continuation;
mod error;
mod event;
mod metrics;
mod outcome;
mod settings;
mod time;

#[cfg(test)]
mod samples;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use ecr_encryption_rule::deadline::Deadline;
use ecr_encryption_rule::logs;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::{error, info, warn};

use crate::args::ScanArgs;
use crate::error::RunError;
use crate::finished::Finished;
use crate::reporter::Silent;
use crate::run::run;
use crate::unfinished::handover::{GoesOn, Handover};
use continuation::Reached;
use error::FunctionError;
use event::ScanEvent;
use outcome::RunResult;

/// Whether Lambda has started this process.
pub fn is_asked_for() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// Answers events until Lambda ends the process.
///
/// # Errors
/// Lambda cannot be asked for events.
pub async fn serve() -> Result<(), lambda_runtime::Error> {
    logs::start(&["ecr_encryption_aggregator", "ecr_encryption_rule"]);
    lambda_runtime::run(service_fn(answer)).await.inspect_err(|error| error!(%error, "the function has ended"))
}

async fn answer(event: LambdaEvent<Value>) -> Result<RunResult, Diagnostic> {
    let began = Instant::now();
    let LambdaEvent { payload, context } = event;
    let request_id = context.request_id.as_str();
    let deadline = Deadline::at_epoch_milliseconds(context.deadline);
    let done = match prepare(&payload) {
        Ok(args) => {
            info!(request_id, resume = args.resume, begin = !args.only_resume, output = %args.output, "the scan begins");
            let fail_on = args.fail_on;
            Box::pin(scan(args, deadline)).await.map(|reached| (reached, fail_on))
        }
        Err(error) => Err(error),
    };
    let took = began.elapsed();
    if let Some(line) = metrics::of(done.as_ref().map(|(reached, _)| reached), Timestamp::now())
        && let Err(error) = writeln!(io::stdout().lock(), "{line}")
    {
        warn!(request_id, %error, "the metrics cannot be written");
    }
    let result = done.and_then(|(reached, fail_on)| {
        tell(request_id, &reached);
        outcome::of(&reached, fail_on, took)
    });
    result.map_err(|error| {
        error!(request_id, error_type = error.kind(), %error, "the invocation failed");
        Diagnostic { error_type: error.kind().to_owned(), error_message: error.to_string() }
    })
}

fn prepare(event: &Value) -> Result<ScanArgs, FunctionError> {
    let event = ScanEvent::parse(event)?;
    settings::from_environment(event).map_err(FunctionError::InvalidSettings)
}

async fn scan(args: ScanArgs, deadline: Deadline) -> Result<Reached, FunctionError> {
    let mut handover = Handover::default();
    // What lets another invocation follow has its own time.
    let reserved = deadline.with_reserve();
    let run = |stop| Box::pin(run(args, Arc::new(Silent), stop, GoesOn::ByItself, &mut handover));
    let result = match (time::with_stop(reserved, run).await, &handover) {
        (Some(result), _) => result,
        (None, Handover::Done(_) | Handover::Failed(_)) => Err(RunError::Stopped("before the run had ended")),
        (None, Handover::None) => {
            let why = "the invocation's time was over before the run had ended";
            return Err(FunctionError::CouldNotRun(why.to_owned()));
        }
    };
    continuation::after(result, handover, deadline).await
}

fn tell(request_id: &str, reached: &Reached) {
    let (Finished { summary, report, delivered, .. }, continues) = match reached {
        Reached::Report { finished, continues } => (finished.as_ref(), continues),
        Reached::FinishedByAnother { run_id, report } => {
            return info!(request_id, run_id, report, "another instance has gone on with the run and has finished it");
        }
        Reached::Nothing => return info!(request_id, "there is no unfinished run to go on with"),
        Reached::Continuation { run_id } => {
            return info!(request_id, run_id, continues = true, "the time was over before a report was written");
        }
    };
    for failure in delivered.failures() {
        warn!(request_id, failure, "not everything that was asked for beside the report was done");
    }
    if let Some(overtaken) = &report.overtaken {
        warn!(request_id, %overtaken, "the report is not the latest");
    }
    info!(
        request_id,
        run_id = summary.run.id,
        report = report.place,
        interrupted = summary.run.interrupted,
        continues,
        repositories = summary.totals.repositories,
        non_compliant = summary.totals.by_status.non_compliant,
        undetermined = summary.totals.by_status.undetermined,
        not_covered = summary.coverage.gaps().count(),
        "the report was written"
    );
}
