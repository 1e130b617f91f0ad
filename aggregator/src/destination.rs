//! Where the runs are kept: in the folder that is written to, or in a bucket, with a folder for what is under way.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use aws_types::SdkConfig;
use ecr_encryption_rule::aws::clients;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use crate::args::ScanArgs;
use crate::error::RunError;
use crate::history::manifest::{Manifest, hexadecimal};
use crate::history::reader::FINDINGS;
use crate::history::runs::{DATASET_PART, Retention, run_name};
use crate::output::{Apart, CHANGES, Output, Placing, Published, Written};
use crate::report::terminal::{Overtaken, ReportLocation};
use crate::store::location::Location;
use crate::store::s3::{Latest, Publication, S3Store, StoreError, StoredRun};
use crate::summary::{Run, Summary};
use crate::unfinished::{Opening, bucket};

/// Of how many runs one is tried to be fetched, to be compared with.
const FETCHED: usize = 3;

/// Where the runs are kept.
#[derive(Debug)]
pub enum Destination {
    /// In the folder that is written to.
    Folder,
    /// In a bucket.
    S3(S3Store),
}

/// The runs that are kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// The oldest first.
    pub trend: Vec<Manifest>,
    /// Folders with the findings and changes of the newest, the newest first: where one cannot be read, there is the next.
    pub newest: Vec<PathBuf>,
    /// Whether there is one, be it that it cannot be read.
    pub is_any: bool,
    /// Those that have begun after the run that is being written, the oldest first.
    pub later: Vec<LaterRun>,
}

/// A run that has begun after the one that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterRun {
    /// Its name.
    pub name: String,
    /// Whether its findings are brought to Security Hub.
    pub security_hub: bool,
    /// How many accounts × Regions it has read whole.
    pub targets: u64,
}

impl LaterRun {
    fn of(name: &str, manifest: &Manifest) -> Self {
        Self { name: name.to_owned(), security_hub: manifest.security_hub, targets: manifest.targets_scanned }
    }
}

