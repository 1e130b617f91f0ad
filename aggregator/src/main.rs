//! The command `ecr-encryption`; a function where Lambda has started it.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ecr_encryption_aggregator::args::doctor::DoctorArgs;
use ecr_encryption_aggregator::args::shown::{ShownArgs, SummaryForm};
use ecr_encryption_aggregator::args::{Cli, Command, DiffArgs, ReportArgs, ScanArgs};
use ecr_encryption_aggregator::diff;
use ecr_encryption_aggregator::doctor;
use ecr_encryption_aggregator::error::RunError;
use ecr_encryption_aggregator::exit::ExitStatus;
use ecr_encryption_aggregator::finished::Finished;
use ecr_encryption_aggregator::function;
use ecr_encryption_aggregator::opening;
use ecr_encryption_aggregator::pipe::Pipe;
use ecr_encryption_aggregator::progress::{Progress, Shown};
use ecr_encryption_aggregator::report::diff::DiffFormat;
use ecr_encryption_aggregator::report::terminal;
use ecr_encryption_aggregator::reporter::{Reporter, Silent};
use ecr_encryption_aggregator::rerender::Rendering;
use ecr_encryption_aggregator::run::run;
use ecr_encryption_aggregator::stop::{self, Stop};
use ecr_encryption_aggregator::unfinished::handover::{GoesOn, Handover};
use tracing::warn;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    if function::is_asked_for() {
        let done = async { function::serve().await.map_or(ExitStatus::CouldNotRun, |()| ExitStatus::Clean) };
        return to_the_end(done).into();
    }
    let status = match Cli::parse().command {
        Command::Scan(args) => to_the_end(scan(*args)),
        Command::Doctor(args) => to_the_end(preflight(*args)),
        Command::Report(args) => {
            start_logs(0, false);
            to_the_end(async move { told(render_again(&args).await) })
        }
        Command::Diff(args) => {
            start_logs(0, false);
            to_the_end(async move { told(compare(&args).await) })
        }
    };
    status.into()
}

fn to_the_end(work: impl Future<Output = ExitStatus>) -> ExitStatus {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let status = runtime.block_on(work);
            // A file that is still being brought to the disk, of a report that was given up, is not waited for.
            runtime.shutdown_background();
            status
        }
        Err(error) => {
            tell(&format!("error: {error}"));
            ExitStatus::CouldNotRun
        }
    }
}

async fn render_again(args: &ReportArgs) -> Result<ExitStatus, RunError> {
    let stdout = io::stdout();
    let rendering = Rendering::of(args, stdout.is_terminal())?;
    let opened = opening::open(&args.from, &args.read).await?;
    rendering.render(&opened.run, &mut Pipe::new(stdout.lock()))?;
    Ok(ExitStatus::Clean)
}

async fn compare(args: &DiffArgs) -> Result<ExitStatus, RunError> {
    let (old, new) = (opening::open(&args.old, &args.read).await?, opening::open(&args.new, &args.read).await?);
    match args.format {
        DiffFormat::Text => diff::run(args, &old.run, &new.run, &mut Pipe::new(anstream::stdout().lock())),
        _ => diff::run(args, &old.run, &new.run, &mut BufWriter::new(Pipe::new(io::stdout().lock()))),
    }
}

/// The status of a command; what went wrong is told.
fn told(result: Result<ExitStatus, RunError>) -> ExitStatus {
    result.unwrap_or_else(|error| {
        tell(&format!("error: {error}"));
        match error {
            RunError::Usage(_) => ExitStatus::Usage,
            RunError::CouldNotRun(_) | RunError::NothingUnfinished | RunError::FinishedByAnother { .. } => {
                ExitStatus::CouldNotRun
            }
            RunError::Stopped(_) | RunError::StoppedUnchecked => ExitStatus::Stopped,
        }
    })
}

async fn scan(args: ScanArgs) -> ExitStatus {
    let shown = args.shown;
    start_logs(shown.verbose, shown.quiet);
    let fail_on = args.fail_on;
    let reporter = reporter(shown);
    let mut handover = Handover::default();
    let ended = run(args, Arc::clone(&reporter), stop_at_signals(), GoesOn::WhenAsked, &mut handover).await;
    reporter.done();
    told(ended.map(|finished| {
        show(&finished, shown.form());
        ExitStatus::of(&finished.summary, finished.delivered.is_complete(), fail_on)
    }))
}

async fn preflight(args: DoctorArgs) -> ExitStatus {
    let shown = args.shown;
    start_logs(shown.verbose, shown.quiet);
    let reporter = reporter(shown);
    let diagnosis = doctor::run(&args, Arc::clone(&reporter), &stop_at_signals()).await;
    reporter.done();
    told(diagnosis.map(|diagnosis| {
        print(|out| match shown.form() {
            SummaryForm::Text => doctor::text::write(out, &diagnosis),
            SummaryForm::Json => json_line(out, &diagnosis.document()),
            SummaryForm::None => Ok(()),
        });
        diagnosis.exit_status()
    }))
}

fn reporter(args: ShownArgs) -> Arc<dyn Reporter> {
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

fn show(finished: &Finished, form: SummaryForm) {
    print(|out| match form {
        SummaryForm::Text => terminal::write_summary(out, &finished.summary, &finished.delivered, &finished.report),
        SummaryForm::Json => json_line(out, &finished.document()),
        SummaryForm::None => Ok(()),
    });
}

/// Prints what a run has come to. That this fails is no failure of the run: a report is on disk, and the exit status tells.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut out = Pipe::new(BufWriter::new(anstream::stdout().lock()));
    if let Err(error) = write(&mut out).and_then(|()| out.flush()) {
        tell(&format!("error: the summary cannot be printed: {error}"));
    }
}

fn json_line(out: &mut dyn Write, document: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
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
