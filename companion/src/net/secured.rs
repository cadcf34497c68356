use std::io;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, Stream, StreamExt, stream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::daemon::Shutdown;

use super::attended::Attended;
use super::connection::Connection;
use super::listener::BoundedListener;
use super::tls::Tls;

/// How long a client may take for its handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Most handshakes at once; further clients wait in the kernel's queue.
const MAX_HANDSHAKES: usize = 512;

/// How long a connection may be there without anybody who has said hello.
const ATTENDANCE: Duration = Duration::from_secs(10);

/// A handshake that came to nothing.
#[derive(Debug)]
pub(crate) enum HandshakeFailure {
    /// No TLS, or no certificate that is trusted.
    Refused(io::Error),
    /// The client took too long.
    Timeout,
}

/// Accepted connections, without end; with TLS only those that came through the handshake. `failed` hears of the others:
/// what is known of the peer, and what happened.
pub(crate) fn secured(
    listener: BoundedListener,
    tls: Option<Tls>,
    shutdown: Shutdown,
    failed: impl Fn(&str, HandshakeFailure),
) -> impl Stream<Item = io::Result<Attended>> {
    let entrance = Entrance { listener, tls, shutdown, handshakes: FuturesUnordered::new() };
    stream::unfold((entrance, failed), |(mut entrance, failed)| async move {
        let next = entrance.next(&failed).await;
        Some((Ok(next), (entrance, failed)))
    })
}

struct Entrance {
    listener: BoundedListener,
    tls: Option<Tls>,
    shutdown: Shutdown,
    handshakes: FuturesUnordered<BoxFuture<'static, Handshake>>,
}

type Handshake = Result<Attended, (String, HandshakeFailure)>;

impl Entrance {
    async fn next(&mut self, failed: &impl Fn(&str, HandshakeFailure)) -> Attended {
        loop {
            tokio::select! {
                (connection, peer) = self.listener.next(), if self.handshakes.len() < MAX_HANDSHAKES => match &self.tls {
                    Some(tls) => self.handshakes.push(handshake(tls.acceptor(), connection, peer, self.shutdown.clone()).boxed()),
                    None => return Attended::new(connection, ATTENDANCE, self.shutdown.clone()),
                },
                Some(done) = self.handshakes.next() => match done {
                    Ok(attended) => return attended,
                    Err((peer, failure)) => failed(&peer, failure),
                },
            }
        }
    }
}

async fn handshake(acceptor: TlsAcceptor, connection: Connection, peer: String, shutdown: Shutdown) -> Handshake {
    match timeout(HANDSHAKE, acceptor.accept(connection)).await {
        Ok(Ok(stream)) => Ok(Attended::new(stream, ATTENDANCE, shutdown)),
        Ok(Err(error)) => Err((peer, HandshakeFailure::Refused(error))),
        Err(_) => Err((peer, HandshakeFailure::Timeout)),
    }
}