/// The folder that a run writes to: the one that was named, or for a bucket one of its own that nobody else can write to.
///
/// # Errors
/// There is no place for one.
pub fn work_folder(args: &ScanArgs) -> anyhow::Result<PathBuf> {
    let location = match &args.output {
        Location::Folder(folder) => return Ok(folder.clone()),
        Location::S3(location) => location,
    };
    let digest = Sha256::digest(location.to_string());
    let name = hexadecimal(&digest).split_off(48);
    if let Some(folder) = &args.store.work_dir {
        return Ok(folder.join(name));
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    let cache = cache.ok_or_else(|| {
        anyhow!(
            "there is no home folder to keep what is read in until the report is uploaded: name one with --work-dir"
        )
    })?;
    Ok(cache.join("ecr-encryption").join(name))
}

impl Destination {
    /// Goes to where the runs are to be kept, and finds out whether they can be: before the scan, not after it.
    ///
    /// # Errors
    /// They cannot.
    pub async fn open(args: &ScanArgs, sdk_config: &SdkConfig, attempts: u32) -> anyhow::Result<Self> {
        let Location::S3(location) = &args.output else { return Ok(Self::Folder) };
        let sdk_config = clients::with_retries(sdk_config, attempts);
        let store = S3Store::open(&sdk_config, location.clone(), args.store.options()).await?;
        store.check().await.with_context(|| format!("reports cannot be kept in `{location}`"))?;
        Ok(Self::S3(store))
    }

    /// What is kept there, for a run that is being written. What cannot be had is told, and the run goes without.
    ///
    /// # Errors
    /// It cannot be found out what there is.
    pub async fn kept(&self, output: &Output, run: &Run) -> anyhow::Result<Kept> {
        // A run that was gone on with may have begun before others that have finished meanwhile.
        let is_earlier = |other: &Manifest| (other.started_at, &other.run_id) < (run.started_at, &run.id);
        let is_later = |other: &Manifest| (other.started_at, &other.run_id) > (run.started_at, &run.id);
        match self {
            Self::Folder => {
                let mut kept = output.kept().context("the runs that are kept cannot be read")?;
                let is_any = !kept.is_empty();
                let later = kept.iter().filter(|run| is_later(&run.manifest));
                let later = later.map(|run| LaterRun::of(&run.name, &run.manifest)).collect();
                kept.retain(|run| is_earlier(&run.manifest));
                Ok(Kept {
                    later,
                    newest: kept.iter().rev().map(|run| run.path.clone()).collect(),
                    is_any,
                    trend: kept.into_iter().map(|run| run.manifest).collect(),
                })
            }
            Self::S3(store) => {
                let mut runs = store.runs().await?;
                let is_any = !runs.kept.is_empty() || runs.passed_over.iter().any(|passed| passed.has_manifest);
                let later = runs.kept.iter().filter(|run| is_later(&run.manifest));
                let later = later.map(|run| LaterRun::of(&run.name, &run.manifest)).collect();
                runs.kept.retain(|run| is_earlier(&run.manifest));
                for passed in &runs.passed_over {
                    warn!("the run `{}` is passed over: {}", passed.name, passed.why);
                }
                let mut newest = Vec::new();
                for run in runs.kept.iter().rev().take(FETCHED) {
                    let into = output.staging().join("earlier").join(&run.name);
                    let is_there = |name: &&str| run.manifest.files.iter().any(|file| file.name == **name);
                    let files: Vec<&str> = [FINDINGS, CHANGES].into_iter().filter(is_there).collect();
                    match store.fetch(run, &files, &into).await {
                        Ok(()) => {
                            newest.push(into);
                            break;
                        }
                        Err(error) => warn!("the run {} cannot be compared with: {error}", run.name),
                    }
                }
                Ok(Kept { trend: runs.kept.into_iter().map(|run| run.manifest).collect(), newest, is_any, later })
            }
        }
    }
}

/// A run that was uploaded.
#[derive(Debug)]
pub struct Uploaded<'a> {
    store: &'a S3Store,
    output: &'a Output,
    name: String,
    place: String,
    manifest: Manifest,
    placing: Placing,
}

/// Uploads a run that is written: to the runs that are kept, or beside them where it must not be among them.
///
/// # Errors
/// It cannot be uploaded; there is no such run then. Or another one has gone on with it, and has finished it.
pub async fn upload<'a>(
    store: &'a S3Store,
    output: &'a Output,
    written: &Written,
    summary: &Summary,
    placing: Placing,
) -> Result<Uploaded<'a>, RunError> {
    let manifest = match placing.apart {
        None => written.manifest.clone().with_dataset(),
        Some(_) => written.manifest.clone(),
    };
    let name = run_name(manifest.started_at, &manifest.run_id);
    // Others may go on with a run that was interrupted, and so with this one.
    let place = if output.resumes() || summary.run.interrupted {
        publish_shared(store, output, &name, &manifest, placing).await?
    } else {
        Box::pin(publish(store, output, &name, &manifest, placing, false)).await?
    };
    Ok(Uploaded { store, output, name, place, manifest, placing })
}

/// How often it is tried to write a report whose lock is lost to others meanwhile.
const TURNS: u32 = 3;

/// The same, while nobody else does who goes on with the same run: whose report is there first has finished it.
async fn publish_shared(
    store: &S3Store,
    output: &Output,
    name: &str,
    manifest: &Manifest,
    placing: Placing,
) -> Result<String, RunError> {
    let run_id = &manifest.run_id;
    let mut turn = 1;
    loop {
        let publishing = Box::pin(async {
            match store.run(name).await? {
                None => publish(store, output, name, manifest, placing, true).await.map(Ok),
                // An earlier turn has put it, and its answer was lost. That of another one may be the same, byte for byte.
                Some(there) if store.may_have_finished() && there.manifest == *manifest => {
                    Ok(Ok(store.place_of(&there)))
                }
                Some(there) => {
                    let place = store.place_of(&there);
                    Ok(Err(RunError::FinishedByAnother { run_id: run_id.clone(), place }))
                }
            }
        });
        match store.alone(run_id, publishing).await {
            // Its report, once it is there, is the run's; where there is none, this one has another turn.
            Err(error @ StoreError::Overtaken { .. }) if turn < TURNS => {
                warn!("another one goes on with the same run, and is waited for: {error}");
                turn += 1;
            }
            Err(error) => return Err(error.into()),
            Ok(done) => return done,
        }
    }
}

