//! Opens runs that are kept, wherever that is, for the commands that read them.

use std::time::Duration;

use anyhow::Context;
use ecr_encryption_rule::aws::clients;
use tempfile::TempDir;
use tracing::warn;

use crate::args::ReadArgs;
use crate::aws::caller;
use crate::error::RunError;
use crate::history::manifest::Manifest;
use crate::history::reader::FINDINGS;
use crate::history::resolve::OpenedRun;
use crate::history::runs::RUNS;
use crate::output::{CHANGES, SUMMARY, TARGETS};
use crate::store::location::{Location, S3Location};
use crate::store::s3::S3Store;

/// How long one attempt of a call may take.
const ATTEMPT: Duration = Duration::from_secs(30);
/// How many connections are open at most.
const CONNECTIONS: usize = 16;

/// A run that can be read for as long as this lives.
#[derive(Debug)]
pub struct Opened {
    /// The run.
    pub run: OpenedRun,
    /// Where it was fetched to.
    _fetched: Option<TempDir>,
}

/// Opens the run that `location` leads to; one on S3 is fetched.
///
/// # Errors
/// There is none, or it cannot be had.
pub async fn open(location: &Location, args: &ReadArgs) -> Result<Opened, RunError> {
    let location = match location {
        Location::Folder(folder) => {
            let run = OpenedRun::open(folder)?;
            return Ok(Opened { run, _fetched: None });
        }
        Location::S3(location) => location,
    };
    let http_client = clients::http_client(CONNECTIONS);
    let (sdk_config, attempts) = caller::sdk_config(args.profile.as_deref(), ATTEMPT, http_client).await?;
    let sdk_config = clients::with_retries(&sdk_config, attempts);
    let store = S3Store::open(&sdk_config, location.clone(), args.options()).await.map_err(anyhow::Error::from)?;
    let into = tempfile::tempdir().context("no temporary folder can be made")?;
    let found = store.resolve().await.map_err(anyhow::Error::from)?;
    let is_there = |name: &&str| found.manifest.files.iter().any(|file| file.name == **name);
    let files: Vec<&str> = [FINDINGS, TARGETS, CHANGES, SUMMARY].into_iter().filter(is_there).collect();
    store.fetch(&found, &files, into.path()).await.map_err(anyhow::Error::from)?;
    let beside = match beside(location) {
        Some(all) => {
            let store = S3Store::open(&sdk_config, all, args.options()).await.map_err(anyhow::Error::from)?;
            kept(&store).await
        }
        None => kept(&store).await,
    };
    let run = OpenedRun::fetched(into.path(), location.to_string(), beside)?;
    Ok(Opened { run, _fetched: Some(into) })
}

/// Where the other runs are, if this is one of several.
fn beside(location: &S3Location) -> Option<S3Location> {
    let (runs, _name) = location.prefix().rsplit_once('/').unwrap_or(("", location.prefix()));
    let prefix = runs.strip_suffix(RUNS)?;
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    format!("s3://{}/{prefix}", location.bucket()).parse().ok().and_then(|all| match all {
        Location::S3(all) => Some(all),
        Location::Folder(_) => None,
    })
}

async fn kept(store: &S3Store) -> Vec<Manifest> {
    match store.runs().await {
        Ok(runs) => runs.kept.into_iter().map(|run| run.manifest).collect(),
        Err(error) => {
            warn!("the other runs cannot be read, and are not in the trend: {error}");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_runs_are_beside_it() {
        let of = |text: &str| {
            let Location::S3(location) = text.parse().unwrap() else { panic!("{text} is not on S3") };
            beside(&location).map(|all| all.to_string())
        };
        assert_eq!(of("s3://reports-bucket/ecr/runs/2026-11-23-x").as_deref(), Some("s3://reports-bucket/ecr"));
        assert_eq!(of("s3://reports-bucket/runs/2026-11-23-x"), Some("s3://reports-bucket".to_owned()));
        assert_eq!(of("s3://reports-bucket/ecr"), None);
        assert_eq!(of("s3://reports-bucket"), None);
    }
}
