use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::address::Address;
use super::connection::Connection;
use super::socket_file::SocketFile;

/// How long to wait after a failed accept: it usually means that file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener that accepts only while fewer than a fixed number of its connections are open. Further ones wait in the
/// kernel's queue.
#[derive(Debug)]
pub(crate) struct BoundedListener {
    inner: Listener,
    address: Address,
    slots: Arc<Semaphore>,
}

#[derive(Debug)]
enum Listener {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _file: SocketFile },
}

impl BoundedListener {
    pub(crate) async fn bind(address: &Address, most_connections: usize) -> io::Result<Self> {
        let (inner, address) = match address {
            Address::Tcp(address) => {
                let listener = TcpListener::bind(address).await?;
                let bound = listener.local_addr()?;
                (Listener::Tcp(listener), bound.into())
            }
            Address::Unix(path) => {
                let (listener, file) = SocketFile::bind(path)?;
                (Listener::Unix { listener, _file: file }, address.clone())
            }
        };
        Ok(BoundedListener { inner, address, slots: Arc::new(Semaphore::new(most_connections)) })
    }

    /// Where it listens; a port of 0 has become the one that was free.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// The next connection, and what is known of its peer.
    pub(super) async fn next(&self) -> (Connection, String) {
        loop {
            let accepted = match Arc::clone(&self.slots).acquire_owned().await {
                Ok(slot) => self.inner.accept(slot).await,
                Err(closed) => Err(io::Error::other(closed)),
            };
            match accepted {
                Ok(accepted) => return accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

impl Listener {
    async fn accept(&self, slot: OwnedSemaphorePermit) -> io::Result<(Connection, String)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Connection::tcp(stream, slot), peer.ip().to_string()))
            }
            Listener::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok((Connection::unix(stream, slot), "unix".to_owned()))
            }
        }
    }
}

impl axum::serve::Listener for BoundedListener {
    type Io = Connection;
    type Addr = Address;

    async fn accept(&mut self) -> (Connection, Address) {
        let (connection, _) = self.next().await;
        (connection, self.address.clone())
    }

    fn local_addr(&self) -> io::Result<Address> {
        Ok(self.address.clone())
    }
}
