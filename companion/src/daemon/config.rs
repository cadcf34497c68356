use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use tollgate_policy::set::budget::Environment;

use crate::budget::BudgetConfig;
use crate::embedding::SearchConfig;
use crate::feed::FeedConfig;

/// What the daemon is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where policies come from.
    pub source: PolicySource,
    /// The state file; made if it does not exist.
    pub state: PathBuf,
    /// How many versions the state file keeps; absent: all.
    pub keep_versions: Option<NonZeroU32>,
    /// The file of those who may change what is in force; absent: nobody.
    pub tokens: Option<PathBuf>,
    /// Where plugin VMs connect, and who may.
    pub feed: FeedConfig,
    /// Where the HTTP API listens. Port 0 takes a free one.
    pub http: SocketAddr,
    /// Which rules of budgets count.
    pub environment: Environment,
    /// How many workers there should be, for whoever compares.
    pub expected_workers: Option<u32>,
    /// How policies are made searchable.
    pub search: SearchConfig,
    /// How budgets are kept.
    pub budget: BudgetConfig,
    /// The daemon's clocks.
    pub timing: Timing,
}

/// Where policies come from: there is one source of truth.
#[derive(Clone, Debug)]
pub enum PolicySource {
    /// A folder of policy files.
    Files(PathBuf),
    /// Requests to the HTTP API.
    Api,
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
