//! `make invoke`: hands events to the real binary, and shows what AWS Config would receive.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser;
use jiff::Timestamp;
use serde_json::Value;

use super::{Function, FunctionError, FunctionOptions, Invocation, LogLine, Outcome};
use crate::organization::Organization;
use crate::services::RecordedEvaluation;
use crate::simulator::Simulator;

/// Runs a Lambda on events, with the organization simulator as AWS.
///
/// Prints what AWS Config receives to stdout; the function's own log lines, and how each invocation
/// ended, to stderr. The events are handed to one process, one after the other.
#[derive(Debug, Parser)]
#[command(name = "invoke-rule", version)]
struct Arguments {
    /// The description of the organization, TOML
    #[arg(long, value_name = "FILE")]
    organization: PathBuf,

    /// The function's program
    #[arg(long, value_name = "PROGRAM")]
    function: PathBuf,

    /// Seconds that each event gets
    #[arg(long, value_name = "N", default_value_t = 60)]
    timeout: u64,

    /// Print the evaluations as JSON, one a line
    #[arg(long)]
    json: bool,

    /// The events, JSON
    #[arg(required = true, value_name = "EVENT")]
    events: Vec<PathBuf>,
}

/// Runs the program. Status 1: an invocation failed; 2: it could not begin.
pub fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody to tell where stderr is closed.
            let _ = writeln!(std::io::stderr(), "invoke-rule: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether every invocation succeeded.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    // Before anything is started.
    let events = arguments.events.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let path = &arguments.organization;
    let organization = Organization::load(path).with_context(|| format!("`{}`", path.display()))?;
    let account = organization.caller.account.clone();
    let simulator = Simulator::start_blocking(organization)?;
    let options = FunctionOptions::new(program(&arguments.function)?)
        .account(&account)
        .timeout(Duration::from_secs(arguments.timeout))
        .environment(simulator.environment());
    let function = match Function::start(&options) {
        Ok(function) => function,
        Err(FunctionError::Start { outcome, log_lines }) => {
            tell_log(&log_lines)?;
            bail!("the function did not start: {}", told(&outcome));
        }
        Err(error) => return Err(error.into()),
    };
    tell_log(function.init_log_lines())?;
    let mut succeeded = true;
    for (path, event) in arguments.events.iter().zip(&events) {
        let before = simulator.evaluations().len();
        let invocation = function.invoke(event);
        tell(path, &invocation)?;
        succeeded &= invocation.response().is_some();
        let evaluations = simulator.evaluations();
        print(evaluations.get(before..).unwrap_or_default(), arguments.json)?;
    }
    Ok(succeeded)
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the event `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("the event `{}` is not JSON", path.display()))
}

/// An absolute path: the function need not run where we do.
fn program(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize().with_context(|| format!("there is no function `{}`; build it first", path.display()))
}

fn tell_log(lines: &[LogLine]) -> std::io::Result<()> {
    let mut stderr = std::io::stderr().lock();
    lines.iter().try_for_each(|line| writeln!(stderr, "{line}"))
}

fn tell(path: &Path, invocation: &Invocation) -> std::io::Result<()> {
    tell_log(&invocation.log_lines)?;
    let milliseconds = invocation.duration.as_secs_f64() * 1000.0;
    let (path, outcome) = (path.display(), told(&invocation.outcome));
    writeln!(std::io::stderr(), "{path}: {outcome} ({milliseconds:.1} ms)")
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response(answer) => format!("succeeded: {answer}"),
        Outcome::Error { error_type, message } => format!("FAILED: {error_type}: {message}"),
        Outcome::TimedOut => "FAILED: out of time".to_owned(),
        Outcome::Exited(status) => format!("FAILED: the process ended ({status})"),
    }
}

fn print(evaluations: &[RecordedEvaluation], json: bool) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    if json {
        for evaluation in evaluations {
            writeln!(stdout, "{}", serde_json::to_string(evaluation)?)?;
        }
    } else if evaluations.is_empty() {
        writeln!(stdout, "AWS Config receives nothing.")?;
    } else {
        write!(stdout, "{}", table(evaluations))?;
    }
    stdout.flush()?;
    Ok(())
}

const HEADINGS: [&str; 6] = ["ACCOUNT", "REGION", "RESOURCE", "COMPLIANCE", "ORDERING TIMESTAMP", "NOTE"];

/// A table, with the annotation below each row.
fn table(evaluations: &[RecordedEvaluation]) -> String {
    let rows: Vec<[String; 6]> = evaluations.iter().map(row).collect();
    let widths = HEADINGS.iter().enumerate().map(|(column, heading)| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([heading.len()]).max().unwrap_or_default()
    });
    let widths: Vec<usize> = widths.collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let mut text = line(HEADINGS.to_vec());
    for (row, evaluation) in rows.iter().zip(evaluations) {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
        if let Some(annotation) = &evaluation.annotation {
            text.push_str("    ");
            text.push_str(annotation);
            text.push('\n');
        }
    }
    text
}

fn row(evaluation: &RecordedEvaluation) -> [String; 6] {
    let mut notes = Vec::new();
    if evaluation.test_mode {
        notes.push("test mode");
    }
    if !evaluation.accepted {
        notes.push("returned as failed");
    }
    [
        evaluation.account.clone(),
        evaluation.region.clone(),
        format!("{} {}", evaluation.compliance_resource_type, evaluation.compliance_resource_id),
        evaluation.compliance_type.clone(),
        time(evaluation.ordering_timestamp),
        notes.join(", "),
    ]
}

/// To the millisecond, as Config tells times.
fn time(seconds: f64) -> String {
    let duration = jiff::SignedDuration::try_from_secs_f64(seconds).ok();
    let time = duration.and_then(|duration| Timestamp::from_duration(duration).ok());
    match time.and_then(|time| time.round(jiff::Unit::Millisecond).ok()) {
        Some(time) => time.to_string(),
        None => seconds.to_string(),
    }
}