/// Where the run is then.
async fn publish(
    store: &S3Store,
    output: &Output,
    name: &str,
    manifest: &Manifest,
    placing: Placing,
    is_shared: bool,
) -> Result<String, StoreError> {
    let folder = output.written();
    if let Some(apart) = placing.apart {
        let name = format!("{}-{}", apart.folder(), manifest.run_id);
        return store.publish_apart(&name, &folder, manifest).await;
    }
    let dataset = folder.join(DATASET_PART);
    let dataset = Some(&*dataset);
    store.publish_run(&Publication { run_name: name, folder: &folder, dataset, manifest, is_shared }).await
}

impl Uploaded<'_> {
    /// Does what follows once the report is there, until it `ends`: what leads to the newest run, and what is not needed any
    /// more. None of it keeps the run from having finished.
    pub async fn settle(
        self,
        opening: &Opening,
        summary: &Summary,
        retention: Retention,
        ends: impl Future<Output = ()>,
    ) -> Published {
        let Self { store, output, ref name, ref manifest, placing, .. } = self;
        let mut overtaken =
            placing.apart.is_none().then(|| Overtaken::NotTold("the run was stopped before that".to_owned()));
        let settling = async {
            if placing.apart.is_none() {
                let folder = output.written();
                let publication =
                    Publication { run_name: name, folder: &folder, dataset: None, manifest, is_shared: false };
                overtaken = match store.publish_latest(&publication).await {
                    Latest::ThisRun => None,
                    Latest::Newer(name) => Some(Overtaken::By(name)),
                    Latest::Unwritten(error) => Some(Overtaken::NotTold(error)),
                };
                self.remove_apart().await;
            }
            if placing.has_finished() && (output.resumes() || placing.replaces_unfinished()) {
                bucket::remove(store, opening, placing.replaces_unfinished()).await;
            }
            if placing.apart.is_none() {
                retain(store, retention, summary).await;
            }
        };
        tokio::select! {
            () = settling => {}
            () = ends => warn!("the report is there; what is no longer needed beside it stays, as the run was stopped"),
        }
        Published {
            location: ReportLocation {
                kept_as: None,
                place: self.place,
                names: self.manifest.names(),
                older_kept: placing.apart.filter(|_| placing.older_report),
                overtaken,
            },
            folder: output.written(),
            apart: placing.apart,
            _held: output.settle(placing),
        }
    }

    /// What it had found when it was stopped is in the run that follows.
    async fn remove_apart(&self) {
        if !self.output.resumes() {
            return;
        }
        for name in Apart::FOLDERS.map(|folder| format!("{folder}-{}", self.manifest.run_id)) {
            if let Err(error) = self.store.remove_apart(&name).await {
                warn!("what this run had found when it was stopped stays in `{name}`: {error}");
            }
        }
    }
}

async fn retain(store: &S3Store, retention: Retention, summary: &Summary) {
    if retention == Retention::default() {
        return;
    }
    let runs = match store.runs().await {
        Ok(runs) => runs.kept,
        Err(error) => return warn!("the runs that are no longer to be kept cannot be found: {error}"),
    };
    let is_its_own = |run: &StoredRun| run_name(run.manifest.started_at, &run.manifest.run_id) == run.name;
    let runs: Vec<StoredRun> = runs.into_iter().filter(is_its_own).collect();
    for run in retention.surplus(&runs, |run| &run.manifest, summary.run.finished_at) {
        match store.remove(&run.name).await {
            Ok(()) => info!("the run {} is no longer kept", run.name),
            Err(error) => warn!("the run {}, which is no longer to be kept, cannot be removed: {error}", run.name),
        }
    }
}
