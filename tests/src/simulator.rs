//! The handle that tests hold: starts the server on a thread of its own, stops it when dropped.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::Value;
use tokio::sync::oneshot;

use crate::counters::Counters;
use crate::organization::{DescriptionError, Fault, Organization};
use crate::server::{self, State};
use crate::services::RecordedEvaluation;
use crate::world::World;

/// Where the server listens and how much of the machine it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartOptions {
    /// The address to listen on.
    pub listen: IpAddr,
    /// The port; 0: any that is free.
    pub port: u16,
    /// Threads that answer calls. One is the fastest for each core spent.
    pub threads: usize,
}

impl Default for StartOptions {
    fn default() -> Self {
        Self { listen: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 0, threads: 1 }
    }
}

/// Why the simulator doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The description contradicts itself.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// No port, no thread, or no runtime.
    #[error("cannot start the server: {0}")]
    Io(#[from] std::io::Error),
}

/// A running simulator. It stops, and closes every connection, when dropped.
#[derive(Debug)]
pub struct Simulator {
    state: Arc<State>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts on a free port of the loopback interface. The server has its own thread and runtime.
    ///
    /// # Errors
    ///
    /// When the description contradicts itself, or the operating system refuses.
    #[expect(clippy::unused_async, reason = "so that asynchronous tests read alike should starting wait one day")]
    pub async fn start(organization: Organization) -> Result<Self, SimulatorError> {
        Self::start_with(organization, &StartOptions::default())
    }

    /// [`start`](Self::start) for tests that aren't asynchronous.
    ///
    /// # Errors
    ///
    /// As `start`.
    pub fn start_blocking(organization: Organization) -> Result<Self, SimulatorError> {
        Self::start_with(organization, &StartOptions::default())
    }

    /// Starts with options.
    ///
    /// # Errors
    ///
    /// As `start`.
    pub fn start_with(organization: Organization, options: &StartOptions) -> Result<Self, SimulatorError> {
        let state = Arc::new(State::new(World::new(organization)?));
        let listener = TcpListener::bind((options.listen, options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = runtime(options.threads)?;
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&state);
        let thread = std::thread::Builder::new().name("organization-simulator".to_owned()).spawn(move || {
            runtime.block_on(server::serve(listener, serving, stopped));
            // Calls that hang must not keep the test waiting.
            runtime.shutdown_background();
        })?;
        Ok(Self { state, address, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The variables with which an AWS SDK finds the simulator and is the caller.
    pub fn environment(&self) -> Vec<(String, String)> {
        let organization = self.state.world().organization();
        let caller = &organization.caller;
        let region = organization.regions.first().map_or("us-east-1", String::as_str);
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", caller.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", caller.secret_access_key.clone()),
            ("AWS_REGION", region.to_owned()),
            // boto3 reads this one alone.
            ("AWS_DEFAULT_REGION", region.to_owned()),
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ];
        if let Some(token) = &caller.session_token {
            variables.push(("AWS_SESSION_TOKEN", token.clone()));
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The same without lasting credentials: the caller fetches its own, which expire, from
    /// `/_simulator/caller-credentials`, as programs in containers do.
    pub fn renewing_environment(&self) -> Vec<(String, String)> {
        let lasting = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        let uri = format!("{}/_simulator/caller-credentials", self.endpoint());
        let mut variables = self.environment();
        variables.retain(|(name, _)| !lasting.contains(&name.as_str()));
        variables.push(("AWS_CONTAINER_CREDENTIALS_FULL_URI".to_owned(), uri));
        variables
    }

    /// Lets the caller renew its credentials so often from now on; absent: always.
    pub fn set_caller_renewals(&self, renewals: Option<u64>) {
        self.state.set_renewals(renewals);
    }

    /// What was counted until now.
    pub fn counters(&self) -> Counters {
        self.state.tally().counters()
    }

    /// What a rule of AWS Config has found, by resource: the latest result of each.
    pub fn results(&self, account: &str, region: &str, rule: &str) -> Vec<RecordedEvaluation> {
        self.state.config().results(account, region, rule)
    }

    /// The findings that Security Hub has of an account in a Region, in the order of their ids.
    pub fn security_hub_findings(&self, account: &str, region: &str) -> Vec<Value> {
        self.state.security_hub().findings(account, region)
    }

    /// Puts a finding into Security Hub in the place of the one with its id, as users and earlier runs leave them there.
    pub fn put_security_hub_finding(&self, account: &str, region: &str, finding: Value) {
        self.state.security_hub().put(account, region, finding);
    }

    /// Changes the state of the key with this ARN, `Disabled` say.
    pub fn set_key_state(&self, arn: &str, state: &str) {
        self.state.set_key_state(arn, state);
    }

    /// Forgets the counters, the evaluations, changed states, and how often faults have struck.
    pub fn reset(&self) {
        self.state.reset();
    }

    /// Replaces the faults; the new ones have not struck yet.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.state.set_faults(faults);
    }

    /// Every evaluation that `PutEvaluations` was given, in the order of arrival.
    pub fn evaluations(&self) -> Vec<RecordedEvaluation> {
        self.state.config().evaluations()
    }

    /// What the organization contains, for tests that work out what should be found.
    pub fn world(&self) -> &World {
        self.state.world()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only where the server has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn runtime(threads: usize) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = if threads <= 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build()
}
