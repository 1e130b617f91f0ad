//! As much of S3 as a store needs, which fails where it is told to. Large objects are counted and not kept.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Sleep;

use crate::run::sha256;

/// What of an object is kept.
const KEPT: usize = 1 << 20;

/// A request, without its body.
#[derive(Debug, Clone)]
pub struct Head {
    pub method: String,
    /// With the bucket and the query.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    /// How many requests of this method and path there were before.
    pub before: usize,
}

impl Head {
    pub fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.path.contains(part)
    }
}

/// What a request meets.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This answer, after the whole body was read.
    Answer(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// An end of the connection once so many bytes of the body were read.
    Drop(usize),
    /// What it asks for is done, and the connection ends without an answer.
    Lost,
    /// What it asks for is done, and there is no answer ever.
    Unanswered,
    /// The headers of the answer, and an end of the connection before its body.
    Torn,
    /// No answer ever.
    Hang,
}

/// An error as S3 tells it.
pub fn error(status: u16, code: &'static str) -> Fault {
    let body = match code {
        "SlowDown" => "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
        "InternalError" => {
            "<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
        }
        "NoSuchKey" => "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>",
        "AccessDenied" => "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
        "NotImplemented" => {
            "<Error><Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented.</Message></Error>"
        }
        "PreconditionFailed" => {
            "<Error><Code>PreconditionFailed</Code><Message>At least one of the pre-conditions you specified did not hold</Message></Error>"
        }
        "KMS.DisabledException" => {
            "<Error><Code>KMS.DisabledException</Code><Message>The key is disabled.</Message></Error>"
        }
        "InvalidObjectState" => {
            "<Error><Code>InvalidObjectState</Code><Message>The operation is not valid for the object's storage class</Message></Error>"
        }
        "BadDigest" => {
            "<Error><Code>BadDigest</Code><Message>The checksum you specified did not match</Message></Error>"
        }
        other => panic!("{other}"),
    };
    Fault::Answer(status, vec![("x-amz-request-id", "REQUEST0001")], body)
}

type Rule = dyn Fn(&Head) -> Option<Fault> + Send + Sync;

