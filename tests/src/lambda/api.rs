//! The Runtime API's server, and the desk over which events and answers go.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot, watch};

use super::invocation::{Invocation, Outcome};
use super::routes;

/// How long a process may take until it first asks for an event. Lambda's limit is 10 s.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a process may take from its answer until it asks for the next event.
const RETURN_TIMEOUT: Duration = Duration::from_secs(2);

/// A Lambda Runtime API on a free port of the loopback interface, for one function. It stops when dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    // Taken when dropped.
    runtime: Option<Runtime>,
    address: SocketAddr,
    desk: Arc<Desk>,
}

impl RuntimeApi {
    /// Starts it, with a thread of its own. `function_arn` is what the function is told to be.
    ///
    /// # Errors
    ///
    /// When the operating system has no port or thread for it.
    pub fn start(function_arn: &str) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("lambda-runtime-api")
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk::new(function_arn));
        runtime.spawn(accept(listener, Arc::clone(&desk)));
        Ok(Self { runtime: Some(runtime), address, desk })
    }

    /// The address that it listens on. `AWS_LAMBDA_RUNTIME_API` is this, as text.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands an event, as it is, to whoever asks next, and waits for what becomes of it. The time
    /// allowed runs from then on.
    pub fn invoke(&self, event: impl Into<Vec<u8>>, timeout: Duration) -> Invocation {
        self.invoke_and(event.into(), timeout, false)
    }

    /// `and_return`: waits until the process asks for the next event, too, so that all it did for this one is done.
    pub(super) fn invoke_and(&self, event: Vec<u8>, timeout: Duration, and_return: bool) -> Invocation {
        let event = Bytes::from(event);
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.desk.invoke(event, timeout, and_return)),
            None => unreachable!("the runtime is only taken when dropped"),
        }
    }

    pub(super) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// The runtime, in which a child process has to be started. Absent while being dropped.
    pub(super) fn runtime(&self) -> Option<&Runtime> {
        self.runtime.as_ref()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        // Whoever waits for an event must not keep us waiting.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&desk)));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| routes::answer(&desk, request));
    // An error is the process's going away.
    let _ = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(stream), service).await;
}

/// Where events are handed out and answers come in.
#[derive(Debug)]
pub(super) struct Desk {
    pub function_arn: String,
    handed: AtomicU64,
    outbox: mpsc::UnboundedSender<Event>,
    inbox: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    running: Mutex<Option<Running>>,
    /// How often the process has asked for an event.
    asked: watch::Sender<u64>,
    first_asked: OnceLock<Instant>,
    start_error: watch::Sender<Option<Outcome>>,
    exit: watch::Sender<Option<ExitStatus>>,
}

/// An event that waits for somebody to ask for it.
#[derive(Debug)]
struct Event {
    request_id: String,
    body: Bytes,
    timeout: Duration,
    handed: oneshot::Sender<(Instant, u64)>,
    ended: oneshot::Sender<(Instant, Outcome)>,
}

/// The event that the process works on.
#[derive(Debug)]
struct Running {
    request_id: String,
    ended: oneshot::Sender<(Instant, Outcome)>,
}

/// An event as it is handed over.
#[derive(Debug)]
pub(super) struct Handed {
    pub request_id: String,
    pub body: Bytes,
    pub timeout: Duration,
}

impl Desk {
    fn new(function_arn: &str) -> Self {
        let (outbox, inbox) = mpsc::unbounded_channel();
        Self {
            function_arn: function_arn.to_owned(),
            handed: AtomicU64::new(0),
            outbox,
            inbox: inbox.into(),
            running: Mutex::default(),
            asked: watch::Sender::new(0),
            first_asked: OnceLock::new(),
            start_error: watch::Sender::new(None),
            exit: watch::Sender::new(None),
        }
    }

