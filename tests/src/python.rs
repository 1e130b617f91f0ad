//! The Python scripts that tests and benchmarks run.

use std::path::Path;
use std::process::Command;

/// A script of `tests/python`, in an environment that no machine's settings reach.
///
/// # Panics
/// Where `PROJECT_PYTHON` names no interpreter.
#[expect(clippy::expect_used, reason = "for tests, which fail by panicking")]
pub fn python(script: &str) -> Command {
    let interpreter = std::env::var_os("PROJECT_PYTHON").expect(
        "PROJECT_PYTHON must name a Python interpreter with what tests/python/requirements.txt names: use `make test`",
    );
    let mut command = Command::new(interpreter);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script))
        .env_clear()
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command
}