/// Stops when it is dropped.
pub struct FakeS3 {
    pub endpoint: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
pub struct State {
    pub heads: Vec<Head>,
    /// By path, with the bucket.
    pub objects: BTreeMap<String, Vec<u8>>,
    /// Those that were begun and neither completed nor aborted.
    pub uploads: BTreeSet<String>,
    pub received: usize,
}

impl FakeS3 {
    pub async fn start(rule: impl Fn(&Head) -> Option<Fault> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (rule, shared): (Arc<Rule>, _) = (Arc::new(rule), Arc::clone(&state));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (rule, state) = (Arc::clone(&rule), Arc::clone(&shared));
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(&rule, &state, request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { endpoint, state, task }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What it has, for another thread.
    pub fn shared(&self) -> Arc<Mutex<State>> {
        Arc::clone(&self.state)
    }

    pub fn put(&self, path: &str, content: Vec<u8>) {
        self.state().objects.insert(path.to_owned(), content);
    }

    pub fn keys(&self) -> Vec<String> {
        self.state().objects.keys().cloned().collect()
    }
}

impl Drop for FakeS3 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Answer = Response<Full<Bytes>>;

/// A body that does not come to its end: half of it is sent, and then nothing.
struct Torn {
    length: u64,
    half: Option<Bytes>,
    wait: Pin<Box<Sleep>>,
}

impl Torn {
    fn new(whole: &Bytes) -> Self {
        let half = whole.slice(..whole.len() / 2);
        let wait = Box::pin(tokio::time::sleep(Duration::from_millis(50)));
        Self { length: whole.len() as u64, half: Some(half), wait }
    }
}

impl Body for Torn {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.half.take() {
            Some(half) => Poll::Ready(Some(Ok(Frame::data(half)))),
            None => self.wait.as_mut().poll(cx).map(|()| Some(Err(io::Error::other("torn")))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

async fn answer(
    rule: &Arc<Rule>,
    state: &Mutex<State>,
    request: Request<Incoming>,
) -> io::Result<Response<Either<Full<Bytes>, Torn>>> {
    let (parts, mut body) = request.into_parts();
    // Of what is encoded in the tests' paths.
    let path = parts.uri.path_and_query().unwrap().as_str().replace("%3D", "=");
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let mut head = Head { method: parts.method.to_string(), path, headers: headers.collect(), before: 0 };
    {
        let mut state = state.lock().unwrap();
        head.before = state.heads.iter().filter(|one| (&one.method, &one.path) == (&head.method, &head.path)).count();
        state.heads.push(head.clone());
    }
    let fault = rule(&head);
    let (mut content, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
        length += data.len();
        if content.len() < KEPT {
            content.extend_from_slice(&data);
        }
        if matches!(fault, Some(Fault::Drop(after)) if length >= after) {
            return Err(io::Error::other("dropped"));
        }
    }
    match fault {
        Some(Fault::Drop(_)) => Err(io::Error::other("dropped")),
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Answer(status, headers, body)) => Ok(headers
            .into_iter()
            .fold(Response::builder().status(status), |answer, (name, value)| answer.header(name, value))
            .body(Either::Left(Full::from(body)))
            .unwrap()),
        Some(Fault::Lost) => {
            let _unheard = state.lock().unwrap().answer(&head, content, length);
            Err(io::Error::other("lost"))
        }
        Some(Fault::Unanswered) => {
            let _unheard = state.lock().unwrap().answer(&head, content, length);
            std::future::pending().await
        }
        Some(Fault::Torn) => {
            let answer = state.lock().unwrap().answer(&head, content, length);
            let (parts, body) = answer.into_parts();
            Ok(Response::from_parts(parts, Either::Right(Torn::new(&body.collect().await.unwrap().to_bytes()))))
        }
        None => Ok(state.lock().unwrap().answer(&head, content, length).map(Either::Left)),
    }
}

impl State {
    fn answer(&mut self, head: &Head, content: Vec<u8>, length: usize) -> Answer {
        self.received += length;
        let (path, query) = head.path.split_once('?').unwrap_or((&head.path, ""));
        let path = path.to_owned();
        let there = self.objects.get(&path).map(|content| etag_of(content));
        let failed = match (head.headers.get("if-match"), head.headers.get("if-none-match")) {
            (Some(_), _) if there.is_none() => Some((404, "NoSuchKey")),
            (Some(wanted), _) => (there.as_ref() != Some(wanted)).then_some((412, "PreconditionFailed")),
            (None, Some(_)) => there.is_some().then_some((412, "PreconditionFailed")),
            (None, None) => {
                // An empty object has no range.
                let is_empty = self.objects.get(&path).is_some_and(Vec::is_empty);
                (head.method == "GET" && is_empty && head.headers.contains_key("range"))
                    .then_some((416, "InvalidRange"))
            }
        };
        if let Some((status, code)) = failed {
            let text = format!("<Error><Code>{code}</Code><Message>It is not so.</Message></Error>");
            return Response::builder().status(status).body(Full::from(text)).unwrap();
        }
        let etag = if head.method == "PUT" { etag_of(&content) } else { there.unwrap_or_default() };
        let answer = Response::builder().header("x-amz-request-id", "REQUEST0001").header("etag", &etag);
        let xml = |text: String| Full::from(text);
        match head.method.as_str() {
            "HEAD" => answer.header("x-amz-bucket-region", "eu-central-1").body(Full::default()).unwrap(),
            "POST" if query.contains("uploads") => {
                let id = format!("upload-{}", self.heads.len());
                self.uploads.insert(id.clone());
                let text =
                    format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>");
                answer.body(xml(text)).unwrap()
            }
            "POST" if query.contains("uploadId=") => {
                self.end_upload(query);
                self.objects.insert(path, Vec::new());
                answer.body(xml("<CompleteMultipartUploadResult/>".to_owned())).unwrap()
            }
            "POST" => {
                let text = String::from_utf8(content).unwrap();
                let bucket = path.split('/').nth(1).unwrap();
                for key in text.split("<Key>").skip(1) {
                    self.objects.remove(&format!("/{bucket}/{}", key.split_once("</Key>").unwrap().0));
                }
                answer.body(xml("<DeleteResult/>".to_owned())).unwrap()
            }
            "PUT" if query.contains("uploadId=") => {
                answer.header("x-amz-checksum-crc32", "AAAAAA==").body(Full::default()).unwrap()
            }
            "PUT" => {
                self.objects.insert(path, content);
                answer.body(Full::default()).unwrap()
            }
            "DELETE" => {
                if query.contains("uploadId=") {
                    self.end_upload(query);
                } else {
                    self.objects.remove(&path);
                }
                answer.status(204).body(Full::default()).unwrap()
            }
            "GET" if query.contains("list-type=2") => {
                let bucket = path.split('/').nth(1).unwrap();
                let prefix =
                    query.split('&').find_map(|one| one.strip_prefix("prefix=")).unwrap_or("").replace("%2F", "/");
                let found = self.objects.keys().filter_map(|key| key.strip_prefix(&format!("/{bucket}/")));
                let most = query
                    .split('&')
                    .find_map(|one| one.strip_prefix("max-keys="))
                    .map_or(1_000, |most| most.parse().unwrap());
                let found = found.filter(|key| key.starts_with(&prefix));
                let found: Vec<_> = if query.contains("delimiter=") {
                    let folders = found.filter_map(|key| key[prefix.len()..].split_once('/'));
                    let folders: BTreeSet<_> = folders.map(|(folder, _)| format!("{prefix}{folder}/")).collect();
                    let told = |folder| format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>");
                    folders.into_iter().map(told).collect()
                } else {
                    found.take(most).map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect()
                };
                answer.body(xml(format!("<ListBucketResult>{}</ListBucketResult>", found.concat()))).unwrap()
            }
            "GET" if self.objects.contains_key(&path) => answer.body(Full::from(self.objects[&path].clone())).unwrap(),
            "GET" => {
                let text = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>";
                answer.status(404).body(xml(text.to_owned())).unwrap()
            }
            other => panic!("{other}"),
        }
    }

    fn end_upload(&mut self, query: &str) {
        let id = query.split('&').find_map(|one| one.strip_prefix("uploadId=")).unwrap();
        self.uploads.remove(id);
    }
}

/// What tells one content from another.
fn etag_of(content: &[u8]) -> String {
    format!("\"{}\"", &sha256(content)[..32])
}

/// For servers that nothing happens to.
pub fn nothing(_: &Head) -> Option<Fault> {
    None
}
