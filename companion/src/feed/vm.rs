use std::fmt;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tollgate_policy::snapshot::SnapshotId;

use super::hello::Hello;

/// Chosen by a plugin VM when it starts; displays as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VmId(pub(super) [u8; 16]);

impl fmt::Display for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A snapshot that a VM has refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nacked {
    pub(crate) id: SnapshotId,
    pub(crate) reason: String,
}

/// What is known of one VM.
#[derive(Debug)]
pub(super) struct Vm {
    pub(super) hello: Hello,
    pub(super) serving: bool,
    pub(super) nacked: Option<Nacked>,
    pub(super) first_seen: Instant,
    pub(super) last_seen: Instant,
    /// The stream it has now: its number, and what ends it when dropped.
    pub(super) stream: Option<(u64, oneshot::Sender<()>)>,
    /// The last snapshot whose way to this VM was measured.
    pub(super) measured: Option<SnapshotId>,
}

/// One VM, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkerView {
    pub(crate) vm: VmId,
    pub(crate) node: String,
    pub(crate) cluster: String,
    pub(crate) build: String,
    pub(crate) applied: Option<SnapshotId>,
    pub(crate) serving: bool,
    /// Heard of within three beats, whatever its connection says.
    pub(crate) alive: bool,
    /// Has a stream open.
    pub(crate) connected: bool,
    /// Does not decide with the current snapshot.
    pub(crate) behind: bool,
    pub(crate) nacked: Option<Nacked>,
    pub(crate) silent_for: Duration,
}
