//! Listening with a bound on connections.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{Stream, stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::transport::server::Connected;

/// How long to wait after a failed accept: it usually means that file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A TCP listener that accepts only while fewer than a fixed number of its connections are open. Further ones wait in the
/// kernel's queue.
#[derive(Debug)]
pub(crate) struct BoundedListener {
    inner: TcpListener,
    slots: Arc<Semaphore>,
}

/// An accepted connection; gives its slot back when dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    inner: TcpStream,
    _slot: OwnedSemaphorePermit,
}

impl BoundedListener {
    pub(crate) async fn bind(address: SocketAddr, most_connections: usize) -> io::Result<Self> {
        let inner = TcpListener::bind(address).await?;
        Ok(BoundedListener { inner, slots: Arc::new(Semaphore::new(most_connections)) })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    /// Accepted connections, without end.
    pub(crate) fn into_stream(self) -> impl Stream<Item = io::Result<Connection>> {
        stream::unfold(self, |listener| async move {
            let (connection, _) = listener.next().await;
            Some((Ok(connection), listener))
        })
    }

    async fn next(&self) -> (Connection, SocketAddr) {
        loop {
            let accepted = match Arc::clone(&self.slots).acquire_owned().await {
                Ok(slot) => self.inner.accept().await.map(|(inner, peer)| (Connection { inner, _slot: slot }, peer)),
                Err(closed) => Err(io::Error::other(closed)),
            };
            match accepted {
                Ok((connection, peer)) => {
                    // Snapshots and acks are awaited: they must not wait for more bytes to travel with.
                    if let Err(error) = connection.inner.set_nodelay(true) {
                        tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
                    }
                    return (connection, peer);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

impl axum::serve::Listener for BoundedListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        self.next().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.address()
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
