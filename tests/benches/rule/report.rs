//! The table, and how the figures stand against the goals.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;

use crate::measure::{Candidate, Costs, Spent, Start};

const MEGABYTE: f64 = 1e6;

/// The middle, and how far it went.
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(values: impl IntoIterator<Item = f64>) -> anyhow::Result<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().context("nothing was measured");
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { at(middle)? } else { f64::midpoint(at(middle.saturating_sub(1))?, at(middle)?) };
        Ok(Self { median, least: at(0)?, most: at(values.len().saturating_sub(1))? })
    }

    fn cell(&self) -> String {
        format!("{} ({}–{})", figure(self.median), figure(self.least), figure(self.most))
    }
}

/// Three digits that count.
fn figure(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / MEGABYTE
}

fn of_starts(costs: &Costs, value: impl Fn(&Start) -> f64) -> anyhow::Result<Spread> {
    Spread::of(costs.starts.iter().map(value))
}

fn cpu(spent: &[Spent]) -> anyhow::Result<Spread> {
    Spread::of(spent.iter().map(|spent| milliseconds(spent.cpu)))
}

fn wall(spent: &[Spent]) -> anyhow::Result<Spread> {
    Spread::of(spent.iter().map(|spent| milliseconds(spent.wall)))
}

type Column<'a> = (&'a Candidate, &'a Costs);
type Cell = fn(Column<'_>) -> anyhow::Result<String>;

const ROWS: [(&str, Cell); 15] = [
    ("start, CPU ms", |(_, costs)| Ok(of_starts(costs, |start| milliseconds(start.init.cpu))?.cell())),
    ("start, wall ms", |(_, costs)| Ok(of_starts(costs, |start| milliseconds(start.init.wall))?.cell())),
    ("first invocation, CPU ms", |(_, costs)| Ok(of_starts(costs, |start| milliseconds(start.first.cpu))?.cell())),
    ("first invocation, wall ms", |(_, costs)| Ok(of_starts(costs, |start| milliseconds(start.first.wall))?.cell())),
    ("warm, known key, CPU ms", |(_, costs)| Ok(cpu(&costs.warm.known_key)?.cell())),
    ("warm, known key, wall ms", |(_, costs)| Ok(wall(&costs.warm.known_key)?.cell())),
    ("warm, known key, calls", |(_, costs)| Ok(costs.warm.calls[0].clone())),
    ("warm, new key, CPU ms", |(_, costs)| Ok(cpu(&costs.warm.new_key)?.cell())),
    ("warm, new key, wall ms", |(_, costs)| Ok(wall(&costs.warm.new_key)?.cell())),
    ("warm, new key, calls", |(_, costs)| Ok(costs.warm.calls[1].clone())),
    ("resident after start, MB", |(_, costs)| {
        Ok(of_starts(costs, |start| megabytes(start.resident_after_init))?.cell())
    }),
    ("resident after first, MB", |(_, costs)| {
        Ok(of_starts(costs, |start| megabytes(start.resident_after_first))?.cell())
    }),
    ("resident at most, MB", |(_, costs)| Ok(figure(megabytes(costs.warm.peak_resident)))),
    ("binary, MB", |(candidate, _)| Ok(size(candidate.binary_bytes()?))),
    ("zip, MB", |(candidate, _)| Ok(size(candidate.zip_bytes()?))),
];

fn size(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "–".to_owned(), |bytes| figure(megabytes(bytes)))
}

/// One column a function: medians, with the least and the most in parentheses.
pub fn table(columns: &[Column<'_>]) -> anyhow::Result<String> {
    let mut lines = vec![vec![String::new()]];
    if let Some(head) = lines.first_mut() {
        head.extend(columns.iter().map(|(candidate, _)| candidate.name.to_owned()));
    }
    for (name, cell) in ROWS {
        let mut line = vec![name.to_owned()];
        for column in columns {
            line.push(cell(*column)?);
        }
        lines.push(line);
    }
    let widest = |index: usize| lines.iter().filter_map(|line| line.get(index)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..=columns.len()).map(|index| widest(index).unwrap_or_default()).collect();
    let mut text = String::new();
    for line in &lines {
        let mut padded = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            write!(padded, "{cell:width$}  ")?;
        }
        writeln!(text, "{}", padded.trim_end())?;
    }
    let (processes, warm) =
        columns.first().map_or((0, 0), |(_, costs)| (costs.starts.len(), costs.warm.known_key.len()));
    writeln!(
        text,
        "\nMedian (least–most) of {processes} fresh processes, and of {warm} warm invocations of one process."
    )?;
    writeln!(text, "MB are 10^6 bytes. The simulator speaks plain HTTP: no TLS handshake is in these figures.")?;
    for (candidate, costs) in columns {
        let (threads, ticks) = costs.warm.cpu_counts;
        // Ticks have 10 ms, and the two counts are read one after the other.
        if threads.abs_diff(ticks) > Duration::from_millis(20) + ticks / 20 {
            writeln!(text, "DOUBTFUL: {}: threads used {threads:?} of CPU, the process {ticks:?}", candidate.name)?;
        }
    }
    Ok(text)
}

/// PASS or MISS, goal by goal.
pub fn goals(rule: &Costs, hello: &Costs, python: &Costs, candidate: &Candidate) -> anyhow::Result<String> {
    let init = |costs| Ok::<_, anyhow::Error>(of_starts(costs, |start| milliseconds(start.init.cpu))?.median);
    let first = |costs| Ok::<_, anyhow::Error>(of_starts(costs, |start| milliseconds(start.first.cpu))?.median);
    let cold = |costs| {
        Ok::<_, anyhow::Error>(of_starts(costs, |start| milliseconds(start.init.cpu + start.first.cpu))?.median)
    };
    let known = |costs: &Costs| Ok::<_, anyhow::Error>(cpu(&costs.warm.known_key)?.median);
    let new = |costs: &Costs| Ok::<_, anyhow::Error>(cpu(&costs.warm.new_key)?.median);
    let zip = megabytes(candidate.zip_bytes()?.context("no zip file")?);
    let memory = megabytes(rule.warm.peak_resident);

    let mut text = String::new();
    let mut at_most = |what: &str, value: f64, limit: f64, unit: &str| {
        let verdict = if value <= limit { "PASS" } else { "MISS" };
        writeln!(text, "{verdict}  {what}: {}{unit}, goal at most {limit}{unit}", figure(value))
    };
    at_most("start, CPU, as a multiple of hello-lambda's", init(rule)? / init(hello)?, 2.0, "")?;
    at_most("first invocation, CPU", first(rule)?, 5.0, " ms")?;
    at_most("warm invocation, known key, CPU", known(rule)?, 0.5, " ms")?;
    at_most("warm invocation, new key, CPU", new(rule)?, 0.5, " ms")?;
    at_most("zip", zip, 3.5, " MB")?;
    at_most("resident memory at most", memory, 15.0, " MB")?;
    let mut at_least = |what: &str, value: f64, limit: f64| {
        let verdict = if value >= limit { "PASS" } else { "MISS" };
        writeln!(text, "{verdict}  {what}: {} times less than Python, goal at least {limit}", figure(value))
    };
    at_least("cold CPU (start and first invocation)", cold(python)? / cold(rule)?, 10.0)?;
    at_least("warm CPU, known key", known(python)? / known(rule)?, 10.0)?;
    at_least("warm CPU, new key", new(python)? / new(rule)?, 10.0)?;
    Ok(text)
}
