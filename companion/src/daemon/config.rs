use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::feed::FeedConfig;

/// What the daemon is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of policy files.
    pub policies: PathBuf,
    /// The state file; made if it does not exist.
    pub state: PathBuf,
    /// Where plugin VMs connect, and who may.
    pub feed: FeedConfig,
    /// Where the HTTP API listens. Port 0 takes a free one.
    pub http: SocketAddr,
    /// How many workers there should be, for whoever compares.
    pub expected_workers: Option<u32>,
    /// The daemon's clocks.
    pub timing: Timing,
}

/// Intervals and deadlines.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How often a plugin VM is heard of; one that misses three beats is dead.
    pub beat: Duration,
    /// How often the policy folder is looked at without being told to.
    pub rescan: Duration,
    /// How long tasks may take to end.
    pub shutdown: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing { beat: Duration::from_secs(1), rescan: Duration::from_secs(2), shutdown: Duration::from_secs(5) }
    }
}
