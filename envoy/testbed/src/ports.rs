//! Free TCP ports on loopback.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};

/// Below Linux's ephemeral range: a port that waits for its server to come back can't be taken by an outgoing
/// connection, nor be connected to itself by a client that keeps trying.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// Handed out by this process, in use or not.
static TAKEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port that nothing listens on and that this process has not handed out before.
///
/// # Errors
///
/// When none is found in a few hundred tries.
pub fn free() -> Result<u16> {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..500 {
        // Two test processes that start at the same moment must not walk the same ports.
        let random = RandomState::new().hash_one(0_u8);
        let span = u64::from(RANGE.end - RANGE.start);
        let port = RANGE.start + u16::try_from(random % span)?;
        if !taken.contains(&port) && TcpListener::bind(loopback(port)).is_ok() {
            taken.insert(port);
            return Ok(port);
        }
    }
    bail!("no free port between {} and {}", RANGE.start, RANGE.end)
}

/// The loopback address with this port.
#[must_use]
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
