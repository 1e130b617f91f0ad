//! The Lambda function `ecr-encryption-rule`: an AWS Config custom rule.

use std::env;
use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use ecr_encryption_rule::aws::environment;
use ecr_encryption_rule::deadline::Deadline;
use ecr_encryption_rule::handler::{Invocation, Rule};
use ecr_encryption_rule::logs;
use ecr_encryption_rule::metrics::Metrics;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

fn main() -> ExitCode {
    logs::start(&["ecr_encryption_rule"]);
    // One thread: an instance serves one event at a time, and waits for AWS most of it.
    let done =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Into::into).and_then(|runtime| {
            runtime.block_on(async {
                let (own, sdk_config) = environment::load()?;
                let rule = Rule::new(own, &sdk_config);
                let cold = AtomicBool::new(true);
                lambda_runtime::run(service_fn(|event| answer(&rule, event, cold.swap(false, Ordering::Relaxed)))).await
            })
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn answer(rule: &Rule, event: LambdaEvent<Value>, cold_start: bool) -> Result<Value, Diagnostic> {
    let LambdaEvent { payload, context } = event;
    let began = Instant::now();
    let invocation = Invocation {
        request_id: context.request_id.clone(),
        deadline: Deadline::at_epoch_milliseconds(context.deadline),
        function_arn: context.invoked_function_arn.clone(),
        region: env::var("AWS_REGION").unwrap_or_default(),
    };
    let mut metrics = Metrics::default();
    let told = Box::pin(rule.handle(payload, &invocation, &mut metrics)).await;
    if let Err(error) = &told {
        tracing::error!(request_id = invocation.request_id, error_type = error.kind(), %error, "the invocation failed");
    }
    let duration_ms = began.elapsed().as_secs_f64() * 1e3;
    let function_name = context.env_config.function_name.as_str();
    let written = metrics.write(
        &mut io::stdout().lock(),
        function_name,
        Timestamp::now(),
        duration_ms,
        cold_start,
        told.is_err(),
    );
    if let Err(error) = written {
        tracing::warn!(%error, "the metrics cannot be written");
    }
    told.map(|evaluations| json!({ "evaluations": evaluations }))
        .map_err(|error| Diagnostic { error_type: error.kind().to_owned(), error_message: error.to_string() })
}
