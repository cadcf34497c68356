use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::json;

use crate::client::Http1;
use crate::keys::Keys;
use crate::provider::SCRIPT;
use crate::wait::until;

/// The header by which the provider learns the number of a call.
pub(super) const CALL: &str = "x-call";

/// Before a client connects again that could not.
const REST: Duration = Duration::from_millis(20);

/// A call to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where.
    pub path: &'static str,
    /// The organisation it is for.
    pub org: &'static str,
    /// How the provider is to answer.
    pub script: String,
    /// JSON.
    pub body: String,
    /// After so long the client leaves, whatever has come.
    pub leaves_after: Option<Duration>,
}

/// What its client saw of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// An answer to its end, with this status.
    Whole(u16),
    /// An answer that broke off, or none.
    Broken,
    /// Not the end: it left before.
    Left,
    /// Nothing, since it could not connect.
    Unsent,
}

/// What clients saw, by the numbers of calls.
#[derive(Clone, Debug, Default)]
pub struct Made(pub BTreeMap<u64, Seen>);

/// Clients that make one call after the other, each on a connection that it keeps as long as it can.
#[derive(Debug)]
pub struct Traffic {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<Vec<(u64, Seen)>>>,
}

struct Shared {
    envoy: SocketAddr,
    bearers: BTreeMap<&'static str, String>,
    plan: Box<dyn Fn(u64) -> Plan + Send + Sync>,
    most: u64,
    next: AtomicU64,
    made: AtomicU64,
    stopped: AtomicBool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("envoy", &self.envoy).field("made", &self.made).finish_non_exhaustive()
    }
}

impl Traffic {
    /// Starts so many clients, which make no more than `most` calls together, of these organisations.
    ///
    /// # Errors
    ///
    /// When no tokens can be signed.
    pub fn start(
        envoy: SocketAddr,
        keys: &Keys,
        orgs: &[&'static str],
        clients: usize,
        most: u64,
        plan: impl Fn(u64) -> Plan + Send + Sync + 'static,
    ) -> Result<Self> {
        let bearer = |org: &'static str| {
            let token = keys.token(&json!({"sub": format!("ann-of-{org}"), "org": org}), Duration::from_secs(7200))?;
            anyhow::Ok((org, format!("Bearer {token}")))
        };
        let shared = Arc::new(Shared {
            envoy,
            bearers: orgs.iter().copied().map(bearer).collect::<Result<_>>()?,
            plan: Box::new(plan),
            most,
            next: AtomicU64::new(0),
            made: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        });
        let client = |_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.client())
        };
        let threads = (0..clients).map(client).collect();
        Ok(Traffic { shared, threads })
    }

    /// How many calls have ended, whichever way.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.shared.made.load(Ordering::SeqCst)
    }

    /// Waits until so many more calls have ended.
    ///
    /// # Errors
    ///
    /// When that takes too long.
    pub fn wait_for(&self, more: u64) -> Result<()> {
        let enough = self.made() + more;
        until("calls are made", || Ok((self.made() >= enough).then_some(())))
    }

    /// Makes no further call; what clients saw, once those under way have ended.
    ///
    /// # Errors
    ///
    /// When a client panicked.
    pub fn stop(self) -> Result<Made> {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.finish()
    }

    /// What clients saw, once all calls have been made.
    ///
    /// # Errors
    ///
    /// When a client panicked.
    pub fn finish(self) -> Result<Made> {
        let mut all = BTreeMap::new();
        for thread in self.threads {
            all.extend(thread.join().map_err(|_| anyhow!("a client panicked"))?);
        }
        Ok(Made(all))
    }
}

impl Shared {
    fn client(&self) -> Vec<(u64, Seen)> {
        let (mut connection, mut calls) = (None, Vec::new());
        while !self.stopped.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            if number >= self.most {
                break;
            }
            let seen = self.call(number, &mut connection).unwrap_or(Seen::Broken);
            if seen == Seen::Unsent {
                thread::sleep(REST);
            }
            calls.push((number, seen));
            self.made.fetch_add(1, Ordering::SeqCst);
        }
        calls
    }

    /// The connection stays if it can be used once more.
    fn call(&self, number: u64, connection: &mut Option<Http1>) -> Result<Seen> {
        let Plan { path, org, script, body, leaves_after } = (self.plan)(number);
        let bearer = self.bearers.get(org).context(org)?;
        let message = format!(
            "POST {path} HTTP/1.1\r\nhost: t\r\nauthorization: {bearer}\r\ncontent-type: application/json\r\n\
             {SCRIPT}: {script}\r\n{CALL}: {number}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut client = match connection.take() {
            Some(client) => client,
            None => match Http1::connect(self.envoy) {
                Ok(client) => client,
                Err(_) => return Ok(Seen::Unsent),
            },
        };
        client.send(message.as_bytes())?;
        if let Some(after) = leaves_after {
            thread::sleep(after);
            return Ok(Seen::Left);
        }
        let Some(response) = client.read(false)? else { return Ok(Seen::Broken) };
        if response.header("connection") != Some("close") {
            *connection = Some(client);
        }
        Ok(Seen::Whole(response.status))
    }
}

impl Made {
    /// How many calls ended like this.
    #[must_use]
    pub fn count(&self, seen: Seen) -> usize {
        self.0.values().filter(|other| **other == seen).count()
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for seen in self.0.values() {
            *counts.entry(format!("{seen:?}")).or_default() += 1;
        }
        write!(f, "{} calls: {counts:?}", self.0.len())
    }
}
