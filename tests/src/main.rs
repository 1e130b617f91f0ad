//! The organization simulator as a program; see `tests/README.md`.

use std::process::ExitCode;

fn main() -> ExitCode {
    integration_tests::command_line::main()
}
