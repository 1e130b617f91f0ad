//! The tables, in Markdown.

use std::fmt::Write as _;

use crate::ceiling::Ceiling;
use crate::expected::Expected;
use crate::measure::{Client, Run};

/// STS answers so many `AssumeRole` a second for one calling account in one Region.
const ROLES_A_SECOND: f64 = 600.0;
const MEBIBYTE: f64 = 1_048_576.0;

const COLUMNS: [&str; 17] = [
    "accounts × Regions",
    "latency ms",
    "client",
    "wall s",
    "calls",
    "formula",
    "CPU µs a call",
    "server CPU µs a call",
    "connections opened",
    "most open",
    "calls at once",
    "allowed",
    "peak MiB",
    "server peak MiB",
    "bound s",
    "wall / bound",
    "wall / bound with server",
];

/// The simulator's own ceiling.
pub fn ceilings(ceilings: &[Ceiling]) -> Result<String, std::fmt::Error> {
    let mut text = "The simulator alone, 16 connections, the sender on the same machine:\n\n".to_owned();
    writeln!(text, "| operation | signatures | requests a second | server CPU µs a request |")?;
    writeln!(text, "|---|---|---:|---:|")?;
    for ceiling in ceilings {
        let Ceiling { operation, verified, requests_per_second, server_microseconds } = ceiling;
        let checked = if *verified { "checked" } else { "not checked" };
        writeln!(text, "| {operation} | {checked} | {requests_per_second:.0} | {server_microseconds:.1} |")?;
    }
    Ok(text)
}

/// The head of the table.
pub fn head(cores: usize) -> Result<String, std::fmt::Error> {
    let mut text = format!("Simulator and client share {cores} cores:\n\n| {} |\n|", COLUMNS.join(" | "));
    for (index, _) in COLUMNS.iter().enumerate() {
        write!(text, "{}", if index == 2 { "---|" } else { "---:|" })?;
    }
    Ok(text)
}

/// One row. All that is counted below 2^52 is a number of its own here.
#[expect(clippy::cast_precision_loss, reason = "calls, bytes and milliseconds far below 2^52")]
pub fn row(run: &Run, client: &Client, expected: &Expected, latency_ms: u64, cores: usize) -> String {
    let (calls, counters) = (expected.total() as f64, &run.counters);
    let cores = cores as f64;
    let allowed = client.concurrency();
    let at_once = allowed.unwrap_or(counters.max_requests_in_flight).max(1) as f64;
    let round_trip = latency_ms as f64 / 1e3;
    let waits = [
        expected.calls_of("organizations", "ListAccounts") as f64 * round_trip,
        expected.accounts as f64 / ROLES_A_SECOND,
        calls * round_trip / at_once,
    ];
    let wait = waits.into_iter().fold(0.0, f64::max);
    let bound = wait.max(run.cpu / cores);
    let with_server = wait.max((run.cpu + run.server_cpu) / cores);
    let microseconds = |seconds: f64| format!("{:.0}", seconds * 1e6 / calls);
    let columns = [
        format!(
            "{} × {}",
            expected.accounts,
            expected.calls_of("ecr", "DescribeRepositories") / expected.accounts.max(1) as u64
        ),
        latency_ms.to_string(),
        client.name().to_owned(),
        format!("{:.2}", run.wall),
        counters.total_calls().to_string(),
        expected.total().to_string(),
        microseconds(run.cpu),
        microseconds(run.server_cpu),
        counters.connections_opened.to_string(),
        counters.max_connections_open.to_string(),
        counters.max_requests_in_flight.to_string(),
        allowed.map_or_else(|| "auto".to_owned(), |number| number.to_string()),
        format!("{:.1}", run.peak_resident_bytes as f64 / MEBIBYTE),
        format!("{:.1}", counters.peak_resident_bytes as f64 / MEBIBYTE),
        format!("{bound:.2}"),
        format!("{:.2}", run.wall / bound),
        format!("{:.2}", run.wall / with_server),
    ];
    format!("| {} |", columns.join(" | "))
}

/// What the columns mean.
pub fn foot() -> &'static str {
    "
The calls were those of the formula, operation by operation. A run of less than 20,000 calls is the middle one of several.
CPU is user and system time of the whole process, start and report included. The bound is the largest of
⌈A/20⌉ · latency, A / 600 s (STS), calls · latency / calls allowed at once, and the client's CPU / cores; the last column
takes the simulator's CPU to that of the client, because both share the cores. Not in the bounds: that calls wait for each
other (accounts, role, Regions, repositories, key: five latencies at least), which is most of a small run's time. Memory is the client's peak (VmHWM).
"
}
