//! A local Lambda: the [Runtime API] that a function's process talks to, and a handle that starts
//! the process, hands it events and says what became of them.
//!
//! ```no_run
//! use std::time::Duration;
//! use integration_tests::lambda::{Function, FunctionOptions, Outcome};
//! # fn example(simulator: &integration_tests::Simulator) -> Result<(), Box<dyn std::error::Error>> {
//! let options = FunctionOptions::new("target/debug/ecr-encryption-rule").environment(simulator.environment());
//! let function = Function::start(&options)?;
//! println!("start: {:?}, CPU {:?}", function.init_duration(), function.usage()?.cpu);
//! let invocation = function.invoke(&serde_json::json!({"resultToken": "…"}));
//! if let Outcome::Response(answer) = &invocation.outcome {
//!     println!("{answer} after {:?}, {} log lines", invocation.duration, invocation.log_lines.len());
//! }
//! # Ok(()) }
//! ```
//!
//! Everything here blocks; call it from plain threads, not from asynchronous code. Like the
//! simulator, nothing here knows the product.
//!
//! [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

mod api;
pub mod command_line;
mod function;
mod invocation;
mod log;
mod routes;
mod usage;

pub use api::RuntimeApi;
pub use function::{Function, FunctionError, FunctionOptions};
pub use invocation::{Invocation, LogLine, Outcome};
pub use usage::Usage;
