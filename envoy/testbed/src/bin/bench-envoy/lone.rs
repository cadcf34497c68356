//! One request at a time on one connection: what a client waits when nobody else is there.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::statistics::percentile;

/// A client's waiting times, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Fewest requests that have percentiles.
const LEAST: usize = 100;

pub(crate) fn measure(address: SocketAddr, heads: &[String], duration: Duration, denied: bool) -> Result<Latency> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut answer = [0; 4096];
    let mut times = Vec::new();
    let start = Instant::now();
    for head in heads.iter().cycle() {
        let sent = Instant::now();
        stream.write_all(head.as_bytes())?;
        let read = stream.read(&mut answer)?;
        times.push(sent.elapsed().as_secs_f64() * 1e6);
        // Answers fit into one packet, and those to what is allowed have no body.
        let answer = answer.get(..read).unwrap_or_default();
        let whole = if denied { answer.ends_with(b"}") } else { answer.ends_with(b"\r\n\r\n") };
        if !answer.starts_with(b"HTTP/1.1 ") || !whole {
            bail!("an answer is not whole:\n{}", String::from_utf8_lossy(answer));
        }
        if start.elapsed() > duration && times.len() >= LEAST {
            break;
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    Ok(Latency { p50: percentile(&times, 0.5), p99: percentile(&times, 0.99) })
}
