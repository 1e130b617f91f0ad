//! The beginning of a run, which may be that of one that was not finished.

use std::collections::BTreeMap;

use anyhow::Context;
use ecr_encryption_core::Status;
use jiff::Timestamp;
use tracing::{info, warn};

use crate::args::ScanArgs;
use crate::config_source::Source;
use crate::error::RunError;
use crate::journal::{Done, Journal, Recovered};
use crate::keys::KeyBook;
use crate::output::Output;
use crate::store::location::Location;
use crate::unfinished::Opening;

/// The journal, and what an earlier session has left in it.
pub struct Begun {
    /// Where everything goes that is read.
    pub journal: Journal,
    /// Which run it is.
    pub opening: Opening,
    /// When it was resumed, if it was.
    pub resumed_at: Vec<Timestamp>,
    /// What was read before.
    pub done: Done,
    /// The verdicts on that.
    pub verdicts: BTreeMap<Status, u64>,
    /// The keys that were seen in use, and are to be asked for.
    pub keys: KeyBook,
}

/// Begins a journal, or goes on with the one that is there.
///
/// # Errors
/// It cannot be written or read, or the run that it is of was begun otherwise than this one.
pub fn begin(args: &ScanArgs, output: &Output, opening: Opening) -> Result<Begun, RunError> {
    let path = output.journal();
    let cannot = || format!("what is read cannot be kept in `{}`", path.display());
    let fresh = |opening: Opening| -> anyhow::Result<Begun> {
        let journal = Journal::create(&path, opening.clone()).with_context(cannot)?;
        let (done, verdicts, keys) = (Done::default(), BTreeMap::new(), KeyBook::default());
        Ok(Begun { journal, opening, resumed_at: Vec::new(), done, verdicts, keys })
    };
    if !output.resumes() {
        if args.resume {
            let nor = match &args.output {
                Location::Folder(_) => String::new(),
                Location::S3(location) => format!(", nor one to go on with in `{location}`"),
            };
            warn!("there is no unfinished run in `{}`{nor}: a new one begins", output.directory().display());
        } else if let Some(other) = output.other_unfinished().with_context(cannot)? {
            warn!(
                "the unfinished run {other} is given up once this one has finished; --resume goes on with it instead"
            );
        }
        return Ok(fresh(opening)?);
    }
    let reopened = Journal::reopen(&path).with_context(|| {
        format!("the unfinished run in `{}` cannot be read: scan without --resume to begin anew", path.display())
    })?;
    let Some((journal, recovered)) = reopened else {
        // It was killed before it could say what it is.
        std::fs::remove_file(&path).with_context(cannot)?;
        return Ok(fresh(opening)?);
    };
    recovered.opening.check(&opening).map_err(|error| RunError::Usage(error.to_string()))?;
    if recovered.opening.is_old(opening.started_at) {
        let began = recovered.opening.started_at;
        warn!(
            "the unfinished run that is gone on with was begun more than 24 hours ago, at {began}: so old is what it has read"
        );
    }
    let resumed_now = journal.resume().with_context(cannot)?;
    info!(run_id = recovered.opening.run_id, targets = recovered.done.targets(), "an unfinished run is gone on with");
    match args.source {
        Source::Api => {}
        Source::Config => warn!("what AWS Config recorded is read from the beginning: of that nothing is kept"),
        Source::Both => warn!("what AWS Config recorded is read from the beginning; ECR and KMS are gone on with"),
    }
    let Recovered { opening, resumed_at, done, verdicts, keys } = recovered;
    let resumed_at = resumed_at.into_iter().chain([resumed_now]).collect();
    Ok(Begun { journal, opening, resumed_at, done, verdicts, keys })
}
