use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use tollgate_testbed::Testbed;
use tollgate_testbed::client::Http1;

use crate::policies::KINDS_ASKED_FOR;

/// How many ask at once, each on a connection of its own.
const CLIENTS: usize = 16;

/// Each asks this often.
const PACE: Duration = Duration::from_millis(8);

/// How long requests are timed without edits.
const ALONE: Duration = Duration::from_secs(3);

/// Latencies of requests, in milliseconds.
pub(crate) type Latencies = Vec<f64>;

/// Requests while nothing is edited.
pub(crate) fn alone(testbed: &Testbed) -> Result<Latencies> {
    let ((), latencies) = meanwhile(testbed, || {
        thread::sleep(ALONE);
        Ok(())
    })?;
    Ok(latencies)
}

/// Requests while something goes on.
pub(crate) fn meanwhile<T>(testbed: &Testbed, what: impl FnOnce() -> Result<T>) -> Result<(T, Latencies)> {
    let stopped = Arc::new(AtomicBool::new(false));
    let envoy = testbed.envoy.address();
    let clients: Vec<JoinHandle<Result<Latencies>>> = (0..CLIENTS)
        .map(|number| {
            let stop = Arc::clone(&stopped);
            thread::spawn(move || client(envoy, number, &stop))
        })
        .collect();
    let outcome = what();
    stopped.store(true, Ordering::SeqCst);
    let mut all = Latencies::new();
    for client in clients {
        all.extend(client.join().map_err(|_| anyhow!("a client panicked"))??);
    }
    Ok((outcome?, all))
}

fn client(envoy: SocketAddr, number: usize, stop: &AtomicBool) -> Result<Latencies> {
    let mut connection = Http1::connect(envoy)?;
    let mut latencies = Latencies::new();
    let mut next = Instant::now();
    for request in (number..).step_by(7) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let target = format!("/kind-{}/alice/1", request % KINDS_ASKED_FOR);
        let roles = format!("role-{}", request % 20);
        let headers = [("x-user-id", "alice"), ("x-user-roles", roles.as_str())];
        let sent = Instant::now();
        let response = connection.request("GET", &target, &headers, b"")?;
        latencies.push(sent.elapsed().as_secs_f64() * 1e3);
        ensure!(matches!(response.status, 200 | 403), "`{target}` was answered with {}", response.status);
        next += PACE;
        // Who is late does not catch up: a stall is not to make a crowd.
        next = next.max(Instant::now());
        thread::sleep(next - Instant::now());
    }
    Ok(latencies)
}
