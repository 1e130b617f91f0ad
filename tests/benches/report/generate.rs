//! The folder of a run of so many findings: what a scan would have left, the same every time.

mod finding;
mod totals;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use finding::finding;
use totals::{ManifestFile, Totals};

/// Repositories of each account in each Region.
const REPOSITORIES: u64 = 100;
/// In order.
const REGIONS: [&str; 10] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "us-east-1",
    "us-east-2",
    "us-west-2",
];

/// Writes a run of `findings` findings into the new folder `folder`, and tells how long `findings.jsonl` is.
pub fn run(folder: &Path, findings: u64) -> anyhow::Result<u64> {
    fs::create_dir(folder)?;
    let mut lines = Hashed::create(folder, "findings.jsonl")?;
    let mut targets = Hashed::create(folder, "targets.jsonl")?;
    let mut totals = Totals::default();
    let an_account = REPOSITORIES * REGIONS.len() as u64;
    let accounts = findings.div_ceil(an_account);
    for account in 0..accounts {
        let (id, name) = (format!("{:012}", 100_000_000_000 + account * 7), format!("workload-{account:05}"));
        let stage = if account % 3 == 0 { "Prod" } else { "Dev" };
        let unit = format!("Root/Workloads/{stage}");
        let mut regions = BTreeMap::new();
        let of_account = an_account.min(findings - account * an_account);
        for (region, first) in REGIONS.into_iter().zip((0..).step_by(usize::try_from(REPOSITORIES)?)) {
            let count = REPOSITORIES.min(of_account.saturating_sub(first));
            regions.insert(region, count);
            for repository in 0..count {
                let finding = finding((&id, &name, &unit), region, repository, account + first + repository);
                totals.add(&finding);
                lines.line(&finding)?;
            }
        }
        targets.line(&json!({
            "account_id": id, "account_name": name, "organizational_unit_path": unit, "regions": regions,
        }))?;
    }
    let (lines, targets) = (lines.finish()?, targets.finish()?);
    let mut summary = Hashed::create(folder, "summary.json")?;
    summary.line(&totals.summary(accounts))?;
    let bytes = lines.bytes;
    let manifest = totals.manifest(accounts, &[lines, targets, summary.finish()?]);
    serde_json::to_writer_pretty(File::create_new(folder.join("manifest.json"))?, &manifest)?;
    Ok(bytes)
}

/// A file of which the manifest tells length and checksum.
struct Hashed {
    name: &'static str,
    out: BufWriter<File>,
    sha256: Sha256,
    bytes: u64,
    line: Vec<u8>,
}

impl Hashed {
    fn create(folder: &Path, name: &'static str) -> io::Result<Self> {
        let out = BufWriter::new(File::create_new(folder.join(name))?);
        Ok(Self { name, out, sha256: Sha256::new(), bytes: 0, line: Vec::new() })
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        self.sha256.update(&self.line);
        self.bytes += self.line.len() as u64;
        self.out.write_all(&self.line)
    }

    fn finish(mut self) -> io::Result<ManifestFile> {
        self.out.flush()?;
        let sha256: Vec<String> = self.sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let sha256 = sha256.concat();
        Ok(ManifestFile { name: self.name, bytes: self.bytes, sha256 })
    }
}
