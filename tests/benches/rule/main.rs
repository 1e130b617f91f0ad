//! What the rule costs: start, first and warm invocation, memory and size, beside the smallest Lambda
//! in Rust and the same rule in Python. `make bench-rule` builds what it needs and runs it.
//!
//! Every function runs under the same local Runtime API and calls the same simulator, in turns, so
//! that a busy machine disturbs all alike. CPU time is the kernel's own count for the process, user
//! and system, in nanoseconds. It is a report, not a test: whatever the figures, it ends with 0.

mod events;
mod measure;
mod report;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use integration_tests::Simulator;

use events::Events;
use measure::{Candidate, Costs, Worker};

/// How many events a process gets before it is the next one's turn.
const CHUNK: usize = 10;

/// Compares the rule with a greeting Lambda and with itself in Python.
#[derive(Debug, Parser)]
struct Arguments {
    /// The rule's binary, as it is deployed
    #[arg(long, value_name = "PROGRAM")]
    rule: PathBuf,

    /// Its zip file
    #[arg(long, value_name = "FILE")]
    rule_zip: PathBuf,

    /// The smallest Lambda's binary
    #[arg(long, value_name = "PROGRAM")]
    hello: PathBuf,

    /// Its zip file
    #[arg(long, value_name = "FILE")]
    hello_zip: PathBuf,

    /// A Python that has boto3
    #[arg(long, value_name = "PROGRAM")]
    python: PathBuf,

    /// Fresh processes of each
    #[arg(long, value_name = "N", default_value_t = 20)]
    processes: usize,

    /// Warm invocations of each kind
    #[arg(long, value_name = "N", default_value_t = 200)]
    warm: usize,

    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let events = Events::load(tests, arguments.warm)?;
    let simulator = Simulator::start_blocking(events.organization.clone())?;
    let handler = tests.join("python/rule_handler.py");
    let candidates = [
        Candidate::new("ecr-encryption-rule", &arguments.rule, None, Some(&arguments.rule_zip)),
        Candidate::new("hello-lambda", &arguments.hello, None, Some(&arguments.hello_zip)),
        Candidate::new("Python, boto3", &arguments.python, Some(&handler), None),
    ];
    let mut costs = [Costs::default(), Costs::default(), Costs::default()];

    // The first round only fills the page cache, and Python's cache of compiled modules.
    for round in 0..=arguments.processes {
        for (candidate, costs) in candidates.iter().zip(&mut costs) {
            let start = measure::start(candidate, &simulator, &events).with_context(|| candidate.name.to_owned())?;
            if round > 0 {
                costs.starts.push(start);
            }
        }
        progress(&format!("process {round} of {}", arguments.processes))?;
    }
    let start = |candidate| Worker::start(candidate, &simulator, &events);
    let mut workers = candidates.iter().map(start).collect::<anyhow::Result<Vec<_>>>()?;
    for new_keys in events.new_keys.chunks(CHUNK) {
        for worker in &mut workers {
            worker.work(&events.known_key, new_keys)?;
        }
    }
    for (worker, costs) in workers.into_iter().zip(&mut costs) {
        costs.warm = worker.finish()?;
    }
    progress("")?;
    let [rule, hello, python] = &costs;
    let columns = [(&candidates[0], rule), (&candidates[1], hello), (&candidates[2], python)];
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", report::table(&columns)?)?;
    writeln!(stdout, "{}", report::goals(rule, hello, python, &candidates[0])?)?;
    Ok(())
}

/// One line of a terminal, which the next replaces.
fn progress(text: &str) -> std::io::Result<()> {
    let mut stderr = std::io::stderr().lock();
    if stderr.is_terminal() {
        write!(stderr, "\r\x1b[K{text}")?;
    }
    stderr.flush()
}
