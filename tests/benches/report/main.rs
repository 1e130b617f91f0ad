//! What rendering a run costs in every format, beside Python doing the same with its own modules and with pyarrow.
//! `make bench-report` builds what it needs and runs it.
//!
//! Each format is a process of its own that reads the same `findings.jsonl`; CPU time is the kernel's count. It is a report
//! and not a test, but for one thing: it fails where a format takes more memory than is promised.

mod generate;
mod measure;
mod table;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Parser;

use measure::{Machine, Renderer, measure};

/// What a format may take: 128 MB.
const MOST_MEMORY: u64 = 128_000_000;

/// Measures how reports are rendered.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program `ecr-encryption`
    #[arg(long, value_name = "PROGRAM")]
    program: PathBuf,

    /// A Python that has pyarrow
    #[arg(long, value_name = "PROGRAM")]
    python: PathBuf,

    /// Findings of the run
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    findings: u64,

    /// The formats
    #[arg(
        long,
        value_name = "FORMAT,…",
        value_delimiter = ',',
        default_value = "jsonl,csv,html,json,parquet,ocsf,asff,sarif,junit,markdown"
    )]
    formats: Vec<String>,

    /// Those that Python renders too
    #[arg(long, value_name = "FORMAT,…", value_delimiter = ',', default_value = "jsonl,csv,json,parquet")]
    beside: Vec<String>,

    /// The folder for the run and what is made of it, some gigabytes [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,

    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let run = folder.path().join("run");
    progress("generating the run")?;
    let bytes = generate::run(&run, arguments.findings)?;
    let machine = Machine {
        program: arguments.program.clone(),
        python: arguments.python.clone(),
        scripts: Path::new(env!("CARGO_MANIFEST_DIR")).join("python"),
    };
    let mut stdout = std::io::stdout().lock();
    progress("")?;
    writeln!(stdout, "{}", table::head(arguments.findings, bytes))?;
    let mut too_much = Vec::new();
    for format in &arguments.formats {
        let renderers = [Renderer::Program, Renderer::Python];
        for renderer in
            renderers.into_iter().filter(|one| *one == Renderer::Program || arguments.beside.contains(format))
        {
            progress(&format!("{format}: {}", renderer.name(format)))?;
            let measured = measure(&machine, renderer, &run, format)?;
            progress("")?;
            writeln!(stdout, "{}", table::row(format, &renderer.name(format), &measured, arguments.findings))?;
            stdout.flush()?;
            if renderer == Renderer::Program && measured.peak_resident_bytes > MOST_MEMORY {
                too_much.push(format.as_str());
            }
        }
    }
    writeln!(stdout, "{}", table::foot())?;
    ensure!(too_much.is_empty(), "more than {MOST_MEMORY} bytes of memory: {}", too_much.join(", "));
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
