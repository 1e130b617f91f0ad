//! Renders a run in a process of its own, and counts what that takes.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;
use serde::Deserialize;

/// What all runs share.
#[derive(Debug)]
pub struct Machine {
    /// The program `ecr-encryption`.
    pub program: PathBuf,
    /// A Python that has pyarrow.
    pub python: PathBuf,
    /// The folder of the Python scripts.
    pub scripts: PathBuf,
}

/// What renders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renderer {
    /// `ecr-encryption report`.
    Program,
    /// `render_report.py`.
    Python,
}

impl Renderer {
    /// What the table calls it.
    pub fn name(self, format: &str) -> String {
        match (self, format) {
            (Self::Program, _) => "ecr-encryption".to_owned(),
            (Self::Python, "parquet") => "Python, pyarrow".to_owned(),
            (Self::Python, "jsonl") => "Python, json".to_owned(),
            (Self::Python, _) => format!("Python, {format}"),
        }
    }
}

/// What it took.
#[derive(Debug, Deserialize)]
pub struct Measured {
    pub wall_seconds: f64,
    pub cpu_seconds: f64,
    pub peak_resident_bytes: u64,
    status: i32,
    /// Of all files that were made.
    #[serde(skip)]
    pub bytes: u64,
}

/// Renders `run` once in `format`.
pub fn measure(machine: &Machine, renderer: Renderer, run: &Path, format: &str) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir_in(run.parent().unwrap_or(run))?;
    let (result, output) = (folder.path().join("measured.json"), folder.path().join("output"));
    let mut command: Vec<OsString> = match renderer {
        Renderer::Program => vec![machine.program.clone().into(), "report".into()],
        Renderer::Python => vec![machine.python.clone().into(), machine.scripts.join("render_report.py").into()],
    };
    command.extend([
        "--from".into(),
        run.into(),
        "--format".into(),
        format.into(),
        "--output".into(),
        output.clone().into(),
    ]);
    let told = Command::new(&machine.python)
        .arg(machine.scripts.join("measured.py"))
        .arg(&result)
        .args(command)
        .env_clear()
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .output()?;
    let stderr = String::from_utf8_lossy(&told.stderr);
    ensure!(told.status.success(), "measured.py: {stderr}");
    let mut measured: Measured = serde_json::from_slice(&fs::read(&result)?)?;
    ensure!(measured.status == 0, "{renderer:?} ended with status {} on {format}: {stderr}", measured.status);
    measured.bytes = size(&output)?;
    ensure!(measured.bytes > 0, "{renderer:?} wrote nothing for {format}");
    Ok(measured)
}

/// The bytes of all files in a folder.
fn size(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        bytes += if kind.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
