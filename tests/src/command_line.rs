//! The program's command line: serve an organization, or run a command against it.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};

use anyhow::Context as _;
use clap::Parser;
use serde_json::json;
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::organization::{Chaos, Generate, Organization};
use crate::simulator::{Simulator, StartOptions};

/// Variables that would lead an SDK past the simulator.
const CLEARED: [&str; 8] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
];

/// How long credentials live in chaos, unless the description says it.
const CHAOS_CREDENTIAL_SECONDS: u64 = 60;

/// Serves a simulated AWS organization.
///
/// Prints one line of JSON: its endpoint, and the environment with which an AWS SDK finds it.
#[derive(Debug, Parser)]
#[command(name = "organization-simulator", version)]
struct Arguments {
    /// The description of the organization, TOML
    #[arg(long, value_name = "FILE", conflicts_with = "accounts", required_unless_present = "accounts")]
    organization: Option<PathBuf>,

    /// Generate an organization of so many accounts
    #[arg(long, value_name = "N")]
    accounts: Option<usize>,

    /// Enabled Regions of each generated account
    #[arg(long, value_name = "N", default_value_t = 17, requires = "accounts")]
    regions: usize,

    /// Repositories of each generated account in each Region
    #[arg(long, value_name = "N", default_value_t = 5, requires = "accounts")]
    repositories: usize,

    /// Seed of what is generated
    #[arg(long, value_name = "N", default_value_t = 1, requires = "accounts")]
    seed: u64,

    /// Milliseconds that every answer takes at least; instead of the description's
    #[arg(long, value_name = "N")]
    latency_ms: Option<u64>,

    /// Do not check signatures, to answer faster
    #[arg(long)]
    unverified: bool,

    /// Port; 0: any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,

    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,

    /// Threads that answer calls
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,

    /// Let everything go wrong by chance: throttles, errors, resets, slow and denied accounts, and
    /// credentials that live a minute unless the description says otherwise. The same seed, the same chaos
    #[arg(long, value_name = "SEED")]
    chaos: Option<u64>,

    /// Let the caller fetch its credentials, which live so many seconds, as programs in containers do
    #[arg(long, value_name = "SECONDS")]
    caller_lifetime: Option<u64>,

    /// Write the counters there at the end, as JSON; `-`: to stderr
    #[arg(long, value_name = "FILE")]
    counters: Option<PathBuf>,

    /// Run the command after `--` against the simulator, and exit with its status
    #[arg(long, requires = "command")]
    run: bool,

    /// The command and its arguments
    #[arg(last = true, requires = "run", value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs the program.
pub fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Nobody to tell where stderr is closed.
            let _ = writeln!(std::io::stderr(), "organization-simulator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let options = StartOptions { listen: arguments.listen, port: arguments.port, threads: arguments.threads };
    let simulator = Simulator::start_with(organization(arguments)?, &options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(async {
        if arguments.run {
            run_command(arguments, &simulator).await
        } else {
            serve(arguments, &simulator).await?;
            Ok(ExitCode::SUCCESS)
        }
    })?;
    if let Some(path) = &arguments.counters {
        let mut counters = serde_json::to_vec_pretty(&simulator.counters())?;
        counters.push(b'\n');
        if path.as_os_str() == "-" {
            std::io::stderr().write_all(&counters)?;
            return Ok(code);
        }
        std::fs::write(path, counters).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(code)
}

fn organization(arguments: &Arguments) -> anyhow::Result<Organization> {
    let mut organization = match (&arguments.organization, arguments.accounts) {
        (Some(path), _) => Organization::load(path).with_context(|| format!("`{}`", path.display()))?,
        (None, accounts) => Organization {
            seed: arguments.seed,
            ..Organization::generated(Generate {
                accounts: accounts.unwrap_or_default(),
                regions: arguments.regions,
                repositories: arguments.repositories,
                ..Generate::default()
            })
        },
    };
    if let Some(latency) = arguments.latency_ms {
        organization.latency_ms = latency;
    }
    if let Some(seed) = arguments.chaos {
        organization.chaos = Some(Chaos { seed, ..organization.chaos.unwrap_or_default() });
        organization.credential_lifetime_seconds.get_or_insert(CHAOS_CREDENTIAL_SECONDS);
    }
    if let Some(seconds) = arguments.caller_lifetime {
        organization.caller.lifetime_seconds = seconds;
    }
    if arguments.unverified {
        organization.answers.verify_signatures = false;
    }
    Ok(organization)
}

fn environment(arguments: &Arguments, simulator: &Simulator) -> Vec<(String, String)> {
    if arguments.caller_lifetime.is_some() { simulator.renewing_environment() } else { simulator.environment() }
}

fn announce(arguments: &Arguments, simulator: &Simulator) -> anyhow::Result<()> {
    let environment: serde_json::Map<_, _> =
        environment(arguments, simulator).into_iter().map(|(name, value)| (name, value.into())).collect();
    let line = json!({"endpoint": simulator.endpoint(), "environment": environment});
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    Ok(())
}

async fn serve(arguments: &Arguments, simulator: &Simulator) -> anyhow::Result<()> {
    // Before anybody knows that we run, so that a signal sent at once ends us as it should.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    announce(arguments, simulator)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

async fn run_command(arguments: &Arguments, simulator: &Simulator) -> anyhow::Result<ExitCode> {
    let (program, rest) = arguments.command.split_first().context("no command given")?;
    let mut command = Command::new(program);
    command.args(rest);
    for name in CLEARED {
        command.env_remove(name);
    }
    command
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .envs(environment(arguments, simulator));
    // Before the command starts, so that no signal is lost between the two.
    let interrupt = signal(SignalKind::interrupt())?;
    let terminate = signal(SignalKind::terminate())?;
    let child = command.spawn().with_context(|| format!("cannot run `{program}`"))?;
    let status = wait_for_child(child, interrupt, terminate).await?;
    Ok(exit_code(status))
}

/// Ctrl-C reaches the command by itself, being in the same process group; SIGTERM is handed on.
async fn wait_for_child(mut child: Child, mut interrupt: Signal, mut terminate: Signal) -> std::io::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                let pid = child.id().and_then(|id| i32::try_from(id).ok());
                if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
                    // It may have ended in the meantime.
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
                }
            }
        }
    }
}

/// The command's own status; 128 and the signal's number where a signal ended it, as shells do.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|number| 128 + number))
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX);
    ExitCode::from(code)
}
