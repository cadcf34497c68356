use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use anyhow::Result;

use crate::ports;

/// Stands between Envoy and the companion and passes bytes on. On demand it flips one bit in each HTTP/2 DATA frame of some
/// size that the companion sends, so that every snapshot arrives damaged, on a connection that is otherwise sound; or it
/// breaks connections off in the middle of such a frame.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    companion: SocketAddr,
    damaging: AtomicBool,
    damaged: AtomicU64,
    /// How many connections are still to be broken off.
    cutting: AtomicU64,
    stopped: AtomicBool,
}

/// Bytes of an HTTP/2 frame's header: three of length, one of type, one of flags, four of stream.
const FRAME_HEADER: usize = 9;

/// The type of a frame that carries content.
const DATA: u8 = 0;

/// Smaller frames carry no part of a snapshot that matters.
const LARGE: usize = 64;

impl Relay {
    /// Starts it on a free port, in front of a companion that need not be there yet.
    ///
    /// # Errors
    ///
    /// When it can't listen.
    pub fn start(companion: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(ports::loopback(ports::free()?))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            companion,
            damaging: AtomicBool::new(false),
            damaged: AtomicU64::new(0),
            cutting: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || own.accept(&listener));
        Ok(Relay { address, shared })
    }

    /// Where Envoy connects.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Damages what the companion sends from now on, or leaves it alone again.
    pub fn damage(&self, yes: bool) {
        self.shared.damaging.store(yes, Ordering::SeqCst);
    }

    /// Breaks off the next so many connections on which a snapshot travels, each in the middle of a frame.
    pub fn cut(&self, connections: u64) {
        self.shared.cutting.store(connections, Ordering::SeqCst);
    }

    /// How many of these are still to be broken off.
    #[must_use]
    pub fn to_cut(&self) -> u64 {
        self.shared.cutting.load(Ordering::SeqCst)
    }

    /// How many frames it has damaged.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.shared.damaged.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts. If nothing listens any more, that thread has gone.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        while let Ok((envoy, _)) = listener.accept() {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            let own = Arc::clone(&self);
            // What ends in an error here shows as a connection that ends.
            thread::spawn(move || own.relay(envoy));
        }
    }

    fn relay(&self, envoy: TcpStream) -> Result<()> {
        let companion = TcpStream::connect(self.companion)?;
        envoy.set_nodelay(true)?;
        companion.set_nodelay(true)?;
        let (mut from_envoy, mut to_companion) = (envoy.try_clone()?, companion.try_clone()?);
        thread::spawn(move || {
            let _ = std::io::copy(&mut from_envoy, &mut to_companion);
            let _ = to_companion.shutdown(Shutdown::Both);
        });
        let ended = self.pass_frames(companion, &envoy);
        let _ = envoy.shutdown(Shutdown::Both);
        ended
    }

    /// Whether this connection is one of those to be broken off.
    fn is_to_cut(&self) -> bool {
        self.cutting.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    fn pass_frames(&self, mut companion: TcpStream, mut envoy: &TcpStream) -> Result<()> {
        let mut header = [0; FRAME_HEADER];
        let mut payload = Vec::new();
        loop {
            companion.read_exact(&mut header)?;
            let [a, b, c, kind, ..] = header;
            payload.resize(usize::try_from(u32::from_be_bytes([0, a, b, c]))?, 0);
            companion.read_exact(&mut payload)?;
            if kind == DATA && payload.len() >= LARGE && self.damaging.load(Ordering::SeqCst) {
                let middle = payload.len() / 2;
                if let Some(byte) = payload.get_mut(middle) {
                    *byte ^= 1;
                    self.damaged.fetch_add(1, Ordering::SeqCst);
                }
            }
            envoy.write_all(&header)?;
            if kind == DATA && payload.len() >= LARGE && self.is_to_cut() {
                return Ok(envoy.write_all(payload.get(..payload.len() / 2).unwrap_or_default())?);
            }
            envoy.write_all(&payload)?;
        }
    }
}
