//! The process of a function.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Notify;

use super::api::RuntimeApi;
use super::invocation::{Invocation, LogLine, Outcome};
use super::log::Log;
use super::usage::Usage;

/// How long a process that was killed may take to be gone.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);

/// The program of a function and its surroundings.
#[derive(Debug, Clone)]
pub struct FunctionOptions {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    name: String,
    account: String,
    memory_mib: u32,
    timeout: Duration,
}

impl FunctionOptions {
    /// A program that speaks the Runtime API: a function called `ecr-encryption-rule` in account
    /// 111111111111, with 128 MiB and 60 s for each event. It sees nothing of this process's
    /// environment but `PATH`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            name: "ecr-encryption-rule".to_owned(),
            account: "111111111111".to_owned(),
            memory_mib: 128,
            timeout: Duration::from_mins(1),
        }
    }

    /// Adds arguments to the command line.
    #[must_use]
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds variables, [`Simulator::environment`](crate::Simulator::environment) say. `AWS_REGION`
    /// among them is the function's Region; without one it is us-east-1. The last of a name counts.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    /// Adds a variable.
    #[must_use]
    pub fn variable(self, name: &str, value: &str) -> Self {
        self.environment([(name.to_owned(), value.to_owned())])
    }

    /// The function's name.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// The account that the function lives in; its ARN tells it.
    #[must_use]
    pub fn account(self, account: &str) -> Self {
        Self { account: account.to_owned(), ..self }
    }

    /// What the function is told to have, in MiB. Nothing enforces it.
    #[must_use]
    pub fn memory_mib(self, memory_mib: u32) -> Self {
        Self { memory_mib, ..self }
    }

    /// The time that each event gets.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    fn region(&self) -> &str {
        let mut regions = self.environment.iter().rev().filter(|(name, _)| name == "AWS_REGION");
        regions.next().map_or("us-east-1", |(_, region)| region)
    }

    fn arn(&self) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region(), self.account, self.name)
    }

    /// The command, with the variables that Lambda sets for an OS-only runtime.
    fn command(&self, api: &RuntimeApi, log: &Log) -> io::Result<Command> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        let (region, name) = (self.region(), self.name.as_str());
        let folder = self.program.parent().unwrap_or(&self.program);
        command
            .env("_HANDLER", "bootstrap")
            .env("LAMBDA_TASK_ROOT", folder)
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("AWS_REGION", region)
            .env("AWS_DEFAULT_REGION", region)
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.memory_mib.to_string())
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "2027/01/31/[$LATEST]0123456789abcdef0123456789abcdef")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.writer()?)
            .stderr(log.writer()?)
            .kill_on_drop(true);
        Ok(command)
    }
}

/// Why there is no function.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// No such program, no port, or the like.
    #[error("cannot start the function: {0}")]
    Io(#[from] io::Error),
    /// The process ended, reported an error, or asked for no event in 30 s.
    #[error("the function did not start: {outcome:?}; it wrote: {log_lines:?}")]
    Start {
        /// What happened instead of a start.
        outcome: Outcome,
        /// What the process wrote.
        log_lines: Vec<LogLine>,
    },
}

/// A function's process, which waits for events. It lives on between them, and ends when this is dropped.
#[derive(Debug)]
pub struct Function {
    api: RuntimeApi,
    process: u32,
    timeout: Duration,
    init_duration: Duration,
    init_log_lines: Vec<LogLine>,
    log: Mutex<Log>,
    kill: Arc<Notify>,
}

impl Function {
    /// Starts the process, and waits until it asks for its first event.
    ///
    /// # Errors
    ///
    /// When it can't be started, or doesn't ask.
    pub fn start(options: &FunctionOptions) -> Result<Self, FunctionError> {
        let api = RuntimeApi::start(&options.arn())?;
        let mut log = Log::new()?;
        let mut command = options.command(&api, &log)?;
        let runtime = api.runtime().ok_or_else(|| io::Error::other("the Runtime API has stopped"))?;
        let began = Instant::now();
        let mut child = {
            let _inside = runtime.enter();
            command.spawn()?
        };
        // Closes our ends of the log.
        drop(command);
        let process = child.id().ok_or_else(|| io::Error::other("the process has no id"))?;
        let kill = Arc::new(Notify::new());
        let (desk, killed) = (Arc::clone(api.desk()), Arc::clone(&kill));
        runtime.spawn(async move {
            let status = tokio::select! {
                status = child.wait() => status,
                () = killed.notified() => {
                    // It may have ended by itself.
                    let _ = child.start_kill();
                    child.wait().await
                }
            };
            desk.exited(status.unwrap_or_default());
        });
        match runtime.block_on(api.desk().started()) {
            Ok(ready) => {
                let init_log_lines = log.lines()?;
                let init_duration = ready - began;
                let timeout = options.timeout;
                Ok(Self { api, process, timeout, init_duration, init_log_lines, log: log.into(), kill })
            }
            Err(outcome) => {
                kill.notify_one();
                Err(FunctionError::Start { outcome, log_lines: log.lines()? })
            }
        }
    }

    /// Hands over an event, and waits until the process has dealt with it and asks for the next. One
    /// after the other: a process has one event at a time.
    pub fn invoke(&self, event: &Value) -> Invocation {
        self.invoke_raw(event.to_string(), self.timeout)
    }

    /// [`invoke`](Self::invoke) with an event as it is, JSON or not, and the time that it gets.
    pub fn invoke_raw(&self, event: impl Into<Vec<u8>>, timeout: Duration) -> Invocation {
        let mut log = self.log();
        let mut invocation = self.api.invoke_and(event.into(), timeout, true);
        if invocation.outcome == Outcome::TimedOut {
            self.end();
        }
        // The file is ours alone.
        invocation.log_lines = log.lines().unwrap_or_default();
        invocation
    }

    /// From starting the process to its asking for the first event.
    pub fn init_duration(&self) -> Duration {
        self.init_duration
    }

    /// What the process wrote in that time.
    pub fn init_log_lines(&self) -> &[LogLine] {
        &self.init_log_lines
    }

    /// What the process has used since it was started: CPU time and memory. Between events it is
    /// exact; take differences.
    ///
    /// # Errors
    ///
    /// When the process has ended.
    pub fn usage(&self) -> io::Result<Usage> {
        Usage::of(self.process)
    }

    /// The process's id.
    pub fn process_id(&self) -> u32 {
        self.process
    }

    /// How the process ended; absent while it lives.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.api.desk().exit_status()
    }

    /// Kills the process, as Lambda does, and waits until it is gone.
    fn end(&self) {
        self.kill.notify_one();
        let patience = Instant::now() + KILL_TIMEOUT;
        while self.exit_status().is_none() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.end();
    }
}
