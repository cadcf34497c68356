use std::fmt;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::oneshot;
use tollgate_policy::snapshot::SnapshotId;

use super::hello::Hello;
use super::related::ExtractId;

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
    /// None if the VM could not even read which one it was.
    pub(crate) id: Option<SnapshotId>,
    pub(crate) reason: String,
    pub(crate) at: Instant,
}

/// What is known of one VM.
#[derive(Debug)]
pub(super) struct Vm {
    pub(super) hello: Hello,
    pub(super) applied: Option<SnapshotId>,
    pub(super) serving: bool,
    pub(super) nacked: Option<Nacked>,
    /// How long it was busy with what it applied last.
    pub(super) apply_time: Option<Duration>,
    pub(super) first_seen: Instant,
    pub(super) last_seen: Instant,
    /// The stream it has now: its number, and what ends it when dropped.
    pub(super) stream: Option<(u64, oneshot::Sender<()>)>,
    /// Its last stream ended because nothing was heard on it any more.
    pub(super) fell_silent: bool,
    /// It reads another snapshot format than ours.
    pub(super) incompatible: bool,
    /// The last snapshot whose way to this VM was measured.
    pub(super) measured: Option<SnapshotId>,
    /// The last index snapshot of which it has refused a part.
    pub(super) refused_extract: Option<ExtractId>,
}

/// How a VM is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Decides with the current snapshot.
    Ok,
    /// Decides with another one, or has none.
    Behind,
    /// Is behind, and has refused the last that it was sent.
    Nacked,
    /// Reads another snapshot format, so that nothing is sent to it.
    Incompatible,
    /// Was not heard of for three beats, although it has not said goodbye.
    Silent,
    /// Has closed its stream and not come back within three beats.
    Gone,
}

/// One VM, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkerView {
    pub(crate) vm: VmId,
    pub(crate) node: String,
    pub(crate) cluster: String,
    pub(crate) build: String,
    pub(crate) format: u32,
    pub(crate) warm: bool,
    pub(crate) state: State,
    pub(crate) applied: Option<SnapshotId>,
    pub(crate) serving: bool,
    /// Heard of within three beats, whatever its connection says.
    pub(crate) alive: bool,
    /// Has a stream open.
    pub(crate) connected: bool,
    /// Since when it could have a newer snapshot than it has; none if it has the current one.
    pub(crate) behind: Option<Behind>,
    pub(crate) nacked: Option<Nacked>,
    pub(crate) apply_time: Option<Duration>,
    pub(crate) silent_for: Duration,
}

/// How far a VM is from the current snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Behind {
    /// Publications that it lacks; at least so many, where the first of them is forgotten.
    pub(crate) versions: u64,
    /// Since the first of them, or since the VM exists, if that is shorter.
    pub(crate) time: Duration,
}
