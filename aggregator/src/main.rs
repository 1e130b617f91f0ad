//! The command `ecr-encryption`.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ecr_encryption_aggregator::args::{Cli, Command, ScanArgs};
use ecr_encryption_aggregator::error::RunError;
use ecr_encryption_aggregator::exit::ExitStatus;
use ecr_encryption_aggregator::progress::{Progress, Shown};
use ecr_encryption_aggregator::report::terminal;
use ecr_encryption_aggregator::reporter::{Reporter, Silent};
use ecr_encryption_aggregator::run::{Finished, run};
use ecr_encryption_aggregator::stop::{self, Stop};
use tracing::warn;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let Command::Scan(args) = Cli::parse().command;
    let status = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let status = runtime.block_on(scan(*args));
            // A file that is still being brought to the disk, of a report that was given up, is not waited for.
            runtime.shutdown_background();
            status
        }
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
    let reporter = reporter(&args);
    let finished = run(args, Arc::clone(&reporter), stop_at_signals()).await;
    reporter.done();
    match finished {
        Ok(finished) => {
            if !quiet {
                show(&finished);
            }
            ExitStatus::of(&finished.summary, finished.delivered.is_complete(), fail_on)
        }
        Err(error) => {
            tell(&format!("error: {error}"));
            match error {
                RunError::Usage(_) => ExitStatus::Usage,
                RunError::CouldNotRun(_) => ExitStatus::CouldNotRun,
                RunError::Stopped(_) => ExitStatus::Stopped,
            }
        }
    }
}

fn reporter(args: &ScanArgs) -> Arc<dyn Reporter> {
    let shown = match args.progress {
        _ if args.no_progress => Shown::None,
        // Logs and a bar would run into each other.
        Shown::Auto if args.quiet || args.verbose > 0 => Shown::None,
        asked => asked,
    };
    match Progress::begin(shown, io::stderr().is_terminal()) {
        Some(progress) => Arc::new(progress),
        None => Arc::new(Silent),
    }
}

fn show(finished: &Finished) {
    let mut out = anstream::stdout().lock();
    let shown = terminal::write_summary(&mut out, &finished.summary, &finished.report).and_then(|()| out.flush());
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

/// Stops the run at each Ctrl-C or SIGTERM, from now on and to its end.
fn stop_at_signals() -> Stop {
    let (stopper, stop) = stop::channel();
    let on_signal = move || {
        if stopper.stop() == 1 {
            tell("stopping (again to stop at once)");
        }
    };
    if let Err(error) = listen(on_signal) {
        warn!(%error, "signals cannot be heard: they end the run without a report");
    }
    stop
}

#[cfg(unix)]
fn listen(on_signal: impl Fn() + Send + 'static) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => on_signal(),
                _ = terminate.recv() => on_signal(),
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn listen(on_signal: impl Fn() + Send + 'static) -> io::Result<()> {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            on_signal();
        }
    });
    Ok(())
}
