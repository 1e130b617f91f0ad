//! Runs a client against a fresh simulator, both as processes of their own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use integration_tests::{Counters, Generate};
use serde::Deserialize;
use serde_json::Value;

/// What all runs share.
#[derive(Debug)]
pub struct Machine {
    /// The simulator's program.
    pub simulator: PathBuf,
    /// A Python that has boto3.
    pub python: PathBuf,
    /// The folder of the Python scripts.
    pub scripts: PathBuf,
    /// Whether signatures are checked.
    pub verified: bool,
    /// Cores that simulator and client share.
    pub cores: usize,
}

/// What is measured.
#[derive(Debug)]
pub enum Client {
    /// `ecr-encryption scan`.
    Scanner {
        /// The binary.
        program: PathBuf,
        /// Calls at once.
        concurrency: String,
    },
    /// The same calls with the AWS SDK and nothing else.
    Reference {
        /// The example `scan-clients`.
        program: PathBuf,
        /// Calls at once.
        concurrency: String,
    },
    /// The same calls with boto3.
    Boto3 {
        /// Threads.
        concurrency: String,
    },
}

/// Calls at once of clients that know no `auto`.
const DEFAULT_CONCURRENCY: u64 = 64;

impl Client {
    /// Its name in the table.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scanner { .. } => "ecr-encryption",
            Self::Reference { .. } => "reference, AWS SDK",
            Self::Boto3 { .. } => "boto3",
        }
    }

    /// How many calls it may make at once; absent where it decides by itself.
    pub fn concurrency(&self) -> Option<u64> {
        match self {
            Self::Scanner { concurrency, .. } => concurrency.parse().ok(),
            Self::Reference { concurrency, .. } | Self::Boto3 { concurrency } => {
                Some(concurrency.parse().unwrap_or(DEFAULT_CONCURRENCY))
            }
        }
    }

    fn command(&self, machine: &Machine, output: &std::path::Path) -> Vec<std::ffi::OsString> {
        let number = self.concurrency().unwrap_or(DEFAULT_CONCURRENCY).to_string();
        match self {
            Self::Scanner { program, concurrency } => vec![
                program.into(),
                "scan".into(),
                "--quiet".into(),
                "--no-progress".into(),
                // Findings are no failure here.
                "--fail-on".into(),
                "never".into(),
                "--concurrency".into(),
                concurrency.into(),
                "--output".into(),
                output.into(),
            ],
            Self::Reference { program, .. } => {
                vec![program.into(), "reference".into(), "--concurrency".into(), number.into()]
            }
            Self::Boto3 { .. } => {
                vec![machine.python.clone().into(), machine.scripts.join("scan_with_boto3.py").into(), number.into()]
            }
        }
    }
}

/// What a run took.
#[derive(Debug)]
pub struct Run {
    /// Seconds.
    pub wall: f64,
    /// The client's CPU time, user and system, in seconds.
    pub cpu: f64,
    /// The most memory that was resident of the client, bytes.
    pub peak_resident_bytes: u64,
    /// The simulator's CPU time, in seconds.
    pub server_cpu: f64,
    /// What the simulator counted.
    pub counters: Counters,
}

#[derive(Deserialize)]
struct Measured {
    wall_seconds: f64,
    cpu_seconds: f64,
    peak_resident_bytes: u64,
    status: i32,
}

/// Runs a client once.
pub fn run(machine: &Machine, client: &Client, sizes: &Generate, latency_ms: u64) -> anyhow::Result<Run> {
    let folder = tempfile::tempdir()?;
    let mut server = Server::start(machine, sizes, latency_ms)?;
    let command = client.command(machine, &folder.path().join("report"));
    let before = server.counters()?;
    let measured = measured(machine, &server, &command)?;
    let counters = server.counters()?;
    Ok(Run {
        wall: measured.wall_seconds,
        cpu: measured.cpu_seconds,
        peak_resident_bytes: measured.peak_resident_bytes,
        server_cpu: seconds(counters.cpu_microseconds.saturating_sub(before.cpu_microseconds)),
        counters: Counters {
            // Two connections were our own, to read the counters.
            connections_opened: counters.connections_opened.saturating_sub(2),
            ..counters
        },
    })
}

/// Runs a command against a server, in a process that counts what it takes.
fn measured(machine: &Machine, server: &Server, command: &[std::ffi::OsString]) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir()?;
    let result = folder.path().join("measured.json");
    let output = Command::new(&machine.python)
        .arg(machine.scripts.join("measured.py"))
        .arg(&result)
        .args(command)
        .env_clear()
        .envs(server.environment.iter().map(|(name, value)| (name, value)))
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "measured.py: {told}");
    let measured: Measured = serde_json::from_slice(&std::fs::read(&result)?)?;
    ensure!(measured.status == 0, "it ended with status {}: {told}", measured.status);
    Ok(measured)
}

/// Sends one request many times; wall seconds, and the simulator's CPU seconds.
pub fn load(machine: &Machine, command: &[std::ffi::OsString]) -> anyhow::Result<(f64, f64)> {
    let mut server = Server::start(machine, &Generate::default(), 0)?;
    let before = server.counters()?.cpu_microseconds;
    let measured = measured(machine, &server, command)?;
    let after = server.counters()?.cpu_microseconds;
    Ok((measured.wall_seconds, seconds(after.saturating_sub(before))))
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of some minutes")]
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

/// A simulator that is running.
struct Server {
    child: Child,
    address: String,
    environment: Vec<(String, String)>,
}

impl Server {
    fn start(machine: &Machine, sizes: &Generate, latency_ms: u64) -> anyhow::Result<Self> {
        let mut command = Command::new(&machine.simulator);
        let numbers = [
            ("--accounts", sizes.accounts as u64),
            ("--regions", sizes.regions as u64),
            ("--repositories", sizes.repositories as u64),
            ("--latency-ms", latency_ms),
        ];
        for (name, number) in numbers {
            command.arg(name).arg(number.to_string());
        }
        if !machine.verified {
            command.arg("--unverified");
        }
        let mut child = command.stdout(Stdio::piped()).spawn().context("the simulator doesn't start")?;
        let mut line = String::new();
        let Some(stdout) = child.stdout.take() else { bail!("the simulator has no stdout") };
        BufReader::new(stdout).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line).context("the simulator tells no environment")?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let environment = told.get("environment").and_then(Value::as_object).into_iter().flatten();
        let environment = environment.map(|(name, value)| (name.clone(), text(Some(value)))).collect();
        let address = text(told.get("endpoint")).trim_start_matches("http://").to_owned();
        Ok(Self { child, address, environment })
    }

    fn counters(&mut self) -> anyhow::Result<Counters> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(b"GET /_simulator/counters HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split_once("\r\n\r\n").context("no counters")?.1;
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
