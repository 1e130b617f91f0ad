//! What a scan costs, beside the fewest calls that it could make, the least time that they could take,
//! and the same calls made by others. `make bench-scan` builds what it needs and runs it.
//!
//! The simulator and what is measured are processes of their own, built for release, and share the
//! machine; CPU time is the kernel's count. It is a report and not a test, but for one thing: it fails
//! where the calls aren't exactly those that the world demands.

mod ceiling;
mod expected;
mod measure;
mod table;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::{Parser, ValueEnum};
use integration_tests::{Generate, Organization, World};

use expected::Expected;
use measure::{Client, Machine, Run};

/// Runs with fewer calls are repeated, and the middle one is told.
const FEW_CALLS: u64 = 20_000;

/// Compares the scanner with the least that it could cost.
#[derive(Debug, Parser)]
struct Arguments {
    /// The simulator
    #[arg(long, value_name = "PROGRAM")]
    simulator: PathBuf,

    /// The scanner
    #[arg(long, value_name = "PROGRAM")]
    scanner: PathBuf,

    /// The example `scan-clients`
    #[arg(long, value_name = "PROGRAM")]
    clients: PathBuf,

    /// A Python that has boto3
    #[arg(long, value_name = "PROGRAM")]
    python: PathBuf,

    /// Accounts and Regions of each organization
    #[arg(long, value_name = "ACCOUNTSxREGIONS,…", value_delimiter = ',', value_parser = size, default_value = "10x3,100x17,1000x17")]
    sizes: Vec<(usize, usize)>,

    /// Add an organization of 10,000 accounts and 17 Regions
    #[arg(long)]
    large: bool,

    /// Repositories of each account in each Region
    #[arg(long, value_name = "N", default_value_t = 5)]
    repositories: usize,

    /// Milliseconds that every answer takes at least
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "0,50")]
    latencies: Vec<u64>,

    /// Calls at once, of every client; of the scanner also `auto`
    #[arg(long, value_name = "N", default_value = "64")]
    concurrency: String,

    /// Leave boto3 out of organizations of more accounts
    #[arg(long, value_name = "N", default_value_t = 100)]
    boto3_accounts: usize,

    /// Run only these clients
    #[arg(long, value_name = "CLIENT,…", value_delimiter = ',', value_enum, default_value = "scanner,reference,boto3")]
    only: Vec<Which>,

    /// Runs of each that makes less than 20,000 calls
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeat: usize,

    /// Let the simulator check every signature
    #[arg(long)]
    verified: bool,

    /// Requests of each kind by which the simulator's own ceiling is found; 0: don't
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    ceiling_requests: usize,

    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Scanner,
    Reference,
    Boto3,
}

fn size(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once('x').and_then(|(accounts, regions)| {
        let accounts: usize = accounts.parse().ok().filter(|number| *number > 0)?;
        let regions: usize = regions.parse().ok().filter(|number| (1..=34).contains(number))?;
        Some((accounts, regions))
    });
    numbers.ok_or_else(|| "two numbers as in `100x17`, with 1 to 34 Regions".to_owned())
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut stdout = std::io::stdout().lock();
    let machine = Machine {
        simulator: arguments.simulator.clone(),
        python: arguments.python.clone(),
        scripts: Path::new(env!("CARGO_MANIFEST_DIR")).join("python"),
        verified: arguments.verified,
        cores: std::thread::available_parallelism()?.get(),
    };
    if arguments.ceiling_requests > 0 {
        progress("the simulator's ceiling")?;
        let ceilings = ceiling::measure(&machine, &arguments.clients, arguments.ceiling_requests)?;
        writeln!(stdout, "{}", table::ceilings(&ceilings)?)?;
    }
    let mut sizes = arguments.sizes.clone();
    sizes.extend(arguments.large.then_some((10_000, 17)));
    writeln!(stdout, "{}", table::head(machine.cores)?)?;
    for (accounts, regions) in sizes {
        let sizes = Generate { accounts, regions, repositories: arguments.repositories, ..Generate::default() };
        let expected = Expected::of(&World::new(Organization::generated(sizes.clone()))?);
        for latency in &arguments.latencies {
            for client in clients(&arguments, accounts) {
                let name = client.name();
                progress(&format!("{accounts} accounts, {regions} Regions, {latency} ms: {name}"))?;
                let times = if expected.total() < FEW_CALLS { arguments.repeat.max(1) } else { 1 };
                let mut runs = Vec::new();
                for _ in 0..times {
                    let run = measure::run(&machine, &client, &sizes, *latency).with_context(|| name.to_owned())?;
                    let difference = expected.difference(&run.counters);
                    ensure!(difference.is_empty(), "{name}: not the calls of the formula: {}", difference.join(", "));
                    runs.push(run);
                }
                let run = middle(runs).context("nothing was run")?;
                progress("")?;
                writeln!(stdout, "{}", table::row(&run, &client, &expected, *latency, machine.cores))?;
                stdout.flush()?;
            }
        }
    }
    writeln!(stdout, "{}", table::foot())?;
    Ok(())
}

/// What is measured with so many accounts.
fn clients(arguments: &Arguments, accounts: usize) -> Vec<Client> {
    let concurrency = arguments.concurrency.clone();
    let of = |which: &Which| match which {
        Which::Scanner => Client::Scanner { program: arguments.scanner.clone(), concurrency: concurrency.clone() },
        Which::Reference => Client::Reference { program: arguments.clients.clone(), concurrency: concurrency.clone() },
        Which::Boto3 => Client::Boto3 { concurrency: concurrency.clone() },
    };
    let fits = |which: &&Which| **which != Which::Boto3 || accounts <= arguments.boto3_accounts;
    arguments.only.iter().filter(fits).map(of).collect()
}

/// The run with the middle wall time.
fn middle(mut runs: Vec<Run>) -> Option<Run> {
    runs.sort_by(|one, other| one.wall.total_cmp(&other.wall));
    let middle = runs.len() / 2;
    runs.into_iter().nth(middle)
}

/// One line of a terminal, which the next replaces.
fn progress(text: &str) -> std::io::Result<()> {
    let mut stderr = std::io::stderr().lock();
    if stderr.is_terminal() {
        write!(stderr, "\r\x1b[K{text}")?;
    }
    stderr.flush()
}
