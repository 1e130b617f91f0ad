//! How fast the simulator answers when nothing else takes time.

use std::ffi::OsString;
use std::path::Path;

use crate::measure::{self, Machine};

const OPERATIONS: [&str; 4] = ["describe-repositories", "describe-key", "assume-role", "list-regions"];

/// One operation, with signatures checked or not.
#[derive(Debug)]
pub struct Ceiling {
    /// The operation, as `scan-clients load` calls it.
    pub operation: &'static str,
    /// Whether signatures were checked.
    pub verified: bool,
    /// Requests answered in a second, with the sender on the same machine.
    pub requests_per_second: f64,
    /// The simulator's CPU time a request, in microseconds.
    pub server_microseconds: f64,
}

/// Measures each operation with `requests` requests.
pub fn measure(machine: &Machine, clients: &Path, requests: usize) -> anyhow::Result<Vec<Ceiling>> {
    let mut ceilings = Vec::new();
    for verified in [false, true] {
        let machine = Machine {
            verified,
            simulator: machine.simulator.clone(),
            python: machine.python.clone(),
            scripts: machine.scripts.clone(),
            cores: machine.cores,
        };
        for operation in OPERATIONS {
            let command: [OsString; 6] = [
                clients.into(),
                "load".into(),
                "--operation".into(),
                operation.into(),
                "--requests".into(),
                requests.to_string().into(),
            ];
            let (wall, server_cpu) = measure::load(&machine, &command)?;
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let count = requests as f64;
            let requests_per_second = count / wall;
            ceilings.push(Ceiling {
                operation,
                verified,
                requests_per_second,
                server_microseconds: server_cpu * 1e6 / count,
            });
        }
    }
    Ok(ceilings)
}