    /// The process asks for an event.
    pub async fn next(&self) -> Option<Handed> {
        let _ = self.first_asked.set(Instant::now());
        self.asked.send_modify(|count| *count += 1);
        let mut inbox = self.inbox.lock().await;
        loop {
            let event = inbox.recv().await?;
            let asked = *self.asked.borrow();
            let Event { request_id, body, timeout, handed, ended } = event;
            // Nobody waits any more for an event whose time has run out.
            if handed.is_closed() {
                continue;
            }
            *self.running() = Some(Running { request_id: request_id.clone(), ended });
            let _ = handed.send((Instant::now(), asked));
            return Some(Handed { request_id, body, timeout });
        }
    }

    /// The process tells what became of the event with this id; `false`: it has no such event.
    pub fn end(&self, request_id: &str, outcome: Outcome) -> bool {
        let mut running = self.running();
        match running.take_if(|running| running.request_id == request_id) {
            Some(running) => running.ended.send((Instant::now(), outcome)).is_ok(),
            None => false,
        }
    }

    /// The process can't start.
    pub fn refuse_to_start(&self, outcome: Outcome) {
        self.start_error.send_replace(Some(outcome));
    }

    /// The process has ended.
    pub fn exited(&self, status: ExitStatus) {
        self.exit.send_replace(Some(status));
    }

    /// The process's end, if it has ended.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// When the process first asked for an event.
    ///
    /// # Errors
    ///
    /// What happened instead.
    pub async fn started(&self) -> Result<Instant, Outcome> {
        let mut asked = self.asked.subscribe();
        tokio::select! {
            biased;
            _ = asked.wait_for(|count| *count > 0) => {}
            outcome = self.gone() => return Err(outcome),
            () = tokio::time::sleep(START_TIMEOUT) => return Err(Outcome::TimedOut),
        }
        self.first_asked.get().copied().ok_or(Outcome::TimedOut)
    }

    /// Ends when the process can't answer any more.
    async fn gone(&self) -> Outcome {
        let (mut refusal, mut exit) = (self.start_error.subscribe(), self.exit.subscribe());
        tokio::select! {
            biased;
            Ok(refusal) = refusal.wait_for(Option::is_some) => refusal.clone().unwrap_or(Outcome::TimedOut),
            Ok(status) = exit.wait_for(Option::is_some) => (*status).map_or(Outcome::TimedOut, Outcome::Exited),
            else => std::future::pending().await,
        }
    }

    async fn invoke(&self, body: Bytes, timeout: Duration, and_return: bool) -> Invocation {
        let request_id = request_id(self.handed.fetch_add(1, Relaxed));
        let ((handed, was_handed), (ended, mut has_ended)) = (oneshot::channel(), oneshot::channel());
        let began = Instant::now();
        let event = Event { request_id: request_id.clone(), body, timeout, handed, ended };
        let invocation = |outcome, duration| Invocation { request_id, outcome, duration, log_lines: Vec::new() };
        let _ = self.outbox.send(event);
        let (began, asked) = tokio::select! {
            biased;
            Ok(handed) = was_handed => handed,
            outcome = self.gone() => return invocation(outcome, began.elapsed()),
            () = tokio::time::sleep(START_TIMEOUT) => return invocation(Outcome::TimedOut, began.elapsed()),
        };
        let (ended, outcome) = tokio::select! {
            biased;
            Ok(ended) = &mut has_ended => ended,
            outcome = self.gone() => (Instant::now(), outcome),
            () = tokio::time::sleep_until((began + timeout).into()) => {
                *self.running() = None;
                (Instant::now(), Outcome::TimedOut)
            }
        };
        if and_return && matches!(outcome, Outcome::Response(_) | Outcome::Error { .. }) {
            self.returned(asked).await;
        }
        invocation(outcome, ended - began)
    }

    /// Waits until the process asks again.
    async fn returned(&self, asked: u64) {
        let mut now = self.asked.subscribe();
        tokio::select! {
            _ = now.wait_for(|count| *count > asked) => {}
            _ = self.gone() => {}
            () = tokio::time::sleep(RETURN_TIMEOUT) => {}
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A UUID that tells the events of one function apart.
fn request_id(number: u64) -> String {
    let high = crate::world::hash_numbers(&[number]);
    format!("{:08x}-{:04x}-4{:03x}-8000-{number:012x}", high >> 32, high >> 16 & 0xffff, high & 0xfff)
}
