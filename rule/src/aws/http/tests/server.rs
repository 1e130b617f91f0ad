//! A server that answers as its paths say, byte by byte.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Stops when it is dropped.
pub struct Server {
    address: String,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    accepted: AtomicUsize,
    open: AtomicUsize,
    waiting: AtomicUsize,
    go_on: Notify,
    last_head: Mutex<String>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let serving = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serving.accepted.fetch_add(1, Ordering::SeqCst);
                serving.open.fetch_add(1, Ordering::SeqCst);
                let seen = Arc::clone(&serving);
                tokio::spawn(async move {
                    let _ = serve(stream, &seen).await;
                    seen.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, seen, task }
    }

    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// How many connections there were.
    pub fn accepted(&self) -> usize {
        self.seen.accepted.load(Ordering::SeqCst)
    }

    /// How many there are.
    pub fn open(&self) -> usize {
        self.seen.open.load(Ordering::SeqCst)
    }

    /// How many bodies are half sent.
    pub fn waiting(&self) -> usize {
        self.seen.waiting.load(Ordering::SeqCst)
    }

    /// Sends the rest of those.
    pub fn go_on(&self) {
        self.seen.go_on.notify_waiters();
    }

    /// The head of the last request.
    pub fn last_head(&self) -> String {
        self.seen.last_head.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nanswer";
const CLOSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nanswer";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nans\r\n3\r\nwer\r\n0\r\n\r\n";
const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const HALF: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nans";
const HALF_OF_CHUNKS: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nans\r\n";

async fn serve(mut stream: TcpStream, seen: &Seen) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    while let Some(head) = head(&mut stream).await? {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        *seen.last_head.lock().unwrap() = head;
        match path.as_str() {
            "/whole" => stream.write_all(WHOLE).await?,
            "/chunked" => stream.write_all(CHUNKED).await?,
            "/empty" => stream.write_all(EMPTY).await?,
            "/close" => return stream.write_all(CLOSE).await,
            "/vanish" => return stream.write_all(WHOLE).await,
            "/cut-off" => return stream.write_all(HALF).await,
            "/cut-off-chunks" => return stream.write_all(HALF_OF_CHUNKS).await,
            "/reset" => return stream.set_zero_linger(),
            "/reset-body" => {
                stream.write_all(HALF).await?;
                // So that the half is read before the reset.
                tokio::time::sleep(Duration::from_millis(2)).await;
                return stream.set_zero_linger();
            }
            "/slow-body" => {
                stream.write_all(HALF).await?;
                let go_on = seen.go_on.notified();
                seen.waiting.fetch_add(1, Ordering::SeqCst);
                tokio::select! {
                    () = go_on => stream.write_all(b"wer").await?,
                    _ = stream.read_u8() => return Ok(()),
                }
            }
            // Until the client goes away.
            "/silent" => {
                let _ = stream.read_u8().await;
                return Ok(());
            }
            _ => return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await,
        }
    }
    Ok(())
}

/// The head of a request, whose body of two bytes is read too; `None` at the end.
async fn head(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => return Ok(None),
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    if head.starts_with("POST") {
        stream.read_u16().await?;
    }
    Ok(Some(head))
}
