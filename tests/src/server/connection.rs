//! One connection: counted while it is open, and reset instead of closed where a fault says so.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::State;

/// Serves one connection until either end closes it.
pub async fn serve(stream: TcpStream, state: Arc<State>) {
    // Answers are small; without this they wait for the caller's acknowledgement.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let connection = Connection::new(stream, Arc::clone(&state), Arc::clone(&reset));
    let service = service_fn(|request| super::call::answer(&state, &reset, request));
    // An error is the caller's going away, or a fault's doing.
    let _ = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(connection), service).await;
}

struct Connection {
    stream: TcpStream,
    state: Arc<State>,
    reset: Arc<AtomicBool>,
}

impl Connection {
    fn new(stream: TcpStream, state: Arc<State>, reset: Arc<AtomicBool>) -> Self {
        state.tally().connection_opened();
        Self { stream, state, reset }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.reset.load(Relaxed) {
            // Makes the close that follows send RST.
            let _ = self.stream.set_zero_linger();
        }
        self.state.tally().connection_closed();
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Relaxed) {
            // A shutdown would send FIN, and the caller would see an orderly end.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
