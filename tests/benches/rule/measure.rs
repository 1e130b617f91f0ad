//! Runs the functions and writes down what they use.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{bail, ensure};
use integration_tests::lambda::{Function, FunctionOptions, Outcome};
use integration_tests::{Counters, Simulator};
use serde_json::Value;

use crate::events::Events;

/// A function to measure.
pub struct Candidate {
    /// Its heading.
    pub name: &'static str,
    program: PathBuf,
    script: Option<PathBuf>,
    /// Its zip file, with the program in it; absent where that is not how it is deployed.
    pub zip: Option<PathBuf>,
}

impl Candidate {
    /// A program, or an interpreter and its script.
    pub fn new(name: &'static str, program: &Path, script: Option<&Path>, zip: Option<&Path>) -> Self {
        let owned = |path: Option<&Path>| path.map(Path::to_owned);
        Self { name, program: program.to_owned(), script: owned(script), zip: owned(zip) }
    }

    /// The size of the program; absent for a script.
    pub fn binary_bytes(&self) -> std::io::Result<Option<u64>> {
        if self.script.is_some() { Ok(None) } else { Ok(Some(self.program.metadata()?.len())) }
    }

    /// The size of the zip file.
    pub fn zip_bytes(&self) -> std::io::Result<Option<u64>> {
        self.zip.as_ref().map(|path| Ok(path.metadata()?.len())).transpose()
    }

    fn start(&self, simulator: &Simulator, account: &str) -> anyhow::Result<Function> {
        let script = self.script.iter().map(|path| path.display().to_string());
        let options =
            FunctionOptions::new(&self.program).arguments(script).account(account).environment(simulator.environment());
        Ok(Function::start(&options)?)
    }
}

/// CPU and wall time of something.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// User and system, of all threads.
    pub cpu: Duration,
    /// From outside.
    pub wall: Duration,
}

/// A fresh process.
#[derive(Debug)]
pub struct Start {
    /// From starting the process to its asking for an event.
    pub init: Spent,
    /// From the event to asking for the next.
    pub first: Spent,
    /// Resident memory before the first event, bytes.
    pub resident_after_init: u64,
    /// Resident memory after it.
    pub resident_after_first: u64,
}

/// A process that has been at work for a while.
#[derive(Debug, Default)]
pub struct Warm {
    /// Invocations about a key that it knows.
    pub known_key: Vec<Spent>,
    /// Invocations about a key that it must ask for.
    pub new_key: Vec<Spent>,
    /// The most memory that was ever resident, bytes.
    pub peak_resident: u64,
    /// The process's whole CPU time by the two counts of the kernel: the sum of its threads', and its own in ticks.
    pub cpu_counts: (Duration, Duration),
    /// AWS calls of an invocation about a known and about a new key.
    pub calls: [String; 2],
}

/// All that was measured of a function.
#[derive(Debug, Default)]
pub struct Costs {
    /// Fresh processes.
    pub starts: Vec<Start>,
    /// One that went on.
    pub warm: Warm,
}

/// Starts a process and gives it one event.
pub fn start(candidate: &Candidate, simulator: &Simulator, events: &Events) -> anyhow::Result<Start> {
    let function = candidate.start(simulator, &events.organization.caller.account)?;
    let before = function.usage()?;
    let first = invoke(&function, &events.known_key)?;
    Ok(Start {
        init: Spent { cpu: before.cpu, wall: function.init_duration() },
        first,
        resident_after_init: before.resident_bytes,
        resident_after_first: function.usage()?.resident_bytes,
    })
}

/// A process that gets many events, some at a time, in turns with others.
pub struct Worker<'a> {
    function: Function,
    simulator: &'a Simulator,
    warm: Warm,
}

impl<'a> Worker<'a> {
    /// Starts it, and gives it its first event.
    pub fn start(candidate: &Candidate, simulator: &'a Simulator, events: &Events) -> anyhow::Result<Self> {
        let function = candidate.start(simulator, &events.organization.caller.account)?;
        invoke(&function, &events.known_key)?;
        Ok(Self { function, simulator, warm: Warm::default() })
    }

    /// As many events about the known key as about `new_keys`.
    pub fn work(&mut self, known_key: &Value, new_keys: &[Value]) -> anyhow::Result<()> {
        let Self { function, simulator, warm } = self;
        simulator.reset();
        for _ in new_keys {
            warm.known_key.push(invoke(function, known_key)?);
        }
        let known = calls(&simulator.counters(), new_keys.len())?;
        simulator.reset();
        for event in new_keys {
            warm.new_key.push(invoke(function, event)?);
        }
        warm.calls = [known, calls(&simulator.counters(), new_keys.len())?];
        Ok(())
    }

    /// Ends it.
    pub fn finish(mut self) -> anyhow::Result<Warm> {
        let usage = self.function.usage()?;
        self.warm.peak_resident = usage.peak_resident_bytes;
        self.warm.cpu_counts = (usage.cpu, usage.cpu_ticks);
        Ok(self.warm)
    }
}

fn invoke(function: &Function, event: &Value) -> anyhow::Result<Spent> {
    let before = function.usage()?.cpu;
    let invocation = function.invoke(event);
    let cpu = function.usage()?.cpu.saturating_sub(before);
    match invocation.outcome {
        Outcome::Response(_) => Ok(Spent { cpu, wall: invocation.duration }),
        outcome => bail!("{outcome:?}\n{:?}", invocation.log_lines),
    }
}

/// The calls of one invocation, when `count` of them made the same ones.
fn calls(counters: &Counters, count: usize) -> anyhow::Result<String> {
    ensure!(counters.outcomes.keys().all(|outcome| outcome == "ok"), "AWS refused something: {:?}", counters.outcomes);
    let mut texts = Vec::new();
    for (operation, calls) in counters.calls.values().flatten().filter(|(_, calls)| **calls > 0) {
        ensure!(*calls == u64::try_from(count)?, "{calls} times {operation} in {count} invocations");
        texts.push(operation.clone());
    }
    Ok(if texts.is_empty() { "none".to_owned() } else { texts.join(" + ") })
}
