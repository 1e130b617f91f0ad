//! The command `ecr-encryption`.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ecr_encryption_aggregator::args::{Cli, Command, ScanArgs};
use ecr_encryption_aggregator::error::RunError;
use ecr_encryption_aggregator::exit::ExitStatus;
use ecr_encryption_aggregator::progress::TerminalProgress;
use ecr_encryption_aggregator::report::terminal;
use ecr_encryption_aggregator::reporter::{Reporter, Silent};
use ecr_encryption_aggregator::run::{Finished, run};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let Command::Scan(args) = Cli::parse().command;
    let status = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(scan(*args)),
        Err(error) => {
            tell(&format!("error: {error}"));
            ExitStatus::CouldNotRun
        }
    };
    status.into()
}

async fn scan(args: ScanArgs) -> ExitStatus {
    start_logs(args.verbose, args.quiet);
    let (fail_on, quiet) = (args.fail_on, args.quiet);
    let with_progress = !args.no_progress && !quiet && args.verbose == 0 && io::stderr().is_terminal();
    let reporter: Arc<dyn Reporter> = if with_progress { Arc::new(TerminalProgress::new()) } else { Arc::new(Silent) };
    let finished = run(args, Arc::clone(&reporter), stop_signal()).await;
    reporter.done();
    match finished {
        Ok(finished) => {
            if !quiet {
                show(&finished);
            }
            ExitStatus::of(&finished.summary, fail_on)
        }
        Err(error) => {
            tell(&format!("error: {error}"));
            match error {
                RunError::Usage(_) => ExitStatus::Usage,
                RunError::CouldNotRun(_) => ExitStatus::CouldNotRun,
            }
        }
    }
}

fn show(finished: &Finished) {
    let mut out = anstream::stdout().lock();
    let shown = terminal::write_summary(&mut out, &finished.summary, &finished.published).and_then(|()| out.flush());
    // A reader that has seen enough is no failure of the scan: the report is on disk.
    if let Err(error) = shown
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        tell(&format!("error: the summary cannot be printed: {error}"));
    }
}

/// Says something on standard error; there is nobody to tell when that is closed.
fn tell(text: &str) {
    let _closed = writeln!(anstream::stderr(), "{text}");
}

fn start_logs(verbose: u8, quiet: bool) {
    let default = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "error,ecr_encryption_aggregator=warn,ecr_encryption_rule=warn",
        (false, 1) => "info",
        (false, _) => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(anstream::stderr)
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_target(verbose > 1);
    if verbose == 0 { logs.without_time().init() } else { logs.init() }
}

/// Ready at the first Ctrl-C or SIGTERM. At the second the process ends at once, as with any other program.
async fn stop_signal() {
    wait_for_signal().await;
    tell("stopping: writing what was found (again to stop at once)");
    tokio::spawn(async {
        wait_for_signal().await;
        std::process::exit(130);
    });
}

#[cfg(unix)]
async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
