//! Runs the rule on sample events with the simulator as AWS; see `tests/events/README.md`.

use std::process::ExitCode;

fn main() -> ExitCode {
    integration_tests::lambda::command_line::main()
}
