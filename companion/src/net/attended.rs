use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};
use tonic::transport::server::Connected;

use crate::daemon::Shutdown;

use super::connection::Io;

/// How long after a request to stop connections are still open.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection that is closed when nobody is present on it for a while: whoever only takes up room goes.
pub(crate) struct Attended {
    io: Box<dyn Io>,
    presence: Presence,
    patience: Duration,
    look: Pin<Box<Sleep>>,
    was_empty: bool,
    closing: BoxFuture<'static, ()>,
}

/// Who is present on a connection; clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presence(Arc<AtomicUsize>);

/// Set once somebody was there whose coming and going is not looked at.
const STAYS: usize = 1 << (usize::BITS - 1);

/// Somebody, until dropped.
#[derive(Debug)]
pub(crate) struct Present(Presence);

impl Attended {
    /// Between `patience` and twice as long without anybody present ends the connection; so does a shutdown, once everybody
    /// has had time to say goodbye.
    pub(super) fn new(io: impl Io + 'static, patience: Duration, mut shutdown: Shutdown) -> Self {
        let (presence, look) = (Presence::default(), Box::pin(sleep(patience)));
        let closing = async move {
            shutdown.requested().await;
            sleep(GOODBYE).await;
        };
        Attended { io: Box::new(io), presence, patience, look, was_empty: false, closing: closing.fuse().boxed() }
    }

    /// Ends only with an error.
    fn poll_absence(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.closing.poll_unpin(cx).is_ready() {
            return Poll::Ready(io::Error::new(io::ErrorKind::ConnectionAborted, "the companion has stopped"));
        }
        loop {
            ready!(self.look.as_mut().poll(cx));
            let is_empty = self.presence.0.load(Ordering::Relaxed) == 0;
            if is_empty && self.was_empty {
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "nobody is present on the connection"));
            }
            self.was_empty = is_empty;
            self.look.as_mut().reset(Instant::now() + self.patience);
        }
    }
}

impl Presence {
    pub(crate) fn enter(&self) -> Present {
        self.0.fetch_add(1, Ordering::Relaxed);
        Present(self.clone())
    }

    /// From now on somebody is present, as long as the connection lasts.
    pub(crate) fn stay(&self) {
        self.0.fetch_or(STAYS, Ordering::Relaxed);
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connected for Attended {
    type ConnectInfo = Presence;

    fn connect_info(&self) -> Presence {
        self.presence.clone()
    }
}

impl AsyncRead for Attended {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(error) = self.poll_absence(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Attended {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_anybody_ends() {
        let (mut peer, io) = duplex(64);
        let mut attended = Attended::new(io, PATIENCE, Shutdown::never());
        peer.write_all(b"x").await.unwrap();
        assert_eq!(attended.read_u8().await.unwrap(), b'x');
        assert_eq!(attended.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_with_somebody_lasts_until_they_leave() {
        let (mut peer, io) = duplex(64);
        let mut attended = Attended::new(io, PATIENCE, Shutdown::never());
        let somebody = attended.connect_info().enter();
        let later = tokio::spawn(async move {
            sleep(PATIENCE * 100).await;
            peer.write_all(b"x").await.unwrap();
            peer
        });
        assert_eq!(attended.read_u8().await.unwrap(), b'x');
        let _peer = later.await.unwrap();
        drop(somebody);
        assert_eq!(attended.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
