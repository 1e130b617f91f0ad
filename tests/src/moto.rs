//! moto's server, a second opinion on AWS, as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use serde_json::Value;

/// A running server. It ends when its standard input closes: when this is dropped, at the latest with its parent.
#[derive(Debug)]
pub struct MotoServer {
    endpoint: String,
    _process: Child,
}

impl MotoServer {
    /// Starts a server that holds nothing; `recording` is the file that it records calls in where it is told to.
    ///
    /// # Errors
    /// There is no Python that has moto, or the server does not start.
    pub fn start(recording: Option<&Path>) -> anyhow::Result<Self> {
        let mut command = python("moto_server.py")?;
        if let Some(recording) = recording {
            command.env("MOTO_RECORDER_FILEPATH", recording);
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the interpreter that PROJECT_PYTHON names cannot be started")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no stdout")?).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line).context("moto_server.py does not tell its endpoint")?;
        let endpoint = told.get("endpoint").and_then(Value::as_str).context("no endpoint")?.to_owned();
        Ok(Self { endpoint, _process: process })
    }

    /// The address of all its services.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

/// A script of `tests/python`, in an environment that no machine's settings reach.
///
/// # Errors
/// `PROJECT_PYTHON` is not set.
pub fn python(script: &str) -> anyhow::Result<Command> {
    let interpreter = std::env::var_os("PROJECT_PYTHON")
        .context("PROJECT_PYTHON must name a Python interpreter that has moto: use `make test`")?;
    let mut command = Command::new(interpreter);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script))
        .env_clear()
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    Ok(command)
}
