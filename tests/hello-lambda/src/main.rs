//! Answers every event with a greeting: what `cargo lambda new` makes, and so what a Lambda in Rust costs before it
//! does anything of its own. `make bench-rule` measures the rule against it.

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run(service_fn(greet)).await
}

async fn greet(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(json!({ "message": "hello", "request_id": event.context.request_id }))
}
