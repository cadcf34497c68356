use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tollgate_testbed::client::Http1;
use tollgate_testbed::{Seen as Upstream, SnapshotId};

use super::seen::Seen;

/// How many ask at once.
const CLIENTS: usize = 8;

/// How long each rests between two requests: the two cores are for Envoy and the companion, too.
const REST: Duration = Duration::from_millis(2);

/// A connection is kept for so many requests, so that new ones come to every worker.
const REQUESTS: usize = 400;

const PAGES: [&str; 4] = ["/probe", "/even", "/forbidden", "/nowhere"];

/// Clients that ask without end, each on one connection after the other.
pub(super) struct Clients {
    stopped: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<Seen>>>,
}

impl Clients {
    pub(super) fn start(envoy: SocketAddr) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let threads = (0..CLIENTS).map(|_| {
            let stop = Arc::clone(&stopped);
            thread::spawn(move || client(envoy, &stop))
        });
        Clients { threads: threads.collect(), stopped }
    }

    /// Ends, and says what all of them saw.
    pub(super) fn stop(self) -> Result<Seen> {
        self.stopped.store(true, Ordering::SeqCst);
        let mut all = Seen::default();
        for thread in self.threads {
            all.add(thread.join().map_err(|_| anyhow!("a client panicked"))??);
        }
        Ok(all)
    }
}

fn client(envoy: SocketAddr, stop: &AtomicBool) -> Result<Seen> {
    let mut seen = Seen::default();
    while !stop.load(Ordering::SeqCst) {
        seen.start_connection();
        // Envoy's listener is handed over when it is restarted; a connection may be refused or lost with the old one.
        if let Err(error) = connection(envoy, stop, &mut seen)
            && !seen.lost_connection()
        {
            return Err(error.context("connections are lost all the time"));
        }
    }
    Ok(seen)
}

fn connection(envoy: SocketAddr, stop: &AtomicBool, seen: &mut Seen) -> Result<()> {
    let mut connection = Http1::connect(envoy)?;
    for page in PAGES.iter().cycle().take(REQUESTS) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let response = connection.request("GET", page, &[], b"")?;
        let decided = (response.status == 200).then(|| decided(&response.body)).transpose()?;
        seen.answer(page, response.status, decided);
        thread::sleep(REST);
    }
    Ok(())
}

/// What an allowed request was decided by.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) snapshot: SnapshotId,
    /// The edit that the policy's name tells of.
    pub(super) edit: u64,
    /// Which VM it was.
    pub(super) vm: String,
}

fn decided(body: &[u8]) -> Result<Decided> {
    let upstream: Upstream = serde_json::from_slice(body)?;
    let one = |name: &str| match upstream.header(name)[..] {
        [value] => Ok(value.to_owned()),
        _ => Err(anyhow!("the upstream did not see one `{name}`: {upstream:?}")),
    };
    let policy = one("x-policy")?;
    let edit = policy.rsplit_once('-').and_then(|(_, edit)| edit.parse().ok()).context("a policy's name")?;
    let vm = one("x-decision")?.split('-').next().unwrap_or_default().to_owned();
    Ok(Decided { snapshot: one("x-snapshot")?.parse()?, edit, vm })
}

/// The snapshot and the edit that decide on a connection of its own; nothing while there is no snapshot.
pub(super) fn ask(envoy: SocketAddr) -> Result<Option<(SnapshotId, u64)>> {
    let response = Http1::connect(envoy)?.request("GET", "/probe", &[("connection", "close")], b"")?;
    if response.status != 200 {
        return Ok(None);
    }
    let decided = decided(&response.body)?;
    Ok(Some((decided.snapshot, decided.edit)))
}
